/* crash.c: see crash.h. */
#include "crash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../harness/unit.h"
#include "../harness/world_normal.h"
#include "sample.h"

enum { SWEEP_SPEED = 60000 };

static const char *const apply_words[] = {"apply", "--yes", "--parallelism", "1", NULL};
static const char *const scene_names[CRASH_SCENE_COUNT] = {"create", "window", "rebuild",
                                                           "guest", "remove"};

static const char guest[] =
    "    vgpu_mode: p100-4q\n"
    "    guest:\n"
    "      credentials: { username: root, password: { env: GUEST_PASSWORD } }\n"
    "      steps: [{ run: \"[ ! -e /etc/once ] && echo once >/etc/once\" }]\n";

/* ---- scenes -------------------------------------------------------------------------------
 */

static struct world_shape shape_of(enum crash_scene scene)
{
    struct world_shape shape = {.n_hosts = 1, .hosts = {host_as_wanted()}};
    if (scene == CRASH_CREATE)
        shape.hosts[0] = (struct host_shape){.ecc = true};
    if (scene == CRASH_WINDOW) {
        shape.hosts[0] = (struct host_shape){.driver = DRIVER_OLD,
                                             .passthru = true,
                                             .ecc = true,
                                             .vms = {{.on = true}, {.on = false}, {.on = true}},
                                             .n_vms = 3};
        shape.only_hosts = shape.allow_power_off = true;
    }
    return shape;
}

static void edit_service(const struct site *site, const char *old, const char *new)
{
    char file[256];
    snprintf(file, sizeof(file), "%s/service.yaml", site->manifest);
    if (old == NULL)
        write_text(file, new);
    else
        edit_text(file, old, new);
}

static void add_base(const struct site *site, const char *name)
{
    lab_poke(&site->lab,
             "{\"host\": \"esx-gpu-01.lab.local\", \"datastore\": \"images\", \"cpus\": 2,"
             " \"memory_mb\": 4096, \"tools\": \"toolsOk\"}",
             "vms/%s", name);
}

/* Up to the point where the apply in question has its work to do. */
static void prepare(struct crash *crash)
{
    struct site *site = &crash->site;
    if (crash->scene == CRASH_CREATE || crash->scene == CRASH_WINDOW)
        return;
    remove_directory(site->manifest);
    manifest_write(&crash->shape, site->manifest);
    GRIDFORM_EXPECT(site, 0, "apply", "--yes");
    if (crash->scene == CRASH_REMOVE) {
        edit_service(site, NULL, "gridform: 1\n");
        return;
    }
    if (crash->scene == CRASH_GUEST) {
        edit_service(site, "    vgpu_mode: p100-4q\n", guest);
        return;
    }
    add_base(site, "base-b");
    add_base(site, "base-c");
    edit_service(site, "base: centos72-base\n", "base: base-b\n");
    GRIDFORM_EXPECT(site, 0, "apply", "--yes");
    edit_service(site, "base: base-b\n", "base: base-c\n");
}

/* ---- the sweep ------------------------------------------------------------------------------
 */

void crash_set_up(struct crash *crash, enum crash_scene scene)
{
    *crash = (struct crash){.scene = scene, .shape = shape_of(scene)};
    site_start_shape(&crash->site, &crash->shape, SWEEP_SPEED);
    prepare(crash);
    lab_forget(&crash->site.lab);
    run_free(run_expect(site_run(&crash->site, apply_words), 0));
    json_t *calls = lab_calls(&crash->site.lab);
    crash->n_calls = (unsigned)calls_changing(calls);
    json_decref(calls);
    crash->expected = lab_normal(&crash->site.lab);
    print_message("%s: %u changing calls\n", scene_names[scene], crash->n_calls);
    assert_true(crash->n_calls >= 5);
}

void crash_tear_down(struct crash *crash)
{
    site_stop(&crash->site);
    free(crash->expected);
}

struct child crash_begin(struct crash *crash, unsigned k)
{
    site_fresh_shape(&crash->site, &crash->shape);
    site_lose_state(&crash->site);
    prepare(crash);
    lab_forget(&crash->site.lab);
    lab_hold(&crash->site.lab, k);
    struct child child = site_launch(&crash->site, apply_words);
    if (!lab_is_held(&crash->site.lab, 60000))
        fail_msg("call %u is never made", k);
    return child;
}

static void name_call(const struct crash *crash, unsigned k, const char *what, char *ret,
                      size_t size)
{
    json_t *calls = lab_calls(&crash->site.lab), *call;
    size_t i, n = 0;
    json_array_foreach(calls, i, call) if (json_true_at(call, "changing") && ++n == k)
        snprintf(ret, size, "%s: %s %u (%s)", scene_names[crash->scene], what, k,
                 json_text_at(call, "operation"));
    json_decref(calls);
}

void crash_converges(struct crash *crash, unsigned k, const char *what)
{
    char text[128] = "?";
    name_call(crash, k, what, text, sizeof(text));
    struct run *run = GRIDFORM(&crash->site, "apply", "--yes");
    if (run->status != 0)
        fail_long("%s: the next apply ends with %d\n%s\n%s", text, run->status, run->out,
                  run->err);
    run_free(run);
    run = GRIDFORM(&crash->site, "plan", "--detailed-exitcode");
    if (run->status != 0)
        fail_long("%s: the plan after it is not empty\n%s\n%s", text, run->out, run->err);
    run_free(run);
    GRIDFORM_EXPECT(&crash->site, 0, "drift");
    /* What users can request always has a template. */
    json_t *events = lab_events(&crash->site.lab);
    if (events_count(events, "vra_source_gone", NULL) > 0)
        fail_long("%s: a published blueprint was without its template", text);
    json_decref(events);
    char *actual = lab_normal(&crash->site.lab);
    expect_same_world(crash->expected, actual, text);
    free(actual);
}

void crash_sweep_kill(enum crash_scene scene)
{
    struct crash crash;
    crash_set_up(&crash, scene);
    for (unsigned k = 1; k <= crash.n_calls; k++) {
        if (!sample_takes(k + scene))
            continue;
        struct child child = crash_begin(&crash, k);
        site_kill(&child);
        lab_release(&crash.site.lab, true);
        crash_converges(&crash, k, "killed at call");
    }
    crash_tear_down(&crash);
}

void crash_sweep_lost(enum crash_scene scene)
{
    struct crash crash;
    unsigned n_went_on = 0, n_lost = 0;
    crash_set_up(&crash, scene);
    for (unsigned k = 1; k <= crash.n_calls; k++) {
        if (!sample_takes(k + scene))
            continue;
        struct child child = crash_begin(&crash, k);
        lab_release(&crash.site.lab, false);
        struct run *run = site_finish(&crash.site, &child);
        if (run->status != 0 && run->status != 3)
            fail_long("answer %u lost: exit %d\n%s\n%s", k, run->status, run->out, run->err);
        n_went_on += run->status == 0;
        n_lost++;
        run_free(run);
        crash_converges(&crash, k, "lost the answer to call");
    }
    print_message("%u of %u went on by themselves\n", n_went_on, n_lost);
    crash_tear_down(&crash);
}
