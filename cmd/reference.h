/* reference.h: from a manifest's reference to a secret to the secret. */
#ifndef GF_REFERENCE_H
#define GF_REFERENCE_H

#include "err.h"

struct arena;
struct cred;
struct run_env;
struct secrets;
struct value;

/* Where a secret is looked for. */
struct reference_place {
    const char *directory; /* of the manifest: relative files are beside it */
    struct secrets *secrets;
    struct run_env *env; /* may cancel a command */
};

/* value: the canonical map of type_secret. ERR_INVALID also when it is not set. */
int reference_resolve(const struct reference_place *place, const struct value *value,
                      struct arena *arena, struct cred *ret_cred, struct err *err);

#endif
