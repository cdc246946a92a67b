/* test_vsphere_guest.c: steps in guests against a scripted server: what the lab cannot show. */
#include "../harness/unit.h"

#include <string.h>

#include "arena.h"
#include "guest.h"
#include "ops.h"
#include "strbuf.h"
#include "vsphere_script.h"

#define MACHINE(props)                                                                         \
    OBJECTS(OBJECT("VirtualMachine", "vm-2",                                                   \
                   PROP("name", "t-1") PROP("config.instanceUuid", "u2") props))
#define MANAGER(name, type)                                                                    \
    "<propSet><name>" name "</name><val type='" type "'>" name "</val></propSet>"
#define OPEN                                                                                   \
    VIEW,                                                                                      \
        {"<RetrievePropertiesEx ", "VirtualMachine",                                           \
         MACHINE(PROP("runtime.powerState", "poweredOn"))},                                    \
        UNVIEW, {"config.extraConfig", "vm-2", MACHINE("")},                                   \
    {                                                                                          \
        "authManager", "processManager",                                                       \
            OBJECTS(OBJECT("GuestOperationsManager", "gom",                                    \
                           MANAGER("authManager", "GuestAuthManager")                          \
                               MANAGER("fileManager", "GuestFileManager")                      \
                                   MANAGER("processManager", "GuestProcessManager")))          \
    }
#define TOOLS(version)                                                                         \
    {                                                                                          \
        "guest.toolsVersionStatus2", "vm-2",                                                   \
            MACHINE(PROP("runtime.powerState", "poweredOn")                                    \
                        PROP("guest.toolsStatus", "toolsOk")                                   \
                            PROP("guest.toolsRunningStatus", "guestToolsRunning")              \
                                PROP("guest.toolsVersionStatus2", version)                     \
                                    PROP("guest.guestOperationsReady", "true"))                \
    }
#define LOGIN_GOOD                                                                             \
    {                                                                                          \
        "<ValidateCredentialsInGuest ", "<password>" PASSWORD "</password>",                   \
            "<ValidateCredentialsInGuestResponse xmlns='urn:vim25'/>"                          \
    }
#define STARTED(text, pid)                                                                     \
    {                                                                                          \
        "<StartProgramInGuest ", text,                                                         \
            "<StartProgramInGuestResponse xmlns='urn:vim25'><returnval>" pid                   \
            "</returnval></StartProgramInGuestResponse>"                                       \
    }
#define PROCESSES(pid, inner)                                                                  \
    {                                                                                          \
        "<ListProcessesInGuest ", "<pids>" pid "</pids>",                                      \
            "<ListProcessesInGuestResponse xmlns='urn:vim25'>" inner                           \
            "</ListProcessesInGuestResponse>"                                                  \
    }
#define PROCESS(more) "<returnval><name>sh</name>" more "</returnval>"
#define ENDED(code)                                                                            \
    PROCESS("<endTime>2020-01-01T00:00:00Z</endTime><exitCode>" code "</exitCode>")
/* A short program from start to end. */
#define SHORT(text, code) STARTED(text, "7"), PROCESSES("7", ENDED(code))
/* The files of a command, and its start as process 9. What makes the directory removes nothing:
 * after a lost answer it may run when files lie there already. */
#define LAUNCH                                                                                 \
    SHORT("exit 101; [ -d /var/tmp/gridform-", "0"), SHORT("part.000000", "0"),                \
        SHORT("base64 -d", "0"), STARTED("mkdir started", "9")
#define OUTPUT(name)                                                                           \
    SHORT("tail -c", "0"),                                                                     \
    {                                                                                          \
        "<ListFilesInGuest ", NULL,                                                            \
            "<ListFilesInGuestResponse xmlns='urn:vim25'><returnval><files><path>" name        \
            "</path></files><remaining>0</remaining></returnval></ListFilesInGuestResponse>"   \
    }
#define CLEANED SHORT("rm -rf /var/tmp/gridform-", "0")

static int resolve(void *context, const struct value *reference, const char **ret_secret,
                   struct err *err)
{
    (void)context, (void)reference, (void)err;
    *ret_secret = PASSWORD;
    return 0;
}

