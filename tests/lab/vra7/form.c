/* form.c: the full JSON form of a blueprint, with literals and facets, from and to the document
 * form (vra7-api.md §2.6, §4.4). */
#include "vra7.h"

#include <string.h>

#define MAX_DEPTH 16
#define DESIGN_TYPE "com.vmware.csp.iaas.blueprint.service"

static const struct {
    const char *shorthand, *facet;
} facets[] = {
    {"fixed", "fixedValue"},   {"default", "defaultValue"}, {"min", "minValue"},
    {"max", "maxValue"},       {"secured", "encrypted"},    {"visible", "visibility"},
    {"required", "mandatory"},
};

static const struct {
    const char *field, *class;
} classes[] = {
    {"machine_prefix", "Infrastructure.Compute.MachinePrefix"},
    {"provisioning_workflow", "Infrastructure.Compute.ProvisioningWorkflow"},
    {"source_machine", "Infrastructure.Virtual.Schema"},
    {"reservation_policy", "Infrastructure.Reservation.Policy.ComputeResource"},
    {"disks", "Infrastructure.Compute.Machine.MachineDisk"},
    {"nics", "Infrastructure.Compute.Machine.Nic"},
};

static const char *class_of(const char *field)
{
    for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
        if (strcmp(classes[i].field, field) == 0)
            return classes[i].class;
    }
    return "Infrastructure.Compute.Unknown";
}

/* ---- document to form ------------------------------------------------------------------- */

static json_t *literal_of(const char *field, const json_t *value, int depth);

static json_t *complex_of(const char *field, const json_t *object, int depth)
{
    json_t *entries = json_array();
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        json_t *literal = literal_of(key, value, depth + 1);
        if (literal != NULL)
            json_array_append_new(entries,
                                  json_pack("{s:s, s:o}", "key", key, "value", literal));
    }
    return json_pack("{s:s, s:s, s:n, s:s, s:n, s:{s:o}}", "type", "complex", "componentTypeId",
                     DESIGN_TYPE, "componentId", "classId", class_of(field), "typeFilter",
                     "values", "entries", entries);
}

static json_t *multiple_of(const char *field, const json_t *list, int depth)
{
    bool texts = json_is_string(json_array_get(list, 0));
    bool references = strncmp(field, "security_", 9) == 0;
    json_t *items = json_array(), *value;
    size_t i;
    json_array_foreach(list, i, value)
    {
        json_t *literal = json_is_object(value) ? complex_of(field, value, depth + 1)
                                                : literal_of(field, value, depth + 1);
        if (literal != NULL)
            json_array_append_new(items, literal);
    }
    return json_pack("{s:s, s:s, s:o}", "type", "multiple", "elementTypeId",
                     texts ? "STRING" : (references ? "ENTITY_REFERENCE" : "COMPLEX"), "items",
                     items);
}

/* NULL for what has no literal (null, or nested too deep). */
static json_t *literal_of(const char *field, const json_t *value, int depth)
{
    if (depth > MAX_DEPTH || value == NULL)
        return NULL;
    switch (json_typeof(value)) {
    case JSON_STRING:
        return json_pack("{s:s, s:O}", "type", "string", "value", value);
    case JSON_INTEGER:
        return json_pack("{s:s, s:O}", "type", "integer", "value", value);
    case JSON_REAL:
        return json_pack("{s:s, s:O}", "type", "decimal", "value", value);
    case JSON_TRUE:
    case JSON_FALSE:
        return json_pack("{s:s, s:O}", "type", "boolean", "value", value);
    case JSON_ARRAY:
        return multiple_of(field, value, depth);
    case JSON_OBJECT:
        if (json_object_get(value, "id") == NULL)
            return complex_of(field, value, depth);
        return json_pack("{s:s, s:n, s:s, s:O, s:s?}", "type", "entityRef", "componentId",
                         "classId", class_of(field), "id", json_object_get(value, "id"),
                         "label", text_member(value, "label"));
    case JSON_NULL:
        break;
    }
    return NULL;
}

static void facet_set(json_t *out, const char *name, json_t *take_literal)
{
    if (take_literal != NULL)
        json_object_set_new(out, name,
                            json_pack("{s:s, s:o}", "type", "constant", "value", take_literal));
}

static json_t *field_form(const char *field, const json_t *value)
{
    json_t *out = json_object();
    bool is_short = false;
    for (size_t i = 0; i < ARRAY_LEN(facets); i++) {
        const json_t *part = json_object_get(value, facets[i].shorthand);
        is_short = is_short || part != NULL;
        facet_set(out, facets[i].facet, literal_of(field, part, 0));
    }
    if (!is_short && !(json_is_object(value) && json_object_size(value) == 0))
        facet_set(out, "defaultValue", literal_of(field, value, 0));
    return json_pack("{s:o, s:n, s:{}}", "facets", out, "permittedValues", "data");
}

static json_t *fields_form(const json_t *fields)
{
    json_t *out = json_object();
    const char *field;
    json_t *value;
    json_object_foreach((json_t *)fields, field, value)
        json_object_set_new(out, field, field_form(field, value));
    return out;
}

