/* host_advice.c: settings of a host's firmware that cost speed. gridform cannot change them, so
 * it says so, once for all hosts of a pool. A fact that was not read gives no advice. */
#include "rules.h"

#include <string.h>

/* A host as it is live, or NULL. */
static const struct instance *live_host(const struct facts *facts, const struct instance *host)
{
    const struct instance *live =
        facts->live == NULL ? NULL : instances_find(facts->live, host->address);
    return live != NULL && live->presence == PRESENCE_PRESENT ? live : NULL;
}

/* One finding for the hosts of the pool in which something is amiss: at its hosts, by the name
 * of the first. */
static void advise(struct rules_context *context, const struct instance *pool,
                   bool (*amiss)(const struct instance *live), const char *what,
                   const char *hint)
{
    const struct facts *facts = context->in->facts;
    const struct instance *first = NULL, *host;
    size_t others = 0;
    for (size_t i = 0; (host = facts_pool_host(facts, pool, i)) != NULL; i++) {
        const struct instance *live = live_host(facts, host);
        if (live == NULL || !amiss(live))
            continue;
        others += first != NULL;
        first = first == NULL ? host : first;
    }
    if (first == NULL)
        return;
    struct pos pos = instance_attr_pos(pool, "hosts");
    struct diag *diag =
        others == 0 ? rule_found(context, pos, first, "%s", what)
                    : rule_found(context, pos, first, "%s, as on %zu other host%s of pool %s",
                                 what, others, others == 1 ? "" : "s", pool->name);
    diag_hint(context->diags, diag, "%s", hint);
}

/* What the hardware lets ESXi manage, as "ACPI P-states, ACPI C-states". */
static bool bios_keeps_power(const struct instance *live)
{
    const char *left = instance_text(live, "bios_power");
    return left != NULL && strstr(left, "P-states") == NULL;
}

static void check_bios_power(struct rules_context *context, const struct instance *pool)
{
    advise(context, pool, bios_keeps_power, "its BIOS keeps the CPU power management",
           "leave power management to the operating system in the BIOS setup");
}

void rule_bios_power(struct rules_context *context)
{
    rules_each(context, "pool", check_bios_power);
}

static bool hides_numa(const struct instance *live)
{
    const struct value *nodes = instance_get(live, "numa_nodes");
    const struct value *sockets = instance_get(live, "cpu_sockets");
    return nodes->type == VALUE_INT && sockets->type == VALUE_INT &&
           nodes->integer < sockets->integer;
}

static void check_numa(struct rules_context *context, const struct instance *pool)
{
    advise(context, pool, hides_numa, "it shows fewer NUMA nodes than CPU sockets",
           "turn node interleaving off in the BIOS setup");
}

void rule_numa_visible(struct rules_context *context)
{
    rules_each(context, "pool", check_numa);
}

static bool has_no_hyperthreading(const struct instance *live)
{
    const struct value *active = instance_get(live, "hyperthreading");
    return active->type == VALUE_BOOL && !active->boolean;
}

static void check_hyperthreading(struct rules_context *context, const struct instance *pool)
{
    advise(context, pool, has_no_hyperthreading, "its hyper-threading is off",
           "where the CPU has it, turn it on in the BIOS setup and on the host");
}

void rule_hyperthreading(struct rules_context *context)
{
    rules_each(context, "pool", check_hyperthreading);
}
