/* yamldoc_internal.h: what yamldoc.c and yamldoc_error.c share. */
#ifndef GF_YAMLDOC_INTERNAL_H
#define GF_YAMLDOC_INTERNAL_H

#include "yamldoc.h"

struct yaml_parser_s;

/* source: as yamldoc_parse got it, but for a byte-order mark, which is skipped. */

/* Report what libyaml stumbled over. Always returns -1. */
int yamldoc_report(const struct yamldoc_source *source, const struct yaml_parser_s *parser);

/* Refuse bytes that are not UTF-8, and files that are too large. */
int yamldoc_check_bytes(const struct yamldoc_source *source);

#endif
