/* guest_program.c: a script or command in a guest, from its directory to its exit code.
 *
 * The directory holds: run (what is executed, with its environment), script, out, and what the
 * program's life leaves there: started, boot, pid, code. An attempt whose answer was lost is
 * found by them and waited for, so that nothing runs twice.
 */
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "guest.h"
#include "shell_quote.h"
#include "strbuf.h"
#include "upload.h"

enum {
    OUTPUT_MAX = 1 << 20,
    DOUBTS_MAX = 3,
    PROGRESS_LOOKS = 5,
    EXIT_NOT_MINE = 125, /* of a shell that does not come to run the program */
    EXIT_SIGNAL = 128    /* and more: it was killed */
};

/* Exit codes of the program that looks into the directory. */
enum probe { PROBE_ENDED = 100, PROBE_RUNS, PROBE_GONE, PROBE_NOT_STARTED, PROBE_NO_DIRECTORY };

#define SECRETS_STAY                                                                           \
    "its working directory %s, which may hold secrets, could not be removed from the guest"

/* A number in pid says nothing about the processes of another boot. */
#define BOOT "cat /proc/sys/kernel/random/boot_id 2>/dev/null"
#define ALIVE "[ -s pid ] && [ \"$(cat boot)\" = \"$(" BOOT ")\" ] && kill -0 \"$(cat pid)\""
#define LOOK                                                                                   \
    "[ -e code ] && exit 100; [ -e started ] || exit 103; " ALIVE " && exit 101; exit 102"

static int shell(struct guest *guest, int *ret_exit, struct err *err, const char *format, ...)
    PRINTF_LIKE(4, 5);

static int shell(struct guest *guest, int *ret_exit, struct err *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *script = arena_vprintf(guest->vc->arena, format, args);
    va_end(args);
    return guest_shell(guest, script, ret_exit, err);
}

/* ---- what is put into the directory ---- */

static int add_variable(struct guest *guest, const struct value_field *field,
                        struct strbuf *out, struct err *err)
{
    struct session *s = guest->vc->session;
    const char *text = value_text(field->value);
    if (text == NULL && (s->reference == NULL ||
                         s->reference(s->reference_context, field->value, &text, err) < 0))
        return err_wrap(err, "environment: %s", field->key);
    strbuf_addf(out, "export %s=", field->key);
    shell_quote(out, text);
    strbuf_add_char(out, '\n');
    return 0;
}

/* The interpreter of a #! line, with its argument; /bin/sh for others. Scripts are read by it,
 * never executed themselves: /var/tmp may be mounted noexec. */
