/* vim25_value.h: values of the simulated vCenter as trees, and how they look on the wire.
 *
 * A tree is built against the schema: a field that the type does not have is a mistake of the
 * lab (an assertion), a field newer than the negotiated version is left out silently, and the
 * order of the elements follows the schema, not the order of the calls. Trees belong to the
 * arena of their builder. Setters accept NULL for "unset".
 */
#ifndef GF_LAB_VIM25_VALUE_H
#define GF_LAB_VIM25_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "vec.h"
#include "vim25_schema.h"

struct strbuf;

struct builder {
    struct arena *arena;
    const struct schema *schema;
    uint32_t version;
};

struct val {
    const char *type;          /* wire type; of a list: of its elements */
    const struct type *object; /* of a data object */
    bool list, reference;
    const char *text;        /* of a simple value, or the id of a reference */
    const char *raw;         /* ready XML put behind the fields of an object */
    struct val **slots;      /* of a data object: one for each of its fields */
    VEC(struct val *) items; /* of a list */
};

struct val *val_object(struct builder *b, const char *type);
struct val *val_simple(struct builder *b, const char *type, const char *text);
struct val *val_reference(struct builder *b, const char *type, const char *id);
struct val *val_list(struct builder *b, const char *type, bool reference);

/* Set a field to a value made with the above; returns value. */
struct val *val_set(struct builder *b, struct val *object, const char *field,
                    struct val *value);
/* An object of the field's own type, set as the field; or of a derived type. */
struct val *val_sub(struct builder *b, struct val *object, const char *field);
struct val *val_sub_as(struct builder *b, struct val *object, const char *field,
                       const char *type);
/* Append to the list field. */
void val_add(struct builder *b, struct val *object, const char *field, struct val *value);
struct val *val_add_object(struct builder *b, struct val *object, const char *field);
void val_text(struct builder *b, struct val *object, const char *field, const char *text);
void val_int(struct builder *b, struct val *object, const char *field, int64_t number);
void val_bool(struct builder *b, struct val *object, const char *field, bool value);
void val_time(struct builder *b, struct val *object, const char *field, int64_t ms);
void val_ref(struct builder *b, struct val *object, const char *field, const char *type,
             const char *id);
void val_add_text(struct builder *b, struct val *object, const char *field, const char *text);
void val_add_ref(struct builder *b, struct val *object, const char *field, const char *type,
                 const char *id);

/* The value at a path below an object; NULL when something on the way is unset. */
struct val *val_path(struct val *object, const char *path);

/* Write <name>…</name>. `declared` is the type that the place asks for; "anyType" writes the
 * real one always. Lists are written as ArrayOf… (property values). */
void val_write(const struct val *value, const char *name, const char *declared,
               struct strbuf *out);
void xml_text(const char *text, struct strbuf *out); /* escaped; drops what XML forbids */

/* Simulated milliseconds as RFC 3339 with `micros` behind the milliseconds. */
char *time_text(struct arena *arena, int64_t ms, unsigned micros);

#endif
