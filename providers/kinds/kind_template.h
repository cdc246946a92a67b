/* kind_template.h: what the files of the kind template share. */
#ifndef GF_KIND_TEMPLATE_H
#define GF_KIND_TEMPLATE_H

#include "kind_template_devices.h"
#include "kinds.h"

struct strbuf;

/* The planning of one version: which machine, where. */
struct build {
    const struct change *change;
    const struct instance *pool;
    const struct facts *facts;
    const char *host, *vm;
    const struct gpu_want *want; /* NULL: no GPU */
    struct arena *arena;
    struct step_list *steps;
};

/* Arguments of a step: the machine's name, and more. */
const struct value *build_args(const struct build *build, const struct value_field *more,
                               size_t n);

/* ---- kind_template_guest.c: what happens in the guest -------------------------------------
 */

/* One step in a guest, as the manifest writes it. */
extern const struct schema guest_step_schema;

bool template_has_guest(const struct instance *desired);

/* Credentials for the steps, steps for the credentials. */
void guest_check_attrs(struct instance *desired, struct diags *diags);

/* Append what of the guest's preparation makes a version another one. */
void guest_digest_inputs(const struct instance *desired, struct strbuf *out);

/* Wait for VMware Tools, then the steps in their order. The machine is on. */
void guest_add_steps(const struct build *build);

#endif
