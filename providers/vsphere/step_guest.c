/* step_guest.c: the steps in a guest: waiting for Tools, running, verifying, restarting
 * (design.md §2, V0, V3-V9; vsphere-api.md §9). */
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "digest.h"
#include "guest.h"
#include "redact.h"
#include "step_common.h"
#include "strbuf.h"

enum { LAST_BYTES = 300, NO_TOOLS_LOOKS = 20, ASK_AGAIN_LOOKS = 10 };

/* ---- waiting for Tools ---- */

struct tools_look {
    bool on, installed, runs, ready, old;
    const char *status;
};

static bool is_old(const char *version)
{
    static const char *const words[] = {"guestToolsNeedUpgrade", "guestToolsSupportedOld",
                                        "guestToolsTooOld", "guestToolsBlacklisted"};
    for (size_t i = 0; version != NULL && i < ARRAY_LEN(words); i++)
        if (strcmp(version, words[i]) == 0)
            return true;
    return false;
}

static int look_tools(struct vc *vc, struct ref vm, struct tools_look *ret, struct err *err)
{
    static const char *const paths[] = {
        "runtime.powerState",        "guest.toolsStatus",          "guest.toolsRunningStatus",
        "guest.toolsVersionStatus2", "guest.guestOperationsReady", NULL};
    const struct xml_node *object;
    if (props_read(vc, vm, paths, &object, err) < 0)
        return -1;
    const char *power = props_text(object, "runtime.powerState");
    const char *status = props_text(object, "guest.toolsStatus");
    const char *running = props_text(object, "guest.toolsRunningStatus");
    *ret = (struct tools_look){
        .on = power == NULL || strcmp(power, "poweredOn") == 0,
        .installed = status == NULL || strcmp(status, "toolsNotInstalled") != 0,
        .runs = running != NULL && strcmp(running, "guestToolsRunning") == 0,
        .ready = props_get(object, "guest.guestOperationsReady") == NULL ||
                 props_true(object, "guest.guestOperationsReady"),
        .old = (status != NULL && strcmp(status, "toolsOld") == 0) ||
               is_old(props_text(object, "guest.toolsVersionStatus2")),
        .status = running != NULL  ? running
                  : status != NULL ? status
                                   : "unknown"};
    return 0;
}

/* *ret_ready, or -1 when waiting cannot help. */
static int judge_tools(struct guest *guest, const struct tools_look *look, unsigned looks,
                       bool *ret_ready, struct err *err)
{
    const char *wanted = value_get_text(guest->call->step->args, "tools");
    bool current = wanted == NULL || strcmp(wanted, "current") == 0;
    *ret_ready = false;
    if (!look->on)
        return err_set(err, ERR_CONFLICT, "the machine is not powered on any more");
    if (!look->installed && looks >= NO_TOOLS_LOOKS)
        return err_set(err, ERR_CONFLICT,
                       "VMware Tools are not installed: install open-vm-tools in the base");
    if (!look->runs || !look->ready)
        return 0;
    if (look->old && current)
        return err_set(
            err, ERR_CONFLICT,
            "VMware Tools are older than this vCenter wants: update them in the base, "
            "or ask for less with guest.tools: running");
    if (guest_validate(guest, err) == 0)
        *ret_ready = true;
    else if (!guest_is_away(err))
        return -1;
    err_clear(err);
    return 0;
}

static int await_ready(struct guest *guest, struct err *err)
{
    struct pause pause = pause_until(guest->vc, guest->timeout_ms);
    for (unsigned looks = 1;; looks++) {
        struct tools_look look;
        bool ready = false;
        int result = look_tools(guest->vc, guest->login.vm, &look, err);
        if (result == 0)
            result = judge_tools(guest, &look, looks, &ready, err);
        else if (guest_is_away(err))
            look = (struct tools_look){.status = "unknown"}, result = 0;
        if (result < 0 || ready)
            return result;
        if (pause_next(guest->vc, &pause, err) < 0)
            return err->code == ERR_TIMEOUT
                       ? err_set(err, ERR_TIMEOUT,
                                 "VMware Tools did not answer in time (last seen: %s)",
                                 look.status)
                       : -1;
    }
}

int step_guest_await(struct vc *vc, const struct step_call *call, struct outcome *outcome,
                     struct err *err)
{
    struct guest guest;
    if (guest_open(&guest, vc, call, err) < 0)
        return -1;
    outcome->kind = OUTCOME_DONE;
    return await_ready(&guest, err);
}