static json_t *components_form(const json_t *components)
{
    json_t *out = json_object();
    const char *name;
    json_t *component;
    json_object_foreach((json_t *)components, name, component)
    {
        json_t *depends = json_object_get(component, "dependsOn");
        json_t *data = fields_form(json_object_get(component, "data"));
        json_t *form =
            json_pack("{s:O, s:n, s:n, s:o}", "type", json_object_get(component, "type"),
                      "componentProfiles", "propertyGroups", "data", data);
        json_object_set_new(form, "dependson",
                            depends != NULL ? json_deep_copy(depends) : json_array());
        json_object_set_new(out, name, form);
    }
    return out;
}

json_t *form_from_document(struct vra7_request *request, const json_t *stored)
{
    json_t *shown = document_shown(request, stored);
    const char *tenant = request->world->vra.tenant, *id = text_member(shown, "id");
    json_t *groups = json_object_get(shown, "propertyGroups");
    const char *binding = arena_printf(request->arena, "%s!::!%s", tenant, id);
    json_t *form = json_pack(
        "{s:s, s:O, s:O, s:s, s:O, s:O, s:O, s:s, s:n, s:o, s:O, s:o}", "id", id, "name",
        json_object_get(shown, "name"), "description", json_object_get(shown, "description"),
        "tenantId", tenant, "version", json_object_get(stored, "version"), "publishStatus",
        json_object_get(shown, "status"), "publishStatusName", json_object_get(shown, "status"),
        "externalId", binding, "catalogItemTypeId", "properties",
        fields_form(json_object_get(shown, "properties")), "layout",
        json_object_get(shown, "layout"), "components",
        components_form(json_object_get(shown, "components")));
    json_object_set_new(form, "propertyGroups",
                        groups != NULL ? json_deep_copy(groups) : json_array());
    json_decref(shown);
    return form;
}

/* ---- form to document ------------------------------------------------------------------- */

static json_t *plain_of(const json_t *literal, int depth);

static json_t *plain_complex(const json_t *literal, int depth)
{
    json_t *out = json_object(), *entry;
    size_t i;
    json_array_foreach(json_object_get(json_object_get(literal, "values"), "entries"), i, entry)
    {
        const char *key = text_member(entry, "key");
        if (key != NULL)
            json_object_set_new(out, key, plain_of(json_object_get(entry, "value"), depth + 1));
    }
    return out;
}

static json_t *plain_multiple(const json_t *literal, int depth)
{
    json_t *out = json_array(), *item;
    size_t i;
    json_array_foreach(json_object_get(literal, "items"), i, item)
        json_array_append_new(out, plain_of(item, depth + 1));
    return out;
}

static json_t *plain_of(const json_t *literal, int depth)
{
    const char *type = text_member(literal, "type");
    if (type == NULL || depth > MAX_DEPTH)
        return json_null();
    if (strcmp(type, "entityRef") == 0)
        return reference(text_member(literal, "id") != NULL ? text_member(literal, "id") : "",
                         text_member(literal, "label"));
    if (strcmp(type, "complex") == 0)
        return plain_complex(literal, depth);
    if (strcmp(type, "multiple") == 0)
        return plain_multiple(literal, depth);
    const json_t *value = json_object_get(literal, "value");
    return value != NULL ? json_deep_copy(value) : json_null();
}

/* A lone default is written bare. */
static json_t *field_plain(const json_t *form)
{
    const json_t *from = json_object_get(form, "facets");
    json_t *out = json_object();
    for (size_t i = 0; i < ARRAY_LEN(facets); i++) {
        const json_t *facet = json_object_get(from, facets[i].facet);
        if (json_is_object(facet))
            json_object_set_new(out, facets[i].shorthand,
                                plain_of(json_object_get(facet, "value"), 0));
    }
    json_t *only = json_object_get(out, "default");
    if (only == NULL || json_object_size(out) != 1)
        return out;
    json_incref(only);
    json_decref(out);
    return only;
}

static json_t *fields_plain(const json_t *fields)
{
    json_t *out = json_object();
    const char *field;
    json_t *value;
    json_object_foreach((json_t *)fields, field, value)
        json_object_set_new(out, field, field_plain(value));
    return out;
}

static json_t *components_plain(const json_t *components)
{
    json_t *out = json_object();
    const char *name;
    json_t *form;
    json_object_foreach((json_t *)components, name, form)
    {
        json_t *depends = json_object_get(form, "dependson");
        json_t *component =
            json_pack("{s:o}", "data", fields_plain(json_object_get(form, "data")));
        json_object_set(component, "type", json_object_get(form, "type"));
        if (json_array_size(depends) > 0)
            json_object_set(component, "dependsOn", depends);
        json_object_set_new(out, name, component);
    }
    return out;
}

json_t *form_to_document(const json_t *form)
{
    json_t *groups = json_object_get(form, "propertyGroups");
    json_t *document = json_object();
    json_object_set(document, "id", json_object_get(form, "id"));
    json_object_set(document, "name", json_object_get(form, "name"));
    json_object_set(document, "description", json_object_get(form, "description"));
    json_object_set(document, "status", json_object_get(form, "publishStatus"));
    json_object_set_new(document, "properties",
                        fields_plain(json_object_get(form, "properties")));
    if (json_array_size(groups) > 0)
        json_object_set(document, "propertyGroups", groups);
    json_object_set_new(document, "components",
                        components_plain(json_object_get(form, "components")));
    json_object_set(document, "layout", json_object_get(form, "layout"));
    json_t *copy = json_deep_copy(document);
    json_decref(document);
    return copy;
}
