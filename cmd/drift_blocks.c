/* drift_blocks.c: see drift_blocks.h. */
#include "drift_blocks.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "arena.h"
#include "block_order.h"
#include "map.h"
#include "strbuf.h"
#include "value_json.h"

struct grouping {
    struct drift_blocks *blocks;
    struct map index; /* signature -> index + 1 */
    unsigned n_kinds;
    const char *kind; /* of the last resource */
};

/* All that is shown but the name and the place; unambiguous, and of long values the whole. */
static void add_signature(const char *kind, const struct drift_item *items, size_t n,
                          struct strbuf *out)
{
    strbuf_clear(out);
    strbuf_add(out, kind);
    for (size_t i = 0; i < n; i++) {
        strbuf_addf(out, "\n%s %d %lld ", items[i].attr == NULL ? "" : items[i].attr->name,
                    (int)items[i].news, (long long)items[i].since_ms);
        if (items[i].attr == NULL)
            continue;
        value_to_json(items[i].prior, out);
        value_to_json(items[i].live, out);
    }
}

static bool is_same_place(struct pos a, struct pos b)
{
    return a.file != NULL && b.file != NULL && a.line == b.line && strcmp(a.file, b.file) == 0;
}

static const char *kind_part(struct arena *arena, const char *address)
{
    return arena_memdup(arena, address, strcspn(address, "/"));
}

static void add_resource(struct grouping *grouping, const struct drift_item *items, size_t n,
                         struct strbuf *scratch)
{
    struct drift_blocks *blocks = grouping->blocks;
    if (grouping->kind == NULL || !address_has_kind(items->address, grouping->kind)) {
        grouping->kind = kind_part(blocks->arena, items->address);
        grouping->n_kinds++;
    }
    add_signature(grouping->kind, items, n, scratch);
    size_t at = (size_t)(uintptr_t)map_get(&grouping->index, strbuf_str(scratch));
    if (at == 0) {
        VEC_PUSH(blocks->arena, &blocks->list,
                 ((struct drift_block){.kind = grouping->kind,
                                       .items = items,
                                       .n_items = n,
                                       .gone = items->attr == NULL,
                                       .one_place = items->pos.file != NULL,
                                       .kind_at = grouping->n_kinds,
                                       .at = blocks->list.n}));
        at = blocks->list.n;
        map_set(&grouping->index, arena_strdup(blocks->arena, strbuf_str(scratch)),
                (void *)(uintptr_t)at);
    }
    struct drift_block *block = &blocks->list.items[at - 1];
    block->one_place = block->one_place && is_same_place(block->items->pos, items->pos);
    VEC_PUSH(blocks->arena, &block->addresses, items->address);
    VEC_PUSH(blocks->arena, &block->places, items->pos);
}

static struct block_rank rank_of(const struct drift_block *block)
{
    return (struct block_rank){block->kind_at, block->addresses.n, block->at};
}

static int compare_blocks(const void *a, const void *b)
{
    const struct block_rank x = rank_of(a), y = rank_of(b);
    return block_order(&x, &y);
}

static bool is_shown(const struct drift *drift, const struct drift_item *item, bool ignored)
{
    return item->ignored == ignored &&
           (ignored || !drift->only_news || item->news != DRIFT_STILL);
}

struct drift_blocks drift_blocks_of(const struct drift *drift, bool ignored,
                                    struct arena *arena)
{
    struct drift_blocks blocks = {.arena = arena};
    struct grouping grouping = {.blocks = &blocks};
    VEC(struct drift_item) shown = {0};
    struct strbuf scratch;
    strbuf_init(&scratch, STRBUF_MAX_OUTPUT);
    map_init(&grouping.index);
    for (size_t i = 0; i < drift->n; i++)
        if (is_shown(drift, &drift->items[i], ignored))
            VEC_PUSH(arena, &shown, drift->items[i]);
    for (size_t i = 0, n; i < shown.n; i += n) {
        for (n = 1; i + n < shown.n &&
                    strcmp(shown.items[i].address, shown.items[i + n].address) == 0;)
            n++;
        add_resource(&grouping, &shown.items[i], n, &scratch);
    }
    map_release(&grouping.index);
    strbuf_release(&scratch);
    if (blocks.list.n > 1)
        qsort(blocks.list.items, blocks.list.n, sizeof(*blocks.list.items), compare_blocks);
    return blocks;
}
