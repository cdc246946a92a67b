/* open_store.h: where a run keeps its state: --state, the section state of the manifest, or a
 * file beside the manifest, in this order. */
#ifndef GF_OPEN_STORE_H
#define GF_OPEN_STORE_H

#include "err.h"

struct arena;
struct instance;
struct options;
struct run_env;
struct seal;
struct secrets;
struct store;

struct opened_store {
    struct store *store;
    const char *name;        /* path or address, for messages */
    const char *beside;      /* path that local files of the run begin with */
    struct secrets *secrets; /* of its requests; never NULL */
};

/* What the manifest says about it. */
struct store_settings {
    const struct instance *section; /* state, or NULL */
    const struct seal *seal;        /* borrowed by the store; NULL: plain */
};

/* Texts live in the arena. The caller closes it, also after a failure. */
int open_store(const struct options *options, const struct store_settings *settings,
               struct run_env *env, struct arena *arena, struct opened_store *ret,
               struct err *err);
/* The file that the state is kept in; NULL when it is kept elsewhere. */
const char *store_file_path(const struct options *options, const struct instance *settings,
                            struct arena *arena);
/* Without giving a lock back. Accepts a zeroed one. */
void close_store(struct opened_store *opened);

#endif
