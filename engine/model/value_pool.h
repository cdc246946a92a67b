/* value_pool.h: equal values kept once.
 *
 * Large manifests, states and snapshots say the same thing of many resources. A value is made
 * in scratch memory and then exchanged for the one that the pool has, or copied into the
 * lasting arena.
 */
#ifndef GF_VALUE_POOL_H
#define GF_VALUE_POOL_H

struct arena;
struct value;
struct value_pool;

struct value_pool *value_pool_new(struct arena *arena);
void value_pool_free(struct value_pool *pool); /* the values stay; accepts NULL */

/* The arena in which the values stay. */
struct arena *value_pool_arena(const struct value_pool *pool);

/* Memory for making one value; dead at the next call. */
struct arena *value_pool_scratch(struct value_pool *pool);

/* The value of the pool with the same content: type, and reason if unreadable. */
const struct value *value_pool_keep(struct value_pool *pool, const struct value *value);

#endif
