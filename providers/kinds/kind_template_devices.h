/* kind_template_devices.h: what a template asks of virtual hardware: GPUs of both methods,
 * firmware, 64-bit MMIO, topology. Part of the kind template; no I/O. */
#ifndef GF_KIND_TEMPLATE_DEVICES_H
#define GF_KIND_TEMPLATE_DEVICES_H

#include "kinds.h"

struct strbuf;

/* What one machine of the template takes of a host's cards; false: nothing. */
bool template_want(const struct instance *desired, const struct facts *facts,
                   struct gpu_want *ret);

/* Fill the derived attributes. */
void template_derive_devices(struct instance *desired, const struct facts *facts);

/* The inputs of a version that count only where they are given, a line each: a template that
 * has none of them keeps the name it always had. */
void template_add_inputs(const struct instance *desired, struct strbuf *inputs);

/* Any attribute of the virtual hardware differs. */
bool template_devices_change(const struct change *change);

/* The arguments of template.configure beside the name, and its title. */
const struct value *template_configure_args(const struct instance *desired,
                                            const struct facts *facts);
const char *template_configure_title(const struct instance *desired, struct arena *arena);
/* "start once (takes 2 cards)"; want NULL: the verb alone. */
const char *template_start_title(const struct instance *desired, const struct gpu_want *want,
                                 const char *verb, struct arena *arena);

/* The host has cards, or slots of its cards, that no running machine holds. */
bool template_has_room(const struct instance *live, const struct gpu_want *want);

/* What no step can make of the machine that is there, or is to be cloned: ERR_DENIED with what
 * to do. */
int template_check_base(const struct change *change, const struct facts *facts,
                        struct err *err);

#endif
