/* guest.c: a guest and its managers, and short programs in it. See guest.h. */
#include "guest.h"

#include <string.h>

#include "arena.h"
#include "digest.h"
#include "shell_quote.h"
#include "step_common.h"
#include "strbuf.h"

enum { SHORT_MS = 120000, SHELL_TRIES = 5 };

/* ---- opening ---- */

static enum guest_transfer transfer_of(const struct value *args)
{
    const char *word = value_get_text(args, "transfer");
    if (word != NULL && strcmp(word, "hosts") == 0)
        return TRANSFER_HOSTS;
    return word != NULL && strcmp(word, "arguments") == 0 ? TRANSFER_ARGUMENTS : TRANSFER_AUTO;
}

static int read_managers(struct guest *guest, struct err *err)
{
    static const char *const paths[] = {"authManager", "fileManager", "processManager", NULL};
    struct vc *vc = guest->vc;
    const struct xml_node *object;
    if (vc->session->guest_operations.id == NULL)
        return err_set(err, ERR_INVALID, "this vCenter has no guest operations");
    if (props_read(vc, vc->session->guest_operations, paths, &object, err) < 0)
        return -1;
    guest->auth = props_ref(vc->arena, object, "authManager");
    guest->files = props_ref(vc->arena, object, "fileManager");
    guest->processes = props_ref(vc->arena, object, "processManager");
    if (guest->auth.id == NULL || guest->files.id == NULL || guest->processes.id == NULL)
        return err_set(err, ERR_INVALID, "this vCenter's guest operations are incomplete");
    return 0;
}

static int read_login(struct guest *guest, struct err *err)
{
    const struct value *login = value_get(guest->call->step->args, "credentials");
    struct session *s = guest->vc->session;
    guest->login.user = value_get_text(login, "username");
    if (guest->login.user == NULL)
        return err_set(err, ERR_INTERNAL, "the step names no login");
    if (s->reference == NULL)
        return err_set(err, ERR_INTERNAL, "references cannot be resolved here");
    if (s->reference(s->reference_context, value_get(login, "password"), &guest->login.password,
                     err) < 0)
        return err_wrap(err, "guest.credentials.password");
    return 0;
}

/* Random by the run's nonce; the same for each attempt of one step, so that an attempt finds
 * what the one before has done. */
static const char *directory_of(const struct guest *guest)
{
    const struct step_call *call = guest->call;
    const char *text =
        arena_printf(guest->vc->arena, "%s %s %u", call->nonce == NULL ? "" : call->nonce,
                     call->step->address, call->step->id);
    return arena_printf(guest->vc->arena, "/var/tmp/gridform-%s",
                        digest_bytes(text, strlen(text)).hex);
}

int guest_open(struct guest *guest, struct vc *vc, const struct step_call *call,
               struct err *err)
{
    const struct value *args = call->step->args;
    struct machine_row *machine;
    const char *name;
    *guest = (struct guest){.vc = vc, .call = call, .transfer = transfer_of(args)};
    guest->label = value_get_text(args, "label");
    guest->timeout_ms = value_get_int(args, "timeout", 0);
    if (vsphere_step_text(call, "name", &name, err) < 0 ||
        step_machine(vc, name, &machine, err) < 0)
        return -1;
    if (machine == NULL)
        return err_set(err, ERR_NOT_FOUND, "no machine is called %s", name);
    if (step_require_ours(machine, call, err) < 0)
        return -1;
    if (!machine->on)
        return err_set(err, ERR_CONFLICT, "%s is not powered on", name);
    guest->login.vm = machine->ref;
    guest->directory = directory_of(guest);
    return read_managers(guest, err) < 0 || read_login(guest, err) < 0 ? -1 : 0;
}

/* ---- calls ---- */

bool guest_is_away(const struct err *err)
{
    return err->code == ERR_BUSY || err->code == ERR_UNREACHABLE || err->code == ERR_TIMEOUT;
}

static int refine(struct guest *guest, struct err *err)
{
    const struct soap_fault *fault = &guest->vc->fault;
    if (fault_is(fault, "InvalidGuestLogin"))
        return err_wrap(err, "the guest refuses the login of %s (guest.credentials)",
                        guest->login.user);
    if (fault_is(fault, "InvalidPowerState"))
        err->code = ERR_CONFLICT;
    return -1;
}

