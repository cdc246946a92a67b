/* plan_json.c: the JSON form of a plan (format 1), one change a line, and saved plans. */
#include "plan.h"

#include <string.h>

#include "arena.h"
#include "diag.h"
#include "digest.h"
#include "err.h"
#include "map.h"
#include "strbuf.h"
#include "value_json.h"

static void key(struct strbuf *out, const char *name)
{
    strbuf_addf(out, ",\"%s\":", name);
}

static void text_member(struct strbuf *out, const char *name, const char *text)
{
    key(out, name);
    if (text == NULL)
        strbuf_add(out, "null");
    else
        json_text(text, out);
}

static void encode_pos(struct strbuf *out, struct pos pos)
{
    if (pos.file == NULL)
        return;
    key(out, "declared");
    strbuf_add(out, "{\"file\":");
    json_text(pos.file, out);
    strbuf_addf(out, ",\"line\":%u,\"column\":%u}", pos.line, pos.column);
}

static void encode_attr(struct strbuf *out, const struct attr_change *attr)
{
    strbuf_add(out, "{\"name\":");
    json_text(attr->attr->name, out);
    key(out, "from");
    value_to_json(attr->from, out);
    key(out, "to");
    value_to_json(attr->to, out);
    text_member(out, "reason", reason_name(attr->reason));
    if (attr->note != NULL)
        text_member(out, "note", attr->note);
    if (attr->label != NULL)
        text_member(out, "label", attr->label);
    strbuf_add_char(out, '}');
}

static void encode_effects(struct strbuf *out, unsigned effects)
{
    struct strbuf names;
    strbuf_init(&names, 1024);
    effects_print(effects, &names);
    strbuf_add_char(out, '[');
    const char *at = strbuf_str(&names);
    for (bool first = true; *at != '\0'; first = false) {
        size_t len = strcspn(at, ",");
        strbuf_addf(out, "%s\"%.*s\"", first ? "" : ",", (int)len, at);
        at += len;
        at += strspn(at, ", ");
    }
    strbuf_add_char(out, ']');
    strbuf_release(&names);
}

static void encode_step(struct strbuf *out, const struct step *step)
{
    strbuf_addf(out, "{\"id\":%u", step->id);
    text_member(out, "provider", step->provider);
    text_member(out, "op", step->op);
    text_member(out, "title", step->title);
    key(out, "effects");
    encode_effects(out, step->effects);
    if (step->when != NULL) {
        key(out, "when");
        strbuf_add(out, "{\"attr\":");
        if (step->when->attr == NULL)
            strbuf_add(out, "null");
        else
            json_text(step->when->attr, out);
        text_member(out, "equals", step->when->equals);
        strbuf_add_char(out, '}');
    }
    key(out, "args");
    value_to_json(step->args, out);
    strbuf_add_char(out, '}');
}

/* What the plan saw of the resource: apply refuses when it has moved since. */
static void encode_seen(struct strbuf *out, const struct change *change)
{
    struct arena *scratch CLEANUP(arena_freep) = arena_new();
    if (change->live != NULL)
        text_member(out, "live_digest", instance_digest(change->live, scratch));
    if (change->prior != NULL)
        text_member(out, "prior_digest", instance_digest(change->prior, scratch));
}

static void encode_change(struct strbuf *out, const struct plan *plan,
                          const struct change *change)
{
    strbuf_add(out, "{\"address\":");
    json_text(change->address, out);
    text_member(out, "action", action_name(change->action));
    strbuf_addf(out, ",\"wave\":%u", change->wave);
    if (change->pool != NULL)
        text_member(out, "pool", change->pool);
    if (change->canary)
        strbuf_add(out, ",\"canary\":true");
    if (change->note != NULL)
        text_member(out, "note", change->note);
    if (change->desired != NULL)
        encode_pos(out, change->desired->pos);
    key(out, "attributes");
    strbuf_add_char(out, '[');
    for (size_t i = 0; i < change->n_attrs; i++) {
        strbuf_add(out, i == 0 ? "" : ",");
        encode_attr(out, &change->attrs[i]);
    }
    strbuf_add(out, "],\"steps\":[");
    for (size_t i = 0; i < change->n_steps; i++) {
        strbuf_add(out, i == 0 ? "" : ",");
        encode_step(out, &change->steps[i]);
    }
    strbuf_add(out, "],\"after\":[");
    for (size_t i = 0; i < change->n_after; i++) {
        strbuf_add(out, i == 0 ? "" : ",");
        json_text(plan->changes[change->after[i].on].address, out);
    }
    strbuf_add_char(out, ']');
    encode_seen(out, change);
    strbuf_add_char(out, '}');
}

