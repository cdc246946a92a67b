/* test_guest_lab_ways.c: waiting for Tools, verifying, restarting, the ways that files take,
 * and switching to another version, against the lab. */
#include "../harness/unit.h"

#include <stdlib.h>
#include <string.h>

#include "../harness/files.h"
#include "../harness/guest_lab.h"
#include "arena.h"
#include "net.h"
#include "ops.h"

static int setup(void **state)
{
    static struct guest_lab lab;
    guest_lab_start(&lab, NULL);
    *state = &lab;
    return 0;
}

static int setup_star(void **state)
{
    static struct guest_lab lab;
    guest_lab_start(&lab, "guests: { transfer_host: star }\n");
    *state = &lab;
    return 0;
}

static int teardown(void **state)
{
    guest_lab_stop(*state);
    return 0;
}

/* ---- Tools ---- */

static void test_await(void **state)
{
    struct guest_lab *g = guest_lab_of(state);
    guest_lab_must(g, OP_GUEST_AWAIT, json_pack("{ss}", "tools", "current"));
    assert_int_equal(g->client.outcome.kind, OUTCOME_DONE);
    lab_poke(&g->lab, "\"toolsOld\"", "vms/%s/tools", GUEST_VM);
    guest_lab_must_fail(g, OP_GUEST_AWAIT, json_pack("{ss}", "tools", "current"), ERR_CONFLICT,
                        "older than this vCenter wants");
    guest_lab_must(g, OP_GUEST_AWAIT, json_pack("{ss}", "tools", "running"));
    lab_poke(&g->lab, "\"toolsNotInstalled\"", "vms/%s/tools", GUEST_VM);
    guest_lab_must_fail(g, OP_GUEST_AWAIT, json_object(), ERR_CONFLICT, "not installed");
    lab_poke(&g->lab, "\"toolsNotRunning\"", "vms/%s/tools", GUEST_VM);
    guest_lab_must_fail(g, OP_GUEST_AWAIT, json_pack("{si}", "timeout", 700), ERR_TIMEOUT,
                        "last seen: guestToolsNotRunning");
    int result = guest_lab_perform(g, OP_GUEST_RUN, json_pack("{ss}", "command", "true"));
    assert_int_equal(result, -1);
    assert_true(err_is_transient(g->client.err.code));
    lab_poke(&g->lab, "\"toolsOk\"", "vms/%s/tools", GUEST_VM);
    guest_lab_must(g, OP_GUEST_AWAIT, json_object());
}

static json_t *wrong_login(const char *op)
{
    return json_pack("{s{ss, s{ss}}, ss}", "credentials", "username", "root", "password", "env",
                     "WRONG_PASSWORD", "command",
                     strcmp(op, OP_GUEST_VERIFY) == 0 ? "nvidia-smi" : "true");
}

static void test_wrong_password(void **state)
{
    static const char *const ops[] = {OP_GUEST_AWAIT, OP_GUEST_RUN, OP_GUEST_VERIFY,
                                      OP_GUEST_REBOOT};
    struct guest_lab *g = guest_lab_of(state);
    for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
        guest_lab_must_fail(g, ops[i], wrong_login(ops[i]), ERR_DENIED,
                            "the guest refuses the login of root (guest.credentials)");
        guest_lab_no_trace(g, "canary");
        guest_lab_no_trace(g, GUEST_PASSWORD);
    }
    guest_lab_must_fail(g, OP_GUEST_RUN,
                        json_pack("{s{ss, s{ss}}}", "credentials", "username", "root",
                                  "password", "env", "NONE"),
                        ERR_NOT_FOUND, "guest.credentials.password");
    guest_lab_clean(g);
}

/* ---- verifying ---- */

static json_t *verification(const char *command, const char *expect, int timeout_ms)
{
    return json_pack("{ss, so, si}", "command", command, "expect", json_parse(expect),
                     "timeout", timeout_ms);
}

