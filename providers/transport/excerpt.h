/* excerpt.h: what of an unexpected answer may be shown in an error message. */
#ifndef GF_EXCERPT_H
#define GF_EXCERPT_H

#include <stddef.h>

struct secrets;
struct strbuf;

#define EXCERPT_MAX 300

/* Append at most EXCERPT_MAX bytes of an answer that could not be understood: tags, scripts
 * and styles dropped (an HTML page of a proxy), secrets redacted, control characters and runs
 * of blanks made one blank, UTF-8 not cut in the middle. Nothing for an empty answer. */
void excerpt_add(struct strbuf *out, const char *data, size_t size,
                 const struct secrets *secrets);

#endif
