/* value.h: one value of an attribute, as a tree.
 *
 * A value is known (bool, integer, string, list, map), absent, or unreadable with a reason:
 * unreadable is neither absent nor equal to anything. Values are immutable and live in the
 * arena that they were made in; trees may share parts. Every switch over the type handles all
 * of them.
 */
#ifndef GF_VALUE_H
#define GF_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"

struct arena;
struct strbuf;

enum value_type {
    VALUE_ABSENT,
    VALUE_UNREADABLE,
    VALUE_BOOL,
    VALUE_INT,
    VALUE_STRING,
    VALUE_LIST,
    VALUE_MAP,
    VALUE_TYPE_COUNT
};

struct value;

struct value_field {
    const char *key;
    const struct value *value;
};

struct value {
    enum value_type type;
    union {
        bool boolean;
        int64_t integer;
        const char *string; /* also the reason of VALUE_UNREADABLE */
        struct {
            const struct value *const *items;
            size_t n;
        } list;
        struct {
            const struct value_field *fields; /* in strcmp order of the keys */
            size_t n;
        } map;
    };
};

const struct value *value_absent(void); /* the one absent value */
const struct value *value_bool(bool boolean);
const struct value *value_unreadable(struct arena *arena, const char *format, ...)
    PRINTF_LIKE(2, 3);
const struct value *value_int(struct arena *arena, int64_t integer);
const struct value *value_string(struct arena *arena, const char *text); /* copies */
const struct value *value_borrow(struct arena *arena, const char *text); /* keeps the pointer */
/* A text with lines as Unix ends them: \n for \r\n. */
const struct value *value_unix_lines(struct arena *arena, const char *text);
/* Copies the array of pointers, not the items. */
const struct value *value_list(struct arena *arena, const struct value *const *items, size_t n);
/* Copies and sorts the fields; of a repeated key the last wins; absent values are left out. */
const struct value *value_map(struct arena *arena, const struct value_field *fields, size_t n);
/* The same of an array in the arena that becomes the value's own, without a repeated key. */
const struct value *value_take_list(struct arena *arena, const struct value *const *items,
                                    size_t n);
const struct value *value_take_map(struct arena *arena, struct value_field *fields, size_t n);
/* `map` with the fields of `over` put over it; either may be NULL or absent. */
const struct value *value_merge(struct arena *arena, const struct value *map,
                                const struct value *over);

/* NULL counts as absent in all that follow. */
bool value_is_absent(const struct value *value);
bool value_is_unreadable(const struct value *value);
bool value_is_known(const struct value *value); /* neither absent nor unreadable */
bool value_is_true(const struct value *value);  /* the boolean true; all else is not */

/* The field of a map; the absent value when there is none or value is no map. */
const struct value *value_get(const struct value *value, const char *key);
/* The field as text, or NULL when it is no string. */
const char *value_get_text(const struct value *value, const char *key);
int64_t value_get_int(const struct value *value, const char *key, int64_t otherwise);
bool value_get_bool(const struct value *value, const char *key, bool otherwise);

const char *value_text(const struct value *value); /* NULL when it is no string */
size_t value_count(const struct value *value);     /* of a list or map, else 0 */
const struct value *value_at(const struct value *value, size_t index); /* of a list */
bool value_list_has(const struct value *list, const char *text);

/* Total order: by type, then content. Unreadable values order by reason. */
int value_compare(const struct value *a, const struct value *b);
/* Same content; never true when either is unreadable. */
bool value_equal(const struct value *a, const struct value *b);

/* Deep copy into another arena. */
const struct value *value_copy(struct arena *arena, const struct value *value);

/* For people: yes/no free text, "(absent)", "(unreadable: …)"; lists as "a, b". */
void value_print(const struct value *value, struct strbuf *out);

#endif
