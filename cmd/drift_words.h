/* drift_words.h: what all documents about drift say in the same words. */
#ifndef GF_DRIFT_WORDS_H
#define GF_DRIFT_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "plan.h"

struct strbuf;

/* "2026-01-02 03:04Z" */
void drift_time(int64_t ms, struct strbuf *out);
/* "new", "changed, drifted since 2026-01-02 03:04Z", "since …"; nothing without a memory. */
void drift_news_words(const struct drift_item *item, struct strbuf *out);
/* "3 differences in 14 resources"; the second says more: ", 1 of them new or changed, 1 ignored by
 * rule, 2 not readable". */
void drift_differences(const struct drift *drift, struct strbuf *out);
void drift_counts(const struct drift *drift, struct strbuf *out);

/* What was told before, edits that wait, what to do: a sentence each; false, and nothing
 * appended, when there is none to say. */
enum drift_advice {
    DRIFT_TOLD_BEFORE,
    DRIFT_BLIND_BEFORE,
    DRIFT_PENDING,
    DRIFT_TO_DO,
    DRIFT_ADVICE_COUNT
};
bool drift_advice(const struct drift *drift, enum drift_advice advice, struct strbuf *out);

/* Is it shown, or only counted because an earlier report told it? */
bool drift_shows_blind(const struct drift *drift, size_t index);

#endif
