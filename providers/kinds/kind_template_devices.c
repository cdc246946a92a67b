/* kind_template_devices.c: see kind_template_devices.h; facts: vsphere-api.md §7.2 to §7.6. */
#include "kind_template_devices.h"

#include <string.h>

#include "arena.h"
#include "num.h"
#include "strbuf.h"
#include "types.h"
#include "value_json.h"

enum { DYNAMIC_HARDWARE = 17 };
static const int64_t gib = (int64_t)1 << 30;

/* Attributes of the machine that are compared only where they are wanted. */
static const char *const hardware[] = {"cpus", "cores_per_socket", "cpu_hot_add", "firmware",
                                       "mmio_size"};

static const struct instance *mode_of(const struct instance *desired, const struct facts *facts)
{
    return facts_referred(facts, desired, "vgpu_mode", "vgpu_mode");
}

bool template_want(const struct instance *desired, const struct facts *facts,
                   struct gpu_want *ret)
{
    return gpu_want_of(mode_of(desired, facts), instance_get(desired, "gpus")->integer, ret);
}

static bool is_dynamic(const struct instance *mode)
{
    return mode != NULL && value_is_true(instance_get(mode, "dynamic"));
}

/* ---- derived attributes ------------------------------------------------------------------ */

static bool is_efi(const struct instance *desired)
{
    const char *firmware = instance_text(desired, "firmware");
    return firmware == NULL || strcmp(firmware, "efi") == 0;
}

/* The window for the memory of the cards, and the firmware that can use it. With firmware: bios
 * the manifest says that the cards do without. */
static void derive_mmio(struct instance *desired, const struct gpu_want *want,
                        const struct facts *facts)
{
    int64_t memory_mb = want->device == 0 ? 0 : gpu_memory_mb(want->device);
    if (memory_mb > 0 && is_efi(desired) && value_is_absent(instance_get(desired, "mmio_size")))
        instance_set(desired, "mmio_size",
                     value_int(facts->arena, gpu_mmio_gb(memory_mb * want->count) * gib));
    if (value_is_known(instance_get(desired, "mmio_size")) &&
        value_is_absent(instance_get(desired, "firmware")))
        instance_set(desired, "firmware", value_borrow(facts->arena, "efi"));
}

void template_derive_devices(struct instance *desired, const struct facts *facts)
{
    const struct instance *mode = mode_of(desired, facts);
    struct gpu_want want = {0};
    bool wanted = template_want(desired, facts, &want);
    if (wanted && want.profile != NULL)
        instance_set(
            desired, "vgpu",
            value_borrow(facts->arena, gpu_text(facts->arena, want.count, want.profile)));
    else if (wanted)
        instance_set(
            desired, "passthrough",
            value_borrow(facts->arena,
                         gpu_text(facts->arena, want.count,
                                  gpu_device_text(facts->arena, want.device, is_dynamic(mode),
                                                  instance_text(mode, "label")))));
    derive_mmio(desired, &want, facts);
    /* Cores per socket shape virtual NUMA nodes, which adding CPUs to a running machine
     * rules out (§7.6). */
    if (value_is_known(instance_get(desired, "cores_per_socket")))
        instance_set(desired, "cpu_hot_add", value_bool(false));
}

void template_add_inputs(const struct instance *desired, struct strbuf *inputs)
{
    static const char *const names[] = {"passthrough", "cpus", "cores_per_socket", "firmware",
                                        "mmio_size"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (!value_is_known(instance_get(desired, names[i])))
            continue;
        strbuf_addf(inputs, "%s ", names[i]);
        value_to_json(instance_get(desired, names[i]), inputs);
        strbuf_add_char(inputs, '\n');
    }
}

bool template_devices_change(const struct change *change)
{
    static const char *const names[] = {"vgpu", "passthrough", "memory_locked"};
    bool any = false;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        any = any || kinds_changes(change, names[i]);
    for (size_t i = 0; i < ARRAY_LEN(hardware); i++)
        any = any || kinds_changes(change, hardware[i]);
    return any;
}

