/* drift_words.c: see drift_words.h. */
#include "drift_words.h"

#include <time.h>

#include "strbuf.h"

void drift_time(int64_t ms, struct strbuf *out)
{
    char text[32] = "?";
    time_t seconds = (time_t)(ms / 1000);
    struct tm utc;
    if (gmtime_r(&seconds, &utc) != NULL)
        strftime(text, sizeof(text), "%Y-%m-%d %H:%MZ", &utc);
    strbuf_add(out, text);
}

void drift_news_words(const struct drift_item *item, struct strbuf *out)
{
    if (item->news == DRIFT_UNTOLD)
        return;
    if (item->news == DRIFT_NEW) {
        strbuf_add(out, "new");
        return;
    }
    strbuf_add(out, item->news == DRIFT_STILL ? "since " : "changed, drifted since ");
    drift_time(item->since_ms, out);
}

void drift_differences(const struct drift *drift, struct strbuf *out)
{
    size_t n = drift_count(drift);
    if (n == 0)
        strbuf_add(out, "none");
    else
        strbuf_addf(out, "%zu difference%s", n, n == 1 ? "" : "s");
    strbuf_addf(out, " in %zu resource%s", drift->n_checked, drift->n_checked == 1 ? "" : "s");
}

void drift_counts(const struct drift *drift, struct strbuf *out)
{
    size_t n = drift_count(drift), ignored = drift->n - n;
    drift_differences(drift, out);
    if (n > 0 && drift->blind_seen != NULL)
        strbuf_addf(out, ", %zu of them new or changed", drift_count_news(drift));
    if (ignored > 0)
        strbuf_addf(out, ", %zu ignored by rule", ignored);
    if (drift->n_blind > 0)
        strbuf_addf(out, ", %zu not readable", drift->n_blind);
}

bool drift_advice(const struct drift *drift, enum drift_advice advice, struct strbuf *out)
{
    size_t start = strbuf_len(out);
    size_t old = drift_count(drift) - drift_count_news(drift);
    size_t old_blind = drift->n_blind - drift_count_blind_news(drift);
    switch (advice) {
    case DRIFT_TOLD_BEFORE:
        if (drift->only_news && old > 0)
            strbuf_addf(out, "Reported before, and still so: %zu difference%s", old,
                        old == 1 ? "" : "s");
        break;
    case DRIFT_BLIND_BEFORE:
        if (drift->only_news && old_blind > 0)
            strbuf_addf(out, "Reported before, and still not readable: %zu", old_blind);
        break;
    case DRIFT_PENDING:
        if (drift->n_pending > 0)
            strbuf_addf(out,
                        "Edits of the files wait to be applied (%zu resource%s); they are no "
                        "drift: gridform plan shows them.",
                        drift->n_pending, drift->n_pending == 1 ? "" : "s");
        break;
    case DRIFT_TO_DO:
        if (drift_count(drift) > 0)
            strbuf_add(out,
                       "gridform apply puts the drift right, gridform plan shows how; to keep "
                       "what is there, write it into the files.");
        break;
    case DRIFT_ADVICE_COUNT:
        break;
    }
    return strbuf_len(out) > start;
}

bool drift_shows_blind(const struct drift *drift, size_t index)
{
    return !drift->only_news || drift->blind_seen == NULL ||
           drift->blind_seen[index].news != DRIFT_STILL;
}
