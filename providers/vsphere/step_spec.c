/* step_spec.c: writing and deleting customization specifications (vsphere-api.md §10). */
#include <string.h>

#include "arena.h"
#include "read.h"
#include "session_version.h"
#include "soap.h"
#include "spec_mark.h"
#include "step_common.h"
#include "types.h"

struct spec_look {
    const struct step_call *call;
    const char *name;
    const struct xml_node *stored; /* NULL: not there */
    struct mark mark;
};

static const char *spec_name(const struct step_call *call)
{
    const char *slash = strchr(call->step->address, '/');
    return slash == NULL ? call->step->address : slash + 1;
}

static bool wants_windows(const struct step_call *call)
{
    const char *os = value_get_text(call->step->args, "os");
    return os != NULL && strcmp(os, "windows") == 0;
}

static int read_stored(struct vc *vc, struct spec_look *look, struct err *err)
{
    struct soap_reply reply;
    CLEANUP(wire_release) struct wire wire;
    const struct ref manager = vc->session->spec_manager;
    look->stored = NULL;
    look->mark = (struct mark){0};
    if (manager.id == NULL)
        return err_set(err, ERR_INVALID, "this server keeps no customization specifications");
    wire_get_spec(&wire, manager, look->name);
    if (session_call(vc, &wire, &reply, err) < 0) {
        if (err->code != ERR_NOT_FOUND)
            return -1;
        err_clear(err);
        return 0;
    }
    look->stored = xml_child(reply.response, "returnval");
    look->mark = spec_mark(xml_text_at(look->stored, "info/description"),
                           look->call->step->address, vc->arena);
    return 0;
}

static bool mark_is_ours(const struct spec_look *look)
{
    return look->mark.own && look->call->lineage != NULL &&
           strcmp(look->mark.lineage, look->call->lineage) == 0;
}

/* Everything declared that can be read is as stored, and the mark is ours. */
static bool is_as_wanted(struct vc *vc, const struct spec_look *look)
{
    if (look->stored == NULL || !mark_is_ours(look) || look->call->live == NULL)
        return false;
    const struct schema *schema = look->call->live->schema;
    struct instance *live =
        instance_new(vc->arena, schema, look->call->step->address, look->name);
    spec_decode(look->stored, live, vc->arena);
    for (size_t i = 0; i < schema->n_attrs; i++) {
        const struct attr *attr = &schema->attrs[i];
        const struct value *want = value_get(look->call->step->args, attr->name);
        if (attr_is_compared(attr) && value_is_known(want) &&
            !attr_equal(attr, want, live->attrs[i]))
            return false;
    }
    return true;
}

static int look_written(struct vc *vc, void *context, bool *ret_reached, struct err *err)
{
    struct spec_look *look = context;
    if (read_stored(vc, look, err) < 0)
        return -1;
    *ret_reached = is_as_wanted(vc, look);
    return 0;
}

/* The state knows it: somebody said that it is to be managed here. */
static bool is_managed(const struct spec_look *look)
{
    const char *name = value_get_text(look->call->ids, "name");
    return name != NULL && strcmp(name, look->name) == 0;
}

/* What is for another system stays what it is. */
static int refuse_system(const struct spec_look *look, struct err *err)
{
    const bool windows = wants_windows(look->call);
    const char *type = xml_text_at(look->stored, "info/type");
    const struct xml_node *identity = xml_path(look->stored, "spec/identity");
    if (type != NULL && strcmp(type, windows ? "Windows" : "Linux") != 0)
        return err_set(err, ERR_CONFLICT,
                       "customization specification %s is one for %s: it is not overwritten",
                       look->name, type);
    if (identity != NULL && identity->type != NULL &&
        !xml_is_type(identity, windows ? "CustomizationSysprep" : "CustomizationLinuxPrep"))
        return err_set(err, ERR_CONFLICT,
                       "customization specification %s is a %s, not one for %s: it is not "
                       "overwritten",
                       look->name, identity->type,
                       windows ? "Windows with settings of its own"
                               : "Linux hosts set up by VMware Tools");
    return 0;
}

/* One for another system, a mark of others, or one that came to be since the plan. */
static int refuse_foreign(const struct spec_look *look, struct err *err)
{
    const struct instance *live = look->call->live;
    if (look->stored == NULL)
        return 0;
    if (refuse_system(look, err) < 0)
        return -1;
    if (look->mark.own && !mark_is_ours(look) && !is_managed(look))
        return err_set(err, ERR_CONFLICT,
                       "customization specification %s belongs to lineage %s", look->name,
                       look->mark.lineage);
    if (live != NULL && live->presence == PRESENCE_ABSENT && !mark_is_ours(look))
        return err_set(err, ERR_CONFLICT,
                       "customization specification %s exists and is not gridform's",
                       look->name);
    return 0;
}

/* Scripts came with 7.0: an older server refuses the whole request with words about elements.
 */
static int check_version(struct vc *vc, const struct step_call *call, struct err *err)
{
    const char *version = soap_version(vc->session->soap);
    if (value_get_text(call->step->args, "script") == NULL || !version_before_7(version))
        return 0;
    return err_set(
        err, ERR_INVALID,
        "this vCenter (API %s) takes no script in a customization specification: that "
        "came with 7.0; run it from a software component, or in the template's guest",
        version);
}

