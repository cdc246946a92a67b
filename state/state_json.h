/* state_json.h: pieces of the document that the journal writes and reads as well. */
#ifndef GF_STATE_JSON_H
#define GF_STATE_JSON_H

#include "state.h"

struct value;
struct value_pool;

/* Append a JSON member, with a comma before it unless it follows an opening brace. NULL and
 * absent values are left out. */
void json_member(const char *key, const struct value *value, struct strbuf *out);
void json_member_text(const char *key, const char *text, struct strbuf *out);
void json_member_int(const char *key, int64_t number, struct strbuf *out);

/* One resource as an object. kept and digest may be NULL. */
void resource_encode(const struct instance *instance, const struct kept *kept,
                     const char *digest, struct strbuf *out);
/* The reverse; what is returned lives in the pool's arena and borrows nothing of the object. */
struct resource {
    struct instance *instance;
    struct kept kept;
};
int resource_decode(const struct value *object, struct value_pool *pool,
                    const struct schema_source *schemas, struct resource *ret_resource,
                    struct err *err);

/* The schema for an address; ERR_INVALID for what is no address and for unknown kinds. */
int resource_schema(const char *address, const struct schema_source *schemas,
                    const struct schema **ret_schema, struct err *err);

/* The members of an intent, without braces; borrows from the value. */
void intent_encode(const struct intent *intent, struct strbuf *out);
int intent_decode(const struct value *object, struct intent *ret_intent, struct err *err);

/* Lines that end in ",\n", the last one in "\n". */
struct json_lines {
    const char *at, *end;
};
/* How many there are, at most. */
size_t json_lines_count(const struct json_lines *lines);
/* The next one without its comma and end; there must be one. */
int json_lines_next(struct json_lines *lines, const char **ret_line, size_t *ret_size,
                    struct err *err);

/* state_encode in two parts: all but the last line's checksum, and that, of all bytes of the
 * document, which begins at `start`. */
void state_encode_open(const struct state *state, struct strbuf *out);
void state_encode_close(size_t start, struct strbuf *out);

/* The members of a map that are not among the known ones; NULL when there are none. */
const struct value *unknown_members(const struct value *map, const char *const *known,
                                    size_t n_known, struct arena *arena);

#endif
