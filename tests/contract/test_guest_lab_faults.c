/* test_guest_lab_faults.c: each call of a guest step breaks in each way: a script has run at
 * most once, exactly once when the step succeeded, and the next attempt of the step ends well.
 */
#include "../harness/unit.h"

#include <stdlib.h>
#include <string.h>

#include "../harness/files.h"
#include "../harness/guest_lab.h"
#include "arena.h"
#include "ops.h"

static const char *const kinds[] = {"drop_before", "drop_after", "delay",
                                    "status",      "truncate",   "expire"};

static int setup(void **state)
{
    static struct guest_lab lab;
    guest_lab_start(&lab, NULL);
    *state = &lab;
    return 0;
}

static int teardown(void **state)
{
    guest_lab_stop(*state);
    return 0;
}

static void break_call(struct guest_lab *g, const char *operation, const char *kind,
                       unsigned skip)
{
    lab_fault(&g->lab,
              arena_printf(g->client.arena,
                           "{\"system\":\"vcenter\",\"operation\":\"%s\",\"kind\":\"%s\","
                           "\"skip\":%u,\"status\":503,\"text\":\"later\","
                           "\"milliseconds\":300}",
                           operation, kind, skip));
}

/* Codes after which the engine tries again, or reads the world first. */
static void assert_truthful(struct guest_lab *g, const char *operation, const char *kind)
{
    enum err_code code = g->client.err.code;
    if (!err_is_transient(code) && code != ERR_UNCERTAIN)
        fail_msg("%s, %s: %s: %s", operation, kind, err_code_name(code), g->client.err.message);
}

static size_t runs(struct guest_lab *g)
{
    return strlen(guest_lab_shell(g, "[ -e /etc/count ] && cat /etc/count; true")) / 2;
}

static size_t runs_in_all(struct guest_lab *g)
{
    return strlen(guest_lab_shell(g, "cat /etc/count; rm /etc/count")) / 2;
}

static void run_broken(struct guest_lab *g, const char *operation, const char *kind,
                       unsigned skip)
{
    static const char script[] = "echo x >>/etc/count; sleep 0.2; echo its output";
    print_message("%s, %s of call %u, %s\n", g->transfer, operation, skip, kind);
    lab_forget(&g->lab);
    break_call(g, operation, kind, skip);
    int result = guest_lab_perform(g, OP_GUEST_RUN, json_pack("{ss}", "script", script));
    const char *nonce = g->client.nonce;
    lab_no_faults(&g->lab);
    json_t *calls = lab_calls(&g->lab);
    assert_true(calls_count(calls, operation, NULL) > skip); /* it did break */
    json_decref(calls);
    if (result == 0) {
        assert_string_equal(strbuf_str(&g->client.output), "its output\n");
    } else {
        assert_truthful(g, operation, kind);
        assert_true(runs(g) <= 1);
        g->client.nonce = nonce;
        if (guest_lab_again(g, OP_GUEST_RUN, json_pack("{ss}", "script", script)) < 0)
            fail_msg("%s, %s, again: %s", operation, kind, g->client.err.message);
    }
    assert_int_equal(runs_in_all(g), 1);
}

/* Calls of one step: it makes its directory, sends its files, is started, and so on. What only
 * asks for an URL breaks in fewer ways: nothing hangs on it. */
static void test_run(void **state)
{
    static const struct {
        const char *operation;
        unsigned skip;
        bool asks_only;
    } calls[] = {{"StartProgramInGuest", 1, false},          {"ListProcessesInGuest", 1, false},
                 {"InitiateFileTransferToGuest", 0, true},   {"PutGuestFile", 1, false},
                 {"InitiateFileTransferFromGuest", 0, true}, {"GetGuestFile", 0, false}};
    struct guest_lab *g = guest_lab_of(state);
    guest_lab_shell(g, "rm -f /etc/count");
    for (size_t i = 0; i < ARRAY_LEN(calls); i++)
        for (size_t kind = calls[i].asks_only ? ARRAY_LEN(kinds) - 2 : 0;
             kind < ARRAY_LEN(kinds); kind++)
            if (strcmp(kinds[kind], "delay") != 0 || i == 0)
                run_broken(g, calls[i].operation, kinds[kind], calls[i].skip);
    guest_lab_clean(g);
}

/* Every start of a program, its answer lost: for the directory, the run, the output, the end.
 */
