/* block_order.h: in which order blocks of equal things are shown: the one place that decides
 * it, for text, Markdown and HTML.
 *
 * Waves come in their order. Within a wave what is odd comes before what is done to many alike,
 * where it would be overlooked; crowds come by their size; and what is equal in all that stays
 * as it came.
 */
#ifndef GF_BLOCK_ORDER_H
#define GF_BLOCK_ORDER_H

#include <stddef.h>

/* So many alike are a crowd. */
enum { BLOCK_CROWD = 5 };

struct block_rank {
    unsigned wave;
    size_t n;  /* members; 0 for a block that is never a crowd, however many they are */
    size_t at; /* where it came */
};

/* As qsort wants it: below 0 when a is shown first; 0 only for the same `at`. */
int block_order(const struct block_rank *a, const struct block_rank *b);

#endif
