/* render_terraform.c: a plan in the form of `terraform show -json`, for what reads that.
 *
 * Format version 1.2 as documented by Terraform. How we map onto it, and for whom:
 *
 * - Address: gridform_host.this["esx-01.lab.local"]: type from the kind, one block "this" of
 * each kind, and the resource's own name as the key of for_each. Names with dots, blanks and
 * other scripts are no identifiers, and making some of them up could give one to two resources;
 * as an index the name is whole. tf-summarize cuts addresses at dots outside of brackets,
 * policies select by .type and print .address, GitLab counts actions: all of them read this
 * well.
 * - Actions: new = create, changed = update, destroyed = delete. A rebuilt template is an
 * update: the new version takes over and the old one stays; only when its steps also destroy
 * data is it a replacement, create before delete. Released = forget (it leaves the state and
 * stays as it is); taken over = no-op with "importing". Unchanged resources are there as no-op.
 * - before is the live value, or else the recorded one; after is what the files make of it, and
 *   of a no-op both are that. A value that cannot be read is null before; when the files do not
 *   set it, it is unknown after. Scripts and steps of guests (inputs) are compared with what
 * was recorded. Nothing else is ever "known after apply": references go by name.
 * - References to secrets are marked sensitive; their values are in no plan.
 * - complete is false when something could not be read, errored true when the plan is refused.
 */
#include "render.h"

#include <string.h>

#include "address.h"
#include "arena.h"
#include "json_write.h"
#include "map.h"
#include "strbuf.h"
#include "terraform_values.h"
#include "utf8.h"

#define PROVIDER "gridform.local/gridform/gridform"
/* Readers want the version of a Terraform: the first whose plans have all that stands here. */
#define TERRAFORM_VERSION "1.8.0"

struct document {
    struct json_writer w;
    const struct plan *plan;
    const struct facts *facts; /* or NULL */
    struct map changes;        /* address -> change */
    struct arena *arena;
};

/* One resource: its address in our words, and its sides. */
struct resource {
    const char *address;
    struct tf_sides sides;
};

/* ---- addresses ----------------------------------------------------------------------------
 */

/* A text as HCL would quote it: templates cannot begin in it. */
static void quote(const char *text, struct strbuf *out)
{
    strbuf_add_char(out, '"');
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            strbuf_add_char(out, '\\');
        if ((c == '$' || c == '%') && text[1] == '{')
            strbuf_add_char(out, *text);
        if (c == '\n')
            strbuf_add(out, "\\n");
        else if (c < 0x20 || c == 0x7f)
            strbuf_addf(out, "\\u%04x", c);
        else
            strbuf_add_char(out, *text);
    }
    strbuf_add_char(out, '"');
}

static void write_identity(struct json_writer *w, const char *address)
{
    struct strbuf text;
    size_t kind = strcspn(address, "/");
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    strbuf_addf(&text, "gridform_%.*s.this[", (int)kind, address);
    quote(address_name(address), &text);
    strbuf_add_char(&text, ']');
    json_write_text(w, "address", strbuf_str(&text));
    json_write_text(w, "mode", "managed");
    strbuf_clear(&text);
    strbuf_addf(&text, "gridform_%.*s", (int)kind, address);
    json_write_text(w, "type", strbuf_str(&text));
    json_write_text(w, "name", "this");
    json_write_text(w, "index", address_name(address));
    json_write_text(w, "provider_name", PROVIDER);
    strbuf_release(&text);
}

/* ---- actions ------------------------------------------------------------------------------
 */

struct tf_actions {
    const char *first, *second, *reason;
};

static bool destroys_data(const struct change *change)
{
    for (size_t i = 0; i < change->n_steps; i++)
        if (change->steps[i].effects & EFFECT_DATA_LOSS)
            return true;
    return false;
}

static struct tf_actions actions_of(const struct change *change)
{
    switch (change->action) {
    case ACTION_CREATE:
        return (struct tf_actions){"create", NULL, NULL};
    case ACTION_UPDATE:
        return (struct tf_actions){"update", NULL, NULL};
    case ACTION_REBUILD:
        if (!destroys_data(change))
            return (struct tf_actions){"update", NULL, NULL};
        return (struct tf_actions){"create", "delete", "replace_because_cannot_update"};
    case ACTION_DELETE:
        return (struct tf_actions){"delete", NULL, "delete_because_no_resource_config"};
    case ACTION_RELEASE:
        return (struct tf_actions){"forget", NULL, NULL};
    case ACTION_NONE:
    case ACTION_ADOPT:
    case ACTION_COUNT:
        break;
    }
    return (struct tf_actions){"no-op", NULL, NULL};
}

/* ---- changes ------------------------------------------------------------------------------
 */

static void write_side(struct json_writer *w, const char *name, const struct resource *it,
                       bool exists, bool after)
{
    if (exists)
        tf_write_tree(w, name, &it->sides, after, TF_VALUES);
    else
        json_write_value(w, name, NULL);
}

