/* output_schema.h: JSON Schemas (draft 2020-12) of what gridform prints for other programs.
 *
 * One table each: a member with its type, whether it may be missing or null, its words from
 * where the program takes them, and what it means. A format's version goes up when a member
 * goes away or changes its meaning; new members may come at any time, so readers pass over
 * those that they do not know.
 */
#ifndef GF_OUTPUT_SCHEMA_H
#define GF_OUTPUT_SCHEMA_H

#include <stddef.h>

struct arena;
struct value;

enum member_type {
    MEMBER_VERSION, /* the format's version, a constant */
    MEMBER_TEXT,
    MEMBER_COUNT,
    MEMBER_FLAG,
    MEMBER_ANY,   /* a value of an attribute: any JSON; {"$unreadable": reason} stands for one
                     that cannot be read */
    MEMBER_WORD,  /* one of member.word */
    MEMBER_EVENT, /* a constant: the form's own name */
    MEMBER_OBJECT,
    MEMBER_OBJECTS,
    MEMBER_TEXTS,
    MEMBER_WORDS,
    MEMBER_TYPE_COUNT
};

enum member_flag { MEMBER_OPTIONAL = 1 << 0, MEMBER_NULL = 1 << 1 };

struct form {
    const char *name, *doc;
    const struct member *members; /* ends with a name of NULL */
};

struct member {
    const char *name;
    enum member_type type;
    unsigned flags;
    const struct form *form;       /* of objects */
    const char *(*word)(size_t i); /* of words: NULL beyond the last one */
    const char *doc;
};

/* A document, or, when it has several forms, each line of a stream. */
struct output {
    const char *name, *title;
    const struct form *const *forms; /* NULL-terminated */
};

extern const struct output all_outputs[];
extern const size_t all_outputs_count;

const struct value *output_schema(const struct output *output, struct arena *arena);

#endif
