/* esxi_command.c: finding a command by its name, builtins, record and faults. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "esxi_shell.h"
#include "num.h"
#include "world_internal.h"

/* ---- waiting ------------------------------------------------------------------------------
 */

static bool still_there(struct shell_run *run)
{
    return run->host->state == HOST_CONNECTED && !run->lab->stopping;
}

static void nap(void)
{
    struct timespec time = {0, 2000000};
    nanosleep(&time, NULL);
}

bool shell_wait_ms(struct shell_run *run, int64_t simulated_ms)
{
    lab_lock(run->lab);
    int64_t until = world_now(run->lab->world) + simulated_ms;
    bool there;
    while ((there = still_there(run)) && world_now(run->lab->world) < until) {
        lab_unlock(run->lab);
        nap();
        lab_lock(run->lab);
    }
    lab_unlock(run->lab);
    return there;
}

bool shell_wait_task(struct shell_run *run, const struct task *task)
{
    lab_lock(run->lab);
    bool there;
    while ((there = still_there(run)) && task->state <= TASK_RUNNING) {
        lab_unlock(run->lab);
        nap();
        lab_lock(run->lab);
    }
    lab_unlock(run->lab);
    return there;
}

/* ---- small commands -----------------------------------------------------------------------
 */

static int run_echo(struct shell_run *run, char **words, size_t n)
{
    for (size_t i = 1; i < n; i++)
        strbuf_addf(&run->out, "%s%s", i > 1 ? " " : "", words[i]);
    strbuf_add_char(&run->out, '\n');
    return 0;
}

static int run_true(struct shell_run *run, char **words, size_t n)
{
    (void)run, (void)words, (void)n;
    return 0;
}

static int run_false(struct shell_run *run, char **words, size_t n)
{
    (void)run, (void)words, (void)n;
    return 1;
}

static int run_exit(struct shell_run *run, char **words, size_t n)
{
    int64_t status = run->status;
    run->exited = true;
    if (n > 1 && num_i64(words[1], &status) < 0)
        status = 2;
    return (int)status & 255;
}

/* 6.5.0 build 5969303 is Update 1; from 7.0 on the version says it. */
unsigned esxi_update(const struct host *host)
{
    unsigned version = version_number(host->version);
    return version >= 70000 ? version % 100 : !strcmp(host->build, "5969303");
}

static int run_vmware(struct shell_run *run, char **words, size_t n)
{
    const struct host *host = run->host;
    lab_lock(run->lab);
    unsigned update = esxi_update(host);
    strbuf_addf(&run->out, "VMware ESXi %s build-%s\n", host->version, host->build);
    if (n > 1 && strchr(words[1], 'l')) {
        strbuf_addf(&run->out, "VMware ESXi %s", host->version);
        if (update)
            strbuf_addf(&run->out, " Update %u", update);
        strbuf_add(&run->out, update ? "\n" : " GA\n");
    }
    lab_unlock(run->lab);
    return 0;
}

static int run_xorg(struct shell_run *run, char **words, size_t n)
{
    const char *verb = n > 1 ? words[1] : "";
    lab_lock(run->lab);
    struct service *xorg = host_service(run->host, "xorg");
    bool starts = !strcmp(verb, "start") || !strcmp(verb, "restart");
    int status = 0;
    if (starts) {
        host_restart_xorg(run->host);
        strbuf_add(&run->out, "Getting Exclusive access, please wait...\n"
                              "Exclusive access granted.\n");
    } else if (!strcmp(verb, "stop")) {
        if (xorg)
            xorg->running = false;
    } else if (!strcmp(verb, "status")) {
        bool running = xorg && xorg->running;
        strbuf_addf(&run->out, "Xorg is %srunning\n", running ? "" : "not ");
        status = running ? 0 : 3;
    } else {
        strbuf_add(&run->out, "usage: xorg {start|stop|status|restart}\n");
        status = 1;
    }
    lab_unlock(run->lab);
    return status;
}

static int run_hostengine(struct shell_run *run, char **words, size_t n)
{
    (void)words, (void)n;
    lab_lock(run->lab);
    bool there = host_driver(run->host) != NULL;
    lab_unlock(run->lab);
    if (!there)
        strbuf_add(&run->err, "-sh: nv-hostengine: not found\n");
    return there ? 0 : 127;
}

/* The plain command does not look at maintenance mode (esxi-shell.md §4). */
static int run_reboot(struct shell_run *run, char **words, size_t n)
{
    struct task *task;
    struct fault fault;
    (void)words, (void)n;
    lab_lock(run->lab);
    int result = host_reboot(run->lab->world, run->host, true, run->user, &task, &fault);
    lab_unlock(run->lab);
    if (result < 0)
        strbuf_addf(&run->err, "reboot: %s\n", fault.message);
    return result < 0;
}

