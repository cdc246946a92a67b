/* task.c: waiting: for tasks, for objects, between looks (vsphere-api.md §5).
 *
 * Tasks are polled: one small read per look, from often to the poll interval, which also keeps
 * the session alive. A task outlives the session that started it, so a login in the middle of
 * a wait does no harm.
 */
#include "vsphere.h"

#include <stdarg.h>
#include <string.h>

#include "arena.h"
#include "vec.h"

enum { FIRST_PAUSE_MS = 100, SILENT_LOOKS = 10, SETTLE_MS = 600000 };

struct pause pause_until(const struct vc *vc, int64_t timeout_ms)
{
    int64_t now = vc->env->now_ms(vc->env->context);
    return (struct pause){.deadline_ms = timeout_ms <= 0 ? 0 : now + timeout_ms,
                          .next_ms = FIRST_PAUSE_MS};
}

int pause_next(struct vc *vc, struct pause *pause, struct err *err)
{
    const struct op_env *env = vc->env;
    int64_t most = vc->session->poll_ms, now = env->now_ms(env->context);
    if (env->cancelled != NULL && env->cancelled(env->context))
        return err_set(err, ERR_CANCELLED, "interrupted");
    if (pause->deadline_ms > 0 && now >= pause->deadline_ms)
        return err_set(err, ERR_TIMEOUT, "the time is up");
    int64_t ms = pause->next_ms < most ? pause->next_ms : most;
    if (pause->deadline_ms > 0 && ms > pause->deadline_ms - now)
        ms = pause->deadline_ms - now;
    if (pause->next_ms < most)
        pause->next_ms *= 2;
    if (env->sleep_ms(env->context, ms) < 0)
        return err_set(err, ERR_CANCELLED, "interrupted");
    return 0;
}

void vc_progress(const struct vc *vc, int percent, const char *format, ...)
{
    if (vc->env->emit == NULL)
        return;
    va_list args;
    va_start(args, format);
    const char *text = arena_vprintf(vc->arena, format, args);
    va_end(args);
    const struct event event = {EVENT_STEP_PROGRESS, vc->address, vc->op, text, percent};
    vc->env->emit(vc->env->context, &event);
}

/* ---- tasks ---- */

static const char *const task_paths[] = {"info.state",  "info.progress",   "info.error",
                                         "info.result", "info.cancelable", NULL};

static void cancel_task(struct vc *vc, const char *task, const struct xml_node *info)
{
    struct err ignored;
    struct soap_reply reply;
    if (!props_true(info, "info.cancelable"))
        return;
    CLEANUP(wire_release) struct wire wire;
    wire_cancel_task(&wire, task);
    if (session_call(vc, &wire, &reply, &ignored) < 0)
        err_clear(&ignored);
}

static int fail_task(struct vc *vc, const struct xml_node *info, struct err *err)
{
    const struct xml_node *error = props_get(info, "info.error");
    if (error == NULL)
        return err_set(err, ERR_INVALID, "the task failed and does not say why");
    soap_fault_decode(error, vc->session->secrets, vc->arena, &vc->fault);
    soap_fault_err(&vc->fault, err);
    if (err->code != ERR_CANCELLED)
        return -1;
    err->code = ERR_CONFLICT; /* not by us: this wait would have ended otherwise */
    return err_wrap(err, "somebody else cancelled the task");
}

/* A read that fails for a passing reason says nothing about the task: *silent counts them.
 * Once it is known that nobody can tell any more, the outcome is uncertain. */
static int look_at_task(struct vc *vc, const char *task, unsigned *silent,
                        const struct xml_node **ret_info, struct err *err)
{
    *ret_info = NULL;
    if (props_read(vc, (struct ref){"Task", task}, task_paths, ret_info, err) == 0) {
        *silent = 0;
        return 0;
    }
    if (err->code == ERR_CANCELLED)
        return -1;
    if (err_is_transient(err->code) && ++*silent < SILENT_LOOKS)
        return 0;
    err->code = ERR_UNCERTAIN; /* a finished task vanishes after some minutes */
    return err_wrap(err, "how %s ended is not known", task);
}

static void report(const struct vc *vc, const struct xml_node *info, int32_t *shown)
{
    int32_t percent = -1;
    if (xml_i32(props_get(info, "info.progress"), &percent) < 0 || percent == *shown)
        return;
    *shown = percent;
    vc_progress(vc, percent, "%d%%", (int)percent);
}