static void write_sensitive(struct json_writer *w, const char *name, const struct resource *it,
                            bool exists, bool after)
{
    if (exists)
        tf_write_tree(w, name, &it->sides, after, TF_SENSITIVE);
    else
        json_write_bool(w, name, false);
}

static void write_change(struct json_writer *w, const struct resource *it,
                         struct tf_actions actions, bool import)
{
    bool before = actions.second != NULL || strcmp(actions.first, "create") != 0;
    bool gone = actions.second == NULL &&
                (strcmp(actions.first, "delete") == 0 || strcmp(actions.first, "forget") == 0);
    json_write_object(w, "change");
    json_write_array(w, "actions");
    json_write_text(w, NULL, actions.first);
    if (actions.second != NULL)
        json_write_text(w, NULL, actions.second);
    json_write_end(w);
    bool same = strcmp(actions.first, "no-op") == 0;
    write_side(w, "before", it, before, same);
    write_side(w, "after", it, !gone, true);
    if (gone)
        json_write_object(w, "after_unknown"), json_write_end(w);
    else
        tf_write_tree(w, "after_unknown", &it->sides, true, TF_UNKNOWN);
    write_sensitive(w, "before_sensitive", it, before, same);
    write_sensitive(w, "after_sensitive", it, !gone, true);
    if (import) {
        json_write_object(w, "importing");
        json_write_text(w, "id", address_name(it->address));
        json_write_end(w);
    }
    json_write_end(w);
}

static void write_resource_change(struct json_writer *w, const struct resource *it,
                                  struct tf_actions actions, bool import)
{
    json_write_line(w);
    json_write_object(w, NULL);
    write_identity(w, it->address);
    write_change(w, it, actions, import);
    if (actions.reason != NULL)
        json_write_text(w, "action_reason", actions.reason);
    json_write_end(w);
}

static struct resource resource_at(const struct document *d, const char *address)
{
    const struct facts *facts = d->facts;
    const struct change *change = map_get(&d->changes, address);
    if (change != NULL)
        return (struct resource){
            address,
            {.desired = change->desired, .prior = change->prior, .live = change->live}};
    return (struct resource){
        address,
        {.desired = instances_find(facts->desired, address),
         .prior = instances_find(facts->prior, address),
         .live = facts->live == NULL ? NULL : instances_find(facts->live, address)}};
}

static void write_changes(struct document *d)
{
    const struct instances *desired = d->facts == NULL ? NULL : d->facts->desired;
    json_write_array(&d->w, "resource_changes");
    for (size_t i = 0; i < d->plan->n_changes; i++) {
        const struct change *change = &d->plan->changes[i];
        const struct resource it = resource_at(d, change->address);
        write_resource_change(&d->w, &it, actions_of(change), change->action == ACTION_ADOPT);
    }
    for (size_t i = 0; desired != NULL && i < desired->n; i++) {
        const struct instance *one = desired->items[i];
        if (one->schema->abstract || map_get(&d->changes, one->address) != NULL)
            continue;
        const struct resource it = resource_at(d, one->address);
        if (it.sides.prior == NULL) /* refused or left alone: it is not there */
            continue;
        write_resource_change(&d->w, &it, (struct tf_actions){"no-op", NULL, NULL}, false);
    }
    json_write_end(&d->w);
}

/* ---- drift --------------------------------------------------------------------------------
 */

/* Prior against live, one entry for each resource. */
static void write_drift(struct document *d)
{
    json_write_array(&d->w, "resource_drift");
    if (d->facts != NULL && d->facts->live != NULL) {
        const struct drift *drift = drift_find(d->facts);
        const char *last = "";
        for (size_t i = 0; i < drift->n; i++) {
            const struct drift_item *item = &drift->items[i];
            if (item->ignored || strcmp(item->address, last) == 0)
                continue;
            last = item->address;
            bool gone = item->attr == NULL;
            const struct resource it = {
                last,
                {.prior = instances_find(d->facts->prior, last),
                 .desired = gone ? NULL : instances_find(d->facts->live, last),
                 .is_drift = true}};
            const struct tf_actions actions = {gone ? "delete" : "update", NULL, NULL};
            write_resource_change(&d->w, &it, actions, false);
        }
    }
    json_write_end(&d->w);
}

/* ---- values -------------------------------------------------------------------------------
 */

static void write_value(struct json_writer *w, const struct resource *it, bool after)
{
    json_write_line(w);
    json_write_object(w, NULL);
    write_identity(w, it->address);
    json_write_int(w, "schema_version", 1);
    tf_write_tree(w, "values", &it->sides, after, TF_VALUES);
    tf_write_tree(w, "sensitive_values", &it->sides, after, TF_SENSITIVE);
    json_write_end(w);
}