/* ---- running ---- */

static void emit_output(const struct guest *guest, const struct strbuf *output)
{
    const struct op_env *env = guest->vc->env;
    const struct event event = {.kind = EVENT_OUTPUT,
                                .address = guest->call->step->address,
                                .op = guest->call->step->op,
                                .text = strbuf_str(output),
                                .percent = -1};
    if (env->emit != NULL && strbuf_len(output) > 0)
        env->emit(env->context, &event);
}

/* The last line, for a message; all of it goes out as an event. Secrets are taken out of the
 * whole first: a part of one would not be known any more. */
static const char *last_line(const struct guest *guest, const struct strbuf *output)
{
    struct strbuf safe;
    strbuf_init(&safe, STRBUF_MAX_OUTPUT);
    strbuf_add(&safe, strbuf_str(output));
    secrets_redact(guest->vc->session->secrets, &safe);
    const char *text = strbuf_str(&safe), *end = text + strlen(text), *at;
    while (end > text && end[-1] == '\n')
        end--;
    for (at = end; at > text && at[-1] != '\n' && end - at < LAST_BYTES;)
        at--;
    const char *line = arena_memdup(guest->vc->arena, at, (size_t)(end - at));
    strbuf_release(&safe);
    return line;
}

static struct guest_program program_of(const struct value *args)
{
    return (struct guest_program){.script = value_get_text(args, "script"),
                                  .command = value_get_text(args, "command"),
                                  .environment = value_get(args, "environment"),
                                  .upload = value_get(args, "upload")};
}

static bool is_expected(const struct value *codes, int status)
{
    for (size_t i = 0; i < value_count(codes); i++)
        if (value_at(codes, i)->type == VALUE_INT && value_at(codes, i)->integer == status)
            return true;
    return value_count(codes) == 0 && status == 0;
}

static int refuse_exit(const struct guest *guest, int status, const struct strbuf *output,
                       struct err *err)
{
    struct strbuf codes;
    strbuf_init(&codes, 2000);
    const struct value *wanted = value_get(guest->call->step->args, "exit_codes");
    if (value_count(wanted) > 0)
        value_print(wanted, &codes);
    else
        strbuf_add(&codes, "0");
    const char *line = last_line(guest, output);
    err_set(err, ERR_INVALID, "%s: exit code %d%s, wanted %s%s%s", guest->label, status,
            status == 127   ? " (a command was not found)"
            : status == 126 ? " (a command could not be executed)"
                            : "",
            strbuf_str(&codes), line[0] == '\0' ? "" : ": ", line);
    strbuf_release(&codes);
    return -1;
}

/* What a program said last before it was ended. */
static void add_line(const struct guest *guest, const struct strbuf *output, struct err *err)
{
    const struct err before = *err;
    err_set(err, before.code, "%.600s; its output ends with: %s", before.message,
            last_line(guest, output));
}

int step_guest_run(struct vc *vc, const struct step_call *call, struct outcome *outcome,
                   struct err *err)
{
    struct guest guest;
    struct strbuf output;
    int status = 0;
    if (guest_open(&guest, vc, call, err) < 0)
        return -1;
    const struct guest_program program = program_of(call->step->args);
    strbuf_init(&output, STRBUF_MAX_OUTPUT);
    int result = guest_run(&guest, &program, &status, &output, err);
    emit_output(&guest, &output);
    if (result < 0 && strbuf_len(&output) > 0)
        add_line(&guest, &output, err);
    if (result < 0)
        err_wrap(err, "%s", guest.label);
    else if (!is_expected(value_get(call->step->args, "exit_codes"), status))
        result = refuse_exit(&guest, status, &output, err);
    strbuf_release(&output);
    outcome->kind = OUTCOME_DONE;
    return result;
}

/* ---- verifying ---- */

