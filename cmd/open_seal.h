/* open_seal.h: the keys that the manifest names, as a seal. */
#ifndef GF_OPEN_SEAL_H
#define GF_OPEN_SEAL_H

struct arena;
struct err;
struct instance;
struct reference_place;
struct seal;

/* section: the section `encryption`, or NULL. Resolve its references; the keys become secrets
 * of the place. *ret_seal (seal_free) is NULL when there is no section. Errors begin with the
 * place of the reference. That plain texts are accepted is said on standard error. */
int open_seal(const struct instance *section, const struct reference_place *place,
              struct arena *arena, struct seal **ret_seal, struct err *err);

#endif
