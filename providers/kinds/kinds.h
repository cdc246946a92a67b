/* kinds.h: what the kinds share among themselves, and their list.
 *
 * Everything that is decided about a kind stands in its kind_<kind>.c: the schema, how derived
 * attributes follow, and which steps a change takes. No I/O anywhere here.
 */
#ifndef GF_KINDS_H
#define GF_KINDS_H

#include "provider.h"

extern const struct kind kind_vgpu_mode, kind_pool, kind_host, kind_customization_spec,
    kind_template, kind_software_component, kind_catalog_service, kind_blueprint,
    kind_entitlement;

/* The desired instance that attribute `attr` of `from` refers to, in the kind's section; NULL
 * when the attribute is absent or dangling (reported elsewhere). */
const struct instance *kinds_referred(const struct instance *from, const char *attr,
                                      const char *kind, const struct facts *facts);

/* A map of all compared and input attributes of a desired instance, under their names: the
 * args of steps that write a whole object. */
const struct value *kinds_args(const struct instance *desired, struct arena *arena);

/* `name` of a change's attributes changes (also when it is new). */
bool kinds_changes(const struct change *change, const char *attr);

/* One field, as a map; for args. */
const struct value *kinds_arg(struct arena *arena, const char *key, const struct value *value);

/* Slots of one host for a profile: live cards against the catalogue; falls back to what the
 * state recorded when the host cannot be read (`recorded` is set). -1: not known at all. */
int kinds_host_slots(const struct instance *host, const struct facts *facts,
                     const char *profile);
int64_t kinds_host_cores(const struct instance *host, const struct facts *facts);
int64_t kinds_host_memory(const struct instance *host, const struct facts *facts);

/* The version of a template that its desired attributes ask for: 8 hex digits. */
const char *template_version(const struct instance *desired, const struct facts *facts);

#endif
