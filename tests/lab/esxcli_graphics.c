/* esxcli_graphics.c: esxcli graphics (esxi-shell.md §2). */
#include <string.h>

#include "esxcli.h"
#include "world_internal.h"

static const char *type_name(enum graphics_type type)
{
    return type == GRAPHICS_SHARED_PASSTHRU ? "SharedPassthru" : "Shared";
}

static int host_get(struct esxcli_call *call)
{
    call->doc.style = DOC_SIMPLE;
    call->doc.structure = "HostGet";
    doc_add_item(&call->doc, NULL);
    doc_text(&call->doc, "Default Graphics Type", type_name(call->host->default_configured));
    doc_text(&call->doc, "Shared Passthru Assignment Policy",
             call->host->policy == POLICY_CONSOLIDATION ? "Consolidation" : "Performance");
    return 0;
}

static int bad_value(struct esxcli_call *call, const char *parameter)
{
    return esxcli_fail(call, "Invalid data constraint for parameter '%s'.", parameter);
}

static int host_set(struct esxcli_call *call)
{
    const char *type = esxcli_value(call, "default-type");
    const char *policy = esxcli_value(call, "shared-passthru-assignment-policy");
    enum graphics_type wanted = call->host->default_configured;
    enum assignment_policy assign = call->host->policy;
    if (type && strcmp(type, "Shared") && strcmp(type, "SharedPassthru"))
        return bad_value(call, "default-type");
    if (policy && strcmp(policy, "Performance") && strcmp(policy, "Consolidation"))
        return bad_value(call, "shared-passthru-assignment-policy");
    if (type)
        wanted = strcmp(type, "Shared") ? GRAPHICS_SHARED_PASSTHRU : GRAPHICS_SHARED;
    if (policy)
        assign = strcmp(policy, "Performance") ? POLICY_CONSOLIDATION : POLICY_PERFORMANCE;
    host_set_graphics(call->run->lab->world, call->host, wanted, assign);
    return 0;
}

static int host_refresh(struct esxcli_call *call)
{
    (void)call;
    return 0;
}

static unsigned vms_on(struct world *world, const struct host *host, const struct gpu *gpu)
{
    unsigned n = 0;
    VEC_EACH (struct vm *, it, world->vms) {
        n += !(*it)->gone && (*it)->power == POWERED_ON && (*it)->gpu &&
             !strcmp((*it)->host, host->name) && !strcmp((*it)->gpu, gpu->pci_id);
    }
    return n;
}

static int device_list(struct esxcli_call *call)
{
    struct world *world = call->run->lab->world;
    bool runs = host_driver_runs(call->host);
    call->doc.style = DOC_SIMPLE;
    call->doc.list = true;
    call->doc.structure = "GraphicsDevice";
    VEC_EACH (const struct gpu, gpu, call->host->gpus) {
        bool passthru = gpu->passthru_active, claimed = runs && !passthru;
        doc_add_item(&call->doc, gpu->pci_id);
        doc_text(&call->doc, "Vendor Name", "NVIDIA Corporation");
        doc_text(&call->doc, "Device Name", gpu->device_name);
        doc_text(&call->doc, "Module Name",
                 passthru  ? "pciPassthru"
                 : claimed ? "nvidia"
                           : "None");
        doc_text(&call->doc, "Graphics Type",
                 passthru  ? "Passthru"
                 : claimed ? type_name(gpu->type_active)
                           : "Basic");
        doc_integer(&call->doc, "Memory Size in KB", claimed ? gpu->memory_mb * 1024 : 0);
        doc_integer(&call->doc, "Number of VMs", vms_on(world, call->host, gpu));
    }
    return 0;
}

static long long world_id(const struct vm *vm)
{
    long long number = 0;
    for (const char *at = vm->moref; *at; at++)
        number = *at >= '0' && *at <= '9' ? number * 10 + (*at - '0') : number;
    return 2100000 + number;
}

static int vm_list(struct esxcli_call *call)
{
    static const char *const columns[] = {"World ID", "Name", "Device Address", NULL};
    struct world *world = call->run->lab->world;
    call->doc.style = DOC_TABLE;
    call->doc.list = true;
    call->doc.structure = "GraphicsVM";
    call->doc.columns = columns;
    VEC_EACH (struct vm *, it, world->vms) {
        if ((*it)->gone || (*it)->power != POWERED_ON || !(*it)->gpu ||
            strcmp((*it)->host, call->host->name))
            continue;
        doc_add_item(&call->doc, NULL);
        doc_integer(&call->doc, "World ID", world_id(*it));
        doc_text(&call->doc, "Name", (*it)->name);
        doc_text(&call->doc, "Device Address", (*it)->gpu);
    }
    return 0;
}

const struct esxcli_command esxcli_graphics[] = {
    {"graphics host get", host_get, {{0}}, false, false},
    {"graphics host set",
     host_set,
     {{"default-type", '\0', false, false},
      {"shared-passthru-assignment-policy", '\0', false, false}},
     true,
     false},
    {"graphics host refresh", host_refresh, {{0}}, true, false},
    {"graphics device list",
     device_list,
     {{"configured-type", 'c', false, false}},
     false,
     false},
    {"graphics vm list", vm_list, {{0}}, false, false},
};
const size_t n_esxcli_graphics = ARRAY_LEN(esxcli_graphics);
