/* vim25_reading.c: selecting objects by traversal and reading their properties. */
#include "vim25_reading.h"

#include <string.h>

enum { TRAVERSAL_DEPTH_MAX = 64, SELECTION_DEPTH_MAX = 16 };

/* ---- the specification ---------------------------------------------------------------------
 */

static const struct type *parse_type(struct call *call, const xmlNode *node)
{
    char *name = node_text(call->arena, node);
    const struct type *type = schema_type(call->server->schema, name);
    if (type == NULL || !type->managed) {
        call_fault(call, "InvalidType", "The type %s is not known.", name);
        val_text(&call->b, call->fault, "argument", name);
        return NULL;
    }
    return type;
}

static int check_path(struct call *call, const struct type *type, const char *path)
{
    if (schema_path(call->server->schema, type, path, call->b.version))
        return 0;
    call_fault(call, "InvalidProperty", "The property %s of %s is not known.", path,
               type->name);
    val_text(&call->b, call->fault, "name", path);
    return -1;
}

static int parse_set(struct call *call, struct arena *arena, const xmlNode *node,
                     struct read_spec *spec)
{
    struct path_set set = {.type = parse_type(call, node_child(node, "type"))};
    if (set.type == NULL)
        return -1;
    set.all = node_flag(node_child(node, "all"), false);
    for (xmlNode *it = node_child(node, "pathSet"); it != NULL; it = node_next(it)) {
        char *path = node_text(arena, it);
        if (check_path(call, set.type, path) < 0)
            return -1;
        VEC_PUSH(arena, &set.paths, path);
    }
    VEC_PUSH(arena, &spec->sets, set);
    return 0;
}

static struct selection *parse_selection(struct call *call, struct arena *arena,
                                         const xmlNode *node, struct read_spec *spec, int depth)
{
    struct selection *selection = ARENA_NEW(arena, struct selection);
    xmlNode *name = node_child(node, "name"), *path = node_child(node, "path");
    selection->name = name == NULL ? NULL : node_text(arena, name);
    if (path == NULL)
        return selection;
    selection->path = node_text(arena, path);
    selection->type = parse_type(call, node_child(node, "type"));
    if (selection->type == NULL || depth > SELECTION_DEPTH_MAX ||
        check_path(call, selection->type, selection->path) < 0)
        return NULL;
    selection->skip = node_flag(node_child(node, "skip"), false);
    if (selection->name != NULL)
        VEC_PUSH(arena, &spec->named, selection);
    for (xmlNode *it = node_child(node, "selectSet"); it != NULL; it = node_next(it)) {
        struct selection *next = parse_selection(call, arena, it, spec, depth + 1);
        if (next == NULL)
            return NULL;
        VEC_PUSH(arena, &selection->select, next);
    }
    return selection;
}

static int parse_start(struct call *call, struct arena *arena, const xmlNode *node,
                       struct read_spec *spec)
{
    xmlNode *obj = node_child(node, "obj");
    struct start start = {.type = node_attribute(arena, obj, "type"),
                          .id = node_text(arena, obj),
                          .skip = node_flag(node_child(node, "skip"), false)};
    for (xmlNode *it = node_child(node, "selectSet"); it != NULL; it = node_next(it)) {
        struct selection *next = parse_selection(call, arena, it, spec, 0);
        if (next == NULL)
            return call->fault != NULL
                       ? -1
                       : call_fault(call, "InvalidArgument", "Selections nested too deep.");
        VEC_PUSH(arena, &start.select, next);
    }
    VEC_PUSH(arena, &spec->starts, start);
    return 0;
}

int read_spec_parse(struct call *call, struct arena *arena, const xmlNode *node,
                    struct read_spec *ret)
{
    for (xmlNode *it = node_child(node, "propSet"); it != NULL; it = node_next(it))
        if (parse_set(call, arena, it, ret) < 0)
            return -1;
    for (xmlNode *it = node_child(node, "objectSet"); it != NULL; it = node_next(it))
        if (parse_start(call, arena, it, ret) < 0)
            return -1;
    ret->report_missing = node_flag(node_child(node, "reportMissingObjectsInResults"), false);
    return 0;
}

/* ---- reading one object
 * ------------------------------------------------------------------------ */

struct walk {
    struct call *call;
    const struct read_spec *spec;
    struct arena *arena;
    struct readings *out;
    struct map seen;    /* ids of objects that were read */
    struct map visited; /* id and selection: where the walk has been */
};

static const char *written(struct walk *walk, const struct val *value, const char *name,
                           const char *declared)
{
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    val_write(value, name, declared, &text);
    const char *copy = arena_memdup(walk->arena, strbuf_str(&text), strbuf_len(&text));
    strbuf_release(&text);
    return copy;
}

static void add_missing(struct walk *walk, struct reading *reading, const char *path,
                        const char *fault_type, const char *message)
{
    struct builder *b = &walk->call->b;
    struct val *fault = fault_value(b, fault_type, NULL, message);
    val_ref(b, fault, "object", reading->type, reading->id);
    val_text(b, fault, "privilegeId",
             strcmp(fault_type, "NoPermission") == 0 ? "System.Read" : "System.View");
    struct val *localized = val_object(b, "LocalizedMethodFault");
    val_set(b, localized, "fault", fault);
    val_text(b, localized, "localizedMessage", message);
    struct read_value value = {.path = arena_strdup(walk->arena, path),
                               .xml = written(walk, localized, "fault", "LocalizedMethodFault"),
                               .missing = true};
    VEC_PUSH(walk->arena, &reading->values, value);
}

