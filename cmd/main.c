/* main.c: the table of commands. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "command.h"
#include "compiler.h"
#include "names.h"
#include "strbuf.h"

const struct command *const all_commands[] = {
    &command_init,
    &command_validate,
    &command_fmt,
    &command_plan,
    &command_apply,
    &command_drift,
    &command_show,
    &command_snapshot,
    &command_graph,
    &command_state_list,
    &command_state_show,
    &command_state_pull,
    &command_state_push,
    &command_state_mv,
    &command_state_rm,
    &command_state_history,
    &command_state_rollback,
    &command_force_unlock,
    &command_template_list,
    &command_template_rollback,
    &command_explain,
    &command_schema,
    &command_completion,
    &command_man,
    &command_version,
    NULL,
};

/* "state list" is one command of two words. Returns how many words of argv it took. */
static int find_command(int argc, char **argv, const struct command **ret)
{
    for (size_t i = 0; all_commands[i] != NULL; i++) {
        const char *name = all_commands[i]->name, *space = strchr(name, ' ');
        size_t len = space == NULL ? strlen(name) : (size_t)(space - name);
        if (strlen(argv[0]) != len || memcmp(argv[0], name, len) != 0)
            continue;
        if (space != NULL && (argc < 2 || strcmp(argv[1], space + 1) != 0))
            continue;
        *ret = all_commands[i];
        return space == NULL ? 1 : 2;
    }
    return 0;
}

/* "state list, state show ADDRESS, …" for the first word of some commands. */
static size_t list_second_words(const char *word, struct strbuf *out)
{
    size_t n = 0, len = strlen(word);
    for (size_t i = 0; all_commands[i] != NULL; i++) {
        const struct command *command = all_commands[i];
        if (strncmp(command->name, word, len) != 0 || command->name[len] != ' ')
            continue;
        strbuf_addf(out, "%s%s%s%s", n++ == 0 ? "" : ", ", command->name,
                    command->arguments[0] == '\0' ? "" : " ", command->arguments);
    }
    return n;
}

/* What other tools call it. */
static const char *other_word(const char *word)
{
    static const struct {
        const char *word, *hint;
    } words[] = {
        {"adopt", "to take over what exists: gridform plan --adopt ADDRESS"},
        {"destroy", "take the objects out of the files: gridform plan shows their removal"},
        {"diff", "gridform plan shows what would change, gridform drift what has moved"},
        {"import", "to take over what exists: gridform plan --adopt ADDRESS"},
        {"refresh", "nothing is to be refreshed: gridform plan reads the systems each time"},
        {"status", "gridform drift shows what has moved, gridform plan what would be done"},
    };
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcmp(words[i].word, word) == 0)
            return words[i].hint;
    return NULL;
}

static const char *nearest_command(const char *word)
{
    const char *names[64];
    size_t n = 0;
    for (size_t i = 0; all_commands[i] != NULL && n < ARRAY_LEN(names); i++)
        names[n++] = all_commands[i]->name;
    return names_nearest(word, names, n);
}

/* Of two words the first alone may be right: "state", "state lst". */
static int unknown_command(int argc, char **argv)
{
    char both[128];
    struct strbuf second CLEANUP(strbuf_release);
    strbuf_init(&second, 4000);
    bool pair = list_second_words(argv[0], &second) > 0;
    bool alone = pair && (argc < 2 || argv[1][0] == '-');
    snprintf(both, sizeof(both), "%s%s%s", argv[0], pair && !alone ? " " : "",
             pair && !alone ? argv[1] : "");
    const char *near = alone ? NULL : nearest_command(both);
    if (argv[0][0] == '-')
        fprintf(stderr, "gridform: options come after the command, as in gridform plan %s\n",
                argv[0]);
    else if (alone)
        fprintf(stderr, "gridform: %s is the first word of a command\n", both);
    else
        fprintf(stderr, "gridform: unknown command %s\n", both);
    if (other_word(both) != NULL)
        fprintf(stderr, "There is none of that name; %s\n", other_word(both));
    else if (near != NULL)
        fprintf(stderr, "Did you mean %s?\n", near);
    else if (pair)
        fprintf(stderr, "Use %s\n", strbuf_str(&second));
    fprintf(stderr, "Try: gridform --help\n");
    return EXIT_USAGE;
}

/* "help plan" is "plan --help". */
static int help(int argc, char **argv)
{
    const struct command *command;
    if (argc == 0) {
        commands_print_help();
        return EXIT_OK;
    }
    if (find_command(argc, argv, &command) == 0)
        return unknown_command(argc, argv);
    command_print_help(command);
    return EXIT_OK;
}

static int run_command(const struct command *command, int argc, char **argv)
{
    const char **arguments = calloc((size_t)argc + 1, sizeof(*arguments));
    struct options options;
    if (arguments == NULL)
        abort();
    int code = EXIT_USAGE;
    if (options_parse(command, argc, argv, arguments, &options) == 0) {
        if (options.help) {
            command_print_help(command);
            code = EXIT_OK;
        } else {
            code = command->run(&options);
        }
    }
    free(arguments);
    errno = 0;
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "gridform: cannot write the output%s%s\n", errno == 0 ? "" : ": ",
                errno == 0 ? "" : strerror(errno));
        return code == EXIT_OK ? EXIT_USAGE : code;
    }
    return code;
}

/* A core holds every password and key: none is written, also where the shell allows it. */
static void write_no_core(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) < 0)
        return;
    limit.rlim_cur = 0;
    (void)setrlimit(RLIMIT_CORE, &limit); /* lowering is always allowed */
}

int main(int argc, char **argv)
{
    write_no_core();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file size limit is an error like a full disk */
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        commands_print_help();
        return argc < 2 ? EXIT_USAGE : EXIT_OK;
    }
    if (strcmp(argv[1], "help") == 0)
        return help(argc - 2, argv + 2);
    if (strcmp(argv[1], "--version") == 0)
        return run_command(&command_version, 0, argv + argc);
    const struct command *command;
    int used = find_command(argc - 1, argv + 1, &command);
    if (used == 0)
        return unknown_command(argc - 1, argv + 1);
    return run_command(command, argc - 1 - used, argv + 1 + used);
}
