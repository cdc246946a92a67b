/* url.c: see url.h. */
#include "url.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "num.h"
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

/* Text of an authority behind the host: empty, or ":" and a number. */
static int split_port(const char *text, size_t len, unsigned *ret_port)
{
    char digits[8] = "";
    uint64_t port = *ret_port;
    if (len > 0) {
        if (text[0] != ':' || len - 1 >= sizeof digits)
            return -1;
        memcpy(digits, text + 1, len - 1);
        if (num_u64(digits, &port) < 0 || port == 0 || port > 65535)
            return -1;
    }
    *ret_port = (unsigned)port;
    return 0;
}

/* "host", "host:port", "[address]", "[address]:port"; nothing of a user before it. */
static int split_authority(const char *text, size_t len, struct url_parts *ret)
{
    struct url_parts parts = *ret;
    bool bracket = len > 0 && text[0] == '[';
    const char *host = text + bracket, *end = memchr(text, bracket ? ']' : ':', len);
    if (bracket && end == NULL)
        return -1;
    if (end == NULL)
        end = text + len;
    size_t size = (size_t)(end - host);
    if (size == 0 || size >= sizeof parts.host)
        return -1;
    memcpy(parts.host, host, size);
    for (const char *at = parts.host; *at != '\0'; at++)
        if (*at <= ' ' || *at > '~' || strchr("@[]\\", *at) != NULL)
            return -1;
    end += bracket;
    if (split_port(end, len - (size_t)(end - text), &parts.port) < 0)
        return -1;
    *ret = parts;
    return 0;
}

static int split(const char *url, struct url_parts *ret, struct strbuf *path)
{
    const char *authority = strchr(url, ':') + strlen("://");
    size_t len = strcspn(authority, "/?#");
    struct url_parts parts = {.port = ret->port, .is_plain = ret->is_plain};
    if (split_authority(authority, len, &parts) < 0)
        return -1;
    const char *rest = authority + len;
    strbuf_addf(path, "%s%s", *rest == '/' ? "" : "/", rest);
    *ret = parts;
    return 0;
}

static bool has_scheme(const char *url, const char *scheme)
{
    return strncasecmp(url, scheme, strlen(scheme)) == 0;
}

/* libcurl refuses "*" as a host, which vCenter writes for itself (vsphere-api.md §9). */
int url_split(const char *url, struct url_parts *ret, struct strbuf *path)
{
    return has_scheme(url, "https://") ? url_split_any(url, ret, path) : -1;
}

int url_split_any(const char *url, struct url_parts *ret, struct strbuf *path)
{
    struct url_parts parts = {.port = 443};
    if (has_scheme(url, "http://"))
        parts = (struct url_parts){.port = 80, .is_plain = true};
    else if (!has_scheme(url, "https://"))
        return -1;
    if (split(url, &parts, path) < 0)
        return -1;
    *ret = parts;
    return 0;
}
