/* document_read.c: from the blueprint document (vra7-api.md §4.2, §4.3) to attributes; facets
 * in all their short forms. Pure. */
#include "vra7.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "num.h"
#include "types.h"
#include "vec.h"

#define GIB ((int64_t)1 << 30)
#define MIB ((int64_t)1 << 20)

/* ---- facets (§4.3, §4.6) ---- */

const json_t *facet_value(const json_t *field)
{
    const json_t *value = json_object_get(field, "fixed");
    if (value == NULL)
        value = json_object_get(field, "default");
    if (value == NULL && !json_is_object(field))
        value = field;
    /* A bare reference {id, label} is no facet. */
    if (value == NULL && json_object_get(field, "id") != NULL)
        value = field;
    return json_is_null(value) ? NULL : value;
}

const char *facet_text(const json_t *field)
{
    const json_t *value = facet_value(field);
    if (json_is_object(value))
        return vra_text(value, "id");
    return json_string_value(value);
}

static bool json_int(const json_t *value, int64_t *ret)
{
    if (json_is_integer(value)) {
        *ret = json_integer_value(value);
        return true;
    }
    double real = json_real_value(value);
    if (json_is_real(value) && real > -1e15 && real < 1e15 && real == (double)(int64_t)real) {
        *ret = (int64_t)real;
        return true;
    }
    return json_is_string(value) && num_i64(json_string_value(value), ret) == 0;
}

bool facet_int(const json_t *field, int64_t *ret)
{
    return json_int(facet_value(field), ret);
}

bool facet_range(const json_t *field, struct range *ret)
{
    struct range range;
    int64_t fixed;
    if (json_int(json_object_get(field, "fixed"), &fixed) || json_int(field, &fixed)) {
        *ret = (struct range){fixed, fixed, fixed};
        return true;
    }
    bool min = json_int(json_object_get(field, "min"), &range.min);
    bool max = json_int(json_object_get(field, "max"), &range.max);
    bool standard = json_int(json_object_get(field, "default"), &range.standard);
    if (!min && !max && !standard)
        return false;
    if (!standard)
        range.standard = min ? range.min : range.max;
    if (!min)
        range.min = range.standard;
    if (!max)
        range.max = range.standard;
    *ret = range;
    return true;
}

/* ---- parts of a document ---- */

json_t *document_component(const json_t *document, const char *id)
{
    return id == NULL ? NULL : json_object_get(json_object_get(document, "components"), id);
}

static bool has_type(const json_t *component, const char *type)
{
    const char *of = vra_text(component, "type");
    return of != NULL && strcmp(of, type) == 0;
}

const char *document_machine(const json_t *document, size_t *ret_count)
{
    json_t *components = json_object_get(document, "components");
    const char *key, *found = NULL;
    json_t *each;
    *ret_count = 0;
    json_object_foreach(components, key, each)
    {
        if (!has_type(each, VRA_MACHINE))
            continue;
        ++*ret_count;
        found = key;
    }
    return found;
}

json_t *document_nic(const json_t *machine_data)
{
    json_t *nics = json_object_get(machine_data, "nics");
    if (json_is_object(nics))
        nics = (json_t *)(uintptr_t)facet_value(nics);
    json_t *nic = json_array_get(nics, 0);
    return json_is_object(nic) ? nic : NULL;
}

const char *document_target(struct arena *arena, const json_t *field)
{
    static const char begin[] = "${_resource~";
    const char *text = json_string_value(facet_value(field));
    if (text == NULL || strncmp(text, begin, sizeof(begin) - 1) != 0)
        return NULL;
    text += sizeof(begin) - 1;
    size_t length = strcspn(text, "~}");
    return text[length] == '\0' ? NULL : arena_memdup(arena, text, length);
}

bool document_hosted(const json_t *component, const char *machine, struct arena *arena)
{
    const char *type = vra_text(component, "type");
    if (type == NULL || strncmp(type, "Software.", 9) != 0)
        return false;
    const char *host = document_target(arena, vra_at(component, "data.host"));
    return host != NULL && strcmp(host, machine) == 0;
}

/* ---- attributes ---- */

static void set_text(struct instance *live, struct arena *arena, const char *attr,
                     const char *text)
{
    if (text != NULL && text[0] != '\0')
        instance_set(live, attr, value_string(arena, text));
}

static void set_range(struct instance *live, struct arena *arena, const char *attr,
                      const json_t *field, int64_t unit)
{
    struct range range;
    if (!facet_range(field, &range))
        return;
    int64_t max = INT64_MAX / unit;
    if (range.min < 0 || range.min > max || range.max < 0 || range.max > max ||
        range.standard < 0 || range.standard > max) {
        instance_set(live, attr, value_unreadable(arena, "vRA shows a number out of bounds"));
        return;
    }
    const struct value_field fields[] = {{"min", value_int(arena, range.min * unit)},
                                         {"max", value_int(arena, range.max * unit)},
                                         {"default", value_int(arena, range.standard * unit)}};
    instance_set(live, attr, value_map(arena, fields, ARRAY_LEN(fields)));
}

