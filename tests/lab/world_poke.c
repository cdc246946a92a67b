/* world_poke.c: changes behind gridform's back, by the paths of world_dump. Segments of a path
 * are percent-decoded, so that names with slashes can be written.
 *
 *     hosts/esx-gpu-01.lab.local/gpus/0/ecc_current      true
 *     vms/trainer/extra/gridform.id                      null      (removed)
 *     vms/trainer                                        {"host": "esx-gpu-02.lab.local"}
 *     specs/linux                                        null      (deleted)
 *     vra/blueprints/ml/components/vm/data/cpu/fixed     8
 *     speed                                              1000
 */
#include "world.h"

#include <string.h>

#include "num.h"
#include "world_fields.h"
#include "world_internal.h"

#define N_SEGMENTS_MAX 32

struct path {
    const char *segments[N_SEGMENTS_MAX];
    size_t n;
};

const struct vra_list_name vra_lists[N_VRA_LISTS] = {
#define L(name)                                                                                \
    {                                                                                          \
#name, offsetof(struct vra, name)                                                      \
    }
    L(business_groups),
    L(machine_prefixes),
    L(reservation_policies),
    L(reservations),
    L(network_profiles),
    L(components),
    L(blueprints),
    L(catalog_items),
    L(services),
    L(entitlements),
    L(icons),
#undef L
};

struct vra_list *vra_list_of(struct world *world, const struct vra_list_name *name)
{
    return (struct vra_list *)((char *)&world->vra + name->offset);
}

/* ---- paths ---------------------------------------------------------------------------------
 */

static void decode(char *text)
{
    char *out = text;
    for (const char *in = text; *in; in++) {
        char digits[3] = {in[0] == '%' ? in[1] : '\0', in[0] == '%' && in[1] ? in[2] : '\0'};
        uint64_t value;
        if (*in == '%' && num_hex64(digits, &value) == 0 && digits[1] && value) {
            *out++ = (char)value;
            in += 2;
        } else {
            *out++ = *in;
        }
    }
    *out = '\0';
}

static int split(struct world *world, const char *text, struct path *path, struct err *err)
{
    char *rest = world_strdup(world, text);
    path->n = 0;
    while (rest) {
        char *segment = strsep(&rest, "/");
        if (!*segment)
            continue;
        if (path->n == N_SEGMENTS_MAX)
            return err_set(err, ERR_INVALID, "the path is too long");
        decode(segment);
        path->segments[path->n++] = segment;
    }
    return path->n ? 0 : err_set(err, ERR_INVALID, "the path is empty");
}

static int no_object(const char *name, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "there is no \"%s\"", name);
}

/* ---- hosts and machines
 * ---------------------------------------------------------------------- */

static void drop_host(struct world *world, const struct host *host)
{
    for (size_t i = 0; i < world->hosts.n; i++) {
        if (world->hosts.items[i] != host)
            continue;
        memmove(&world->hosts.items[i], &world->hosts.items[i + 1],
                (world->hosts.n - i - 1) * sizeof(*world->hosts.items));
        world->hosts.n--;
        return;
    }
}

static int poke_host(struct world *world, const struct path *path, const json_t *value,
                     struct err *err)
{
    const char *name = path->segments[1];
    struct host *host = world_host(world, name);
    if (path->n == 2 && json_is_null(value)) {
        drop_host(world, host);
        return 0;
    }
    if (!host && path->n > 2)
        return no_object(name, err);
    if (!host)
        host = host_new(world, name);
    return fields_poke(world, &host_table, host, path->segments + 2, path->n - 2, value, err);
}

static struct vm *find_vm(struct world *world, const char *name)
{
    const char *mark = strchr(name, '#');
    struct vm *vm = mark ? world_vm_by_moref(world, mark + 1) : NULL;
    return vm ? vm : world_vm(world, name);
}

