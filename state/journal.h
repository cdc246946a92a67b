/* journal.h: the write-ahead journal beside a state, as text.
 *
 * One JSON object per line, each with a checksum over what stands before it. The first line
 * names the state that the records belong to; records are numbered from 1, so that a lost or
 * repeated line is noticed:
 *
 *     {"gridform_journal":1,"lineage":"…","serial":7,"checksum":"…"}
 *     {"n":1,"kind":"plan","plan":"…","commit":"…","checksum":"…"}
 *     {"n":2,"kind":"intent","address":"host/a","op":"host.reboot",…,"checksum":"…"}
 *
 * A last line without its end was being written when the writer died: nobody acted on it, it
 * is dropped. Any other damage is refused: what the journal says must not be guessed.
 */
#ifndef GF_JOURNAL_H
#define GF_JOURNAL_H

#include "store.h"

enum { JOURNAL_FORMAT = 1 };

struct journal {
    const char *text; /* as given to journal_scan: borrowed */
    char lineage[33]; /* "" : no complete first line */
    int64_t serial;
    uint64_t n;         /* records */
    size_t first, good; /* offsets: of the first record, behind the last complete line */
};

/* How a journal goes with a stored state. */
enum journal_fit {
    JOURNAL_FITS,
    JOURNAL_SPENT, /* empty, or the state was written from it and it was not removed any more */
    JOURNAL_FOREIGN /* holds records that the state may lack: a person must decide */
};

void journal_encode_head(const char *lineage, int64_t serial, struct strbuf *out);

/* Append record number n; ERR_INVALID, and nothing appended, when it could not be read back. */
int journal_encode(uint64_t n, const struct record *record, struct strbuf *out,
                   struct err *err);

/* Look at every line: checksum, number, end. ERR_INVALID with the line. A journal that is kept
 * under a seal goes through journal_unseal first. */
int journal_scan(const char *text, size_t size, struct journal *ret_journal, struct err *err);

enum journal_fit journal_fit(const struct journal *journal, const char *lineage,
                             int64_t serial);

/* Apply the records of a scanned journal that fits. The state borrows nothing from its text. */
int journal_replay(const struct journal *journal, struct state *state, struct arena *arena,
                   const struct schema_source *schemas, struct err *err);

#endif
