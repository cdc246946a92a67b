/* url.h: percent-encoding (RFC 3986). Everything but letters, digits and - . _ ~ is encoded,
 * so one rule serves path segments and query values alike. */
#ifndef GF_URL_H
#define GF_URL_H

struct strbuf;

/* Append text, encoded. */
void url_encode(struct strbuf *out, const char *text);

/* Append "/" and the encoded segment. "." and ".." are encoded too: they stay data. */
void url_add_segment(struct strbuf *out, const char *segment);

/* Append name=value with '?' or '&' in front, as what is in out asks for. name is literal
 * ("$filter"), value is encoded. */
void url_add_query(struct strbuf *out, const char *name, const char *value);

#endif
