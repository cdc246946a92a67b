/* manifest.h: all files of a manifest as one tree.
 *
 * The files of the base are merged in the order of their names, which changes nothing but
 * which of two places an error calls the first: sections are united, and a name that is given
 * twice is an error. Overlays are put over the result, in the order given.
 */
#ifndef GF_MANIFEST_H
#define GF_MANIFEST_H

#include <stddef.h>

#include "node.h"
#include "yamldoc.h"

struct kind;
struct source_file;

enum { MANIFEST_VERSION = 1, MANIFEST_MAX_FILES = 10000 };

struct manifest_input {
    const struct source_file *files;
    size_t n_files;
    const struct kind *const *kinds;
};

struct manifest {
    struct node root; /* a map of sections */
    const char *site;
};

/* Returns -1 when something was reported; what could be read is returned all the same, except
 * that nothing is after a file that is no YAML: every reference into it would be wrong. */
int manifest_merge(const struct manifest_input *input, const struct yamldoc_memory *memory,
                   struct diags *diags, struct manifest *ret);

/* Why a text cannot name a resource or a site, or NULL. */
const char *manifest_name_problem(const char *name);

/* The section of this name, or NULL when there is none or it is empty. */
const struct node *manifest_section(const struct manifest *manifest, struct atoms *atoms,
                                    const char *name);

#endif
