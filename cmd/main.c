/* main.c: the table of commands. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "names.h"

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

static int unknown_command(const char *word)
{
    const char *names[64];
    size_t n = 0;
    for (size_t i = 0; all_commands[i] != NULL && n < 64; i++)
        names[n++] = all_commands[i]->name;
    const char *near = names_nearest(word, names, n);
    fprintf(stderr, "gridform: unknown command %s\n", word);
    if (strcmp(word, "state") == 0)
        fprintf(stderr, "Use state list or state show ADDRESS.\n");
    else if (strcmp(word, "template") == 0)
        fprintf(stderr, "Use template list or template rollback NAME.\n");
    else if (near != NULL)
        fprintf(stderr, "Did you mean %s?\n", near);
    fprintf(stderr, "Try: gridform --help\n");
    return EXIT_USAGE;
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
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "gridform: cannot write the output\n");
        return code == EXIT_OK ? EXIT_USAGE : code;
    }
    return code;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file size limit is an error like a full disk */
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        commands_print_help();
        return argc < 2 ? EXIT_USAGE : EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0)
        return run_command(&command_version, 0, argv + argc);
    const struct command *command;
    int used = find_command(argc - 1, argv + 1, &command);
    if (used == 0)
        return unknown_command(argv[1]);
    return run_command(command, argc - 1 - used, argv + 1 + used);
}
