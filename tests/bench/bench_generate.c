/* bench_generate.c: a site of a given size: manifest, state, and what would be read of it.
 *
 * Two resources in five are hosts, in pools of fifty; the rest are templates, software,
 * blueprints, specifications, services and entitlements that refer to each other. One resource
 * in a hundred has moved away from what the state says.
 */
#include "bench.h"

#include <string.h>

#include "arena.h"
#include "provider.h"
#include "snapshot.h"
#include "strbuf.h"
#include "types.h"

enum { POOL = 50, POOLS_PER_MODE = 20 };

/* Members of a kind that one file declares. */
struct span {
    size_t from, to;
};

static void write_modes(struct strbuf *out, size_t pools)
{
    strbuf_add(out, "vgpu_modes:\n");
    for (size_t i = 0; i <= pools / POOLS_PER_MODE; i++)
        strbuf_addf(
            out,
            "  mode-%zu:\n    method: vgpu\n    profile: grid_p100-4q\n    ecc: disabled\n"
            "    driver:\n      vib: NVIDIA-VMware-384.73-1OEM.650.0.0.4598673.x86_64.vib\n"
            "      from: /vmfs/volumes/images/\n      signature_check: false\n",
            i);
}

static void write_pools(struct strbuf *out, struct span of)
{
    strbuf_add(out, "pools:\n");
    for (size_t i = of.from; i < of.to; i++)
        strbuf_addf(out,
                    "  pool-%04zu:\n    cluster: GPU-%zu\n"
                    "    hosts: [\"esx-%04zu-{01..%d}.lab.local\"]\n    vgpu_mode: mode-%zu\n"
                    "    power_policy: balanced\n    rollout: { max_unavailable: 2 }\n",
                    i, i, i, POOL, i / POOLS_PER_MODE);
}

static void write_templates(struct strbuf *out, struct span of, size_t pools)
{
    strbuf_add(out, "templates:\n");
    for (size_t i = of.from; i < of.to; i++)
        strbuf_addf(out,
                    "  template-%05zu:\n    base: centos72-base\n    pool: pool-%04zu\n"
                    "    vgpu_mode: mode-%zu\n",
                    i, i % pools, i % pools / POOLS_PER_MODE);
}

static void write_small(struct strbuf *out, struct span of)
{
    strbuf_add(out, "customization_specs:\n");
    for (size_t i = of.from; i < of.to; i++)
        strbuf_addf(out, "  spec-%05zu:\n    os: linux\n    domain: lab.local\n", i);
    strbuf_add(out, "software_components:\n");
    for (size_t i = of.from; i < of.to; i++)
        strbuf_addf(
            out,
            "  software-%05zu:\n    container: machine\n    install:\n      type: bash\n"
            "      script: |\n        #!/bin/bash\n        set -e\n"
            "        docker pull registry.lab.local/image-%zu\n"
            "        docker run --detach registry.lab.local/image-%zu\n",
            i, i, i);
    strbuf_add(out, "catalog_services:\n");
    for (size_t i = of.from; i < of.to; i++)
        strbuf_addf(out, "  service-%05zu:\n    description: Service number %zu\n", i, i);
}

static void write_blueprints(struct strbuf *out, struct span of, size_t small, size_t templates)
{
    strbuf_add(out, "blueprints:\n");
    for (size_t i = of.from; i < of.to; i++)
        strbuf_addf(out,
                    "  blueprint-%05zu:\n    description: Blueprint number %zu\n    machine:\n"
                    "      prefix: tf-\n      instances: { min: 1, max: 4 }\n      clone:\n"
                    "        template: template-%05zu\n        customization: spec-%05zu\n"
                    "      cpu: auto\n      memory: 16 GiB\n      storage: 60 GiB\n"
                    "      network: { name: VM Network, profile: ml-external }\n"
                    "      reservation_policy: gpu-cluster\n    software: [software-%05zu]\n"
                    "    catalog: { service: service-%05zu }\n",
                    i, i, i % templates, i % small, i % small, i % small);
}

static void write_entitlements(struct strbuf *out, struct span of, size_t small,
                               size_t blueprints)
{
    strbuf_add(out, "entitlements:\n");
    for (size_t i = of.from; i < of.to; i++)
        strbuf_addf(out,
                    "  entitlement-%05zu:\n    business_group: group-%zu\n"
                    "    services: [service-%05zu]\n    items: [blueprint-%05zu]\n"
                    "    to: [{ group: users-%zu@lab.local }]\n",
                    i, i, i % small, i % blueprints, i);
}

static struct span part(size_t n, size_t index, size_t parts)
{
    return (struct span){n * index / parts, n * (index + 1) / parts};
}

