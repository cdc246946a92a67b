/* slurp.h: a whole file that a person names. */
#ifndef GF_SLURP_H
#define GF_SLURP_H

struct err;
struct strbuf;

/* Append all of it, up to the buffer's maximum; "-" is standard input. ERR_NOT_FOUND: it cannot
 * be read; ERR_INVALID: too large. */
int slurp(const char *path, struct strbuf *out, struct err *err);

#endif
