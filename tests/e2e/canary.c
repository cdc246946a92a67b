/* canary.c: see canary.h. */
#include "canary.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../harness/unit.h"
#include "site.h"

static const char standard[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The characters that every alphabet, protocol and shell treats in its own way. */
static const char *const tails[] = {
    "",
    "+/=&%20",
    " with blanks ",
    "<tag attr='1'>&amp;\"",
    "\xc3\xa4\xc3\xb6\xe2\x82\xac",
    "\\back\\slash",
    "{\"json\":[1]}",
    "$HOME`id`$(id)",
    "#?;:,@!*()[]",
    "-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-end"};

char *text_base64(const char *text)
{
    size_t n = strlen(text), at = 0;
    char *out = calloc(1, n * 2 + 8);
    for (size_t i = 0; i < n; i += 3) {
        unsigned bits = (unsigned)(unsigned char)text[i] << 16;
        bits |= i + 1 < n ? (unsigned)(unsigned char)text[i + 1] << 8 : 0;
        bits |= i + 2 < n ? (unsigned)(unsigned char)text[i + 2] : 0;
        for (size_t j = 0; j < 4; j++)
            out[at++] = j > n - i ? '=' : standard[bits >> (18 - 6 * j) & 63];
    }
    return out;
}

char *text_percent(const char *text)
{
    char *out = calloc(3, strlen(text) + 1);
    for (size_t at = 0; *text != '\0'; text++)
        at += (size_t)sprintf(out + at, isalnum((unsigned char)*text) ? "%c" : "%%%02X",
                              (unsigned char)*text);
    return out;
}

/* The part of the base64 of the core that does not depend on what stands around it, for each of
 * the three places where it may begin; with '+' and '/' also in the alphabet of URLs. */
static void add_base64(struct canary *canary, size_t *n)
{
    for (size_t before = 0; before < 3; before++) {
        char text[32];
        snprintf(text, sizeof(text), "%.*s%s", (int)before, "xx", canary->core);
        char *encoded = text_base64(text);
        size_t from = before == 0 ? 0 : 4, to = strlen(text) / 3 * 4;
        char *form = canary->forms[(*n)++];
        snprintf(form, sizeof(canary->forms[0]), "%.*s", (int)(to - from), encoded + from);
        free(encoded);
        if (strpbrk(form, "+/") == NULL)
            continue;
        char *other = canary->forms[(*n)++];
        memcpy(other, form, sizeof(canary->forms[0]));
        for (char *c = other; *c != '\0'; c++)
            *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
    }
}

void canaries_make(struct canary canaries[CANARIES])
{
    for (unsigned i = 0; i < CANARIES; i++) {
        struct canary *canary = &canaries[i];
        *canary = (struct canary){.core = ""};
        snprintf(canary->core, sizeof(canary->core), "Kanari%02uzwxq%02uv", i, 99 - i);
        snprintf(canary->value, sizeof(canary->value), "%s%s", canary->core,
                 tails[i % ARRAY_LEN(tails)]);
        size_t n = 0;
        snprintf(canary->forms[n++], sizeof(canary->forms[0]), "%s", canary->core);
        add_base64(canary, &n);
        assert_true(n <= CANARY_FORMS);
    }
}

const char *canary_in(const struct canary canaries[CANARIES], const char *text)
{
    for (size_t i = 0; i < CANARIES; i++)
        for (size_t j = 0; j < CANARY_FORMS && canaries[i].forms[j][0] != '\0'; j++)
            if (strstr(text, canaries[i].forms[j]) != NULL)
                return canaries[i].core;
    return NULL;
}

static void expect_none_in(const struct canary canaries[CANARIES], const char *text,
                           const char *path, const char *what)
{
    const char *core = canary_in(canaries, text);
    if (core != NULL)
        fail_long("%s: %s holds %s\n%.6000s", what, path, core, text);
}

/* Files of the directory itself whose names begin so. */
static void search_directory(const struct canary canaries[CANARIES], const char *directory,
                             const char *begin, const char *what)
{
    DIR *dir = opendir(directory);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        if (entry->d_type != DT_REG || strncmp(entry->d_name, begin, strlen(begin)) != 0)
            continue;
        char *text = file_text("%s/%s", directory, entry->d_name);
        expect_none_in(canaries, text, entry->d_name, what);
        free(text);
    }
    if (dir != NULL)
        closedir(dir);
}

void canaries_expect_none(const struct canary canaries[CANARIES], const struct site *site,
                          const char *what)
{
    char path[200];
    snprintf(path, sizeof(path), "%s/runs", site->dir);
    search_directory(canaries, path, "", what);
    search_directory(canaries, site->dir, "gridform.", what); /* state and what goes with it */
    search_directory(canaries, site->dir, "plan", what);
    json_t *calls = lab_calls(&site->lab);
    char *text = json_dumps(calls, 0);
    expect_none_in(canaries, text, "the record of calls", what);
    free(text);
    json_decref(calls);
}
