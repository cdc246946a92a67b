/* kinds.h: what the kinds share among themselves, and their list.
 *
 * Everything that is decided about a kind stands in its kind_<kind>.c: the schema, how derived
 * attributes follow, and which steps a change takes. No I/O anywhere here.
 */
#ifndef GF_KINDS_H
#define GF_KINDS_H

#include "gpu.h"
#include "provider.h"

extern const struct kind kind_vgpu_mode, kind_pool, kind_host, kind_customization_spec,
    kind_template, kind_software_component, kind_catalog_service, kind_blueprint,
    kind_entitlement;

/* A map of all compared and input attributes of a desired instance, under their names: the
 * args of steps that write a whole object. */
const struct value *kinds_args(const struct instance *desired, struct arena *arena);

/* `name` of a change's attributes changes (also when it is new). */
bool kinds_changes(const struct change *change, const char *attr);

/* One field, as a map; for args. */
const struct value *kinds_arg(struct arena *arena, const char *key, const struct value *value);

/* Cores and slots of the host of a pool on which a slot has the fewest cores. */
struct share {
    int64_t cores;
    int slots;           /* 0: no host of which enough is known has any */
    const char *unknown; /* a host of which nothing is known, or NULL */
};
struct share pool_share(const struct instance *pool, const struct gpu_want *want,
                        const struct facts *facts);

/* The version of a template that its desired attributes ask for: 8 hex digits. */
const char *template_version(const struct instance *desired, const struct facts *facts);

#endif
