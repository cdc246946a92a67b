/* cmd_man.c: the manual page gridform(1), in mdoc, from the tables of commands and options. The
 * build asks for it; users read it with man.
 */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "compiler.h"
#include "strbuf.h"

enum { WRAP = 72 };

struct entry {
    const char *name, *text;
};

/* In the order in which they apply. */
static const struct entry exits[] = {
    {"8", "Nothing can be recorded (disk full, lock lost): stopped."},
    {"3", "Something was changed and work is left: a step failed, a wait ran out, or an "
          "interrupt came in between."},
    {"130", "Interrupted, nothing changed."},
    {"1", "Wrong usage, or anything wrong in the files."},
    {"4", "The state is locked by somebody else."},
    {"5", "The plan is stale or was applied before."},
    {"6", "A check or a protection refuses."},
    {"7", "A provider was unreachable, refused us, or could not be trusted; also for a part of "
          "the resources."},
    {"2", "Differences: changes are due (plan --detailed-exitcode), drift and nothing else, or "
          "files to lay out (fmt --check)."},
    {"0", "Done, or no difference."},
};

static const struct entry environment[] = {
    {"NO_COLOR", "When set and not empty, nothing is coloured, not even on a terminal."},
    {"CI_JOB_URL", "Recorded in the lock of the state, and shown to those who find it locked."},
    {"USER", "Recorded in the lock as well, with the name of the host."},
    {"CREDENTIALS_DIRECTORY", "Where secrets of the form {credential: NAME} are; systemd sets it."},
};

static const struct entry files[] = {
    {"*.yaml", "The manifest: all such files of a directory, merged."},
    {"gridform.state", "What was last made true, and the identifiers that the platforms gave."},
    {"gridform.state.journal", "What an apply under way or an interrupted one has done."},
    {"gridform.state.backup", "The state before the last change."},
    {"gridform.state.history/*", "The last ten states before it, by their serials."},
    {"gridform.state.lock", "Held while an apply is under way."},
};

static const struct entry examples[] = {
    {"gridform plan --out plan.json && gridform apply plan.json",
     "Look at a plan, then carry out exactly that one:"},
    {"gridform plan --detailed-exitcode --format markdown >comment.md",
     "What a change of the files means, for a pull request:"},
    {"gridform drift || echo \"exit $?\"", "Has the world moved away?"},
    {"gridform apply --adopt \"catalog_service/Machine Learning\"",
     "Take over an object that somebody else made:"},
    {"gridform graph | dot -Tsvg >graph.svg", "What refers to what:"},
};

/* ---- mdoc --------------------------------------------------------------------------------- */

/* A word of running text; at the start of a line a dot or quote would be a request. */
static void add_word(const char *word, size_t len, bool first, struct strbuf *out)
{
    if (first && (*word == '.' || *word == '\''))
        strbuf_add(out, "\\&");
    for (size_t i = 0; i < len; i++) {
        if (word[i] == '\\')
            strbuf_add(out, "\\e");
        else if (word[i] == '-')
            strbuf_add(out, "\\-");
        else
            strbuf_add_char(out, word[i]);
    }
}

/* Running text; each sentence begins a line. Ends in a newline. */
static void add_text(const char *text, size_t size, struct strbuf *out)
{
    size_t column = 0;
    for (size_t i = 0; i < size;) {
        if (text[i] == ' ' || text[i] == '\n') {
            i++;
            continue;
        }
        size_t len = 0;
        while (i + len < size && text[i + len] != ' ' && text[i + len] != '\n')
            len++;
        if (column > 0 && column + len + 1 > WRAP) {
            strbuf_add_char(out, '\n');
            column = 0;
        } else if (column > 0) {
            strbuf_add_char(out, ' ');
        }
        add_word(text + i, len, column == 0, out);
        column += len + 1;
        i += len;
        if (strchr(".!?", text[i - 1]) != NULL) {
            strbuf_add_char(out, '\n');
            column = 0;
        }
    }
    if (column > 0)
        strbuf_add_char(out, '\n');
}

static void add_literal(const char *text, size_t size, struct strbuf *out)
{
    strbuf_add(out, ".Bd -literal -offset indent\n");
    while (size > 0) {
        const char *newline = memchr(text, '\n', size);
        size_t len = newline == NULL ? size : (size_t)(newline - text);
        size_t blanks = strspn(text, " ");
        if (blanks < len)
            add_word(text + blanks, len - blanks, true, out);
        strbuf_add_char(out, '\n');
        len += newline != NULL;
        text += len;
        size -= len;
    }
    strbuf_add(out, ".Ed\n");
}

/* Paragraphs as --help has them: indented ones are examples. */
static void add_paragraphs(const char *text, struct strbuf *out)
{
    while (*text != '\0') {
        const char *end = strstr(text, "\n\n");
        size_t size = end == NULL ? strlen(text) : (size_t)(end - text);
        if (strncmp(text, "  ", 2) == 0) {
            add_literal(text, size, out);
        } else {
            strbuf_add(out, ".Pp\n");
            add_text(text, size, out);
        }
        text += size + (end == NULL ? 0 : 2);
    }
}

/* ---- sections ----------------------------------------------------------------------------- */

