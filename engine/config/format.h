/* format.h: the canonical layout of a manifest file, as text to text.
 *
 * Normalised are indentation (2, lists below a key too), blanks inside flow collections and
 * around comments, blank lines (at most one), line ends and the byte-order mark. Order, quotes,
 * styles and line breaks inside of values stay as they are written.
 *
 * Nothing is believed: before a text is returned, libyaml reads both, and their events and
 * their comments must be the same.
 */
#ifndef GF_FORMAT_H
#define GF_FORMAT_H

#include <stddef.h>

struct arena;
struct err;
struct yamldoc_source;

/* The text comes from the arena and ends in a NUL that size does not count. -1: the file is no
 * manifest (diags have it, err->code stays ERR_NONE), or the layout would change what the file
 * says (ERR_INTERNAL). */
int format_yaml(const struct yamldoc_source *source, struct arena *arena, const char **ret_text,
                size_t *ret_size, struct err *err);

#endif