static void encode_texts(struct strbuf *out, const char *name, const char *const *texts,
                         size_t n)
{
    key(out, name);
    strbuf_add_char(out, '[');
    for (size_t i = 0; i < n; i++) {
        strbuf_add(out, i == 0 ? "" : ",");
        json_text(texts[i], out);
    }
    strbuf_add_char(out, ']');
}

static void encode_impact(struct strbuf *out, const struct plan_impact *impact)
{
    strbuf_addf(out,
                "\"impact\":{\"create\":%zu,\"update\":%zu,\"rebuild\":%zu,\"delete\":%zu,"
                "\"release\":%zu,\"adopt\":%zu,\"windows\":%zu,\"host_reboots\":{\"least\":%zu,"
                "\"most\":%zu},\"data_loss\":%zu,\"service_interruptions\":%zu,"
                "\"hosts_out\":%u",
                impact->n_create, impact->n_update, impact->n_rebuild, impact->n_delete,
                impact->n_release, impact->n_adopt, impact->n_windows, impact->n_reboots_least,
                impact->n_reboots_most, impact->n_data_loss, impact->n_service,
                impact->max_out);
    encode_texts(out, "powers_off", impact->power_off, impact->n_power_off);
    encode_texts(out, "moves", impact->move, impact->n_move);
    strbuf_add(out, ",\"slots\":[");
    for (size_t i = 0; i < impact->n_slots; i++) {
        const struct plan_slots *slots = &impact->slots[i];
        strbuf_add(out, i == 0 ? "{\"profile\":" : ",{\"profile\":");
        json_text(slots->profile, out);
        strbuf_addf(out, ",\"now\":%d,\"least\":%d,\"most\":%d,\"after\":%d}", slots->now,
                    slots->least, slots->most, slots->after);
    }
    strbuf_add(out, "]}");
}

static void encode_blind(struct strbuf *out, const struct plan *plan)
{
    strbuf_add(out, "\"unreadable\":[");
    for (size_t i = 0; i < plan->n_blind; i++) {
        strbuf_add(out, i == 0 ? "\n{\"address\":" : ",\n{\"address\":");
        json_text(plan->blind[i].address, out);
        text_member(out, "attribute", plan->blind[i].attr);
        text_member(out, "reason", plan->blind[i].reason);
        strbuf_add_char(out, '}');
    }
    strbuf_add(out, "],\n\"refused\":[");
    for (size_t i = 0; i < plan->n_refusals; i++) {
        const struct plan_refusal *refusal = &plan->refusals[i];
        strbuf_add(out, i == 0 ? "\n{\"address\":" : ",\n{\"address\":");
        json_text(refusal->address, out);
        text_member(out, "code", err_code_name(refusal->code));
        text_member(out, "message", refusal->message);
        text_member(out, "hint", refusal->hint);
        strbuf_add_char(out, '}');
    }
    strbuf_add_char(out, ']');
}

