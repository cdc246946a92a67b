/* test_lab_guest_scripts.c: scripts as administrators publish them (tests/lab/guest/scripts)
 * succeed and fail in the lab's guests for the reason that they would have on a real machine.
 */
#include "lab_guest_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../harness/files.h"
#include "compiler.h"

#define ANY (-2)
#define REBOOT "reboot; sleep 60"

/* One line of a guest's life: a command line, with the scripts in the home directory. */
struct step {
    const char *line;
    int status;
    const char *part; /* of what it says */
};

static void upload(struct lab_guest *guest, const char *name)
{
    char path[512], target[128];
    struct fault fault;
    snprintf(path, sizeof(path), "%s/%s", GUEST_SCRIPTS, name);
    snprintf(target, sizeof(target), "/root/%s", name);
    char *text = file_text("%s", path);
    assert_non_null(text);
    struct guest_content content = {text, strlen(text), 0755, GUEST_OVERWRITE};
    if (guest_put(guest->world, guest->vm, target, &content, &fault) < 0 &&
        !guest_event(guest, "guest_refused", NULL))
        fail_msg("%s: %s", target, fault.message);
    free(text);
}

static void live(struct lab_guest *guest, const struct step *steps, size_t n)
{
    static const char *const scripts[] = {
        "update.sh",    "docker-centos.sh", "nvidia-docker2.sh", "grid-driver.sh",
        "users.sh",     "gridd-licence.sh", "harden-ssh.sh",     "wait-for-url.sh",
        "backup.sh",    "app-service.sh",   "disk-check.sh",     "toolkit-ubuntu.sh",
        "vra-agent.sh",
    };
    for (size_t i = 0; i < ARRAY_LEN(scripts); i++)
        upload(guest, scripts[i]);
    for (size_t i = 0; i < n; i++) {
        char script[512];
        snprintf(script, sizeof(script), "#!/bin/bash\nPATH=$PATH:/root\n%s\n", steps[i].line);
        guest_expect(guest, script, steps[i].status, steps[i].part);
        guest_wait_tools(guest);
    }
}

#define LIVE(guest, ...)                                                                       \
    do {                                                                                       \
        const struct step steps_[] = {__VA_ARGS__};                                            \
        live(guest, steps_, ARRAY_LEN(steps_));                                                \
    } while (0)

/* A machine with a vGPU, on a host whose driver is of that version. */
static void give_gpu(struct lab_guest *guest, const char *host_driver_version)
{
    struct world *world = guest->world;
    struct host *host = world_host(world, guest->vm->host);
    struct device device = {.key = 13000,
                            .kind = DEVICE_VGPU,
                            .label = world_strdup(world, "PCI device 0"),
                            .vgpu_profile = world_strdup(world, "grid_p100-4q")};
    struct vib vib = {.id = world_strdup(world, "driver"),
                      .name = world_strdup(world, "NVIDIA-VMware"),
                      .version = world_strdup(world, host_driver_version),
                      .is_gpu_driver = true,
                      .loaded = true};
    VEC_PUSH(world->arena, &guest->vm->devices, device);
    VEC_PUSH(world->arena, &host->vibs, vib);
}

/* The whole preparation, in its order. */
static void test_preparation(void **state)
{
    give_gpu(*state, "384.73-1OEM.650.0.0.4598673");
    LIVE(*state, {"update.sh", 0, "reboot needed: running 3.10.0-327.el7.x86_64"},
         {REBOOT, ANY, NULL}, {"update.sh", 0, "no reboot needed"},
         {"vra-agent.sh", 0, "enabled"}, {"grid-driver.sh", 0, "GRID P100-4Q"},
         {"ls -d /tmp/tmp.* | wc -l", 0, "0\n"},
         {"nvidia-smi --query-gpu=driver_version,name --format=csv,noheader", 0,
          "384.73, GRID P100-4Q"},
         {"gridd-licence.sh licences.lab.local", 0, "licensed by licences.lab.local"},
         {"docker-centos.sh 17.09.0.ce", 0, "Hello from Docker!"},
         {"nvidia-docker2.sh", 0, "Driver Version: 384.73"}, {REBOOT, ANY, NULL},
         {"docker run --runtime=nvidia nvidia/cuda nvidia-smi", 0, "GRID P100-4Q"},
         {"nvidia-smi -q", 0, "License Status              : Licensed"});
}

/* A driver is built for the kernel that runs; after a restart into another one it is useless,
 * and built again it works. */
static void test_driver_before_reboot(void **state)
{
    give_gpu(*state, "384.73-1OEM.650.0.0.4598673");
    LIVE(*state, {"grid-driver.sh", 0, "GRID P100-4Q"},
         {"yum -y update kernel", 0, "Complete!"}, {"nvidia-smi", 0, "384.73"},
         {REBOOT, ANY, NULL}, {"nvidia-smi", 9, "couldn't communicate with the NVIDIA driver"},
         {"gridd-licence.sh licences.lab.local", 4, "Job for nvidia-gridd.service failed"},
         {"grid-driver.sh", 0, "GRID P100-4Q"});
}

