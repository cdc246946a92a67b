/* read.c: reading the facets of many resources: one list of each sort that is needed, single
 * objects only where they are wanted. */
#include "vra7.h"

#include <string.h>

enum { SILENT_MOST = 3 };

static const char *const list_paths[LIST_COUNT] = {
    [LIST_SOFTWARE] = VRA_SOFTWARE,         [LIST_BLUEPRINTS] = VRA_BLUEPRINTS,
    [LIST_SERVICES] = VRA_SERVICES,         [LIST_ITEMS] = VRA_ITEMS,
    [LIST_ENTITLEMENTS] = VRA_ENTITLEMENTS, [LIST_RESERVATIONS] = VRA_RESERVATIONS,
    [LIST_POLICIES] = VRA_POLICIES,
};

const json_t *reader_list(struct reader *reader, enum vra_lists list, struct err *err)
{
    if (reader->lists[list].array == NULL && reader->lists[list].error.code == ERR_NONE &&
        vra_list(reader->session, list_paths[list], &reader->lists[list].array,
                 &reader->lists[list].error) == 0)
        return reader->lists[list].array;
    if (reader->lists[list].array == NULL && err != NULL)
        *err = reader->lists[list].error;
    return reader->lists[list].array;
}

static const struct {
    const char *kind;
    vra_reader *read;
} readers[] = {
    {"software_component", read_software},
    {"blueprint", read_blueprint},
    {"catalog_service", read_service},
    {"entitlement", read_entitlement},
};

static unsigned failed_lists(const struct reader *reader)
{
    unsigned n = 0;
    for (size_t i = 0; i < LIST_COUNT; i++)
        n += reader->lists[i].error.code != ERR_NONE;
    return n;
}

/* Each request that nobody answers costs its whole time limit: after a few in a row the rest is
 * not asked for. A list's failure that is only repeated costs nothing, and does not count. */
static void count_silence(struct reader *reader, unsigned n_failed_lists,
                          const struct err *cause)
{
    bool nobody = cause->code == ERR_UNREACHABLE || cause->code == ERR_TIMEOUT;
    bool repeated = false;
    for (size_t i = 0; i < LIST_COUNT; i++)
        repeated = repeated || strcmp(reader->lists[i].error.message, cause->message) == 0;
    if (!nobody || (repeated && failed_lists(reader) == n_failed_lists))
        return;
    reader->silence = *cause;
    reader->silent++;
}

/* What cannot be asked makes the resource unreadable, with the reason; only an interruption
 * and a system that is not there end the pass. */
static int read_one(struct reader *reader, struct read_item *item, struct err *err)
{
    struct err cause = {0};
    const char *kind = item->wanted->schema->kind;
    unsigned n_failed_lists = failed_lists(reader);
    if (reader->silent >= SILENT_MOST) {
        item->live->presence = PRESENCE_UNREADABLE;
        item->live->reason = arena_strdup(reader->arena, reader->silence.message);
        return 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
        if (strcmp(readers[i].kind, kind) != 0)
            continue;
        if (readers[i].read(reader, item, &cause) == 0) {
            reader->silent = 0;
            return 0;
        }
        count_silence(reader, n_failed_lists, &cause);
        if (cause.code == ERR_CANCELLED || cause.code == ERR_UNTRUSTED) {
            *err = cause;
            return -1;
        }
        item->live->presence = PRESENCE_UNREADABLE;
        item->live->reason = arena_strdup(reader->arena, cause.message);
        return 0;
    }
    item->live->presence = PRESENCE_UNREADABLE;
    item->live->reason = "vRA has no such kind of resource";
    return 0;
}

int vra_read_many(struct session *session, const struct op_env *env, struct read_item *items,
                  size_t n, struct arena *arena, struct err *err)
{
    struct reader reader = {.session = session, .arena = arena};
    int ret = 0;
    for (size_t i = 0; i < n && ret == 0; i++) {
        if (env->cancelled != NULL && env->cancelled(env->context))
            ret = err_set(err, ERR_CANCELLED, "interrupted while reading vRA");
        else
            ret = read_one(&reader, &items[i], err);
    }
    for (size_t i = 0; i < LIST_COUNT; i++)
        json_decref(reader.lists[i].array);
    return ret;
}