static void encode_waivers(struct strbuf *out, const struct plan *plan)
{
    if (plan->n_waivers == 0)
        return;
    strbuf_add(out, ",\n\"waived\":[");
    for (size_t i = 0; i < plan->n_waivers; i++) {
        const struct plan_waiver *waiver = &plan->waivers[i];
        strbuf_add(out, i == 0 ? "\n{\"rule\":" : ",\n{\"rule\":");
        json_text(waiver->rule, out);
        text_member(out, "address", waiver->address);
        text_member(out, "message", waiver->message);
        text_member(out, "reason", waiver->reason);
        text_member(out, "until", waiver->until);
        strbuf_add_char(out, '}');
    }
    strbuf_add_char(out, ']');
}

/* Of the rules: an error explains why nothing can be applied. */
static void encode_findings(struct strbuf *out, const struct plan *plan)
{
    size_t n = plan->findings == NULL ? 0 : diags_total(plan->findings);
    for (size_t i = 0; i < n; i++) {
        const struct diag *diag = diags_at(plan->findings, i);
        strbuf_add(out, i == 0 ? ",\n\"findings\":[\n{\"severity\":" : ",\n{\"severity\":");
        json_text(diag_severity_name(diag->severity), out);
        text_member(out, "rule", diag->rule);
        text_member(out, "address", diag->address);
        encode_pos(out, diag->pos);
        text_member(out, "message", diag->summary);
        text_member(out, "hint", diag->hint);
        strbuf_add(out, i + 1 == n ? "}]" : "}");
    }
}

void plan_encode(const struct plan *plan, struct strbuf *out)
{
    strbuf_add(out, "{\"gridform_plan\":1");
    text_member(out, "id", plan->id);
    text_member(out, "site", plan->site);
    text_member(out, "commit", plan->commit);
    if (plan->source != NULL) {
        key(out, "source");
        value_to_json(plan->source, out);
    }
    text_member(out, "lineage", plan->lineage);
    strbuf_addf(out, ",\"serial\":%lld", (long long)plan->serial);
    text_member(out, "inputs", plan->digest_inputs);
    size_t n_adopt = 0;
    while (plan->adopt != NULL && plan->adopt[n_adopt] != NULL)
        n_adopt++;
    encode_texts(out, "adopt", plan->adopt, n_adopt);
    strbuf_addf(out, ",\"waves\":%u,\"unchanged\":%zu", plan->n_waves, plan->n_unchanged);
    if (plan->n_left_out > 0)
        strbuf_addf(out, ",\"left_out\":%zu", plan->n_left_out);
    strbuf_add(out, ",\n");
    encode_impact(out, &plan->impact);
    strbuf_add(out, ",\n\"changes\":[");
    for (size_t i = 0; i < plan->n_changes; i++) {
        strbuf_add(out, i == 0 ? "\n" : ",\n");
        encode_change(out, plan, &plan->changes[i]);
    }
    strbuf_add(out, "],\n");
    encode_blind(out, plan);
    encode_waivers(out, plan);
    encode_findings(out, plan);
    strbuf_add(out, "}\n");
}

/* ---- saved plans --------------------------------------------------------------------------
 */

#define PLAN_END "}\n"
#define CHECKSUM ",\"checksum\":\""
#define SAVED_END "\"}\n"

enum { HEX_LEN = 32, TAIL_LEN = sizeof(CHECKSUM) - 1 + HEX_LEN + sizeof(SAVED_END) - 1 };

void plan_add_checksum(struct strbuf *text)
{
    strbuf_truncate(text, strbuf_len(text) - strlen(PLAN_END));
    struct digest digest = digest_bytes(strbuf_str(text), strbuf_len(text));
    strbuf_addf(text, CHECKSUM "%s" SAVED_END, digest.hex);
}

int plan_check_whole(const char *saved, size_t size, struct err *err)
{
    size_t summed = size < TAIL_LEN ? 0 : size - TAIL_LEN;
    const char *hex = saved + summed + strlen(CHECKSUM);
    if (size >= TAIL_LEN && memcmp(saved + summed, CHECKSUM, strlen(CHECKSUM)) == 0 &&
        memcmp(hex + HEX_LEN, SAVED_END, strlen(SAVED_END)) == 0 &&
        memcmp(digest_bytes(saved, summed).hex, hex, HEX_LEN) == 0)
        return 0;
    return err_set(err, ERR_INVALID,
                   "this is no saved plan, or it was altered, cut short or damaged: make a new "
                   "one with gridform plan --out");
}

