/* manifest_types.h: the JSON Schema of attribute types and of whole objects; what the schema of
 * the manifest is put together from. */
#ifndef GF_MANIFEST_TYPES_H
#define GF_MANIFEST_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"
#include "value.h"

struct arena;
struct schema;

/* Maps and lists as they are written here. */
#define OBJECT(arena, ...)                                                                     \
    value_map((arena), (const struct value_field[]){__VA_ARGS__},                              \
              ARRAY_LEN(((const struct value_field[]){__VA_ARGS__})))
#define LIST(arena, ...)                                                                       \
    value_list((arena), (const struct value *const[]){__VA_ARGS__},                            \
               ARRAY_LEN(((const struct value *const[]){__VA_ARGS__})))

/* A text, and a list of texts up to NULL. */
const struct value *js_text(struct arena *arena, const char *string);
const struct value *js_texts(struct arena *arena, const char *const *names);

/* A reference to #/$defs/NAME. */
const struct value *js_defined(struct arena *arena, const char *name);
const struct value *js_any_of(struct arena *arena, const struct value *a,
                              const struct value *b);
/* Or a variable that becomes it. */
const struct value *js_or_expression(struct arena *arena, const struct value *schema);
/* Texts without control characters. */
const struct value *js_line(struct arena *arena, bool empty);
/* A number with one of the units. */
const struct value *js_with_units(struct arena *arena, const char *(*unit)(size_t));
const struct value *js_list_of(struct arena *arena, const struct value *item);
/* An object with exactly one of the given properties. */
const struct value *js_one_of(struct arena *arena, const struct value *properties);

/* What a schema's attributes make of an object; more: one further property, or NULL. */
const struct value *js_object(struct arena *arena, const struct schema *schema,
                              const struct value_field *more);

#endif
