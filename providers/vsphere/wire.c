/* wire.c: what all requests share, and copying of stored trees. See wire.h. */
#include "wire.h"

#include <stdio.h>
#include <string.h>

#include "soap.h"

#define MAX_REQUEST ((size_t)64 * 1024 * 1024)

void wire_open(struct wire *wire, const char *method, struct ref self)
{
    *wire = (struct wire){.method = method};
    strbuf_init(&wire->body, MAX_REQUEST);
    xml_write_init(&wire->x, &wire->body);
    soap_open_method(&wire->x, method, self.type, self.id);
}

void wire_release(struct wire *wire)
{
    if (wire->body.data != NULL)
        explicit_bzero(wire->body.data, wire->body.len);
    strbuf_release(&wire->body);
}

void wire_ref(struct wire *wire, const char *name, struct ref ref)
{
    if (ref.id != NULL)
        xml_write_ref(&wire->x, name, ref.type, ref.id);
}

/* The types of vim25 are unprefixed names in the default namespace, those of XML Schema carry
 * the prefix that the envelope binds (vsphere-api.md §3). */
static void copy_type(struct xml_writer *x, const struct xml_node *node)
{
    char name[160];
    bool primitive = node->type_ns != NULL && strcmp(node->type_ns, XML_NS_XSD) == 0;
    snprintf(name, sizeof name, "%s%s", primitive ? "xsd:" : "", node->type);
    xml_write_attr_type(x, name);
}

void wire_copy(struct xml_writer *x, const struct xml_node *node)
{
    xml_write_open(x, node->name);
    if (node->type != NULL)
        copy_type(x, node);
    for (const struct xml_attr *it = node->attrs; it != NULL; it = it->next)
        if (it->ns[0] == '\0')
            xml_write_attr(x, it->name, it->value);
    if (node->children == NULL)
        xml_write_text(x, node->text);
    wire_copy_children(x, node);
    xml_write_close(x);
}

void wire_copy_children(struct xml_writer *x, const struct xml_node *node)
{
    XML_EACH_CHILD(it, node)
    wire_copy(x, it);
}
