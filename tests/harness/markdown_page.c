/* markdown_page.c: see markdown_page.h. */
#include "markdown_page.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "unit.h"
#include "arena.h"
#include "compiler.h"
#include "digest.h"
#include "utf8.h"

struct reader {
    struct arena *arena;
    struct seen *seen;
    size_t fence; /* backticks of the open fence, or 0 */
    bool names;   /* the fence holds names */
    int depth;    /* of <details> */
};

static void note_words(struct reader *r, const char *line, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t n = 0;
        while (i + n < len && isalpha((unsigned char)line[i + n]))
            n++;
        if (n > 0)
            map_set(&r->seen->words, arena_memdup(r->arena, line + i, n), r->seen);
        i += n + 1;
    }
}

/* What a forge looks at for references, after Markdown: characters as they are, no code. */
struct plain {
    char text[2000];
    size_t n;
};

static void add_plain(struct plain *plain, char c)
{
    if (plain->n + 1 < sizeof(plain->text))
        plain->text[plain->n++] = c;
}

/* The character at a reference ("&#33;"); of those with names only that there is one. */
static char character_of(const char *reference)
{
    return strncmp(reference, "&#", 2) == 0 ? (char)strtol(reference + 2, NULL, 10) : '?';
}

/* GitLab's "!12", "$7", "%name", "~label", "&8" and "[vulnerability:3]" as well. */
static void check_references(const struct plain *plain)
{
    for (const char *at = plain->text; *at != '\0'; at++) {
        bool number = isdigit((unsigned char)at[1]) != 0;
        bool word = isalnum((unsigned char)at[1]) != 0 || at[1] == '"';
        size_t letters = *at == '[' ? strspn(at + 1, "abcdefghijklmnopqrstuvwxyz_") : 0;
        bool typed = letters > 0 && at[1 + letters] == ':' &&
                     isdigit((unsigned char)at[2 + letters]);
        if ((number && strchr("!$&", *at) != NULL) || (word && strchr("%~", *at) != NULL) ||
            typed || strncasecmp(at, "gh-", 3) == 0 || strncasecmp(at, "www.", 4) == 0)
            fail_msg("a reference in %s", plain->text);
    }
}

/* Outside of code: nothing that a forge would act on, no HTML but ours. */
static void check_text(const char *line)
{
    struct plain plain = {.n = 0};
    static const char *const ours[] = {"<details>", "</details>", "<summary>", "</summary>",
                                       "<b>", "</b>", "<code>", "</code>", "<!--"};
    bool code = false; /* within <code> */
    for (const char *at = line; *at != '\0'; at++) {
        if (*at == '&') { /* a character by reference is but text for Markdown */
            if (!code)
                add_plain(&plain, character_of(at));
            at += strcspn(at, ";");
            continue;
        }
        size_t ticks = strspn(at, "`");
        if (ticks > 0 && !code) { /* a span: over it, to as many backticks */
            const char *end = at + ticks;
            while (*end != '\0' && strspn(end, "`") != ticks)
                end += strspn(end, "`") > 0 ? strspn(end, "`") : 1;
            assert_true(*end != '\0');
            at = end + ticks - 1;
            continue;
        }
        if (*at == '<') {
            size_t k = 0;
            while (k < ARRAY_LEN(ours) && strncmp(at, ours[k], strlen(ours[k])) != 0)
                k++;
            if (k == ARRAY_LEN(ours))
                fail_msg("markup in %s", line);
            code = k == 6 || (code && k != 7);
        }
        bool starts = (*at == '@' || (*at == '#' && at != line)) && isalnum((unsigned char)at[1]);
        if (!code && (starts || strncmp(at, "://", 3) == 0))
            fail_msg("a link in %s", line);
        if (!code)
            add_plain(&plain, *at);
    }
    if (strncmp(line, "<!-- gridform:", 14) != 0) /* nobody sees that line */
        check_references(&plain);
}

static void read_line(struct reader *r, const char *line, size_t len)
{
    size_t indent = strspn(line, " "), ticks = strspn(line + indent, "`");
    bool fence = indent <= 3 && ticks >= 3;
    note_words(r, line, len);
    if (r->fence > 0) {
        if (fence && ticks >= r->fence && indent + ticks == len)
            r->fence = 0;
        const char *more = strstr(line, " and ");
        if (r->names && r->fence > 0 && more != NULL && strstr(line, " more") != NULL)
            r->seen->more += strtoull(more + 5, NULL, 10);
        return;
    }
    if (fence) {
        r->fence = ticks;
        r->names = strcmp(line + ticks, "text") == 0;
        r->seen->n_fences++;
        return;
    }
    if (strcmp(line, "<details>") == 0) {
        r->seen->n_details++;
        r->depth++;
    } else if (strcmp(line, "</details>") == 0) {
        r->depth--;
    }
    assert_in_range(r->depth, 0, 1);
    check_text(line);
}

/* For those who want to look at it, too. */
static void keep_page(const struct strbuf *page)
{
    const char *directory = getenv("GRIDFORM_PAGES");
    if (directory == NULL)
        return;
    char path[4096];
    struct digest digest = digest_bytes(strbuf_str(page), strbuf_len(page));
    snprintf(path, sizeof(path), "%s/%s.md", directory, digest.hex);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fwrite(strbuf_str(page), 1, strbuf_len(page), file);
    fclose(file);
}

void read_page(const struct strbuf *page, struct arena *arena, size_t limit,
                      struct seen *seen)
{
    struct reader r = {.arena = arena, .seen = seen};
    map_init(&seen->words);
    keep_page(page);
    assert_in_range(strbuf_len(page), 1, limit);
    assert_int_equal(utf8_check(strbuf_str(page), strbuf_len(page)), strbuf_len(page));
    assert_int_equal(strlen(strbuf_str(page)), strbuf_len(page));
    assert_memory_equal(strbuf_str(page), "<!-- gridform:", 14);
    for (const char *at = strbuf_str(page); *at != '\0';) {
        size_t len = strcspn(at, "\n");
        assert_int_equal(at[len], '\n');
        read_line(&r, arena_memdup(arena, at, len), len);
        at += len + 1;
    }
    assert_int_equal(r.fence, 0);
    assert_int_equal(r.depth, 0);
}

size_t number_before(const struct strbuf *page, const char *text)
{
    const char *at = strstr(strbuf_str(page), text);
    if (at == NULL)
        return 0;
    while (at > page->data && isdigit((unsigned char)at[-1]))
        at--;
    return strtoull(at, NULL, 10);
}