static int poke_vm(struct world *world, const struct path *path, const json_t *value,
                   struct err *err)
{
    const char *name = path->segments[1];
    struct vm *vm = find_vm(world, name);
    if (path->n == 2 && json_is_null(value)) {
        if (vm)
            vm->gone = true;
        return 0;
    }
    if (!vm && path->n > 2)
        return no_object(name, err);
    if (!vm) {
        vm = vm_new(world, name);
        vm_add_default_devices(world, vm, (int64_t)16 << 30,
                               world->networks.n ? world->networks.items[0].name : "");
    }
    if (fields_poke(world, &vm_table, vm, path->segments + 2, path->n - 2, value, err) < 0)
        return -1;
    if (vm->power == POWERED_OFF)
        vm->gpu = NULL;
    if (path->n < 3 || strncmp(path->segments[2], "change", 6))
        vm_touch(world, vm);
    return 0;
}

static int poke_spec(struct world *world, const struct path *path, const json_t *value,
                     struct err *err)
{
    const char *name = path->segments[1];
    struct custom_spec *spec = world_spec(world, name);
    if (path->n == 2 && json_is_null(value)) {
        if (spec)
            spec->gone = true;
        return 0;
    }
    if (!spec && path->n > 2)
        return no_object(name, err);
    if (!spec) {
        spec = ARENA_NEW(world->arena, struct custom_spec);
        *spec = (struct custom_spec){.name = world_strdup(world, name),
                                     .description = world_strdup(world, ""),
                                     .type = world_strdup(world, "Linux"),
                                     .spec = world_strdup(world, "")};
        VEC_PUSH(world->arena, &world->specs, spec);
    }
    spec->change++;
    spec->updated_at = world_now(world);
    return fields_poke(world, &spec_table, spec, path->segments + 2, path->n - 2, value, err);
}

/* ---- plain lists: clusters, datastores, networks
 * ---------------------------------------------- */

#define POKE_PLAIN(world, list, table, path, value, err, prefix)                               \
    ({                                                                                         \
        size_t at_ = 0;                                                                        \
        const char *name_ = (path)->segments[1];                                               \
        while (at_ < (list).n && strcmp((list).items[at_].name, name_))                        \
            at_++;                                                                             \
        bool there_ = at_ < (list).n, drop_ = (path)->n == 2 && json_is_null(value);           \
        if (!there_ && !drop_) {                                                               \
            typeof(*(list).items) fresh_ = {.moref = world_new_id((world), (prefix)),          \
                                            .name = world_strdup((world), name_)};             \
            VEC_PUSH((world)->arena, &(list), fresh_);                                         \
        }                                                                                      \
        if (there_ && drop_)                                                                   \
            (list).items[at_] = (list).items[--(list).n];                                      \
        drop_ ? 0                                                                              \
              : fields_poke((world), &(table), &(list).items[at_], (path)->segments + 2,       \
                            (path)->n - 2, (value), (err));                                    \
    })

static int poke_cluster(struct world *world, const struct path *path, const json_t *value,
                        struct err *err)
{
    return POKE_PLAIN(world, world->clusters, cluster_table, path, value, err, "domain-c");
}

static int poke_datastore(struct world *world, const struct path *path, const json_t *value,
                          struct err *err)
{
    return POKE_PLAIN(world, world->datastores, datastore_table, path, value, err,
                      "datastore-");
}

static int poke_network(struct world *world, const struct path *path, const json_t *value,
                        struct err *err)
{
    return POKE_PLAIN(world, world->networks, network_table, path, value, err, "network-");
}

/* ---- vRA
 * ---------------------------------------------------------------------------------------- */

