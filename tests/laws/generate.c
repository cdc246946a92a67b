/* generate.c: sites made from a number: pools of hosts in all conditions, and what stands on
 * them. */
#include "../harness/unit.h"

#include <stdio.h>
#include <string.h>

#include "address.h"
#include "arena.h"
#include "err.h"
#include "kinds.h"
#include "laws.h"
#include "strbuf.h"
#include "value_json.h"

unsigned dice_roll(struct dice *dice, unsigned n)
{
    dice->state ^= dice->state << 13;
    dice->state ^= dice->state >> 7;
    dice->state ^= dice->state << 17;
    return (unsigned)((dice->state >> 11) % n);
}

bool dice_chance(struct dice *dice, unsigned percent)
{
    return dice_roll(dice, 100) < percent;
}

/* ---- the manifest -------------------------------------------------------------------------
 */

/* How many of each there are, and a variation of their contents. */
struct shape {
    unsigned pools, hosts, templates, small, blueprints, variant;
};

static struct shape shape_of(struct dice *dice)
{
    return (struct shape){.pools = 1 + dice_roll(dice, 2),
                          .hosts = 1 + dice_roll(dice, 4),
                          .templates = dice_roll(dice, 3),
                          .small = 1 + dice_roll(dice, 2),
                          .blueprints = dice_roll(dice, 4)};
}

/* An edit may turn a pool of vGPUs into one of cards, and back. */
static void write_modes(struct strbuf *out, const struct shape *shape, struct dice *dice)
{
    strbuf_add(out, "gridform: 1\nsite: law\nvgpu_modes:\n");
    if (dice_chance(dice, 25))
        strbuf_addf(out, "  m: { method: directpath, device: \"10de:15f8\", dynamic: %s }\n",
                    dice_chance(dice, 50) ? "true" : "false");
    else
        strbuf_addf(out,
                    "  m: { method: vgpu, profile: grid_p100-4q, "
                    "assignment_policy: %s, ecc: disabled, driver: { vib: "
                    "NVIDIA-VMware-384.%u-1OEM.650.0.0.4598673.x86_64.vib, from: /v } }\n",
                    dice_chance(dice, 50) ? "performance" : "consolidation",
                    73 + shape->variant);
}

static void write_pools(struct strbuf *out, const struct shape *shape, struct dice *dice)
{
    write_modes(out, shape, dice);
    strbuf_add(out, "pools:\n");
    for (unsigned i = 0; i < shape->pools; i++)
        strbuf_addf(
            out,
            "  p%u: { cluster: C, hosts: [\"h%u-{1..%u}\"], vgpu_mode: m, power_policy: "
            "%s, allow: [power_off_vms], rollout: { max_unavailable: %u, on_failure: %s "
            "} }\n",
            i, i, shape->hosts, dice_chance(dice, 50) ? "balanced" : "low_power",
            1 + dice_roll(dice, 3), dice_chance(dice, 50) ? "stop" : "continue");
}

static void write_items(struct strbuf *out, const struct shape *shape, struct dice *dice)
{
    static const char *const hardware[] = {"", ", cpus: 8, cores_per_socket: 4",
                                           ", cores_per_socket: 2", ", mmio_size: 64 GiB"};
    static const char *const guests[] = {
        "",
        ", guest: { credentials: { username: root, password: { env: P } }, steps: [{ run: "
        "first }, { reboot: {} }, { verify: second }] }",
        ", on_failure: remove, guest: { credentials: { username: root, password: { env: P } "
        "}, steps: [{ run: first }] }"};
    strbuf_add(out, "gridform: 1\n");
    if (shape->templates > 0)
        strbuf_add(out, "templates:\n");
    for (unsigned i = 0; i < shape->templates; i++)
        strbuf_addf(out, "  t%u: { base: base-%u, pool: p%u, vgpu_mode: m%s%s }\n", i,
                    shape->variant, i % shape->pools,
                    hardware[dice_roll(dice, ARRAY_LEN(hardware))],
                    guests[dice_roll(dice, ARRAY_LEN(guests))]);
    strbuf_add(out, "customization_specs:\n");
    for (unsigned i = 0; i < shape->small; i++)
        strbuf_addf(out, "  x%u: { os: linux, domain: lab%u.local }\n", i, shape->variant);
    strbuf_add(out, "software_components:\n");
    for (unsigned i = 0; i < shape->small; i++)
        strbuf_addf(out,
                    "  s%u: { container: machine, install: { type: bash, script: \"run %u\" "
                    "} }\n",
                    i, shape->variant);
    strbuf_add(out, "catalog_services:\n");
    for (unsigned i = 0; i < shape->small; i++)
        strbuf_addf(out, "  c%u: { description: number %u }\n", i, shape->variant);
}

static void write_catalog(struct strbuf *out, const struct shape *shape, struct dice *dice)
{
    strbuf_add(out, "gridform: 1\n");
    unsigned n = shape->templates == 0 ? 0 : shape->blueprints;
    if (n > 0)
        strbuf_add(out, "blueprints:\n");
    for (unsigned i = 0; i < n; i++)
        strbuf_addf(
            out,
            "  b%u: { published: %s, machine: { prefix: p-, clone: { template: t%u, "
            "customization: x%u }, cpu: %s, memory: 16 GiB, storage: 60 GiB, network: { "
            "name: N } }, software: [s%u], catalog: { service: c%u } }\n",
            i, dice_chance(dice, 80) ? "true" : "false", i % shape->templates, i % shape->small,
            dice_chance(dice, 50) ? "auto" : "2", i % shape->small, i % shape->small);
    if (n > 0)
        strbuf_add(out, "entitlements:\n");
    for (unsigned i = 0; i < n; i++)
        strbuf_addf(
            out,
            "  e%u: { business_group: g, services: [c%u], items: [b%u], to: [{ user: u%u "
            "}] }\n",
            i, i % shape->small, i, shape->variant);
}

