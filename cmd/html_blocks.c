/* html_blocks.c: see html_blocks.h. */
#include "html_blocks.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "arena.h"
#include "block_order.h"
#include "change_words.h"
#include "map.h"
#include "render.h"
#include "strbuf.h"

/* The map holds an index + 1. */
struct grouping {
    struct html_blocks *blocks;
    struct map latest; /* content and rollout -> the block that grows */
};

/* The growing block of the content: of this wave, or of the one before when hosts of one pool
 * follow each other. NULL: none. */
static struct html_block *find_block(const struct grouping *grouping,
                                     const struct change *change, const char *key)
{
    size_t index = (size_t)(uintptr_t)map_get(&grouping->latest, key);
    struct html_block *block = index == 0 ? NULL : &grouping->blocks->list.items[index - 1];
    if (block == NULL || block->last_wave == change->wave)
        return block;
    return block->last_wave + 1 == change->wave && change->pool != NULL ? block : NULL;
}

static bool has_drift(const struct change *change)
{
    for (size_t i = 0; i < change->n_attrs; i++)
        if (change->attrs[i].reason == REASON_DRIFT && change_shows(change, &change->attrs[i]))
            return true;
    return false;
}

/* key: the content in its first `body` bytes, then the rollout. */
static struct html_block *new_block(struct grouping *grouping, const struct change *change,
                                    const char *key, size_t body)
{
    struct html_blocks *blocks = grouping->blocks;
    size_t index = blocks->list.n;
    unsigned effects = change_effects(change);
    VEC_PUSH(blocks->arena, &blocks->list,
             ((struct html_block){.first = change,
                                  .wave = change->wave,
                                  .effects = effects,
                                  .content = arena_memdup(blocks->arena, key, body),
                                  .at = index,
                                  .one_place = true,
                                  .harmful = change_harm_of(change, effects),
                                  .drift = has_drift(change)}));
    map_set(&grouping->latest, arena_strdup(blocks->arena, key),
            (void *)(uintptr_t)(index + 1));
    return &blocks->list.items[index];
}

static void add_change(struct grouping *grouping, const struct change *change,
                       struct strbuf *text)
{
    struct html_blocks *blocks = grouping->blocks;
    change_signature(change, text);
    size_t body = strbuf_len(text);
    strbuf_addf(text, "\n%s %s", change->canary ? "canary" : "",
                change->pool == NULL ? "" : change->pool);
    struct html_block *block = find_block(grouping, change, strbuf_str(text));
    if (block == NULL)
        block = new_block(grouping, change, strbuf_str(text), body);
    block->last_wave = change->wave;
    block->one_place =
        block->one_place && (block->members.n == 0 || change_same_place(block->first, change));
    VEC_PUSH(blocks->arena, &block->members, change);
}

/* ---- order --------------------------------------------------------------------------------
 */

static struct block_rank rank_of(const struct html_block *block)
{
    return (struct block_rank){block->wave, block->members.n, block->at};
}

static int compare_blocks(const void *a, const void *b)
{
    const struct block_rank x = rank_of(a), y = rank_of(b);
    return block_order(&x, &y);
}

/* The first that is shown has the content, others refer to it. */
static void find_repeats(struct html_blocks *blocks)
{
    struct map seen; /* content -> index + 1 */
    map_init(&seen);
    for (size_t i = 0; i < blocks->list.n; i++) {
        struct html_block *block = &blocks->list.items[i];
        size_t earlier = (size_t)(uintptr_t)map_get(&seen, block->content);
        block->same_as = earlier == 0 ? i : earlier - 1;
        if (earlier == 0)
            map_set(&seen, block->content, (void *)(uintptr_t)(i + 1));
    }
    map_release(&seen);
}

static void sort_blocks(struct html_blocks *blocks, const struct plan *plan)
{
    size_t *of_change = ARENA_ARRAY(blocks->arena, plan->n_changes + 1, size_t);
    if (blocks->list.n > 1)
        qsort(blocks->list.items, blocks->list.n, sizeof(*blocks->list.items), compare_blocks);
    for (size_t i = 0; i < blocks->list.n; i++) {
        const struct html_block *block = &blocks->list.items[i];
        for (size_t m = 0; m < block->members.n; m++)
            of_change[block->members.items[m] - plan->changes] = i;
    }
    blocks->of_change = of_change;
    find_repeats(blocks);
}

struct html_blocks html_blocks_of(const struct plan *plan, struct arena *arena)
{
    struct html_blocks blocks = {.arena = arena};
    struct grouping grouping = {.blocks = &blocks};
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    map_init(&grouping.latest);
    for (size_t i = 0; i < plan->n_changes; i++)
        add_change(&grouping, &plan->changes[i], &text);
    map_release(&grouping.latest);
    strbuf_release(&text);
    sort_blocks(&blocks, plan);
    return blocks;
}

void html_block_names(const struct html_block *block, struct strbuf *out)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    const char **names = ARENA_ARRAY(arena, block->members.n, const char *);
    for (size_t i = 0; i < block->members.n; i++)
        names[i] = address_name(block->members.items[i]->address);
    render_names(names, block->members.n, out);
}