static void test_verify(void **state)
{
    struct guest_lab *g = guest_lab_of(state);
    guest_lab_must(g, OP_GUEST_VERIFY,
                   verification("echo all is well", "{\"output\":\"is w\"}", 9000));
    guest_lab_must(g, OP_GUEST_VERIFY,
                   verification("printf 'a\\000well'; exit 7",
                                "{\"output\":\"well\",\"exit_code\":\"7\"}", 9000));
    /* again and again, until it is so; the output of the last time is shown */
    guest_lab_must(g, OP_GUEST_VERIFY,
                   verification("echo x >>/etc/n; wc -l </etc/n", "{\"output\":\"3\"}", 30000));
    assert_string_equal(strbuf_str(&g->client.output), "3\n");
    guest_lab_must_fail(
        g, OP_GUEST_VERIFY, verification("echo wrong; exit 3", "{\"output\":\"right\"}", 5000),
        ERR_TIMEOUT,
        "guest step 1: not as expected; its exit code is 3, wanted 0; its output "
        "has no \"right\": wrong");
    guest_lab_must_fail(g, OP_GUEST_VERIFY, verification("sleep 50", "{}", 1500), ERR_TIMEOUT,
                        "guest step 1: it took too long and was ended");
    /* an attempt that is cut short hides nothing */
    guest_lab_must_fail(g, OP_GUEST_VERIFY,
                        verification("[ -e /etc/again ] && sleep 50; : >/etc/again; echo first",
                                     "{\"output\":\"right\"}", 8000),
                        ERR_TIMEOUT, "not as expected; its output has no \"right\": first");
    guest_lab_shell(g, "rm /etc/again");
    guest_lab_clean(g);
}

/* What nvidia-smi -q says, as it says it. */
static void test_verify_driver(void **state)
{
    struct guest_lab *g = guest_lab_of(state);
    static const char good[] = "{\"driver_version\":\"384.73\",\"profile\":\"GRID P100-4Q\","
                               "\"licence\":\"Licensed\"}";
    guest_lab_shell(g, "mkdir -p /usr/local/bin; cat >/usr/local/bin/nvidia-smi <<'E'\n"
                       "#!/bin/sh\n"
                       "[ \"$1\" = -q ] || exit 1\n"
                       "printf '\\n====NVSMI LOG====\\n\\nDriver Version      : 384.73\\r\\n'\n"
                       "echo 'Driver Version Of Another : 1.2'\n"
                       "echo '    Product Name       : GRID P100-4Q'\n"
                       "echo '        License Status         : Licensed'\n"
                       "E\n"
                       "chmod 755 /usr/local/bin/nvidia-smi");
    guest_lab_must(g, OP_GUEST_VERIFY, verification("nvidia-smi", good, 9000));
    guest_lab_must_fail(
        g, OP_GUEST_VERIFY,
        verification("nvidia-smi", "{\"driver_version\":\"384.7\",\"licence\":\"Unlicensed\"}",
                     5000),
        ERR_TIMEOUT,
        "not as expected; driver_version is 384.73, wanted 384.7; licence is "
        "Licensed, wanted Unlicensed");
    guest_lab_shell(
        g, "printf '#!/bin/sh\\necho No devices; exit 6\\n' >/usr/local/bin/nvidia-smi");
    guest_lab_must_fail(g, OP_GUEST_VERIFY, verification("nvidia-smi", good, 5000), ERR_TIMEOUT,
                        "its exit code is 6, wanted 0; driver_version is not reported");
    guest_lab_shell(g, "rm /usr/local/bin/nvidia-smi");
    guest_lab_clean(g);
}

/* ---- restarting ---- */

static void test_reboot(void **state)
{
    struct guest_lab *g = guest_lab_of(state);
    guest_lab_shell(g, "sleep 100 >/dev/null 2>&1 & echo $! >/etc/pid; : >/run/before");
    guest_lab_must(g, OP_GUEST_REBOOT, json_object());
    assert_string_equal(
        guest_lab_shell(g, "ls /run/before /run/gridform* 2>/dev/null; "
                           "[ -d /proc/$(cat /etc/pid) ] && "
                           "grep -c sleep /proc/$(cat /etc/pid)/comm; rm /etc/pid"),
        "");
    guest_lab_clean(g);
}

/* ---- ways of files ---- */

