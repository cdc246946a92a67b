/* url.c: see url.h. */
#include "url.h"

#include <string.h>

#include "strbuf.h"

static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                 "0123456789-._~";

void url_encode(struct strbuf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr(unreserved, *text) != NULL)
            strbuf_add_char(out, *text);
        else
            strbuf_addf(out, "%%%02X", (unsigned char)*text);
    }
}

void url_add_segment(struct strbuf *out, const char *segment)
{
    strbuf_add_char(out, '/');
    if (strcmp(segment, ".") == 0)
        strbuf_add(out, "%2E");
    else if (strcmp(segment, "..") == 0)
        strbuf_add(out, "%2E%2E");
    else
        url_encode(out, segment);
}

void url_add_query(struct strbuf *out, const char *name, const char *value)
{
    strbuf_add_char(out, strchr(strbuf_str(out), '?') == NULL ? '?' : '&');
    strbuf_add(out, name);
    strbuf_add_char(out, '=');
    url_encode(out, value);
}
