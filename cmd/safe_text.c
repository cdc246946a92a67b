/* safe_text.c: see safe_text.h. */
#include "safe_text.h"

#include <string.h>

#include "strbuf.h"
#include "utf8.h"

/* Characters of two or three bytes that change the order in which the rest is read, the control
 * characters from U+0080 on, and U+FFFE and U+FFFF. */
static bool is_deceiving(const char *at, size_t len)
{
    const unsigned char *c = (const unsigned char *)at;
    if (len == 2)
        return (c[0] == 0xc2 && c[1] < 0xa0) || (c[0] == 0xd8 && c[1] == 0x9c);
    if (len != 3)
        return false;
    if (c[0] == 0xef)
        return c[1] == 0xbf && c[2] >= 0xbe;
    bool embedding =
        c[1] == 0x80 && ((c[2] >= 0xa8 && c[2] <= 0xae) || c[2] == 0x8e || c[2] == 0x8f);
    bool isolate = c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9;
    return c[0] == 0xe2 && (embedding || isolate);
}

size_t safe_char(const char *text, bool lines, struct strbuf *out)
{
    size_t left = strnlen(text, 4), len = utf8_len(text, left);
    unsigned char c = (unsigned char)*text;
    bool plain = len == 1 && c >= 0x20 && c != 0x7f;
    if (plain || (lines && (c == '\n' || c == '\t')) || (len > 1 && !is_deceiving(text, len)))
        strbuf_add_mem(out, text, len);
    else
        strbuf_add(out, "\xef\xbf\xbd");
    return len == 0 ? 1 : len;
}
