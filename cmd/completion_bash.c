/* completion_bash.c: the script for bash; it needs nothing but bash itself. */
#include "completion.h"

#include "strbuf.h"

static const char head[] =
    "# bash completion of gridform, printed by: gridform completion bash\n"
    "\n"
    "# Offer the lines of standard input that begin with $cur; blanks are escaped.\n"
    "_gridform_lines()\n"
    "{\n"
    "    local line begin=${cur//\\\\/}\n"
    "    while IFS= read -r line; do\n"
    "        [[ $line == \"$begin\"* ]] && COMPREPLY+=(\"$(printf '%q' \"$line\")\")\n"
    "    done\n"
    "}\n"
    "\n"
    "# Addresses of the state that the line is about.\n"
    "_gridform_addresses()\n"
    "{\n"
    "    local -a where=()\n"
    "    local i word\n"
    "    for ((i = 2; i + 1 < COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i + 1]}\n"
    "        [[ $word == = ]] && word=${COMP_WORDS[i + 2]}\n"
    "        case ${COMP_WORDS[i]} in\n"
    "        -C | --chdir) where+=(-C \"${word/#\\~\\//$HOME/}\") ;;\n"
    "        -s | --state) where+=(-s \"${word/#\\~\\//$HOME/}\") ;;\n"
    "        -o | --overlay) where+=(-o \"${word/#\\~\\//$HOME/}\") ;;\n"
    "        --var) where+=(--var \"$word\") ;;\n"
    "        esac\n"
    "    done\n"
    "    \"${COMP_WORDS[0]}\" state list \"${where[@]}\" 2>/dev/null\n"
    "}\n"
    "\n"
    "# $1: what kind of word; $2: the words, when they are fixed.\n"
    "_gridform_offer()\n"
    "{\n"
    "    case $1 in\n"
    "    file)\n"
    "        compopt -o filenames 2>/dev/null\n"
    "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
    "        ;;\n"
    "    directory)\n"
    "        compopt -o filenames 2>/dev/null\n"
    "        mapfile -t COMPREPLY < <(compgen -d -- \"$cur\")\n"
    "        ;;\n"
    "    address) _gridform_lines < <(_gridform_addresses) ;;\n"
    "    words) mapfile -t COMPREPLY < <(compgen -W \"$2\" -- \"$cur\") ;;\n"
    "    esac\n"
    "}\n"
    "\n"
    "_gridform()\n"
    "{\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "    local command=${COMP_WORDS[1]} options='' kind='' words='' formats=''\n"
    "    COMPREPLY=()\n"
    "    if [[ $cur == = ]]; then\n"
    "        cur=''\n"
    "    elif [[ $prev == = ]]; then\n"
    "        prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "    fi\n";

static const char tail[] =
    "    *) return ;;\n"
    "    esac\n"
    "    if [[ \" $options \" == *\" $prev \"* ]]; then\n"
    "        case $prev in\n";

static const char end[] =
    "        esac\n"
    "    fi\n"
    "    if [[ $cur == -* ]]; then\n"
    "        _gridform_offer words \"$options\"\n"
    "    else\n"
    "        _gridform_offer \"$kind\" \"$words\"\n"
    "    fi\n"
    "}\n"
    "complete -F _gridform gridform\n";

/* Commands of two words, after the first of them. */
static void add_second_words(struct strbuf *out)
{
    for (size_t i = 0; all_commands[i] != NULL; i++) {
        size_t len = completion_word(all_commands[i]);
        if (!completion_is_first(i) || all_commands[i]->name[len] == '\0')
            continue;
        strbuf_addf(out, "    if [[ $command == %.*s ]]; then\n", (int)len, all_commands[i]->name);
        strbuf_add(out, "        if ((COMP_CWORD == 2)); then\n"
                        "            _gridform_offer words '");
        for (size_t k = i; all_commands[k] != NULL; k++)
            if (completion_word(all_commands[k]) == len &&
                all_commands[k]->name[len] == ' ' && !all_commands[k]->hidden)
                strbuf_addf(out, "%s%s", k == i ? "" : " ", all_commands[k]->name + len + 1);
        strbuf_add(out, "'\n            return\n        fi\n"
                        "        command+=\" ${COMP_WORDS[2]}\"\n    fi\n");
    }
}

