/* read_specs.c: reading customization specifications (vsphere-api.md §10). What they say is
 * taken apart in spec_decode.c. */
#include "read.h"

#include <string.h>

#include "arena.h"
#include "soap.h"
#include "vec.h"

static bool is_listed(const struct xml_node *list, const char *name)
{
    XML_EACH_CHILD(it, list)
    {
        const char *own = xml_text_at(it, "name");
        if (own != NULL && strcmp(own, name) == 0)
            return true;
    }
    return false;
}

static void set_refused(struct instance *live, const char *reason, struct arena *arena)
{
    live->presence = PRESENCE_UNREADABLE;
    live->reason = arena_strdup(arena, reason);
}

/* A specification that cannot be had is unreadable alone, unless nothing can be had at all. */
static int read_one(struct vc *vc, struct instance *live, struct err *err)
{
    struct soap_reply reply;
    CLEANUP(wire_release) struct wire wire;
    wire_get_spec(&wire, vc->session->spec_manager, live->name);
    if (session_call(vc, &wire, &reply, err) < 0) {
        if (reply.fault.type == NULL)
            return -1;
        live->presence = PRESENCE_ABSENT;
        if (err->code != ERR_NOT_FOUND)
            set_refused(live, err->message, vc->arena);
        return 0;
    }
    const struct xml_node *stored = xml_child(reply.response, "returnval");
    const struct value_field id = {"name", value_string(vc->arena, live->name)};
    live->presence = PRESENCE_PRESENT;
    live->ids = value_map(vc->arena, &id, 1);
    spec_decode(stored, live, vc->arena);
    return 0;
}

static int read_manager(struct vc *vc, const struct xml_node **ret_manager, struct err *err)
{
    static const char *const paths[] = {"info", NULL};
    const struct ref ref = vc->session->spec_manager;
    *ret_manager = NULL;
    if (ref.id != NULL && props_read(vc, ref, paths, ret_manager, err) < 0)
        return err_wrap(err, "reading customization specifications");
    return 0;
}

int specs_list(struct vc *vc, const struct value **ret_names, struct err *err)
{
    const struct xml_node *manager;
    VEC(const struct value *) names = {0};
    *ret_names = value_absent();
    if (read_manager(vc, &manager, err) < 0)
        return -1;
    if (manager == NULL || props_refusal(vc, manager, "info") != NULL)
        return 0;
    XML_EACH_CHILD(it, props_get(manager, "info"))
    {
        const char *name = xml_text_at(it, "name");
        if (name != NULL)
            VEC_PUSH(vc->arena, &names, value_string(vc->arena, name));
    }
    *ret_names = value_list(vc->arena, names.items, names.n);
    return 0;
}

int specs_read(struct vc *vc, struct read_item *const *items, size_t n, struct err *err)
{
    const struct xml_node *manager = NULL;
    const char *version = soap_version(vc->session->soap);
    if (n > 0 && read_manager(vc, &manager, err) < 0)
        return -1;
    const char *refusal = manager == NULL ? "this server keeps no customization specifications"
                                          : props_refusal(vc, manager, "info");
    for (size_t i = 0; i < n; i++) {
        struct instance *live = items[i]->live;
        instance_set(live, "api_version", value_string(vc->arena, version));
        if (refusal != NULL)
            set_refused(live, refusal, vc->arena);
        else if (!is_listed(props_get(manager, "info"), live->name))
            live->presence = PRESENCE_ABSENT;
        else if (read_one(vc, live, err) < 0)
            return err_wrap(err, "customization specification %s", live->name);
    }
    return 0;
}
