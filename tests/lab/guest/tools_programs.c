/* tools_programs.c: programs of the guest: start, end, limits. */
#include "tools.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CPU_LIMIT_S = 60, FILES_LIMIT = 256, INODES_MAX = 100000 };
enum { LIMIT_PROCESSES = 1, LIMIT_DISK = 2, LIMIT_FILES = 4 };
#define MEMORY_LIMIT ((rlim_t)128 << 20)

static char *const environment[] = {
    (char *)"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    (char *)"HOME=/root",
    (char *)"USER=root",
    (char *)"LOGNAME=root",
    (char *)"SHELL=/bin/bash",
    (char *)"LANG=C.UTF-8",
    NULL};

static long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec;
}

static void rest(int milliseconds)
{
    poll(NULL, 0, milliseconds);
}

static void set_limit(int what, rlim_t value)
{
    struct rlimit limit = {value, value};
    setrlimit((__rlimit_resource_t)what, &limit);
}

/* In the child: everything that a program may not inherit from the first process. */
static void become_program(const struct tools *tools, int in, int out)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setsid();
    dup2(in, 0);
    dup2(out, 1);
    dup2(out, 2);
    set_limit(RLIMIT_NPROC, (rlim_t)tools->process_limit);
    set_limit(RLIMIT_AS, MEMORY_LIMIT);
    set_limit(RLIMIT_CPU, CPU_LIMIT_S);
    set_limit(RLIMIT_NOFILE, FILES_LIMIT);
    set_limit(RLIMIT_CORE, 0);
    set_limit(RLIMIT_MEMLOCK, 0);
}

/* ---- programs ------------------------------------------------------------------------- */

static int check_program(const char *directory, const char *program)
{
    struct stat info;
    if (stat(program, &info) < 0 || stat(directory, &info) < 0)
        return errno;
    if (!S_ISDIR(info.st_mode))
        return ENOTDIR;
    if (stat(program, &info) == 0 && S_ISREG(info.st_mode) && (info.st_mode & 0111) != 0)
        return 0;
    return EACCES;
}

/* Through the shell, as Tools do on Linux (vsphere-api.md §9). */
static void exec_program(const struct tools *tools, const struct request *request,
                         const char *directory)
{
    char *line = NULL;
    bool own = strcmp(request_string(request, 3), "env") == 0;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (chdir(directory) < 0 || null < 0 ||
        asprintf(&line, "\"%s\" %s", request->strings[1], request->strings[2]) < 0)
        _exit(126);
    become_program(tools, null, null);
    char *argv[] = {(char *)"sh", (char *)"-c", line, NULL};
    execve("/bin/sh", argv, own ? (char *const *)request->strings + 4 : environment);
    _exit(127);
}

int program_start(struct tools *tools, const struct request *request, struct answer *answer)
{
    char text[32];
    size_t slot = 0;
    if (request->n_strings < 4)
        return EINVAL;
    const char *directory = *request->strings[0] == '\0' ? "/root" : request->strings[0];
    int status = check_program(directory, request->strings[1]);
    if (status != 0)
        return status;
    while (slot < PROGRAMS_MAX && tools->programs[slot] != 0)
        slot++;
    if (slot == PROGRAMS_MAX)
        return EAGAIN;
    pid_t pid = fork();
    if (pid < 0)
        return errno;
    if (pid == 0)
        exec_program(tools, request, directory);
    tools->programs[slot] = pid;
    tools->deadline = now() + tools->time_limit;
    snprintf(text, sizeof(text), "%d", (int)pid);
    bytes_text(&answer->text, text);
    return 0;
}

int program_kill(struct tools *tools, const struct request *request)
{
    long pid = strtol(request_string(request, 0), NULL, 10);
    (void)tools;
    if (pid == 1)
        return EPERM;
    if (pid < 1 || kill((pid_t)pid, SIGKILL) < 0)
        return ESRCH;
    return 0;
}