static void test_lost_starts(void **state)
{
    struct guest_lab *g = guest_lab_of(state);
    guest_lab_shell(g, "rm -f /etc/count");
    for (unsigned skip = 0; skip < 4; skip++)
        run_broken(g, "StartProgramInGuest", "drop_after", skip);
    guest_lab_clean(g);
}

/* In arguments: the pieces, their joining, the run, and the names of the output. */
static void test_lost_arguments(void **state)
{
    struct guest_lab *g = guest_lab_of(state);
    guest_lab_shell(g, "rm -f /etc/count");
    g->transfer = "arguments";
    for (unsigned skip = 1; skip < 7; skip++)
        run_broken(g, "StartProgramInGuest", skip % 2 == 0 ? "drop_before" : "drop_after",
                   skip);
    run_broken(g, "ListFilesInGuest", "drop_after", 0);
    g->transfer = "hosts";
    guest_lab_clean(g);
}

/* A step whose directory stays, with what the environment held, has not succeeded. */
static void leave_behind(struct guest_lab *g, const char *script, const char *text)
{
    break_call(g, "StartProgramInGuest", "error_text", 3);
    guest_lab_must_fail(g, OP_GUEST_RUN, json_pack("{ss}", "script", script), ERR_INVALID,
                        text);
    assert_string_equal(strbuf_str(&g->client.output), "its output\n");
    lab_no_faults(&g->lab);
    guest_lab_shell(g, "ls -d /var/tmp/gridform-* && rm -r /var/tmp/gridform-*");
}

static void test_left_behind(void **state)
{
    struct guest_lab *g = guest_lab_of(state);
    leave_behind(g, "echo its output",
                 "guest step 1: its working directory /var/tmp/gridform-");
    leave_behind(g, "echo its output", "which may hold secrets, could not be removed");
    leave_behind(g, "echo its output; exit 7", "guest step 1: exit code 7: its working");
    guest_lab_clean(g);
}

/* What only another user could remove: told, and no failure. */
static void test_files_stay(void **state)
{
    struct guest_lab *g = guest_lab_of(state);
    guest_lab_must(g, OP_GUEST_RUN,
                   json_pack("{ss}", "script", "mkdir kept && : >kept/file && chmod 0 kept"));
    assert_non_null(strstr(strbuf_str(&g->client.notes),
                           "guest step 1: files that it left in /var/tmp/gridform-"));
    assert_string_equal(
        guest_lab_shell(g, "for d in /var/tmp/gridform-*; do [ -e $d/run ] || ls $d; done"),
        "kept\n");
    guest_lab_shell(g, "chmod 700 /var/tmp/gridform-*/kept; rm -r /var/tmp/gridform-*");
    /* and the next attempt finds a place */
    guest_lab_must_fail(g, OP_GUEST_VERIFY,
                        json_pack("{ss, s{ss}, si}", "command",
                                  "mkdir -p kept && : >kept/file && chmod 0 kept; echo no",
                                  "expect", "output", "yes", "timeout", 8000),
                        ERR_TIMEOUT, "its output has no \"yes\"");
    guest_lab_shell(g, "chmod 700 /var/tmp/gridform-*/kept; rm -r /var/tmp/gridform-*");
    guest_lab_clean(g);
}

static void test_reboot(void **state)
{
    struct guest_lab *g = guest_lab_of(state);
    guest_lab_shell(g, "rm -f /etc/count");
    for (size_t kind = 0; kind < ARRAY_LEN(kinds); kind++) {
        guest_lab_shell(g, ": >/run/before");
        print_message("RebootGuest, %s\n", kinds[kind]);
        break_call(g, "RebootGuest", kinds[kind], 0);
        if (guest_lab_perform(g, OP_GUEST_REBOOT, json_pack("{si}", "timeout", 30000)) < 0) {
            assert_truthful(g, "RebootGuest", kinds[kind]);
            assert_string_equal(kinds[kind], "status"); /* the others: asked again, or heard */
            guest_lab_must(g, OP_GUEST_REBOOT, json_object());
        }
        lab_no_faults(&g->lab);
        guest_lab_shell(g, "[ ! -e /run/before ]");
    }
    guest_lab_clean(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run),
        cmocka_unit_test(test_lost_starts),
        cmocka_unit_test(test_lost_arguments),
        cmocka_unit_test(test_left_behind),
        cmocka_unit_test(test_files_stay),
        cmocka_unit_test(test_reboot),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