static void note_moved(struct strbuf *moved, const char *address)
{
    if (strbuf_len(moved) > 0)
        strbuf_add(moved, ", ");
    strbuf_add(moved, address);
}

static bool same_seen(const struct value *saved, const char *member,
                      const struct instance *instance, struct arena *arena)
{
    const char *digest = value_get_text(saved, member);
    if (instance == NULL || digest == NULL)
        return instance == NULL && digest == NULL;
    return strcmp(digest, instance_digest(instance, arena)) == 0;
}

/* The addresses whose resources differ between the saved plan and now. */
static void find_moved(const struct value *changes, const struct plan *now, struct arena *arena,
                       struct strbuf *moved)
{
    struct map saved, current;
    map_init(&saved);
    map_init(&current);
    for (size_t i = 0; i < value_count(changes); i++) {
        const char *address = value_get_text(value_at(changes, i), "address");
        if (address != NULL)
            map_set(&saved, address, (void *)(uintptr_t)(i + 1));
    }
    for (size_t i = 0; i < now->n_changes; i++) {
        const struct change *change = &now->changes[i];
        size_t at = (size_t)(uintptr_t)map_get(&saved, change->address);
        const struct value *then = at == 0 ? NULL : value_at(changes, at - 1);
        map_set(&current, change->address, (void *)change);
        if (then == NULL || !same_seen(then, "live_digest", change->live, arena) ||
            !same_seen(then, "prior_digest", change->prior, arena))
            note_moved(moved, change->address);
    }
    for (size_t i = 0; i < value_count(changes); i++) {
        const char *address = value_get_text(value_at(changes, i), "address");
        if (address != NULL && map_get(&current, address) == NULL)
            note_moved(moved, address);
    }
    map_release(&current);
    map_release(&saved);
}

int plan_check_saved(const char *saved, size_t size, const struct plan *now,
                     struct arena *arena, struct err *err)
{
    const struct value *plan;
    if (value_from_json(saved, size, arena, &plan, err) < 0)
        return err_wrap(err, "this is no saved plan");
    if (value_get_int(plan, "gridform_plan", 0) != 1)
        return err_set(err, ERR_INVALID, "this is no saved plan of format 1");
    const char *id = value_get_text(plan, "id"), *lineage = value_get_text(plan, "lineage");
    const char *inputs = value_get_text(plan, "inputs");
    if (id == NULL || lineage == NULL || inputs == NULL)
        return err_set(err, ERR_INVALID, "the saved plan is damaged");
    if (strcmp(id, now->id) == 0)
        return 0;
    if (strcmp(lineage, now->lineage) != 0)
        return err_set(err, ERR_CONFLICT, "the plan was made for another state (lineage %s)",
                       lineage);
    if (strcmp(inputs, now->digest_inputs) != 0)
        return err_set(err, ERR_CONFLICT,
                       "the files have changed since the plan was made; make a new one");
    const char *commit = value_get_text(plan, "commit");
    if (commit != NULL && now->commit != NULL && strcmp(commit, now->commit) != 0)
        return err_set(err, ERR_CONFLICT,
                       "the plan was made at commit %.60s, and the files are at %s now", commit,
                       now->commit);
    struct strbuf moved;
    strbuf_init(&moved, 700);
    find_moved(value_get(plan, "changes"), now, arena, &moved);
    err_set(err, ERR_CONFLICT, "the plan is stale: %s",
            strbuf_len(&moved) > 0 ? "changed since it was made: " : "the state has moved on");
    if (strbuf_len(&moved) > 0)
        err_set(err, ERR_CONFLICT, "%s%s", err->message, strbuf_str(&moved));
    err_set(err, ERR_CONFLICT, "%s; make a new one", err->message);
    strbuf_release(&moved);
    return -1;
}
