/* document.c: blueprint documents (vra7-api.md §4.2, §4.3): structural checks, and what GET
 * makes of what was PUT. The real system normalises: it expands bare custom properties, adds
 * empty members, fills labels, sorts keys and never gives a secret back (§11). A client that
 * compares texts must fail here. */
#include "vra7.h"

#include <string.h>

static const char *const machine_fields[] = {
    "_cluster",
    "action",
    "allow_storage_policies",
    "blueprint_type",
    "cpu",
    "disks",
    "display_location",
    "guest_customization_specification",
    "machine_prefix",
    "max_network_adapters",
    "max_volumes",
    "memory",
    "nics",
    "provisioning_workflow",
    "reservation_policy",
    "security_groups",
    "security_tags",
    "source_machine",
    "source_machine_external_snapshot",
    "source_machine_name",
    "source_machine_vmsnapshot",
    "storage",
    "max_per_user",
    "os_arch",
    "os_type",
    "property_groups",
};

static bool is_machine_field(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(machine_fields); i++) {
        if (strcmp(machine_fields[i], name) == 0)
            return true;
    }
    return false;
}

bool document_uses(const json_t *document, const char *component_type)
{
    const char *name;
    json_t *component;
    json_object_foreach(json_object_get(document, "components"), name, component)
    {
        const char *type = text_member(component, "type");
        if (type != NULL && strcmp(type, component_type) == 0)
            return true;
    }
    return false;
}

/* ---- checks ----------------------------------------------------------------------------- */

static void check_number(const char *component, const json_t *data, const char *field,
                         json_t *errors)
{
    static const char *const keys[] = {"default", "fixed", "min", "max"};
    const json_t *value = json_object_get(data, field);
    bool wrong = value != NULL && !json_is_object(value) && !json_is_integer(value);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        const json_t *part = json_object_get(value, keys[i]);
        wrong = wrong || (part != NULL && !json_is_integer(part));
    }
    const json_t *min = json_object_get(value, "min"), *max = json_object_get(value, "max");
    const json_t *set = vra_facet(data, field);
    if (wrong)
        problem_add(errors, VRA_INVALID, "Component %s: %s is not an integer.", component,
                    field);
    else if (json_is_integer(set) &&
             ((min != NULL && json_integer_value(set) < json_integer_value(min)) ||
              (max != NULL && json_integer_value(set) > json_integer_value(max))))
        problem_add(errors, VRA_INVALID, "Component %s: %s is out of its range.", component,
                    field);
}

static void check_machine_fields(const char *name, const json_t *data, json_t *errors)
{
    static const char *const numbers[] = {"_cluster", "cpu", "memory", "storage"};
    const json_t *kind = vra_facet(data, "blueprint_type");
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        check_number(name, data, numbers[i], errors);
    if (kind != NULL && !json_is_string(kind))
        problem_add(errors, VRA_INVALID, "Component %s: blueprint_type is not a string.", name);
    const json_t *disks = vra_facet(data, "disks"), *nics = vra_facet(data, "nics");
    if ((disks != NULL && !json_is_array(disks)) || (nics != NULL && !json_is_array(nics)))
        problem_add(errors, VRA_INVALID, "Component %s: disks or nics is not a list.", name);
}

static void check_component(const char *name, const json_t *component, json_t *errors)
{
    const char *type = text_member(component, "type");
    const json_t *data = json_object_get(component, "data");
    if (type == NULL || (data != NULL && !json_is_object(data)))
        problem_add(errors, VRA_INVALID, "Component %s has no type or no data.", name);
    else if (strcmp(type, VRA_MACHINE_TYPE) == 0)
        check_machine_fields(name, data, errors);
    else if (strncmp(type, "Infrastructure.Network.Network.", 31) != 0 &&
             strncmp(type, "Software.", 9) != 0)
        problem_add(errors, VRA_INVALID, "Component %s: unknown type %s.", name, type);
}

void document_check(struct vra7_request *request UNUSED, const json_t *document, json_t *errors)
{
    const char *id = text_member(document, "id"), *title = text_member(document, "name");
    const char *status = text_member(document, "status");
    const json_t *components = json_object_get(document, "components");
    const char *name;
    json_t *component;
    if (id == NULL || !id_is_valid(id))
        problem_add(errors, VRA_INVALID, "The id is not valid.");
    if (title == NULL || *title == '\0')
        problem_add(errors, VRA_INVALID, "The name is required.");
    if (status != NULL && strcmp(status, "DRAFT") != 0 && strcmp(status, "PUBLISHED") != 0 &&
        strcmp(status, "RETIRED") != 0)
        problem_add(errors, VRA_INVALID, "Unknown status %s.", status);
    if (components != NULL && !json_is_object(components))
        problem_add(errors, VRA_INVALID, "components is not a map.");
    json_object_foreach((json_t *)components, name, component)
        check_component(name, component, errors);
}

