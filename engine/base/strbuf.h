/* strbuf.h: a text buffer that grows up to a maximum given at birth.
 *
 * Appending beyond the maximum sets a flag and drops the rest; callers that feed it from
 * outside check strbuf_overflowed and refuse. The text is always NUL-terminated; it may hold
 * NUL bytes of its own, then use strbuf_len.
 */
#ifndef GF_STRBUF_H
#define GF_STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "compiler.h"

struct strbuf {
    char *data;
    size_t len, capacity, max;
    bool overflow;
};

/* For text that we write ourselves: large enough for any output, still a bound. */
#define STRBUF_MAX_OUTPUT ((size_t)1 << 30)

void strbuf_init(struct strbuf *buf, size_t max);
void strbuf_release(struct strbuf *buf);
void strbuf_clear(struct strbuf *buf); /* empty, keeps its memory */

void strbuf_add(struct strbuf *buf, const char *text);
void strbuf_add_mem(struct strbuf *buf, const void *data, size_t size);
void strbuf_add_char(struct strbuf *buf, char c);
void strbuf_add_repeat(struct strbuf *buf, char c, size_t n);
void strbuf_addf(struct strbuf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
void strbuf_addv(struct strbuf *buf, const char *format, va_list args) PRINTF_LIKE(2, 0);
void strbuf_truncate(struct strbuf *buf, size_t len);

const char *strbuf_str(const struct strbuf *buf); /* "" when empty, never NULL */
size_t strbuf_len(const struct strbuf *buf);
bool strbuf_overflowed(const struct strbuf *buf);

#endif