/* Appends what is not as expected; nothing when all is. */
static void compare(const struct guest *guest, const struct value *expect, int status,
                    const char *output, struct strbuf *out)
{
    static const struct {
        const char *key, *line;
    } smi[] = {{"driver_version", "Driver Version"},
               {"profile", "Product Name"},
               {"licence", "License Status"}};
    const char *code = value_get_text(expect, "exit_code");
    const char *part = value_get_text(expect, "output");
    char actual[16];
    snprintf(actual, sizeof(actual), "%d", status);
    if (strcmp(code == NULL ? "0" : code, actual) != 0)
        strbuf_addf(out, "; its exit code is %s, wanted %s", actual, code == NULL ? "0" : code);
    if (part != NULL && strstr(output, part) == NULL)
        strbuf_addf(out, "; its output has no \"%s\"", part);
    for (size_t i = 0; i < ARRAY_LEN(smi); i++) {
        const char *wanted = value_get_text(expect, smi[i].key);
        const char *found =
            wanted == NULL ? NULL : smi_value(output, smi[i].line, guest->vc->arena);
        if (wanted != NULL && (found == NULL || strcmp(found, wanted) != 0))
            strbuf_addf(out, "; %s is %s, wanted %s", smi[i].key,
                        found == NULL ? "not reported" : found, wanted);
    }
}

/* One attempt: *ret_good, and what differs. */
static int verify_once(struct guest *guest, struct strbuf *output, struct strbuf *differs,
                       struct err *err)
{
    const struct value *args = guest->call->step->args;
    struct guest_program program = program_of(args);
    int status = 0;
    if (program.command != NULL && strcmp(program.command, "nvidia-smi") == 0)
        program.command = "nvidia-smi -q";
    strbuf_clear(output);
    strbuf_clear(differs);
    if (guest_run(guest, &program, &status, output, err) < 0)
        return -1;
    compare(guest, value_get(args, "expect"), status, strbuf_str(output), differs);
    return 0;
}

/* seen: what the last whole attempt said, for when there is no time for another. */
static int verify(struct guest *guest, struct strbuf *output, struct strbuf *differs,
                  struct err *err)
{
    const char *seen = NULL;
    const struct op_env *env = guest->vc->env;
    struct pause pause = pause_until(guest->vc, guest->timeout_ms);
    for (;;) {
        /* All attempts together have the time of the step. */
        int64_t left = pause.deadline_ms - env->now_ms(env->context);
        if (pause.deadline_ms > 0)
            guest->timeout_ms = left > 1 ? left : 1;
        int result = verify_once(guest, output, differs, err);
        if (result == 0 && strbuf_len(differs) == 0)
            return 0;
        if (result == 0)
            seen = arena_printf(guest->vc->arena, "not as expected%s%s%s", strbuf_str(differs),
                                strbuf_len(output) > 0 ? ": " : "", last_line(guest, output));
        else if (err->code == ERR_TIMEOUT && seen != NULL)
            return err_wrap(err, "%s; the last attempt", seen);
        else if (!guest_is_away(err))
            return -1;
        struct err failure = *err;
        if (pause_next(guest->vc, &pause, err) == 0)
            continue;
        if (err->code == ERR_TIMEOUT && result < 0)
            *err = failure;
        else if (err->code == ERR_TIMEOUT)
            err_set(err, ERR_TIMEOUT, "%s", seen);
        return -1;
    }
}

int step_guest_verify(struct vc *vc, const struct step_call *call, struct outcome *outcome,
                      struct err *err)
{
    struct guest guest;
    struct strbuf output, differs;
    if (guest_open(&guest, vc, call, err) < 0)
        return -1;
    strbuf_init(&output, STRBUF_MAX_OUTPUT);
    strbuf_init(&differs, 600);
    int result = verify(&guest, &output, &differs, err);
    emit_output(&guest, &output);
    if (result < 0)
        err_wrap(err, "%s", guest.label);
    strbuf_release(&differs);
    strbuf_release(&output);
    outcome->kind = OUTCOME_DONE;
    return result;
}

/* ---- restarting ---- */

/* A file in memory tells one boot from the next: it is there until the kernel starts anew. */
static int set_marker(struct guest *guest, const char *marker, struct err *err)
{
    int status = 0;
    const char *script = arena_printf(
        guest->vc->arena, "d=/run; [ -d $d ] && [ -w $d ] || d=/dev/shm; : >$d/%s", marker);
    if (guest_shell(guest, script, &status, err) < 0)
        return -1;
    return status == 0 ? 0
                       : err_set(err, ERR_INVALID,
                                 "the guest has no /run and no /dev/shm to write to (the shell "
                                 "ends with %d)",
                                 status);
}