static void write_files(struct site *site, const struct shape *shape, struct dice *dice)
{
    struct strbuf texts[LAWS_FILES];
    for (size_t i = 0; i < LAWS_FILES; i++)
        strbuf_init(&texts[i], STRBUF_MAX_OUTPUT);
    write_pools(&texts[0], shape, dice);
    write_items(&texts[1], shape, dice);
    write_catalog(&texts[2], shape, dice);
    for (size_t i = 0; i < LAWS_FILES; i++) {
        site->files[i] =
            (struct source_file){.name = arena_printf(site->arena, "f%zu.yaml", i),
                                 .text = arena_strdup(site->arena, strbuf_str(&texts[i])),
                                 .size = strbuf_len(&texts[i])};
        strbuf_release(&texts[i]);
    }
}

/* ---- the hosts ----------------------------------------------------------------------------
 */

static const char *const host_states[] = {
    /* as delivered */
    "{\"graphics\":\"shared\",\"card_graphics\":\"shared\",\"power_policy\":\"balanced\"}",
    /* set up */
    "{\"graphics\":\"shared_passthru\",\"card_graphics\":\"shared_passthru\",\"driver\":"
    "\"384.73\",\"power_policy\":\"balanced\"}",
    /* driver there, wrong type */
    "{\"graphics\":\"shared\",\"card_graphics\":\"shared_passthru\",\"driver\":\"384.73\","
    "\"power_policy\":\"high_performance\"}",
    /* installed and not booted */
    "{\"graphics\":{\"now\":\"shared\",\"next\":\"shared_passthru\"},\"card_graphics\":"
    "\"shared\",\"driver\":{\"next\":\"384.73\"},\"power_policy\":\"low_power\"}",
};

static const char host_facts[] =
    "{\"cluster\":\"C\",\"drs\":\"full\",\"connection\":\"connected\",\"maintenance\":false,"
    "\"assignment_policy\":\"performance\",\"cpu_cores\":24,\"memory\":137438953472,"
    "\"version\":\"6.5.0\",\"gpus\":[{\"device\":5624}],\"passthrough\":\"none\"}";

static const char *const host_machines[] = {
    "{\"vms\":[]}",
    "{\"vms\":[{\"name\":\"movable\",\"on\":true}]}",
    ("{\"vms\":[{\"name\":\"pinned\",\"on\":true,\"vgpu\":\"grid_p100-4q\"},"
     "{\"name\":\"off\",\"on\":false}]}"),
};

static void put_json(struct instance *instance, const char *json, struct arena *arena)
{
    const struct value *over;
    struct err err = {0};
    assert_int_equal(value_from_json(json, strlen(json), arena, &over, &err), 0);
    for (size_t i = 0; i < over->map.n; i++)
        instance_set(instance, over->map.fields[i].key, over->map.fields[i].value);
}

static void put_hosts(struct site *site, const struct shape *shape, struct dice *dice)
{
    for (unsigned pool = 0; pool < shape->pools; pool++)
        for (unsigned i = 1; i <= shape->hosts; i++) {
            const char *address = arena_printf(site->arena, "host/h%u-%u", pool, i);
            struct instance *host =
                instance_new(site->arena, &kind_host.schema, address, address_name(address));
            put_json(host, host_facts, site->arena);
            put_json(host, host_states[dice_roll(dice, ARRAY_LEN(host_states))], site->arena);
            put_json(host, host_machines[dice_roll(dice, ARRAY_LEN(host_machines))],
                     site->arena);
            fake_put(site->fake, host, dice_chance(dice, 50) ? "enabled" : "disabled");
        }
}

void site_init(struct site *site, struct arena *arena, uint64_t seed)
{
    struct dice dice = {seed * 2654435761u + 88172645463325252u};
    *site = (struct site){.arena = arena, .fake = fake_new(arena, LAWS_LINEAGE)};
    struct shape shape = shape_of(&dice);
    write_files(site, &shape, &dice);
    put_hosts(site, &shape, &dice);
}

void site_edit(struct site *site, uint64_t seed)
{
    struct dice dice = {seed * 2654435761u + 88172645463325252u};
    struct shape shape = shape_of(&dice);
    shape.variant = 1 + dice_roll(&dice, 9);
    if (dice_chance(&dice, 50) && shape.blueprints > 0)
        shape.blueprints--;
    if (dice_chance(&dice, 30))
        shape.templates = shape.templates > 0 ? shape.templates - 1 : 0;
    shape.hosts = shape.hosts > 1 && dice_chance(&dice, 30) ? shape.hosts - 1 : shape.hosts;
    write_files(site, &shape, &dice);
}

void site_release(struct site *site)
{
    for (size_t i = 0; i < site->configs.n; i++)
        config_release(site->configs.items[i]);
    fake_free(site->fake);
}
