/* render_json.c: drift and resources as JSON and as plain text. */
#include "render.h"

#include <time.h>

#include "strbuf.h"
#include "types.h"
#include "value_json.h"

static void add_time(const char *name, int64_t ms, struct strbuf *out)
{
    char text[32] = "";
    time_t seconds = (time_t)(ms / 1000);
    struct tm utc;
    if (gmtime_r(&seconds, &utc) != NULL)
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
    strbuf_addf(out, ",\"%s\":\"%s\"", name, text);
}

static void add_address(const char *address, const char *attr, struct strbuf *out)
{
    strbuf_add(out, "{\"address\":");
    json_text(address, out);
    strbuf_add(out, ",\"attribute\":");
    if (attr == NULL)
        strbuf_add(out, "null");
    else
        json_text(attr, out);
}

static void add_drift_item(const struct drift_item *item, struct strbuf *out)
{
    strbuf_add(out, "{\"address\":");
    json_text(item->address, out);
    if (item->attr == NULL) {
        strbuf_add(out, ",\"gone\":true");
    } else {
        strbuf_add(out, ",\"attribute\":");
        json_text(item->attr->name, out);
        strbuf_add(out, ",\"applied\":");
        value_to_json(item->prior, out);
        strbuf_add(out, ",\"live\":");
        value_to_json(item->live, out);
    }
    strbuf_addf(out, ",\"ignored\":%s", item->ignored ? "true" : "false");
    if (item->news != DRIFT_UNTOLD) {
        strbuf_addf(out, ",\"new\":%s,\"changed\":%s",
                    item->news == DRIFT_NEW ? "true" : "false",
                    item->news == DRIFT_CHANGED ? "true" : "false");
        add_time("since", item->since_ms, out);
    }
    if (item->pos.file != NULL) {
        strbuf_add(out, ",\"file\":");
        json_text(item->pos.file, out);
        strbuf_addf(out, ",\"line\":%u", item->pos.line);
    }
    strbuf_add_char(out, '}');
}

static void add_drift_blind(const struct drift *drift, size_t i, struct strbuf *out)
{
    add_address(drift->blind[i].address, drift->blind[i].attr, out);
    strbuf_add(out, ",\"reason\":");
    json_text(drift->blind[i].reason, out);
    if (drift->blind_seen != NULL) {
        strbuf_addf(out, ",\"new\":%s",
                    drift->blind_seen[i].news == DRIFT_NEW ? "true" : "false");
        add_time("since", drift->blind_seen[i].since_ms, out);
    }
    strbuf_add_char(out, '}');
}

void render_no_drift_json(int64_t at_ms, int code, struct strbuf *out)
{
    strbuf_add(out, "{\"gridform_drift\":1");
    add_time("at", at_ms, out);
    strbuf_addf(out, ",\"exit\":%d,\"report\":false}\n", code);
}

void render_drift_json(const struct drift *drift, const char *site, struct strbuf *out)
{
    strbuf_add(out, "{\"gridform_drift\":1,\"site\":");
    json_text(site == NULL ? "" : site, out);
    if (drift->at_ms != 0) {
        add_time("at", drift->at_ms, out);
        strbuf_addf(out, ",\"exit\":%d", drift->code);
    }
    strbuf_addf(out, ",\"checked\":%zu,\"pending_edits\":%zu,\"drift\":[", drift->n_checked,
                drift->n_pending);
    for (size_t i = 0; i < drift->n; i++) {
        strbuf_add(out, i == 0 ? "\n" : ",\n");
        add_drift_item(&drift->items[i], out);
    }
    strbuf_add(out, "],\"unreadable\":[");
    for (size_t i = 0; i < drift->n_blind; i++) {
        strbuf_add(out, i == 0 ? "\n" : ",\n");
        add_drift_blind(drift, i, out);
    }
    strbuf_add_char(out, ']');
    if (drift->blind_seen != NULL)
        strbuf_add(out, ",\"healed\":[");
    for (size_t i = 0; i < drift->n_healed; i++) {
        strbuf_add(out, i == 0 ? "\n" : ",\n");
        add_address(drift->healed[i].address, drift->healed[i].attr, out);
        add_time("since", drift->healed[i].since_ms, out);
        strbuf_add_char(out, '}');
    }
    strbuf_add(out, drift->blind_seen != NULL ? "]}\n" : "}\n");
}

void render_instance_text(const struct instance *instance, bool facts, struct strbuf *out)
{
    strbuf_addf(out, "%s\n", instance->address);
    for (size_t i = 0; i < instance->schema->n_attrs; i++) {
        const struct attr *attr = &instance->schema->attrs[i];
        if (value_is_absent(instance->attrs[i]) || ((attr->flags & ATTR_FACT) && !facts))
            continue;
        strbuf_addf(out, "  %-28s ", attr->name);
        render_value(attr, instance->attrs[i], out);
        strbuf_add_char(out, '\n');
    }
    const struct value *ids = instance->ids;
    for (size_t i = 0; i < value_count(ids); i++) {
        struct strbuf text;
        strbuf_init(&text, STRBUF_MAX_OUTPUT);
        value_print(ids->map.fields[i].value, &text);
        strbuf_addf(out, "  id %-25s ", ids->map.fields[i].key);
        render_safe(strbuf_str(&text), out);
        strbuf_add_char(out, '\n');
        strbuf_release(&text);
    }
}

void render_instance_json(const struct instance *instance, struct strbuf *out)
{
    strbuf_add(out, "{\"address\":");
    json_text(instance->address, out);
    strbuf_add(out, ",\"attributes\":{");
    bool first = true;
    for (size_t i = 0; i < instance->schema->n_attrs; i++) {
        if (value_is_absent(instance->attrs[i]))
            continue;
        strbuf_add(out, first ? "" : ",");
        json_text(instance->schema->attrs[i].name, out);
        strbuf_add_char(out, ':');
        value_to_json(instance->attrs[i], out);
        first = false;
    }
    strbuf_add(out, "},\"ids\":");
    value_to_json(instance->ids, out);
    static const char *const remembered[] = {"commit", "author"};
    for (size_t i = 0; i < ARRAY_LEN(remembered); i++) {
        const char *text = value_get_text(instance->meta, remembered[i]);
        if (text == NULL)
            continue;
        strbuf_addf(out, ",\"%s\":", remembered[i]);
        json_text(text, out);
    }
    strbuf_add_char(out, '}');
}
