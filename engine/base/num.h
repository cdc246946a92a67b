/* num.h: strict conversion of text to numbers, sizes and durations, and back.
 *
 * Nothing but the whole text is accepted: no leading blanks, no trailing text, no overflow.
 * The parsers return 0 and set *ret, or return -1 and leave it untouched.
 */
#ifndef GF_NUM_H
#define GF_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"

struct strbuf;

MUST_CHECK int num_i64(const char *text, int64_t *ret);
MUST_CHECK int num_u64(const char *text, uint64_t *ret);
MUST_CHECK int num_hex64(const char *text, uint64_t *ret); /* digits only, no 0x */
MUST_CHECK int num_bool(const char *text, bool *ret);      /* true or false */

/* "10.0.0.1": four numbers without leading zeros; the first is the highest byte. */
MUST_CHECK int num_ipv4(const char *text, uint32_t *ret);
/* Ones, then zeros, and some of both. */
bool num_is_netmask(uint32_t mask);

/* "512 MiB", "16GiB", "60 GB": a whole number and a unit (B, KiB, MiB, GiB, TiB, KB, MB, GB,
 * TB); bytes. A number without a unit is refused. */
MUST_CHECK int num_size(const char *text, int64_t *ret_bytes);

/* "500ms", "30s", "15m", "2h", "7d"; milliseconds. */
MUST_CHECK int num_duration(const char *text, int64_t *ret_ms);

/* The units that they know, index from 0 on; NULL beyond the last. */
const char *num_size_unit(size_t index);
const char *num_duration_unit(size_t index);

/* The shortest exact form: 16 GiB, 1536 MiB, 17 B; 90s, 15m. */
void num_print_size(int64_t bytes, struct strbuf *out);
void num_print_duration(int64_t ms, struct strbuf *out);

#endif