/* ---- the step ---------------------------------------------------------------------------- */

static const struct value *gpus_value(const struct instance *desired, const struct facts *facts)
{
    const struct instance *mode = mode_of(desired, facts);
    struct gpu_want want;
    if (!template_want(desired, facts, &want))
        return value_absent();
    const struct value *word = value_borrow(facts->arena, want.label);
    if (want.profile != NULL) {
        const struct value_field fields[] = {{"count", value_int(facts->arena, want.count)},
                                             {"profile", word}};
        return value_map(facts->arena, fields, ARRAY_LEN(fields));
    }
    const struct value_field fields[] = {{"count", value_int(facts->arena, want.count)},
                                         {"device", word},
                                         {"dynamic", value_bool(is_dynamic(mode))},
                                         {"label", instance_get(mode, "label")}};
    return value_map(facts->arena, fields, ARRAY_LEN(fields));
}

const struct value *template_configure_args(const struct instance *desired,
                                            const struct facts *facts)
{
    struct value_field fields[ARRAY_LEN(hardware) + 2];
    size_t n = 0;
    fields[n++] = (struct value_field){"gpus", gpus_value(desired, facts)};
    fields[n++] = (struct value_field){"memory_locked", instance_get(desired, "memory_locked")};
    for (size_t i = 0; i < ARRAY_LEN(hardware); i++)
        if (value_is_known(instance_get(desired, hardware[i])))
            fields[n++] = (struct value_field){hardware[i], instance_get(desired, hardware[i])};
    return value_map(facts->arena, fields, n);
}

static void add_part(struct strbuf *out, const char *before, const char *text,
                     const char *after)
{
    if (text != NULL)
        strbuf_addf(out, "%s%s%s%s", strbuf_len(out) > 0 ? ", " : "", before, text, after);
}

static const char *number_text(const struct instance *desired, const char *attr,
                               struct arena *arena)
{
    const struct value *number = instance_get(desired, attr);
    return number->type == VALUE_INT ? arena_printf(arena, "%lld", (long long)number->integer)
                                     : NULL;
}

static const char *size_text(const struct instance *desired, const char *attr,
                             struct arena *arena)
{
    const struct value *size = instance_get(desired, attr);
    struct strbuf text;
    if (size->type != VALUE_INT)
        return NULL;
    strbuf_init(&text, 64);
    num_print_size(size->integer, &text);
    const char *kept = arena_strdup(arena, strbuf_str(&text));
    strbuf_release(&text);
    return kept;
}

const char *template_configure_title(const struct instance *desired, struct arena *arena)
{
    struct strbuf title;
    strbuf_init(&title, 1000);
    add_part(&title, "vGPU ", instance_text(desired, "vgpu"), "");
    add_part(&title, "passthrough of ", instance_text(desired, "passthrough"), "");
    add_part(&title, "64-bit MMIO of ", size_text(desired, "mmio_size", arena), "");
    add_part(&title, "", number_text(desired, "cpus", arena), " vCPUs");
    add_part(&title, "", number_text(desired, "cores_per_socket", arena), " cores per socket");
    add_part(&title, "",
             value_is_true(instance_get(desired, "memory_locked")) ? "all memory reserved"
                                                                   : NULL,
             "");
    const char *kept =
        strbuf_len(&title) == 0 ? "devices" : arena_strdup(arena, strbuf_str(&title));
    strbuf_release(&title);
    return kept;
}

const char *template_start_title(const struct instance *desired, const struct gpu_want *want,
                                 const char *verb, struct arena *arena)
{
    if (want == NULL)
        return verb;
    const char *thing = instance_text(desired, "vgpu") != NULL ? "vGPU slot" : "card";
    return arena_printf(arena, "%s (takes %lld %s%s)", verb, (long long)want->count, thing,
                        want->count == 1 ? "" : "s");
}

/* ---- room -------------------------------------------------------------------------------- */

static bool is_held(const struct value *vms, const char *card)
{
    for (size_t i = 0; card != NULL && i < value_count(vms); i++)
        if (value_get_bool(value_at(vms, i), "on", false) &&
            value_list_has(value_get(value_at(vms, i), "cards"), card))
            return true;
    return false;
}

