/* snapshot_json.h: one resource of a snapshot, for snapshot.c. */
#ifndef GF_SNAPSHOT_JSON_H
#define GF_SNAPSHOT_JSON_H

#include "snapshot.h"

struct value;

/* One live resource as an object; asked: a map or NULL. */
void live_encode(const struct instance *live, const struct value *asked, struct strbuf *out);
/* The reverse; what is returned lives in the arena and borrows nothing from the value. */
int live_decode(const struct value *object, struct arena *arena,
                const struct schema_source *schemas, struct instance **ret_live,
                const struct value **ret_asked, struct err *err);

#endif
