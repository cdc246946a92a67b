/* command.h: other programs, as judges and to make what is to be judged: git, ssh-keygen, gpg. */
#ifndef GF_TESTS_COMMAND_H
#define GF_TESTS_COMMAND_H

#include <stddef.h>

/* Run a program with its words in a directory, standard input from a file (NULL: none). Returns
 * its exit status; what it printed, both streams, goes to *ret_output (may be NULL; caller
 * frees). */
int command_run(const char *directory, const char *input, const char *const *words,
                char **ret_output);
#define COMMAND(directory, ...)                                                                \
    command_run((directory), NULL, (const char *const[]){__VA_ARGS__, NULL}, NULL)

/* The same for what must succeed: fails the test with its output. Returns what it printed,
 * without the last newline (caller frees). */
char *command_output(const char *directory, const char *const *words);
#define OUTPUT_OF(directory, ...)                                                              \
    command_output((directory), (const char *const[]){__VA_ARGS__, NULL})
void command_must(const char *directory, const char *const *words);
#define MUST(directory, ...) command_must((directory), (const char *const[]){__VA_ARGS__, NULL})

/* git and ssh-keygen see nothing of who runs the tests: HOME is this directory, and git's
 * settings are those of a made-up author. For this process and all that it starts. */
void command_isolate(const char *home);

/* A key of that type without a passphrase: PATH, PATH.pub. bits NULL: the usual ones. */
void make_ssh_key(const char *path, const char *type, const char *bits);
/* The key's line for a file of allowed signers: "PRINCIPAL OPTIONS TYPE BASE64\n" (caller
 * frees); options "" or with their blank. */
char *signer_line(const char *path, const char *principal, const char *options);

#endif