static bool has_free_cards(const struct instance *live, const struct gpu_want *want)
{
    const struct value *gpus = instance_get(live, "gpus"), *vms = instance_get(live, "vms");
    int64_t free = 0;
    for (size_t i = 0; i < value_count(gpus); i++)
        free += value_get_int(value_at(gpus, i), "device", 0) == (int64_t)want->device &&
                !is_held(vms, value_get_text(value_at(gpus, i), "id"));
    return free >= want->count;
}

bool template_has_room(const struct instance *live, const struct gpu_want *want)
{
    const struct value *vms = instance_get(live, "vms");
    int64_t used = 0;
    if (want->profile == NULL)
        return has_free_cards(live, want);
    for (size_t i = 0; i < value_count(vms); i++)
        if (value_get_bool(value_at(vms, i), "on", false) &&
            value_is_known(value_get(value_at(vms, i), "vgpu")))
            used += value_get_int(value_at(vms, i), "vgpus", 1);
    return used + want->count <= gpu_slots(instance_get(live, "gpus"), want->profile);
}

/* ---- what cannot be made ------------------------------------------------------------------
 */

/* The base as the hosts list their machines; absent: nobody has seen it. */
static const struct value *find_machine(const struct facts *facts, const char *name)
{
    for (size_t i = 0; facts->live != NULL && i < facts->live->n; i++) {
        const struct instance *host = facts->live->items[i];
        if (strcmp(host->schema->kind, "host") != 0)
            continue;
        const struct value *vms = instance_get(host, "vms");
        for (size_t v = 0; v < value_count(vms); v++) {
            const char *own = value_get_text(value_at(vms, v), "name");
            if (own != NULL && strcmp(own, name) == 0)
                return value_at(vms, v);
        }
    }
    return value_absent();
}

/* 13 of "vmx-13"; 0: not known. */
static int64_t hardware_version(const char *text)
{
    int64_t version;
    if (text == NULL || strncmp(text, "vmx-", 4) != 0 || num_i64(text + 4, &version) < 0)
        return 0;
    return version;
}

static int refuse_firmware(const struct change *change, const char *name, const char *is,
                           struct err *err)
{
    return err_set(err, ERR_DENIED,
                   "%s boots with %s and the template wants %s: an installed guest does not "
                   "boot with another firmware, so it is never changed. Name a base that was "
                   "installed with %s%s",
                   name, is, instance_text(change->desired, "firmware"),
                   instance_text(change->desired, "firmware"),
                   strcmp(is, "bios") == 0 ? ", or firmware: bios where the cards do without "
                                             "64-bit MMIO"
                                           : "");
}

static int check_firmware(const struct change *change, const struct value *base,
                          struct err *err)
{
    const char *wanted = instance_text(change->desired, "firmware");
    const char *is = value_get_text(base, "firmware");
    const char *name = instance_text(change->desired, "base");
    if (wanted == NULL)
        return 0;
    if (change->action == ACTION_UPDATE) {
        is = instance_text(change->live, "firmware");
        name = instance_text(change->live, "vm");
    }
    return is == NULL || strcmp(is, wanted) == 0 ? 0 : refuse_firmware(change, name, is, err);
}

int template_check_base(const struct change *change, const struct facts *facts, struct err *err)
{
    const char *name = instance_text(change->desired, "base");
    const struct value *base = find_machine(facts, name);
    int64_t version = hardware_version(value_get_text(base, "hardware"));
    if (check_firmware(change, base, err) < 0)
        return -1;
    if (change->action == ACTION_UPDATE || version == 0 || version >= DYNAMIC_HARDWARE ||
        !is_dynamic(mode_of(change->desired, facts)))
        return 0;
    return err_set(err, ERR_DENIED,
                   "%s has hardware version %lld, and dynamic DirectPath needs %d: upgrade its "
                   "compatibility in vCenter while it is off, or drop dynamic: true",
                   name, (long long)version, DYNAMIC_HARDWARE);
}