static int run_step(struct fixture *f, step_perform *perform, const struct value_field *more)
{
    struct arena *arena = f->session.arena;
    const struct value_field user[] = {{"username", value_string(arena, "root")},
                                       {"password", value_map(arena, NULL, 0)}};
    const struct value_field fields[] = {{"name", value_string(arena, "t-1")},
                                         {"credentials", value_map(arena, user, 2)},
                                         {"transfer", value_string(arena, "arguments")},
                                         {"label", value_string(arena, "guest step 1")},
                                         {"timeout", value_int(arena, 3600000)},
                                         *more};
    const struct step step = {.address = "template/t",
                              .op = "guest",
                              .args = value_map(arena, fields, ARRAY_LEN(fields))};
    const struct value_field id = {"instance_uuid", value_string(arena, "u2")};
    const struct step_call call = {.step = &step,
                                   .ids = value_map(arena, &id, 1),
                                   .lineage = "l",
                                   .nonce = "n",
                                   .arena = arena};
    struct outcome outcome = {0};
    f->session.reference = resolve;
    return perform(&f->vc, &call, &outcome, &f->err);
}

static int run_command(struct fixture *f)
{
    const struct value_field command = {"command", value_string(f->session.arena, "true")};
    return run_step(f, step_guest_run, &command);
}

static void start(struct fixture *f, const struct reply *replies, size_t n)
{
    script_start(f, replies, n);
    f->session.guest_operations = (struct ref){"GuestOperationsManager", "gom"};
}

static void fails(struct fixture *f, int result, enum err_code code, const char *text)
{
    assert_int_equal(result, -1);
    if (f->err.code != code || strstr(f->err.message, text) == NULL)
        fail_msg("%s: %s (%s)", err_code_name(f->err.code), f->err.message, f->script.problem);
    script_finish(f);
}

/* ---- versions of Tools ---- */

static void await_version(const struct reply *tools, const char *wanted, const char *refused)
{
    const struct reply replies[] = {OPEN, *tools, LOGIN_GOOD};
    struct fixture f;
    start(&f, replies, ARRAY_LEN(replies) - (refused != NULL));
    const struct value_field field = {"tools", value_string(f.session.arena, wanted)};
    int result = run_step(&f, step_guest_await, &field);
    if (refused != NULL) {
        fails(&f, result, ERR_CONFLICT, refused);
        return;
    }
    if (result < 0)
        fail_msg("%s", f.err.message);
    script_finish(&f);
}

static void test_tools_versions(void **state)
{
    (void)state;
    static const struct reply good[] = {
        TOOLS("guestToolsCurrent"), TOOLS("guestToolsUnmanaged"),
        TOOLS("guestToolsSupportedNew"), TOOLS("guestToolsTooNew"),
        TOOLS("aWordOfAnotherVersion")};
    static const struct reply old[] = {
        TOOLS("guestToolsNeedUpgrade"), TOOLS("guestToolsSupportedOld"),
        TOOLS("guestToolsTooOld"), TOOLS("guestToolsBlacklisted")};
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        await_version(&good[i], "current", NULL);
    for (size_t i = 0; i < ARRAY_LEN(old); i++) {
        await_version(&old[i], "current", "older than this vCenter wants");
        await_version(&old[i], "running", NULL);
    }
}

/* A vCenter without guest operations, or with half of them. */
static void test_no_operations(void **state)
{
    (void)state;
    static const struct reply replies[] = {OPEN};
    struct fixture f;
    script_start(&f, replies, ARRAY_LEN(replies) - 1);
    fails(&f, run_command(&f), ERR_INVALID, "this vCenter has no guest operations");
    struct reply half[ARRAY_LEN(replies)];
    memcpy(half, replies, sizeof replies);
    half[ARRAY_LEN(half) - 1].body = OBJECTS(
        OBJECT("GuestOperationsManager", "gom", MANAGER("authManager", "GuestAuthManager")));
    start(&f, half, ARRAY_LEN(half));
    fails(&f, run_command(&f), ERR_INVALID, "guest operations are incomplete");
}

/* ---- while a program runs ---- */

/* Nobody remembers the process after five minutes: the directory has the exit code. */
static void test_forgotten(void **state)
{
    (void)state;
    static const struct reply replies[] = {OPEN,
                                           LAUNCH,
                                           PROCESSES("9", PROCESS("")),
                                           PROCESSES("9", ""),
                                           SHORT("[ -e code ] &amp;&amp; exit 100", "100"),
                                           SHORT("cat /var/tmp/gridform-", "3"),
                                           OUTPUT("/x/1000-aGVsbG8="),
                                           CLEANED};
    struct fixture f;
    start(&f, replies, ARRAY_LEN(replies));
    fails(&f, run_command(&f), ERR_INVALID, "guest step 1: exit code 3, wanted 0: hello");
}

