/* test_esxi_lab.c: the provider of the ESXi shells against the lab's hosts: the whole way of a
 * host from bare to vGPU, and what happens when hosts refuse, vanish or break off. */
#include "../harness/unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../harness/files.h"
#include "../harness/lab_process.h"
#include "arena.h"
#include "esxi_client.h"
#include "ops.h"
#include "ssh.h"
#include "strbuf.h"

#define HOST1 "esx-gpu-01.lab.local"
#define HOST2 "esx-gpu-02.lab.local"
#define HOST3 "esx-gpu-03.lab.local"
#define HOST4 "esx-gpu-04.lab.local"
#define PASSWORD "lab-esxi-secret"
#define VIB "/vmfs/volumes/images/NVIDIA-VMware-384.73-1OEM.650.0.0.4598673.x86_64.vib"
#define INSTALL "{\"vib\":\"" VIB "\",\"version\":\"384.73\",\"signature_check\":false}"

static const char *const all_hosts[] = {HOST1, HOST2, HOST3, HOST4};

struct fixture {
    struct lab lab;
    char port[8], known_hosts[160];
    struct esxi_client client;
};

/* ---- the lab ---- */

/* Settings for the lab; extra members begin with a comma. */
static char *settings(const struct fixture *f, const char *password, const char *known_hosts,
                      const char *extra)
{
    struct strbuf out;
    strbuf_init(&out, 4096);
    strbuf_addf(&out,
                "{\"username\":\"root\",\"password\":\"%s\",\"known_hosts\":\"%s\","
                "\"poll_interval\":20,\"timeout\":20000,\"connect_to\":{",
                password, known_hosts);
    for (int i = 0; i < 4; i++)
        strbuf_addf(&out, "%s\"%s\":\"127.0.10.%d:%s\"", i == 0 ? "" : ",", all_hosts[i], i + 1,
                    f->port);
    strbuf_addf(&out, "}%s}", extra);
    char *text = strdup(strbuf_str(&out));
    strbuf_release(&out);
    return text;
}

static void open_with(const struct fixture *f, struct esxi_client *client, const char *password,
                      const char *known_hosts, const char *extra)
{
    char *text = settings(f, password, known_hosts, extra);
    if (esxi_client_open(client, text) < 0)
        fail_msg("%s", client->err.message);
    free(text);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    *state = f;
    lab_start(&f->lab, LAB_REFERENCE, 20000);
    char *overlay = file_text("%s/overlay.yaml", f->lab.dir);
    const char *at = strstr(overlay, "127.0.10.1:");
    assert_non_null(at);
    at += strlen("127.0.10.1:");
    snprintf(f->port, sizeof f->port, "%.*s", (int)strcspn(at, "\""), at);
    free(overlay);
    snprintf(f->known_hosts, sizeof f->known_hosts, "%s/known_hosts", f->lab.dir);
    open_with(f, &f->client, PASSWORD, f->known_hosts, "");
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    esxi_client_close(&f->client);
    lab_stop(&f->lab);
    free(f);
    return 0;
}

/* Behind the provider's back. */
static void on_host(struct fixture *f, const char *host, const char *address,
                    const char *command)
{
    char to[64];
    struct ssh_client *client;
    struct ssh_result result;
    struct err err = {0};
    snprintf(to, sizeof to, "%s:%s", address, f->port);
    const struct ssh_client_options options = {
        .endpoint = {.name = host, .connect_to = to, .verify = true},
        .user = "root",
        .known_hosts = f->known_hosts,
        .password = PASSWORD};
    if (ssh_client_open(&options, &client, &err) < 0)
        fail_msg("%s", err.message);
    ssh_result_init(&result);
    const struct ssh_command run = {.command = command};
    if (ssh_client_exec(client, &run, &result, &err) < 0 || result.status != 0)
        fail_msg("%s: %s %s", command, err.message, strbuf_str(&result.out));
    ssh_result_release(&result);
    ssh_client_close(client);
}

static void reboot(struct fixture *f)
{
    on_host(f, HOST1, "127.0.10.1", "esxcli system shutdown reboot -d 10 -r test");
}

/* ---- checks ---- */

static void expect_attrs(struct fixture *f, const struct instance *live,
                         const char *const *pairs)
{
    assert_non_null(live);
    if (live->presence != PRESENCE_PRESENT)
        fail_msg("%s: %s", live->name, live->reason);
    for (; *pairs != NULL; pairs += 2) {
        const char *found = esxi_client_attr(&f->client, live, pairs[0]);
        if (strstr(found, pairs[1]) == NULL)
            fail_msg("%s is %s, not %s", pairs[0], found, pairs[1]);
    }
}

