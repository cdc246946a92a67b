/* type_error.h: the wording of refused values, shared by the files that implement types.h. */
#ifndef GF_TYPE_ERROR_H
#define GF_TYPE_ERROR_H

#include <stdbool.h>

#include "types.h"

/* `"16" is not a size such as 16 GiB`, `expected …, found a list`; always returns -1. A long
 * text is cut. */
int type_mismatch(const char *expects, const struct value *in, struct err *err);

/* Refuse a map with keys outside of `keys` (NULL-ended). */
int type_check_keys(const struct value *map, const char *const *keys, struct err *err);

/* Refuse text that is empty, longer than max bytes or holds control characters (newline and
 * tab excepted when `multiline`). */
struct text_limits {
    unsigned long max;
    bool allow_empty, multiline;
};
int type_check_text(const char *text, struct text_limits limits, struct err *err);

#endif