/* ---- what GET shows --------------------------------------------------------------------- */

static void blank(json_t *data, const char *field)
{
    static const char *const keys[] = {"fixed", "default"};
    json_t *value = json_object_get(data, field);
    if (!json_is_object(value)) {
        set_text(data, field, "");
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if (json_object_get(value, keys[i]) != NULL)
            set_text(value, keys[i], "");
    }
}

static void blank_secrets(struct vra7_request *request, const char *type, json_t *data)
{
    const char *field;
    json_t *value;
    void *next;
    json_object_foreach_safe(data, next, field, value)
    {
        if (json_is_true(json_object_get(value, "secured")) ||
            component_has_secret(request->world, type, field))
            blank(data, field);
    }
}

static void show_rows(json_t *data, const char *field, const char *const *texts, size_t n)
{
    size_t i;
    json_t *row;
    json_array_foreach((json_t *)vra_facet(data, field), i, row)
    {
        for (size_t t = 0; json_is_object(row) && t < n; t++)
            set_default(row, texts[t], json_string(""));
        if (json_is_object(row) && strcmp(field, "disks") == 0)
            set_default(row, "custom_properties", json_null());
        if (json_is_object(row))
            set_default(row, "id", json_integer((json_int_t)i));
    }
}

/* A reference by name gets its label. */
static void show_label(json_t *data, const char *field, const char *label)
{
    json_t *value = json_object_get(data, field);
    json_t *inner = json_object_get(value, "fixed");
    json_t *target = inner != NULL ? inner : value;
    if (json_is_object(target) && json_object_get(target, "id") != NULL)
        set_default(target, "label", json_string(label != NULL ? label : ""));
}

static void expand_properties(json_t *data)
{
    const char *field;
    json_t *value;
    void *next;
    json_object_foreach_safe(data, next, field, value)
    {
        if (!is_machine_field(field) && !json_is_object(value))
            json_object_set_new(data, field, json_pack("{s:O}", "default", value));
    }
}

static void show_machine(struct vra7_request *request, json_t *data)
{
    static const char *const disk[] = {"initial_location", "storage_reservation_policy"};
    static const char *const nic[] = {"address", "load_balancing"};
    const char *source = vra_facet_id(data, "source_machine");
    const json_t *machine = source != NULL ? vra_source_machine(request->world, source) : NULL;
    expand_properties(data);
    show_rows(data, "disks", disk, ARRAY_LEN(disk));
    show_rows(data, "nics", nic, ARRAY_LEN(nic));
    set_default(data, "max_volumes", json_object());
    set_default(data, "max_network_adapters", json_object());
    set_default(data, "allow_storage_policies", json_pack("{s:b}", "fixed", 0));
    set_default(data, "display_location", json_pack("{s:b}", "fixed", 0));
    set_default(data, "security_groups", json_array());
    set_default(data, "security_tags", json_array());
    show_label(data, "reservation_policy", vra_facet_id(data, "reservation_policy"));
    show_label(data, "provisioning_workflow", vra_facet_id(data, "provisioning_workflow"));
    show_label(data, "source_machine", text_member(machine, "name"));
}

json_t *document_shown(struct vra7_request *request, const json_t *stored)
{
    static const char *const ours[] = {"version", "tenantId", "createdDate", "lastUpdated"};
    json_t *shown = json_deep_copy(stored);
    const char *name;
    json_t *component;
    for (size_t i = 0; i < ARRAY_LEN(ours); i++)
        json_object_del(shown, ours[i]);
    set_default(shown, "description", json_string(""));
    set_default(shown, "properties", json_object());
    set_default(shown, "components", json_object());
    set_default(shown, "layout", json_object());
    json_object_foreach(json_object_get(shown, "components"), name, component)
    {
        const char *type = text_member(component, "type");
        set_default(component, "data", json_object());
        json_t *data = json_object_get(component, "data");
        blank_secrets(request, type, data);
        if (strcmp(type, VRA_MACHINE_TYPE) == 0)
            show_machine(request, data);
    }
    return shown;
}
