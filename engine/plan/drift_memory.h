/* drift_memory.h: what was drifted and since when, from one report to the next.
 *
 * A memory is what a report leaves for the one after it: the drifted attributes with a digest
 * of what was there, and what could not be read, each with the time of its first report. As
 * text it is JSON, one entry a line, with a version and a checksum; only what
 * drift_memory_encode writes is read back, byte for byte. Values themselves are not kept.
 */
#ifndef GF_DRIFT_MEMORY_H
#define GF_DRIFT_MEMORY_H

#include "plan.h"

enum { DRIFT_MEMORY_SIZE_MAX = 64 << 20 };

struct drift_entry {
    const char *address, *attr; /* attr NULL: the whole resource (gone, or unreadable) */
    const char *live;           /* digest of the drifted value; NULL: it was unreadable */
    int64_t since_ms;
};

struct drift_memory {
    const char *site, *lineage;
    int64_t at_ms;                     /* of the report, Unix */
    const struct drift_entry *entries; /* by address, attribute, drifted before unreadable */
    size_t n;
};

/* The drift that an earlier report and this check make together: every item with its news, and
 * what has healed. What was drifted and cannot be read now is neither still drifted nor healed:
 * it stays in the memory as it is. before: NULL when there was no report. ret_after is for the
 * next one. Everything lives in the arena of the facts, or in that of `before`. */
const struct drift *drift_recall(const struct drift *drift, const struct drift_memory *before,
                                 const struct facts *facts, int64_t now_ms,
                                 struct drift_memory *ret_after);

void drift_memory_encode(const struct drift_memory *memory, struct strbuf *out);
/* ERR_INVALID: damaged, or of another version; the message says which. The memory borrows
 * nothing from text. */
int drift_memory_decode(const char *text, size_t size, struct arena *arena,
                        struct drift_memory *ret_memory, struct err *err);

#endif
