/* world_load.c: a world from its YAML file; reference.yaml documents the format. */
#include "world.h"

#include <time.h>

#include "world_internal.h"
#include "world_yaml.h"
#include "yaml_tree.h"

static void load_durations(const struct section *root)
{
    struct section s = section_at(root, "durations");
    struct durations *takes = &root->world->takes;
    section_keys(&s, "enter_maintenance exit_maintenance reboot clone reconfigure power destroy "
                     "guest_shutdown vib_install catalog_delay inventory_interval");
    takes->enter_maintenance = section_duration(&s, "enter_maintenance", 30000);
    takes->exit_maintenance = section_duration(&s, "exit_maintenance", 10000);
    takes->reboot = section_duration(&s, "reboot", 600000);
    takes->clone = section_duration(&s, "clone", 120000);
    takes->reconfigure = section_duration(&s, "reconfigure", 3000);
    takes->power = section_duration(&s, "power", 5000);
    takes->destroy = section_duration(&s, "destroy", 5000);
    takes->guest_shutdown = section_duration(&s, "guest_shutdown", 30000);
    takes->guest_boot = section_duration(&s, "guest_boot", 40000);
    takes->guest_exit_kept = section_duration(&s, "guest_exit_kept", 300000);
    takes->vib_install = section_duration(&s, "vib_install", 90000);
    takes->catalog_delay = section_duration(&s, "catalog_delay", 15000);
    takes->inventory_interval = section_duration(&s, "inventory_interval", 300000);
}

static void load_account(const struct section *section, const char *system)
{
    struct world *world = section->world;
    section_keys(section, "username password no_role tenant");
    struct account account = {.system = world_strdup(world, system),
                              .username = section_text(section, "username", ""),
                              .password = section_text(section, "password", ""),
                              .tenant = section_text(section, "tenant", ""),
                              .no_role = section_bool(section, "no_role", false)};
    VEC_PUSH(world->arena, &world->accounts, account);
}

static void load_vcenter(const struct section *root)
{
    struct section s = section_at(root, "vcenter");
    struct world *world = root->world;
    section_keys(&s, "name version uuid datacenter accounts");
    world->vcenter_name = section_text(&s, "name", "vcenter.lab.local");
    world->vcenter_version = section_text(&s, "version", "6.5");
    world->vcenter_uuid = section_text(&s, "uuid", NULL);
    if (!world->vcenter_uuid)
        world->vcenter_uuid = world_guid(world);
    world->datacenter = section_text(&s, "datacenter", "Lab");
    size_t i;
    json_t *item;
    json_array_foreach((json_t *)section_list(&s, "accounts"), i, item)
    {
        struct section account = section_of(&s, "vcenter.accounts", item);
        load_account(&account, "vcenter");
    }
}

static void load_guests(const struct section *root)
{
    static const char *const hosts[] = {"esxi", "star"};
    struct section s = section_at(root, "guests");
    struct world *world = root->world;
    section_keys(&s, "repository time_limit processes transfer_host");
    world->guest_repository = section_text(&s, "repository", NULL);
    world->guest_time_limit = section_duration(&s, "time_limit", 120000);
    world->guest_process_limit = (unsigned)section_number(&s, "processes", 64);
    world->guest_transfer_star = section_choice(&s, "transfer_host", hosts, 2, 0) == 1;
}

static void load_clusters(const struct section *root)
{
    struct section s = section_at(root, "clusters");
    struct world *world = root->world;
    const char *name;
    json_t *item;
    json_object_foreach((json_t *)s.object, name, item)
    {
        static const char *const modes[] = {"off", "manual", "partial", "full"};
        static const char *const behaviors[] = {"manual", "manual", "partiallyAutomated",
                                                "fullyAutomated"};
        struct section part = section_of(&s, name, item);
        section_keys(&part, "drs");
        unsigned mode = section_choice(&part, "drs", modes, ARRAY_LEN(modes), 1);
        struct cluster cluster = {.moref = world_new_id(world, "domain-c"),
                                  .name = world_strdup(world, name),
                                  .resource_pool = world_new_id(world, "resgroup-"),
                                  .drs_enabled = mode > 0,
                                  .drs_behavior = world_strdup(world, behaviors[mode])};
        VEC_PUSH(world->arena, &world->clusters, cluster);
    }
}

static void load_networks(const struct section *root)
{
    struct world *world = root->world;
    size_t i;
    json_t *item;
    json_array_foreach((json_t *)section_list(root, "networks"), i, item)
    {
        if (!json_is_string(item)) {
            section_fail(root, "\"networks\" must be a list of names");
            return;
        }
        struct network network = {world_new_id(world, "network-"),
                                  world_strdup(world, json_string_value(item))};
        VEC_PUSH(world->arena, &world->networks, network);
    }
}

static void load_all(const struct section *root)
{
    struct world *world = root->world;
    section_keys(root, "world speed stable_ids vcenter vra clusters networks datastores hosts "
                       "vms specs durations guests");
    if (section_number(root, "world", 0) != 1)
        section_fail(root, "\"world: 1\" is missing");
    world->speed = (double)section_number(root, "speed", 1);
    world->random_guids_off = section_bool(root, "stable_ids", true);
    load_durations(root);
    load_guests(root);
    load_vcenter(root);
    load_clusters(root);
    load_networks(root);
    load_datastores(root);
    load_hosts(root);
    load_vms(root);
    load_specs(root);
    struct section vra = section_at(root, "vra");
    world->vra_name = section_text(&vra, "name", "vra.lab.local");
    if (!*root->failed && vra_world_load(world, vra.object, root->err) < 0)
        *root->failed = true;
}

static struct world *world_new(void)
{
    struct arena *arena = arena_new();
    struct world *world = ARENA_NEW(arena, struct world);
    struct timespec real, steady;
    clock_gettime(CLOCK_REALTIME, &real);
    clock_gettime(CLOCK_MONOTONIC, &steady);
    world->arena = arena;
    world->speed = 1;
    world->next_id = 21;
    world->epoch = (int64_t)real.tv_sec * 1000 + real.tv_nsec / 1000000;
    world->started_us = (int64_t)steady.tv_sec * 1000000 + steady.tv_nsec / 1000;
    return world;
}

int world_load(const char *file, struct world **ret_world, struct err *err)
{
    json_t *tree;
    bool failed = false;
    if (yaml_tree_load(file, &tree, err) < 0)
        return -1;
    struct world *world = world_new();
    struct section root = {world, tree, "", err, &failed};
    if (json_is_object(tree))
        load_all(&root);
    else
        section_fail(&root, "a mapping is expected");
    json_decref(tree);
    if (failed) {
        world_free(world);
        return err_wrap(err, "%s", file);
    }
    *ret_world = world;
    return 0;
}
