/* lab_world.h: worlds for the tests of the lab: the reference hardware, its clock in our hand. */
#ifndef GF_TESTS_LAB_WORLD_H
#define GF_TESTS_LAB_WORLD_H

#include "../harness/unit.h"

#include "world.h"

#define VIB_PATH "/vmfs/volumes/images/NVIDIA-VMware-384.73-1OEM.650.0.0.4598673.x86_64.vib"
#define VIB_ID "NVIDIA_bootbank_NVIDIA-VMware_384.73-1OEM.650.0.0.4598673"
#define HOST_1 "esx-gpu-01.lab.local"

/* Time stands still unless pass() moves it. */
static inline struct world *reference_world(void)
{
    struct err err = {0};
    struct world *world = NULL;
    if (world_load(LAB_REFERENCE, &world, &err) < 0)
        fail_msg("%s", err.message);
    world->epoch = world_now(world);
    world->speed = 0;
    return world;
}

static inline void pass(struct world *world, int64_t seconds)
{
    world->epoch += seconds * 1000;
    world_tick(world);
}

static inline void poke(struct world *world, const char *path, const char *json)
{
    struct err err = {0};
    json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
    assert_non_null(value);
    if (world_poke(world, path, value, &err) < 0)
        fail_msg("%s", err.message);
    json_decref(value);
}

#endif
