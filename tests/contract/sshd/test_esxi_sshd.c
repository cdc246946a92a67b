/* test_esxi_sshd.c: the provider of the ESXi shells against Debian's sshd and a real shell,
 * with esxcli and nvidia-smi as scripts: what the lab's own server could have in common with
 * the client by mistake shows here. */
#include "../../harness/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../harness/files.h"
#include "../esxi_client.h"
#include "arena.h"
#include "ops.h"

#define HOST "esx-01.example.test"
#define PASSWORD "right-password"
/* openssl passwd -6 -salt ab right-password */
#define SSHD_HASH                                                                              \
    "$6$ab$fgFy0ZCBVEBynPRq.rfFRiu4f3aqpwEFBpQyF2hrojRm"                                       \
    "y0NC3khBS26hlmOsDEJqxQammEwT5Et0RiXPVRDyj0"
#define NAME "NVIDIA-VMware-384.73-1OEM.650.0.0.4598673.x86_64.vib"
#define INSTALL "{\"vib\":\"/vmfs/volumes/ds 1/" NAME "\",\"version\":\"384.73\"}"

struct fixture {
    char dir[128], fetched[256];
    unsigned port;
    pid_t pid;
    struct esxi_client client;
};

/* ---- the server ---- */

/* Words end with NULL. */
static int run_program(const char *const *words)
{
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        execvp(words[0], (char *const *)(uintptr_t)words);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    return status;
}

static void make_key(const struct fixture *f, const char *name)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    const char *const words[] = {"ssh-keygen", "-q", "-t",   "ecdsa", "-N", "",  "-m",
                                 "PEM",        "-C", "test", "-f",    path, NULL};
    assert_int_equal(run_program(words), 0);
}

static void set(const struct fixture *f, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/state/%s", f->dir, name);
    write_text(path, text);
}

static unsigned free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    getsockname(fd, (struct sockaddr *)&address, &size);
    close(fd);
    return ntohs(address.sin_port);
}

static bool listens(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool open = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return open;
}

