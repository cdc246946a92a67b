/* step_host.c: maintenance mode, reboot and settings of hosts (vsphere-api.md §6). */
#include <string.h>

#include "arena.h"
#include "read.h"
#include "step_common.h"
#include "vec.h"

enum {
    SPARE_MS = 60000, /* beyond the server's own limit, before we stop waiting for it */
    DIRECT_TIMEOUT_MS = 120000
};

/* ---- maintenance mode ---- */

struct maintenance_look {
    struct ref host;
    bool inside;
};

static int look_maintenance(struct vc *vc, void *context, bool *ret_reached, struct err *err)
{
    static const char *const paths[] = {"runtime.inMaintenanceMode", NULL};
    const struct maintenance_look *look = context;
    const struct xml_node *object;
    if (props_read(vc, look->host, paths, &object, err) < 0)
        return -1;
    *ret_reached = props_true(object, "runtime.inMaintenanceMode") == look->inside;
    return 0;
}

static int64_t timeout_seconds(const struct step_call *call, int64_t otherwise_ms)
{
    int64_t ms = value_get_int(call->step->args, "timeout", otherwise_ms);
    return ms < 1000 ? 1 : ms / 1000;
}

/* The machines that keep the host from entering: those that still run. */
static const char *running_names(struct vc *vc, struct ref host)
{
    struct inventory inventory;
    struct err ignored;
    const char *names = NULL;
    if (inventory_read(vc, INVENTORY_MACHINES, &inventory, &ignored) < 0)
        return NULL;
    for (size_t i = 0; i < inventory.n_machines; i++) {
        const struct machine_row *it = inventory.machines[i];
        if (!it->on || it->host_id == NULL || strcmp(it->host_id, host.id) != 0)
            continue;
        names = names == NULL ? it->name : arena_printf(vc->arena, "%s, %s", names, it->name);
    }
    return names;
}

static int explain_timeout(struct vc *vc, struct ref host, struct err *err)
{
    const char *names = running_names(vc, host);
    if (names == NULL)
        return -1;
    return err_set(err, ERR_TIMEOUT,
                   "the host did not enter maintenance mode in time; still running on it: %s",
                   names);
}

int step_enter_maintenance(struct vc *vc, const struct step_call *call, struct outcome *outcome,
                           struct err *err)
{
    struct maintenance_look look = {.inside = true};
    int64_t seconds = timeout_seconds(call, 1800000);
    if (step_host(vc, call, &look.host, err) < 0)
        return -1;
    CLEANUP(wire_release) struct wire wire;
    wire_enter_maintenance(&wire, look.host, seconds,
                           value_get_bool(call->step->args, "evacuate_powered_off", false));
    const struct change_plan plan = {.entity = look.host,
                                     .look = look_maintenance,
                                     .context = &look,
                                     .wire = &wire,
                                     .task = true,
                                     .timeout_ms = seconds * 1000 + SPARE_MS};
    if (change_make(vc, &plan, &outcome->kind, err) == 0)
        return 0;
    return err->code == ERR_TIMEOUT ? explain_timeout(vc, look.host, err) : -1;
}

int step_exit_maintenance(struct vc *vc, const struct step_call *call, struct outcome *outcome,
                          struct err *err)
{
    struct maintenance_look look = {.inside = false};
    int64_t seconds = timeout_seconds(call, 300000);
    if (step_host(vc, call, &look.host, err) < 0)
        return -1;
    CLEANUP(wire_release) struct wire wire;
    wire_exit_maintenance(&wire, look.host, seconds);
    const struct change_plan plan = {.entity = look.host,
                                     .look = look_maintenance,
                                     .context = &look,
                                     .wire = &wire,
                                     .task = true,
                                     .timeout_ms = seconds * 1000 + SPARE_MS};
    return change_make(vc, &plan, &outcome->kind, err);
}

/* ---- power policy ---- */

static const char *policy_short_name(const char *word)
{
    static const char *const words[][2] = {{"high_performance", "static"},
                                           {"balanced", "dynamic"},
                                           {"low_power", "low"},
                                           {"custom", "custom"}};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcmp(words[i][0], word) == 0)
            return words[i][1];
    return word;
}

