/* names.c: see names.h. */
#include "names.h"

#include <string.h>

const char *names_of(const char *const *names, size_t n, unsigned value)
{
    return value < n && names[value] != NULL ? names[value] : "?";
}

int names_value(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (names[i] != NULL && strcmp(names[i], name) == 0)
            return (int)i;
    return -1;
}

enum { WORD_MAX_LEN = 64 };

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t min = a < b ? a : b;
    return min < c ? min : c;
}

/* Letters to add, take away, exchange, or swap with their neighbour. */
static size_t distance(const char *a, const char *b)
{
    size_t len_a = strlen(a), len_b = strlen(b);
    if (len_a > WORD_MAX_LEN || len_b > WORD_MAX_LEN)
        return (size_t)-1;
    size_t rows[3][WORD_MAX_LEN + 1];
    for (size_t j = 0; j <= len_b; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= len_a; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *twice = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= len_b; j++) {
            row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                twice[j - 2] + 1 < row[j])
                row[j] = twice[j - 2] + 1;
        }
    }
    return rows[len_a % 3][len_b];
}

const char *names_nearest(const char *word, const char *const *candidates, size_t n)
{
    const char *best = NULL;
    /* Of a word of three letters two are too many: nothing would be left of it. */
    size_t len = strlen(word), best_distance = len < 4 ? 2 : len / 3 + 2;
    for (size_t i = 0; i < n; i++) {
        size_t d = distance(word, candidates[i]);
        if (d < best_distance) {
            best_distance = d;
            best = candidates[i];
        }
    }
    return best;
}
