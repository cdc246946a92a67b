/* vra7.h: inside of the vRealize Automation 7 provider.
 *
 *   vra7.c       the provider's table, its configuration, which operation does what
 *   session.c    token, login, logout; every request passes vra_call
 *   calls.c      one request of each sort; vra_edit: the only way an object is overwritten
 *   list.c       whole lists, read until they are consistent
 *   read*.c      the facets of many resources in one pass
 *   document.c, document_read.c, software_json.c, catalog_json.c, mark.c: translations between
 *                attributes and the platform's JSON, pure
 *   step_*.c     the steps
 *
 * Facts: vra7-api.md; its marks [I] and [G] are why many answers are accepted in two forms.
 * JSON values that a function returns through ret_ or as its result are new references.
 */
#ifndef GF_VRA7_H
#define GF_VRA7_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "arena.h"
#include "provider.h"
#include "rest.h"
#include "strbuf.h"
#include "value.h"

extern const struct provider provider_vra;

#define VRA_SOFTWARE "/software-service/api/softwarecomponenttypes"
#define VRA_BLUEPRINTS "/composition-service/api/blueprints"
#define VRA_DOCUMENTS "/composition-service/api/blueprintdocuments"
#define VRA_SERVICES "/catalog-service/api/services"
#define VRA_ITEMS "/catalog-service/api/catalogItems"
#define VRA_ENTITLEMENTS "/catalog-service/api/entitlements"
#define VRA_RESERVATIONS "/reservation-service/api/reservations"
#define VRA_POLICIES "/reservation-service/api/reservations/policies"
#define VRA_PREFIXES "/iaas-proxy-provider/api/machine-prefixes"
#define VRA_SOURCES "/iaas-proxy-provider/api/source-machines/"
#define VRA_PROFILES "/iaas-proxy-provider/api/network/profiles"

#define VRA_MACHINE "Infrastructure.CatalogItem.Machine.Virtual.vSphere"
#define VRA_NETWORK "Infrastructure.Network.Network.Existing"

/* ---- session.c --------------------------------------------------------------------------- */

struct session {
    struct arena *arena; /* of the settings below */
    struct http *http;
    struct rest *rest;
    struct secrets *secrets; /* borrowed; may be NULL */
    const char *tenant, *username, *password;
    int64_t poll_ms, timeout_ms;
    struct op_env env;
    atomic_bool closing;  /* the last request must not fall to the interrupt that it follows */
    pthread_mutex_t lock; /* of all that follows */
    struct strbuf token;
    int64_t renew_at; /* UTC seconds; 0 = when the server says so */
    unsigned login;   /* counts logins: tells whether somebody renewed the token already */
};

int vra_session_open(const struct provider_config *config, const struct op_env *env,
                     struct session **ret_session, struct err *err);
void vra_session_close(struct session *session);

/* rest_call with a token: a 401 logs in once more and repeats the call once (§1); a 403 names
 * the role that is probably missing. */
MUST_CHECK int vra_call(struct session *session, const struct rest_request *request,
                        struct rest_reply *reply, struct err *err);

/* ---- calls.c ----------------------------------------------------------------------------- */

/* GET one object; absence is a result: *ret_object is NULL then. */
MUST_CHECK int vra_get(struct session *session, const char *path, json_t **ret_object,
                       struct err *err);
/* PUT; *ret_status may be NULL. ERR_UNCERTAIN when no answer came. */
MUST_CHECK int vra_put(struct session *session, const char *path, const json_t *body,
                       long *ret_status, struct err *err);
/* POST; the new object's id from the body or the Location header (§2.4), in the arena; NULL
 * when the server told neither. */
MUST_CHECK int vra_post(struct session *session, const char *path, const json_t *body,
                        struct arena *arena, const char **ret_id, struct err *err);
/* DELETE; absence is success. *ret_absent may be NULL. */
MUST_CHECK int vra_delete(struct session *session, const char *path, bool *ret_absent,
                          struct err *err);

