/* vra7.h: inside of the simulated vRealize Automation 7.3: requests, replies, routes.
 *
 * server.c speaks HTTP and hands messages to vra7_handle (handle.c), which finds the route,
 * checks the token, plays the lab's faults and calls the route's handler under the lab's lock.
 * Handlers are pure translations between JSON and the lists of world_vra.h; each fills the
 * reply exactly once. Facts: vra7-api.md, sections named at each file.
 */
#ifndef GF_LAB_VRA7_H
#define GF_LAB_VRA7_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "arena.h"
#include "compiler.h"
#include "lab.h"
#include "world_vra.h"

#define VRA7_MAX_BODY ((size_t)4 << 20)
#define VRA7_MAX_QUERY 16
#define VRA7_MAX_ARGS 3

/* What came over the wire. */
struct vra7_message {
    const char *method, *path; /* path: percent-decoded, without the query */
    const char *authorization; /* the header, or NULL */
    const char *body;
    size_t size;
    struct key_value query[VRA7_MAX_QUERY];
    size_t n_query;
};

/* What goes back. Either `json` or `text` or nothing is the body. */
struct vra7_reply {
    unsigned status;
    json_t *json;
    char *text;
    const char *content_type; /* of text */
    char *location;           /* path of the Location header, or NULL */
    bool sorted;              /* write the members of objects in strcmp order */
    bool drop;                /* close without an answer */
    bool truncate;            /* send half of the body */
    int delay_ms;             /* of real time */
};

void vra7_reply_release(struct vra7_reply *reply);
/* The body as text, allocated (free); NULL when there is none. */
char *vra7_reply_body(const struct vra7_reply *reply);

struct vra7_session {
    char *token, *user;
    int64_t expires; /* simulated ms */
    bool no_role, ended;
};

/* The part of the server that does not know HTTP. Sessions: under the lab's lock. */
struct vra7 {
    struct lab *lab;
    VEC(struct vra7_session) sessions;
};

struct vra7_request {
    struct vra7 *vra7;
    struct world *world;
    struct arena *arena; /* of this request */
    const struct vra7_message *message;
    const char *args[VRA7_MAX_ARGS]; /* what stood at {…} in the path */
    json_t *body;                    /* NULL when empty */
    const char *token;               /* of the caller */
};

/* Answer one message; takes and releases the lab's lock itself. */
void vra7_handle(struct vra7 *vra7, const struct vra7_message *message,
                 struct vra7_reply *reply);

typedef void vra7_handler(struct vra7_request *request, struct vra7_reply *reply);

enum { ROUTE_OPEN = 1, ROUTE_READ = 2 }; /* no token needed; changes nothing */

struct vra7_route {
    const char *method, *pattern;
    vra7_handler *handler;
    unsigned flags;
};

/* One table a service; each ends with an empty row. */
extern const struct vra7_route vra7_identity_routes[], vra7_software_routes[],
    vra7_blueprint_routes[], vra7_content_routes[], vra7_catalog_routes[],
    vra7_entitlement_routes[], vra7_infra_routes[];

/* ---- replies (reply.c) ------------------------------------------------------------------ */

enum { VRA_INVALID = 10101, VRA_SYSTEM = 50505, VRA_LOGIN = 90135 }; /* §2.3 */

void reply_json(struct vra7_reply *reply, unsigned status, json_t *take_json);
void reply_empty(struct vra7_reply *reply, unsigned status);
/* An error body with one element; the text is its systemMessage too. */
void reply_error(struct vra7_reply *reply, unsigned status, int code, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* 400 with all of `take_errors`, an array made with problem_add. */
void reply_problems(struct vra7_reply *reply, json_t *take_errors);
void problem_add(json_t *errors, int code, const char *format, ...) PRINTF_LIKE(3, 4);
/* 201 with Location `collection`/`id`, and with the object when switch create_body says so. */
void reply_created(struct vra7_request *request, struct vra7_reply *reply, const char *id,
                   json_t *take_object);

/* A page of `take_all` after $filter and $orderby (§2.1, §2.2). */
void reply_page(struct vra7_request *request, struct vra7_reply *reply, json_t *take_all);
/* Query parameter, or NULL. */
const char *query_value(const struct vra7_request *request, const char *key);
/* The shown bodies of a list, each through `view` (NULL: a copy). */
typedef json_t *vra7_view(struct vra7_request *request, const json_t *body);
json_t *list_shown(struct vra7_request *request, const struct vra_list *list, vra7_view *view);
/* GET of one object by args[arg]: 200 or 404. */
void reply_object(struct vra7_request *request, struct vra7_reply *reply,
                  const struct vra_list *list, vra7_view *view);

/* ---- objects (object.c) ----------------------------------------------------------------- */

const char *text_member(const json_t *object, const char *key); /* NULL unless text */
/* False with the reply filled unless the body is a JSON object. */
bool body_is_object(struct vra7_request *request, struct vra7_reply *reply);
/* §2.5: false with a 409 when `body` carries an older version than `stored`. */
bool version_is_current(struct vra7_request *request, struct vra7_reply *reply,
                        const json_t *stored);
/* Next version and time of last change; dates under `changed_key`. */
void body_stamp(struct vra7_request *request, json_t *body, int64_t version,
                const char *changed_key);
int64_t body_version(const json_t *body);
bool id_is_valid(const char *id); /* [A-Za-z0-9_-]{1,64} */
void set_text(json_t *object, const char *key, const char *value);
/* Set `key` to a copy of `value` (borrowed) when the object has no such member. */
void set_default(json_t *object, const char *key, json_t *take_value);
/* {"id", "label"} */
json_t *reference(const char *id, const char *label);

/* ---- blueprints ------------------------------------------------------------------------- */

/* document.c: what GET of a document answers: no secrets, the platform's own noise (§11). */
json_t *document_shown(struct vra7_request *request, const json_t *stored);
/* Structural mistakes of a document that no save survives. */
void document_check(struct vra7_request *request, const json_t *document, json_t *errors);
bool document_uses(const json_t *document, const char *component_type);

/* form.c: the full JSON form of §4.4. Both return new objects. */
json_t *form_from_document(struct vra7_request *request, const json_t *stored);
json_t *form_to_document(const json_t *form);

/* publish.c */
void publish_check(struct vra7_request *request, const json_t *document, json_t *errors);
/* Create or refresh the catalogue item of a published blueprint or component. */
void publish_item(struct vra7_request *request, const char *id, const char *name,
                  const char *description, bool requestable);
void unpublish_item(struct vra7_request *request, const char *id);
void delete_item(struct vra7_request *request, const char *id);

/* software.c: the type as GET shows it. */
bool component_has_secret(const struct world *world, const char *type, const char *field);

#endif
