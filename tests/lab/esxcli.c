/* esxcli.c: the grammar of esxcli: global options, namespaces, options of a command, formatters
 * (esxi-shell.md §1). */
#include "esxcli.h"

#include <stdio.h>
#include <string.h>

#include "world_internal.h"

struct globals {
    const char *formatter;
    size_t first; /* word where the namespaces begin */
    bool help, bad;
};

const char *esxcli_value(const struct esxcli_call *call, const char *name)
{
    const struct esxcli_option *options = call->command->options;
    for (size_t i = 0; options[i].name; i++) {
        if (!strcmp(options[i].name, name))
            return call->values[i];
    }
    return NULL;
}

int esxcli_fail(struct esxcli_call *call, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    strbuf_addv(&call->run->out, format, args);
    va_end(args);
    strbuf_add_char(&call->run->out, '\n');
    return 1;
}

int esxcli_software_error(struct esxcli_call *call, const char *class, const char *text)
{
    strbuf_addf(&call->run->out,
                " [%s]\n %s\n Please refer to the log file for more details.\n", class, text);
    return 1;
}

/* ---- finding the command
 * --------------------------------------------------------------------- */

static struct globals read_globals(char **words, size_t n)
{
    struct globals globals = {.formatter = "", .first = 1};
    for (; globals.first < n && words[globals.first][0] == '-'; globals.first++) {
        const char *word = words[globals.first];
        if (!strncmp(word, "--formatter=", 12))
            globals.formatter = word + 12;
        else if (!strcmp(word, "--formatter") && globals.first + 1 < n)
            globals.formatter = words[++globals.first];
        else if (!strcmp(word, "--help") || !strcmp(word, "-?") || !strcmp(word, "--version"))
            globals.help = true;
        else if (strcmp(word, "--debug") && strcmp(word, "--log-verbose") &&
                 strncmp(word, "--screen-width=", 15) && strncmp(word, "--format-param=", 15))
            globals.bad = true;
    }
    return globals;
}

static char *join(struct arena *arena, char **words, size_t first, size_t last)
{
    char *text = arena_strdup(arena, "");
    for (size_t i = first; i < last; i++)
        text = arena_printf(arena, "%s%s%s", text, i > first ? " " : "", words[i]);
    return text;
}

static size_t names_end(char **words, size_t first, size_t n)
{
    while (first < n && words[first][0] != '-')
        first++;
    return first;
}

static const struct esxcli_command *find(const char *path)
{
    const struct {
        const struct esxcli_command *commands;
        size_t n;
    } groups[] = {{esxcli_graphics, n_esxcli_graphics},
                  {esxcli_software, n_esxcli_software},
                  {esxcli_system, n_esxcli_system},
                  {esxcli_hardware, n_esxcli_hardware}};
    for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
        for (size_t k = 0; k < groups[i].n; k++) {
            if (!strcmp(groups[i].commands[k].path, path))
                return &groups[i].commands[k];
        }
    }
    return NULL;
}

bool esxcli_is_changing(char **words, size_t n, struct strbuf *operation)
{
    struct globals globals = read_globals(words, n);
    struct arena *arena = arena_new();
    const char *path = join(arena, words, globals.first, names_end(words, globals.first, n));
    const struct esxcli_command *command = find(path);
    strbuf_addf(operation, "esxcli%s%s", *path ? " " : "", path);
    arena_free(arena);
    return command && command->changing;
}

/* ---- options
 * ------------------------------------------------------------------------------------ */

static void usage(struct esxcli_call *call)
{
    struct strbuf *out = &call->run->out;
    strbuf_addf(out, "\nUsage: esxcli %s [cmd options]\n\nOptions:\n", call->command->path);
    for (const struct esxcli_option *it = call->command->options; it->name; it++) {
        if (it->letter)
            strbuf_addf(out, "  -%c|--%s\n", it->letter, it->name);
        else
            strbuf_addf(out, "  --%s\n", it->name);
    }
}

