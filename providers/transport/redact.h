/* redact.h: the values that must never be seen, and their removal from text.
 *
 * Every secret that is resolved or received (passwords, session cookies, tokens) is added
 * here; every text that a server sent goes through secrets_redact before it reaches an error,
 * an event or a log. An occurrence is found raw, percent-encoded, as base64 (standard and URL
 * alphabet, also inside a longer base64 text), XML-escaped, JSON-escaped and shell-quoted, and
 * becomes "***".
 *
 * All functions may be called from several threads at once.
 */
#ifndef GF_REDACT_H
#define GF_REDACT_H

#include <stddef.h>

struct err;
struct strbuf;
struct secrets;

struct secrets *secrets_new(void);
void secrets_free(struct secrets *secrets); /* wipes the values; accepts NULL */

/* Copies the value; the empty value is ignored, one that is known is kept once. Line ends at
 * the end of a value are not part of it. */
void secrets_add(struct secrets *secrets, const char *value);

/* Replace in place. secrets may be NULL (then nothing happens). */
void secrets_redact(const struct secrets *secrets, struct strbuf *text);
void secrets_redact_err(const struct secrets *secrets, struct err *err);

#endif
