/* fuzz_expr.c: the small languages inside the texts of a manifest: ranges of names, and
 * variables.
 *
 * The first line is a pattern of names, the rest a text with expressions. Names that a pattern
 * stands for are different, and stand for themselves; a text without "$" stays what it is.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "arena.h"
#include "diag.h"
#include "err.h"
#include "expand.h"
#include "expr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_pattern(const char *pattern, struct arena *arena)
{
    const char *const *names = NULL, *const *again = NULL;
    size_t n = 0, one = 0;
    struct err err = {0};
    if (expand_names(pattern, arena, &names, &n, &err) < 0) {
        assert(err.code == ERR_INVALID && err.message[0] != '\0' && names == NULL);
        return;
    }
    assert(n >= 1 && n <= EXPAND_MAX);
    for (size_t i = 0; i < n; i++) {
        assert(strpbrk(names[i], "{}") == NULL);
        assert(i == 0 || strcmp(names[i - 1], names[i]) != 0);
    }
    int result = expand_names(names[n - 1], arena, &again, &one, &err);
    assert(result == 0 && one == 1 && strcmp(again[0], names[n - 1]) == 0);
}

static void try_text(const char *text, struct arena *arena)
{
    static const struct entry declared = {
        .key = "a", .node = {.type = NODE_SCALAR, .text = "", .plain = true}};
    static const struct node section = {.type = NODE_MAP, .entries = &declared, .n = 1};
    static const char *const given[] = {"a=${var.a}"};
    struct diags *diags = diags_new(arena);
    struct variables vars;
    const struct node scalar = {
        .type = NODE_SCALAR, .text = text, .dollar = strchr(text, '$') != NULL};
    variables_init(&vars, arena, diags);
    variables_declare(&vars, &section);
    variables_set(&vars, given, 1);
    assert(!diags_have_errors(diags));
    const char *result = expr_text(&vars, &scalar);
    assert((result == NULL) == diags_have_errors(diags));
    assert(result == NULL || strlen(result) <= EXPR_MAX_TEXT);
    if (result != NULL && !scalar.dollar)
        assert(strcmp(result, text) == 0);
    variables_release(&vars);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    char *text = arena_memdup(arena, data, size);
    char *rest = strchr(text, '\n');
    if (rest != NULL)
        *rest++ = '\0';
    try_pattern(text, arena);
    try_text(rest == NULL ? "" : rest, arena);
    arena_free(arena);
    return 0;
}