static void read_network(const json_t *document, const json_t *data, struct arena *arena,
                         struct instance *live)
{
    const json_t *nic = document_nic(data);
    if (nic == NULL)
        return;
    const char *assignment = facet_text(json_object_get(nic, "assignment_type"));
    if (assignment != NULL)
        set_text(live, arena, "machine.network.assignment",
                 strcasecmp(assignment, "DHCP") == 0     ? "dhcp"
                 : strcasecmp(assignment, "Static") == 0 ? "static"
                                                         : assignment);
    const json_t *network =
        document_component(document, document_target(arena, json_object_get(nic, "network")));
    set_text(live, arena, "machine.network.name", facet_text(vra_at(network, "data.name")));
    const char *profile = facet_text(vra_at(network, "data.network_profile"));
    if (profile == NULL)
        profile = facet_text(json_object_get(nic, "network_profile"));
    set_text(live, arena, "machine.network.profile", profile);
}

static void read_machine(const json_t *data, struct arena *arena, struct instance *live)
{
    set_range(live, arena, "machine.instances", json_object_get(data, "_cluster"), 1);
    if (json_object_get(data, "_cluster") == NULL)
        instance_set(live, "machine.instances", range_fixed(arena, 1));
    set_range(live, arena, "machine.cpu", json_object_get(data, "cpu"), 1);
    set_range(live, arena, "machine.memory", json_object_get(data, "memory"), MIB);
    set_range(live, arena, "machine.storage", json_object_get(data, "storage"), GIB);
    const char *prefix = facet_text(json_object_get(data, "machine_prefix"));
    if (prefix != NULL && strcmp(prefix, "Use group default") != 0)
        set_text(live, arena, "machine.prefix", prefix);
    const char *action = facet_text(json_object_get(data, "action"));
    set_text(live, arena, "machine.clone.type",
             action == NULL                       ? NULL
             : strcmp(action, "FullClone") == 0   ? "full"
             : strcmp(action, "LinkedClone") == 0 ? "linked"
                                                  : action);
    set_text(live, arena, "machine.clone.customization",
             facet_text(json_object_get(data, "guest_customization_specification")));
    const char *source = facet_text(json_object_get(data, "source_machine_name"));
    if (source == NULL)
        source = vra_text(facet_value(json_object_get(data, "source_machine")), "label");
    set_text(live, arena, "machine.source", source);
    set_text(live, arena, "machine.reservation_policy",
             facet_text(json_object_get(data, "reservation_policy")));
    const json_t *reserved = json_object_get(data, "VMware.Memory.Reservation");
    int64_t megabytes;
    if (reserved != NULL && facet_int(reserved, &megabytes))
        instance_set(live, "machine.memory_reservation", value_int(arena, megabytes));
    else
        set_text(live, arena, "machine.memory_reservation", facet_text(reserved));
}

static int compare_values(const void *a, const void *b)
{
    return value_compare(*(const struct value *const *)a, *(const struct value *const *)b);
}

static void read_software_names(const json_t *document, const char *machine,
                                const json_t *software, struct arena *arena,
                                struct instance *live)
{
    VEC(const struct value *) names = {0};
    const char *key;
    json_t *each;
    json_object_foreach(json_object_get(document, "components"), key, each)
    {
        if (!document_hosted(each, machine, arena))
            continue;
        const char *type = vra_text(each, "type");
        const char *name = vra_text(vra_find(software, "id", type), "name");
        VEC_PUSH(arena, &names,
                 value_string(arena, name != NULL ? name : type + strlen("Software.")));
    }
    if (names.n == 0)
        return;
    qsort(names.items, names.n, sizeof(*names.items), compare_values);
    instance_set(live, "software", value_list(arena, names.items, names.n));
}

static void several_machines(size_t n, struct arena *arena, struct instance *live)
{
    for (size_t i = 0; i < live->schema->n_attrs; i++) {
        const struct attr *attr = &live->schema->attrs[i];
        if ((attr->facets & FACET_VRA) &&
            (strncmp(attr->name, "machine.", 8) == 0 || strcmp(attr->name, "software") == 0))
            instance_set(live, attr->name,
                         value_unreadable(arena, "the blueprint has %zu machines", n));
    }
}

void document_attrs(const json_t *document, const json_t *software, struct arena *arena,
                    struct instance *live)
{
    const char *status = vra_text(document, "status");
    if (status == NULL)
        status = vra_text(document, "publishStatus");
    instance_set(live, "published",
                 value_bool(status != NULL && strcmp(status, "PUBLISHED") == 0));
    size_t n;
    const char *machine = document_machine(document, &n);
    if (n > 1)
        several_machines(n, arena, live);
    if (n != 1)
        return;
    const json_t *data = json_object_get(document_component(document, machine), "data");
    read_machine(data, arena, live);
    read_network(document, data, arena, live);
    read_software_names(document, machine, software, arena, live);
}
