/* completion_zsh.c: the script for zsh, a function for a directory of $fpath. */
#include "completion.h"

#include <string.h>

#include "strbuf.h"

static const char head[] =
    "#compdef gridform\n"
    "# zsh completion of gridform, printed by: gridform completion zsh\n"
    "\n"
    "# Addresses of the state that the line is about.\n"
    "_gridform_addresses()\n"
    "{\n"
    "    local -a where addresses\n"
    "    local option\n"
    "    for option in -C --chdir -s --state -o --overlay --var; do\n"
    "        (( ${+opt_args[$option]} )) && where+=($option ${(Q)opt_args[$option]})\n"
    "    done\n"
    "    addresses=(${(f)\"$(_call_program addresses gridform state list $where 2>/dev/null)\"})\n"
    "    compadd -a addresses\n"
    "}\n"
    "\n"
    "_gridform()\n"
    "{\n"
    "    local -a commands\n"
    "    local -A opt_args\n"
    "    local command=$words[2] context state state_descr line\n";

/* Text inside of '…[text]': brackets and backslashes are special. */
static void add_description(const char *text, struct strbuf *out)
{
    struct strbuf escaped;
    strbuf_init(&escaped, 4000);
    for (; *text != '\0'; text++) {
        if (strchr("[]\\:", *text) != NULL)
            strbuf_add_char(&escaped, '\\');
        strbuf_add_char(&escaped, *text);
    }
    completion_quote(strbuf_str(&escaped), out);
    strbuf_release(&escaped);
}

static void add_choice(const struct command *command, size_t skip, size_t len,
                       struct strbuf *out)
{
    strbuf_addf(out, "            '%.*s:'", (int)len, command->name + skip);
    completion_quote(command->name[skip + len] == ' ' ? "more commands" : command->summary, out);
    strbuf_add_char(out, '\n');
}

static void add_words(struct strbuf *out)
{
    strbuf_add(out, "    if (( CURRENT == 2 )); then\n        commands=(\n");
    for (size_t i = 0; all_commands[i] != NULL; i++)
        if (completion_is_first(i))
            add_choice(all_commands[i], 0, completion_word(all_commands[i]), out);
    strbuf_add(out, "        )\n        _describe command commands\n        return\n    fi\n");
    for (size_t i = 0; all_commands[i] != NULL; i++) {
        size_t len = completion_word(all_commands[i]);
        if (!completion_is_first(i) || all_commands[i]->name[len] == '\0')
            continue;
        strbuf_addf(out, "    if [[ $command == %.*s ]]; then\n", (int)len,
                    all_commands[i]->name);
        strbuf_add(out, "        if (( CURRENT == 3 )); then\n        commands=(\n");
        for (size_t k = i; all_commands[k] != NULL; k++)
            if (completion_word(all_commands[k]) == len && !all_commands[k]->hidden)
                add_choice(all_commands[k], len + 1, strlen(all_commands[k]->name) - len - 1,
                           out);
        strbuf_add(out, "        )\n        _describe command commands\n        return\n"
                        "        fi\n        command+=\" $words[3]\"\n"
                        "        shift words\n        (( CURRENT-- ))\n    fi\n");
    }
    strbuf_add(out, "    shift words\n    (( CURRENT-- ))\n");
}

/* ":name:action", or nothing when there is no word. */
static void add_action(const struct command *command, const char *name,
                       enum completion completion, struct strbuf *out)
{
    strbuf_addf(out, "':%s:'", name);
    switch (completion) {
    case COMPLETE_FILE:
        strbuf_add(out, "_files");
        break;
    case COMPLETE_DIRECTORY:
        strbuf_add(out, "'_files -/'");
        break;
    case COMPLETE_ADDRESS:
        strbuf_add(out, "_gridform_addresses");
        break;
    case COMPLETE_FORMAT:
        strbuf_add(out, "'(");
        completion_formats(command, out);
        strbuf_add(out, ")'");
        break;
    case COMPLETE_SHELL:
        strbuf_add(out, "'(");
        for (size_t i = 0; completion_shells[i] != NULL; i++)
            strbuf_addf(out, " %s", completion_shells[i]);
        strbuf_add(out, ")'");
        break;
    case COMPLETE_TOPIC:
        strbuf_add(out, "'(");
        completion_topics(out);
        strbuf_add(out, ")'");
        break;
    case COMPLETE_NOTHING:
    case COMPLETE_COMMAND:
    case COMPLETION_COUNT:
        strbuf_add(out, "' '");
        break;
    }
}

static void add_option(const struct command *command, enum option_id id, struct strbuf *out)
{
    const struct option_spec *spec = &option_specs[id];
    struct strbuf help;
    strbuf_init(&help, 400);
    option_print_help(command, id, &help);
    strbuf_add(out, " \\\n            ");
    const char *equals = spec->argument == NULL ? "" : "=";
    if (spec->letter != 0)
        strbuf_addf(out, "{-%c,--%s%s}", spec->letter, spec->name, equals);
    else
        strbuf_addf(out, "--%s%s", spec->name, equals);
    strbuf_add(out, "'['");
    add_description(strbuf_str(&help), out);
    strbuf_add(out, "']'");
    if (spec->argument != NULL)
        add_action(command, spec->argument, spec->completion, out);
    strbuf_release(&help);
}

static void add_command(const struct command *command, struct strbuf *out)
{
    strbuf_add(out, "    ");
    completion_quote(command->name, out);
    strbuf_add(out, ")\n        _arguments -s");
    for (size_t i = 0; i < command->n_options; i++)
        add_option(command, command->options[i], out);
    add_option(command, OPTION_HELP, out);
    if (command->most_arguments > 0) {
        strbuf_add(out, " \\\n            ");
        strbuf_add(out, command->most_arguments > 1 ? "'*'" : "'1'");
        add_action(command, "argument", command->completion, out);
    }
    strbuf_add(out, "\n        ;;\n");
}

void completion_zsh(struct strbuf *out)
{
    strbuf_add(out, head);
    add_words(out);
    strbuf_add(out, "    case $command in\n");
    for (size_t i = 0; all_commands[i] != NULL; i++)
        if (!all_commands[i]->hidden)
            add_command(all_commands[i], out);
    strbuf_add(out, "    esac\n}\n\n_gridform \"$@\"\n");
}
