/* command.c: see command.h. */
#include "command.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.h"
#include "unit.h"

enum { OUTPUT_LIMIT = 4 << 20 };

static void become(const char *directory, const char *input, const char *const *words, int out)
{
    int in = open(input == NULL ? "/dev/null" : input, O_RDONLY);
    if (in < 0 || chdir(directory) < 0)
        _exit(126);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execvp(words[0], (char *const *)(uintptr_t)words);
    _exit(127);
}

static char *read_all(int fd)
{
    char *text = calloc(1, OUTPUT_LIMIT);
    size_t size = 0;
    assert_non_null(text);
    for (ssize_t n;
         size < OUTPUT_LIMIT - 1 && (n = read(fd, text + size, OUTPUT_LIMIT - 1 - size)) > 0;)
        size += (size_t)n;
    return text;
}

int command_run(const char *directory, const char *input, const char *const *words,
                char **ret_output)
{
    int out[2], status = 0;
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        become(directory, input, words, out[1]);
    close(out[1]);
    char *text = read_all(out[0]);
    close(out[0]);
    waitpid(pid, &status, 0);
    if (ret_output != NULL)
        *ret_output = text;
    else
        free(text);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

char *command_output(const char *directory, const char *const *words)
{
    char *text = NULL;
    int status = command_run(directory, NULL, words, &text);
    if (status != 0)
        fail_long("%s %s ended with %d:\n%s", words[0], words[1] == NULL ? "" : words[1],
                  status, text);
    size_t len = strlen(text);
    if (len > 0 && text[len - 1] == '\n')
        text[len - 1] = '\0';
    return text;
}

void command_must(const char *directory, const char *const *words)
{
    free(command_output(directory, words));
}

void command_isolate(const char *home)
{
    char config[300];
    setenv("HOME", home, 1);
    snprintf(config, sizeof(config), "%s/gitconfig", home);
    write_text(config, "[user]\nname = Ada Lovelace\nemail = ada@lab.local\n"
                       "[init]\ndefaultBranch = main\n[gpg]\nformat = ssh\n"
                       "[protocol \"file\"]\nallow = always\n[advice]\ndetachedHead = false\n");
    setenv("GIT_CONFIG_GLOBAL", config, 1);
    setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
    setenv("LC_ALL", "C", 1);
    unsetenv("GIT_DIR");
    unsetenv("GIT_WORK_TREE");
    unsetenv("SSH_AUTH_SOCK");
}

void make_ssh_key(const char *path, const char *type, const char *bits)
{
    MUST("/", "ssh-keygen", "-q", "-t", type, "-N", "", "-C", "a comment", "-f", path,
         bits == NULL ? NULL : "-b", bits);
}

char *signer_line(const char *path, const char *principal, const char *options)
{
    char *key = file_text("%s.pub", path), *line = NULL;
    assert_non_null(key);
    key[strcspn(key, "\n")] = '\0';
    assert_true(asprintf(&line, "%s %s%s\n", principal, options, key) > 0);
    free(key);
    return line;
}
