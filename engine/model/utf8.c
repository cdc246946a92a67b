/* utf8.c: see utf8.h. */
#include "utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static bool is_continuation(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

/* The second byte has a narrower range after four of the lead bytes: that is what excludes
 * overlong forms, surrogates and values beyond the last plane. */
static bool second_fits(unsigned char lead, unsigned char second)
{
    switch (lead) {
    case 0xe0:
        return second >= 0xa0 && second <= 0xbf;
    case 0xed:
        return second >= 0x80 && second <= 0x9f;
    case 0xf0:
        return second >= 0x90 && second <= 0xbf;
    case 0xf4:
        return second >= 0x80 && second <= 0x8f;
    default:
        return is_continuation(second);
    }
}

size_t utf8_len(const char *text, size_t size)
{
    const unsigned char *at = (const unsigned char *)text;
    if (size == 0)
        return 0;
    size_t len;
    if (at[0] < 0x80)
        return 1;
    else if (at[0] >= 0xc2 && at[0] <= 0xdf)
        len = 2;
    else if (at[0] >= 0xe0 && at[0] <= 0xef)
        len = 3;
    else if (at[0] >= 0xf0 && at[0] <= 0xf4)
        len = 4;
    else
        return 0;
    if (size < len || !second_fits(at[0], at[1]))
        return 0;
    for (size_t i = 2; i < len; i++)
        if (!is_continuation(at[i]))
            return 0;
    return len;
}

size_t utf8_check(const char *text, size_t size)
{
    size_t at = 0;
    while (at < size) {
        /* Eight plain bytes at a time: almost all that is ever checked. */
        uint64_t word;
        if (size - at >= sizeof(word)) {
            memcpy(&word, text + at, sizeof(word));
            if ((word & 0x8080808080808080u) == 0) {
                at += sizeof(word);
                continue;
            }
        }
        size_t len = utf8_len(text + at, size - at);
        if (len == 0)
            return at;
        at += len;
    }
    return size;
}