/* What may be read without a session, and without a role. */
static bool open_property(const struct object *object, const char *path)
{
    return (type_is(object->type, "ServiceInstance") && strncmp(path, "content", 7) == 0) ||
           (type_is(object->type, "SessionManager") &&
            (strncmp(path, "currentSession", 14) == 0 || strcmp(path, "defaultLocale") == 0));
}

static void read_path(struct walk *walk, struct object *object, struct reading *reading,
                      const char *path)
{
    struct session *session = walk->call->session;
    VEC_EACH (struct read_value, it, reading->values)
        if (strcmp(it->path, path) == 0)
            return;
    if (session == NULL && !open_property(object, path)) {
        add_missing(walk, reading, path, "NotAuthenticated",
                    "The session is not authenticated.");
        return;
    }
    if (session != NULL && session->no_role &&
        type_is(object->type, "ExtensibleManagedObject")) {
        add_missing(walk, reading, path, "NoPermission",
                    "Permission to perform this operation was denied.");
        return;
    }
    struct val *value = object_read(walk->call, object, path);
    if (value == NULL)
        return;
    struct read_value read = {.path = arena_strdup(walk->arena, path),
                              .xml = written(walk, value, "val", "anyType")};
    VEC_PUSH(walk->arena, &reading->values, read);
}

static void read_set(struct walk *walk, struct object *object, struct reading *reading,
                     const struct path_set *set)
{
    for (size_t i = 0; set->all && i < object->type->n_fields; i++)
        if (object->type->fields[i].since <= walk->call->b.version)
            read_path(walk, object, reading, object->type->fields[i].name);
    VEC_EACH (char *, it, set->paths)
        read_path(walk, object, reading, *it);
}

static void read_object(struct walk *walk, struct object *object)
{
    struct reading *reading = NULL;
    if (map_get(&walk->seen, object->id) != NULL)
        return;
    VEC_EACH (struct path_set, set, walk->spec->sets) {
        if (!type_is(object->type, set->type->name))
            continue;
        if (reading == NULL) {
            reading = ARENA_NEW(walk->arena, struct reading);
            reading->type = object->type->name;
            reading->id = arena_strdup(walk->arena, object->id);
        }
        read_set(walk, object, reading, set);
    }
    if (reading == NULL)
        return;
    map_set(&walk->seen, reading->id, reading);
    VEC_PUSH(walk->arena, &walk->out->items, reading);
}

/* ---- traversal
 * --------------------------------------------------------------------------------- */

static const struct selection *resolve(const struct read_spec *spec,
                                       const struct selection *selection)
{
    if (selection->path != NULL || selection->name == NULL)
        return selection;
    VEC_EACH (struct selection *, it, spec->named)
        if (strcmp((*it)->name, selection->name) == 0)
            return *it;
    return NULL;
}

static void follow(struct walk *walk, struct object *object, const struct selection *selection,
                   int depth);

static void visit(struct walk *walk, const struct val *reference,
                  const struct selection *selection, int depth)
{
    char *mark =
        arena_printf(walk->call->arena, "%s %p", reference->text, (const void *)selection);
    if (map_get(&walk->visited, mark) != NULL)
        return;
    map_set(&walk->visited, mark, mark);
    struct object *object = object_find(walk->call, NULL, reference->text);
    if (object == NULL)
        return;
    if (!selection->skip)
        read_object(walk, object);
    VEC_EACH (struct selection *, it, selection->select)
        follow(walk, object, *it, depth + 1);
}

static void follow(struct walk *walk, struct object *object, const struct selection *selection,
                   int depth)
{
    selection = resolve(walk->spec, selection);
    if (selection == NULL || depth > TRAVERSAL_DEPTH_MAX ||
        !type_is(object->type, selection->type->name))
        return;
    struct val *value = object_read(walk->call, object, selection->path);
    if (value == NULL || !value->reference)
        return;
    if (!value->list)
        visit(walk, value, selection, depth);
    VEC_EACH (struct val *, it, value->items)
        visit(walk, *it, selection, depth);
}

/* Without a session nothing can be followed: the start itself tells why. */
static void refuse_start(struct walk *walk, const struct start *start)
{
    struct reading *reading = ARENA_NEW(walk->arena, struct reading);
    reading->type = start->type;
    reading->id = start->id;
    const char *path = start->select.n > 0 && start->select.items[0]->path != NULL
                           ? start->select.items[0]->path
                           : "name";
    add_missing(walk, reading, path, "NotAuthenticated", "The session is not authenticated.");
    VEC_PUSH(walk->arena, &walk->out->items, reading);
}

void read_spec_run(struct call *call, const struct read_spec *spec, struct arena *arena,
                   struct readings *ret)
{
    struct walk walk = {.call = call, .spec = spec, .arena = arena, .out = ret};
    map_init(&walk.seen);
    map_init(&walk.visited);
    VEC_EACH (struct start, it, spec->starts) {
        struct object *object = object_find(call, NULL, it->id);
        if (call->session == NULL && (object == NULL || it->skip)) {
            refuse_start(&walk, it);
            continue;
        }
        if (object == NULL) {
            VEC_PUSH(arena, &ret->missing, it);
            continue;
        }
        if (!it->skip)
            read_object(&walk, object);
        VEC_EACH (struct selection *, selection, it->select)
            if (call->session != NULL)
                follow(&walk, object, *selection, 0);
    }
    map_release(&walk.seen);
    map_release(&walk.visited);
}
