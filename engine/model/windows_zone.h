/* windows_zone.h: time zones as Sysprep counts them, and under the names that people know.
 *
 * A specification for Windows names its time zone by a number of Microsoft's list. Here it goes
 * by the name that Windows has for it; the number and the IANA name of its main place are
 * understood as well.
 */
#ifndef GF_WINDOWS_ZONE_H
#define GF_WINDOWS_ZONE_H

#include <stdint.h>

struct windows_zone {
    int64_t index;
    const char *name; /* W. Europe Standard Time */
    const char *iana; /* Europe/Berlin */
};

/* What keeps UTC all year: for specifications that say nothing. */
enum { WINDOWS_ZONE_UTC = 90 };

/* By number ("110", "085"), name in any case, or IANA name; NULL: there is none such. */
const struct windows_zone *windows_zone_find(const char *text);
const struct windows_zone *windows_zone_at(int64_t index); /* NULL: not in the list */
/* The name that was probably meant, or NULL. */
const char *windows_zone_nearest(const char *text);

#endif