/* ---- secrets ---- */

static int read_secret(struct vc *vc, const struct step_call *call, const char *attr,
                       const char **ret, struct err *err)
{
    const struct session *s = vc->session;
    const struct value *reference = value_get(call->step->args, attr);
    if (!value_is_known(reference))
        return 0;
    if (s->reference == NULL)
        return err_set(err, ERR_INTERNAL, "references cannot be resolved here");
    return s->reference(s->reference_context, reference, ret, err) < 0
               ? err_wrap(err, "%s", attr)
               : 0;
}

static int read_secrets(struct vc *vc, const struct step_call *call, struct wire_spec *spec,
                        struct err *err)
{
    const struct {
        const char *attr, **ret;
    } rows[] = {{"administrator_password", &spec->administrator_password},
                {"join.password", &spec->join_password},
                {"product_key", &spec->product_key}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (read_secret(vc, call, rows[i].attr, rows[i].ret, err) < 0)
            return -1;
    return 0;
}

static bool has_secrets(const struct wire_spec *spec)
{
    return spec->administrator_password != NULL || spec->join_password != NULL ||
           spec->product_key != NULL;
}

/* ---- writing ---- */

static void write_request(struct vc *vc, const struct spec_look *look, struct wire_spec *spec,
                          struct wire *wire)
{
    struct strbuf description;
    strbuf_init(&description, STRBUF_MAX_OUTPUT);
    spec_mark_write(&description, xml_text_at(look->stored, "info/description"),
                    look->call->lineage, look->call->step->address);
    spec->description = strbuf_str(&description);
    spec->stored = look->stored;
    wire_write_spec(wire, vc->session->spec_manager, spec);
    strbuf_release(&description);
}

static void report_id(struct vc *vc, const struct spec_look *look, struct outcome *outcome)
{
    const struct value_field id = {"name", value_string(vc->arena, look->name)};
    outcome->ids = value_map(vc->arena, &id, 1);
}

/* Passwords cannot be looked at: they are written, and only a lost answer is settled by a look.
 * The version tells that a write came through; that it was ours, what else it wrote. */
static int write_secrets(struct vc *vc, struct spec_look *look, struct wire *wire,
                         struct err *err)
{
    struct soap_reply reply;
    struct err ignored;
    const bool was_there = look->stored != NULL;
    const char *before = xml_text_at(look->stored, "info/changeVersion");
    if (session_call(vc, wire, &reply, err) == 0)
        return 0;
    if (err->code != ERR_UNCERTAIN || read_stored(vc, look, &ignored) < 0 ||
        !is_as_wanted(vc, look))
        return -1;
    const char *after = xml_text_at(look->stored, "info/changeVersion");
    if (was_there && (before == NULL || after == NULL || strcmp(before, after) == 0))
        return -1;
    err_clear(err);
    return 0;
}

static int write_look(struct vc *vc, struct spec_look *look, struct wire_spec *spec,
                      enum outcome_kind *ret_kind, struct err *err)
{
    CLEANUP(wire_release) struct wire wire;
    write_request(vc, look, spec, &wire);
    if (has_secrets(spec)) {
        *ret_kind = OUTCOME_DONE;
        return write_secrets(vc, look, &wire, err);
    }
    const struct change_plan plan = {.look = look_written, .context = look, .wire = &wire};
    return change_make(vc, &plan, ret_kind, err);
}

int step_spec_write(struct vc *vc, const struct step_call *call, struct outcome *outcome,
                    struct err *err)
{
    struct spec_look look = {.call = call, .name = spec_name(call)};
    struct wire_spec spec = {
        .name = look.name, .args = call->step->args, .windows = wants_windows(call)};
    if (check_version(vc, call, err) < 0 || read_stored(vc, &look, err) < 0 ||
        refuse_foreign(&look, err) < 0 || read_secrets(vc, call, &spec, err) < 0)
        return -1;
    if (write_look(vc, &look, &spec, &outcome->kind, err) == 0) {
        report_id(vc, &look, outcome);
        return 0;
    }
    return err->code == ERR_CONFLICT
               ? err_wrap(err, "somebody else changed customization specification %s meanwhile",
                          look.name)
               : -1;
}

static int look_deleted(struct vc *vc, void *context, bool *ret_reached, struct err *err)
{
    struct spec_look *look = context;
    if (read_stored(vc, look, err) < 0)
        return -1;
    *ret_reached = look->stored == NULL;
    return 0;
}

/* The state vouches for the object; only a mark of somebody else contradicts it. */
int step_spec_delete(struct vc *vc, const struct step_call *call, struct outcome *outcome,
                     struct err *err)
{
    struct spec_look look = {.call = call, .name = spec_name(call)};
    if (read_stored(vc, &look, err) < 0)
        return -1;
    if (look.mark.lineage != NULL && !mark_is_ours(&look))
        return err_set(err, ERR_CONFLICT,
                       "customization specification %s belongs to %s of lineage %s", look.name,
                       look.mark.address, look.mark.lineage);
    CLEANUP(wire_release) struct wire wire;
    wire_delete_spec(&wire, vc->session->spec_manager, look.name);
    const struct change_plan plan = {.look = look_deleted, .context = &look, .wire = &wire};
    return change_make(vc, &plan, &outcome->kind, err);
}
