/* cmd_completion.c: completion of the command line, for the shell that is asked for. */
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "command.h"
#include "completion.h"
#include "config.h"
#include "provider.h"
#include "rules.h"
#include "strbuf.h"

const char *const completion_shells[] = {"bash", "zsh", "fish", NULL};

/* A quote inside of quotes ends them, stands escaped, and begins them again: in all three. */
void completion_quote(const char *text, struct strbuf *out)
{
    strbuf_add_char(out, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            strbuf_add(out, "'\\''");
        else
            strbuf_add_char(out, *text);
    }
    strbuf_add_char(out, '\'');
}

void completion_topics(struct strbuf *out)
{
    for (size_t i = 0; i < all_rules_count; i++)
        strbuf_addf(out, " %s", all_rules[i].id);
    for (size_t i = 0; all_kinds[i] != NULL; i++)
        strbuf_addf(out, " %s", all_kinds[i]->schema.kind);
    for (size_t i = 0; all_providers[i] != NULL; i++)
        strbuf_addf(out, " %s", all_providers[i]->name);
    strbuf_addf(out, " %s %s %s", state_schema.kind, encryption_schema.kind,
                lifecycle_schema.kind);
}

void completion_formats(const struct command *command, struct strbuf *out)
{
    for (unsigned i = 0; i < FORMAT_COUNT; i++)
        if (command->formats >> i & 1u)
            strbuf_addf(out, " %s", format_names[i]);
}

size_t completion_word(const struct command *command)
{
    return strcspn(command->name, " ");
}

bool completion_is_first(size_t index)
{
    const struct command *command = all_commands[index];
    size_t len = completion_word(command);
    if (command->hidden)
        return false;
    for (size_t i = 0; i < index; i++)
        if (completion_word(all_commands[i]) == len &&
            memcmp(all_commands[i]->name, command->name, len) == 0)
            return false;
    return true;
}

static int run(const struct options *options)
{
    static void (*const scripts[])(struct strbuf *) = {completion_bash, completion_zsh,
                                                       completion_fish};
    const char *shell = options->arguments[0];
    size_t i = 0;
    while (completion_shells[i] != NULL && strcmp(completion_shells[i], shell) != 0)
        i++;
    if (completion_shells[i] == NULL)
        return app_fail(EXIT_USAGE, "completion: bash, zsh or fish, not %s", shell);
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    scripts[i](&text);
    fwrite(strbuf_str(&text), 1, strbuf_len(&text), stdout);
    strbuf_release(&text);
    return EXIT_OK;
}

const struct command command_completion = {
    .name = "completion",
    .arguments = "bash|zsh|fish",
    .least_arguments = 1,
    .most_arguments = 1,
    .completion = COMPLETE_SHELL,
    .summary = "Print a script that completes commands in your shell",
    .help = "Commands, options, their values, files, and the addresses that the state knows:\n\n"
            "  bash  source <(gridform completion bash)\n"
            "  zsh   gridform completion zsh >~/.zfunc/_gridform   (a directory of $fpath)\n"
            "  fish  gridform completion fish >~/.config/fish/completions/gridform.fish",
    .run = run,
};
