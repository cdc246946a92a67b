/* hosts.c: see hosts.h. */
#include "hosts.h"

#include "address.h"
#include "arena.h"
#include "atom.h"
#include "diag.h"
#include "err.h"
#include "expand.h"
#include "vec.h"

static const char hosts_attr[] = "hosts";

struct names {
    VEC(const struct value *) items;
};

static int complain(const struct host_maker *maker, const struct instance *pool,
                    const char *what, const char *subject)
{
    struct diag *diag =
        diag_error(maker->decoder->diags, instance_attr_pos(pool, hosts_attr),
                   "hosts: %s%s%.200s", subject, subject[0] != '\0' ? ": " : "", what);
    diag->address = pool->address;
    return -1;
}

static int twice(const struct host_maker *maker, const struct instance *pool,
                 const struct instance *owner, const char *name)
{
    struct pos first = instance_attr_pos(owner, hosts_attr);
    struct diag *diag;
    if (owner == pool)
        diag = diag_error(maker->decoder->diags, first, "hosts: \"%s\" is listed twice", name);
    else
        diag = diag_error(maker->decoder->diags, instance_attr_pos(pool, hosts_attr),
                          "hosts: \"%s\" is in the pool \"%s\" as well, at %s:%u:%u", name,
                          owner->name, first.file, first.line, first.column);
    diag->address = pool->address;
    return -1;
}

static int make_host(struct host_maker *maker, struct instance *pool, const char *name,
                     bool broken)
{
    struct decoder *decoder = maker->decoder;
    const struct instance *owner = map_get(&maker->owners, name);
    if (owner != NULL)
        return twice(maker, pool, owner, name);
    map_set(&maker->owners, name, pool);
    const struct schema *schema = form_schema(maker->form);
    const char *address =
        atom(decoder->atoms, address_make(decoder->arena, schema->kind, name));
    struct instance *host = instance_new(decoder->arena, schema, address, name);
    host->presence = PRESENCE_PRESENT;
    host->pos = instance_attr_pos(pool, hosts_attr);
    host->lifecycle = pool->lifecycle;
    instance_set(host, "pool", value_borrow(decoder->arena, pool->name));
    form_defaults(maker->form, host);
    return maker->add(maker->context, host, broken);
}

static int expand_item(struct host_maker *maker, struct instance *pool, const char *pattern,
                       struct names *names)
{
    struct decoder *decoder = maker->decoder;
    const char *const *expanded;
    size_t n;
    struct err err;
    if (expand_names(pattern, decoder->arena, &expanded, &n, &err) < 0) {
        const char *quoted = arena_printf(decoder->arena, "\"%.60s\"", pattern);
        return complain(maker, pool, err.message, quoted);
    }
    if (names->items.n + n > EXPAND_MAX)
        return complain(maker, pool, "the pool has more than 10000 hosts", "");
    for (size_t i = 0; i < n; i++)
        VEC_PUSH(decoder->arena, &names->items,
                 value_borrow(decoder->arena, atom(decoder->atoms, expanded[i])));
    return 0;
}

int hosts_expand(struct host_maker *maker, struct instance *pool, bool broken)
{
    struct names names = {0};
    const struct value *patterns = instance_get(pool, hosts_attr);
    int result = 0;
    for (size_t i = 0; i < value_count(patterns); i++)
        if (expand_item(maker, pool, value_text(value_at(patterns, i)), &names) < 0)
            result = -1;
    if (value_is_known(patterns))
        instance_set(pool, hosts_attr,
                     value_list(maker->decoder->arena, names.items.items, names.items.n));
    for (size_t i = 0; i < names.items.n; i++)
        if (make_host(maker, pool, value_text(names.items.items[i]), broken || result < 0) < 0)
            result = -1;
    return result;
}