static void add_first_words(struct strbuf *out)
{
    strbuf_add(out, "    if ((COMP_CWORD == 1)); then\n        _gridform_offer words '");
    for (size_t i = 0; all_commands[i] != NULL; i++)
        if (completion_is_first(i))
            strbuf_addf(out, "%.*s ", (int)completion_word(all_commands[i]),
                        all_commands[i]->name);
    strbuf_add(out, "--help --version'\n        return\n    fi\n");
}

static void add_option(enum option_id id, struct strbuf *out)
{
    const struct option_spec *spec = &option_specs[id];
    strbuf_addf(out, "--%s ", spec->name);
    if (spec->letter != 0)
        strbuf_addf(out, "-%c ", spec->letter);
}

static void add_kind(enum completion completion, struct strbuf *out)
{
    switch (completion) {
    case COMPLETE_FILE:
        strbuf_add(out, " kind=file");
        break;
    case COMPLETE_DIRECTORY:
        strbuf_add(out, " kind=directory");
        break;
    case COMPLETE_ADDRESS:
        strbuf_add(out, " kind=address");
        break;
    case COMPLETE_SHELL:
        strbuf_add(out, " kind=words words='");
        for (size_t i = 0; completion_shells[i] != NULL; i++)
            strbuf_addf(out, " %s", completion_shells[i]);
        strbuf_add(out, "'");
        break;
    case COMPLETE_TOPIC:
        strbuf_add(out, " kind=words words='");
        completion_topics(out);
        strbuf_add(out, "'");
        break;
    case COMPLETE_NOTHING:
    case COMPLETE_FORMAT:
    case COMPLETE_COMMAND:
    case COMPLETION_COUNT:
        break;
    }
}

static void add_command(const struct command *command, struct strbuf *out)
{
    strbuf_add(out, "    ");
    completion_quote(command->name, out);
    strbuf_add(out, ") options='");
    for (size_t i = 0; i < command->n_options; i++)
        add_option(command->options[i], out);
    add_option(OPTION_HELP, out);
    strbuf_add(out, "'");
    add_kind(command->completion, out);
    if (command->formats != 0) {
        strbuf_add(out, " formats='");
        completion_formats(command, out);
        strbuf_add(out, "'");
    }
    strbuf_add(out, " ;;\n");
}

/* The word after an option that takes one. */
static void add_argument(enum option_id id, struct strbuf *out)
{
    static const char *const offers[COMPLETION_COUNT] = {
        [COMPLETE_FILE] = "_gridform_offer file",
        [COMPLETE_DIRECTORY] = "_gridform_offer directory",
        [COMPLETE_ADDRESS] = "_gridform_offer address",
        [COMPLETE_FORMAT] = "_gridform_offer words \"$formats\"",
    };
    const struct option_spec *spec = &option_specs[id];
    if (spec->argument == NULL)
        return;
    strbuf_addf(out, "        --%s", spec->name);
    if (spec->letter != 0)
        strbuf_addf(out, " | -%c", spec->letter);
    const char *offer = offers[spec->completion];
    strbuf_addf(out, ")\n            %s\n            return\n            ;;\n",
                offer == NULL ? ":" : offer);
}

void completion_bash(struct strbuf *out)
{
    strbuf_add(out, head);
    add_first_words(out);
    add_second_words(out);
    strbuf_add(out, "    case $command in\n");
    for (size_t i = 0; all_commands[i] != NULL; i++)
        if (!all_commands[i]->hidden)
            add_command(all_commands[i], out);
    strbuf_add(out, tail);
    for (int id = 0; id < OPTION_COUNT; id++)
        add_argument((enum option_id)id, out);
    strbuf_add(out, end);
}
