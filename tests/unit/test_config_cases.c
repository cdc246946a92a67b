/* test_config_cases.c: replays tests/cases/invalid: one directory per wrong manifest.
 *
 * *.yaml is the manifest, *.overlay.yaml patches it in the order of the names, vars.txt holds
 * NAME=VALUE lines, expected.txt the exact findings, and everything else is a file that
 * attributes may name. GRIDFORM_UPDATE_CASES=1 writes expected.txt instead of comparing: read
 * the difference before you commit it.
 */
#include "../harness/unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../harness/config_kinds.h"
#include "arena.h"
#include "config.h"
#include "diag.h"
#include "provider.h"
#include "strbuf.h"
#include "vec.h"

struct testcase {
    struct arena *arena;
    const char *directory;
    VEC(struct source_file) files, attachments;
    VEC(const char *) vars;
    const char *expected; /* NULL: no such file */
    const struct kind *const *kinds;
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names in a directory, sorted; hidden ones left out. */
static const char **list(struct arena *arena, const char *directory, size_t *ret_n)
{
    VEC(const char *) names = {0};
    DIR *dir = opendir(directory);
    if (dir == NULL)
        fail_msg("%s cannot be listed", directory);
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
        if (entry->d_name[0] != '.')
            VEC_PUSH(arena, &names, arena_strdup(arena, entry->d_name));
    closedir(dir);
    qsort(names.items, names.n, sizeof(*names.items), compare_names);
    *ret_n = names.n;
    return names.items;
}

static struct source_file read_file(struct testcase *t, const char *name)
{
    FILE *file = fopen(arena_printf(t->arena, "%s/%s", t->directory, name), "rb");
    struct strbuf text;
    char chunk[4096];
    if (file == NULL)
        fail_msg("%s/%s cannot be read", t->directory, name);
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    for (size_t n; (n = fread(chunk, 1, sizeof(chunk), file)) > 0;)
        strbuf_add_mem(&text, chunk, n);
    fclose(file);
    struct source_file source = {
        .name = name,
        .text = arena_memdup(t->arena, strbuf_str(&text), strbuf_len(&text)),
        .size = strbuf_len(&text)};
    strbuf_release(&text);
    return source;
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), n = strlen(end);
    return len >= n && strcmp(text + len - n, end) == 0;
}

static void load_vars(struct testcase *t, char *text)
{
    for (char *line = text, *next; *line != '\0'; line = next) {
        next = line + strcspn(line, "\n");
        if (*next == '\n')
            *next++ = '\0';
        VEC_PUSH(t->arena, &t->vars, line);
    }
}

static void load(struct testcase *t)
{
    size_t n;
    const char **names = list(t->arena, t->directory, &n);
    for (size_t i = 0; i < n; i++) {
        struct source_file file = read_file(t, names[i]);
        file.overlay = ends_with(names[i], ".overlay.yaml");
        if (strcmp(names[i], "expected.txt") == 0)
            t->expected = file.text;
        else if (strcmp(names[i], "vars.txt") == 0)
            load_vars(t, (char *)file.text);
        else if (ends_with(names[i], ".yaml"))
            VEC_PUSH(t->arena, &t->files, file);
        else
            VEC_PUSH(t->arena, &t->attachments, file);
    }
}

/* What a user would read. */
static const char *findings(struct testcase *t, int *ret_result)
{
    struct config_input input = {.files = t->files.items,
                                 .n_files = t->files.n,
                                 .attachments = t->attachments.items,
                                 .n_attachments = t->attachments.n,
                                 .vars = t->vars.items,
                                 .n_vars = t->vars.n,
                                 .kinds = t->kinds,
                                 .providers = test_providers};
    struct diags *diags = diags_new(t->arena);
    struct config *config = NULL;
    struct strbuf out;
    *ret_result = config_build(&input, t->arena, diags, &config);
    assert_non_null(config);
    config_release(config);
    diags_sort(diags);
    strbuf_init(&out, STRBUF_MAX_OUTPUT);
    diags_render(diags, false, &out);
    const char *text = arena_strdup(t->arena, strbuf_str(&out));
    strbuf_release(&out);
    return text;
}

static void update(struct testcase *t, const char *text)
{
    FILE *file = fopen(arena_printf(t->arena, "%s/expected.txt", t->directory), "wb");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void run_case(void **state)
{
    const char *name = *state;
    struct testcase t = {.arena = arena_new()};
    t.directory = arena_printf(t.arena, "%s/%s", CASES_DIRECTORY, name);
    t.kinds = strncmp(name, "kind-", strlen("kind-")) == 0 ? all_kinds : test_kinds;
    load(&t);
    int result;
    const char *text = findings(&t, &result);
    /* No secret of any case may be shown; they all contain this word. */
    assert_null(strstr(text, "hunter2"));
    assert_int_equal(result, -1);
    if (getenv("GRIDFORM_UPDATE_CASES") != NULL)
        update(&t, text);
    else if (t.expected == NULL || strcmp(t.expected, text) != 0)
        fail_msg("%s: expected:\n%s\nfound:\n%s", name, t.expected ? t.expected : "(nothing)",
                 text);
    arena_free(t.arena);
}

int main(void)
{
    struct arena *arena = arena_new();
    size_t n;
    const char **names = list(arena, CASES_DIRECTORY, &n);
    struct CMUnitTest *tests = ARENA_ARRAY(arena, n, struct CMUnitTest);
    for (size_t i = 0; i < n; i++)
        tests[i] = (struct CMUnitTest){
            .name = names[i], .test_func = run_case, .initial_state = (void *)names[i]};
    /* An empty list of cases would succeed in silence. */
    int failed = n < 25 ? 1 : _cmocka_run_group_tests("invalid", tests, n, NULL, NULL);
    arena_free(arena);
    return failed;
}
