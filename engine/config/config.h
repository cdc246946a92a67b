/* config.h: from the texts of a manifest to the resources that it wants.
 *
 * No I/O: buffers come in, findings go out. All findings of one run are collected. In one call:
 *
 *     config_build(&input, arena, diags, &config);
 *
 * or, where the files that attributes name (script_file) are to be read in between:
 *
 *     config_parse(&input, arena, diags, &doc);
 *     config_list_attachments(doc, &paths, &n);        read them, then
 *     config_finish(doc, attachments, n_attachments, &config);
 *
 * The texts of the files must outlive the diags and the attachments the call that takes them;
 * the rest is copied into the arena.
 */
#ifndef GF_CONFIG_H
#define GF_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "instance.h"

struct arena;
struct atoms;
struct diags;
struct kind;
struct provider;

struct source_file {
    const char *name; /* as the user knows it; attachments: path relative to the manifest */
    const char *text;
    size_t size;
    bool overlay;        /* patches the others, in the order given */
    const char *problem; /* attachments: why it cannot be taken (text NULL), or NULL */
};

struct config_input {
    const struct source_file *files;
    size_t n_files;
    const struct source_file *attachments; /* for config_build; else NULL */
    size_t n_attachments;
    const char *const *vars; /* "NAME=VALUE" */
    size_t n_vars;
    const struct kind *const *kinds;         /* NULL-ended; derive runs in this order */
    const struct provider *const *providers; /* NULL-ended */
};

struct config {
    struct arena *arena;
    struct atoms *atoms; /* names, kinds, addresses; freed by config_release */
    const char *site;
    struct instances resources; /* of all kinds, abstract ones too, by address */
    struct instances providers; /* one per configured provider: "provider/vsphere" */
};

/* What every object takes under the key lifecycle. */
extern const struct schema lifecycle_schema;

/* More resources than any site has: a range too much is a mistake. */
enum { CONFIG_MAX_RESOURCES = 250000 };

/* Returns -1 when diags have errors. *ret_config is set in any case: it holds what could be
 * read, for showing, never for applying. */
int config_build(const struct config_input *input, struct arena *arena, struct diags *diags,
                 struct config **ret_config);

/* Frees the index of names; everything else lives in the arena. Accepts NULL. */
void config_release(struct config *config);

/* ---- the same in two steps ------------------------------------------------------------------
 */

struct config_doc;

/* Read and merge the files. *ret_doc is set in any case and goes to config_finish. */
int config_parse(const struct config_input *input, struct arena *arena, struct diags *diags,
                 struct config_doc **ret_doc);

/* The paths that attributes name, relative to the manifest's directory and inside of it: each
 * once, sorted, in the arena. */
void config_list_attachments(struct config_doc *doc, const char *const **ret_paths,
                             size_t *ret_n);

/* Decode; frees doc. A path that is not among the attachments is reported as unreadable. */
int config_finish(struct config_doc *doc, const struct source_file *attachments,
                  size_t n_attachments, struct config **ret_config);

#endif
