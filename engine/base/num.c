/* num.c: see num.h. */
#include "num.h"

#include <stddef.h>
#include <string.h>

#include "strbuf.h"

struct unit {
    const char *name;
    int64_t factor;
};

#define KI ((int64_t)1024)
static const struct unit size_units[] = {
    {"B", 1},
    {"KiB", KI},
    {"MiB", KI * KI},
    {"GiB", KI * KI * KI},
    {"TiB", KI * KI * KI * KI},
    {"KB", 1000},
    {"MB", 1000 * 1000},
    {"GB", (int64_t)1000 * 1000 * 1000},
    {"TB", (int64_t)1000 * 1000 * 1000 * 1000},
};

static const struct unit duration_units[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 3600 * 1000}, {"d", 24 * 3600 * 1000},
};

/* Read digits of the given base at text; returns their number, 0 when there are none or the
 * value overflows. */
static size_t digits(const char *text, unsigned base, uint64_t *ret)
{
    uint64_t value = 0;
    size_t n = 0;
    for (;; n++) {
        unsigned digit;
        char c = text[n];
        if (c >= '0' && c <= '9')
            digit = (unsigned)(c - '0');
        else if (base == 16 && c >= 'a' && c <= 'f')
            digit = (unsigned)(c - 'a') + 10;
        else if (base == 16 && c >= 'A' && c <= 'F')
            digit = (unsigned)(c - 'A') + 10;
        else
            break;
        if (__builtin_mul_overflow(value, (uint64_t)base, &value) ||
            __builtin_add_overflow(value, (uint64_t)digit, &value))
            return 0;
    }
    *ret = value;
    return n;
}

int num_u64(const char *text, uint64_t *ret)
{
    uint64_t value;
    size_t n = digits(text, 10, &value);
    if (n == 0 || text[n] != '\0')
        return -1;
    *ret = value;
    return 0;
}

int num_hex64(const char *text, uint64_t *ret)
{
    uint64_t value;
    size_t n = digits(text, 16, &value);
    if (n == 0 || text[n] != '\0')
        return -1;
    *ret = value;
    return 0;
}

int num_i64(const char *text, int64_t *ret)
{
    bool negative = text[0] == '-';
    uint64_t value;
    if (num_u64(text + (negative ? 1 : 0), &value) < 0)
        return -1;
    uint64_t limit = (uint64_t)INT64_MAX + (negative ? 1 : 0);
    if (value > limit)
        return -1;
    *ret = negative ? (int64_t)(0 - value) : (int64_t)value;
    return 0;
}

int num_bool(const char *text, bool *ret)
{
    if (strcmp(text, "true") == 0)
        *ret = true;
    else if (strcmp(text, "false") == 0)
        *ret = false;
    else
        return -1;
    return 0;
}

int num_ipv4(const char *text, uint32_t *ret)
{
    uint32_t address = 0;
    for (int part = 0; part < 4; part++) {
        uint32_t number = 0;
        size_t len = strspn(text, "0123456789");
        if (len == 0 || len > 3 || (len > 1 && *text == '0'))
            return -1;
        for (size_t i = 0; i < len; i++)
            number = number * 10 + (uint32_t)(text[i] - '0');
        if (number > 255 || text[len] != (part < 3 ? '.' : '\0'))
            return -1;
        address = address << 8 | number;
        text += len + 1;
    }
    *ret = address;
    return 0;
}

bool num_is_netmask(uint32_t mask)
{
    uint32_t rest = ~mask;
    return mask != 0 && rest != 0 && (rest & (rest + 1)) == 0;
}

static int with_unit(const char *text, const struct unit *units, size_t n_units, int64_t *ret)
{
    uint64_t value;
    size_t n = digits(text, 10, &value);
    if (n == 0 || value > INT64_MAX)
        return -1;
    const char *name = text + n;
    if (*name == ' ')
        name++;
    for (size_t i = 0; i < n_units; i++) {
        if (strcmp(units[i].name, name) != 0)
            continue;
        int64_t product;
        if (__builtin_mul_overflow((int64_t)value, units[i].factor, &product))
            return -1;
        *ret = product;
        return 0;
    }
    return -1;
}

int num_size(const char *text, int64_t *ret_bytes)
{
    return with_unit(text, size_units, ARRAY_LEN(size_units), ret_bytes);
}

int num_duration(const char *text, int64_t *ret_ms)
{
    return with_unit(text, duration_units, ARRAY_LEN(duration_units), ret_ms);
}

const char *num_size_unit(size_t index)
{
    return index < ARRAY_LEN(size_units) ? size_units[index].name : NULL;
}

const char *num_duration_unit(size_t index)
{
    return index < ARRAY_LEN(duration_units) ? duration_units[index].name : NULL;
}

void num_print_size(int64_t bytes, struct strbuf *out)
{
    size_t unit = 0;
    for (size_t i = 1; i <= 4; i++)
        if (bytes != 0 && bytes % size_units[i].factor == 0)
            unit = i;
    strbuf_addf(out, "%lld %s", (long long)(bytes / size_units[unit].factor),
                size_units[unit].name);
}

void num_print_duration(int64_t ms, struct strbuf *out)
{
    size_t unit = 0;
    for (size_t i = 1; i < ARRAY_LEN(duration_units); i++)
        if (ms != 0 && ms % duration_units[i].factor == 0)
            unit = i;
    strbuf_addf(out, "%lld%s", (long long)(ms / duration_units[unit].factor),
                duration_units[unit].name);
}
