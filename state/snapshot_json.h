/* snapshot_json.h: one resource of a snapshot, for snapshot.c. */
#ifndef GF_SNAPSHOT_JSON_H
#define GF_SNAPSHOT_JSON_H

#include "snapshot.h"

struct value;
struct value_pool;

/* One live resource as an object; asked: a map or NULL. */
void live_encode(const struct instance *live, const struct value *asked, struct strbuf *out);
/* The reverse; what is returned lives in the pool's arena and borrows nothing of the object. */
int live_decode(const struct value *object, struct value_pool *pool,
                const struct schema_source *schemas, struct instance **ret_live,
                const struct value **ret_asked, struct err *err);

#endif
