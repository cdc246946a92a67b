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

const struct intent *facts_intent(const struct facts *facts, const char *address,
                                  const char *op)
{
    for (size_t i = 0; i < facts->n_intents; i++)
        if (strcmp(facts->intents[i].address, address) == 0 &&
            (op == NULL || strcmp(facts->intents[i].op, op) == 0))
            return &facts->intents[i];
    return NULL;
}