/* The path of a member: collection, then the encoded segment, then rest (may be ""). */
const char *vra_path(struct arena *arena, const char *collection, const char *segment,
                     const char *rest);

/* How an object is overwritten. */
struct vra_edit {
    const char *path; /* of the whole object, for GET and PUT */
    const char *what; /* "blueprint Web": for messages */
    /* What the object should be: `read` with our members put over it and everything else
     * kept. Equal JSON means that nothing is to be done. NULL with err. */
    json_t *(*apply)(const json_t *read, void *context, struct err *err);
    /* Look up what only a write needs; apply is asked again afterwards. May be NULL. */
    int (*prepare)(void *context, struct err *err);
    /* After a 409: is what we overwrite still as it was seen? NULL: all of the object must be.
     */
    bool (*same)(const json_t *seen, const json_t *now);
    void *context;
};

/* Change `read` (just fetched) to what apply wants: PUT of the whole object with the version
 * that was read; on a 409 once more, if what would be overwritten is still what was seen
 * (§2.5). A lost answer is looked up. Refuses (ERR_CONFLICT) to write back an object with
 * secured values: the server shows them empty, so that would destroy them (§5.4). */
MUST_CHECK int vra_edit(struct session *session, const struct vra_edit *edit,
                        const json_t *read, bool *ret_changed, struct err *err);

/* Where in an object a secured value stands that was read as empty; false when nowhere. */
bool vra_hidden_secret(const json_t *object, struct strbuf *ret_where);

/* ---- list.c ------------------------------------------------------------------------------ */

/* All elements of a list, without doubles: large pages in a stable order, read again when the
 * count does not agree (§2.1). `path` may have a query already. ERR_BUSY when the list changes
 * all the time, ERR_INVALID when it is longer than we accept. */
MUST_CHECK int vra_list(struct session *session, const char *path, json_t **ret_array,
                        struct err *err);
/* The elements whose `name` is exactly this: filtered by the server and again here (§2.2). */
MUST_CHECK int vra_list_named(struct session *session, const char *path, const char *name,
                              json_t **ret_array, struct err *err);

/* Borrowed; NULL when there is none. */
json_t *vra_find(const json_t *array, const char *key, const char *text);

/* ---- JSON helpers (json.c) ------------------------------------------------------------------
 */

const char *vra_text(const json_t *object, const char *key); /* NULL unless it is text */
/* Text at a path of member names "a.b.c". */
const char *vra_text_at(const json_t *object, const char *path);
json_t *vra_at(const json_t *object, const char *path); /* borrowed, NULL = none */
/* Set unless it is so already; text NULL becomes null. */
void vra_set_text(json_t *object, const char *key, const char *text);
json_t *vra_ref(const char *id, const char *label); /* {"id", "label"} */

/* ---- mark.c -------------------------------------------------------------------------------
 */

/* The description with our mark as its last line: "[gridform LINEAGE ADDRESS]". */
const char *mark_describe(struct arena *arena, const char *description, const char *lineage,
                          const char *address);
/* The description without the mark, NULL when nothing is left; *ret_mark is emptied or set,
 * own when the address is `address`. */
const char *mark_strip(struct arena *arena, const char *text, const char *address,
                       struct mark *ret_mark);
/* Description and mark of an object into a live instance. An empty text is what `wanted` calls
 * it: absent or "". */
void mark_read(struct arena *arena, const char *text, const struct instance *wanted,
               struct instance *live);
/* True when the description carries this lineage's mark for this address. */
bool mark_is_ours(struct arena *arena, const char *text, const char *lineage,
                  const char *address);

/* prefix + name without blanks: the id of a blueprint or software component (§3.1, §4.1).
 * ERR_INVALID when no id can be made of it. */
