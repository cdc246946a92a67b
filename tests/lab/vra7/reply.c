/* reply.c: building replies and errors (vra7-api.md §2.3, §2.4). */
#include "vra7.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "strbuf.h"

void vra7_reply_release(struct vra7_reply *reply)
{
    json_decref(reply->json);
    free(reply->text);
    free(reply->location);
    memset(reply, 0, sizeof(*reply));
}

char *vra7_reply_body(const struct vra7_reply *reply)
{
    if (reply->json != NULL)
        return json_dumps(reply->json, JSON_COMPACT | JSON_ENCODE_ANY |
                                           (reply->sorted ? JSON_SORT_KEYS : 0));
    return reply->text != NULL ? strdup(reply->text) : NULL;
}

void reply_json(struct vra7_reply *reply, unsigned status, json_t *take_json)
{
    reply->status = status;
    reply->json = take_json;
}

void reply_empty(struct vra7_reply *reply, unsigned status)
{
    reply->status = status;
}

PRINTF_LIKE(3, 0)
static void problem_addv(json_t *errors, int code, const char *format, va_list args)
{
    struct strbuf text;
    strbuf_init(&text, 8192);
    strbuf_addv(&text, format, args);
    json_array_append_new(errors, json_pack("{s:i, s:n, s:s, s:s, s:n}", "code", code, "source",
                                            "message", strbuf_str(&text), "systemMessage",
                                            strbuf_str(&text), "moreInfoUrl"));
    strbuf_release(&text);
}

void problem_add(json_t *errors, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    problem_addv(errors, code, format, args);
    va_end(args);
}

void reply_problems(struct vra7_reply *reply, json_t *take_errors)
{
    reply_json(reply, 400, json_pack("{s:o}", "errors", take_errors));
}

void reply_error(struct vra7_reply *reply, unsigned status, int code, const char *format, ...)
{
    json_t *errors = json_array();
    va_list args;
    va_start(args, format);
    problem_addv(errors, code, format, args);
    va_end(args);
    reply_problems(reply, errors);
    reply->status = status;
}

void reply_created(struct vra7_request *request, struct vra7_reply *reply, const char *id,
                   json_t *take_object)
{
    struct strbuf location;
    strbuf_init(&location, 8192);
    strbuf_addf(&location, "%s/%s", request->message->path, id);
    reply->location = strdup(strbuf_str(&location));
    strbuf_release(&location);
    reply->status = 201;
    if (vra_switch(request->world, "create_body", false))
        reply->json = take_object;
    else
        json_decref(take_object);
}

const char *query_value(const struct vra7_request *request, const char *key)
{
    const struct vra7_message *message = request->message;
    for (size_t i = 0; i < message->n_query; i++) {
        if (strcmp(message->query[i].key, key) == 0)
            return message->query[i].value;
    }
    return NULL;
}

static json_t *view_of(struct vra7_request *request, const json_t *body, vra7_view *view)
{
    return view != NULL ? view(request, body) : json_deep_copy(body);
}

json_t *list_shown(struct vra7_request *request, const struct vra_list *list, vra7_view *view)
{
    json_t *all = json_array();
    for (size_t i = 0; i < list->items.n; i++) {
        const json_t *body = vra_object_shown(request->world, list->items.items[i]);
        if (body != NULL)
            json_array_append_new(all, view_of(request, body, view));
    }
    return all;
}

void reply_object(struct vra7_request *request, struct vra7_reply *reply,
                  const struct vra_list *list, vra7_view *view)
{
    const struct vra_object *object = vra_list_find(list, request->args[0]);
    const json_t *body = object != NULL ? vra_object_shown(request->world, object) : NULL;
    if (body == NULL)
        reply_empty(reply, 404);
    else
        reply_json(reply, 200, view_of(request, body, view));
}
