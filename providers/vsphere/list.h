/* list.h: which hosts, customization specifications and versions of templates there are. */
#ifndef GF_VSPHERE_LIST_H
#define GF_VSPHERE_LIST_H

#include "provider.h"

/* See provider.h. */
int vsphere_list(struct session *session, const struct op_env *env, struct arena *arena,
                 const struct value **ret_keys, struct err *err);
const char *vsphere_list_key(const struct instance *wanted, struct arena *arena);

#endif