/* One file of the manifest; the reader refuses files above 8 MiB. */
static void write_manifest(struct strbuf *out, size_t n, size_t index, size_t parts)
{
    size_t pools = (n * 2 / 5 + POOL - 1) / POOL, templates = n / 10, small = n / 20;
    size_t blueprints = n / 4, rest = n - n * 2 / 5 - templates - 3 * small - blueprints;
    if (index == 0) {
        strbuf_add(out, "gridform: 1\nsite: bench\n");
        write_modes(out, pools);
    } else {
        strbuf_add(out, "gridform: 1\n");
    }
    write_pools(out, part(pools, index, parts));
    write_templates(out, part(templates, index, parts), pools);
    write_small(out, part(small, index, parts));
    write_blueprints(out, part(blueprints, index, parts), small, templates);
    write_entitlements(out, part(rest, index, parts), small, blueprints);
}

static void add_facts(struct instance *host, struct arena *arena)
{
    const struct value_field gpu[] = {{"id", value_string(arena, "0000:84:00.0")},
                                      {"name", value_string(arena, "Tesla P100-PCIE-16GB")},
                                      {"device", value_int(arena, 0x15f8)},
                                      {"memory", value_int(arena, (int64_t)16 << 30)}};
    const struct value *gpus = value_map(arena, gpu, ARRAY_LEN(gpu));
    const struct value *profile = value_string(arena, "grid_p100-4q");
    instance_set(host, "cluster", value_string(arena, "GPU"));
    instance_set(host, "drs", value_string(arena, "full"));
    instance_set(host, "connection", value_string(arena, "connected"));
    instance_set(host, "maintenance", value_bool(false));
    instance_set(host, "version", value_string(arena, "6.5.0"));
    instance_set(host, "cpu_model", value_string(arena, "Intel Xeon E5-2690 v3"));
    instance_set(host, "cpu_cores", value_int(arena, 24));
    instance_set(host, "memory", value_int(arena, (int64_t)128 << 30));
    instance_set(host, "gpus", value_list(arena, &gpus, 1));
    instance_set(host, "profiles", value_list(arena, &profile, 1));
    instance_set(host, "vms", value_list(arena, NULL, 0));
}

/* As the state holds it, or (live) as it is read. */
static struct instance *sample(const struct instance *desired, struct arena *arena, size_t i,
                               bool live)
{
    struct instance *copy =
        instance_new(arena, desired->schema, desired->address, desired->name);
    memcpy(copy->attrs, desired->attrs, desired->schema->n_attrs * sizeof(*copy->attrs));
    copy->presence = PRESENCE_PRESENT;
    const struct value_field id = {
        "id", value_string(arena, arena_printf(arena, "%08zx-6b1f-4f3c-9c55-0242ac120002", i))};
    copy->ids = value_map(arena, &id, 1);
    bool host = strcmp(desired->schema->kind, "host") == 0;
    if (live && host)
        add_facts(copy, arena);
    if (strcmp(desired->schema->kind, "blueprint") == 0)
        instance_set(copy, "machine.cpu", range_fixed(arena, 6));
    if (live && host && i % 100 == 7)
        instance_set(copy, "power_policy", value_string(arena, "low_power"));
    if (live && strcmp(desired->schema->kind, "blueprint") == 0 && i % 100 == 7)
        instance_set(copy, "machine.prefix", value_string(arena, "other-"));
    return copy;
}

/* All that is not only in the files, in their order, which is that of addresses. */
static struct instances instances_of(const struct config *config, struct arena *arena,
                                     bool live)
{
    const struct instances *all = &config->resources;
    struct instances list = {ARENA_ARRAY(arena, all->n, struct instance *), 0};
    for (size_t i = 0; i < all->n; i++)
        if (!all->items[i]->schema->abstract)
            list.items[list.n++] = sample(all->items[i], arena, i, live);
    return list;
}

static void write_snapshot(const char *directory, const struct config *config)
{
    struct arena *arena = arena_new();
    struct state *state = state_new(arena, "11112222333344445555666677778888", "bench");
    const struct snapshot snapshot = {.site = "bench",
                                      .version = "0",
                                      .schemas = "0",
                                      .lineage = state->lineage,
                                      .serial = 1,
                                      .live = instances_of(config, arena, true)};
    struct strbuf text;
    struct err err = {0};
    state->serial = 1;
    state->resources = instances_of(config, arena, false);
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    if (snapshot_encode(&snapshot, state, NULL, &text, &err) < 0)
        bench_die(err.message);
    bench_spill(directory, "snapshot.json", strbuf_str(&text), strbuf_len(&text));
    strbuf_release(&text);
    arena_free(arena);
}

void bench_generate(const char *directory, size_t n)
{
    struct arena *arena = arena_new();
    size_t parts = n / 20000 + 1;
    for (size_t i = 0; i < parts; i++) {
        struct strbuf text;
        strbuf_init(&text, STRBUF_MAX_OUTPUT);
        write_manifest(&text, n, i, parts);
        bench_spill(directory, arena_printf(arena, "manifest-%zu.yaml", i), strbuf_str(&text),
                    strbuf_len(&text));
        strbuf_release(&text);
    }
    struct config *config = bench_config(arena, directory);
    write_snapshot(directory, config);
    config_release(config);
    arena_free(arena);
}
