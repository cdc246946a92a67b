/* value_json.h: the one mapping between values and JSON (jansson).
 *
 * Absent is null. Unreadable is {"$unreadable": "reason"}. All other values map to the JSON
 * type of their name. Maps keep the order of their keys, so equal values give equal bytes.
 */
#ifndef GF_VALUE_JSON_H
#define GF_VALUE_JSON_H

#include <stddef.h>

struct arena;
struct err;
struct strbuf;
struct value;

/* Append the compact JSON text of a value. */
void value_to_json(const struct value *value, struct strbuf *out);

/* Append a JSON string literal, quotes included; invalid UTF-8 becomes U+FFFD. */
void json_text(const char *text, struct strbuf *out);

/* Parse one JSON document: depth at most 64, duplicate keys and real numbers refused. */
int value_from_json(const char *json, size_t size, struct arena *arena,
                    const struct value **ret_value, struct err *err);

#endif