struct policy_look {
    struct ref host;
    const char *short_name;
    const struct xml_node *object;
};

static int look_policy(struct vc *vc, void *context, bool *ret_reached, struct err *err)
{
    static const char *const paths[] = {"config.powerSystemInfo",
                                        "config.powerSystemCapability",
                                        "configManager.powerSystem", NULL};
    struct policy_look *look = context;
    if (props_read(vc, look->host, paths, &look->object, err) < 0)
        return -1;
    const char *now = xml_text_at(props_get(look->object, "config.powerSystemInfo"),
                                  "currentPolicy/shortName");
    *ret_reached = now != NULL && strcmp(now, look->short_name) == 0;
    return 0;
}

static int find_policy(const struct policy_look *look, int64_t *ret_key, struct err *err)
{
    XML_EACH(it, props_get(look->object, "config.powerSystemCapability"), "availablePolicy")
    {
        const char *name = xml_text_at(it, "shortName");
        if (name != NULL && strcmp(name, look->short_name) == 0)
            return xml_i64(xml_child(it, "key"), ret_key) == 0
                       ? 0
                       : err_set(err, ERR_INVALID, "the power policy has no key");
    }
    return err_set(err, ERR_INVALID,
                   "the host does not offer this power policy: its firmware keeps control of "
                   "CPU power management");
}

int step_power_policy(struct vc *vc, const struct step_call *call, struct outcome *outcome,
                      struct err *err)
{
    struct policy_look look = {0};
    const char *policy;
    int64_t key = 0;
    bool reached = false;
    if (vsphere_step_text(call, "policy", &policy, err) < 0 ||
        step_host(vc, call, &look.host, err) < 0)
        return -1;
    look.short_name = policy_short_name(policy);
    if (look_policy(vc, &look, &reached, err) < 0)
        return -1;
    outcome->kind = OUTCOME_UNCHANGED;
    if (reached)
        return 0;
    struct ref manager = props_ref(vc->arena, look.object, "configManager.powerSystem");
    if (manager.id == NULL || find_policy(&look, &key, err) < 0)
        return manager.id == NULL ? err_set(err, ERR_INVALID, "the host has no power system")
                                  : -1;
    CLEANUP(wire_release) struct wire wire;
    wire_power_policy(&wire, manager, key);
    const struct change_plan plan = {.entity = look.host,
                                     .look = look_policy,
                                     .context = &look,
                                     .wire = &wire,
                                     .timeout_ms = DIRECT_TIMEOUT_MS};
    return change_make(vc, &plan, &outcome->kind, err);
}

/* ---- SSH ---- */

struct service_look {
    struct ref host;
    bool running;
};

static int look_service(struct vc *vc, void *context, bool *ret_reached, struct err *err)
{
    static const char *const paths[] = {"config.service", NULL};
    const struct service_look *look = context;
    const struct xml_node *object;
    if (props_read(vc, look->host, paths, &object, err) < 0)
        return -1;
    XML_EACH(it, props_get(object, "config.service"), "service")
    {
        const char *key = xml_text_at(it, "key");
        bool running = false;
        if (key == NULL || strcmp(key, "TSM-SSH") != 0 ||
            xml_bool(xml_child(it, "running"), &running) < 0)
            continue;
        *ret_reached = running == look->running;
        return 0;
    }
    return err_set(err, ERR_INVALID, "the host lists no SSH service");
}

int step_ssh(struct vc *vc, const struct step_call *call, struct outcome *outcome,
             struct err *err)
{
    struct service_look look = {.running = value_get_bool(call->step->args, "running", true)};
    struct ref manager;
    if (step_host(vc, call, &look.host, err) < 0 ||
        step_host_manager(vc, look.host, "configManager.serviceSystem", &manager, err) < 0)
        return -1;
    CLEANUP(wire_release) struct wire wire;
    wire_service(&wire, manager, "TSM-SSH", look.running);
    const struct change_plan plan = {.entity = look.host,
                                     .look = look_service,
                                     .context = &look,
                                     .wire = &wire,
                                     .timeout_ms = DIRECT_TIMEOUT_MS};
    return change_make(vc, &plan, &outcome->kind, err);
}

