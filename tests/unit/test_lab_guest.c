/* test_lab_guest.c: machines from the inside: the sandbox keeps what it promises, also against
 * scripts that mean harm, and guests live as machines do. */
#include "lab_guest_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_shell(void **state)
{
    struct lab_guest *guest = *state;
    guest_expect(guest, "#!/bin/sh\necho hello; exit 7\n", 7, "hello\n");
    guest_expect(guest, "#!/bin/bash\nid -u; pwd; hostname; uname -r\n", 0,
                 "0\n/root\ncentos72-base\n3.10.0-327.el7.x86_64\n");
    guest_expect(guest, "#!/bin/sh\nno-such-command\n", 127, "not found");
    guest_expect(guest, "#!/bin/sh\napt-get update\n", 127, "not found");
    guest_expect(guest, "#!/bin/sh\nkill -9 $$\n", 137, NULL);
}

/* ---- scripts that mean harm ------------------------------------------------------------ */

/* Nothing of the machine that runs the lab is there to be read, or to be changed. */
static void test_files_of_the_host(void **state)
{
    struct lab_guest *guest = *state;
    char secret[96], script[512];
    snprintf(secret, sizeof(secret), "%s/secret", guest->dir);
    int fd = open(secret, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    assert_int_equal(write(fd, "precious", 8), 8);
    close(fd);
    snprintf(script, sizeof(script),
             "#!/bin/sh\ncat %s /proc/1/root%s /proc/self/root%s\necho gone >%s\n", secret,
             secret, secret, secret);
    guest_script(guest, script);
    assert_null(strstr(guest->output, "precious"));
    guest_expect(guest, "#!/bin/sh\ncat /proc/1/environ /proc/1/mem\n", 1, "denied");
    guest_expect(guest, "#!/bin/sh\nls /work /home/* /root /sys 2>&1 | grep -c gridform\n", 1,
                 "0");
    guest_expect(guest, "#!/bin/sh\necho x >/proc/sys/kernel/hostname || exit 5\n", 5, NULL);
    guest_expect(guest, "#!/bin/sh\nmknod /disk b 254 0 || exit 6\n", 6, NULL);
    guest_expect(guest, "#!/bin/sh\nmount -t tmpfs none /mnt || exit 7\n", 7, NULL);
    guest_expect(guest, "#!/bin/sh\nunshare -r true || exit 8\n", 8, NULL);
    guest_expect(guest, "#!/bin/sh\ntouch /.lab/bash /dev/x || exit 9\n", 9, NULL);
    assert_int_equal(unlink(secret), 0);
}

static void test_network(void **state)
{
    struct lab_guest *guest = *state;
    guest_expect(guest, "#!/bin/bash\nexec 3<>/dev/tcp/127.0.0.1/22 || exit 1\n", 1, "refused");
    guest_expect(guest, "#!/bin/bash\nexec 3<>/dev/tcp/10.0.0.1/80 || exit 1\n", 1,
                 "unreachable");
    guest_expect(guest, "#!/bin/sh\nping -c 1 -W 1 192.0.2.1 >/dev/null\n", 1, NULL);
    guest_expect(guest, "#!/bin/sh\ncat /proc/net/dev | wc -l\n", 0, "3\n");
}

static void wait_for_limit(struct lab_guest *guest, const char *limit)
{
    for (int i = 0; i < 3000 && !guest_event(guest, "guest_limit", limit); i++) {
        usleep(10000);
        world_tick(guest->world);
    }
    assert_true(guest_event(guest, "guest_limit", limit));
}

static void test_fork_bomb(void **state)
{
    struct lab_guest *guest = *state;
    guest->world->guest_time_limit = 1000;
    guest_script(guest, "#!/bin/bash\nbomb() { bomb | bomb & }; bomb; wait; sleep 60\n");
    wait_for_limit(guest, "time");
    guest_expect(guest, "#!/bin/sh\nsleep 0.1; echo well\n", 0, "well");
}

static void test_many_processes(void **state)
{
    struct lab_guest *guest = *state;
    guest->world->guest_time_limit = 2000;
    guest_expect(guest, "#!/bin/bash\nfor i in $(seq 200); do sleep 60 & done; wait\n", 137,
                 "Resource temporarily unavailable");
    wait_for_limit(guest, "processes");
    wait_for_limit(guest, "time");
}

static void test_full_disk(void **state)
{
    struct lab_guest *guest = *state;
    guest->vm->guest_disk = 16 << 20;
    guest_power(guest, false);
    guest_power(guest, true);
    guest_expect(
        guest,
        "#!/bin/sh\ndd if=/dev/zero of=/big bs=1M count=1000 || { sleep 0.5; exit 3; }\n", 3,
        NULL);
    assert_true(guest_event(guest, "guest_limit", "disk"));
    struct guest_content content = {"x", 1, -1, 0};
    struct fault fault;
    assert_int_equal(guest_put(guest->world, guest->vm, "/more", &content, &fault), -1);
    assert_string_equal(fault.type, "CannotAccessFile");
    assert_int_equal(guest_delete(guest->world, guest->vm, "/big", &fault), 0);
}

static void test_memory(void **state)
{
    guest_expect(*state, "#!/bin/sh\nx=$(tr '\\0' a </dev/zero); echo survived\n", 2,
                 "cannot allocate");
}

static void test_many_files(void **state)
{
    struct lab_guest *guest = *state;
    guest_script(guest, "#!/bin/sh\nmkdir /many; cd /many\n"
                        "seq 1 200000 | xargs -n 5000 touch; sleep 60\n");
    assert_true(guest_event(guest, "guest_limit", "files"));
    assert_int_equal(guest->status, 137);
}

static void test_kill_everything(void **state)
{
    struct lab_guest *guest = *state;
    guest_expect(guest, "#!/bin/sh\nkill -9 1; kill -STOP 1; kill -9 -1\n", 137, NULL);
    guest_expect(guest, "#!/bin/sh\necho well\n", 0, "well");
    guest_expect(guest, "#!/bin/sh\nrm -rf /* 2>/dev/null || exit 4\n", 4, NULL);
    guest_power(guest, false);
    guest_power(guest, true);
}

static void test_endless(void **state)
{
    struct lab_guest *guest = *state;
    guest->world->guest_time_limit = 1000;
    guest_expect(guest, "#!/bin/sh\ntrap '' TERM INT HUP\nwhile :; do :; done\n", 137, NULL);
    assert_true(guest_event(guest, "guest_limit", "time"));
}

/* The first process follows no link out and waits for nobody. */
static void test_traps_for_files(void **state)
{
    struct lab_guest *guest = *state;
    struct guest_content content = {"x", 1, -1, GUEST_OVERWRITE};
    struct guest_file file;
    struct fault fault;
    guest_expect(guest, "#!/bin/sh\nmkfifo /pipe; ln -s /proc/1/mem /mem; ln -s /loop /loop\n",
                 0, NULL);
    assert_int_equal(guest_put(guest->world, guest->vm, "/pipe", &content, &fault), -1);
    assert_int_equal(
        guest_get(guest->world, guest->vm, guest->arena, "/pipe", &content, &file, &fault), -1);
    assert_string_equal(fault.type, "GuestPermissionDenied");
    assert_int_equal(
        guest_get(guest->world, guest->vm, guest->arena, "/loop", &content, &file, &fault), -1);
    assert_int_equal(
        guest_get(guest->world, guest->vm, guest->arena, "/dev/zero", &content, &file, &fault),
        -1);
}

/* ---- no sandbox, no program ------------------------------------------------------------ */

static void test_refusal(void **state)
{
    struct lab_guest *guest = *state;
    struct guest_start start = {.program = "/bin/sh", .arguments = "-c true"};
    struct fault fault;
    int64_t pid;
    char *path = strdup(getenv("PATH"));
    guest_power(guest, false);
    guest_power(guest, true);
    setenv("PATH", "/nonexistent", 1);
    int result = guest_start(guest->world, guest->vm, &start, &pid, &fault);
    setenv("PATH", path, 1);
    free(path);
    assert_int_equal(result, -1);
    assert_string_equal(fault.type, "GuestOperationsUnavailable");
    assert_non_null(strstr(fault.message, "no sandbox"));
    assert_non_null(strstr(fault.message, "No such file"));
    assert_true(guest_event(guest, "guest_refused", NULL));
}

/* ---- the life of a guest ---------------------------------------------------------------- */

static void test_power(void **state)
{
    struct lab_guest *guest = *state;
    struct fault fault;
    guest_expect(guest, "#!/bin/sh\necho kept >/etc/kept; echo lost >/tmp/lost\n", 0, NULL);
    guest_power(guest, false);
    assert_int_equal(guest_check(guest->world, guest->vm, "root", "lab-guest-secret", &fault),
                     -1);
    assert_string_equal(fault.type, "InvalidPowerState");
    guest_power(guest, true);
    guest_expect(guest, "#!/bin/sh\ncat /etc/kept; [ ! -e /tmp/lost ]\n", 0, "kept\n");
    guest_expect(guest, "#!/bin/sh\npoweroff; sleep 60\n", -1, NULL);
    pass(guest->world, 5);
    assert_int_equal(guest->vm->power, POWERED_OFF);
}

static void test_reboot(void **state)
{
    struct lab_guest *guest = *state;
    struct fault fault;
    guest_expect(guest, "#!/bin/sh\nyum -y update && uname -r\n", 0, "3.10.0-327.el7.x86_64\n");
    guest_expect(guest, "#!/bin/sh\nreboot; sleep 60\n", -1, NULL);
    assert_true(guest_event(guest, "guest_rebooted", NULL));
    assert_false(guest_tools_run(guest->world, guest->vm));
    assert_int_equal(guest_check(guest->world, guest->vm, "root", "lab-guest-secret", &fault),
                     -1);
    assert_string_equal(fault.type, "GuestOperationsUnavailable");
    guest_wait_tools(guest);
    guest_expect(guest, "#!/bin/sh\nuname -r\n", 0, "3.10.0-693.5.2.el7.x86_64\n");
    assert_int_equal(vm_reboot_guest(guest->world, guest->vm, &fault), 0);
    world_tick(guest->world);
    assert_false(guest_tools_run(guest->world, guest->vm));
    assert_int_equal(vm_shutdown_guest(guest->world, guest->vm, &fault), -1);
    assert_string_equal(fault.type, "ToolsUnavailable");
}

/* A clone has what its source had when it was made, and goes its own way. */
static void test_clone(void **state)
{
    struct lab_guest *guest = *state;
    struct vm *source = guest->vm;
    struct fault fault;
    struct task *task;
    guest_expect(guest, "#!/bin/sh\necho source >/etc/who\n", 0, NULL);
    assert_int_equal(vm_clone(guest->world, source, NULL, "copy", NULL, "u", &task, &fault), 0);
    guest_expect(guest, "#!/bin/sh\necho later >/etc/who\n", 0, NULL);
    pass(guest->world, 120);
    guest->vm = task->result;
    guest_power(guest, true);
    guest_expect(guest, "#!/bin/sh\ncat /etc/who; hostname; echo copy >/etc/who\n", 0,
                 "source\ncentos72-base\n");
    guest_power(guest, false);
    assert_int_equal(vm_destroy(guest->world, guest->vm, "u", &task, &fault), 0);
    pass(guest->world, 5);
    char path[128];
    snprintf(path, sizeof(path), "%s/guests/%s.tar", guest->dir, guest->vm->moref);
    assert_int_equal(access(path, F_OK), -1);
    guest->vm = source;
    guest_expect(guest, "#!/bin/sh\ncat /etc/who\n", 0, "later\n");
}

static void test_exit_codes_are_forgotten(void **state)
{
    struct lab_guest *guest = *state;
    struct guest_program *programs;
    struct fault fault;
    size_t n;
    guest_expect(guest, "#!/bin/sh\nexit 3\n", 3, NULL);
    pass(guest->world, 299);
    assert_int_equal(
        guest_programs(guest->world, guest->vm, guest->arena, &programs, &n, &fault), 0);
    assert_int_equal(n, 1);
    assert_int_equal(programs[0].status, 3);
    assert_string_equal(programs[0].name, "script");
    pass(guest->world, 2);
    assert_int_equal(
        guest_programs(guest->world, guest->vm, guest->arena, &programs, &n, &fault), 0);
    assert_int_equal(n, 1); /* of real time, not enough has passed */
    sleep(GUEST_EXIT_LEAST_MS / 1000 + 1);
    assert_int_equal(
        guest_programs(guest->world, guest->vm, guest->arena, &programs, &n, &fault), 0);
    assert_int_equal(n, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, lab_guest_setup, lab_guest_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_shell),           TEST(test_files_of_the_host),
        TEST(test_network),         TEST(test_fork_bomb),
        TEST(test_many_processes),  TEST(test_full_disk),
        TEST(test_memory),          TEST(test_many_files),
        TEST(test_kill_everything), TEST(test_endless),
        TEST(test_traps_for_files), TEST(test_refusal),
        TEST(test_power),           TEST(test_reboot),
        TEST(test_clone),           TEST(test_exit_codes_are_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