/* The guest is away for a while: it is asked again. */
static void test_unavailable(void **state)
{
    (void)state;
    static const struct reply replies[] = {
        OPEN,
        LAUNCH,
        {"<ListProcessesInGuest ", NULL, FAULT("GuestOperationsUnavailable", "not now")},
        {"<ListProcessesInGuest ", NULL, NULL}, /* no answer at all */
        PROCESSES("9", ENDED("0")),
        OUTPUT("/x/1000-"),
        CLEANED};
    struct fixture f;
    start(&f, replies, ARRAY_LEN(replies));
    if (run_command(&f) < 0)
        fail_msg("%s (%s)", f.err.message, f.script.problem);
    script_finish(&f);
}

static void test_ends_at_once(void **state)
{
    (void)state;
    static const struct {
        struct reply reply;
        enum err_code code;
        const char *text;
    } rows[] = {{{"<ListProcessesInGuest ", NULL, FAULT("InvalidPowerState", "it is off")},
                 ERR_CONFLICT,
                 "InvalidPowerState"},
                {{"<ListProcessesInGuest ", NULL, FAULT("InvalidGuestLogin", "who is it")},
                 ERR_DENIED,
                 "the guest refuses the login of root (guest.credentials)"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct reply clean = {"<StartProgramInGuest ", "rm -rf", rows[i].reply.body};
        const struct reply replies[] = {OPEN, LAUNCH, rows[i].reply, clean};
        struct fixture f;
        start(&f, replies, ARRAY_LEN(replies));
        fails(&f, run_command(&f), rows[i].code, rows[i].text);
    }
}

/* Another attempt of a step whose program is under way: it is waited for, not started. */
static void test_begun_before(void **state)
{
    (void)state;
    static const struct reply replies[] = {OPEN,
                                           SHORT("exit 101", "101"),
                                           SHORT("exit 100", "101"),
                                           SHORT("exit 100", "100"),
                                           SHORT("cat /var/tmp/gridform-", "0"),
                                           OUTPUT("/x/1000-aGVsbG8="),
                                           CLEANED};
    struct fixture f;
    start(&f, replies, ARRAY_LEN(replies));
    if (run_command(&f) < 0)
        fail_msg("%s (%s)", f.err.message, f.script.problem);
    script_finish(&f);
}

/* Two starts were under way: this one was not the first, and its exit code is not the
 * program's. */
static void test_second_start(void **state)
{
    (void)state;
    static const struct reply replies[] = {OPEN,
                                           LAUNCH,
                                           PROCESSES("9", ENDED("125")),
                                           SHORT("exit 100", "101"),
                                           SHORT("exit 100", "100"),
                                           SHORT("cat /var/tmp/gridform-", "0"),
                                           OUTPUT("/x/1000-"),
                                           CLEANED};
    struct fixture f;
    start(&f, replies, ARRAY_LEN(replies));
    if (run_command(&f) < 0)
        fail_msg("%s (%s)", f.err.message, f.script.problem);
    script_finish(&f);
}

/* No room even for the mark of the start: not tried for ever. */
static void test_no_room(void **state)
{
    (void)state;
    static const struct reply replies[] = {OPEN, LAUNCH, PROCESSES("9", ENDED("125")),
                                           SHORT("exit 100", "103"), CLEANED};
    struct fixture f;
    start(&f, replies, ARRAY_LEN(replies));
    fails(&f, run_command(&f), ERR_INVALID, "no room to start the program");
}

/* Names of files that are no base64 are no output. */
static void test_strange_names(void **state)
{
    (void)state;
    static const struct reply replies[] = {OPEN, LAUNCH, PROCESSES("9", ENDED("4")),
                                           OUTPUT("/x/1000-a b"), CLEANED};
    struct fixture f;
    start(&f, replies, ARRAY_LEN(replies));
    fails(&f, run_command(&f), ERR_INVALID, "could not be fetched: the names");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tools_versions), cmocka_unit_test(test_no_operations),
        cmocka_unit_test(test_forgotten),      cmocka_unit_test(test_unavailable),
        cmocka_unit_test(test_ends_at_once),   cmocka_unit_test(test_begun_before),
        cmocka_unit_test(test_second_start),   cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_strange_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