static int has_restarted(struct guest *guest, const char *marker, bool *ret_restarted,
                         struct err *err)
{
    int status = 0;
    const char *script =
        arena_printf(guest->vc->arena, "[ -e /run/%s ] || [ -e /dev/shm/%s ]", marker, marker);
    if (guest_shell(guest, script, &status, err) < 0)
        return guest_is_away(err) || err->code == ERR_UNCERTAIN ? 0 : -1;
    *ret_restarted = status == 1;
    return 0;
}

/* *ret_lost: perhaps it did not hear. */
static int ask_restart(struct guest *guest, bool *ret_lost, struct err *err)
{
    struct soap_reply reply;
    CLEANUP(wire_release) struct wire wire;
    wire_reboot_guest(&wire, guest->login.vm);
    *ret_lost = false;
    if (session_call(guest->vc, &wire, &reply, err) == 0)
        return 0;
    *ret_lost = err->code == ERR_UNCERTAIN || fault_is(&guest->vc->fault, "ToolsUnavailable");
    return *ret_lost ? 0 : -1;
}

struct restart {
    struct guest *guest;
    const char *marker;
    unsigned stays; /* looks at a guest that answers and has not restarted */
    bool lost, over;
};

static int look_restart(struct restart *restart, struct err *err)
{
    struct guest *guest = restart->guest;
    struct tools_look look = {0};
    if (look_tools(guest->vc, guest->login.vm, &look, err) < 0)
        return guest_is_away(err) ? 0 : -1;
    if (!look.on)
        return err_set(err, ERR_CONFLICT, "the machine was powered off");
    if (!look.runs || !look.ready)
        return 0;
    if (has_restarted(guest, restart->marker, &restart->over, err) < 0)
        return -1;
    if (restart->over || !restart->lost || ++restart->stays % ASK_AGAIN_LOOKS != 0)
        return 0;
    return ask_restart(guest, &restart->lost, err) < 0 && !guest_is_away(err) ? -1 : 0;
}

static int restart_guest(struct guest *guest, const char *marker, struct err *err)
{
    struct restart restart = {.guest = guest, .marker = marker};
    if (set_marker(guest, marker, err) < 0 || ask_restart(guest, &restart.lost, err) < 0)
        return -1;
    struct pause pause = pause_until(guest->vc, guest->timeout_ms);
    for (;;) {
        if (look_restart(&restart, err) < 0)
            return -1;
        err_clear(err);
        if (restart.over)
            return 0;
        if (pause_next(guest->vc, &pause, err) < 0)
            return err->code == ERR_TIMEOUT
                       ? err_set(err, ERR_TIMEOUT, "the guest is not back in time")
                       : -1;
    }
}

int step_guest_reboot(struct vc *vc, const struct step_call *call, struct outcome *outcome,
                      struct err *err)
{
    struct guest guest;
    if (guest_open(&guest, vc, call, err) < 0)
        return -1;
    const char *marker =
        arena_printf(vc->arena, "gridform-boot-%s",
                     digest_bytes(guest.directory, strlen(guest.directory)).hex);
    outcome->kind = OUTCOME_DONE;
    int result = restart_guest(&guest, marker, err);
    return result < 0 ? err_wrap(err, "%s", guest.label) : 0;
}

/* ---- another version ---- */

int step_switch(struct vc *vc, const struct step_call *call, struct outcome *outcome,
                struct err *err)
{
    struct machine_row *machine;
    const char *name;
    if (vsphere_step_text(call, "name", &name, err) < 0 ||
        step_machine(vc, name, &machine, err) < 0)
        return -1;
    if (machine == NULL)
        return err_set(err, ERR_NOT_FOUND, "the version %s is not there any more", name);
    if (!step_mark_is_ours(machine, call))
        return err_set(err, ERR_CONFLICT, "%s does not carry a valid mark of this template",
                       name);
    if (!machine->template)
        return err_set(err, ERR_CONFLICT, "%s is not a template any more", name);
    const struct value_field ids[] = {{"vm", value_string(vc->arena, machine->ref.id)},
                                      {"instance_uuid", value_string(vc->arena, machine->uuid)},
                                      {"name", value_string(vc->arena, name)}};
    outcome->ids = value_map(vc->arena, ids, ARRAY_LEN(ids));
    outcome->kind = OUTCOME_UNCHANGED;
    return 0;
}