MUST_CHECK int vra_id(struct arena *arena, const char *prefix, const char *name,
                      const char **ret_id, struct err *err);

/* ---- software_json.c (§3.2) -----------------------------------------------------------------
 */

struct software_spec {
    const char *id, *name, *tenant, *description; /* with the mark */
    const struct value *args;
    const char *bash;    /* how the server spells the script type */
    const json_t *tasks; /* task descriptors of the server, or NULL */
};

json_t *software_merge(const json_t *read, const struct software_spec *spec);
void software_attrs(const json_t *object, struct arena *arena, struct instance *live);

/* ---- document.c, document_read.c (§4.2 - 4.6)
 * ------------------------------------------------- */

struct document_spec {
    const char *id, *name, *description; /* with the mark */
    const struct value *args;
    const char *template_id;     /* guid of the source machine */
    const char *const *software; /* component types, NULL-terminated */
};

/* `read` NULL: a new document. NULL with err when the attributes make none. */
json_t *document_merge(const json_t *read, const struct document_spec *spec, struct err *err);

/* All attributes but catalog.service and the facts. `software`: list of software components,
 * for their names; may be NULL. Several machines make the machine's attributes unreadable. */
void document_attrs(const json_t *document, const json_t *software, struct arena *arena,
                    struct instance *live);

/* Parts that reading and writing share. Borrowed; NULL when there is none. */
const char *document_machine(const json_t *document, size_t *ret_count); /* component id */
json_t *document_component(const json_t *document, const char *id);
json_t *document_nic(const json_t *machine_data);
/* The component that "${_resource~ID}" means, in the arena; NULL when it is no such text. */
const char *document_target(struct arena *arena, const json_t *field);
const json_t *facet_value(const json_t *field); /* fixed, else default, else bare */
const char *facet_text(const json_t *field);    /* also of a reference {id}: the id */
bool facet_int(const json_t *field, int64_t *ret);

struct range {
    int64_t min, max, standard;
};
bool facet_range(const json_t *field, struct range *ret);
bool document_hosted(const json_t *component, const char *machine, struct arena *arena);

/* ---- catalog_json.c (§6)
 * ---------------------------------------------------------------------- */

struct entitlement_spec {
    const char *name, *tenant, *description;
    const struct value *to;       /* "group:NAME", "user:NAME" */
    const char *group_id, *group; /* business group */
    const json_t *services;       /* wanted: objects of the service list */
    const json_t *items;          /* wanted: objects of the catalogue item list */
    const json_t *all_items;      /* the whole list: to tell blueprints from other entries */
};

json_t *service_merge(const json_t *read, const char *name, const char *tenant,
                      const char *description);
json_t *entitlement_merge(const json_t *read, const struct entitlement_spec *spec);
void entitlement_attrs(const json_t *object, const json_t *services, const json_t *items,
                       struct arena *arena, const struct instance *wanted,
                       struct instance *live);
/* Is the catalogue item that of a blueprint, and of which (in its bindingId)? NULL: of none. */
const char *item_blueprint(const json_t *item, const char *tenant);

/* The catalogue item of a blueprint, borrowed, or NULL. */
json_t *item_of_blueprint(const json_t *items, const char *tenant, const char *blueprint);

/* ---- read*.c
 * ------------------------------------------------------------------------------------ */

enum vra_lists {
    LIST_SOFTWARE,
    LIST_BLUEPRINTS,
    LIST_SERVICES,
    LIST_ITEMS,
    LIST_ENTITLEMENTS,
    LIST_RESERVATIONS,
    LIST_POLICIES,
    LIST_COUNT
};

struct reader {
    struct session *session;
    struct arena *arena;
    struct {
        json_t *array; /* NULL: not read, or error */
        struct err error;
    } lists[LIST_COUNT];
    unsigned silent; /* objects in a row of which nobody could be asked */
    struct err silence;
};

/* A list, read at most once; borrowed; NULL with err. */
const json_t *reader_list(struct reader *reader, enum vra_lists list, struct err *err);

