/* completion_fish.c: the script for fish. */
#include "completion.h"

#include <string.h>

#include "strbuf.h"

static const char head[] =
    "# fish completion of gridform, printed by: gridform completion fish\n"
    "\n"
    "# Is this the command of the line?\n"
    "function __gridform_is\n"
    "    set -l words (commandline -opc)\n"
    "    set -l n (count $argv)\n"
    "    set -e words[1]\n"
    "    test (count $words) -ge $n; and test \"$words[1..$n]\" = \"$argv\"\n"
    "end\n"
    "\n"
    "# Has the line so many words yet?\n"
    "function __gridform_words\n"
    "    test (count (commandline -opc)) -eq $argv[1]\n"
    "end\n"
    "\n"
    "# Addresses of the state that the line is about.\n"
    "function __gridform_addresses\n"
    "    set -l words (commandline -opc)\n"
    "    set -l where\n"
    "    for i in (seq (count $words))\n"
    "        switch $words[$i]\n"
    "            case -C --chdir\n"
    "                set -a where -C $words[(math $i + 1)]\n"
    "            case -s --state\n"
    "                set -a where -s $words[(math $i + 1)]\n"
    "            case -o --overlay\n"
    "                set -a where -o $words[(math $i + 1)]\n"
    "            case --var\n"
    "                set -a where --var $words[(math $i + 1)]\n"
    "            case '--chdir=*' '--state=*' '--overlay=*' '--var=*'\n"
    "                set -a where $words[$i]\n"
    "        end\n"
    "    end\n"
    "    $words[1] state list $where 2>/dev/null\n"
    "end\n"
    "\n"
    "complete -c gridform -f\n";

static void add_description(const char *text, struct strbuf *out)
{
    strbuf_add(out, " -d ");
    completion_quote(text, out);
}

static void add_words(struct strbuf *out)
{
    for (size_t i = 0; all_commands[i] != NULL; i++) {
        const struct command *command = all_commands[i];
        size_t len = completion_word(command);
        if (command->hidden)
            continue;
        if (completion_is_first(i)) {
            strbuf_addf(out, "complete -c gridform -n '__gridform_words 1' -a %.*s", (int)len,
                        command->name);
            add_description(command->name[len] == ' ' ? "more commands" : command->summary,
                            out);
            strbuf_add_char(out, '\n');
        }
        if (command->name[len] != ' ')
            continue;
        strbuf_addf(out,
                    "complete -c gridform -n '__gridform_words 2; and __gridform_is %.*s' -a %s",
                    (int)len, command->name, command->name + len + 1);
        add_description(command->summary, out);
        strbuf_add_char(out, '\n');
    }
}

/* What stands behind -a, and whether files are offered. */
static void add_values(const struct command *command, enum completion completion,
                       struct strbuf *out)
{
    switch (completion) {
    case COMPLETE_FILE:
        strbuf_add(out, " -F");
        break;
    case COMPLETE_DIRECTORY:
        strbuf_add(out, " -a '(__fish_complete_directories (commandline -ct))'");
        break;
    case COMPLETE_ADDRESS:
        strbuf_add(out, " -a '(__gridform_addresses)'");
        break;
    case COMPLETE_FORMAT:
        strbuf_add(out, " -a '");
        completion_formats(command, out);
        strbuf_add(out, "'");
        break;
    case COMPLETE_SHELL:
        strbuf_add(out, " -a '");
        for (size_t i = 0; completion_shells[i] != NULL; i++)
            strbuf_addf(out, " %s", completion_shells[i]);
        strbuf_add(out, "'");
        break;
    case COMPLETE_TOPIC:
        strbuf_add(out, " -a '");
        completion_topics(out);
        strbuf_add(out, "'");
        break;
    case COMPLETE_NOTHING:
    case COMPLETE_COMMAND:
    case COMPLETION_COUNT:
        break;
    }
}

static void add_start(const struct command *command, struct strbuf *out)
{
    strbuf_addf(out, "complete -c gridform -n '__gridform_is %s'", command->name);
}

static void add_option(const struct command *command, enum option_id id, struct strbuf *out)
{
    const struct option_spec *spec = &option_specs[id];
    struct strbuf help;
    strbuf_init(&help, 400);
    option_print_help(command, id, &help);
    add_start(command, out);
    strbuf_addf(out, " -l %s", spec->name);
    if (spec->letter != 0)
        strbuf_addf(out, " -s %c", spec->letter);
    if (spec->argument != NULL) {
        strbuf_add(out, spec->completion == COMPLETE_FILE ? " -r" : " -x");
        add_values(command, spec->completion, out);
    }
    add_description(strbuf_str(&help), out);
    strbuf_add_char(out, '\n');
    strbuf_release(&help);
}

void completion_fish(struct strbuf *out)
{
    strbuf_add(out, head);
    add_words(out);
    for (size_t i = 0; all_commands[i] != NULL; i++) {
        const struct command *command = all_commands[i];
        if (command->hidden)
            continue;
        for (size_t k = 0; k < command->n_options; k++)
            add_option(command, command->options[k], out);
        add_option(command, OPTION_HELP, out);
        if (command->completion == COMPLETE_NOTHING)
            continue;
        add_start(command, out);
        add_values(command, command->completion, out);
        strbuf_add_char(out, '\n');
    }
}