#define EXPECT_ATTRS(f, ...)                                                                   \
    expect_attrs((f), esxi_client_read(&(f)->client, HOST1),                                   \
                 (const char *const[]){__VA_ARGS__, NULL})

static void expect_step(struct fixture *f, const char *op, const char *args,
                        enum outcome_kind kind)
{
    if (esxi_client_perform(&f->client, HOST1, op, args) < 0)
        fail_msg("%s %s: %s", op, args, f->client.err.message);
    assert_int_equal(f->client.outcome.kind, kind);
}

static void expect_failure(struct fixture *f, const char *op, const char *args,
                           enum err_code code, const char *says)
{
    assert_int_equal(esxi_client_perform(&f->client, HOST1, op, args), -1);
    if (f->client.err.code != code || strstr(f->client.err.message, says) == NULL)
        fail_msg("%s: %s: %s", op, err_code_name(f->client.err.code), f->client.err.message);
    assert_int_equal(f->client.outcome.kind, code == ERR_UNCERTAIN   ? OUTCOME_UNCERTAIN
                                             : code == ERR_CANCELLED ? OUTCOME_CANCELLED
                                                                     : OUTCOME_FAILED);
}

static size_t count(struct fixture *f, const char *operation, const char *detail)
{
    json_t *calls = lab_calls(&f->lab);
    size_t n = calls_count(calls, operation, detail);
    json_decref(calls);
    return n;
}

static void expect_unreadable(const struct instance *live, const char *says)
{
    assert_non_null(live);
    assert_int_equal(live->presence, PRESENCE_UNREADABLE);
    if (strstr(live->reason, says) == NULL)
        fail_msg("%s: \"%s\" not in \"%s\"", live->name, says, live->reason);
    assert_null(strstr(live->reason, PASSWORD));
}

/* ---- tests ---- */

/* From the bare host to vGPU, as a plan of the kind walks it. */
static void test_procedure(void **state)
{
    struct fixture *f = *state;
    EXPECT_ATTRS(f, "graphics", "shared", "assignment_policy", "performance", "driver",
                 "(absent)", "virtualization_mode", "not installed", "ecc", "not installed");
    expect_step(f, OP_HOST_GRAPHICS,
                "{\"graphics\":\"shared_passthru\",\"assignment_policy\":\"consolidation\"}",
                OUTCOME_DONE);
    expect_step(f, OP_HOST_GRAPHICS,
                "{\"graphics\":\"shared_passthru\",\"assignment_policy\":\"consolidation\"}",
                OUTCOME_UNCHANGED);
    expect_step(f, OP_HOST_GRAPHICS, "{\"assignment_policy\":\"performance\"}", OUTCOME_DONE);
    assert_int_equal(count(f, "esxcli graphics host set", NULL), 2);
    assert_int_equal(count(f, "esxcli graphics host set", "--default-type SharedPassthru"), 1);
    expect_failure(f, OP_HOST_INSTALL_DRIVER, INSTALL, ERR_DENIED, "not in maintenance mode");
    assert_int_equal(count(f, "esxcli software vib install", NULL), 0);
    expect_failure(f, OP_HOST_ECC, "{\"ecc\":\"disabled\"}", ERR_CONFLICT, "driver");
    lab_poke(&f->lab, "true", "hosts/" HOST1 "/in_maintenance");
    expect_failure(f, OP_HOST_INSTALL_DRIVER,
                   "{\"vib\":\"" VIB "\",\"version\":\"384.73\",\"signature_check\":true}",
                   ERR_INVALID, "InstallationError");
    expect_step(f, OP_HOST_INSTALL_DRIVER, INSTALL, OUTCOME_DONE);
    expect_step(f, OP_HOST_INSTALL_DRIVER, INSTALL, OUTCOME_UNCHANGED);
    assert_int_equal(count(f, "esxcli software vib install", "--maintenance-mode"), 0);
    EXPECT_ATTRS(f, "driver", "next: 384.73", "ecc", "until the next reboot");
    reboot(f);
    expect_step(f, OP_HOST_VERIFY,
                "{\"expect\":{\"graphics\":\"shared_passthru\",\"driver\":\"384.73\"},"
                "\"timeout\":30000}",
                OUTCOME_DONE);
    const struct value *seen = f->client.outcome.observed;
    assert_string_equal(value_get_text(seen, "ecc"), "enabled");
    expect_step(f, OP_HOST_ECC, "{\"ecc\":\"disabled\"}", OUTCOME_DONE);
    expect_step(f, OP_HOST_ECC, "{\"ecc\":\"disabled\"}", OUTCOME_UNCHANGED);
    assert_int_equal(count(f, "nvidia-smi -e", NULL), 1);
    EXPECT_ATTRS(f, "ecc", "next: disabled", "driver", "384.73");
    expect_failure(f, OP_HOST_VERIFY, "{\"expect\":{\"ecc\":\"disabled\"},\"timeout\":100}",
                   ERR_TIMEOUT, "ecc: wanted disabled, found enabled, disabled after a reboot");
    assert_non_null(f->client.outcome.observed);
    reboot(f);
    expect_step(f, OP_HOST_VERIFY, "{\"expect\":{\"ecc\":\"disabled\"},\"timeout\":30000}",
                OUTCOME_DONE);
    EXPECT_ATTRS(f, "ecc", "disabled");
    expect_step(f, OP_HOST_VERIFY, "{}", OUTCOME_DONE);
    expect_step(f, OP_HOST_REMOVE_DRIVER, "{\"name\":\"NVIDIA-VMware\"}", OUTCOME_DONE);
    expect_step(f, OP_HOST_REMOVE_DRIVER, "{\"name\":\"NVIDIA-VMware\"}", OUTCOME_UNCHANGED);
    EXPECT_ATTRS(f, "driver", "(absent)");
}