/* ---- services, entitlements: names that need not be unique (§2.2) ---- */

bool vra_is_gone(const json_t *object)
{
    const char *status = vra_text(object, "status");
    return status != NULL && strcmp(status, "DELETED") == 0;
}

int vra_pick(const json_t *array, const char *name, const char *id, const char *address,
             struct arena *arena, json_t **ret_object, struct err *err)
{
    json_t *found = NULL, *marked = NULL, *each;
    size_t n = 0, n_marked = 0, i;
    json_array_foreach(array, i, each)
    {
        const char *its_id = vra_text(each, "id"), *its_name = vra_text(each, "name");
        if (vra_is_gone(each))
            continue;
        if (id != NULL && its_id != NULL && strcmp(id, its_id) == 0) {
            *ret_object = each;
            return 0;
        }
        if (its_name == NULL || strcmp(its_name, name) != 0)
            continue;
        found = each;
        n++;
        struct mark mark;
        mark_strip(arena, vra_text(each, "description"), address, &mark);
        if (mark.own) {
            marked = each;
            n_marked++;
        }
    }
    if (n > 1 && n_marked != 1)
        return err_set(err, ERR_CONFLICT,
                       "vRA has %zu objects named \"%s\", and neither the state nor a mark "
                       "says which is meant",
                       n, name);
    *ret_object = n > 1 ? marked : found;
    return 0;
}

static const struct value *id_map(struct arena *arena, const char *id)
{
    return value_map(arena, &(struct value_field){"id", value_string(arena, id)}, 1);
}

static void present(struct reader *reader, struct read_item *item, const char *id)
{
    item->live->presence = PRESENCE_PRESENT;
    item->live->ids = id_map(reader->arena, id);
}

int read_service(struct reader *reader, struct read_item *item, struct err *err)
{
    const json_t *services = reader_list(reader, LIST_SERVICES, err);
    json_t *service = NULL;
    if (services == NULL ||
        vra_pick(services, item->wanted->name, value_get_text(item->ids, "id"),
                 item->wanted->address, reader->arena, &service, err) < 0)
        return -1;
    item->live->presence = PRESENCE_ABSENT;
    if (service == NULL || vra_text(service, "id") == NULL)
        return 0;
    const char *status = vra_text(service, "status");
    present(reader, item, vra_text(service, "id"));
    mark_read(reader->arena, vra_text(service, "description"), item->wanted, item->live);
    instance_set(item->live, "active",
                 value_bool(status != NULL && strcmp(status, "ACTIVE") == 0));
    return 0;
}

/* The group's name where the entitlement has its id only. */
static int read_group(struct reader *reader, struct instance *live, const json_t *object,
                      struct err *err)
{
    const char *id = vra_text_at(object, "organization.subtenantRef");
    if (id == NULL || value_is_known(instance_get(live, "business_group")))
        return 0;
    const char *path = vra_path(reader->arena, "/identity/api/tenants", reader->session->tenant,
                                "/subtenants");
    json_auto_t *group = NULL;
    if (vra_get(reader->session, vra_path(reader->arena, path, id, ""), &group, err) < 0)
        return -1;
    const char *name = vra_text(group, "name");
    instance_set(live, "business_group", value_string(reader->arena, name ? name : id));
    return 0;
}

int read_entitlement(struct reader *reader, struct read_item *item, struct err *err)
{
    const json_t *list = reader_list(reader, LIST_ENTITLEMENTS, err);
    json_t *found = NULL;
    if (list == NULL || vra_pick(list, item->wanted->name, value_get_text(item->ids, "id"),
                                 item->wanted->address, reader->arena, &found, err) < 0)
        return -1;
    item->live->presence = PRESENCE_ABSENT;
    const char *id = vra_text(found, "id");
    if (id == NULL)
        return 0;
    json_auto_t *object = NULL;
    if (vra_get(reader->session, vra_path(reader->arena, VRA_ENTITLEMENTS, id, ""), &object,
                err) < 0)
        return -1;
    if (object == NULL)
        return 0;
    const json_t *services = reader_list(reader, LIST_SERVICES, err);
    const json_t *items = services == NULL ? NULL : reader_list(reader, LIST_ITEMS, err);
    if (items == NULL)
        return -1;
    present(reader, item, id);
    mark_read(reader->arena, vra_text(object, "description"), item->wanted, item->live);
    entitlement_attrs(object, services, items, reader->arena, item->wanted, item->live);
    return read_group(reader, item->live, object, err);
}