/* ---- table, record, faults ------------------------------------------------------------------
 */

static const struct command {
    const char *name;
    int (*run)(struct shell_run *, char **, size_t);
    bool builtin; /* does not touch the host: not recorded, no faults */
    bool changing;
} commands[] = {
    {"esxcli", esxcli_command, false, false},
    {"nvidia-smi", nvidia_smi_command, false, false},
    {"vmware", run_vmware, false, false},
    {"/etc/init.d/xorg", run_xorg, false, true},
    {"nv-hostengine", run_hostengine, false, false},
    {"reboot", run_reboot, false, true},
    {"echo", run_echo, true, false},
    {"true", run_true, true, false},
    {":", run_true, true, false},
    {"false", run_false, true, false},
    {"exit", run_exit, true, false},
};

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (!strcmp(commands[i].name, name))
            return &commands[i];
    }
    return NULL;
}

/* The first words: of esxcli its namespaces, of others the name and the first argument. */
static struct lab_call describe(struct shell_run *run, const struct command *command,
                                char **words, size_t n)
{
    struct strbuf operation, line;
    strbuf_init(&operation, SHELL_LINE_MAX);
    strbuf_init(&line, SHELL_LINE_MAX);
    bool changing = command->changing;
    if (command->run == esxcli_command) {
        changing = esxcli_is_changing(words, n, &operation);
    } else {
        strbuf_addf(&operation, "%s%s%.*s", words[0], n > 1 ? " " : "",
                    n > 1 ? (int)strcspn(words[1], "=") : 0, n > 1 ? words[1] : "");
    }
    if (command->run == nvidia_smi_command)
        changing = nvidia_smi_is_changing(words, n);
    if (command->run == run_xorg && n > 1 && !strcmp(words[1], "status"))
        changing = false;
    for (size_t i = 0; i < n; i++)
        strbuf_addf(&line, "%s%s", i ? " " : "", words[i]);
    struct lab_call call = {.system = SYSTEM_SHELL,
                            .operation = arena_strdup(run->arena, strbuf_str(&operation)),
                            .object = run->host->name,
                            .user = run->user,
                            .detail = arena_strdup(run->arena, strbuf_str(&line)),
                            .changing = changing};
    strbuf_release(&operation);
    strbuf_release(&line);
    return call;
}

static void delay(int milliseconds)
{
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
    nanosleep(&time, NULL);
}

/* Plays a fault that replaces the command; true when it did. */
static bool replaced(struct shell_run *run, const struct lab_fault *fault)
{
    switch (fault->kind) {
    case FAULT_DROP_BEFORE:
    case FAULT_EXPIRE:
        run->dropped = true;
        return true;
    case FAULT_STATUS:
    case FAULT_ERROR_TEXT:
        strbuf_addf(&run->out, "%s\n", fault->text ? fault->text : "");
        run->status = fault->kind == FAULT_STATUS ? fault->status : 1;
        return true;
    case FAULT_DELAY:
        delay(fault->milliseconds);
        return false;
    case FAULT_NONE:
    case FAULT_DROP_AFTER:
    case FAULT_TRUNCATE:
    case FAULT_KIND_COUNT:
        break;
    }
    return false;
}

static void run_recorded(struct shell_run *run, const struct command *command, char **words,
                         size_t n)
{
    struct lab_call call = describe(run, command, words, n);
    size_t out = strbuf_len(&run->out);
    lab_call_begin(run->lab, &call);
    lab_lock(run->lab);
    run->dropped = !still_there(run);
    lab_unlock(run->lab);
    if (!run->dropped && !replaced(run, &call.fault))
        run->status = command->run(run, words, n);
    size_t printed = strbuf_len(&run->out) - out;
    if (call.fault.kind == FAULT_TRUNCATE)
        strbuf_truncate(&run->out, out + printed / 2);
    if (call.fault.kind == FAULT_DROP_AFTER || call.fault.kind == FAULT_TRUNCATE)
        run->dropped = true;
    if (!lab_call_end(run->lab, &call))
        run->dropped = true;
    if (run->dropped && call.fault.kind != FAULT_TRUNCATE)
        strbuf_truncate(&run->out, out);
}

void shell_command(struct shell_run *run, char **words, size_t n)
{
    const struct command *command = find(words[0]);
    if (!command) {
        strbuf_addf(&run->err, "-sh: %s: not found\n", words[0]);
        run->status = 127;
    } else if (command->builtin) {
        run->status = command->run(run, words, n);
    } else {
        run_recorded(run, command, words, n);
    }
}