/* A host costs one connection and one command; what one host does wrong is its own. */
/* Stop the SSH service of HOST2: the lab closes the port a moment after it was told. */
static void stop_ssh(struct fixture *f)
{
    const struct timespec moment = {.tv_nsec = 10000000};
    lab_poke(&f->lab, "false", "hosts/" HOST2 "/services/TSM-SSH/running");
    for (int i = 0; i < 1000; i++) {
        const struct instance *live = esxi_client_read(&f->client, HOST2);
        if (live != NULL && live->reason != NULL && strstr(live->reason, "refused") != NULL)
            return;
        nanosleep(&moment, NULL);
    }
    fail_msg("the port of %s stays open", HOST2);
}

static void test_many(void **state)
{
    struct fixture *f = *state;
    struct instance *live[4];
    stop_ssh(f);
    lab_fault(&f->lab, "{\"system\":\"shell\",\"operation\":\"esxcli graphics host get\","
                       "\"kind\":\"drop_before\",\"times\":1}");
    lab_forget(&f->lab);
    assert_int_equal(esxi_client_read_many(&f->client, all_hosts, 4, live), 0);
    expect_unreadable(live[1], "SSH service (TSM-SSH) is probably stopped");
    unsigned good = 0, lost = 0;
    for (int i = 0; i < 4; i++) {
        good += live[i]->presence == PRESENCE_PRESENT;
        lost += i != 1 && live[i]->presence == PRESENCE_UNREADABLE;
    }
    assert_int_equal(good, 2);
    assert_int_equal(lost, 1);
    assert_int_equal(count(f, "esxcli graphics host get", "--formatter=xml"), 3);
    assert_int_equal(count(f, "esxcli software vib list", NULL), 2);
}

static void test_wrong_password(void **state)
{
    struct fixture *f = *state;
    struct esxi_client client;
    struct instance *live[4];
    open_with(f, &client, "wrong-secret", f->known_hosts, "");
    assert_int_equal(esxi_client_read_many(&client, all_hosts, 4, live), 0);
    for (int i = 0; i < 4; i++) {
        expect_unreadable(live[i], "login of root refused");
        assert_null(strstr(live[i]->reason, "wrong-secret"));
    }
    /* Waiting would try the password again and again. */
    assert_int_equal(esxi_client_perform(&client, HOST1, OP_HOST_VERIFY,
                                         "{\"expect\":{\"ecc\":\"disabled\"}}"),
                     -1);
    assert_int_equal(client.err.code, ERR_DENIED);
    assert_int_equal(client.events, 0);
    esxi_client_close(&client);
}

