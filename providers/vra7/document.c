/* document.c: from attributes to the blueprint document (vra7-api.md §4.2 - 4.4), merged over
 * the one that is there. Pure.
 *
 * Every setter leaves a field alone that means the same already, in whatever short form it is
 * written (§4.6), so that equal JSON before and after is "nothing to do" and everything that
 * others wrote survives.
 */
#include "vra7.h"

#include <string.h>

#include "types.h"

#define GIB ((int64_t)1 << 30)
#define MIB ((int64_t)1 << 20)

struct merge {
    const struct document_spec *spec;
    const struct value *args;
    struct arena *arena;
    json_t *document, *components;
    const char *machine; /* component ids */
    const char *network;
    json_t *data; /* of the machine */
    bool created; /* the machine is new */
};

/* ---- single fields ---- */

static json_t *wrap(const char *facet, json_t *take_value)
{
    json_t *field = json_object();
    json_object_set_new(field, facet, take_value);
    return field;
}

static bool text_is(const json_t *field, const char *wanted)
{
    const char *now = facet_text(field);
    return now != NULL && strcmp(now, wanted) == 0;
}

static void set_fixed_text(json_t *data, const char *key, const char *text)
{
    if (!text_is(json_object_get(data, key), text))
        json_object_set_new(data, key, wrap("fixed", json_string(text)));
}

static void set_fixed_ref(json_t *data, const char *key, const char *id, const char *label)
{
    if (text_is(json_object_get(data, key), id))
        return;
    json_t *ref = json_object();
    vra_set_text(ref, "id", id);
    if (label != NULL)
        vra_set_text(ref, "label", label);
    json_object_set_new(data, key, wrap("fixed", ref));
}

/* A field that goes when it is not wanted. */
static void set_bare_text(json_t *data, const char *key, const char *text)
{
    json_t *field = json_object_get(data, key);
    if (text == NULL && facet_text(field) != NULL && facet_text(field)[0] != '\0')
        json_object_del(data, key);
    else if (text != NULL && !text_is(field, text))
        json_object_set_new(data, key, json_string(text));
}

static void set_if_new(json_t *data, const char *key, json_t *take_value)
{
    if (json_object_get(data, key) == NULL)
        json_object_set_new(data, key, take_value);
    else
        json_decref(take_value);
}

static int set_range(struct merge *merge, const char *key, const char *attr, int64_t unit,
                     struct err *err)
{
    const struct value *value = value_get(merge->args, attr);
    if (value->type != VALUE_MAP)
        return value_is_absent(value)
                   ? 0
                   : err_set(err, ERR_INVALID, "%s is no number or range", attr);
    struct range now = {0, 0, 0}, want = {.min = value_get_int(value, "min", -1),
                                          .max = range_max(value, -1),
                                          .standard = range_default(value, -1)};
    if (want.min % unit != 0 || want.max % unit != 0 || want.standard % unit != 0)
        return err_set(err, ERR_INVALID, "%s must be whole %s for vRA", attr,
                       unit == GIB ? "GiB" : "MiB");
    want = (struct range){want.min / unit, want.max / unit, want.standard / unit};
    if (facet_range(json_object_get(merge->data, key), &now) && now.min == want.min &&
        now.max == want.max && now.standard == want.standard)
        return 0;
    json_object_set_new(merge->data, key,
                        json_pack("{s:I, s:I, s:I}", "default", (json_int_t)want.standard,
                                  "min", (json_int_t)want.min, "max", (json_int_t)want.max));
    return 0;
}

/* ---- the machine ---- */

/* R7 of the design: overridable, neither encrypted nor shown nor mandatory; a text. */
static void set_memory_reservation(struct merge *merge)
{
    static const char key[] = "VMware.Memory.Reservation";
    static const char *const off[] = {"required", "secured", "visible"};
    const struct value *wanted = value_get(merge->args, "machine.memory_reservation");
    json_t *field = json_object_get(merge->data, key);
    if (wanted->type != VALUE_INT) {
        json_object_del(merge->data, key);
        return;
    }
    int64_t now;
    bool same = field != NULL && json_object_get(field, "fixed") == NULL &&
                facet_int(field, &now) && now == wanted->integer;
    for (size_t i = 0; i < ARRAY_LEN(off); i++)
        same = same && !json_is_true(json_object_get(field, off[i]));
    if (same)
        return;
    char text[24];
    snprintf(text, sizeof(text), "%lld", (long long)wanted->integer);
    json_object_set_new(merge->data, key,
                        json_pack("{s:s, s:b, s:b, s:b}", "default", text, "required", 0,
                                  "secured", 0, "visible", 0));
}

