/* list.c: which hosts, customization specifications and versions of templates there are. */
#include "list.h"

#include <ctype.h>
#include <string.h>

#include "arena.h"
#include "read.h"
#include "vec.h"

enum { VERSION_DIGITS = 8 };

/* NAME-DIGEST8: no other machine can be taken for a version that is yet to be built. */
static bool may_be_version(const char *name)
{
    size_t len = strlen(name);
    if (len < VERSION_DIGITS + 2 || name[len - VERSION_DIGITS - 1] != '-')
        return false;
    return strspn(name + len - VERSION_DIGITS, "0123456789abcdef") == VERSION_DIGITS;
}

/* Host names compare without regard to case. */
static const char *lower(const char *text, struct arena *arena)
{
    char *copy = arena_strdup(arena, text);
    for (char *c = copy; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    return copy;
}

const char *vsphere_list_key(const struct instance *wanted, struct arena *arena)
{
    const char *kind = wanted->schema->kind;
    if (strcmp(kind, "host") == 0)
        return lower(wanted->name, arena);
    if (strcmp(kind, "customization_spec") == 0)
        return wanted->name;
    return strcmp(kind, "template") == 0 ? instance_text(wanted, "vm") : NULL;
}

static int list_machines(struct vc *vc, const struct value **ret_hosts,
                         const struct value **ret_templates, struct err *err)
{
    struct inventory inventory;
    VEC(const struct value *) hosts = {0}, templates = {0};
    if (inventory_read(vc, INVENTORY_HOSTS | INVENTORY_MACHINES, &inventory, err) < 0)
        return -1;
    for (size_t i = 0; i < inventory.n_hosts; i++)
        VEC_PUSH(vc->arena, &hosts,
                 value_borrow(vc->arena, lower(inventory.hosts[i]->name, vc->arena)));
    for (size_t i = 0; i < inventory.n_machines; i++)
        if (may_be_version(inventory.machines[i]->name))
            VEC_PUSH(vc->arena, &templates,
                     value_borrow(vc->arena, inventory.machines[i]->name));
    *ret_hosts = value_list(vc->arena, hosts.items, hosts.n);
    *ret_templates = value_list(vc->arena, templates.items, templates.n);
    return 0;
}

int vsphere_list(struct session *session, const struct op_env *env, struct arena *arena,
                 const struct value **ret_keys, struct err *err)
{
    struct vc vc = {.session = session, .env = env, .arena = arena};
    struct value_field kinds[] = {{"host", value_absent()},
                                  {"template", value_absent()},
                                  {"customization_spec", value_absent()}};
    if (list_machines(&vc, &kinds[0].value, &kinds[1].value, err) < 0 ||
        specs_list(&vc, &kinds[2].value, err) < 0)
        return -1;
    *ret_keys = value_map(arena, kinds, ARRAY_LEN(kinds));
    return 0;
}