static void add_head(struct strbuf *out)
{
    strbuf_add(out,
               ".\\\" gridform " GRIDFORM_VERSION ", made from the tables of the program: gridform man.\n"
               ".Dd November 22, 2026\n.Dt GRIDFORM 1\n.Os\n"
               ".Sh NAME\n.Nm gridform\n"
               ".Nd keep a private cloud for machine learning as files describe it\n"
               ".Sh SYNOPSIS\n.Nm\n.Ar command\n.Op Ar option ...\n.Op Ar argument ...\n"
               ".Nm\n.Fl -help | Fl -version\n.Sh DESCRIPTION\n.Nm\n");
    static const char text[] =
        "keeps a VMware private cloud that offers machine learning as a service in the shape "
        "that a directory of YAML files describes: ESXi hosts and how their GPUs are shared, "
        "templates, software, blueprints, the catalogue. It reads the files, fetches the live "
        "state from vCenter, the ESXi shells and vRealize Automation, shows an ordered plan, "
        "carries it out, and notices when the world drifts away.\n\n"
        "What is printed in a plan is what is executed, in that order. What exists and was not "
        "made by gridform is never overwritten silently. Secrets stand in the files as "
        "references only.";
    const char *second = strstr(text, "\n\n");
    add_text(text, (size_t)(second - text), out);
    add_paragraphs(second + 2, out);
}

static void add_option_names(const struct command *command, struct strbuf *out)
{
    strbuf_add(out, ".Pp\nOptions:\n");
    for (size_t i = 0; i < command->n_options; i++)
        strbuf_addf(out, ".Fl -%s%s\n", option_specs[command->options[i]].name,
                    i + 1 < command->n_options ? " ," : "");
    if (command->formats == 0)
        return;
    struct strbuf formats;
    strbuf_init(&formats, 200);
    command_list_formats(command, &formats);
    strbuf_add(out, ".br\nFormats: ");
    for (const char *at = strbuf_str(&formats); *at != '\0'; at++) /* short lines of input */
        strbuf_add_char(out, *at == ' ' && at[-1] == ',' ? '\n' : *at);
    strbuf_add(out, ".\n");
    strbuf_release(&formats);
}

static void add_commands(struct strbuf *out)
{
    strbuf_add(out, ".Sh COMMANDS\n.Bl -tag -width Ds\n");
    for (size_t i = 0; all_commands[i] != NULL; i++) {
        const struct command *command = all_commands[i];
        if (command->hidden)
            continue;
        strbuf_addf(out, ".It Cm %s", command->name);
        if (command->arguments[0] != '\0')
            strbuf_addf(out, " Ar %s", command->arguments);
        strbuf_add_char(out, '\n');
        add_text(command->summary, strlen(command->summary), out);
        strbuf_truncate(out, strbuf_len(out) - 1);
        strbuf_add(out, ".\n");
        add_paragraphs(command->help, out);
        if (command->n_options > 0)
            add_option_names(command, out);
    }
    strbuf_add(out, ".El\n");
}

static void add_options(struct strbuf *out)
{
    strbuf_add(out, ".Sh OPTIONS\nEach command takes those that it lists.\n.Bl -tag -width Ds\n");
    for (int id = 0; id < OPTION_COUNT; id++) {
        const struct option_spec *spec = &option_specs[id];
        strbuf_add(out, ".It");
        if (spec->letter != 0)
            strbuf_addf(out, " Fl %c ,", spec->letter);
        strbuf_addf(out, " Fl -%s", spec->name);
        if (spec->argument != NULL)
            strbuf_addf(out, " Ar %s", spec->argument);
        strbuf_add_char(out, '\n');
        add_text(spec->help, strlen(spec->help), out);
    }
    strbuf_add(out, ".El\n");
}

static void add_list(const char *section, const char *macro, const struct entry *entries,
                     size_t n, struct strbuf *out)
{
    strbuf_addf(out, ".Sh %s\n", section);
    if (strcmp(section, "EXIT STATUS") == 0)
        strbuf_add(out, "The first that applies, from the top:\n");
    strbuf_add(out, ".Bl -tag -width Ds\n");
    for (size_t i = 0; i < n; i++) {
        strbuf_addf(out, ".It %s %s\n", macro, entries[i].name);
        add_text(entries[i].text, strlen(entries[i].text), out);
    }
    strbuf_add(out, ".El\n");
}

static void add_examples(struct strbuf *out)
{
    strbuf_add(out, ".Sh EXAMPLES\n");
    for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
        strbuf_add(out, i == 0 ? "" : ".Pp\n");
        add_text(examples[i].text, strlen(examples[i].text), out);
        add_literal(examples[i].name, strlen(examples[i].name), out);
    }
}

static int run(const struct options *options)
{
    (void)options;
    struct strbuf page;
    strbuf_init(&page, STRBUF_MAX_OUTPUT);
    add_head(&page);
    add_commands(&page);
    add_options(&page);
    add_list("ENVIRONMENT", "Ev", environment, ARRAY_LEN(environment), &page);
    add_list("FILES", "Pa", files, ARRAY_LEN(files), &page);
    add_list("EXIT STATUS", "No", exits, ARRAY_LEN(exits), &page);
    add_examples(&page);
    fwrite(strbuf_str(&page), 1, strbuf_len(&page), stdout);
    strbuf_release(&page);
    return EXIT_OK;
}

const struct command command_man = {
    .name = "man",
    .arguments = "",
    .hidden = true,
    .summary = "Print the manual page",
    .help = "Prints gridform(1) in mdoc, from the tables that --help is made from.",
    .run = run,
};