int guest_call(struct guest *guest, struct wire *wire, struct soap_reply *reply,
               struct err *err)
{
    return session_call(guest->vc, wire, reply, err) < 0 ? refine(guest, err) : 0;
}

int guest_validate(struct guest *guest, struct err *err)
{
    struct soap_reply reply;
    CLEANUP(wire_release) struct wire wire;
    wire_guest_validate(&wire, guest->auth, &guest->login);
    return guest_call(guest, &wire, &reply, err);
}

static void write_start(struct guest *guest, const char *script, struct wire *wire)
{
    struct strbuf arguments;
    strbuf_init(&arguments, STRBUF_MAX_OUTPUT);
    strbuf_add(&arguments, "-c ");
    shell_quote(&arguments, script);
    wire_guest_start(wire, guest->processes, &guest->login, "/bin/sh", strbuf_str(&arguments));
    explicit_bzero(arguments.data, arguments.len); /* a script may carry a secret */
    strbuf_release(&arguments);
}

int guest_start(struct guest *guest, const char *script, int64_t *ret_pid, struct err *err)
{
    struct soap_reply reply;
    CLEANUP(wire_release) struct wire wire;
    write_start(guest, script, &wire);
    if (guest_call(guest, &wire, &reply, err) < 0)
        return -1;
    if (xml_i64(xml_child(reply.response, "returnval"), ret_pid) < 0)
        return err_set(err, ERR_UNCERTAIN, "the guest names no process");
    return 0;
}

void guest_last_word(struct guest *guest, const char *script)
{
    struct err ignored;
    struct soap_reply reply;
    CLEANUP(wire_release) struct wire wire;
    write_start(guest, script, &wire);
    wire.last_word = true;
    if (guest_call(guest, &wire, &reply, &ignored) < 0)
        err_clear(&ignored);
}

int guest_process(struct guest *guest, int64_t pid, enum guest_process_state *ret_state,
                  int *ret_exit, struct err *err)
{
    struct soap_reply reply;
    int32_t status = 0;
    CLEANUP(wire_release) struct wire wire;
    wire_guest_processes(&wire, guest->processes, &guest->login, pid);
    if (guest_call(guest, &wire, &reply, err) < 0)
        return -1;
    const struct xml_node *info = xml_child(reply.response, "returnval");
    if (info == NULL)
        *ret_state = PROCESS_UNKNOWN;
    else if (xml_child(info, "endTime") == NULL)
        *ret_state = PROCESS_RUNS;
    else
        *ret_state =
            xml_i32(xml_child(info, "exitCode"), &status) < 0 ? PROCESS_UNKNOWN : PROCESS_ENDED;
    *ret_exit = (int)status;
    return 0;
}

void guest_note(const struct guest *guest, const char *text)
{
    const struct op_env *env = guest->vc->env;
    const struct event event = {.kind = EVENT_NOTE,
                                .address = guest->call->step->address,
                                .op = guest->call->step->op,
                                .text = text,
                                .percent = -1};
    if (env->emit != NULL)
        env->emit(env->context, &event);
}

/* ---- short programs ---- */

/* -1 with ERR_BUSY when the guest forgot about it. */
static int shell_once(struct guest *guest, const char *script, int *ret_exit, struct err *err)
{
    struct pause pause = pause_until(guest->vc, SHORT_MS);
    int64_t pid;
    if (guest_start(guest, script, &pid, err) < 0)
        return -1;
    for (;;) {
        enum guest_process_state state;
        if (guest_process(guest, pid, &state, ret_exit, err) < 0)
            return -1;
        if (state == PROCESS_ENDED)
            return 0;
        if (state == PROCESS_UNKNOWN)
            return err_set(err, ERR_BUSY, "the guest has forgotten a program");
        if (pause_next(guest->vc, &pause, err) < 0)
            return err_wrap(err, "a short program in the guest does not end");
    }
}

int guest_shell(struct guest *guest, const char *script, int *ret_exit, struct err *err)
{
    struct pause pause = pause_until(guest->vc, SHORT_MS);
    for (unsigned i = 1;; i++) {
        if (shell_once(guest, script, ret_exit, err) == 0)
            return 0;
        bool again =
            err->code == ERR_BUSY || err->code == ERR_UNCERTAIN || err->code == ERR_UNREACHABLE;
        struct err failure = *err;
        if (!again || i == SHELL_TRIES)
            return -1;
        if (pause_next(guest->vc, &pause, err) < 0) {
            *err = failure;
            return -1;
        }
    }
}