/* Set a member below `at`; objects on the way are made, arrays are entered by index. */
static int set_json(json_t *at, const char *const *path, size_t n, const json_t *value,
                    struct err *err)
{
    int64_t index = -1;
    bool in_array = json_is_array(at);
    if (in_array &&
        (num_i64(path[0], &index) < 0 || index < 0 || (size_t)index > json_array_size(at)))
        return err_set(err, ERR_NOT_FOUND, "the list has no element %s", path[0]);
    if (!in_array && !json_is_object(at))
        return err_set(err, ERR_INVALID, "\"%s\" is below something without members", path[0]);
    if (n > 1) {
        json_t *next =
            in_array ? json_array_get(at, (size_t)index) : json_object_get(at, path[0]);
        if (!next && !in_array) {
            next = json_object();
            json_object_set_new(at, path[0], next);
        }
        return set_json(next, path + 1, n - 1, value, err);
    }
    if (json_is_null(value))
        return in_array ? json_array_remove(at, (size_t)index)
                        : (json_object_del(at, path[0]), 0);
    json_t *copy = json_deep_copy(value);
    if (!in_array)
        return json_object_set_new(at, path[0], copy);
    return (size_t)index == json_array_size(at) ? json_array_append_new(at, copy)
                                                : json_array_set_new(at, (size_t)index, copy);
}

static int poke_vra_object(struct world *world, struct vra_list *list, const struct path *path,
                           const json_t *value, struct err *err)
{
    const char *id = path->segments[2];
    struct vra_object *object = vra_list_find(list, id);
    if (path->n == 3 && json_is_null(value)) {
        if (object)
            vra_object_remove(object);
        return 0;
    }
    if (!object && path->n > 3)
        return no_object(id, err);
    if (path->n > 3)
        return set_json(object->body, path->segments + 3, path->n - 3, value, err);
    if (!json_is_object(value))
        return err_set(err, ERR_INVALID, "an object is expected");
    if (!object) {
        vra_list_add(world, list, id, json_deep_copy(value), world_now(world));
        return 0;
    }
    json_object_clear(object->body);
    json_t *copy = json_deep_copy(value);
    json_object_update(object->body, copy);
    json_decref(copy);
    return 0;
}

static int poke_vra(struct world *world, const struct path *path, const json_t *value,
                    struct err *err)
{
    const char *part = path->segments[1];
    if (path->n > 2 && !strcmp(part, "switches"))
        return set_json(world->vra.switches, path->segments + 2, path->n - 2, value, err);
    if (path->n > 2 && !strcmp(part, "principals"))
        return set_json(world->vra.principals, path->segments + 2, path->n - 2, value, err);
    for (size_t i = 0; path->n > 2 && i < N_VRA_LISTS; i++) {
        if (!strcmp(vra_lists[i].name, part))
            return poke_vra_object(world, vra_list_of(world, &vra_lists[i]), path, value, err);
    }
    return no_object(part, err);
}

/* ---- all
 * ------------------------------------------------------------------------------------------ */

static int poke_speed(struct world *world, const json_t *value, struct err *err)
{
    double speed = json_number_value(value);
    if (speed <= 0)
        return err_set(err, ERR_INVALID, "speed: a positive number is expected");
    int64_t now = world_now(world);
    world->speed = speed;
    world->epoch += now - world_now(world);
    return 0;
}

int world_poke(struct world *world, const char *path_text, const json_t *value, struct err *err)
{
    static const struct {
        const char *name;
        int (*poke)(struct world *, const struct path *, const json_t *, struct err *);
    } parts[] = {
        {"hosts", poke_host},           {"vms", poke_vm},           {"specs", poke_spec},
        {"clusters", poke_cluster},     {"networks", poke_network}, {"vra", poke_vra},
        {"datastores", poke_datastore},
    };
    struct path path;
    if (split(world, path_text, &path, err) < 0)
        return -1;
    if (path.n == 1 && !strcmp(path.segments[0], "speed"))
        return poke_speed(world, value, err);
    for (size_t i = 0; path.n > 1 && i < ARRAY_LEN(parts); i++) {
        if (!strcmp(parts[i].name, path.segments[0]))
            return parts[i].poke(world, &path, value, err) < 0 ? err_wrap(err, "%s", path_text)
                                                               : 0;
    }
    return err_set(err, ERR_NOT_FOUND, "%s: nothing is there", path_text);
}