int task_wait(struct vc *vc, const char *task, int64_t timeout_ms,
              const struct xml_node **ret_result, struct err *err)
{
    struct pause pause = pause_until(vc, timeout_ms);
    const struct xml_node *info = NULL, *last = NULL;
    unsigned silent = 0;
    int32_t shown = -1;
    for (;;) {
        if (look_at_task(vc, task, &silent, &info, err) < 0) {
            cancel_task(vc, task, last);
            return -1;
        }
        const char *state = props_text(info, "info.state");
        if (state != NULL && strcmp(state, "success") == 0)
            break;
        if (state != NULL && strcmp(state, "error") == 0)
            return fail_task(vc, info, err);
        report(vc, info, &shown);
        last = info != NULL ? info : last;
        if (pause_next(vc, &pause, err) < 0) {
            cancel_task(vc, task, last);
            return -1;
        }
    }
    if (ret_result != NULL)
        *ret_result = props_get(info, "info.result");
    return 0;
}

int task_run(struct vc *vc, const struct task_run *run, const struct xml_node **ret_result,
             struct err *err)
{
    struct soap_reply reply;
    if (session_call(vc, run->wire, &reply, err) < 0)
        return -1;
    const char *task = xml_text_at(reply.response, "returnval");
    if (task == NULL || task[0] == '\0')
        return err_set(err, ERR_UNCERTAIN, "%s: the server named no task", run->wire->method);
    if (task_wait(vc, task, run->timeout_ms, ret_result, err) < 0)
        return err_wrap(err, "%s", run->wire->method);
    return 0;
}

/* ---- other people's tasks ---- */

static int is_running(struct vc *vc, const char *task, bool *ret_running, struct err *err)
{
    static const char *const paths[] = {"info.state", NULL};
    const struct xml_node *info;
    *ret_running = false;
    if (props_read(vc, (struct ref){"Task", task}, paths, &info, err) < 0)
        return err->code == ERR_NOT_FOUND ? 0 : -1;
    const char *state = props_text(info, "info.state");
    *ret_running =
        state != NULL && (strcmp(state, "running") == 0 || strcmp(state, "queued") == 0);
    return 0;
}

static int any_running(struct vc *vc, struct ref entity, bool *ret_running, struct err *err)
{
    static const char *const paths[] = {"recentTask", NULL};
    const struct xml_node *object;
    *ret_running = false;
    if (props_read(vc, entity, paths, &object, err) < 0)
        return err->code == ERR_NOT_FOUND ? 0 : -1;
    XML_EACH_CHILD(it, props_get(object, "recentTask"))
    {
        if (is_running(vc, it->text, ret_running, err) < 0)
            return -1;
        if (*ret_running)
            return 0;
    }
    return 0;
}

int task_settle(struct vc *vc, struct ref entity, int64_t timeout_ms, struct err *err)
{
    struct pause pause = pause_until(vc, timeout_ms);
    bool running = true;
    for (;;) {
        if (any_running(vc, entity, &running, err) < 0)
            return -1;
        if (!running)
            return 0;
        if (pause_next(vc, &pause, err) < 0)
            return err_wrap(err, "a task of %s is still running", entity.id);
    }
}

/* ---- changes with a look ---- */

static int act(struct vc *vc, const struct change_plan *plan, struct err *err)
{
    const struct task_run run = {plan->wire, plan->timeout_ms};
    struct soap_reply reply;
    return plan->task ? task_run(vc, &run, NULL, err)
                      : session_call(vc, plan->wire, &reply, err);
}

/* Did the change come about all the same? */
static bool came_about(struct vc *vc, const struct change_plan *plan)
{
    struct err ignored;
    bool reached = false;
    int64_t timeout_ms = plan->timeout_ms > 0 ? plan->timeout_ms : SETTLE_MS;
    if (plan->entity.id != NULL && task_settle(vc, plan->entity, timeout_ms, &ignored) < 0)
        return false;
    return plan->look(vc, plan->context, &reached, &ignored) == 0 && reached;
}

int change_make(struct vc *vc, const struct change_plan *plan, enum outcome_kind *ret_kind,
                struct err *err)
{
    bool reached = false;
    if (plan->look(vc, plan->context, &reached, err) < 0)
        return -1;
    *ret_kind = reached ? OUTCOME_UNCHANGED : OUTCOME_DONE;
    if (reached || act(vc, plan, err) == 0)
        return 0;
    bool doubtful =
        err->code == ERR_UNCERTAIN || err->code == ERR_CONFLICT || err->code == ERR_NOT_FOUND;
    return doubtful && came_about(vc, plan) ? 0 : -1;
}
