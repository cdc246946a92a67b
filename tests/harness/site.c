/* site.c: see site.h. */
#include "site.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

#define GRID_DRIVER "NVIDIA-Linux-x86_64-384.73-grid.run"

enum { RUN_LIMIT_MS = 90000, WORDS_MAX = 160, OUTPUT_MAX = 32 << 20, SPEED = 6000 };

/* A test that fails jumps out and leaks: that is no finding worth a page of output. */
const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
    return "detect_leaks=0";
}

/* ---- life ---------------------------------------------------------------------------------
 */

static void write_overlay(const struct site *site)
{
    char *given = file_text("%s/overlay.yaml", site->lab.dir);
    FILE *file = fopen(site->overlay, "we");
    if (given == NULL || file == NULL)
        fail_long("no overlay");
    for (char *line = given, *next; *line != '\0'; line = next) {
        next = line + strcspn(line, "\n");
        next += *next == '\n';
        if (strstr(line, "poll_interval: 20ms") != NULL &&
            strstr(line, "poll_interval: 20ms") < next)
            fputs("    poll_interval: 10ms\n", file);
        else
            fprintf(file, "%.*s", (int)(next - line), line);
    }
    fclose(file);
    free(given);
}

/* Take the block under the key out: up to the next line that is indented no deeper. */
static void cut_block(char *text, const char *key)
{
    char *from = strstr(text, key);
    if (from == NULL)
        fail_long("no %s", key);
    size_t indent = strspn(key, " ");
    char *to = from;
    do {
        to += strcspn(to, "\n");
        to += *to == '\n';
    } while (*to != '\0' && *to != '\n' && strspn(to, " ") > indent);
    memmove(from, to, strlen(to) + 1);
}

void copy_example(const char *directory, bool guest)
{
    char path[300];
    copy_directory(EXAMPLE_TENSORFLOW, directory);
    if (guest) {
        snprintf(path, sizeof(path), "%s/files/" GRID_DRIVER, directory);
        copy_file(LAB_DOWNLOADS "/" GRID_DRIVER, path);
        return;
    }
    char *text = file_text("%s/service.yaml", directory);
    snprintf(path, sizeof(path), "%s/service.yaml", directory);
    if (text == NULL)
        fail_long("%s", path);
    cut_block(text, "    guest:\n");
    write_text(path, text);
    free(text);
}

void site_start(struct site *site, const struct site_options *options)
{
    static const struct site_options none;
    options = options == NULL ? &none : options;
    *site = (struct site){.speed = options->speed == 0 ? SPEED : options->speed};
    make_directory(site->dir, sizeof(site->dir), "site");
    snprintf(site->manifest, sizeof(site->manifest), "%s/manifest", site->dir);
    snprintf(site->state, sizeof(site->state), "%s/gridform.state", site->dir);
    snprintf(site->overlay, sizeof(site->overlay), "%s/overlay.yaml", site->dir);
    snprintf(site->world, sizeof(site->world), "%s",
             options->world == NULL ? LAB_REFERENCE : options->world);
    char runs[160];
    snprintf(runs, sizeof(runs), "%s/runs", site->dir);
    mkdir(runs, 0700);
    if (options->manifest == NULL)
        copy_example(site->manifest, options->guest);
    else
        copy_directory(options->manifest, site->manifest);
    lab_start(&site->lab, site->world, site->speed);
    write_overlay(site);
}

void site_stop(struct site *site)
{
    lab_stop(&site->lab);
    remove_directory(site->dir);
}

void site_fresh_lab(struct site *site)
{
    lab_pause(&site->lab);
    lab_start(&site->lab, site->world, site->speed);
    write_overlay(site);
}

void site_lose_state(const struct site *site)
{
    static const char *const ends[] = {"", ".journal", ".backup", ".lock"};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        char path[200];
        snprintf(path, sizeof(path), "%s%s", site->state, ends[i]);
        unlink(path);
    }
}

/* ---- running ------------------------------------------------------------------------------
 */

static bool is_one_of(const char *word, const char *const *list)
{
    for (; *list != NULL; list++)
        if (strcmp(word, *list) == 0)
            return true;
    return false;
}

