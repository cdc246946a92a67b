/* safe_text.h: outside text made safe to show, character by character.
 *
 * What comes out is well-formed UTF-8 whatever came in. Control characters, those that turn the
 * direction of writing, and code points that no document may hold become U+FFFD.
 */
#ifndef GF_SAFE_TEXT_H
#define GF_SAFE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct strbuf;

/* Append the first character of the text (not empty), or its replacement; returns how many
 * bytes of the text that was. lines: newlines and tabs stay. */
size_t safe_char(const char *text, bool lines, struct strbuf *out);

#endif
