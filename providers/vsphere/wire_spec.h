/* wire_spec.h: what the writers of customization specifications share: parts of a stored
 * specification that go back as they came. `stored` is the parent of the part, or NULL: nothing
 * is stored. */
#ifndef GF_VSPHERE_WIRE_SPEC_H
#define GF_VSPHERE_WIRE_SPEC_H

#include "wire.h"

/* The children of stored that are not among names (which ends with NULL). */
void spec_copy_others(struct xml_writer *x, const struct xml_node *stored,
                      const char *const *names);
/* All children of that name. */
void spec_copy_named(struct xml_writer *x, const struct xml_node *stored, const char *name);
/* The text; NULL: the stored one, or none. */
void spec_write_text(struct xml_writer *x, const char *name, const char *text,
                     const struct xml_node *stored);
/* An element that must be there: the text, the stored one, or `otherwise`. */
void spec_write_needed(struct xml_writer *x, const char *name, const char *text,
                       const struct xml_node *stored, const char *otherwise);
/* The texts of a list, an element each; not known: the stored ones. */
void spec_write_list(struct xml_writer *x, const char *name, const struct value *list,
                     const struct xml_node *stored);
/* The name of the guest, as args say it. */
void spec_write_host_name(struct xml_writer *x, const char *name, const struct wire_spec *spec,
                          const struct xml_node *stored);

/* ---- wire_spec_windows.c ---- */

void spec_write_sysprep(struct xml_writer *x, const struct wire_spec *spec,
                        const struct xml_node *stored);
void spec_write_win_options(struct xml_writer *x, const struct wire_spec *spec,
                            const struct xml_node *stored);
/* A password goes back as the server encrypted it: it needs the key that was used. */
bool spec_keeps_password(const struct wire_spec *spec);

#endif