static void start_sshd(struct fixture *f)
{
    char port[8], log[160];
    f->port = free_port();
    snprintf(port, sizeof port, "%u", f->port);
    snprintf(log, sizeof log, "%s/log", f->dir);
    f->pid = fork();
    if (f->pid == 0) {
        if (freopen(log, "a", stderr) == NULL)
            _exit(126);
        execl(SSHD_SCRIPTS "/start.sh", "start.sh", f->dir, port, f->fetched, SSHD_HASH,
              SSHD_ACCOUNT, (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 1000; i++) {
        if (listens(f->port))
            return;
        if (waitpid(f->pid, NULL, WNOHANG) == f->pid)
            break;
        pause_ms(10);
    }
    char *text = file_text("%s", log);
    fail_msg("sshd does not start:\n%s", text == NULL ? "" : text);
}

static void stop_sshd(struct fixture *f)
{
    if (f->pid <= 0)
        return;
    kill(f->pid, SIGTERM);
    waitpid(f->pid, NULL, 0);
    f->pid = 0;
}

/* login: the member that says how to log in. */
static void open_client(const struct fixture *f, struct esxi_client *client, const char *login,
                        const char *known_hosts)
{
    char settings[1200];
    snprintf(settings, sizeof settings,
             "{\"username\":\"esxi\",%s,\"known_hosts\":\"%s/%s\",\"poll_interval\":20,"
             "\"timeout\":20000,\"connect_to\":{\"" HOST "\":\"127.0.0.1:%u\"}}",
             login, f->dir, known_hosts, f->port);
    if (esxi_client_open(client, settings) < 0)
        fail_msg("%s", client->err.message);
}

static void open_with_key(const struct fixture *f, struct esxi_client *client, const char *key,
                          const char *known_hosts)
{
    char login[200];
    snprintf(login, sizeof login, "\"key_file\":\"%s/%s\"", f->dir, key);
    open_client(f, client, login, known_hosts);
}

static void write_known_hosts(const struct fixture *f, const char *name, const char *key)
{
    char path[200], line[1000];
    char *public = file_text("%s/%s.pub", f->dir, key);
    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    snprintf(line, sizeof line, HOST " %s", public);
    write_text(path, line);
    free(public);
}

static void copy_program(const struct fixture *f, const char *name)
{
    char from[600], to[200];
    snprintf(from, sizeof from, "%s/%s", SSHD_SCRIPTS, name);
    snprintf(to, sizeof to, "%s/bin/%s", f->dir, name);
    const char *const words[] = {"install", "-D", "-m", "755", from, to, NULL};
    assert_int_equal(run_program(words), 0);
}

static void bare_host(const struct fixture *f)
{
    static const char *const files[][2] = {{"flavour", "65\n"},
                                           {"type", "Shared\n"},
                                           {"policy", "Performance\n"},
                                           {"active", "Basic\n"},
                                           {"loaded", ""},
                                           {"ecc", "Enabled\n"},
                                           {"pending", "Enabled\n"},
                                           {"maintenance", "Disabled\n"},
                                           {"vibs", "esx-ui 2.12.0-21482143 VMware\n"},
                                           {"calls", ""}};
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        set(f, files[i][0], files[i][1]);
    set(f, "datastore/" NAME, "");
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    *state = f;
    make_directory(f->dir, sizeof f->dir, "sshd");
    snprintf(f->fetched, sizeof f->fetched, "%s", SSHD_FETCHED);
    const char *const fetch[] = {SSHD_SCRIPTS "/fetch.sh", f->fetched, NULL};
    if (run_program(fetch) != 0)
        fail_msg("no sshd to test against (see above)");
    char path[200];
    snprintf(path, sizeof path, "%s/state", f->dir);
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/state/datastore", f->dir);
    mkdir(path, 0755);
    copy_program(f, "esxcli");
    copy_program(f, "nvidia-smi");
    copy_program(f, "ls");
    make_key(f, "hostkey");
    make_key(f, "other");
    make_key(f, "user");
    char *public = file_text("%s/user.pub", f->dir);
    snprintf(path, sizeof path, "%s/authorized_keys", f->dir);
    write_text(path, public);
    free(public);
    write_known_hosts(f, "known_hosts", "hostkey");
    write_known_hosts(f, "changed_hosts", "other");
    bare_host(f);
    start_sshd(f);
    open_with_key(f, &f->client, "user", "known_hosts");
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    esxi_client_close(&f->client);
    stop_sshd(f);
    remove_directory(f->dir);
    free(f);
    return 0;
}

/* ---- checks ---- */

static void expect_attrs(struct fixture *f, const char *const *pairs)
{
    const struct instance *live = esxi_client_read(&f->client, HOST);
    assert_non_null(live);
    if (live->presence != PRESENCE_PRESENT)
        fail_msg("%s", live->reason);
    for (; *pairs != NULL; pairs += 2) {
        const char *found = esxi_client_attr(&f->client, live, pairs[0]);
        if (strstr(found, pairs[1]) == NULL)
            fail_msg("%s is %s, not %s", pairs[0], found, pairs[1]);
    }
}

#define EXPECT_ATTRS(f, ...) expect_attrs((f), (const char *const[]){__VA_ARGS__, NULL})

static void expect_unreadable(struct esxi_client *client, const char *says)
{
    const struct instance *live = esxi_client_read(client, HOST);
    assert_non_null(live);
    assert_int_equal(live->presence, PRESENCE_UNREADABLE);
    if (strstr(live->reason, says) == NULL)
        fail_msg("\"%s\" not in \"%s\"", says, live->reason);
}

static void expect_step(struct fixture *f, const char *op, const char *args,
                        enum outcome_kind kind)
{
    if (esxi_client_perform(&f->client, HOST, op, args) < 0)
        fail_msg("%s %s: %s", op, args, f->client.err.message);
    assert_int_equal(f->client.outcome.kind, kind);
}

static void expect_failure(struct fixture *f, const char *op, const char *args,
                           enum err_code code, const char *says)
{
    assert_int_equal(esxi_client_perform(&f->client, HOST, op, args), -1);
    if (f->client.err.code != code || strstr(f->client.err.message, says) == NULL)
        fail_msg("%s: %s: %s", op, err_code_name(f->client.err.code), f->client.err.message);
}

static bool was_called(const struct fixture *f, const char *command)
{
    char *calls = file_text("%s/state/calls", f->dir);
    bool found = strstr(calls, command) != NULL;
    free(calls);
    return found;
}

/* ---- tests ---- */

static void test_read(void **state)
{
    struct fixture *f = *state;
    static const char *const flavours[] = {"65",       "80",       "80 crlf",
                                           "65 noise", "65 noxml", "80 noxml crlf noise"};
    set(f, "type", "SharedPassthru\n");
    set(f, "active", "Shared\n");
    set(f, "policy", "Consolidation\n");
    set(f, "loaded", "367.134\n");
    set(f, "pending", "Disabled\n");
    set(f, "vibs",
        "esx-ui 2.12.0-2 VMware\nNVIDIA-VMware 384.73-1OEM.650.0.0.4598673 NVIDIA\n");
    for (size_t i = 0; i < ARRAY_LEN(flavours); i++) {
        set(f, "flavour", flavours[i]);
        EXPECT_ATTRS(f, "graphics", "next: shared_passthru", "graphics", "now: shared",
                     "assignment_policy", "consolidation", "driver", "next: 384.73", "driver",
                     "now: 367.134", "virtualization_mode", "host_vgpu", "ecc",
                     "next: disabled");
    }
    set(f, "flavour", "65");
    set(f, "vibs", ""); /* no host is without VIBs: the driver is not absent */
    EXPECT_ATTRS(f, "driver", "it lists nothing", "graphics", "next: shared_passthru");
    set(f, "flavour", "down");
    expect_unreadable(&f->client, "hostd is not up yet");
}

static void test_steps(void **state)
{
    struct fixture *f = *state;
    EXPECT_ATTRS(f, "graphics", "shared", "driver", "(absent)", "ecc", "not installed");
    expect_step(f, OP_HOST_GRAPHICS, "{\"graphics\":\"shared_passthru\"}", OUTCOME_DONE);
    expect_step(f, OP_HOST_GRAPHICS, "{\"graphics\":\"shared_passthru\"}", OUTCOME_UNCHANGED);
    expect_failure(f, OP_HOST_INSTALL_DRIVER, INSTALL, ERR_DENIED, "maintenance");
    assert_false(was_called(f, "vib install"));
    set(f, "maintenance", "Enabled\n");
    expect_step(f, OP_HOST_INSTALL_DRIVER, INSTALL, OUTCOME_DONE);
    assert_true(was_called(f, "vib install -v /vmfs/volumes/ds 1/" NAME "\n"));
    expect_step(f, OP_HOST_INSTALL_DRIVER, INSTALL, OUTCOME_UNCHANGED);
    EXPECT_ATTRS(f, "driver", "next: 384.73", "ecc", "until the next reboot");
    expect_failure(f, OP_HOST_VERIFY, "{\"expect\":{\"driver\":\"384.73\"},\"timeout\":50}",
                   ERR_TIMEOUT, "driver: wanted 384.73, found 384.73 after a reboot");
    set(f, "loaded", "384.73\n");
    expect_step(f, OP_HOST_VERIFY,
                "{\"expect\":{\"driver\":\"384.73\",\"virtualization_mode\":\"host_vgpu\"}}",
                OUTCOME_DONE);
    set(f, "flavour", "65 locked");
    expect_failure(f, OP_HOST_ECC, "{\"ecc\":\"disabled\"}", ERR_DENIED,
                   "Insufficient Permissions");
    set(f, "flavour", "65");
    expect_step(f, OP_HOST_ECC, "{\"ecc\":\"disabled\"}", OUTCOME_DONE);
    EXPECT_ATTRS(f, "ecc", "next: disabled");
    expect_step(f, OP_HOST_ECC, "{\"ecc\":\"disabled\"}", OUTCOME_UNCHANGED);
}

/* Another version goes first; failure that is success is found out; a refusal is quoted. */
static void test_replace(void **state)
{
    struct fixture *f = *state;
    set(f, "maintenance", "Enabled\n");
    set(f, "vibs", "NVIDIA-VMware 367.134-1OEM.650.0.0.1 NVIDIA\nesx-ui 1 VMware\n");
    set(f, "flavour", "80 liar");
    expect_step(f, OP_HOST_INSTALL_DRIVER,
                "{\"vib\":\"/vmfs/volumes/ds 1/" NAME "\",\"version\":\"384.73\","
                "\"signature_check\":false}",
                OUTCOME_DONE);
    assert_true(was_called(f, "vib remove -n NVIDIA-VMware\n"));
    assert_true(was_called(f, NAME " --no-sig-check\n"));
    expect_step(f, OP_HOST_REMOVE_DRIVER, "{\"name\":\"NVIDIA-VMware\"}", OUTCOME_DONE);
    set(f, "vibs", "NVIDIA-VMware 367.134-1OEM.650.0.0.1 NVIDIA\nesx-ui 1 VMware\n");
    set(f, "flavour", "65 refuse");
    expect_failure(
        f, OP_HOST_INSTALL_DRIVER, INSTALL, ERR_INVALID,
        "the former driver 367.134-1OEM.650.0.0.1 is removed already: esxcli software "
        "vib install: DependencyError: VIB x requires esx-version >= 7.0.0");
}

/* Nothing makes room for a file that is not there. */
static void test_missing_file(void **state)
{
    struct fixture *f = *state;
    set(f, "maintenance", "Enabled\n");
    set(f, "vibs", "NVIDIA-VMware 367.134-1OEM.650.0.0.1 NVIDIA\nesx-ui 1 VMware\n");
    expect_failure(f, OP_HOST_INSTALL_DRIVER,
                   "{\"vib\":\"/vmfs/volumes/ds 1/typo.vib\",\"version\":\"384.73\"}",
                   ERR_NOT_FOUND, "typo.vib");
    assert_false(was_called(f, "vib remove"));
}

/* What a manifest says never becomes a command of the shell. */
static void test_quoting(void **state)
{
    struct fixture *f = *state;
    set(f, "maintenance", "Enabled\n");
    static const char *const paths[] = {"/a'; touch owned; '", "/$(touch owned)",
                                        "/`touch owned`",      "/a && touch owned",
                                        "/a\\n touch owned",   "/a\\\"; touch owned #"};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        char args[200];
        snprintf(args, sizeof args, "{\"vib\":\"%s\",\"version\":\"384.73\"}", paths[i]);
        expect_failure(f, OP_HOST_INSTALL_DRIVER, args, ERR_NOT_FOUND, "VibDownloadError");
    }
    assert_false(file_exists("%s/owned", f->dir));
}

static void test_trust(void **state)
{
    struct fixture *f = *state;
    struct esxi_client client;
    open_with_key(f, &client, "user", "changed_hosts");
    expect_unreadable(&client, "HAS CHANGED");
    esxi_client_close(&client);
    open_with_key(f, &client, "other", "known_hosts");
    expect_unreadable(&client, "refused");
    esxi_client_close(&client);
    open_client(f, &client, "\"password\":\"wrong-password\"", "known_hosts");
    expect_unreadable(&client, "refused");
    esxi_client_close(&client);
    open_client(f, &client, "\"password\":\"" PASSWORD "\"", "known_hosts");
    const struct instance *live = esxi_client_read(&client, HOST);
    if (live->presence != PRESENCE_PRESENT)
        fail_msg("%s", live->reason);
    esxi_client_close(&client);
    stop_sshd(f);
    expect_unreadable(&f->client, "SSH service (TSM-SSH) is probably stopped");
}

int main(void)
{
#define WITH_SSHD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_SSHD(test_read),         WITH_SSHD(test_steps),   WITH_SSHD(test_replace),
        WITH_SSHD(test_missing_file), WITH_SSHD(test_quoting), WITH_SSHD(test_trust),
    };
    return cmocka_run_group_tests_name("esxi_sshd", tests, NULL, NULL);
}