static void add_interpreter(const char *script, struct strbuf *out)
{
    size_t len = strcspn(script, "\n");
    const char *at = script + 2, *end = script + len;
    bool named = strncmp(script, "#!", 2) == 0;
    at += named ? strspn(at, " \t") : 0;
    if (!named || at[strspn(at, "\r")] == '\n' || at[strspn(at, "\r")] == '\0') {
        strbuf_add(out, "exec /bin/sh ./script\n");
        return;
    }
    while (end > at && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
        end--;
    size_t word = strcspn(at, " \t\r\n");
    char *interpreter = strndup(at, word);
    const char *rest = at + word + strspn(at + word, " \t");
    char *argument = rest < end ? strndup(rest, (size_t)(end - rest)) : NULL;
    strbuf_add(out, "exec ");
    shell_quote(out, interpreter == NULL ? "/bin/sh" : interpreter);
    if (argument != NULL) {
        strbuf_add_char(out, ' ');
        shell_quote(out, argument);
    }
    strbuf_add(out, " ./script\n");
    free(interpreter);
    free(argument);
}

static int compose(struct guest *guest, const struct guest_program *program, struct strbuf *out,
                   struct err *err)
{
    strbuf_addf(out, "cd %s || exit %d\n", guest->directory, EXIT_NOT_MINE);
    strbuf_add(out, "PATH=${PATH:+$PATH:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
                    "/sbin:/bin\nexport PATH HOME=\"${HOME:-/root}\"\n");
    const struct value *environment = program->environment;
    for (size_t i = 0; value_count(environment) > 0 && i < environment->map.n; i++)
        if (add_variable(guest, &environment->map.fields[i], out, err) < 0)
            return -1;
    if (program->script != NULL) {
        add_interpreter(program->script, out);
    } else {
        strbuf_add(out, "exec /bin/sh -c ");
        shell_quote(out, program->command);
        strbuf_add_char(out, '\n');
    }
    return 0;
}

static int put_text(struct guest *guest, const char *name, const char *text, size_t size,
                    struct err *err)
{
    const struct wire_guest_file file = {
        .path = arena_printf(guest->vc->arena, "%s/%s", guest->directory, name),
        .mode = 0700,
        .size = (int64_t)size};
    return guest_write(guest, &file, text, err);
}

static int put_program(struct guest *guest, const struct guest_program *program,
                       struct err *err)
{
    struct strbuf run;
    strbuf_init(&run, STRBUF_MAX_OUTPUT);
    int result = compose(guest, program, &run, err);
    if (result == 0)
        result = put_text(guest, "run", strbuf_str(&run), strbuf_len(&run), err);
    if (run.data != NULL)
        explicit_bzero(run.data, run.len); /* may hold secrets */
    strbuf_release(&run);
    if (result == 0 && program->script != NULL)
        result = put_text(guest, "script", program->script, strlen(program->script), err);
    return result;
}

static unsigned mode_of(const struct value *upload, bool kept)
{
    const char *text = value_get_text(upload, "mode");
    unsigned mode = 0;
    for (const char *at = text == NULL ? "" : text; *at >= '0' && *at <= '7'; at++)
        mode = mode * 8 + (unsigned)(*at - '0');
    return text != NULL ? mode : kept ? 0644 : 0700;
}

static int put_upload(struct guest *guest, const struct value *upload, struct err *err)
{
    const char *file = value_get_text(upload, "file"), *to = value_get_text(upload, "to");
    const char *sha256 = value_get_text(upload, "sha256"),
               *directory = guest->vc->session->directory;
    struct arena *arena = guest->vc->arena;
    struct upload content = {0};
    if (file == NULL)
        return 0;
    if (sha256 == NULL)
        return err_set(err, ERR_INTERNAL, "%s: the step names no SHA-256", file);
    const char *path = file[0] == '/' || directory == NULL
                           ? file
                           : arena_printf(arena, "%s/%s", directory, file);
    if (upload_open(path, sha256, &content, err) < 0)
        return err_wrap(err, "upload");
    const char *slash = strrchr(file, '/');
    const struct wire_guest_file target = {
        .path = to != NULL ? to
                           : arena_printf(arena, "%s/%s", guest->directory,
                                          slash == NULL ? file : slash + 1),
        .mode = mode_of(upload, to != NULL),
        .size = (int64_t)content.size};
    vc_progress(guest->vc, -1, "%s: copying %s (%zu KiB)", guest->label, file,
                content.size / 1024);
    int result = guest_write(guest, &target, content.data, err);
    upload_close(&content);
    return result < 0 ? err_wrap(err, "upload of %s", file) : 0;
}

/* ---- its life ---- */

/* *ret_begun: an attempt before this one came to start the program. One whose answer was lost
 * may come late, when files lie there already: nothing is removed, what was left is written
 * over. */
static int prepare(struct guest *guest, bool *ret_begun, struct err *err)
{
    const char *d = guest->directory;
    int status = 0;
    if (shell(guest, &status, err,
              "umask 077; [ -e %s/started ] && exit 101; "
              "[ -d %s ] || mkdir %s 2>/dev/null || [ -d %s ]",
              d, d, d, d) < 0)
        return -1;
    *ret_begun = status == PROBE_RUNS;
    return status == 0 || *ret_begun
               ? 0
               : err_set(err, ERR_INVALID,
                         "the guest has no room or no right for a directory in /var/tmp (the "
                         "shell ends with %d)",
                         status);
}

/* `started` is made by one of those that may be under way, the others leave. -1 with
 * ERR_UNCERTAIN: nobody knows whether it runs; the probe finds out. */
static int launch(struct guest *guest, int64_t *ret_pid, struct err *err)
{
    const char *script = arena_printf(
        guest->vc->arena,
        "cd %s && mkdir started || exit %d; " BOOT " >boot; "
        "s=; command -v setsid >/dev/null 2>&1 && s=setsid; "
        "$s /bin/sh ./run >out 2>&1 </dev/null & p=$!; echo $p >pid; wait $p; c=$?; "
        "echo $c >code.new && mv code.new code; exit $c",
        guest->directory, EXIT_NOT_MINE);
    return guest_start(guest, script, ret_pid, err);
}

/* A run under way. */
struct life {
    struct guest *guest;
    int64_t pid; /* -1: not known */
    unsigned doubts, looks;
    int exit;
    bool left; /* the shell that was to run it has ended, and may not have */
    bool over;
};

static int gone(struct err *err)
{
    return err_set(err, ERR_INVALID,
                   "the program ended without an exit code: it was killed, or the guest "
                   "restarted under it (a restart is a step of its own: reboot)");
}

/* Ask the directory. */
static int probe(struct life *life, struct err *err)
{
    struct guest *guest = life->guest;
    const char *d = guest->directory;
    int status = 0;
    if (shell(guest, &status, err, "cd %s 2>/dev/null || exit 104; " LOOK, d) < 0)
        return -1;
    switch (status) {
    case PROBE_ENDED:
        life->over = true;
        return shell(guest, &life->exit, err, "exit \"$(cat %s/code)\"", d);
    case PROBE_RUNS:
        life->doubts = 0;
        return 0;
    case PROBE_NOT_STARTED:
        if (life->left)
            return err_set(err, ERR_INVALID, "the guest has no room to start the program");
        if (++life->doubts < DOUBTS_MAX)
            return 0;
        life->doubts = 0;
        return launch(guest, &life->pid, err);
    default:
        /* The code may be about to be written. */
        return ++life->doubts < DOUBTS_MAX ? 0 : gone(err);
    }
}

/* Of the shell that runs the program: does its exit code stand for the program's? A killed one
 * may have left it running, and one that was not the first never ran it. */
static bool is_plain(int status)
{
    return status != EXIT_NOT_MINE && status < EXIT_SIGNAL;
}

static int look(struct life *life, struct err *err)
{
    enum guest_process_state state = PROCESS_UNKNOWN;
    if (life->pid >= 0 && guest_process(life->guest, life->pid, &state, &life->exit, err) < 0)
        return -1;
    if (++life->looks % PROGRESS_LOOKS == 0)
        vc_progress(life->guest->vc, -1, "%s", life->guest->label);
    life->over = state == PROCESS_ENDED && is_plain(life->exit);
    if (life->over || state == PROCESS_RUNS)
        return 0;
    if (state == PROCESS_ENDED) {
        life->left = true;
        life->pid = -1;
    }
    return probe(life, err);
}

/* After a passing failure the guest is asked again, as long as there is time. A lost answer
 * leaves the process unknown. */
static bool goes_on(struct life *life, struct err *err)
{
    if (err->code == ERR_UNCERTAIN)
        life->pid = -1;
    else if (!guest_is_away(err))
        return false;
    return true;
}

#define END(rest)                                                                              \
    "cd %s && { " ALIVE " && p=$(cat pid) && { kill -s TERM -- -$p || kill -s TERM $p; "       \
    "sleep 1; kill -s KILL -- -$p || kill -s KILL $p; }; } 2>/dev/null; " rest "exit 0"

static void end_program(struct guest *guest)
{
    struct err ignored;
    int status;
    if (shell(guest, &status, &ignored, END(""), guest->directory) < 0)
        err_clear(&ignored);
}

/* Nobody waits any more: one request that ends the program and takes the directory away. */
static void abandon(struct guest *guest)
{
    const char *d = guest->directory;
    guest_last_word(guest, arena_printf(guest->vc->arena, END("cd /; rm -rf %s; "), d, d));
}

static int await_end(struct life *life, struct err *err)
{
    struct guest *guest = life->guest;
    struct pause pause = pause_until(guest->vc, guest->timeout_ms);
    struct err last = {0};
    for (;;) {
        if (look(life, err) < 0) {
            if (!goes_on(life, err))
                return -1;
            last = *err;
        } else {
            last = (struct err){0};
        }
        if (life->over)
            return 0;
        if (pause_next(guest->vc, &pause, err) == 0)
            continue;
        if (err->code == ERR_TIMEOUT && last.code != ERR_NONE)
            return err_set(err, ERR_TIMEOUT, "the guest does not answer any more: %s",
                           last.message);
        if (err->code == ERR_TIMEOUT) {
            end_program(guest);
            life->over = true;
            err_set(err, ERR_TIMEOUT, "it took too long and was ended");
        }
        return -1;
    }
}

/* ---- the whole ---- */

static void collect(struct guest *guest, struct strbuf *output)
{
    struct err err;
    const char *path = arena_printf(guest->vc->arena, "%s/out", guest->directory);
    size_t from = strbuf_len(output);
    if (guest_read_tail(guest, path, OUTPUT_MAX, output, &err) < 0)
        strbuf_addf(output, "(its output could not be fetched: %s)\n", err.message);
    size_t most = guest->transfer == TRANSFER_ARGUMENTS ? GUEST_TAIL_MAX : OUTPUT_MAX;
    if (strbuf_len(output) - from >= most)
        guest_note(guest, arena_printf(guest->vc->arena,
                                       "%s: only the last %zu KiB of its output are kept",
                                       guest->label, most / 1024));
    for (size_t i = from; i < strbuf_len(output); i++) /* a NUL would hide what follows */
        if (output->data[i] == '\0')
            output->data[i] = '?';
}

/* Exit codes of the program that removes the directory. */
enum removal { REMOVED, REMOVAL_SECRETS_STAY = 100, REMOVAL_FILES_STAY };

/* What stays goes into the template. Files that a step made and its user may not remove are
 * told; its environment, with the secrets, must not stay. */
static int clean_up(struct guest *guest, struct err *err)
{
    const char *d = guest->directory;
    struct err reason = {0};
    int status = 0;
    if (shell(guest, &status, &reason,
              "rm -rf %s; [ -e %s/run ] && exit 100; [ -e %s ] && exit 101; exit 0", d, d,
              d) < 0) {
        if (reason.code != ERR_CANCELLED)
            return err_set(err, ERR_INVALID, SECRETS_STAY ": %s", d, reason.message);
        *err = reason;
        return -1;
    }
    if (status == REMOVAL_FILES_STAY)
        guest_note(guest, arena_printf(guest->vc->arena,
                                       "%s: files that it left in %s stay there: its user may "
                                       "not remove them",
                                       guest->label, d));
    return status == REMOVED || status == REMOVAL_FILES_STAY
               ? 0
               : err_set(err, ERR_INVALID, SECRETS_STAY ": the shell ends with %d", d, status);
}

/* *ret_runs: perhaps it runs when this ends. */
static int run(struct guest *guest, const struct guest_program *program, struct life *life,
               bool *ret_runs, struct err *err)
{
    bool begun = false, runs = program->script != NULL || program->command != NULL;
    if (prepare(guest, &begun, err) < 0)
        return -1;
    if (!begun && (put_upload(guest, program->upload, err) < 0 ||
                   (runs && put_program(guest, program, err) < 0)))
        return -1;
    if (!runs)
        return 0;
    *ret_runs = true;
    if (!begun && launch(guest, &life->pid, err) < 0 && !goes_on(life, err))
        return -1;
    int result = await_end(life, err);
    *ret_runs = result < 0 && !life->over && guest_is_away(err);
    return result;
}

int guest_run(struct guest *guest, const struct guest_program *program, int *ret_exit,
              struct strbuf *output, struct err *err)
{
    struct life life = {.guest = guest, .pid = -1};
    bool runs = false;
    int result = run(guest, program, &life, &runs, err);
    *ret_exit = life.exit;
    if (life.over)
        collect(guest, output);
    if (result < 0 && runs && err->code != ERR_CANCELLED)
        return -1; /* the next attempt looks into the directory */
    if (result == 0 && clean_up(guest, err) < 0) {
        result = *ret_exit == 0 ? -1 : err_wrap(err, "exit code %d", *ret_exit);
    } else if (result < 0 && err->code != ERR_CANCELLED) {
        struct err more;
        if (clean_up(guest, &more) < 0)
            guest_note(guest,
                       arena_printf(guest->vc->arena, "%s: %s", guest->label, more.message));
    }
    if (result < 0 && err->code == ERR_CANCELLED)
        abandon(guest);
    return result;
}
