/* sizing.c: do the machines that blueprints promise fit the hosts? (S1 of design.md §2) */
#include "rules.h"

#include <string.h>

#include "gpu.h"
#include "num.h"
#include "strbuf.h"
#include "types.h"

/* What is known of one host: as read, or as the state remembers it. */
struct room {
    int64_t cores, memory; /* -1: not known */
    int slots;             /* -1: not known */
};

static struct room room_of(const struct facts *facts, const struct instance *host,
                           const char *profile)
{
    const struct value *cores = facts_recall(facts, host->address, "cpu_cores");
    const struct value *memory = facts_recall(facts, host->address, "memory");
    return (struct room){
        .cores = cores->type == VALUE_INT ? cores->integer : -1,
        .memory = memory->type == VALUE_INT ? memory->integer : -1,
        .slots = gpu_slots(facts_recall(facts, host->address, "gpus"), profile),
    };
}

/* What the template of a blueprint stands on, when it has a vGPU. */
struct fit {
    const struct instance *pool;
    const char *profile;
};

static bool fit_of(struct rules_context *context, const struct instance *blueprint,
                   struct fit *ret)
{
    const struct facts *facts = context->in->facts;
    const struct instance *template =
        facts_referred(facts, blueprint, "machine.clone.template", "template");
    const char *profile = template == NULL ? NULL : instance_text(template, "vgpu");
    const struct instance *pool = facts_referred(facts, template, "pool", "pool");
    if (profile == NULL || pool == NULL)
        return false;
    *ret = (struct fit){pool, profile};
    return true;
}

/* The first host of the pool in whose slots `each` does not fit; hosts of which too little is
 * known are passed over. One host says it for its pool. */
static const struct instance *find_too_small(const struct facts *facts, const struct fit *fit,
                                             bool (*fits)(const struct room *room, int64_t each),
                                             int64_t each, struct room *ret_room)
{
    const struct instance *host;
    for (size_t i = 0; (host = facts_pool_host(facts, fit->pool, i)) != NULL; i++) {
        *ret_room = room_of(facts, host, fit->profile);
        if (ret_room->slots > 0 && !fits(ret_room, each))
            return host;
    }
    return NULL;
}

static bool cpus_fit(const struct room *room, int64_t cpus)
{
    return room->cores <= 0 || cpus <= room->cores / room->slots;
}

static void check_cpu(struct rules_context *context, const struct instance *blueprint)
{
    struct fit fit;
    struct room room;
    int64_t cpus = range_max(instance_get(blueprint, "machine.cpu"), -1);
    if (cpus < 0 || !fit_of(context, blueprint, &fit))
        return;
    const struct instance *host =
        find_too_small(context->in->facts, &fit, cpus_fit, cpus, &room);
    if (host == NULL)
        return;
    struct diag *diag = rule_found(
        context, instance_attr_pos(blueprint, "machine.cpu"), blueprint,
        "%lld vCPUs in each of the %d slots (%s) of %s need %lld cores, and it has %lld",
        (long long)cpus, room.slots, fit.profile, host->name, (long long)(cpus * room.slots),
        (long long)room.cores);
    diag_hint(context->diags, diag, "at most %lld vCPUs fit; cpu: auto takes that",
              (long long)(room.cores / room.slots));
}

void rule_cpu_fits(struct rules_context *context)
{
    rules_each(context, "blueprint", check_cpu);
}

static bool memory_fits(const struct room *room, int64_t memory)
{
    return room->memory <= 0 || memory <= room->memory / room->slots;
}

static void check_memory(struct rules_context *context, const struct instance *blueprint)
{
    struct fit fit;
    struct room room;
    int64_t memory = range_max(instance_get(blueprint, "machine.memory"), -1);
    if (memory < 0 || !fit_of(context, blueprint, &fit))
        return;
    const struct instance *host =
        find_too_small(context->in->facts, &fit, memory_fits, memory, &room);
    if (host == NULL)
        return;
    struct strbuf each, all;
    strbuf_init(&each, 64);
    strbuf_init(&all, 64);
    num_print_size(memory, &each);
    num_print_size(room.memory, &all);
    rule_found(context, instance_attr_pos(blueprint, "machine.memory"), blueprint,
               "%s in each of the %d slots (%s) of %s do not fit its %s", strbuf_str(&each),
               room.slots, fit.profile, host->name, strbuf_str(&all));
    strbuf_release(&each);
    strbuf_release(&all);
}

void rule_memory_fits(struct rules_context *context)
{
    rules_each(context, "blueprint", check_memory);
}

/* Slots of the whole pool; -1 when a host of it is not known. */
static int pool_slots(const struct facts *facts, const struct fit *fit)
{
    int total = 0;
    const struct instance *host;
    for (size_t i = 0; (host = facts_pool_host(facts, fit->pool, i)) != NULL; i++) {
        int slots = room_of(facts, host, fit->profile).slots;
        if (slots < 0)
            return -1;
        total += slots;
    }
    return total;
}

static void check_instances(struct rules_context *context, const struct instance *blueprint)
{
    struct fit fit;
    int64_t machines = range_max(instance_get(blueprint, "machine.instances"), -1);
    if (machines < 0 || !fit_of(context, blueprint, &fit))
        return;
    int slots = pool_slots(context->in->facts, &fit);
    if (slots >= 0 && machines > slots)
        rule_found(context, instance_attr_pos(blueprint, "machine.instances"), blueprint,
                   "a request may ask for %lld machines, and pool %s has %d slots (%s)",
                   (long long)machines, fit.pool->name, slots, fit.profile);
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
    int slots = pool_slots(facts, &fit);
    if (quota->type != VALUE_INT || slots < 0 || quota->integer <= slots)
        return;
    rule_found(context, instance_attr_pos(blueprint, "machine.reservation_policy"), blueprint,
               "the reservations allow %lld machines, and pool %s has %d slots (%s)",
               (long long)quota->integer, fit.pool->name, slots, fit.profile);
}

void rule_quota_fits(struct rules_context *context)
{
    rules_each(context, "blueprint", check_quota);
}
