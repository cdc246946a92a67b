/* block_order.c: see block_order.h. */
#include "block_order.h"

static int compare(size_t a, size_t b)
{
    return a < b ? -1 : a > b;
}

static size_t crowd(const struct block_rank *rank)
{
    return rank->n < BLOCK_CROWD ? 0 : rank->n;
}

int block_order(const struct block_rank *a, const struct block_rank *b)
{
    if (a->wave != b->wave)
        return compare(a->wave, b->wave);
    if (crowd(a) != crowd(b))
        return compare(crowd(a), crowd(b));
    return compare(a->at, b->at);
}
