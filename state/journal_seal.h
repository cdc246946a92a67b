/* journal_seal.h: the lines of a journal under a seal, each by itself, so that appending stays
 * cheap.
 *
 * A line of the journal (journal.h) becomes a sealed text that has its number, and is bound to
 * the first line of its journal, as it stands in the file, which no other journal has: a line
 * that was repeated, moved or taken from elsewhere is noticed, and so is one that was lost
 * before another one. Where the seal accepts what is plain (seal_accept_plain), a journal may
 * begin with plain lines, from before the key was there, and go on with sealed ones.
 *
 * A journal whose last lines are gone to the byte is one that was written less far. Nothing in
 * it, or beside it, could tell the two apart: a writer that dies behind the third line leaves
 * the same files as one whose fourth line was taken away, and who can take that away can put
 * back whatever else was written for it.
 */
#ifndef GF_JOURNAL_SEAL_H
#define GF_JOURNAL_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct seal;
struct strbuf;

/* The first line of a journal with its line end, as in the file; size 0 while it is written. */
struct journal_start {
    const char *line;
    size_t size;
};

/* Whether it is for journal_unseal: any line is sealed, as far as the lines' beginnings show,
 * or all of them must be. */
bool journal_is_sealed(const struct seal *seal, const char *text, size_t size);

/* Append the line of record n (0: the first line) as it goes into the file: sealed when the
 * seal writes, else as it is. */
int journal_seal_line(const struct seal *seal, struct journal_start start, uint64_t n,
                      const struct strbuf *line, struct strbuf *out, struct err *err);

/* Append the plain text of a journal from its file; a last line without its end stays as it
 * is. ret_good: the offset behind the last complete line, in the file. ERR_INVALID names the
 * line, ERR_DENIED says which key is missing. */
int journal_unseal(const struct seal *seal, const char *text, size_t size, struct strbuf *out,
                   size_t *ret_good, struct err *err);

#endif
