/* url.c: see url.h. */
#include "url.h"

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

/* libcurl refuses "*" as a host, which vCenter writes for itself (vsphere-api.md §9). */
int url_split(const char *url, struct url_parts *ret, struct strbuf *path)
{
    static const char scheme[] = "https://";
    uint64_t port = 443;
    if (strncasecmp(url, scheme, strlen(scheme)) != 0)
        return -1;
    const char *host = url + strlen(scheme);
    size_t all = strcspn(host, "/?#"), len = all;
    const char *bracket = host[0] == '[' ? memchr(host, ']', all) : NULL;
    const char *colon = memchr(bracket == NULL ? host : bracket, ':',
                               all - (size_t)((bracket == NULL ? host : bracket) - host));
    if (colon != NULL) {
        char text[8] = "";
        size_t digits = all - (size_t)(colon + 1 - host);
        if (digits == 0 || digits >= sizeof(text))
            return -1;
        memcpy(text, colon + 1, digits);
        if (num_u64(text, &port) < 0 || port == 0 || port > 65535)
            return -1;
        len = (size_t)(colon - host);
    }
    if (bracket != NULL) {
        host++;
        len -= 2;
    }
    if (len == 0 || len >= sizeof(ret->host) || memchr(host, '@', len) != NULL)
        return -1;
    memcpy(ret->host, host, len);
    ret->host[len] = '\0';
    ret->port = (unsigned)port;
    const char *rest = (bracket != NULL ? host - 1 : host) + all;
    strbuf_addf(path, "%s%s", *rest == '/' ? "" : "/", rest);
    return 0;
}
