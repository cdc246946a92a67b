/* main.c: gridform-lab, the process: starts the world and its servers, says where they are,
 * and ends when it is told to (lab.h). */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest.h"
#include "lab_internal.h"
#include "num.h"

struct options {
    const char *world, *dir, *speed;
    bool help;
};

struct servers {
    struct control *control;
    struct shell_server *shell;
    struct vim25_server *vim25;
    struct vra7_server *vra7;
};

static const char usage[] =
    "usage: gridform-lab --world WORLD.yaml --dir DIR [--speed N]\n"
    "\n"
    "A simulated private cloud on loopback: vCenter, ESXi shells and vRealize Automation 7.\n"
    "\n"
    "  --world FILE  the data centre to simulate (tests/lab/reference.yaml documents it)\n"
    "  --dir DIR     where certificates, keys, known_hosts, overlay.yaml and control go;\n"
    "                keys and certificates that are there are used again\n"
    "  --speed N     how much faster than the wall its clock runs (default: the world's)\n"
    "  --help        this text\n"
    "\n"
    "DIR/control is written last and holds the address of the control server:\n"
    "  GET /world[/PATH]  POST /world/PATH  GET /calls  POST /calls/reset  GET /events\n"
    "  POST /events/reset  POST /faults  POST /faults/reset  POST /hold  GET /held?wait=MS\n"
    "  POST /release  POST /vra/request/ID?machines=N  POST /vra/collect\n"
    "It ends on SIGTERM, SIGINT, or when its standard input, if a pipe, closes.\n";

static int parse(int argc, char **argv, struct options *options)
{
    static const struct option longs[] = {{"world", required_argument, NULL, 'w'},
                                          {"dir", required_argument, NULL, 'd'},
                                          {"speed", required_argument, NULL, 's'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    int c;
    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (c == 'w')
            options->world = optarg;
        else if (c == 'd')
            options->dir = optarg;
        else if (c == 's')
            options->speed = optarg;
        else if (c == 'h')
            options->help = true;
        else
            return -1;
    }
    return optind == argc && (options->help || (options->world && options->dir)) ? 0 : -1;
}

static int open_dir(const char *dir, char **ret_path, struct err *err)
{
    if (mkdir(dir, 0700) < 0 && errno != EEXIST)
        return err_set(err, ERR_STORAGE, "%s: %s", dir, strerror(errno));
    *ret_path = realpath(dir, NULL);
    return *ret_path ? 0 : err_set(err, ERR_STORAGE, "%s: %s", dir, strerror(errno));
}

static int set_speed(struct world *world, const char *text, struct err *err)
{
    int64_t speed;
    if (!text)
        return 0;
    if (num_i64(text, &speed) < 0 || speed < 1)
        return err_set(err, ERR_INVALID, "--speed: a positive whole number is expected");
    world->speed = (double)speed;
    return 0;
}

/* File transfers into guests go to the ESXi hosts (vsphere-api.md §9), which the lab's vCenter
 * answers for: so its certificate names them. */
static const char *const *host_names(struct world *world)
{
    VEC(const char *) names = {0};
    VEC_EACH (struct host *, it, world->hosts)
        VEC_PUSH(world->arena, &names, (*it)->name);
    VEC_PUSH(world->arena, &names, NULL);
    return names.items;
}

static int start_front_ends(struct lab *lab, struct servers *servers, struct err *err)
{
    struct server_cert certs[] = {{.kind = "vcenter",
                                   .name = lab->world->vcenter_name,
                                   .also = host_names(lab->world)},
                                  {.kind = "vra", .name = lab->world->vra_name}};
    if (certs_make(lab, certs, 2, err) < 0 || hostkeys_make(lab, err) < 0)
        return -1;
    if (vim25_start(lab, certs[0].cert_pem, certs[0].key_pem, &servers->vim25, err) < 0)
        return -1;
    if (vra7_start(lab, certs[1].cert_pem, certs[1].key_pem, &servers->vra7, err) < 0)
        return -1;
    return shell_start(lab, &servers->shell, err);
}

static int start(struct lab *lab, struct servers *servers, struct err *err)
{
    char address[64];
    int port;
    if (start_front_ends(lab, servers, err) < 0 ||
        control_start(lab, &servers->control, &port, err) < 0 || overlay_write(lab, err) < 0)
        return -1;
    snprintf(address, sizeof(address), "127.0.0.1:%d\n", port);
    return file_write(lab->dir, "control", address, 0644, err);
}

static void stop(struct lab *lab, struct servers *servers)
{
    lab_stop(lab);
    control_stop(servers->control);
    if (servers->shell)
        shell_stop(servers->shell);
    if (servers->vim25)
        vim25_stop(servers->vim25);
    if (servers->vra7)
        vra7_stop(servers->vra7);
}

/* Only a pipe is watched: a terminal or /dev/null says nothing about who started us. */
static void wait_for_end(int signals)
{
    struct stat info;
    bool pipe = fstat(0, &info) == 0 && (S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode));
    struct pollfd fds[] = {{.fd = signals, .events = POLLIN},
                           {.fd = pipe ? 0 : -1, .events = POLLIN}};
    for (;;) {
        char byte[64];
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return;
        if (fds[0].revents)
            return;
        if (fds[1].revents && read(0, byte, sizeof(byte)) <= 0)
            return;
    }
}

static int run(const struct options *options, int signals, struct err *err)
{
    struct world *world;
    struct lab lab;
    struct servers servers = {0};
    char *dir;
    if (world_load(options->world, &world, err) < 0)
        return -1;
    int result = set_speed(world, options->speed, err);
    if (result == 0)
        result = open_dir(options->dir, &dir, err);
    if (result < 0) {
        world_free(world);
        return -1;
    }
    lab_init(&lab, world, dir);
    result = guests_new(dir, &world->guests, err);
    if (result == 0)
        result = start(&lab, &servers, err);
    if (result == 0)
        wait_for_end(signals);
    stop(&lab, &servers);
    lab_release(&lab);
    guests_free(world->guests);
    world_free(world);
    free(dir);
    return result;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    struct err err = {0};
    sigset_t set;
    if (parse(argc, argv, &options) < 0) {
        fputs(usage, stderr);
        return 2;
    }
    if (options.help) {
        fputs(usage, stdout);
        return 0;
    }
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, NULL); /* inherited by every thread */
    int signals = signalfd(-1, &set, SFD_CLOEXEC);
    if (run(&options, signals, &err) < 0) {
        fprintf(stderr, "gridform-lab: %s\n", err.message);
        return 1;
    }
    return 0;
}