static json_t *list_inside(json_t *field)
{
    return json_is_object(field) ? (json_t *)(uintptr_t)facet_value(field) : field;
}

/* The storage is the sum of the disks; what it grows by goes to the first one. */
static void set_disks(struct merge *merge)
{
    int64_t bytes = range_default(value_get(merge->args, "machine.storage"), -1);
    if (bytes < 0)
        return;
    json_t *disks = list_inside(json_object_get(merge->data, "disks"));
    if (json_array_size(disks) == 0) {
        json_object_set_new(
            merge->data, "disks",
            json_pack("[{s:I, s:n, s:i, s:s, s:b, s:s, s:s, s:b, s:i}]", "capacity",
                      (json_int_t)(bytes / GIB), "custom_properties", "id", 1,
                      "initial_location", "", "is_clone", 1, "label", "Hard disk 1",
                      "storage_reservation_policy", "", "userCreated", 0, "volumeId", 0));
        return;
    }
    int64_t sum = 0, first = 0;
    size_t i;
    json_t *disk;
    json_array_foreach(disks, i, disk)
    {
        int64_t capacity = 0;
        if (!facet_int(json_object_get(disk, "capacity"), &capacity) || capacity < 0 ||
            capacity > INT32_MAX)
            return;
        sum += capacity;
        first = i == 0 ? capacity : first;
    }
    int64_t grown = first + bytes / GIB - sum;
    if (grown != first && grown > 0)
        json_object_set_new(json_array_get(disks, 0), "capacity",
                            json_integer((json_int_t)grown));
}

static void set_new_machine(json_t *data)
{
    set_if_new(data, "allow_storage_policies", wrap("fixed", json_false()));
    set_if_new(data, "blueprint_type", wrap("fixed", json_string("1")));
    set_if_new(data, "display_location", wrap("fixed", json_false()));
    set_if_new(data, "max_network_adapters", json_object());
    set_if_new(data, "max_volumes", json_object());
    set_if_new(data, "security_groups", json_array());
    set_if_new(data, "security_tags", json_array());
}

static void set_source(struct merge *merge)
{
    const char *source = value_get_text(merge->args, "machine.source");
    if (source == NULL)
        return;
    if (merge->spec->template_id != NULL)
        set_fixed_ref(merge->data, "source_machine", merge->spec->template_id, source);
    set_fixed_text(merge->data, "source_machine_name", source);
}

static void set_policy(struct merge *merge)
{
    const char *policy = value_get_text(merge->args, "machine.reservation_policy");
    const json_t *field = json_object_get(merge->data, "reservation_policy");
    if (policy == NULL) {
        if (facet_text(field) != NULL)
            json_object_del(merge->data, "reservation_policy");
    } else if (!text_is(field, policy)) {
        json_object_set_new(merge->data, "reservation_policy", vra_ref(policy, policy));
    }
}

static int set_machine(struct merge *merge, struct err *err)
{
    json_t *data = merge->data;
    const char *type = value_get_text(merge->args, "machine.clone.type");
    bool linked = type != NULL && strcmp(type, "linked") == 0;
    if (merge->created)
        set_new_machine(data);
    set_fixed_text(data, "action", linked ? "LinkedClone" : "FullClone");
    set_fixed_ref(data, "provisioning_workflow", "CloneWorkflow", "CloneWorkflow");
    const char *prefix = value_get_text(merge->args, "machine.prefix");
    if (prefix != NULL)
        set_fixed_ref(data, "machine_prefix", prefix, NULL);
    set_bare_text(data, "guest_customization_specification",
                  value_get_text(merge->args, "machine.clone.customization"));
    set_source(merge);
    set_policy(merge);
    set_memory_reservation(merge);
    if (set_range(merge, "_cluster", "machine.instances", 1, err) < 0 ||
        set_range(merge, "cpu", "machine.cpu", 1, err) < 0 ||
        set_range(merge, "memory", "machine.memory", MIB, err) < 0 ||
        set_range(merge, "storage", "machine.storage", GIB, err) < 0)
        return -1;
    set_disks(merge);
    return 0;
}

