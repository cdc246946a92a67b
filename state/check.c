/* check.c: invariants of a state, looked at after every reading and before every writing. */
#include <string.h>

#include "address.h"
#include "state.h"
#include "utf8.h"
#include "value.h"

enum { LINEAGE_LEN = 32, ADDRESS_MAX = 8192 };

static bool is_hex(const char *text, size_t len)
{
    return strlen(text) == len && strspn(text, "0123456789abcdef") == len;
}

static bool is_map_or_nothing(const struct value *value)
{
    return value_is_absent(value) || value->type == VALUE_MAP;
}

/* One source and nothing beside it but a version: see type_secret in types.h. */
static bool is_reference(const struct value *value)
{
    static const char *const sources[] = {"env", "file", "command", "credential"};
    if (!value_is_known(value))
        return true;
    size_t n = value_is_absent(value_get(value, "version")) ? 0 : 1;
    for (size_t i = 0; i < ARRAY_LEN(sources); i++)
        if (!value_is_absent(value_get(value, sources[i])))
            return value->map.n == n + 1;
    return false;
}

/* What the writer would have to alter could not be read back as the same thing. */
static bool is_utf8(const char *text)
{
    size_t len = strlen(text);
    return utf8_check(text, len) == len;
}

static bool is_writable(const struct value *value, unsigned depth)
{
    if (depth > STATE_DEPTH_MAX)
        return false;
    if (value_is_absent(value))
        return true;
    if (value->type == VALUE_LIST)
        for (size_t i = 0; i < value->list.n; i++)
            if (!is_writable(value->list.items[i], depth + 1))
                return false;
    if (value->type == VALUE_MAP)
        for (size_t i = 0; i < value->map.n; i++)
            if (!is_utf8(value->map.fields[i].key) ||
                !is_writable(value->map.fields[i].value, depth + 1))
                return false;
    return true;
}

static int check_writable(const struct instance *instance, const char *what,
                          const struct value *value, struct err *err)
{
    if (is_writable(value, 0))
        return 0;
    return err_set(err, ERR_INVALID, "%s: %s is nested too deep or has a key that is not UTF-8",
                   instance->address, what);
}

static int check_attrs(const struct instance *instance, struct err *err)
{
    const struct schema *schema = instance->schema;
    for (size_t i = 0; i < schema->n_attrs; i++) {
        if (instance->attrs[i] == NULL)
            return err_set(err, ERR_INVALID, "%s: attribute %s has no value", instance->address,
                           schema->attrs[i].name);
        if ((schema->attrs[i].flags & ATTR_SECRET) != 0 && !is_reference(instance->attrs[i]))
            return err_set(err, ERR_INVALID,
                           "%s: attribute %s holds a secret where only a reference may be",
                           instance->address, schema->attrs[i].name);
        if (check_writable(instance, schema->attrs[i].name, instance->attrs[i], err) < 0)
            return -1;
    }
    return 0;
}

int state_check_resource(const struct instance *instance, struct err *err)
{
    const char *address = instance->address;
    if (strlen(address) > ADDRESS_MAX)
        return err_set(err, ERR_INVALID, "an address is longer than %d bytes: %.80s…",
                       ADDRESS_MAX, address);
    if (!is_utf8(address) || strchr(address, '/') == NULL || *address_name(address) == '\0')
        return err_set(err, ERR_INVALID, "\"%s\" is no address (kind/name)", address);
    if (!address_has_kind(address, instance->schema->kind))
        return err_set(err, ERR_INVALID, "%s: recorded as a %s", address,
                       instance->schema->kind);
    if (instance->schema->abstract)
        return err_set(err, ERR_INVALID, "%s: the kind exists in the manifest only", address);
    if (!is_map_or_nothing(instance->ids) || !is_map_or_nothing(instance->meta))
        return err_set(err, ERR_INVALID, "%s: ids and meta must be objects", address);
    if (check_writable(instance, "ids", instance->ids, err) < 0 ||
        check_writable(instance, "meta", instance->meta, err) < 0)
        return -1;
    return check_attrs(instance, err);
}

static int check_resources(const struct state *state, struct err *err)
{
    for (size_t i = 0; i < state->resources.n; i++) {
        const struct instance *instance = state->resources.items[i];
        if (state_check_resource(instance, err) < 0)
            return -1;
        if (i == 0)
            continue;
        int order = strcmp(state->resources.items[i - 1]->address, instance->address);
        if (order >= 0)
            return err_set(err, ERR_INVALID, "%s: %s", instance->address,
                           order == 0 ? "recorded twice" : "not in the order of addresses");
    }
    return 0;
}

static int check_intents(const struct state *state, struct err *err)
{
    for (size_t i = 0; i < state->n_intents; i++) {
        const struct intent *intent = &state->intents[i];
        if (intent->address == NULL || intent->op == NULL || intent->plan == NULL)
            return err_set(err, ERR_INVALID, "an intent lacks its address, op or plan");
    }
    return 0;
}

int state_check(const struct state *state, struct err *err)
{
    if (state->lineage == NULL || !is_hex(state->lineage, LINEAGE_LEN))
        return err_set(err, ERR_INVALID, "the lineage is not %d hex digits", LINEAGE_LEN);
    if (state->serial < 0)
        return err_set(err, ERR_INVALID, "the serial is negative");
    if (state->serial > STATE_SERIAL_MAX)
        return err_set(err, ERR_INVALID, "the serial is larger than %lld",
                       (long long)STATE_SERIAL_MAX);
    if (state->site == NULL)
        return err_set(err, ERR_INVALID, "the site is missing");
    if (state->n_plans > STATE_PLANS_KEPT)
        return err_set(err, ERR_INVALID, "more than %d plans are kept", STATE_PLANS_KEPT);
    if (!is_map_or_nothing(state->unknown))
        return err_set(err, ERR_INVALID, "the unknown members are no object");
    if (check_intents(state, err) < 0)
        return -1;
    return check_resources(state, err);
}