static void program_ended(struct tools *tools, pid_t pid, int status)
{
    for (size_t i = 0; i < PROGRAMS_MAX; i++) {
        if (tools->programs[i] != pid)
            continue;
        tools->programs[i] = 0;
        notice("exit %d %d", (int)pid,
               WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    }
}

void programs_reap(struct tools *tools)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        program_ended(tools, pid, status);
    if (pid < 0 && errno == ECHILD)
        tools->deadline = 0;
}

/* A fork bomb refills the table while it is being killed: again until nothing is left. */
void programs_end(struct tools *tools)
{
    kill(-1, SIGTERM);
    for (int i = 0; i < 10 && waitpid(-1, NULL, WNOHANG) >= 0; i++)
        rest(10);
    memset(tools->programs, 0, sizeof(tools->programs));
    while (kill(-1, SIGKILL) == 0)
        while (waitpid(-1, NULL, WNOHANG) > 0)
            continue;
    tools->deadline = 0;
}

/* ---- limits --------------------------------------------------------------------------- */

static long count_processes(void)
{
    long n = 0;
    DIR *dir = opendir("/proc");
    for (struct dirent *it = dir == NULL ? NULL : readdir(dir); it != NULL; it = readdir(dir))
        n += it->d_name[0] >= '0' && it->d_name[0] <= '9';
    if (dir != NULL)
        closedir(dir);
    return n;
}

static void note(struct tools *tools, unsigned limit, const char *word)
{
    if (tools->noted & limit)
        return;
    tools->noted |= limit;
    notice("limit %s", word);
}

static void kill_all(struct tools *tools, const char *word)
{
    notice("limit %s", word);
    while (kill(-1, SIGKILL) == 0)
        programs_reap(tools);
}

void limits_check(struct tools *tools)
{
    struct statvfs disk;
    if (tools->deadline == 0)
        return;
    if (count_processes() > tools->process_limit * 3 / 4) /* a bomb comes and goes below it */
        note(tools, LIMIT_PROCESSES, "processes");
    if (statvfs("/", &disk) == 0) {
        if (disk.f_bavail == 0)
            note(tools, LIMIT_DISK, "disk");
        if (disk.f_files - disk.f_ffree > INODES_MAX)
            kill_all(tools, "files");
    }
    if (tools->deadline != 0 && now() >= tools->deadline)
        kill_all(tools, "time");
}

/* ---- busybox, for the first process itself --------------------------------------------- */

static void feed(int fd, const struct request *input)
{
    size_t left = input == NULL ? 0 : input->data_size;
    const char *data = input == NULL ? NULL : input->data;
    while (left > 0) {
        ssize_t n = write(fd, data, left);
        if (n < 0 && errno != EINTR)
            break;
        if (n > 0) {
            data += n;
            left -= (size_t)n;
        }
    }
}

static void drain(int fd, struct bytes *out)
{
    char buffer[65536];
    ssize_t n;
    while ((n = read(fd, buffer, sizeof(buffer))) > 0 || (n < 0 && errno == EINTR))
        if (n > 0 && out != NULL && out->size + (size_t)n <= WIRE_DATA_MAX)
            bytes_add(out, buffer, (size_t)n);
}

static void exec_busybox(const struct tools *tools, const char *const *argv, int in, int out)
{
    become_program(tools, in, out);
    syscall(SYS_execveat, tools->busybox, "", argv, environment, 0x1000 /* AT_EMPTY_PATH */);
    _exit(127);
}

int busybox_run(struct tools *tools, const char *const *argv, const struct request *input,
                struct bytes *out)
{
    int in[2], from[2], status = -1;
    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0)
        return errno;
    pid_t pid = fork();
    if (pid == 0)
        exec_busybox(tools, argv, in[0], from[1]);
    close(in[0]);
    close(from[1]);
    if (pid > 0) {
        feed(in[1], input);
        close(in[1]);
        drain(from[0], out);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            continue;
    } else {
        close(in[1]);
    }
    close(from[0]);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : EIO;
}
