/* sizing.c: do the machines that blueprints promise fit the hosts? (S1 of design.md §2) */
#include "rules.h"

#include <string.h>

#include "arena.h"
#include "gpu.h"
#include "map.h"
#include "num.h"
#include "strbuf.h"
#include "types.h"

/* What is known of one host: as read, or as the state remembers it. */
struct room {
    int64_t cores, memory; /* -1: not known */
    int slots;             /* -1: not known */
};

static struct room room_of(const struct facts *facts, const struct instance *host,
                           const struct gpu_want *want)
{
    const struct value *cores = facts_recall(facts, host->address, "cpu_cores");
    const struct value *memory = facts_recall(facts, host->address, "memory");
    return (struct room){
        .cores = cores->type == VALUE_INT ? cores->integer : -1,
        .memory = memory->type == VALUE_INT ? memory->integer : -1,
        .slots = gpu_places(facts_recall(facts, host->address, "gpus"), want),
    };
}

/* What the template of a blueprint stands on, when it has GPUs. */
struct fit {
    const struct instance *pool;
    struct gpu_want want;
};

static bool fit_of(struct rules_context *context, const struct instance *blueprint,
                   struct fit *ret)
{
    const struct facts *facts = context->in->facts;
    const struct instance *template =
        facts_referred(facts, blueprint, "machine.clone.template", "template");
    const struct instance *pool = facts_referred(facts, template, "pool", "pool");
    struct fit fit = {.pool = pool};
    if (pool == NULL || !gpu_want_of(facts_referred(facts, template, "vgpu_mode", "vgpu_mode"),
                                     instance_get(template, "gpus")->integer, &fit.want))
        return false;
    *ret = fit;
    return true;
}

/* Of a pool and what a machine takes: the hosts with the least room for a slot, and all slots
 * together. */
struct rooms {
    const char *label;
    int64_t count;
    const struct instance *few_cores, *little_memory; /* NULL: nothing is known */
    struct room cores, memory;                        /* of those two */
    int slots;                                        /* -1: a host is not known */
};

static void add_room(struct rooms *rooms, const struct instance *host, const struct room *room)
{
    if (room->slots < 0 || rooms->slots < 0)
        rooms->slots = -1;
    else
        rooms->slots += room->slots;
    if (room->slots <= 0)
        return;
    if (room->cores > 0 &&
        (rooms->few_cores == NULL ||
         room->cores / room->slots < rooms->cores.cores / rooms->cores.slots)) {
        rooms->few_cores = host;
        rooms->cores = *room;
    }
    if (room->memory > 0 &&
        (rooms->little_memory == NULL ||
         room->memory / room->slots < rooms->memory.memory / rooms->memory.slots)) {
        rooms->little_memory = host;
        rooms->memory = *room;
    }
}

/* Counted once for each pool, however many blueprints stand on it. */
static const struct rooms *rooms_of(struct rules_context *context, const struct fit *fit)
{
    const struct facts *facts = context->in->facts;
    struct rooms *rooms = map_get(context->rooms, fit->pool->address);
    const struct instance *host;
    if (rooms != NULL && strcmp(rooms->label, fit->want.label) == 0 &&
        rooms->count == fit->want.count)
        return rooms;
    rooms = ARENA_NEW(facts->arena, struct rooms);
    rooms->label = fit->want.label;
    rooms->count = fit->want.count;
    for (size_t i = 0; (host = facts_pool_host(facts, fit->pool, i)) != NULL; i++) {
        struct room room = room_of(facts, host, &fit->want);
        add_room(rooms, host, &room);
    }
    map_set(context->rooms, fit->pool->address, rooms);
    return rooms;
}

static void check_cpu(struct rules_context *context, const struct instance *blueprint)
{
    struct fit fit;
    int64_t cpus = range_max(instance_get(blueprint, "machine.cpu"), -1);
    if (cpus < 0 || !fit_of(context, blueprint, &fit))
        return;
    const struct rooms *rooms = rooms_of(context, &fit);
    const struct room *room = &rooms->cores;
    if (rooms->few_cores == NULL || cpus <= room->cores / room->slots)
        return;
    struct diag *diag = rule_found(
        context, instance_attr_pos(blueprint, "machine.cpu"), blueprint,
        "%lld vCPUs in each of the %d slots (%s) of %s need %lld cores, and it has %lld",
        (long long)cpus, room->slots, fit.want.label, rooms->few_cores->name,
        (long long)(cpus * room->slots), (long long)room->cores);
    diag_hint(context->diags, diag, "at most %lld vCPUs fit; cpu: auto takes that",
              (long long)(room->cores / room->slots));
}

void rule_cpu_fits(struct rules_context *context)
{
    rules_each(context, "blueprint", check_cpu);
}

static void check_memory(struct rules_context *context, const struct instance *blueprint)
{
    struct fit fit;
    int64_t memory = range_max(instance_get(blueprint, "machine.memory"), -1);
    if (memory < 0 || !fit_of(context, blueprint, &fit))
        return;
    const struct rooms *rooms = rooms_of(context, &fit);
    const struct room *room = &rooms->memory;
    if (rooms->little_memory == NULL || memory <= room->memory / room->slots)
        return;
    struct strbuf each, all;
    strbuf_init(&each, 64);
    strbuf_init(&all, 64);
    num_print_size(memory, &each);
    num_print_size(room->memory, &all);
    rule_found(context, instance_attr_pos(blueprint, "machine.memory"), blueprint,
               "%s in each of the %d slots (%s) of %s do not fit its %s", strbuf_str(&each),
               room->slots, fit.want.label, rooms->little_memory->name, strbuf_str(&all));
    strbuf_release(&each);
    strbuf_release(&all);
}

void rule_memory_fits(struct rules_context *context)
{
    rules_each(context, "blueprint", check_memory);
}

static void check_instances(struct rules_context *context, const struct instance *blueprint)
{
    struct fit fit;
    int64_t machines = range_max(instance_get(blueprint, "machine.instances"), -1);
    if (machines < 0 || !fit_of(context, blueprint, &fit))
        return;
    int slots = rooms_of(context, &fit)->slots;
    if (slots >= 0 && machines > slots)
        rule_found(context, instance_attr_pos(blueprint, "machine.instances"), blueprint,
                   "a request may ask for %lld machines, and pool %s has %d slots (%s)",
                   (long long)machines, fit.pool->name, slots, fit.want.label);
}

void rule_instances_fit(struct rules_context *context)
{
    rules_each(context, "blueprint", check_instances);
}

static void check_quota(struct rules_context *context, const struct instance *blueprint)
{
    struct fit fit;
    const struct facts *facts = context->in->facts;
    const struct instance *live =
        facts->live == NULL ? NULL : instances_find(facts->live, blueprint->address);
    if (live == NULL || !fit_of(context, blueprint, &fit))
        return;
    const struct value *quota = instance_get(live, "machine_quota");
    int slots = rooms_of(context, &fit)->slots;
    if (quota->type != VALUE_INT || slots < 0 || quota->integer <= slots)
        return;
    rule_found(context, instance_attr_pos(blueprint, "machine.reservation_policy"), blueprint,
               "the reservations allow %lld machines, and pool %s has %d slots (%s)",
               (long long)quota->integer, fit.pool->name, slots, fit.want.label);
}

void rule_quota_fits(struct rules_context *context)
{
    rules_each(context, "blueprint", check_quota);
}
