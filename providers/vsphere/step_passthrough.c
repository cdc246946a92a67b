/* step_passthrough.c: which cards of a host are passed through to machines: configured now, in
 * effect after a boot (vsphere-api.md §6.1). */
#include <string.h>

#include "arena.h"
#include "gpu.h"
#include "read.h"
#include "step_common.h"
#include "types.h"
#include "vec.h"

enum {
    DIRECT_TIMEOUT_MS = 120000,
    VERIFY_LOOKS = 30 /* times poll_interval: a minute as it is delivered */
};

struct cards_look {
    struct vc *vc;
    struct ref host, system;
    unsigned device; /* of the cards that are to be passed through; 0: none */
    const struct xml_node *devices, *passthrough;
    VEC(struct wire_passthrough) changes;
    unsigned n_wanted;
    const char *incapable, *inactive; /* cards that are not as they should be */
};

static bool flag(const struct xml_node *info, const char *name)
{
    bool value = false;
    return xml_bool(xml_child(info, name), &value) == 0 && value;
}

static void look_at_card(void *context, const struct xml_node *device)
{
    struct cards_look *look = context;
    const char *id = xml_text_at(device, "id");
    const struct xml_node *info = host_passthrough_of(look->passthrough, id);
    bool wanted = look->device != 0 && host_card_device(device) == look->device;
    look->n_wanted += wanted;
    if (wanted && !flag(info, "passthruCapable"))
        look->incapable = id;
    if (flag(info, "passthruEnabled") != wanted)
        VEC_PUSH(look->vc->arena, &look->changes, ((struct wire_passthrough){id, wanted}));
    if (flag(info, "passthruActive") != wanted)
        look->inactive = id;
}

/* vCenter shows what it last heard of the host. A host that cannot refresh is read as it is. */
static void refresh(struct vc *vc, struct ref system)
{
    struct soap_reply reply;
    struct err ignored;
    CLEANUP(wire_release) struct wire wire;
    wire_refresh_passthrough(&wire, system);
    if (session_call(vc, &wire, &reply, &ignored) < 0)
        err_clear(&ignored);
}

static int look_cards(struct vc *vc, void *context, bool *ret_reached, struct err *err)
{
    static const char *const paths[] = {"hardware.pciDevice", "config.pciPassthruInfo", NULL};
    struct cards_look *look = context;
    const struct xml_node *object;
    refresh(vc, look->system);
    if (props_read(vc, look->host, paths, &object, err) < 0)
        return -1;
    look->devices = props_get(object, "hardware.pciDevice");
    look->passthrough = props_get(object, "config.pciPassthruInfo");
    look->changes.n = look->n_wanted = 0;
    look->incapable = look->inactive = NULL;
    if (look->devices == NULL)
        return err_set(err, ERR_INVALID, "the PCI devices of the host are not readable");
    host_each_card(look->devices, look_at_card, look);
    *ret_reached = look->changes.n == 0;
    return 0;
}

static int find_cards(struct vc *vc, const struct step_call *call, struct cards_look *look,
                      struct err *err)
{
    const char *device;
    bool reached;
    *look = (struct cards_look){.vc = vc};
    if (vsphere_step_text(call, "device", &device, err) < 0 ||
        step_host(vc, call, &look->host, err) < 0 ||
        step_host_manager(vc, look->host, "configManager.pciPassthruSystem", &look->system,
                          err) < 0)
        return -1;
    look->device = gpu_parse_device(device);
    if (look_cards(vc, look, &reached, err) < 0)
        return -1;
    if (look->device != 0 && look->n_wanted == 0)
        return err_set(err, ERR_NOT_FOUND, "the host has no card %s", device);
    return look->incapable == NULL
               ? 0
               : err_set(err, ERR_INVALID, "the host cannot pass %s through", look->incapable);
}

int step_passthrough(struct vc *vc, const struct step_call *call, struct outcome *outcome,
                     struct err *err)
{
    struct cards_look look;
    if (find_cards(vc, call, &look, err) < 0)
        return -1;
    outcome->kind = OUTCOME_UNCHANGED;
    if (look.changes.n == 0)
        return 0;
    CLEANUP(wire_release) struct wire wire;
    wire_update_passthrough(&wire, look.system, look.changes.items, look.changes.n);
    const struct change_plan plan = {.entity = look.host,
                                     .look = look_cards,
                                     .context = &look,
                                     .wire = &wire,
                                     .timeout_ms = DIRECT_TIMEOUT_MS};
    return change_make(vc, &plan, &outcome->kind, err);
}

static void report(const struct cards_look *look, struct outcome *outcome)
{
    struct arena *arena = look->vc->arena;
    const struct value_field field = {
        "passthrough", host_passthrough(look->devices, look->passthrough, arena)};
    outcome->observed = value_map(arena, &field, 1);
}

static int explain(const struct cards_look *look, struct err *err)
{
    const struct xml_node *info = host_passthrough_of(look->passthrough, look->inactive);
    bool enabled = flag(info, "passthruEnabled");
    return err_set(err, ERR_TIMEOUT,
                   "%s is %s passed through after the reboot, against what is configured: "
                   "switch it %s and %s again on the host, and apply once more",
                   look->inactive, enabled ? "not" : "still", enabled ? "off" : "on",
                   enabled ? "on" : "off");
}

int step_verify_passthrough(struct vc *vc, const struct step_call *call,
                            struct outcome *outcome, struct err *err)
{
    struct cards_look look;
    struct pause pause = pause_until(vc, VERIFY_LOOKS * vc->session->poll_ms);
    bool reached;
    if (find_cards(vc, call, &look, err) < 0)
        return -1;
    outcome->kind = OUTCOME_UNCHANGED;
    while (look.inactive != NULL) {
        if (pause_next(vc, &pause, err) < 0) {
            report(&look, outcome);
            return err->code == ERR_TIMEOUT ? explain(&look, err) : -1;
        }
        if (look_cards(vc, &look, &reached, err) < 0)
            return -1;
    }
    report(&look, outcome);
    return 0;
}
