/* step_reboot.c: a host reboots and comes back (vsphere-api.md §6.5).
 *
 * Done means: connected again, with a newer boot time than before the call. The task itself
 * ends early and tells nothing. There is no looking first: whether a reboot is needed is the
 * planner's to know. A lost answer is settled by watching whether the host goes away.
 */
#include <string.h>

#include "step_common.h"

enum {
    SIGN_MS = 180000 /* a host that was told to reboot is gone by then */
};

struct reboot {
    struct ref host;
    int64_t booted_us; /* before the call */
    bool doubtful;     /* nobody confirmed that the call arrived */
    bool away;         /* it has been seen to be gone */
};

struct host_look {
    const char *connection;
    int64_t booted_us;
    bool known;
};

static int look(struct vc *vc, struct ref host, struct host_look *ret, struct err *err)
{
    static const char *const paths[] = {"runtime.connectionState", "runtime.bootTime", NULL};
    const struct xml_node *object;
    if (props_read(vc, host, paths, &object, err) < 0)
        return -1;
    ret->connection = props_text(object, "runtime.connectionState");
    ret->known = datetime_parse(props_text(object, "runtime.bootTime"), &ret->booted_us) == 0;
    return 0;
}

static bool is_connected(const struct host_look *seen)
{
    return seen->connection != NULL && strcmp(seen->connection, "connected") == 0;
}

/* One look at the host: has it come back? */
static int look_back(struct vc *vc, struct reboot *reboot, bool *ret_back, struct err *err)
{
    struct host_look seen = {0};
    *ret_back = false;
    if (look(vc, reboot->host, &seen, err) < 0)
        return err_is_transient(err->code) ? 0 : -1;
    /* The clock may have been set back on the way: then the time is another, and older. */
    bool newer = seen.known && (seen.booted_us > reboot->booted_us ||
                                (reboot->away && seen.booted_us != reboot->booted_us));
    if (!is_connected(&seen) && !reboot->away) {
        reboot->away = true;
        vc_progress(vc, -1, "host is %s", seen.connection == NULL ? "away" : seen.connection);
    }
    reboot->doubtful = reboot->doubtful && !newer && !reboot->away;
    *ret_back = newer && is_connected(&seen);
    return 0;
}

static int await_back(struct vc *vc, struct reboot *reboot, int64_t timeout_ms, struct err *err)
{
    struct pause pause = pause_until(vc, timeout_ms);
    int64_t start = vc->env->now_ms(vc->env->context);
    struct err lost = {0}; /* why it is doubtful */
    bool back = false;
    if (reboot->doubtful)
        lost = *err;
    for (;;) {
        if (look_back(vc, reboot, &back, err) < 0)
            return -1;
        if (back)
            return 0;
        if (reboot->doubtful && vc->env->now_ms(vc->env->context) - start > SIGN_MS) {
            *err = lost;
            return -1;
        }
        if (pause_next(vc, &pause, err) < 0)
            return err_wrap(err, reboot->away ? "the host went away and has not come back"
                                              : "the host has not rebooted");
    }
}

int step_reboot(struct vc *vc, const struct step_call *call, struct outcome *outcome,
                struct err *err)
{
    struct reboot reboot = {0};
    struct host_look before = {0};
    int64_t timeout_ms = value_get_int(call->step->args, "timeout", 1800000);
    if (step_host(vc, call, &reboot.host, err) < 0 || look(vc, reboot.host, &before, err) < 0)
        return -1;
    if (!is_connected(&before) || !before.known)
        return err_set(err, ERR_CONFLICT, "the host is not connected: it cannot be rebooted");
    reboot.booted_us = before.booted_us;
    CLEANUP(wire_release) struct wire wire;
    wire_reboot(&wire, reboot.host);
    const struct task_run run = {&wire, timeout_ms};
    outcome->kind = OUTCOME_DONE;
    if (task_run(vc, &run, NULL, err) < 0) {
        /* The host may drop the connection before the task is reported as done. */
        if (err->code != ERR_UNCERTAIN && err->code != ERR_UNREACHABLE)
            return -1;
        reboot.doubtful = true;
    }
    return await_back(vc, &reboot, timeout_ms, err);
}
