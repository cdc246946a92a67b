/* strbuf.c: see strbuf.h. */
#include "strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void strbuf_init(struct strbuf *buf, size_t max)
{
    *buf = (struct strbuf){.max = max};
}

void strbuf_release(struct strbuf *buf)
{
    free(buf->data);
    *buf = (struct strbuf){.max = buf->max};
}

void strbuf_clear(struct strbuf *buf)
{
    strbuf_truncate(buf, 0);
    buf->overflow = false;
}

/* Make room for `extra` more bytes; returns how many of them fit below the maximum. */
static size_t reserve(struct strbuf *buf, size_t extra)
{
    size_t room = buf->max - buf->len;
    if (extra > room) {
        extra = room;
        buf->overflow = true;
    }
    size_t need = buf->len + extra + 1;
    if (need <= buf->capacity)
        return extra;
    size_t capacity = buf->capacity == 0 ? 128 : buf->capacity;
    while (capacity < need)
        capacity *= 2;
    char *data = realloc(buf->data, capacity);
    if (data == NULL)
        abort();
    buf->data = data;
    buf->capacity = capacity;
    return extra;
}

void strbuf_add_mem(struct strbuf *buf, const void *data, size_t size)
{
    size = reserve(buf, size);
    if (size > 0)
        memcpy(buf->data + buf->len, data, size);
    buf->len += size;
    buf->data[buf->len] = '\0';
}

void strbuf_add(struct strbuf *buf, const char *text)
{
    strbuf_add_mem(buf, text, strlen(text));
}

void strbuf_add_char(struct strbuf *buf, char c)
{
    strbuf_add_mem(buf, &c, 1);
}

void strbuf_add_repeat(struct strbuf *buf, char c, size_t n)
{
    n = reserve(buf, n);
    memset(buf->data + buf->len, c, n);
    buf->len += n;
    buf->data[buf->len] = '\0';
}

void strbuf_addv(struct strbuf *buf, const char *format, va_list args)
{
    va_list copy;
    va_copy(copy, args);
    int n = vsnprintf(NULL, 0, format, copy);
    va_end(copy);
    if (n < 0)
        abort();
    if (reserve(buf, (size_t)n) == (size_t)n) {
        vsnprintf(buf->data + buf->len, (size_t)n + 1, format, args);
        buf->len += (size_t)n;
    }
    buf->data[buf->len] = '\0'; /* also when it did not fit */
}

void strbuf_addf(struct strbuf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    strbuf_addv(buf, format, args);
    va_end(args);
}

void strbuf_truncate(struct strbuf *buf, size_t len)
{
    if (len >= buf->len)
        return;
    buf->len = len;
    buf->data[len] = '\0';
}

const char *strbuf_str(const struct strbuf *buf)
{
    return buf->data == NULL ? "" : buf->data;
}

size_t strbuf_len(const struct strbuf *buf)
{
    return buf->len;
}

bool strbuf_overflowed(const struct strbuf *buf)
{
    return buf->overflow;
}
