/* vim25_schema.h: what the simulated vCenter knows about the vim25 types.
 *
 * Own tables (schema_*.c) of the part of vim25 that is served: order of elements, which are
 * required, first version (vsphere-api.md §1 rules 1 and 4, §14.1, §14.2). The same tables
 * check requests, decide which property paths exist, order the replies and hide fields newer
 * than the negotiated version.
 *
 * Notation of a field: name, "?" if it may be absent, "*" if it is a list, ":" and the type
 * ("&" for a reference to a managed object), "@" and the first version if after 6.5.
 *
 * A schema is built once and then only read; everything belongs to it.
 */
#ifndef GF_LAB_VIM25_SCHEMA_H
#define GF_LAB_VIM25_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct schema_row {
    const char *name, *base, *fields;
};

struct schema_method_row {
    const char *name, *object, *result, *privilege, *parameters;
};

extern const struct schema_row schema_objects[], schema_types[], schema_vm_types[],
    schema_faults[];
extern const struct schema_method_row schema_methods[];

struct field {
    const char *name, *type; /* type without "&" */
    bool optional, list, reference;
    uint32_t since; /* as schema_version; 0 for 6.5 and before */
};

struct type {
    const char *name;
    const struct type *base;
    bool managed, abstract;
    struct field *fields; /* those of the bases come first */
    size_t n_fields;
};

struct method {
    const char *name, *privilege;
    const struct type *object;
    struct field result; /* type NULL: void */
    struct type parameters;
};

struct schema;

struct schema *schema_new(void);
void schema_free(struct schema *schema);

const struct type *schema_type(const struct schema *schema, const char *name); /* or NULL */
const struct method *schema_method(const struct schema *schema, const char *name);

bool type_is(const struct type *type, const char *base);
/* The field of that name that exists in `version`, or NULL. */
const struct field *type_field(const struct type *type, const char *name, uint32_t version);

/* Whether `path` ("config.hardware.numCPU") exists on objects of `type` in `version`. */
bool schema_path(const struct schema *schema, const struct type *type, const char *path,
                 uint32_t version);

/* "6.7.1" as a number that compares like the version; 0 when it is none. */
uint32_t schema_version(const char *text);

/* Whether text is a value of the simple type (int, boolean, dateTime, …). Types that are
 * unknown here are enumerations: any word. */
bool schema_text_fits(const char *type, const char *text);

#endif