static void fill_words(const struct site *site, const char *const *words, const char **argv)
{
    static const char *const files[] = {"validate", "plan",  "apply", "drift",
                                        "show",     "graph", "template", "snapshot", NULL};
    static const char *const states[] = {"plan", "apply",    "drift", "show",
                                         "state", "template", "snapshot", NULL};
    size_t n = 0;
    argv[n++] = "gridform";
    argv[n++] = words[0];
    size_t from = 1;
    bool two = strcmp(words[0], "state") == 0 || strcmp(words[0], "template") == 0;
    if (two && words[1] != NULL)
        argv[n++] = words[from++];
    if (is_one_of(words[0], files)) {
        argv[n++] = "--chdir";
        argv[n++] = site->manifest;
        argv[n++] = "--overlay";
        argv[n++] = site->overlay;
    }
    if (is_one_of(words[0], states)) {
        argv[n++] = "--state";
        argv[n++] = site->state;
    }
    for (; words[from] != NULL && n < WORDS_MAX - 1; from++)
        argv[n++] = words[from];
    argv[n] = NULL;
}

static int open_output(const struct site *site, unsigned number, const char *end)
{
    char path[200];
    snprintf(path, sizeof(path), "%s/runs/%05u.%s", site->dir, number, end);
    return open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
}

static bool copy_some(int from, int to)
{
    char block[4096];
    ssize_t n = read(from, block, sizeof(block));
    return n > 0 && write(to, block, (size_t)n) == n;
}

/* The limit on files must not cut the output: the program goes on in a child whose output this
 * process writes down. */
static void pass_output_on(void)
{
    int out[2], err[2], status = 0;
    if (pipe(out) < 0 || pipe(err) < 0)
        _exit(126);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(out[1], STDOUT_FILENO);
        dup2(err[1], STDERR_FILENO);
        return;
    }
    close(out[1]);
    close(err[1]);
    struct pollfd fds[] = {{.fd = out[0], .events = POLLIN}, {.fd = err[0], .events = POLLIN}};
    while ((fds[0].fd >= 0 || fds[1].fd >= 0) && poll(fds, 2, -1) > 0)
        for (int i = 0; i < 2; i++)
            if (fds[i].revents != 0 && !copy_some(fds[i].fd, STDOUT_FILENO + i))
                fds[i].fd = -1;
    waitpid(pid, &status, 0);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 125);
}

static void exec_program(const struct site *site, unsigned number, const char *const *argv)
{
    int in = open("/dev/null", O_RDONLY);
    dup2(in, STDIN_FILENO);
    dup2(open_output(site, number, "out"), STDOUT_FILENO);
    dup2(open_output(site, number, "err"), STDERR_FILENO);
    setenv("VSPHERE_PASSWORD", "lab-vsphere-secret", 1);
    setenv("ESXI_PASSWORD", "lab-esxi-secret", 1);
    setenv("VRA_PASSWORD", "lab-vra-secret", 1);
    setenv("GUEST_PASSWORD", "lab-guest-secret", 1);
    setenv("ASAN_OPTIONS", "exitcode=99", 1); /* 1 is an exit code of the program */
    setenv("LSAN_OPTIONS", "exitcode=99", 1);
    setenv("UBSAN_OPTIONS", "exitcode=99:print_stacktrace=1", 1);
    setenv("NO_COLOR", "1", 1);
    for (size_t i = 0; site->env[i] != NULL; i++)
        putenv((char *)(uintptr_t)site->env[i]);
    if (site->file_size > 0) {
        const struct rlimit limit = {(rlim_t)site->file_size, (rlim_t)site->file_size};
        pass_output_on();
        setrlimit(RLIMIT_FSIZE, &limit);
        signal(SIGXFSZ, SIG_IGN); /* writes fail with EFBIG, as they do on a full disk */
    }
    execv(GRIDFORM_PROGRAM, (char *const *)(uintptr_t)argv);
    _exit(127);
}

struct child site_launch(struct site *site, const char *const *words)
{
    const char *argv[WORDS_MAX];
    struct child started = {.number = ++site->n_runs};
    for (size_t i = 0, at = 0; words[i] != NULL && at < sizeof(started.what); i++)
        at += (size_t)snprintf(started.what + at, sizeof(started.what) - at, "%s%s",
                               i == 0 ? "" : " ", words[i]);
    fill_words(site, words, argv);
    started.pid = fork();
    if (started.pid == 0)
        exec_program(site, started.number, argv);
    if (started.pid < 0)
        fail_long("fork: %s", strerror(errno));
    return started;
}

