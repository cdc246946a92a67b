/* kind_spec.h: what the files of the kind customization_spec share. */
#ifndef GF_KIND_SPEC_H
#define GF_KIND_SPEC_H

#include "schema.h"

extern const char *const spec_network_words[];
extern const struct schema spec_card_schema; /* one network card; kind_spec_cards.c */

#endif
