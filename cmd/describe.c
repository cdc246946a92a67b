/* describe.c: see describe.h. */
#include "describe.h"

#include <stdio.h>

#include "compiler.h"
#include "num.h"
#include "strbuf.h"
#include "types.h"

static const struct {
    unsigned facet;
    const char *owner;
} owners[] = {
    {FACET_VSPHERE, "vCenter"},
    {FACET_ESXI, "the ESXi shell"},
    {FACET_VRA, "vRealize Automation"},
};

bool attr_is_settable(const struct attr *attr)
{
    return (attr->flags & (ATTR_FACT | ATTR_DERIVED)) == 0;
}

static void add_number(const struct attr *attr, int64_t number, struct strbuf *out)
{
    if (attr->type == &type_size || attr->type == &type_size_range)
        num_print_size(number, out);
    else if (attr->type == &type_duration)
        num_print_duration(number, out);
    else
        strbuf_addf(out, "%lld", (long long)number);
}

void describe_values(const struct attr *attr, struct strbuf *out)
{
    if (attr->names == NULL || attr->type == &type_strings)
        strbuf_add(out, attr->type->expects);
    if (attr->names != NULL && attr->type == &type_strings)
        strbuf_add(out, " out of ");
    for (size_t i = 0; attr->names != NULL && attr->names[i] != NULL; i++)
        strbuf_addf(out, "%s%s", i == 0 ? "" : attr->names[i + 1] == NULL ? " or " : ", ",
                    attr->names[i]);
    if (attr->min != 0 || attr->max != 0) {
        strbuf_add(out, ", from ");
        add_number(attr, attr->min, out);
        strbuf_add(out, " to ");
        add_number(attr, attr->max, out);
    }
    if (attr->ref != NULL)
        strbuf_addf(out, ", of %s", attr->ref);
}

void describe_need(const struct attr *attr, struct strbuf *out)
{
    if (attr->flags & ATTR_REQUIRED)
        strbuf_add(out, "required");
    else if (attr->default_value != NULL)
        strbuf_addf(out, "default %s", attr->default_value);
}

void describe_owner(const struct attr *attr, struct strbuf *out)
{
    size_t start = strbuf_len(out);
    for (size_t i = 0; i < ARRAY_LEN(owners); i++)
        if (attr->facets & owners[i].facet)
            strbuf_addf(out, "%s%s", strbuf_len(out) > start ? " and " : "", owners[i].owner);
    if (strbuf_len(out) == start)
        strbuf_add(out, "the files alone");
}