static void test_host_keys(void **state)
{
    struct fixture *f = *state;
    char path[200];
    struct esxi_client client;
    struct instance *live[4];
    /* The keys of hosts 1 and 2 change places, host 3 is not known. */
    char *known = file_text("%s", f->known_hosts), *key[4], *rest = known;
    for (int i = 0; i < 4; i++) {
        char *line = strsep(&rest, "\n");
        key[i] = strchr(line, ' ');
    }
    struct strbuf out;
    strbuf_init(&out, 8192);
    strbuf_addf(&out, HOST1 "%s\n" HOST2 "%s\n" HOST4 "%s\n", key[1], key[0], key[3]);
    snprintf(path, sizeof path, "%s/other_hosts", f->lab.dir);
    write_text(path, strbuf_str(&out));
    open_with(f, &client, PASSWORD, path, "");
    assert_int_equal(esxi_client_read_many(&client, all_hosts, 4, live), 0);
    expect_unreadable(live[0], "HAS CHANGED");
    expect_unreadable(live[1], "HAS CHANGED");
    expect_unreadable(live[2], "unknown host key");
    assert_int_equal(live[3]->presence, PRESENCE_PRESENT);
    assert_int_equal(esxi_client_perform(&client, HOST1, OP_HOST_VERIFY,
                                         "{\"expect\":{\"ecc\":\"disabled\"}}"),
                     -1);
    assert_int_equal(client.err.code, ERR_UNTRUSTED);
    esxi_client_close(&client);
    open_with(f, &client, PASSWORD, path, ",\"verify\":false");
    assert_int_equal(esxi_client_read_many(&client, all_hosts, 4, live), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(live[i]->presence, PRESENCE_PRESENT);
    esxi_client_close(&client);
    strbuf_release(&out);
    free(known);
}

/* hostd comes up after SSH: nothing is known yet, and a waiting step waits. */
static void test_no_hostd(void **state)
{
    struct fixture *f = *state;
    lab_fault(&f->lab, "{\"system\":\"shell\",\"operation\":\"esxcli graphics host get\","
                       "\"kind\":\"error_text\",\"times\":3,"
                       "\"text\":\"Connect to localhost failed: Connection failure.\"}");
    expect_unreadable(esxi_client_read(&f->client, HOST1), "hostd is not up yet");
    expect_failure(f, OP_HOST_GRAPHICS, "{\"graphics\":\"shared\"}", ERR_UNREACHABLE, "hostd");
    expect_step(f, OP_HOST_VERIFY, "{\"expect\":{\"graphics\":\"shared\"},\"timeout\":30000}",
                OUTCOME_DONE);
    assert_true(f->client.events > 0);
}

/* esxcli without the xml formatter, and nvidia-smi with output that is cut short. */
static void test_text(void **state)
{
    struct fixture *f = *state;
    lab_fault(&f->lab, "{\"system\":\"shell\",\"operation\":\"esxcli software vib list\","
                       "\"kind\":\"error_text\",\"times\":1,"
                       "\"text\":\"Error: Unknown formatter: xml\"}");
    EXPECT_ATTRS(f, "driver", "(absent)", "graphics", "shared");
    assert_int_equal(count(f, "esxcli software vib list", NULL), 2);
    lab_fault(&f->lab, "{\"system\":\"shell\",\"operation\":\"esxcli software vib list\","
                       "\"kind\":\"truncate\",\"times\":1}");
    expect_unreadable(esxi_client_read(&f->client, HOST1), HOST1);
}

/* The answer of a change is lost. */
static void test_lost(void **state)
{
    struct fixture *f = *state;
    const char *args = "{\"graphics\":\"shared_passthru\"}";
    lab_fault(&f->lab, "{\"system\":\"shell\",\"operation\":\"esxcli graphics host set\","
                       "\"kind\":\"drop_before\",\"times\":1}");
    expect_failure(f, OP_HOST_GRAPHICS, args, ERR_UNCERTAIN, "does not show the change");
    lab_fault(&f->lab, "{\"system\":\"shell\",\"operation\":\"esxcli graphics host set\","
                       "\"kind\":\"drop_after\",\"times\":1}");
    expect_step(f, OP_HOST_GRAPHICS, args, OUTCOME_DONE);
    assert_int_equal(count(f, "esxcli graphics host set", NULL), 2);
    lab_poke(&f->lab, "true", "hosts/" HOST1 "/in_maintenance");
    lab_fault(&f->lab, "{\"system\":\"shell\",\"operation\":\"esxcli software vib install\","
                       "\"kind\":\"drop_after\",\"times\":1}");
    expect_step(f, OP_HOST_INSTALL_DRIVER, INSTALL, OUTCOME_DONE);
    EXPECT_ATTRS(f, "driver", "next: 384.73");
}

/* A success that looks like a failure: exit 1 and '' (esxi-shell.md §1.4), here of a command
 * that did nothing, is judged by the list. */
static void test_refused(void **state)
{
    struct fixture *f = *state;
    lab_poke(&f->lab, "true", "hosts/" HOST1 "/in_maintenance");
    lab_fault(&f->lab, "{\"system\":\"shell\",\"operation\":\"esxcli software vib install\","
                       "\"kind\":\"error_text\",\"times\":1,\"text\":\" [LockingError]\\n "
                       "Another process is running. " PASSWORD "\"}");
    expect_failure(f, OP_HOST_INSTALL_DRIVER, INSTALL, ERR_BUSY,
                   "LockingError: Another process is running. ***");
    lab_fault(&f->lab, "{\"system\":\"shell\",\"operation\":\"esxcli software vib install\","
                       "\"kind\":\"status\",\"status\":0,\"times\":1,\"text\":\"\"}");
    expect_failure(f, OP_HOST_INSTALL_DRIVER, INSTALL, ERR_INVALID, "does not show it");
    expect_failure(f, OP_HOST_INSTALL_DRIVER,
                   "{\"vib\":\"images/x.vib\",\"version\":\"384.73\"}", ERR_INVALID,
                   "absolute");
    expect_failure(f, OP_HOST_INSTALL_DRIVER,
                   "{\"vib\":\"/tmp/a'; reboot; '-384.73-1OEM.650.0.0.1.vib\","
                   "\"version\":\"384.73\"}",
                   ERR_NOT_FOUND, "VibDownloadError");
    assert_int_equal(count(f, "reboot", NULL), 0);
    expect_failure(f, OP_HOST_REMOVE_DRIVER, "{\"name\":\"esx-base\"}", ERR_DENIED,
                   "not an NVIDIA driver");
    expect_failure(f, "host.dance", "{}", ERR_INTERNAL, "host.dance");
}

static void *cancel_later(void *context)
{
    pause_ms(100);
    atomic_store(&((struct esxi_client *)context)->cancel, true);
    return NULL;
}

static void test_cancel(void **state)
{
    struct fixture *f = *state;
    pthread_t thread;
    pthread_create(&thread, NULL, cancel_later, &f->client);
    expect_failure(f, OP_HOST_VERIFY, "{\"expect\":{\"ecc\":\"disabled\"},\"timeout\":60000}",
                   ERR_CANCELLED, "");
    pthread_join(thread, NULL);
    assert_null(esxi_client_read(&f->client, HOST1));
    assert_int_equal(f->client.err.code, ERR_CANCELLED);
}

static void test_settings(void **state)
{
    (void)state;
    static const struct {
        const char *settings, *says;
    } cases[] = {
        {"{\"password\":\"x\",\"known_hosts\":\"k\"}", "username"},
        {"{\"username\":\"root\",\"password\":\"x\"}", "known_hosts"},
        {"{\"username\":\"root\",\"known_hosts\":\"k\"}", "password or a key_file"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct esxi_client client;
        assert_int_equal(esxi_client_open(&client, cases[i].settings), -1);
        assert_int_equal(client.err.code, ERR_INVALID);
        assert_non_null(strstr(client.err.message, cases[i].says));
        esxi_client_close(&client);
    }
    /* Relative paths start at the manifest's directory. */
    struct esxi_client client;
    assert_int_equal(esxi_client_open(&client, "{\"username\":\"root\",\"password\":\"x-y\","
                                               "\"known_hosts\":\"k\"}"),
                     0);
    expect_unreadable(esxi_client_read(&client, HOST1), "/nonexistent/k");
    esxi_client_close(&client);
}

int main(void)
{
#define WITH_LAB(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_LAB(test_procedure),      WITH_LAB(test_many),
        WITH_LAB(test_wrong_password), WITH_LAB(test_host_keys),
        WITH_LAB(test_no_hostd),       WITH_LAB(test_text),
        WITH_LAB(test_lost),           WITH_LAB(test_refused),
        WITH_LAB(test_cancel),         cmocka_unit_test(test_settings),
    };
    return cmocka_run_group_tests_name("esxi_lab", tests, NULL, NULL);
}