/* ---- graphics type of the cards ---- */

struct cards_look {
    struct ref host, manager;
    const char *type; /* vSphere's word */
    struct arena *arena;
    const struct xml_node *config, *info, *passthrough;
    VEC(const char *) cards;
    bool all;
};

static void look_at_card(void *context, const struct xml_node *device)
{
    struct cards_look *look = context;
    const char *id = xml_text_at(device, "id");
    const char *active = host_card_active(look->info, id);
    const char *configured = host_card_configured(look->config, id);
    const struct xml_node *given = host_passthrough_of(look->passthrough, id);
    bool stays = true; /* where it does not say: as it is */
    if (xml_bool(xml_child(given, "passthruEnabled"), &stays) < 0)
        stays = true;
    if (active != NULL && strcmp(active, "direct") == 0 && stays)
        return; /* passed through to machines, and from the next boot on as well */
    VEC_PUSH(look->arena, &look->cards, id);
    look->all = look->all && configured != NULL && strcmp(configured, look->type) == 0;
}

/* What the shell has just changed, vCenter may not have seen: writing an old copy back would
 * undo it. A manager that cannot refresh is read as it is. */
static void refresh(struct vc *vc, struct ref manager)
{
    struct soap_reply reply;
    struct err ignored;
    CLEANUP(wire_release) struct wire wire;
    wire_refresh_graphics(&wire, manager);
    if (session_call(vc, &wire, &reply, &ignored) < 0)
        err_clear(&ignored);
}

static int look_cards(struct vc *vc, void *context, bool *ret_reached, struct err *err)
{
    static const char *const device_paths[] = {"hardware.pciDevice", "config.pciPassthruInfo",
                                               NULL};
    static const char *const graphics_paths[] = {"graphicsConfig", "graphicsInfo", NULL};
    struct cards_look *look = context;
    const struct xml_node *hardware, *graphics;
    refresh(vc, look->manager);
    if (props_read(vc, look->host, device_paths, &hardware, err) < 0 ||
        props_read(vc, look->manager, graphics_paths, &graphics, err) < 0)
        return -1;
    look->config = props_get(graphics, "graphicsConfig");
    look->info = props_get(graphics, "graphicsInfo");
    look->passthrough = props_get(hardware, "config.pciPassthruInfo");
    look->cards.n = 0;
    look->all = true;
    if (look->config == NULL)
        return err_set(err, ERR_INVALID, "the host has no graphics configuration");
    if (props_get(hardware, "hardware.pciDevice") == NULL)
        return err_set(err, ERR_INVALID, "the PCI devices of the host are not readable");
    host_each_card(props_get(hardware, "hardware.pciDevice"), look_at_card, look);
    *ret_reached = look->all;
    return 0;
}

int step_card_graphics(struct vc *vc, const struct step_call *call, struct outcome *outcome,
                       struct err *err)
{
    struct cards_look look = {.arena = vc->arena};
    const char *type;
    bool reached = false;
    if (vsphere_step_text(call, "type", &type, err) < 0 ||
        step_host(vc, call, &look.host, err) < 0 ||
        step_host_manager(vc, look.host, "configManager.graphicsManager", &look.manager, err) <
            0)
        return -1;
    look.type = strcmp(type, "shared_passthru") == 0 ? "sharedDirect" : type;
    if (look_cards(vc, &look, &reached, err) < 0)
        return -1;
    outcome->kind = OUTCOME_UNCHANGED;
    if (reached)
        return 0;
    const struct wire_graphics graphics = {.stored = look.config,
                                           .devices = look.cards.items,
                                           .n_devices = look.cards.n,
                                           .type = look.type};
    CLEANUP(wire_release) struct wire wire;
    wire_update_graphics(&wire, look.manager, &graphics);
    const struct change_plan plan = {.entity = look.host,
                                     .look = look_cards,
                                     .context = &look,
                                     .wire = &wire,
                                     .timeout_ms = DIRECT_TIMEOUT_MS};
    if (change_make(vc, &plan, &outcome->kind, err) < 0)
        return -1;
    refresh(vc, look.manager);
    return 0;
}
