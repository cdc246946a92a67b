/* schema.h: what a kind of resource consists of, as a table.
 *
 * One table per kind drives decoding of the manifest, defaults, validation, references, the
 * comparison of desired and live, the text of plans, redaction, state, and the manual. A fact
 * about an attribute that is written anywhere else is a bug.
 *
 * The table is flat; a name with dots stands for nested maps of the manifest:
 * "machine.clone.template" is the key template in clone in machine.
 */
#ifndef GF_SCHEMA_H
#define GF_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct attr_type;
struct diags;
struct instance;
struct schema;
struct strbuf;
struct value;

/* Who reads and changes an attribute. */
enum facet {
    FACET_NONE = 0, /* lives in the manifest only */
    FACET_VSPHERE = 1 << 0,
    FACET_ESXI = 1 << 1,
    FACET_VRA = 1 << 2,
};

enum attr_flag {
    ATTR_REQUIRED = 1 << 0,
    ATTR_FACT = 1 << 1,    /* read only: for checks and planning, never desired, no drift */
    ATTR_DERIVED = 1 << 2, /* computed from others; the manifest cannot set it */
    ATTR_INPUT = 1 << 3,   /* how something is done, not what it is: never compared with live */
    ATTR_DRIVER_NEEDED = 1 << 4, /* readable only while the GPU driver runs */
    ATTR_SET = 1 << 5,           /* a list whose order has no meaning */
    ATTR_TEXT = 1 << 6,          /* long text: shown as a line diff, never in full */
    ATTR_FILE = 1 << 7,          /* value is a path in the manifest's directory; its content is
                                    loaded into the attribute of the same name without "_file",
                                    or else with "_text" */
    ATTR_FREE = 1 << 8,          /* not managed while it is not given, whatever the kind says */
    ATTR_SECRET = 1 << 9, /* a reference {env|file|command|credential: …}, never a value */
};

struct attr {
    const char *name;
    const struct attr_type *type;
    unsigned facets; /* enum facet */
    unsigned flags;  /* enum attr_flag */
    const char *ref; /* section that the value (or each item) names a member of, or NULL */
    const char *const *names;  /* allowed words of an enum type, NULL-terminated */
    const char *default_value; /* as the manifest would write it, or NULL */
    int64_t min, max;          /* bounds of int, size and duration types; 0, 0 = none */
    const char *doc;           /* one sentence for the manual */
    const char *read_by; /* desired attribute that its reading looks at (as when more is as good
                            as what is wanted), or NULL: so it holds for that wish only. "" for a fact
                            of the server: it holds for all of the kind, there or not */
    const struct schema *items; /* of type_items: what each item of the list consists of */
};

struct schema {
    const char *kind;    /* "blueprint"; address is kind/name */
    const char *section; /* "blueprints": key in the manifest */
    const struct attr *attrs;
    size_t n_attrs;
    bool abstract; /* exists in the manifest only (pools, vgpu_modes): no live, no state */
    bool absent_is_free; /* an attribute that the manifest leaves out is not managed; else it
                            must be absent live */
    bool expanded; /* made from other sections (host from pools), no section of its own */
    const char *doc;
    /* Of items: what is wrong beyond single attributes, at its place; called when an item has
     * been read. And how people call an item: "guest/docker.sh". NULL for all others. */
    void (*check)(const struct instance *item, struct diags *diags);
    void (*title)(const struct value *item, struct strbuf *out);
};

/* Index of an attribute by name, or -1. */
int schema_find(const struct schema *schema, const char *name);

/* True for attributes that are compared: neither facts nor inputs nor manifest-only. */
bool attr_is_compared(const struct attr *attr);

#endif