static void test_driver_does_not_fit(void **state)
{
    struct lab_guest *guest = *state;
    LIVE(guest, {"grid-driver.sh", 1, "Unable to load the kernel module 'nvidia.ko'"},
         {"nvidia-smi", 127, "not found"}, {"gridd-licence.sh", 1, "usage"},
         {"DRIVER_URL=http://download.nvidia.com/absent.run grid-driver.sh", 22, "404"},
         {"curl -fsSO http://download.nvidia.com/NVIDIA-Linux-x86_64-384.73-grid.run && "
          "yum -y remove gcc && sh NVIDIA-Linux-x86_64-384.73-grid.run --silent",
          1, "development tool `cc`"});
    guest_power(guest, false);
    give_gpu(guest, "367.64-1OEM.650.0.0.4598673");
    guest->vm->power = POWERED_ON; /* such a driver is not for this card: nobody asks here */
    guest_wait_tools(guest);
    LIVE(guest, {"grid-driver.sh", 1, "Unable to load the kernel module 'nvidia.ko'"});
}

static void test_docker_versions(void **state)
{
    LIVE(
        *state, {"nvidia-docker2.sh", 1, ""}, {"docker ps", 127, "not found"},
        {"docker-centos.sh 17.06.2.ce", 0, "Hello from Docker!"},
        {"nvidia-docker2.sh nvidia-docker2-2.0.1-1.docker17.09.0.ce", 1,
         "Requires: docker-ce = 17.09.0.ce"},
        {"rpm -q nvidia-docker2", 1, "package nvidia-docker2 is not installed"},
        {"yum -y install docker-ce-17.99.0.ce", 1, "No package docker-ce-17.99.0.ce available"},
        {"systemctl stop docker; docker info", 1, "Is the docker daemon running?"},
        {"systemctl start docker; docker run --runtime=nvidia nvidia/cuda nvidia-smi", 125,
         "Unknown runtime specified nvidia"},
        {"docker pull no/such", 1, "manifest unknown"},
        {"echo '{ broken' >/etc/docker/daemon.json 2>/dev/null || { mkdir /etc/docker; echo '{ "
         "broken' >/etc/docker/daemon.json; }; systemctl restart docker",
         1, "Job for docker.service failed"});
}

static void test_administration(void **state)
{
    LIVE(*state, {"users.sh", 0, "2 accounts created"}, {"users.sh", 0, "0 accounts created"},
         {"users.sh && id ann", 0, NULL}, {"harden-ssh.sh", 0, "+PasswordAuthentication no"},
         {"backup.sh", 0, "3 archives, newest etc-20240105.tar.gz"},
         {"echo 1 >/run/backup.lock; backup.sh", 75, "already running"},
         {"app-service.sh", 0, "enabled and active"},
         {"APP=other BINARY=absent app-service.sh", 1, "Job for other.service failed"},
         {REBOOT, ANY, NULL}, {"systemctl is-active metrics", 0, "active"},
         {"systemctl is-active other", 3, "inactive"},
         {"wait-for-url.sh http://example.com/index.html", 0, ""},
         {"wait-for-url.sh http://example.com/absent", 22, "gave up after 3 attempts"},
         {"wait-for-url.sh http://absent.example.com/", 6, "Could not resolve host"},
         {"systemctl start nonsense", 5, "Unit not found"},
         {"set -e; frobnicate; echo never", 127, "frobnicate: command not found"},
         {"timeout 1 sleep 5", 143, NULL}, {"env LANG=C uname -r", 0, "3.10.0-327"},
         {"echo a b | xargs -n 1 echo got", 0, "got a\ngot b"});
}

/* The disk is full for everybody, and nothing is half there afterwards. */
static void test_no_space(void **state)
{
    LIVE(
        *state, {"disk-check.sh 80", 0, ""},
        {"dd if=/dev/zero of=/spare bs=64K count=1; dd if=/dev/zero of=/fill bs=1M; rm /spare; "
         "disk-check.sh 80",
         2, "100% full"},
        {"yum -y install git", 1, "needs more space"}, {"rpm -q git", 1, "not installed"},
        {"docker-centos.sh", 1, "needs more space"},
        {"rm /fill; yum -y install git", 0, "git"});
}

static void test_ubuntu(void **state)
{
    struct lab_guest *guest = *state;
    guest->vm->guest_os = world_strdup(guest->world, "ubuntu2204");
    give_gpu(guest, "535.54.03-1OEM.700.1.0.15843807");
    LIVE(guest, {"yum -y update", 127, "not found"},
         {"apt-get install -y docker-ce", 100, "Unable to locate package docker-ce"},
         {"toolkit-ubuntu.sh", 0, "toolkit 1.14.3-1"},
         {"docker run --rm --gpus all ubuntu:22.04 nvidia-smi", 125, "driver error"},
         {"apt-get -y upgrade && uname -r", 0, "5.15.0-25-generic"}, {REBOOT, ANY, NULL},
         {"uname -r", 0, "5.15.0-91-generic"},
         {"apt-get install -y build-essential linux-headers-$(uname -r) && echo blacklist "
          "nouveau "
          ">/etc/modprobe.d/n.conf && wget -q "
          "http://download.nvidia.com/NVIDIA-Linux-x86_64-535.54.03-grid.run && sh NVIDIA*.run "
          "-s",
          0, "is now complete"},
         {"docker run --rm --gpus all ubuntu:22.04 nvidia-smi", 0, "535.54.03"},
         {"rm /etc/apt/keyrings/docker.gpg; apt-get update", 100, "is not signed"});
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, lab_guest_setup, lab_guest_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_preparation),
        TEST(test_driver_before_reboot),
        TEST(test_driver_does_not_fit),
        TEST(test_docker_versions),
        TEST(test_administration),
        TEST(test_no_space),
        TEST(test_ubuntu),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
