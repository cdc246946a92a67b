/* block.c: what depends on something that cannot be read is left alone as well.
 *
 * Two directions. What refers to something blocked is not changed: nobody knows what it would
 * be built on. What something blocked refers to is not deleted: nobody knows whether it is
 * still in use.
 */
#include "plan_private.h"

#include "arena.h"
#include "references.h"

struct search {
    const struct draft *draft;
    struct map *blocked; /* address -> why: the address that blocks it */
    const char *found;
};

static void look_for_blocked(void *context, const struct reference *reference)
{
    struct search *search = context;
    if (search->found == NULL)
        search->found = map_get(search->blocked, draft_address(search->draft, reference));
}

static void look_for_user(void *context, const struct reference *reference)
{
    struct search *search = context;
    const struct change *change =
        draft_change(search->draft, draft_address(search->draft, reference));
    if (change != NULL && change->action == ACTION_DELETE)
        map_set(search->blocked, change->address, (void *)(uintptr_t)search->found);
}

/* Deletions that a blocked resource, as it was last applied, still refers to. */
static void find_used(const struct draft *draft, const struct map *blocked,
                      struct map *ret_used)
{
    const struct instances *prior = draft->input->facts.prior;
    for (size_t i = 0; i < prior->n; i++) {
        if (map_get(blocked, prior->items[i]->address) == NULL)
            continue;
        struct search search = {draft, ret_used, prior->items[i]->address};
        references_each(prior->items[i], look_for_user, &search);
    }
}

static const char *why_blocked(const struct draft *draft, const struct change *change,
                               struct map *blocked, const struct map *used)
{
    const char *user = map_get(used, change->address);
    if (user != NULL)
        return arena_printf(draft->arena, "%s, which is left alone, may still use it", user);
    struct search search = {draft, blocked, NULL};
    if (change->desired != NULL)
        references_each(change->desired, look_for_blocked, &search);
    return search.found == NULL
               ? NULL
               : arena_printf(draft->arena, "depends on %s, which is left alone", search.found);
}

/* One round: drop what has become blocked. Returns how many were dropped. */
static size_t block_round(struct draft *draft, struct map *blocked)
{
    size_t kept = 0, n = draft->changes.n;
    struct map used;
    map_init(&used);
    find_used(draft, blocked, &used);
    for (size_t i = 0; i < n; i++) {
        const struct change *change = &draft->changes.items[i];
        if (map_get(blocked, change->address) != NULL)
            continue;
        const char *why = why_blocked(draft, change, blocked, &used);
        if (why == NULL) {
            draft->changes.items[kept++] = *change;
            continue;
        }
        draft_blind(draft, change->address, NULL, why);
        map_set(blocked, change->address, (void *)(uintptr_t)change->address);
    }
    map_release(&used);
    draft->changes.n = kept;
    draft_index(draft);
    return n - kept;
}

/* Rounds end: each one drops a change, or is the last. */
void block_dependents(struct draft *draft)
{
    struct map blocked;
    map_init(&blocked);
    for (size_t i = 0; i < draft->blind.n; i++)
        if (draft->blind.items[i].attr == NULL)
            map_set(&blocked, draft->blind.items[i].address,
                    (void *)(uintptr_t)draft->blind.items[i].address);
    if (map_count(&blocked) > 0)
        while (block_round(draft, &blocked) > 0)
            ;
    map_release(&blocked);
}
