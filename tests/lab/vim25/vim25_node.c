/* vim25_node.c: reading elements of a request. */
#include <string.h>

#include "num.h"
#include "vim25_call.h"

static const char xsi_uri[] = "http://www.w3.org/2001/XMLSchema-instance";

static bool is_element(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

xmlNode *node_child(const xmlNode *node, const char *name)
{
    for (xmlNode *it = node == NULL ? NULL : node->children; it != NULL; it = it->next)
        if (is_element(it, name))
            return it;
    return NULL;
}

xmlNode *node_next(const xmlNode *node)
{
    for (xmlNode *it = node->next; it != NULL; it = it->next)
        if (is_element(it, (const char *)node->name))
            return it;
    return NULL;
}

static char *take_text(struct arena *arena, xmlChar *text)
{
    if (text == NULL)
        return NULL;
    char *copy = arena_strdup(arena, (const char *)text);
    xmlFree(text);
    return copy;
}

char *node_text(struct arena *arena, const xmlNode *node)
{
    char *text = node == NULL ? NULL : take_text(arena, xmlNodeGetContent(node));
    return text == NULL ? arena_strdup(arena, "") : text;
}

char *node_attribute(struct arena *arena, const xmlNode *node, const char *name)
{
    return take_text(arena, xmlGetNoNsProp(node, (const xmlChar *)name));
}

char *node_xsi_type(struct arena *arena, const xmlNode *node)
{
    char *type =
        take_text(arena, xmlGetNsProp(node, (const xmlChar *)"type", (const xmlChar *)xsi_uri));
    if (type == NULL)
        return NULL;
    char *colon = strchr(type, ':');
    return colon == NULL ? type : colon + 1;
}

bool node_flag(const xmlNode *node, bool otherwise)
{
    if (node == NULL || node->children == NULL || node->children->content == NULL)
        return otherwise;
    const char *text = (const char *)node->children->content;
    return strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
}

int64_t node_number(const xmlNode *node, int64_t otherwise)
{
    int64_t number = otherwise;
    if (node == NULL || node->children == NULL || node->children->content == NULL ||
        num_i64((const char *)node->children->content, &number) < 0)
        return otherwise;
    return number;
}

static bool xsd_name(const char *name)
{
    return strcmp(name, "string") == 0 || strcmp(name, "int") == 0 ||
           strcmp(name, "long") == 0 || strcmp(name, "boolean") == 0 ||
           strcmp(name, "short") == 0 || strcmp(name, "dateTime") == 0;
}

static void dump_attributes(const xmlNode *node, struct strbuf *out)
{
    for (const xmlAttr *it = node->properties; it != NULL; it = it->next) {
        const char *value = it->children == NULL ? "" : (const char *)it->children->content;
        bool xsi = it->ns != NULL && strcmp((const char *)it->ns->href, xsi_uri) == 0;
        if (it->ns != NULL && !xsi)
            continue;
        if (xsi && strchr(value, ':') != NULL)
            value = strchr(value, ':') + 1;
        strbuf_addf(out, " %s%s=\"%s", xsi ? "xsi:" : "", (const char *)it->name,
                    xsi && xsd_name(value) ? "xsd:" : "");
        xml_text(value, out);
        strbuf_add_char(out, '"');
    }
}

/* Depth is bounded by the parser. */
void node_dump(const xmlNode *node, struct strbuf *out)
{
    for (const xmlNode *it = node->children; it != NULL; it = it->next) {
        bool leaf = xmlChildElementCount((xmlNode *)node) == 0;
        if (it->type == XML_TEXT_NODE || it->type == XML_CDATA_SECTION_NODE) {
            if (leaf)
                xml_text((const char *)it->content, out);
        } else if (it->type == XML_ELEMENT_NODE) {
            strbuf_addf(out, "<%s", (const char *)it->name);
            dump_attributes(it, out);
            strbuf_add_char(out, '>');
            node_dump(it, out);
            strbuf_addf(out, "</%s>", (const char *)it->name);
        }
    }
}

xmlNode *arg_node(struct call *call, const char *name)
{
    return node_child(call->request, name);
}

char *arg_text(struct call *call, const char *name)
{
    xmlNode *node = arg_node(call, name);
    return node == NULL ? NULL : node_text(call->arena, node);
}
