/* expr.c: see expr.h. */
#include "expr.h"

#include <string.h>

#include "arena.h"
#include "diag.h"
#include "names.h"
#include "secret.h"
#include "strbuf.h"

enum { MAX_NAME = 128 };

void variables_init(struct variables *vars, struct arena *arena, struct diags *diags)
{
    *vars = (struct variables){.arena = arena, .diags = diags};
    map_init(&vars->map);
}

void variables_release(struct variables *vars)
{
    map_release(&vars->map);
}

/* Length of the name at text: letters, digits, "_" and "-", not led by a digit or "-". */
static size_t name_len(const char *text)
{
    size_t n = 0;
    for (;; n++) {
        char c = text[n];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        bool digit = (c >= '0' && c <= '9') || c == '-';
        if (!letter && !(digit && n > 0))
            return n;
    }
}

static bool is_name(const char *text)
{
    size_t n = name_len(text);
    return n > 0 && n <= MAX_NAME && text[n] == '\0';
}

static void hint_nearest(const struct variables *vars, struct diag *diag, const char *name)
{
    if (diags_total(vars->diags) >= DIAGS_MAX)
        return; /* nobody will see it, and looking is dear */
    const char **names = map_sorted_keys(&vars->map, vars->arena);
    const char *nearest = names_nearest(name, names, map_count(&vars->map));
    if (nearest != NULL)
        diag_hint(vars->diags, diag, "did you mean \"%s\"?", nearest);
}

/* {default: TEXT, doc: TEXT}, both optional. */
static void declare_one(struct variables *vars, const struct entry *entry)
{
    struct variable *variable = ARENA_NEW(vars->arena, struct variable);
    variable->pos = entry_pos(entry);
    if (!is_name(entry->key)) {
        diag_error(vars->diags, variable->pos, "\"%.60s\" is no name for a variable",
                   entry->key);
        return;
    }
    map_set(&vars->map, entry->key, variable);
    if (node_is_null(&entry->node))
        return;
    if (entry->node.type != NODE_MAP) {
        struct diag *diag = diag_error(vars->diags, node_pos(&entry->node),
                                       "expected a map, found %s", node_describe(&entry->node));
        if (secret_key(entry->key))
            diag->hide_source = true;
        diag_hint(vars->diags, diag, "write %s: { default: VALUE }", entry->key);
        variable->value = "";
        return;
    }
    for (size_t i = 0; i < entry->node.n; i++) {
        const struct entry *field = &entry->node.entries[i];
        bool initial = strcmp(field->key, "default") == 0;
        if (!initial && strcmp(field->key, "doc") != 0) {
            struct diag *diag =
                diag_error(vars->diags, entry_pos(field), "unknown key \"%.60s\"", field->key);
            diag_hint(vars->diags, diag, "known keys: default, doc");
        } else if (field->node.type != NODE_SCALAR) {
            diag_error(vars->diags, node_pos(&field->node), "%s: expected a text, found %s",
                       field->key, node_describe(&field->node));
            variable->value = "";
        } else if (initial && secret_key(entry->key)) {
            secret_report(vars->diags, node_pos(&field->node), entry->key);
            variable->value = "";
        } else if (initial && !node_is_null(&field->node)) {
            variable->value = field->node.text;
        }
    }
}

void variables_declare(struct variables *vars, const struct node *section)
{
    if (section == NULL || node_is_null(section))
        return;
    if (section->type != NODE_MAP) {
        diag_error(vars->diags, node_pos(section), "variables: expected a map, found %s",
                   node_describe(section));
        return;
    }
    for (size_t i = 0; i < section->n; i++)
        declare_one(vars, &section->entries[i]);
}

