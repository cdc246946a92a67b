/* provider.c: look-ups in the lists of kinds and providers, and in facts. */
#include "provider.h"

#include <string.h>

const struct kind *kind_find(const struct kind *const *kinds, const char *kind)
{
    for (size_t i = 0; kinds[i] != NULL; i++)
        if (strcmp(kinds[i]->schema.kind, kind) == 0)
            return kinds[i];
    return NULL;
}

const struct kind *kind_of(const struct instance *instance)
{
    _Static_assert(offsetof(struct kind, schema) == 0, "a schema is its kind's first member");
    return (const struct kind *)(const void *)instance->schema;
}

const struct kind *kind_by_section(const struct kind *const *kinds, const char *section)
{
    for (size_t i = 0; kinds[i] != NULL; i++)
        if (strcmp(kinds[i]->schema.section, section) == 0)
            return kinds[i];
    return NULL;
}

const struct provider *provider_find(const struct provider *const *providers, const char *name)
{
    for (size_t i = 0; providers[i] != NULL; i++)
        if (strcmp(providers[i]->name, name) == 0)
            return providers[i];
    return NULL;
}

const struct value *facts_recall(const struct facts *facts, const char *address,
                                 const char *attr)
{
    const struct instance *live =
        facts->live == NULL ? NULL : instances_find(facts->live, address);
    if (live != NULL && value_is_known(instance_get(live, attr)))
        return instance_get(live, attr);
    const struct instance *prior =
        facts->prior == NULL ? NULL : instances_find(facts->prior, address);
    return prior == NULL ? value_absent() : value_get(value_get(prior->meta, "facts"), attr);
}

const struct instance *facts_referred(const struct facts *facts, const struct instance *from,
                                      const char *attr, const char *kind)
{
    const char *name = from == NULL ? NULL : instance_text(from, attr);
    return name == NULL ? NULL : instances_find_named(facts->desired, kind, name);
}

const struct instance *facts_pool_host(const struct facts *facts, const struct instance *pool,
                                       size_t index)
{
    const char *name =
        pool == NULL ? NULL : value_text(value_at(instance_get(pool, "hosts"), index));
    return name == NULL ? NULL : instances_find_named(facts->desired, "host", name);
}

bool facts_is_guess(const struct instance *prior)
{
    return prior != NULL && value_get_bool(prior->meta, "unfinished", false) &&
           value_count(prior->ids) == 0;
}

const struct intent *facts_intent(const struct facts *facts, const char *address,
                                  const char *op)
{
    for (size_t i = 0; i < facts->n_intents; i++)
        if (strcmp(facts->intents[i].address, address) == 0 &&
            (op == NULL || strcmp(facts->intents[i].op, op) == 0))
            return &facts->intents[i];
    return NULL;
}

void op_env_call(const struct op_env *env, const char *provider, const char *method)
{
    const struct event event = {
        .kind = EVENT_CALL, .op = provider, .text = method, .percent = -1};
    if (env->emit != NULL)
        env->emit(env->context, &event);
}
