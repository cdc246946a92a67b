/* url.h: percent-encoding (RFC 3986). Everything but letters, digits and - . _ ~ is encoded,
 * so one rule serves path segments and query values alike. */
#ifndef GF_URL_H
#define GF_URL_H

#include <stdbool.h>

#include "compiler.h"

struct strbuf;

/* An absolute https URL in its parts: the host into 256 bytes, path with query appended. A host
 * that is no name is kept as it is ("*"). -1 when it is no such URL. */
struct url_parts {
    char host[256];
    unsigned port; /* 443, or 80 of a plain one, when the URL names none */
    bool is_plain; /* http; only of url_split_any */
};
MUST_CHECK int url_split(const char *url, struct url_parts *ret, struct strbuf *path);
/* The same, http as well. */
MUST_CHECK int url_split_any(const char *url, struct url_parts *ret, struct strbuf *path);

/* Append text, encoded. */
void url_encode(struct strbuf *out, const char *text);

/* Append "/" and the encoded segment. "." and ".." are encoded too: they stay data. */
void url_add_segment(struct strbuf *out, const char *segment);

/* Append name=value with '?' or '&' in front, as what is in out asks for. name is literal
 * ("$filter"), value is encoded. */
void url_add_query(struct strbuf *out, const char *name, const char *value);

#endif
