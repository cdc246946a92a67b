/* json_write.c: see json_write.h. */
#include "json_write.h"

#include <assert.h>

#include "strbuf.h"
#include "value_json.h"

static void begin(struct json_writer *w, const char *name)
{
    if (w->filled[w->depth])
        strbuf_add_char(w->out, ',');
    w->filled[w->depth] = true;
    if (name == NULL)
        return;
    json_text(name, w->out);
    strbuf_add_char(w->out, ':');
}

static void open(struct json_writer *w, const char *name, char opening, char closing)
{
    begin(w, name);
    assert(w->depth < JSON_WRITE_MAX_DEPTH);
    strbuf_add_char(w->out, opening);
    w->depth++;
    w->filled[w->depth] = false;
    w->closing[w->depth] = closing;
}

void json_write_object(struct json_writer *w, const char *name)
{
    open(w, name, '{', '}');
}

void json_write_array(struct json_writer *w, const char *name)
{
    open(w, name, '[', ']');
}

void json_write_end(struct json_writer *w)
{
    assert(w->depth > 0);
    strbuf_add_char(w->out, w->closing[w->depth]);
    w->depth--;
}

void json_write_text(struct json_writer *w, const char *name, const char *text)
{
    begin(w, name);
    if (text == NULL)
        strbuf_add(w->out, "null");
    else
        json_text(text, w->out);
}

void json_write_int(struct json_writer *w, const char *name, int64_t number)
{
    begin(w, name);
    strbuf_addf(w->out, "%lld", (long long)number);
}

void json_write_bool(struct json_writer *w, const char *name, bool boolean)
{
    begin(w, name);
    strbuf_add(w->out, boolean ? "true" : "false");
}

void json_write_value(struct json_writer *w, const char *name, const struct value *value)
{
    begin(w, name);
    value_to_json(value, w->out);
}

void json_write_line(struct json_writer *w)
{
    if (w->filled[w->depth])
        strbuf_add_char(w->out, ',');
    strbuf_add_char(w->out, '\n');
    w->filled[w->depth] = false;
}
