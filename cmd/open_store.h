/* open_store.h: where a run keeps its state: --state, the section state of the manifest, or a
 * file beside the manifest, in this order. */
#ifndef GF_OPEN_STORE_H
#define GF_OPEN_STORE_H

#include "err.h"

struct arena;
struct diags;
struct instance;
struct options;
struct run_env;
struct secrets;
struct store;

struct opened_store {
    struct store *store;
    const char *name;        /* path or address, for messages */
    const char *beside;      /* path that local files of the run begin with */
    struct secrets *secrets; /* of its requests; never NULL */
};

/* settings: the section state, or NULL; texts live in the arena. The caller closes it, also
 * after a failure. */
int open_store(const struct options *options, const struct instance *settings,
               struct run_env *env, struct arena *arena, struct opened_store *ret,
               struct err *err);
/* The file that the state is kept in; NULL when it is kept elsewhere. */
const char *store_file_path(const struct options *options, const struct instance *settings,
                            struct arena *arena);
/* Without giving a lock back. Accepts a zeroed one. */
void close_store(struct opened_store *opened);

/* The section state of the manifest of options->directory, for commands that read no other part
 * of it; NULL where there is none, or no manifest. -1: findings are in diags, or err is set. */
int find_state_section(const struct options *options, struct arena *arena, struct diags *diags,
                       const struct instance **ret_settings, struct err *err);

#endif