/* ---- components ---- */

static json_t *add_component(struct merge *merge, const char *id, const char *type)
{
    json_t *component = json_object();
    vra_set_text(component, "type", type);
    json_object_set_new(component, "data", json_object());
    json_object_set_new(merge->components, id, component);
    return component;
}

static const char *reference_to(struct merge *merge, const char *component)
{
    return arena_printf(merge->arena, "${_resource~%s}", component);
}

/* An id that no component has: base, base_2, … */
static const char *free_id(struct merge *merge, const char *base)
{
    const char *id = base;
    for (int i = 2; json_object_get(merge->components, id) != NULL; i++)
        id = arena_printf(merge->arena, "%s_%d", base, i);
    return id;
}

static json_t *data_of(json_t *component)
{
    if (!json_is_object(json_object_get(component, "data")))
        json_object_set_new(component, "data", json_object());
    return json_object_get(component, "data");
}

static int find_machine(struct merge *merge, struct err *err)
{
    size_t n;
    merge->machine = document_machine(merge->document, &n);
    if (n > 1)
        return err_set(err, ERR_CONFLICT,
                       "the blueprint has %zu machines; gridform handles those with one", n);
    merge->created = n == 0;
    if (n == 0) {
        merge->machine = free_id(merge, "machine");
        add_component(merge, merge->machine, VRA_MACHINE);
    } else {
        merge->machine = arena_strdup(merge->arena, merge->machine);
    }
    merge->data = data_of(document_component(merge->document, merge->machine));
    return 0;
}

/* The network of the first nic; else one that nothing else has claimed by its id. */
static json_t *find_network(struct merge *merge, const json_t *nic)
{
    merge->network = document_target(merge->arena, json_object_get(nic, "network"));
    json_t *component = document_component(merge->document, merge->network);
    if (json_is_object(component))
        return component;
    component = json_object_get(merge->components, "network");
    const char *type = vra_text(component, "type");
    merge->network = "network";
    if (type != NULL && strcmp(type, VRA_NETWORK) == 0)
        return component;
    merge->network = free_id(merge, "network");
    return add_component(merge, merge->network, VRA_NETWORK);
}

static json_t *first_nic(struct merge *merge)
{
    json_t *nic = document_nic(merge->data);
    if (nic != NULL)
        return nic;
    nic = json_pack("{s:s, s:i, s:s}", "address", "", "id", 0, "load_balancing", "");
    json_t *list = json_array();
    json_array_append_new(list, nic);
    json_object_set_new(merge->data, "nics", list);
    return nic;
}

static void set_network(struct merge *merge)
{
    const char *name = value_get_text(merge->args, "machine.network.name");
    const char *profile = value_get_text(merge->args, "machine.network.profile");
    const char *assignment = value_get_text(merge->args, "machine.network.assignment");
    bool fixed = assignment != NULL && strcmp(assignment, "static") == 0;
    if (name == NULL)
        return;
    json_t *nic = first_nic(merge);
    json_t *data = data_of(find_network(merge, nic));
    set_bare_text(data, "name", name);
    set_bare_text(data, "network_profile", profile);
    const char *wanted = fixed ? "Static" : "DHCP";
    const char *now = facet_text(json_object_get(nic, "assignment_type"));
    if (now == NULL || strcasecmp(now, wanted) != 0)
        json_object_set_new(nic, "assignment_type", json_string(wanted));
    const char *target = document_target(merge->arena, json_object_get(nic, "network"));
    if (target == NULL || strcmp(target, merge->network) != 0)
        vra_set_text(nic, "network", reference_to(merge, merge->network));
    const char *own = facet_text(json_object_get(nic, "network_profile"));
    if (fixed && profile != NULL && (own == NULL || strcmp(own, profile) != 0))
        vra_set_text(nic, "network_profile", profile);
    if ((!fixed || profile == NULL) && (own == NULL || own[0] != '\0'))
        vra_set_text(nic, "network_profile", NULL);
}

