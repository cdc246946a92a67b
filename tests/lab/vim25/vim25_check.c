/* vim25_check.c: the strictness of a real server (vsphere-api.md §1 rule 1, §14.1): elements
 * in the order of the schema, none unknown, none missing, values of the right kind, xsi:type
 * where the declared type says too little. */
#include <string.h>

#include "vim25_call.h"

enum { DEPTH_MAX = 40, ITEMS_MAX = 10000 };

static const char vim_uri[] = "urn:vim25";

static int refuse(struct call *call, const xmlNode *node, const char *what, const char *name)
{
    struct strbuf text;
    strbuf_init(&text, 4096);
    strbuf_addf(&text, "%s \"%s\"", what, name);
    for (; node != NULL && node->type == XML_ELEMENT_NODE; node = node->parent) {
        strbuf_addf(&text, "\n\nwhile parsing %s", (const char *)node->name);
        if (node == call->request)
            break;
    }
    call_fault(call, "InvalidRequest", "%s", strbuf_str(&text));
    strbuf_release(&text);
    return -1;
}

static int check_object(struct call *call, const xmlNode *node, const struct type *type,
                        size_t skip_this, int depth);

static int check_simple(struct call *call, const xmlNode *node, const char *type)
{
    char *text = node_text(call->arena, node);
    if (xmlChildElementCount((xmlNode *)node) > 0)
        return refuse(call, node, "Unexpected element tag seen in simple value",
                      (const char *)node->name);
    if (!schema_text_fits(type, text))
        return refuse(call, node, "Invalid value for element", (const char *)node->name);
    return 0;
}

static int check_reference(struct call *call, const xmlNode *node)
{
    char *type = node_attribute(call->arena, node, "type");
    if (type == NULL || *type == '\0')
        return refuse(call, node, "Attribute type missing on reference",
                      (const char *)node->name);
    if (*node_text(call->arena, node) == '\0')
        return refuse(call, node, "Empty reference", (const char *)node->name);
    return check_simple(call, node, "string");
}

/* anyType: xsi:type must say what it is. */
static int check_any(struct call *call, const xmlNode *node)
{
    char *name = node_xsi_type(call->arena, node);
    if (name == NULL)
        return refuse(call, node, "xsi:type missing on element", (const char *)node->name);
    const struct type *type = schema_type(call->server->schema, name);
    if (type != NULL && !type->managed)
        return check_object(call, node, type, 0, 0);
    if (strcmp(name, "ManagedObjectReference") == 0)
        return check_reference(call, node);
    return check_simple(call, node, name);
}

static int check_value(struct call *call, const xmlNode *node, const struct field *field,
                       int depth)
{
    if (field->reference)
        return check_reference(call, node);
    if (strcmp(field->type, "anyType") == 0)
        return check_any(call, node);
    const struct type *declared = schema_type(call->server->schema, field->type);
    if (declared == NULL)
        return xmlChildElementCount((xmlNode *)node) > 0
                   ? 0
                   : check_simple(call, node, field->type);
    const struct type *type = declared;
    char *name = node_xsi_type(call->arena, node);
    if (name != NULL) {
        type = schema_type(call->server->schema, name);
        if (type == NULL || !type_is(type, declared->name))
            return refuse(call, node, "Unexpected xsi:type", name);
    }
    if (type->abstract)
        return refuse(call, node, "xsi:type missing on element", (const char *)node->name);
    return check_object(call, node, type, 0, depth + 1);
}

/* Move `at` to the field that takes the element, over optional ones only. */
static int find_place(struct call *call, const xmlNode *node, const struct type *type,
                      size_t *at, bool *seen)
{
    const char *name = (const char *)node->name;
    for (size_t i = *at; i < type->n_fields; i++) {
        const struct field *field = &type->fields[i];
        bool again = i == *at && *seen;
        if (strcmp(field->name, name) == 0 && field->since <= call->b.version &&
            (!again || field->list)) {
            *at = i;
            *seen = true;
            return 0;
        }
        if (!field->optional && field->since <= call->b.version && !again)
            return refuse(call, node->parent, "Required element missing before", name);
    }
    return refuse(call, node->parent, "Unexpected element tag", name);
}

static int check_namespace(struct call *call, const xmlNode *node)
{
    if (node->ns != NULL && strcmp((const char *)node->ns->href, vim_uri) == 0)
        return 0;
    return refuse(call, node->parent, "Element not in namespace urn:vim25",
                  (const char *)node->name);
}

static int check_object(struct call *call, const xmlNode *node, const struct type *type,
                        size_t n_skip, int depth)
{
    size_t at = 0, n = 0;
    bool seen = false;
    if (depth > DEPTH_MAX)
        return refuse(call, node, "Elements nested too deep", type->name);
    for (const xmlNode *it = node->children; it != NULL; it = it->next) {
        if (it->type != XML_ELEMENT_NODE || n++ < n_skip)
            continue;
        if (n > ITEMS_MAX)
            return refuse(call, node, "Too many elements in", (const char *)node->name);
        if (check_namespace(call, it) < 0 || find_place(call, it, type, &at, &seen) < 0 ||
            check_value(call, it, &type->fields[at], depth) < 0)
            return -1;
    }
    for (size_t i = seen ? at + 1 : at; i < type->n_fields; i++)
        if (!type->fields[i].optional && type->fields[i].since <= call->b.version)
            return refuse(call, node, "Required element missing:", type->fields[i].name);
    return 0;
}

int request_check(struct call *call)
{
    return check_object(call, call->request, &call->method->parameters, 1, 0);
}
