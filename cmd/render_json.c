/* render_json.c: drift and resources as JSON and as plain text. */
#include "render.h"

#include "strbuf.h"
#include "types.h"
#include "value_json.h"

void render_drift_json(const struct drift *drift, const char *site, struct strbuf *out)
{
    strbuf_add(out, "{\"gridform_drift\":1,\"site\":");
    json_text(site == NULL ? "" : site, out);
    strbuf_addf(out, ",\"checked\":%zu,\"drift\":[", drift->n_checked);
    for (size_t i = 0; i < drift->n; i++) {
        const struct drift_item *item = &drift->items[i];
        strbuf_add(out, i == 0 ? "\n{\"address\":" : ",\n{\"address\":");
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
        strbuf_addf(out, ",\"ignored\":%s}", item->ignored ? "true" : "false");
    }
    strbuf_add(out, "],\"unreadable\":[");
    for (size_t i = 0; i < drift->n_blind; i++) {
        strbuf_add(out, i == 0 ? "\n{\"address\":" : ",\n{\"address\":");
        json_text(drift->blind[i].address, out);
        strbuf_add(out, ",\"attribute\":");
        if (drift->blind[i].attr == NULL)
            strbuf_add(out, "null");
        else
            json_text(drift->blind[i].attr, out);
        strbuf_add(out, ",\"reason\":");
        json_text(drift->blind[i].reason, out);
        strbuf_add_char(out, '}');
    }
    strbuf_add(out, "]}\n");
}

void render_instance_text(const struct instance *instance, bool facts, struct strbuf *out)
{
    strbuf_addf(out, "%s\n", instance->address);
    for (size_t i = 0; i < instance->schema->n_attrs; i++) {
        const struct attr *attr = &instance->schema->attrs[i];
        if (value_is_absent(instance->attrs[i]) || ((attr->flags & ATTR_FACT) && !facts))
            continue;
        struct strbuf text;
        strbuf_init(&text, 4000);
        attr_print(attr, instance->attrs[i], &text);
        strbuf_addf(out, "  %-28s ", attr->name);
        render_safe(strbuf_str(&text), out);
        strbuf_add_char(out, '\n');
        strbuf_release(&text);
    }
    const struct value *ids = instance->ids;
    for (size_t i = 0; i < value_count(ids); i++) {
        strbuf_addf(out, "  id %-25s ", ids->map.fields[i].key);
        value_print(ids->map.fields[i].value, out);
        strbuf_add_char(out, '\n');
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
