/* test_guest_lab_life.c: how programs in guests end that do not end well: limits, restarts,
 * kills, full disks, interruptions. Whatever comes: at most one run, no process, no directory
 * left. */
#include "../harness/unit.h"

#include <stdlib.h>
#include <string.h>

#include "../harness/files.h"
#include "../harness/guest_lab.h"
#include "arena.h"
#include "net.h"
#include "ops.h"

#define COUNT "echo x >>/etc/count; "

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

static json_t *command(const char *text, int timeout_ms)
{
    return json_pack("{ss, si}", "command", text, "timeout", timeout_ms);
}

static void assert_count(struct guest_lab *g, const char *wanted)
{
    assert_string_equal(guest_lab_shell(g, "cat /etc/count; rm -f /etc/count"), wanted);
}

/* ---- limits ---- */

/* The program and its child, both deaf to TERM. */
static void test_timeout(void **state)
{
    struct guest_lab *g = guest_lab_of(state);
    static const char deaf[] =
        COUNT "trap '' TERM; (while :; do sleep 0.1; done) & echo $! $$ >/etc/pids; "
              "echo before the end; while :; do sleep 0.1; done";
    static const char *const ways[] = {"hosts", "arguments"};
    for (size_t way = 0; way < ARRAY_LEN(ways); way++) {
        g->transfer = ways[way];
        int64_t begun = net_now_ms();
        guest_lab_must_fail(g, OP_GUEST_RUN, command(deaf, 4000), ERR_TIMEOUT,
                            "guest step 1: it took too long and was ended");
        assert_true(net_now_ms() - begun >= 4000);
        assert_non_null(strstr(strbuf_str(&g->client.output), "before the end\n"));
        assert_string_equal(
            guest_lab_shell(g,
                            "for p in $(cat /etc/pids); do [ -d /proc/$p ] && echo $p; done; "
                            "rm /etc/pids"),
            "");
        assert_count(g, "x\n");
        guest_lab_clean(g);
    }
    g->transfer = ways[0];
}

/* What a script leaves running on purpose, lives on when it has ended. */
static void test_daemon(void **state)
{
    struct guest_lab *g = guest_lab_of(state);
    guest_lab_shell(g, "sleep 30 >/dev/null 2>&1 & echo $! >/etc/daemon");
    guest_lab_shell(g, "kill $(cat /etc/daemon) && rm /etc/daemon");
    guest_lab_clean(g);
}

/* The answer to the cancelled wait is prompt, the guest is told to end the program. */
static void test_cancelled(void **state)
{
    struct guest_lab *g = guest_lab_of(state);
    int64_t begun = net_now_ms();
    g->client.cancel_at = begun + 1500;
    guest_lab_must_fail(g, OP_GUEST_RUN, command(COUNT "echo $$ >/etc/pid; sleep 55", 60000),
                        ERR_CANCELLED, "");
    assert_true(net_now_ms() - begun < 20000);
    guest_lab_reopen(g, g->vcenter);
    guest_lab_shell(g,
                    "for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.5; "
                    "[ -d /proc/$(cat /etc/pid) ] || "
                    "[ $(ls -d /var/tmp/gridform-* | wc -l) -gt 1 ] || exit 0; done; exit 1");
    assert_count(g, "x\n");
    guest_lab_clean(g);
}

/* ---- ends without an exit code ---- */

#define GONE "guest step 1: the program ended without an exit code"

static void test_reboots_itself(void **state)
{
    struct guest_lab *g = guest_lab_of(state);
    guest_lab_must_fail(g, OP_GUEST_RUN, command(COUNT "reboot; sleep 50", 60000), ERR_INVALID,
                        GONE);
    guest_lab_must(g, OP_GUEST_AWAIT, json_object());
    assert_count(g, "x\n");
    guest_lab_clean(g);
}

/* The shell above it is killed: the program is waited for all the same. */
static void test_kills_parent(void **state)
{
    struct guest_lab *g = guest_lab_of(state);
    guest_lab_must_fail(g, OP_GUEST_RUN,
                        command(COUNT "kill -KILL $PPID; sleep 2; echo end >/etc/end", 60000),
                        ERR_INVALID, GONE);
    assert_string_equal(guest_lab_shell(g, "cat /etc/end; rm /etc/end"), "end\n");
    guest_lab_must_fail(g, OP_GUEST_RUN, command("kill -TERM $PPID; sleep 1", 60000),
                        ERR_INVALID, GONE);
    assert_count(g, "x\n");
    guest_lab_clean(g);
}

/* After another boot, a process of the same number is another process. */
static void test_other_boot(void **state)
{
    struct guest_lab *g = guest_lab_of(state);
    int64_t begun = net_now_ms();
    guest_lab_must_fail(
        g, OP_GUEST_RUN,
        command("echo $$ >/etc/pid; echo other >boot; kill -KILL $PPID; exec sleep 50", 40000),
        ERR_INVALID, GONE);
    assert_true(net_now_ms() - begun < 30000);
    guest_lab_shell(g, "kill $(cat /etc/pid); rm /etc/pid");
    guest_lab_clean(g);
}

/* ---- a full disk ---- */

static void test_full_disk(void **state)
{
    struct guest_lab *g = guest_lab_of(state);
    static const char *const ways[] = {"hosts", "arguments"};
    for (size_t way = 0; way < ARRAY_LEN(ways); way++) {
        g->transfer = ways[way];
        guest_lab_must_fail(g, OP_GUEST_RUN,
                            command(COUNT
                                    "echo before; cat /dev/zero >/fill; "
                                    "(sleep 0.5; cat /dev/zero >>/fill; sleep 4; rm -f /fill) "
                                    ">/dev/null 2>&1 & exit 4",
                                    60000),
                            ERR_INVALID, "exit code 4, wanted 0");
        if (way == 0)
            assert_non_null(strstr(strbuf_str(&g->client.output), "before"));
        pause_ms(1500);
        guest_lab_must_fail(g, OP_GUEST_RUN, command(COUNT, 60000), ERR_INVALID,
                            way == 0 ? "No space left" : "the guest's shell ends with 1");
        for (int i = 0; i < 100; i++) {
            pause_ms(200);
            if (guest_lab_perform(g, OP_GUEST_RUN, command("[ ! -e /fill ]", 60000)) == 0)
                break;
        }
        assert_count(g, "x\n");
        guest_lab_clean(g);
    }
    g->transfer = ways[0];
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timeout),      cmocka_unit_test(test_daemon),
        cmocka_unit_test(test_cancelled),    cmocka_unit_test(test_reboots_itself),
        cmocka_unit_test(test_kills_parent), cmocka_unit_test(test_other_boot),
        cmocka_unit_test(test_full_disk),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
