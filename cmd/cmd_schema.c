/* cmd_schema.c: the manifest as JSON Schema. */
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "command.h"
#include "manifest_schema.h"
#include "output_schema.h"
#include "strbuf.h"
#include "value_json.h"

/* Compact JSON with line breaks and two blanks a level. */
static void indent(const char *json, struct strbuf *out)
{
    size_t depth = 0;
    bool quoted = false;
    for (const char *at = json; *at != '\0'; at++) {
        bool opens = !quoted && (*at == '{' || *at == '[');
        bool closes = !quoted && (*at == '}' || *at == ']');
        bool empty = closes && (at[-1] == '{' || at[-1] == '[');
        depth -= closes;
        if (closes && !empty) {
            strbuf_add_char(out, '\n');
            strbuf_add_repeat(out, ' ', 2 * depth);
        }
        strbuf_add_char(out, *at);
        depth += opens;
        if ((opens && at[1] != '}' && at[1] != ']') || (!quoted && *at == ',')) {
            strbuf_add_char(out, '\n');
            strbuf_add_repeat(out, ' ', 2 * depth);
        }
        if (!quoted && *at == ':')
            strbuf_add_char(out, ' ');
        if (quoted && *at == '\\')
            strbuf_add_char(out, *++at);
        else if (*at == '"')
            quoted = !quoted;
    }
    strbuf_add_char(out, '\n');
}

/* The words that the command takes. */
static void list_names(struct strbuf *out)
{
    strbuf_add(out, "manifest");
    for (size_t i = 0; i < all_outputs_count; i++)
        strbuf_addf(out, "%s%s", i + 1 < all_outputs_count ? ", " : " or ",
                    all_outputs[i].name);
}

/* NULL: there is none of this name. */
static const struct value *find_schema(const char *name, struct arena *arena)
{
    if (strcmp(name, "manifest") == 0)
        return manifest_schema(arena);
    for (size_t i = 0; i < all_outputs_count; i++)
        if (strcmp(name, all_outputs[i].name) == 0)
            return output_schema(&all_outputs[i], arena);
    return NULL;
}

static int run(const struct options *options)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    const char *name = options->n_arguments > 0 ? options->arguments[0] : "manifest";
    const struct value *schema = find_schema(name, arena);
    if (schema == NULL) {
        struct strbuf names;
        strbuf_init(&names, 200);
        list_names(&names);
        fprintf(stderr, "gridform schema: %s, not %s\n", strbuf_str(&names), name);
        strbuf_release(&names);
        return EXIT_USAGE;
    }
    struct strbuf json, text;
    strbuf_init(&json, STRBUF_MAX_OUTPUT);
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    value_to_json(schema, &json);
    indent(strbuf_str(&json), &text);
    fwrite(strbuf_str(&text), 1, strbuf_len(&text), stdout);
    strbuf_release(&json);
    strbuf_release(&text);
    return EXIT_OK;
}

const struct command command_schema = {
    .name = "schema",
    .arguments = "[NAME]",
    .most_arguments = 1,
    .summary = "Print the JSON Schema of the manifest, or of an output",
    .help =
        "Prints a JSON Schema (draft 2020-12) of a whole manifest, for editors and other\n"
        "checks. It is made from the tables that validate works by; what references point\n"
        "to, and the rules, only validate checks.\n\n"
        "NAME is what it is of: manifest (the default), or what other programs read: plan\n"
        "(plan --json), drift (drift --json), findings (validate --json) or events, a line\n"
        "of apply --json each. Within a version, members are added and never taken away.",
    .run = run,
};