typedef int vra_reader(struct reader *reader, struct read_item *item, struct err *err);
vra_reader read_software, read_blueprint, read_service, read_entitlement;

/* The facts machine_quota and reserved_memory of a blueprint: read_sizing.c. */
void vra_read_sizing(struct reader *reader, const struct read_item *item);

/* ---- listing.c: see provider.h --------------------------------------------------------------
 */

int vra_list_all(struct session *session, const struct op_env *env, struct arena *arena,
                 const struct value **ret_keys, struct err *err);
const char *vra_list_key(const struct instance *wanted, struct arena *arena);

/* ---- read.c --------------------------------------------------------------------------------
 */

bool vra_is_gone(const json_t *object); /* kept by vRA, and deleted */
int vra_read_many(struct session *session, const struct op_env *env, struct read_item *items,
                  size_t n, struct arena *arena, struct err *err);

/* The object of a list that a resource means: by the id of the state, else by name when it is
 * unique (also after those that carry `address` in their mark are preferred). NULL: absent.
 * ERR_CONFLICT when several have the name. */
MUST_CHECK int vra_pick(const json_t *array, const char *name, const char *id,
                        const char *address, struct arena *arena, json_t **ret_object,
                        struct err *err);

/* ---- steps
 * ---------------------------------------------------------------------------------------- */

struct vra_step {
    struct session *session;
    const struct op_env *env;
    const struct step_call *call;
    struct arena *arena;
    const char *name; /* of the resource */
    const char *id;   /* known from the state or the plan; or NULL */
    struct outcome *outcome;
};

typedef int vra_operation(struct vra_step *step, struct err *err);
vra_operation step_software_write, step_software_publish, step_software_delete,
    step_blueprint_await, step_blueprint_write, step_blueprint_publish, step_blueprint_delete,
    step_item_assign, step_service_write, step_service_delete, step_entitlement_write,
    step_entitlement_delete;

/* Argument of the step's description, with the mark. */
const char *step_description(const struct vra_step *step);
void step_set_id(struct vra_step *step, const char *id);
/* Say what is waited for and wait one poll interval; ERR_CANCELLED. */
MUST_CHECK int step_wait(struct vra_step *step, const char *what, struct err *err);
/* An object found under a name or an id made of it, that the state did not know, must carry our
 * mark: ERR_CONFLICT otherwise. */
MUST_CHECK int step_check_ours(const struct vra_step *step, const json_t *object,
                               struct err *err);
/* PUT "PUBLISHED" or "DRAFT" (a JSON string, §4.5) to `path`/status. A lost or odd answer is
 * settled by reading `path` again: its member `key`. *ret_http is the status of the refusal. */
MUST_CHECK int step_set_status(struct vra_step *step, const char *path, const char *key,
                               const char *wanted, long *ret_http, struct err *err);
/* Create by POST, then see by vra_edit that it came out as wanted (edit->path is set here).
 * What an uncertain POST left behind is found by its mark; nothing is posted twice. */
MUST_CHECK int step_create(struct vra_step *step, const char *collection, const json_t *body,
                           struct vra_edit *edit, struct err *err);
/* Edit and say so in the outcome. */
MUST_CHECK int step_edit(struct vra_step *step, const struct vra_edit *edit, const json_t *read,
                         struct err *err);
/* The object by the id of the state, else by name from a list; *ret_object NULL: none. What is
 * found by name must be ours. `group`: business group that it must be of, or NULL. */
MUST_CHECK int step_find(struct vra_step *step, const char *collection, const char *group,
                         json_t **ret_object, struct err *err);
/* The service of that name among `services`; our own is preferred. ERR_NOT_FOUND. */
MUST_CHECK int step_service_named(struct vra_step *step, const json_t *services,
                                  const char *name, json_t **ret_service, struct err *err);

#endif
