/* store_history.c: what all backends tell of a former state. */
#include "store.h"

void history_fill(struct history_entry *entry, const struct state_summary *summary)
{
    entry->serial = summary->serial;
    entry->commit = summary->commit;
    entry->author = summary->author;
    entry->plan = summary->plan;
    entry->n_resources = summary->n_resources;
    entry->n_intents = summary->n_intents;
}

void history_cut(struct history_entry *entries, size_t n, size_t most,
                 struct history *ret_history)
{
    *ret_history = (struct history){.entries = entries, .n = n < most ? n : most};
    if (n > most)
        ret_history->unasked = entries[most].serial;
}
