/* lab_guest_fixture.c: see lab_guest_fixture.h. */
#include "lab_guest_fixture.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCRIPT "/var/tmp/script"
#define OUTPUT "/var/tmp/output"

enum { LOOK_MS = 5, LOOKS_MAX = 300 * 1000 / LOOK_MS };

int lab_guest_setup(void **state)
{
    struct lab_guest *guest = calloc(1, sizeof(*guest));
    struct err err = {0};
    assert_non_null(guest);
    guest->world = reference_world();
    guest->vm = world_vm(guest->world, "centos72-base");
    guest->arena = arena_new();
    snprintf(guest->dir, sizeof(guest->dir), "/tmp/gridform-guest-XXXXXX");
    assert_non_null(mkdtemp(guest->dir));
    assert_int_equal(guests_new(guest->dir, &guest->world->guests, &err), 0);
    guest_power(guest, true);
    *state = guest;
    return 0;
}

int lab_guest_teardown(void **state)
{
    struct lab_guest *guest = *state;
    char command[128];
    guests_free(guest->world->guests);
    VEC_EACH (struct vm *, it, guest->world->vms) {
        snprintf(command, sizeof(command), "%s/guests/%s.tar", guest->dir, (*it)->moref);
        unlink(command);
    }
    snprintf(command, sizeof(command), "%s/guests", guest->dir);
    rmdir(command);
    assert_int_equal(rmdir(guest->dir), 0);
    arena_free(guest->arena);
    world_free(guest->world);
    free(guest);
    return 0;
}

void guest_power(struct lab_guest *guest, bool on)
{
    struct fault fault;
    struct task *task;
    int result = on ? vm_power_on(guest->world, guest->vm, "u", &task, &fault)
                    : vm_power_off(guest->world, guest->vm, "u", &task, &fault);
    assert_int_equal(result, 0);
    pass(guest->world, 5);
    assert_int_equal(task->state, TASK_SUCCESS);
    if (on)
        guest_wait_tools(guest);
}

void guest_wait_tools(struct lab_guest *guest)
{
    for (int i = 0; i < 100 && !guest_tools_run(guest->world, guest->vm); i++)
        pass(guest->world, 5);
    assert_true(guest_tools_run(guest->world, guest->vm));
}

bool guest_event(struct lab_guest *guest, const char *event, const char *detail)
{
    VEC_EACH (json_t *, it, guest->world->events) {
        const char *got = json_string_value(json_object_get(*it, "detail"));
        if (strcmp(json_string_value(json_object_get(*it, "event")), event) == 0 &&
            (detail == NULL || (got != NULL && strcmp(got, detail) == 0)))
            return true;
    }
    return false;
}

/* 1: runs, 0: ended, -1: nobody knows it. */
static int look(struct lab_guest *guest, int64_t pid)
{
    struct guest_program *programs;
    struct fault fault;
    size_t n;
    world_tick(guest->world);
    if (guest_programs(guest->world, guest->vm, guest->arena, &programs, &n, &fault) < 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (programs[i].pid != pid)
            continue;
        guest->status = programs[i].status;
        return programs[i].ended_at == 0;
    }
    return -1;
}

void guest_script(struct lab_guest *guest, const char *text)
{
    struct guest_content content = {text, strlen(text), 0755, GUEST_OVERWRITE};
    struct guest_content output = {0};
    struct guest_file file;
    struct fault fault = {0};
    struct guest_start start = {.program = SCRIPT, .arguments = ">" OUTPUT " 2>&1"};
    int64_t pid;
    int result = guest_put(guest->world, guest->vm, SCRIPT, &content, &fault);
    if (result < 0 && guest_event(guest, "guest_refused", NULL)) {
        print_message("%s\n", fault.message);
        skip();
    }
    if (result < 0 || guest_start(guest->world, guest->vm, &start, &pid, &fault) < 0)
        fail_msg("%s: %s", fault.type, fault.message);
    int seen = 1;
    for (int i = 0; i < LOOKS_MAX && (seen = look(guest, pid)) > 0; i++)
        poll(NULL, 0, LOOK_MS);
    assert_true(seen <= 0);
    if (seen < 0)
        guest->status = -1;
    guest->output = arena_strdup(guest->arena, "");
    if (guest_get(guest->world, guest->vm, guest->arena, OUTPUT, &output, &file, &fault) == 0)
        guest->output = arena_memdup(guest->arena, output.data, output.size);
}

void guest_expect(struct lab_guest *guest, const char *text, int status, const char *part)
{
    guest_script(guest, text);
    if ((status != -2 && guest->status != status) ||
        (part != NULL && strstr(guest->output, part) == NULL))
        fail_msg("status %d, not %d with \"%s\":\n%s\n-- of --\n%s", guest->status, status,
                 part == NULL ? "" : part, guest->output, text);
}