/* The option that a word names; a value after `=` goes to ret_value. */
static int match(const struct esxcli_command *command, const char *word, const char **ret_value)
{
    size_t size = strcspn(word, "=");
    *ret_value = word[size] ? word + size + 1 : NULL;
    for (int i = 0; command->options[i].name; i++) {
        const struct esxcli_option *option = &command->options[i];
        bool is_long = !strncmp(word, "--", 2) && strlen(option->name) == size - 2 &&
                       !strncmp(word + 2, option->name, size - 2);
        bool is_short =
            size == 2 && word[0] == '-' && option->letter && word[1] == option->letter;
        if (is_long || is_short)
            return i;
    }
    return -1;
}

static int read_options(struct esxcli_call *call, char **words, size_t first, size_t n)
{
    const struct esxcli_command *command = call->command;
    for (size_t i = first; i < n; i++) {
        const char *value;
        int at = match(command, words[i], &value);
        if (at < 0) {
            strbuf_addf(&call->run->out, "Error: Unknown option %s\n", words[i]);
            usage(call);
            return 1;
        }
        if (!value && !command->options[at].flag && i + 1 < n)
            value = words[++i];
        if (!value && !command->options[at].flag)
            return esxcli_fail(call, "Error: Missing value for option %s", words[i]);
        call->values[at] = value ? value : "";
    }
    for (int i = 0; command->options[i].name; i++) {
        const struct esxcli_option *option = &command->options[i];
        if (!option->required || call->values[i])
            continue;
        strbuf_addf(&call->run->out, "Error: Missing required parameter -%c|--%s\n",
                    option->letter, option->name);
        usage(call);
        return 1;
    }
    return 0;
}

/* ---- running
 * --------------------------------------------------------------------------------------- */

static int help(struct shell_run *run)
{
    strbuf_add(&run->out, "Usage: esxcli [options] {namespace}+ {cmd} [cmd options]\n\n"
                          "Available Namespaces:\n"
                          "  graphics              VMware graphics commands.\n"
                          "  hardware              VMKernel hardware properties.\n"
                          "  software              Manage the ESXi software image.\n"
                          "  system                VMKernel system properties.\n");
    return 0;
}

/* json is known to tools from 6.7 on (esxi-shell.md §1.1); older hosts refuse it here. */
static bool formatter_known(const struct host *host, const char *formatter)
{
    return strcmp(formatter, "json") || version_number(host->version) >= 60700;
}

static int run_command(struct esxcli_call *call, const char *formatter)
{
    struct shell_run *run = call->run;
    if (!call->command->waits)
        lab_lock(run->lab);
    int status = call->command->handle(call);
    if (!call->command->waits)
        lab_unlock(run->lab);
    if (status == 0)
        doc_print(&call->doc, formatter, &run->out);
    return status;
}

int esxcli_command(struct shell_run *run, char **words, size_t n)
{
    struct globals globals = read_globals(words, n);
    size_t end = names_end(words, globals.first, n);
    const char *path = join(run->arena, words, globals.first, end);
    struct esxcli_call call = {
        .run = run, .host = run->host, .command = find(path), .doc.arena = run->arena};
    if (globals.help || !*path)
        return help(run);
    if (globals.bad)
        return esxcli_fail(&call, "Error: Unknown option %s", words[1]);
    if (!call.command)
        return esxcli_fail(&call, "Error: Unknown command or namespace %s", path);
    struct strbuf none;
    strbuf_init(&none, SHELL_OUTPUT_MAX);
    lab_lock(run->lab);
    bool known = formatter_known(run->host, globals.formatter) &&
                 doc_print(&call.doc, globals.formatter, &none);
    lab_unlock(run->lab);
    strbuf_release(&none);
    if (!known)
        return esxcli_fail(&call, "Error: Unknown formatter: %s", globals.formatter);
    if (read_options(&call, words, end, n))
        return 1;
    return run_command(&call, globals.formatter);
}
