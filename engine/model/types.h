/* types.h: the types that attributes can have, each a vtable.
 *
 * Equality is on canonical values, so "2 GiB" against "2048 MiB" is no difference. To add a
 * type: one vtable here, nothing else.
 */
#ifndef GF_TYPES_H
#define GF_TYPES_H

#include <stdbool.h>

#include "schema.h"

struct arena;
struct err;
struct strbuf;
struct value;

struct attr_type {
    const char *name;
    const char *expects; /* "a size such as 16 GiB", for messages and the manual */
    /* What the manifest says (strings, ints, bools, lists, maps as YAML gave them; a plain
     * scalar always arrives as VALUE_STRING unless quoted texts must stay texts, see
     * config/decode) to the canonical value. On failure err says what is wrong with it. */
    int (*canonicalise)(const struct attr *attr, const struct value *in, struct arena *arena,
                        const struct value **ret, struct err *err);
    /* Same meaning; both canonical and known. NULL: value_equal. */
    bool (*equal)(const struct value *a, const struct value *b);
    /* For people. NULL: value_print. */
    void (*print)(const struct value *value, struct strbuf *out);
};

extern const struct attr_type type_string;   /* text, at most 4 KiB, no control characters */
extern const struct attr_type type_text;     /* long text, newlines allowed, at most 1 MiB */
extern const struct attr_type type_name;     /* text that names an object: not empty */
extern const struct attr_type type_bool;     /* true, false */
extern const struct attr_type type_int;      /* whole number within attr->min..max */
extern const struct attr_type type_size;     /* bytes, with a unit: VALUE_INT */
extern const struct attr_type type_duration; /* milliseconds, with a unit: VALUE_INT */
extern const struct attr_type type_enum;     /* one of attr->names */
extern const struct attr_type type_strings;  /* list of texts; ATTR_SET: sorted, no doubles */
/* What is and what will be after the next reboot: a string when both are one, else the map
 * {now, next}. Desired is always a string of attr->names (or any, without names). */
extern const struct attr_type type_pending;
/* A whole number, or a range {min, max, default}; canonical: the map of three ints. */
extern const struct attr_type type_range;
/* The same in bytes. */
extern const struct attr_type type_size_range;
/* type_range, or the word auto, which planning replaces. */
extern const struct attr_type type_cpu;
/* List of {user: NAME} or {group: NAME}; canonical: sorted texts "group:NAME". */
extern const struct attr_type type_principals;
/* {env: NAME} | {file: PATH} | {command: [ARG, …]} | {credential: NAME}; canonical: that map.
 * A plain text is refused: it would be a secret in the file. */
extern const struct attr_type type_secret;
/* List of such references. */
extern const struct attr_type type_secrets;
/* {name: "address:port"}; canonical: the map. */
extern const struct attr_type type_addresses;
/* A list of maps, each as attr->items says; canonical: maps of the items' attributes that are
 * set, under their dotted names. The decoder reads the items; see config/decode_items.c. */
extern const struct attr_type type_items;
/* true, or an empty map: `reboot: {}`. */
extern const struct attr_type type_flag;
/* {name: text}; canonical: the map. */
extern const struct attr_type type_texts;
/* {NAME: text or reference as of type_secret}; names are those of environment variables. */
extern const struct attr_type type_environment;
/* List of whole numbers within attr->min..max. */
extern const struct attr_type type_ints;
/* 64 hex digits; canonical: lower case. */
extern const struct attr_type type_sha256;
/* Four numbers with dots, without leading zeros. */
extern const struct attr_type type_ipv4;
/* A day: "2026-12-31", which exists. */
extern const struct attr_type type_date;
/* How a guest is called: the word vm-name, {prefix: TEXT} or {name: TEXT}. */
extern const struct attr_type type_guest_name;
/* Facts: any value tree, never decoded from a manifest. */
extern const struct attr_type type_any;

/* Canonical equality of an attribute's values; absent equals absent only. */
bool attr_equal(const struct attr *attr, const struct value *a, const struct value *b);
/* A value of the attribute for people: "16 GiB", "(absent)", "(unreadable)". */
void attr_print(const struct attr *attr, const struct value *value, struct strbuf *out);

/* Helpers for values of type_pending. */
const struct value *pending_make(struct arena *arena, const char *now, const char *next);
const char *pending_now(const struct value *value);  /* NULL: absent */
const char *pending_next(const struct value *value);

/* Helpers for the canonical map of type_range and type_size_range. */
int64_t range_max(const struct value *range, int64_t otherwise);
int64_t range_default(const struct value *range, int64_t otherwise);
const struct value *range_fixed(struct arena *arena, int64_t value);

#endif
