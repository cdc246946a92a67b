/* state_section.h: the section state of the manifest: where the state is kept. */
#ifndef GF_STATE_SECTION_H
#define GF_STATE_SECTION_H

#include <stdbool.h>

#include "decode.h"

/* Read the section into an instance of state_schema; *ret_broken when something was reported.
 * What holds beyond single keys is checked as well: keys of the other backend, addresses that
 * are none or hold a password. */
struct instance *state_section_read(struct decoder *decoder, const struct entry *section,
                                    bool *ret_broken);

#endif