/* ---- software ---- */

static bool wants_type(const struct merge *merge, const char *type)
{
    const char *const *each = merge->spec->software;
    for (; each != NULL && *each != NULL; each++)
        if (strcmp(*each, type) == 0)
            return true;
    return false;
}

static void forget_component(struct merge *merge, const char *id)
{
    const char *key;
    json_t *each;
    json_object_foreach(merge->components, key, each)
    {
        json_t *after = json_object_get(each, "dependsOn");
        for (size_t i = json_array_size(after); i-- > 0;) {
            const char *name = json_string_value(json_array_get(after, i));
            if (name != NULL && strcmp(name, id) == 0)
                json_array_remove(after, i);
        }
    }
    json_object_del(json_object_get(merge->document, "layout"), id);
    json_object_del(merge->components, id);
}

static void remove_software(struct merge *merge)
{
    const char *key;
    json_t *each;
    void *next;
    json_object_foreach_safe(merge->components, next, key, each)
    {
        if (document_hosted(each, merge->machine, merge->arena) &&
            !wants_type(merge, vra_text(each, "type")))
            forget_component(merge, arena_strdup(merge->arena, key));
    }
}

static bool has_software(const struct merge *merge, const char *type)
{
    const char *key;
    json_t *each;
    json_object_foreach(merge->components, key, each)
    {
        if (document_hosted(each, merge->machine, merge->arena) &&
            strcmp(vra_text(each, "type"), type) == 0)
            return true;
    }
    return false;
}

static void set_software(struct merge *merge)
{
    remove_software(merge);
    const char *const *each = merge->spec->software;
    for (; each != NULL && *each != NULL; each++) {
        if (has_software(merge, *each))
            continue;
        const char *base = strchr(*each, '.') == NULL ? *each : strchr(*each, '.') + 1;
        json_t *component = add_component(merge, free_id(merge, base), *each);
        vra_set_text(data_of(component), "host", reference_to(merge, merge->machine));
    }
}

/* Every component has a place on the canvas (§4.3). */
static void set_layout(struct merge *merge)
{
    if (!json_is_object(json_object_get(merge->document, "layout")))
        json_object_set_new(merge->document, "layout", json_object());
    json_t *layout = json_object_get(merge->document, "layout");
    int column = (int)json_object_size(layout);
    const char *key;
    json_t *each;
    json_object_foreach(merge->components, key, each)
    {
        if (json_object_get(layout, key) != NULL)
            continue;
        bool network = merge->network != NULL && strcmp(key, merge->network) == 0;
        if (!network && strcmp(key, merge->machine) != 0 && column == 0)
            column = 1;
        const char *place = network ? "0,1"
                            : strcmp(key, merge->machine) == 0
                                ? "0,0"
                                : arena_printf(merge->arena, "%d,0", column++);
        vra_set_text(layout, key, place);
    }
}

static void set_head(struct merge *merge, bool create)
{
    json_t *document = merge->document;
    if (create) {
        vra_set_text(document, "id", merge->spec->id);
        vra_set_text(document, "status", "DRAFT");
        json_object_set_new(document, "properties", json_object());
    }
    vra_set_text(document, "name", merge->spec->name);
    vra_set_text(document, "description", merge->spec->description);
    if (!json_is_object(json_object_get(document, "components")))
        json_object_set_new(document, "components", json_object());
    merge->components = json_object_get(document, "components");
}

json_t *document_merge(const json_t *read, const struct document_spec *spec, struct err *err)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct merge merge = {.spec = spec,
                          .args = spec->args,
                          .arena = arena,
                          .document = read == NULL ? json_object() : json_deep_copy(read)};
    set_head(&merge, read == NULL);
    if (find_machine(&merge, err) < 0 || set_machine(&merge, err) < 0) {
        json_decref(merge.document);
        return NULL;
    }
    set_network(&merge);
    set_software(&merge);
    set_layout(&merge);
    return merge.document;
}