/* ---- software ---- */

/* The id: recorded, or made of the name; absent when the list does not have it. */
static int listed_id(struct reader *reader, enum vra_lists list, const char *prefix,
                     struct read_item *item, const char **ret_id, struct err *err)
{
    const char *id = value_get_text(item->ids, "id");
    if (id == NULL && vra_id(reader->arena, prefix, item->wanted->name, &id, err) < 0)
        return -1;
    const json_t *array = reader_list(reader, list, err);
    if (array == NULL)
        return -1;
    *ret_id = vra_find(array, "id", id) == NULL ? NULL : id;
    return 0;
}

int read_software(struct reader *reader, struct read_item *item, struct err *err)
{
    const char *id;
    if (listed_id(reader, LIST_SOFTWARE, "Software.", item, &id, err) < 0)
        return -1;
    item->live->presence = PRESENCE_ABSENT;
    if (id == NULL)
        return 0;
    json_auto_t *object = NULL;
    if (vra_get(reader->session, vra_path(reader->arena, VRA_SOFTWARE, id, ""), &object, err) <
        0)
        return -1;
    if (object == NULL)
        return 0;
    present(reader, item, id);
    mark_read(reader->arena, vra_text(object, "description"), item->wanted, item->live);
    software_attrs(object, reader->arena, item->live);
    return 0;
}

/* ---- blueprints ---- */

static bool uses_software(const struct instance *live)
{
    return value_count(instance_get(live, "software")) > 0;
}

/* The service of the blueprint's catalogue item. */
static int read_catalog(struct reader *reader, const char *id, struct instance *live,
                        struct err *err)
{
    const json_t *items = reader_list(reader, LIST_ITEMS, err);
    if (items == NULL)
        return -1;
    const json_t *item = item_of_blueprint(items, reader->session->tenant, id);
    const char *service = vra_text_at(item, "serviceRef.id");
    if (service == NULL)
        return 0;
    const json_t *services = reader_list(reader, LIST_SERVICES, err);
    if (services == NULL)
        return -1;
    const char *name = vra_text(vra_find(services, "id", service), "name");
    if (name == NULL)
        name = vra_text_at(item, "serviceRef.label");
    instance_set(live, "catalog.service",
                 value_string(reader->arena, name == NULL ? service : name));
    return 0;
}

int read_blueprint(struct reader *reader, struct read_item *item, struct err *err)
{
    const char *id;
    if (listed_id(reader, LIST_BLUEPRINTS, "", item, &id, err) < 0)
        return -1;
    item->live->presence = PRESENCE_ABSENT;
    vra_read_sizing(reader, item);
    if (id == NULL)
        return 0;
    json_auto_t *document = NULL;
    if (vra_get(reader->session, vra_path(reader->arena, VRA_DOCUMENTS, id, ""), &document,
                err) < 0)
        return -1;
    if (document == NULL)
        return 0;
    present(reader, item, id);
    mark_read(reader->arena, vra_text(document, "description"), item->wanted, item->live);
    document_attrs(document, NULL, reader->arena, item->live);
    if (uses_software(item->live)) {
        const json_t *software = reader_list(reader, LIST_SOFTWARE, err);
        if (software == NULL)
            return -1;
        document_attrs(document, software, reader->arena, item->live);
    }
    struct err cause = {0};
    if (read_catalog(reader, id, item->live, &cause) < 0) {
        if (cause.code == ERR_CANCELLED) {
            *err = cause;
            return -1;
        }
        instance_set(item->live, "catalog.service",
                     value_unreadable(reader->arena, "%s", cause.message));
    }
    return 0;
}
