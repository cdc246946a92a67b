/* cmd_schema.c: the manifest as JSON Schema. */
#include <stdio.h>

#include "arena.h"
#include "command.h"
#include "manifest_schema.h"
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

static int run(const struct options *options)
{
    (void)options;
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct strbuf json, text;
    strbuf_init(&json, STRBUF_MAX_OUTPUT);
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    value_to_json(manifest_schema(arena), &json);
    indent(strbuf_str(&json), &text);
    fwrite(strbuf_str(&text), 1, strbuf_len(&text), stdout);
    strbuf_release(&json);
    strbuf_release(&text);
    return EXIT_OK;
}

const struct command command_schema = {
    .name = "schema",
    .arguments = "",
    .summary = "Print the JSON Schema of the manifest",
    .help = "Prints a JSON Schema (draft 2020-12) of a whole manifest, for editors and other\n"
            "checks. It is made from the tables that validate works by; what references point\n"
            "to, and the rules, only validate checks.",
    .run = run,
};
