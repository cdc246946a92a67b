/* lab.c: the lock, the record of calls, injected faults, and holding a reply. */
#include "lab.h"

#include <string.h>

#include "lab_internal.h"

#define N_CALLS_MAX 1000000

void lab_lock(struct lab *lab)
{
    pthread_mutex_lock(&lab->lock);
    world_tick(lab->world);
}

void lab_unlock(struct lab *lab)
{
    pthread_mutex_unlock(&lab->lock);
}

const char *const lab_system_names[SYSTEM_COUNT] = {
    [SYSTEM_VCENTER] = "vcenter", [SYSTEM_SHELL] = "shell", [SYSTEM_VRA] = "vra"};

const char *const lab_fault_names[FAULT_KIND_COUNT] = {[FAULT_NONE] = "none",
                                                       [FAULT_DROP_BEFORE] = "drop_before",
                                                       [FAULT_DROP_AFTER] = "drop_after",
                                                       [FAULT_DELAY] = "delay",
                                                       [FAULT_STATUS] = "status",
                                                       [FAULT_TRUNCATE] = "truncate",
                                                       [FAULT_EXPIRE] = "expire",
                                                       [FAULT_ERROR_TEXT] = "error_text"};

static bool applies(const struct lab_fault *fault, const struct lab_call *call)
{
    return fault->times > 0 && fault->system == call->system &&
           (!fault->operation || !strcmp(fault->operation, "*") ||
            !strcmp(fault->operation, call->operation));
}

static struct lab_fault take_fault(struct lab *lab, const struct lab_call *call)
{
    VEC_EACH (struct lab_fault, it, lab->faults) {
        if (!applies(it, call))
            continue;
        if (it->skip > 0) {
            it->skip--;
            continue;
        }
        it->times--;
        return *it;
    }
    return (struct lab_fault){0};
}

static void record(struct lab *lab, const struct lab_call *call)
{
    if (lab->calls.n >= N_CALLS_MAX)
        return;
    json_t *entry = json_pack("{s:i, s:s, s:s, s:s?, s:b, s:s?, s:s?, s:s}", "seq",
                              (int)call->seq, "system", lab_system_names[call->system],
                              "operation", call->operation, "object", call->object, "changing",
                              call->changing, "user", call->user, "detail", call->detail,
                              "time", world_time_text(lab->world, world_now(lab->world)));
    if (entry)
        VEC_PUSH(lab->world->arena, &lab->calls, entry);
}

void lab_call_begin(struct lab *lab, struct lab_call *call)
{
    lab_lock(lab);
    call->seq = (unsigned)lab->calls.n + 1;
    call->fault = take_fault(lab, call);
    record(lab, call);
    world_vra_check(lab->world);
    lab_unlock(lab);
}

bool lab_call_end(struct lab *lab, struct lab_call *call)
{
    bool answer = true;
    if (!call->changing)
        return true;
    lab_lock(lab);
    if (++lab->n_changing == lab->hold_at && lab->hold_at) {
        lab->hold_at = 0;
        lab->held = true;
        lab->released = false;
        pthread_cond_broadcast(&lab->changed);
        while (!lab->released && !lab->stopping)
            pthread_cond_wait(&lab->changed, &lab->lock);
        answer = lab->released && lab->release_answers;
        lab->held = false;
    }
    lab_unlock(lab);
    return answer;
}

void lab_clear_calls(struct lab *lab)
{
    VEC_EACH (json_t *, it, lab->calls)
        json_decref(*it);
    lab->calls.n = 0;
}

void lab_init(struct lab *lab, struct world *world, const char *dir)
{
    pthread_condattr_t attr;
    *lab = (struct lab){.world = world, .dir = dir};
    pthread_mutex_init(&lab->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&lab->changed, &attr);
    pthread_condattr_destroy(&attr);
}

void lab_stop(struct lab *lab)
{
    pthread_mutex_lock(&lab->lock);
    lab->stopping = true;
    pthread_cond_broadcast(&lab->changed);
    pthread_mutex_unlock(&lab->lock);
}

void lab_release(struct lab *lab)
{
    lab_clear_calls(lab);
    pthread_cond_destroy(&lab->changed);
    pthread_mutex_destroy(&lab->lock);
}
