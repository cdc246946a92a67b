/* seal.h: texts that only the holder of a key can read or make: AES-256-GCM.
 *
 * A sealed text is one line of JSON; everything before the value of "text" is associated data,
 * bound to the content byte by byte, and the rest has one form only, so that no byte of it can
 * be another one without being noticed:
 *
 *     {"gridform_sealed":1,"purpose":"state","lineage":"…","serial":7,"key":"…","nonce":"…",
 *      "text":"BASE64"}
 *
 * (in one line, with a line end). "key" is a short digest of the key, which tells a wrong key
 * from damage; the nonce is random in each text; BASE64 holds the content and the tag. Lineage
 * and serial stand there where they are given: a server that keeps states may want to see them.
 * A plan's "source" stands there (in the place of the lineage), because the files that name the
 * key are found by it.
 *
 * The first key that is added writes, and all are tried for reading, by their digests. With a
 * key that writes, what is not sealed is refused: anybody could have put it there. A seal
 * without such a key is for leaving encryption: seal_writes is false.
 */
#ifndef GF_SEAL_H
#define GF_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct seal;
struct strbuf;

enum seal_purpose { SEAL_STATE, SEAL_JOURNAL, SEAL_PLAN, SEAL_PURPOSE_COUNT };

/* What a text is sealed as; it is opened as the same alone. */
struct seal_label {
    enum seal_purpose purpose;
    const char *lineage; /* or NULL */
    int64_t serial;      /* of a state; with lineage only. Of a journal's line: its number */
    const char *source;  /* of a plan: an object in JSON, in one line; or NULL */
    const char *context; /* bound to the text and not written into it, or NULL */
    size_t context_size;
};

struct seal *seal_new(void);
void seal_free(struct seal *seal); /* wipes the keys; accepts NULL */

/* Add a key: 32 bytes as 64 hex digits or as base64. ERR_INVALID says what a key is and how to
 * make one, and never repeats what was given. */
int seal_add_key(struct seal *seal, const char *text, struct err *err);
/* The same for a key that reads only. */
int seal_add_former_key(struct seal *seal, const char *text, struct err *err);

/* Take what is not sealed all the same: to begin with, until all of it was written again. */
void seal_accept_plain(struct seal *seal);

/* Something is to be sealed: there is a seal, and a key that writes. */
bool seal_writes(const struct seal *seal);

/* Whether a text is meant to be a sealed one, as far as its beginning shows. */
bool seal_is_sealed(const char *text, size_t size);

/* Whether a stored text is in the form in which it would be written now, as far as its
 * beginning (SEAL_HEAD bytes, or all of it) shows: sealed with the key that writes, or plain
 * without one. */
enum { SEAL_HEAD = 400 };
bool seal_is_current(const struct seal *seal, const char *text, size_t size);

/* Append the sealed form of a text. ERR_INTERNAL when the library refuses. */
int seal_text(const struct seal *seal, const struct seal_label *label, const char *text,
              size_t size, struct strbuf *out, struct err *err);

/* Append what was sealed. Lineage and serial of the label are not looked at, except for a
 * journal's line, whose number they are. seal may be NULL: ERR_DENIED, like a key that is not
 * among ours, with the way out. ERR_INVALID: damaged, or sealed as something else. */
int unseal_text(const struct seal *seal, const struct seal_label *label, const char *text,
                size_t size, struct strbuf *out, struct err *err);

/* Where the files of a sealed plan are, as it says: the source of its label. NULL: nothing is
 * said. Not to be believed before the text was opened. */
const char *seal_source(const char *text, size_t size, size_t *ret_size);

/* What a store does with its document. Seal it when the seal says so; else append it as it is.
 */
int seal_document(const struct seal *seal, const struct seal_label *label, const char *text,
                  size_t size, struct strbuf *out, struct err *err);
/* May a text be read that is not sealed? ERR_DENIED: no, and what to do. seal may be NULL. */
int seal_check_plain(const struct seal *seal, struct err *err);
/* Append what was sealed, or, where seal_check_plain allows it, a plain text as it is. */
int unseal_document(const struct seal *seal, enum seal_purpose purpose, const char *text,
                    size_t size, struct strbuf *out, struct err *err);

#endif
