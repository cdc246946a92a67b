/* html_blocks.c: see html_blocks.h. */
#include "html_blocks.h"

#include <stdint.h>
#include <string.h>

#include "address.h"
#include "arena.h"
#include "change_words.h"
#include "map.h"
#include "render.h"
#include "strbuf.h"

/* Both maps hold an index + 1. */
struct grouping {
    struct html_blocks *blocks;
    struct map latest; /* content and rollout -> the block that grows */
    struct map bodies; /* content -> the first block that has it */
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
    const char *content = arena_memdup(blocks->arena, key, body);
    size_t earlier = (size_t)(uintptr_t)map_get(&grouping->bodies, content);
    unsigned effects = change_effects(change);
    VEC_PUSH(blocks->arena, &blocks->list,
             ((struct html_block){.first = change,
                                  .wave = change->wave,
                                  .effects = effects,
                                  .same_as = earlier == 0 ? index : earlier - 1,
                                  .one_place = true,
                                  .harmful = change_harm_of(change, effects),
                                  .drift = has_drift(change)}));
    map_set(&grouping->latest, arena_strdup(blocks->arena, key),
            (void *)(uintptr_t)(index + 1));
    if (earlier == 0)
        map_set(&grouping->bodies, content, (void *)(uintptr_t)(index + 1));
    return &blocks->list.items[index];
}

static size_t add_change(struct grouping *grouping, const struct change *change,
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
    return (size_t)(block - blocks->list.items);
}

struct html_blocks html_blocks_of(const struct plan *plan, struct arena *arena)
{
    struct html_blocks blocks = {.arena = arena};
    struct grouping grouping = {.blocks = &blocks};
    struct strbuf text;
    size_t *of_change = ARENA_ARRAY(arena, plan->n_changes + 1, size_t);
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    map_init(&grouping.latest);
    map_init(&grouping.bodies);
    for (size_t i = 0; i < plan->n_changes; i++)
        of_change[i] = add_change(&grouping, &plan->changes[i], &text);
    map_release(&grouping.latest);
    map_release(&grouping.bodies);
    strbuf_release(&text);
    blocks.of_change = of_change;
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