/* Everything that exists: before, as it was read; after, as the plan will leave it. */
static void write_values(struct document *d, const char *name, const struct instances *all,
                         bool after)
{
    json_write_object(&d->w, name);
    json_write_object(&d->w, "root_module");
    json_write_array(&d->w, "resources");
    for (size_t i = 0; all != NULL && i < all->n; i++) {
        const struct resource it = resource_at(d, all->items[i]->address);
        bool exists = after
                          ? it.sides.prior != NULL || map_get(&d->changes, it.address) != NULL
                          : it.sides.live == NULL || it.sides.live->presence != PRESENCE_ABSENT;
        if (!all->items[i]->schema->abstract && exists)
            write_value(&d->w, &it, after);
    }
    json_write_end(&d->w);
    json_write_end(&d->w);
    json_write_end(&d->w);
}

static void write_prior_state(struct document *d)
{
    json_write_object(&d->w, "prior_state");
    json_write_text(&d->w, "format_version", "1.0");
    json_write_text(&d->w, "terraform_version", TERRAFORM_VERSION);
    write_values(d, "values", d->facts == NULL ? NULL : d->facts->prior, false);
    json_write_end(&d->w);
}

/* One block of each kind that the document speaks of. */
static void write_configuration(struct document *d)
{
    struct json_writer *w = &d->w;
    struct map kinds;
    map_init(&kinds);
    for (size_t i = 0; i < d->plan->n_changes; i++)
        map_set(&kinds, d->plan->changes[i].kind->schema.kind, d);
    const struct instances *desired = d->facts == NULL ? NULL : d->facts->desired;
    for (size_t i = 0; desired != NULL && i < desired->n; i++)
        if (!desired->items[i]->schema->abstract)
            map_set(&kinds, desired->items[i]->schema->kind, d);
    json_write_object(w, "configuration");
    json_write_object(w, "provider_config");
    json_write_object(w, "gridform");
    json_write_text(w, "name", "gridform");
    json_write_text(w, "full_name", PROVIDER);
    json_write_end(w);
    json_write_end(w);
    json_write_object(w, "root_module");
    json_write_array(w, "resources");
    const char **names = map_sorted_keys(&kinds, d->arena);
    for (size_t i = 0; i < map_count(&kinds); i++) {
        json_write_object(w, NULL);
        json_write_text(w, "address", arena_printf(d->arena, "gridform_%s.this", names[i]));
        json_write_text(w, "mode", "managed");
        json_write_text(w, "type", arena_printf(d->arena, "gridform_%s", names[i]));
        json_write_text(w, "name", "this");
        json_write_text(w, "provider_config_key", "gridform");
        json_write_int(w, "schema_version", 1);
        json_write_object(w, "for_each_expression");
        json_write_end(w);
        json_write_end(w);
    }
    json_write_end(w);
    json_write_end(w);
    json_write_end(w);
    map_release(&kinds);
}

void render_plan_terraform(const struct plan *plan, const struct facts *facts,
                           struct strbuf *out)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct document d = {.w = {.out = out}, .plan = plan, .facts = facts, .arena = arena};
    map_init(&d.changes);
    for (size_t i = 0; i < plan->n_changes; i++)
        map_set(&d.changes, plan->changes[i].address, (void *)&plan->changes[i]);
    json_write_object(&d.w, NULL);
    json_write_text(&d.w, "format_version", "1.2");
    json_write_text(&d.w, "terraform_version", TERRAFORM_VERSION);
    json_write_object(&d.w, "variables");
    json_write_end(&d.w);
    write_values(&d, "planned_values", facts == NULL ? NULL : facts->desired, true);
    write_drift(&d);
    write_changes(&d);
    json_write_object(&d.w, "output_changes");
    json_write_end(&d.w);
    write_prior_state(&d);
    write_configuration(&d);
    json_write_bool(&d.w, "applyable", !plan_is_empty(plan) && plan->n_refusals == 0);
    json_write_bool(&d.w, "complete", plan->n_blind == 0);
    json_write_bool(&d.w, "errored", plan->n_refusals > 0);
    json_write_end(&d.w);
    strbuf_add_char(out, '\n');
    map_release(&d.changes);
}

void render_plan_gitlab(const struct plan *plan, struct strbuf *out)
{
    static const char *const names[] = {"create", "update", "delete"};
    struct json_writer w = {.out = out};
    json_write_object(&w, NULL);
    for (size_t a = 0; a < ARRAY_LEN(names); a++) {
        int64_t n = 0;
        for (size_t i = 0; i < plan->n_changes; i++) {
            const struct tf_actions actions = actions_of(&plan->changes[i]);
            n += strcmp(actions.first, names[a]) == 0;
            n += actions.second != NULL && strcmp(actions.second, names[a]) == 0;
        }
        json_write_int(&w, names[a], n);
    }
    json_write_end(&w);
    strbuf_add_char(out, '\n');
}