void site_kill(const struct child *child)
{
    kill(child->pid, SIGKILL);
    waitpid(child->pid, NULL, 0);
}

bool site_has_ended(const struct child *child)
{
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == child->pid;
}

static struct run *read_run(const struct site *site, const struct child *child, int status)
{
    struct run *run = calloc(1, sizeof(*run));
    *run = (struct run){.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1};
    snprintf(run->what, sizeof(run->what), "%s", child->what);
    run->out = file_text("%s/runs/%05u.out", site->dir, child->number);
    run->err = file_text("%s/runs/%05u.err", site->dir, child->number);
    if (run->out == NULL || run->err == NULL)
        fail_long("%s: its output is gone", child->what);
    if (strlen(run->out) > OUTPUT_MAX || strlen(run->err) > OUTPUT_MAX)
        fail_long("%s: endless output", child->what);
    if (run->status == 99 || strstr(run->err, "runtime error:") != NULL ||
        strstr(run->err, "Sanitizer") != NULL)
        fail_long("gridform %s: a finding of the sanitizer:\n%s", run->what, run->err);
    if (!WIFEXITED(status))
        fail_long("gridform %s: ended by signal %d\n%s\n%s", run->what, WTERMSIG(status),
                  run->out, run->err);
    return run;
}

struct run *site_finish(struct site *site, const struct child *child)
{
    int status = 0;
    int64_t until = clock_ms() + RUN_LIMIT_MS;
    while (waitpid(child->pid, &status, WNOHANG) == 0) {
        if (clock_ms() > until) {
            site_kill(child);
            char *out = file_text("%s/runs/%05u.out", site->dir, child->number);
            char *err = file_text("%s/runs/%05u.err", site->dir, child->number);
            fail_long("gridform %s: does not end\n%s\n%s", child->what, out, err);
        }
        pause_ms(1);
    }
    return read_run(site, child, status);
}

void site_await_output(const struct site *site, const struct child *child, const char *text)
{
    int64_t until = clock_ms() + RUN_LIMIT_MS;
    for (bool found = false; !found;) {
        char *out = file_text("%s/runs/%05u.out", site->dir, child->number);
        found = strstr(out, text) != NULL;
        if (!found && clock_ms() > until)
            fail_long("gridform %s does not print: %s\n%s", child->what, text, out);
        free(out);
        pause_ms(5);
    }
}

struct run *site_run(struct site *site, const char *const *words)
{
    struct child child = site_launch(site, words);
    return site_finish(site, &child);
}

/* ---- results ------------------------------------------------------------------------------
 */

struct run *run_expect(struct run *run, int status)
{
    if (run->status != status)
        fail_long(
            "gridform %s: exit %d, expected %d\n--- stdout\n%.12000s\n--- stderr\n%.6000s",
            run->what, run->status, status, run->out, run->err);
    return run;
}

static bool has_text(const struct run *run, const char *text)
{
    return strstr(run->out, text) != NULL || strstr(run->err, text) != NULL;
}

void run_says(const struct run *run, const char *text)
{
    if (!has_text(run, text))
        fail_long("gridform %s does not say: %s\n--- stdout\n%.6000s\n--- stderr\n%.6000s",
                  run->what, text, run->out, run->err);
}

void run_says_not(const struct run *run, const char *text)
{
    if (has_text(run, text))
        fail_long("gridform %s says: %s\n--- stdout\n%.6000s\n--- stderr\n%.6000s", run->what,
                  text, run->out, run->err);
}

json_t *run_json(const struct run *run)
{
    return json_parse(run->out);
}

void run_free(struct run *run)
{
    free(run->out);
    free(run->err);
    free(run);
}

void site_converge(struct site *site)
{
    GRIDFORM_EXPECT(site, 0, "apply", "--yes");
    GRIDFORM_EXPECT(site, 0, "plan", "--detailed-exitcode");
}

const json_t *plan_change(const json_t *plan, const char *address)
{
    size_t i;
    json_t *change;
    json_array_foreach(json_object_get(plan, "changes"), i,
                       change) if (strcmp(json_text_at(change, "address"), address) ==
                                   0) return change;
    return NULL;
}