/* Where nobody knows the host, "auto" says so once and goes on in arguments. */
static void test_auto(void **state)
{
    struct guest_lab *g = guest_lab_of(state);
    g->transfer = "auto";
    guest_lab_shell(g, "echo through the host");
    assert_string_equal(strbuf_str(&g->client.notes), "");
    guest_lab_reopen(g, "127.0.0.1:1");
    assert_string_equal(guest_lab_shell(g, "echo in arguments"), "in arguments\n");
    const char *note = strstr(strbuf_str(&g->client.notes), "scripts travel in arguments");
    assert_non_null(note);
    assert_null(strstr(note + 1, "scripts travel"));
    assert_string_equal(guest_lab_shell(g, "echo again"), "again\n");
    assert_string_equal(strbuf_str(&g->client.notes), "");
    g->transfer = "hosts";
    guest_lab_must_fail(g, OP_GUEST_RUN, json_pack("{ss}", "command", "true"), ERR_UNREACHABLE,
                        "files of guests go to port 443 of the ESXi host, or with "
                        "guest.transfer: arguments through vCenter alone");
    guest_lab_reopen(g, g->vcenter);
    guest_lab_clean(g);
}

static void test_star(void **state)
{
    struct guest_lab *g = guest_lab_of(state);
    guest_lab_reopen(g, NULL); /* the hosts themselves are nowhere */
    assert_string_equal(guest_lab_shell(g, "echo through vCenter"), "through vCenter\n");
    assert_string_equal(strbuf_str(&g->client.notes), "");
    guest_lab_clean(g);
}

/* ---- another version ---- */

static void test_switch(void **state)
{
    struct guest_lab *g = guest_lab_of(state);
    guest_lab_must_fail(g, OP_TEMPLATE_SWITCH, json_object(), ERR_CONFLICT,
                        "is not a template any more");
    guest_lab_must(g, OP_TEMPLATE_SHUTDOWN, json_pack("{si}", "guest_timeout", 60000));
    guest_lab_must_fail(g, OP_GUEST_RUN, json_pack("{ss}", "command", "true"), ERR_CONFLICT,
                        "is not powered on");
    guest_lab_must(g, OP_TEMPLATE_MARK, json_object());
    lab_forget(&g->lab);
    guest_lab_must(g, OP_TEMPLATE_SWITCH, json_object());
    assert_int_equal(g->client.outcome.kind, OUTCOME_UNCHANGED);
    const struct value *ids = g->client.outcome.ids;
    assert_string_equal(value_get_text(ids, "name"), GUEST_VM);
    assert_string_equal(value_get_text(ids, "vm"), value_get_text(g->ids, "vm"));
    assert_string_equal(value_get_text(ids, "instance_uuid"),
                        value_get_text(g->ids, "instance_uuid"));
    json_t *calls = lab_calls(&g->lab);
    assert_int_equal(calls_changing(calls), 0);
    json_decref(calls);
}

static void test_switch_refused(void **state)
{
    struct guest_lab *g = guest_lab_of(state);
    static const char *const marks[] = {"lineage", "address", "uuid", "complete"};
    guest_lab_must_fail(g, OP_TEMPLATE_SWITCH, json_pack("{ss}", "name", "prepared-none"),
                        ERR_NOT_FOUND, "the version prepared-none is not there any more");
    guest_lab_must_fail(g, OP_TEMPLATE_SWITCH, json_pack("{ss}", "name", "centos72-base"),
                        ERR_CONFLICT, "does not carry a valid mark");
    /* a copy carries the mark of what it was copied from */
    for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
        json_t *text = lab_look(&g->lab, "vms/%s/extra/gridform.%s", GUEST_VM, marks[i]);
        char *json = json_dumps(text, JSON_ENCODE_ANY);
        lab_poke(&g->lab, json, "vms/centos72-base/extra/gridform.%s", marks[i]);
        free(json);
        json_decref(text);
    }
    guest_lab_must_fail(g, OP_TEMPLATE_SWITCH, json_pack("{ss}", "name", "centos72-base"),
                        ERR_CONFLICT, "does not carry a valid mark");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_await),  cmocka_unit_test(test_wrong_password),
        cmocka_unit_test(test_verify), cmocka_unit_test(test_verify_driver),
        cmocka_unit_test(test_reboot), cmocka_unit_test(test_auto),
        cmocka_unit_test(test_switch), cmocka_unit_test(test_switch_refused),
    };
    const struct CMUnitTest star[] = {cmocka_unit_test(test_star)};
    int failed = cmocka_run_group_tests(tests, setup, teardown);
    return failed + cmocka_run_group_tests(star, setup_star, teardown);
}
