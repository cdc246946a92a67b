/* load.h: the files of a manifest, from where they are to the resources they declare. */
#ifndef GF_LOAD_H
#define GF_LOAD_H

#include "command.h"
#include "config.h"
#include "diag.h"
#include "err.h"
#include "source.h"

/* One file that was read. */
struct loaded_file {
    const char *name; /* beside the manifest, or an overlay as it was given */
    const char *digest;
    size_t size;
    bool overlay;
};

struct loaded {
    struct config *config; /* never NULL after load_manifest returned 0 */
    const char *digest;    /* of all files, overlays, variables and attachments */
    const char *const *file_names;
    size_t n_files;
    const struct loaded_file *inputs; /* all files, and those that attributes name */
    size_t n_inputs;
};

/* Read the source's *.yaml, the overlays and the files that attributes name, and build the
 * configuration. Findings go to diags. -1: something could not be read (err), or diags have
 * errors (err->code stays ERR_NONE). */
int load_manifest(const struct options *options, const struct source *source,
                  struct arena *arena, struct diags *diags, struct loaded *ret,
                  struct err *err);

/* The paths of the manifest's files in a directory, sorted; ERR_NOT_FOUND when there is none.
 */
int load_list(const char *directory, struct arena *arena, const char *const **ret_paths,
              size_t *ret_n, struct err *err);

#endif
