/* redact.c: see redact.h.
 *
 * A secret is searched as bytes, each of which the text may hold as itself or in one of the
 * escaped notations of decode_unit; so every mixture and letter case of %2f, &#x2F; or \/ is
 * found without listing them. Base64 shifts bits across characters and is searched as text:
 * for each of the three alignments the characters that depend on nothing but the secret.
 */
#include "redact.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "strbuf.h"

#define N_ALIGNMENTS 3
/* Inner base64 texts shorter than this would hit by chance. */
#define MIN_BASE64 4

struct secret {
    char *value;
    size_t size;
    char *base64[N_ALIGNMENTS]; /* standard alphabet; "" = too short */
    struct secret *next;
};

struct secrets {
    pthread_rwlock_t lock;
    struct secret *first; /* longest value first, so that a part never hides the whole */
};

/* ---- Escaped notations ---- */

/* One byte of the decoded text, or several for a \uXXXX; size is what it took of the text. */
struct unit {
    char bytes[4];
    size_t n, size;
};

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* n hex digits at text, or -1. */
static long hex_digits(const char *text, size_t n)
{
    long value = 0;
    for (size_t i = 0; i < n; i++) {
        int digit = hex_value(text[i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

static void put_utf8(struct unit *unit, unsigned long c)
{
    if (c < 0x80) {
        unit->bytes[0] = (char)c;
        unit->n = 1;
    } else if (c < 0x800) {
        unit->bytes[0] = (char)(0xc0 | c >> 6);
        unit->bytes[1] = (char)(0x80 | (c & 0x3f));
        unit->n = 2;
    } else if (c < 0x10000) {
        unit->bytes[0] = (char)(0xe0 | c >> 12);
        unit->bytes[1] = (char)(0x80 | (c >> 6 & 0x3f));
        unit->bytes[2] = (char)(0x80 | (c & 0x3f));
        unit->n = 3;
    } else {
        unit->bytes[0] = (char)(0xf0 | (c >> 18 & 0x07));
        unit->bytes[1] = (char)(0x80 | (c >> 12 & 0x3f));
        unit->bytes[2] = (char)(0x80 | (c >> 6 & 0x3f));
        unit->bytes[3] = (char)(0x80 | (c & 0x3f));
        unit->n = 4;
    }
}

static bool decode_reference(const char *text, struct unit *unit)
{
    static const struct {
        const char *name;
        char c;
    } names[] = {
        {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t n = strlen(names[i].name);
        if (strncmp(text, names[i].name, n) == 0) {
            *unit = (struct unit){.bytes = {names[i].c}, .n = 1, .size = n};
            return true;
        }
    }
    if (text[1] != '#')
        return false;
    unsigned base = text[2] == 'x' || text[2] == 'X' ? 16 : 10;
    const char *c = text + (base == 16 ? 3 : 2), *start = c;
    unsigned long value = 0;
    for (; hex_value(*c) >= 0 && hex_value(*c) < (int)base && c - start < 8; c++)
        value = value * base + (unsigned)hex_value(*c);
    if (c == start || *c != ';' || value == 0 || value > 0x10ffff)
        return false;
    put_utf8(unit, value);
    unit->size = (size_t)(c + 1 - text);
    return true;
}

static bool decode_backslash(const char *text, struct unit *unit)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (text[1] == 'u') {
        long c = hex_digits(text + 2, 4);
        if (c <= 0)
            return false;
        unit->size = 6;
        if (c >= 0xd800 && c < 0xdc00 && text[6] == '\\' && text[7] == 'u') {
            long low = hex_digits(text + 8, 4);
            if (low < 0xdc00 || low > 0xdfff)
                return false;
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
            unit->size = 12;
        }
        put_utf8(unit, (unsigned long)c);
        return true;
    }
    const char *found = text[1] == '\0' ? NULL : strchr(from, text[1]);
    if (found == NULL)
        return false;
    *unit = (struct unit){.bytes = {to[found - from]}, .n = 1, .size = 2};
    return true;
}

/* The escaped character that text begins with; false when it does not begin with one. */
static bool decode_unit(const char *text, struct unit *unit)
{
    long c;
    switch (text[0]) {
    case '%':
        c = hex_digits(text + 1, 2);
        *unit = (struct unit){.bytes = {(char)c}, .n = 1, .size = 3};
        return c >= 0;
    case '+': /* a blank in a form or a query */
        *unit = (struct unit){.bytes = {' '}, .n = 1, .size = 1};
        return true;
    case '&':
        return decode_reference(text, unit);
    case '\\':
        return decode_backslash(text, unit);
    case '\'': /* the quoted quote of shell_quote.h */
        *unit = (struct unit){.bytes = {'\''}, .n = 1, .size = 4};
        return strncmp(text, "'\\''", 4) == 0;
    default:
        return false;
    }
}

/* How much of text (NUL-terminated, n bytes left) spells value; 0 = it does not. */
static size_t match_value(const char *text, size_t n, const struct secret *secret)
{
    if (n >= secret->size && memcmp(text, secret->value, secret->size) == 0)
        return secret->size;
    size_t at = 0, done = 0;
    while (done < secret->size) {
        struct unit unit = {.n = 0};
        if (at >= n)
            return 0;
        if (decode_unit(text + at, &unit) && unit.n <= secret->size - done &&
            memcmp(unit.bytes, secret->value + done, unit.n) == 0) {
            at += unit.size;
            done += unit.n;
        } else if (text[at] == secret->value[done]) {
            at++;
            done++;
        } else {
            return 0;
        }
    }
    return at;
}

/* ---- Base64 ---- */

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The base64 characters that depend on value alone when it begins at byte `shift` of a group
 * of three. */
static char *inner_base64(const char *value, size_t size, size_t shift)
{
    size_t first = (shift * 8 + 5) / 6, end = (shift + size) * 8 / 6;
    size_t n = end > first ? end - first : 0;
    char *result = calloc(n + 1, 1);
    if (result == NULL)
        abort();
    if (n < MIN_BASE64)
        return result;
    for (size_t i = 0; i < n; i++) {
        unsigned digit = 0;
        for (size_t bit = (first + i) * 6 - shift * 8, k = 0; k < 6; k++, bit++)
            digit = digit << 1 | ((unsigned char)value[bit / 8] >> (7 - bit % 8) & 1U);
        result[i] = alphabet[digit];
    }
    return result;
}

static bool same_base64(char text, char digit)
{
    return text == digit || (digit == '+' && text == '-') || (digit == '/' && text == '_');
}

/* The same for one alignment; the character after it, which holds the last bits of the
 * secret, and the padding go with it. */
static size_t match_base64(const char *text, size_t n, const char *wanted)
{
    size_t size = strlen(wanted);
    if (size == 0 || n < size)
        return 0;
    for (size_t i = 0; i < size; i++)
        if (!same_base64(text[i], wanted[i]))
            return 0;
    if (size < n && (strchr(alphabet, text[size]) != NULL || strchr("-_", text[size]) != NULL))
        size++;
    while (size < n && text[size] == '=')
        size++;
    return size;
}

static size_t match(const char *text, size_t n, const struct secret *secret)
{
    size_t found = match_value(text, n, secret);
    for (size_t i = 0; i < N_ALIGNMENTS; i++) {
        size_t other = match_base64(text, n, secret->base64[i]);
        found = other > found ? other : found;
    }
    return found;
}

/* ---- The registry ---- */

struct secrets *secrets_new(void)
{
    struct secrets *secrets = calloc(1, sizeof(*secrets));
    if (secrets == NULL)
        abort();
    pthread_rwlock_init(&secrets->lock, NULL);
    return secrets;
}

static void free_text(char *text, size_t size)
{
    explicit_bzero(text, size);
    free(text);
}

void secrets_free(struct secrets *secrets)
{
    if (secrets == NULL)
        return;
    while (secrets->first != NULL) {
        struct secret *secret = secrets->first;
        secrets->first = secret->next;
        free_text(secret->value, secret->size);
        for (size_t i = 0; i < N_ALIGNMENTS; i++)
            free_text(secret->base64[i], strlen(secret->base64[i]));
        free(secret);
    }
    pthread_rwlock_destroy(&secrets->lock);
    free(secrets);
}

static struct secret *secret_new(const char *value, size_t size)
{
    struct secret *secret = calloc(1, sizeof(*secret));
    if (secret == NULL)
        abort();
    secret->value = strndup(value, size);
    if (secret->value == NULL)
        abort();
    secret->size = size;
    for (size_t i = 0; i < N_ALIGNMENTS; i++)
        secret->base64[i] = inner_base64(value, size, i);
    return secret;
}

void secrets_add(struct secrets *secrets, const char *value)
{
    size_t size = strlen(value);
    while (size > 0 && (value[size - 1] == '\n' || value[size - 1] == '\r'))
        size--;
    if (size == 0)
        return;
    pthread_rwlock_wrlock(&secrets->lock);
    struct secret **at = &secrets->first;
    bool known = false;
    for (struct secret *s = secrets->first; s != NULL && !known; s = s->next)
        known = s->size == size && memcmp(s->value, value, size) == 0;
    while (*at != NULL && (*at)->size >= size)
        at = &(*at)->next;
    if (!known) {
        struct secret *secret = secret_new(value, size);
        secret->next = *at;
        *at = secret;
    }
    pthread_rwlock_unlock(&secrets->lock);
}

/* Bytes at text that spell any secret. */
static size_t match_any(const struct secrets *secrets, const char *text, size_t n)
{
    size_t found = 0;
    for (const struct secret *s = secrets->first; s != NULL; s = s->next) {
        size_t size = match(text, n, s);
        found = size > found ? size : found;
    }
    return found;
}

static void redact_into(const struct secrets *secrets, const char *text, size_t n,
                        struct strbuf *out)
{
    for (size_t i = 0; i < n;) {
        size_t found = match_any(secrets, text + i, n - i);
        if (found > 0)
            strbuf_add(out, "***");
        else
            strbuf_add_char(out, text[i]);
        i += found > 0 ? found : 1;
    }
}

void secrets_redact(const struct secrets *secrets, struct strbuf *text)
{
    if (secrets == NULL || strbuf_len(text) == 0)
        return;
    struct strbuf clean;
    strbuf_init(&clean, STRBUF_MAX_OUTPUT);
    pthread_rwlock_rdlock((pthread_rwlock_t *)&secrets->lock);
    redact_into(secrets, strbuf_str(text), strbuf_len(text), &clean);
    pthread_rwlock_unlock((pthread_rwlock_t *)&secrets->lock);
    explicit_bzero(text->data, text->len);
    strbuf_truncate(text, 0);
    strbuf_add_mem(text, strbuf_str(&clean), strbuf_len(&clean));
    strbuf_release(&clean);
}

void secrets_redact_err(const struct secrets *secrets, struct err *err)
{
    if (secrets == NULL || err == NULL)
        return;
    struct strbuf text;
    strbuf_init(&text, sizeof(err->message) - 1);
    strbuf_add(&text, err->message);
    secrets_redact(secrets, &text);
    memcpy(err->message, strbuf_str(&text), strbuf_len(&text) + 1);
    strbuf_release(&text);
}