void variables_set(struct variables *vars, const char *const *assignments, size_t n)
{
    struct pos nowhere = {0};
    for (size_t i = 0; i < n; i++) {
        const char *equals = strchr(assignments[i], '=');
        if (equals == NULL) {
            diag_error(vars->diags, nowhere,
                       "a variable is set by NAME=VALUE; \"=\" is missing");
            continue;
        }
        char *name =
            arena_memdup(vars->arena, assignments[i], (size_t)(equals - assignments[i]));
        struct variable *variable = map_get(&vars->map, name);
        if (variable == NULL) {
            struct diag *diag = diag_error(vars->diags, nowhere,
                                           "variable \"%.60s\" is set but not declared", name);
            hint_nearest(vars, diag, name);
        } else {
            variable->value = arena_strdup(vars->arena, equals + 1);
        }
    }
}

void variables_check(struct variables *vars)
{
    const char **names = map_sorted_keys(&vars->map, vars->arena);
    for (size_t i = 0; i < map_count(&vars->map); i++) {
        const struct variable *variable = map_get(&vars->map, names[i]);
        if (variable->value != NULL)
            continue;
        struct diag *diag =
            diag_error(vars->diags, variable->pos,
                       "variable \"%s\" has neither a default nor a value", names[i]);
        diag_hint(vars->diags, diag, "give one with --var %s=VALUE", names[i]);
    }
}

/* The value of ${var.NAME}, whose inside is [at, end). NULL when something was reported. */
static const char *look_up(const struct variables *vars, const struct node *scalar,
                           const char *at, const char *end)
{
    struct pos pos = node_pos(scalar);
    int shown = end - at > 60 ? 60 : (int)(end - at);
    size_t len = (size_t)(end - at);
    if (len < 5 || strncmp(at, "var.", 4) != 0 || name_len(at + 4) != len - 4) {
        struct diag *diag =
            diag_error(vars->diags, pos, "\"${%.*s}\" is no variable", shown, at);
        diag_hint(vars->diags, diag,
                  "write ${var.NAME}, or $${ where the text itself has a ${");
        return NULL;
    }
    char *name = arena_memdup(vars->arena, at + 4, len - 4);
    const struct variable *variable = map_get(&vars->map, name);
    if (variable == NULL) {
        struct diag *diag = diag_error(vars->diags, pos, "unknown variable \"%.60s\"", name);
        hint_nearest(vars, diag, name);
        return NULL;
    }
    if (variable->value == NULL)
        diag_error(vars->diags, pos, "variable \"%s\" has no value", name);
    return variable->value;
}

static int append(const struct variables *vars, const struct node *scalar, struct strbuf *out)
{
    for (const char *at = scalar->text; *at != '\0';) {
        const char *dollar = strchr(at, '$');
        if (dollar == NULL)
            dollar = at + strlen(at);
        strbuf_add_mem(out, at, (size_t)(dollar - at));
        at = dollar;
        if (strncmp(at, "$${", 3) == 0) {
            strbuf_add(out, "${");
            at += 3;
        } else if (strncmp(at, "${", 2) == 0) {
            const char *end = strchr(at, '}');
            if (end == NULL) {
                diag_error(vars->diags, node_pos(scalar), "\"${\" without its \"}\"");
                return -1;
            }
            const char *value = look_up(vars, scalar, at + 2, end);
            if (value == NULL)
                return -1;
            strbuf_add(out, value);
            at = end + 1;
        } else if (*at == '$') {
            strbuf_add_char(out, *at++);
        }
    }
    return 0;
}

const char *expr_text(const struct variables *vars, const struct node *scalar)
{
    if (!scalar->dollar || strstr(scalar->text, "${") == NULL)
        return scalar->text;
    struct strbuf out;
    strbuf_init(&out, EXPR_MAX_TEXT);
    const char *text = NULL;
    if (append(vars, scalar, &out) == 0) {
        if (strbuf_overflowed(&out))
            diag_error(vars->diags, node_pos(scalar), "the text expands to more than %d bytes",
                       EXPR_MAX_TEXT);
        else
            text = arena_memdup(vars->arena, strbuf_str(&out), strbuf_len(&out));
    }
    strbuf_release(&out);
    return text;
}
