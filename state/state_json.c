/* state_json.c: the state document, line by line. See state.h for its form.
 *
 * The text is never parsed as a whole: the frame (first line, "resources", closing line with
 * the checksum) is matched to the byte, and jansson sees one line at a time.
 */
#include "state_json.h"

#include <string.h>

#include "arena.h"
#include "digest.h"
#include "strbuf.h"
#include "upgrade.h"
#include "value.h"
#include "value_json.h"
#include "value_pool.h"

#define OPENING " \"resources\":[\n"
#define CLOSING "],"
#define CHECKSUM "\"checksum\":\""
#define END "\"}\n"

enum { HEX_LEN = 32, FIRST_RESOURCE_LINE = 3 };

static const char *const head_members[] = {"gridform_state", "lineage", "serial",  "site",
                                           "commit",         "plans",   "intents", "source"};

/* The parts of a document whose shape and checksum are right. */
struct frame {
    const char *head, *body; /* first line without its ",\n"; the lines of the resources */
    size_t head_size, body_size;
};

/* ---- reading: the frame ---------------------------------------------------------------- */

static bool starts_with(const char *text, size_t size, const char *prefix)
{
    return size >= strlen(prefix) && memcmp(text, prefix, strlen(prefix)) == 0;
}

/* First line as a map; `head` lacks its closing brace. */
static int parse_head(const struct frame *frame, struct arena *arena, const struct value **ret,
                      struct err *err)
{
    char *json = arena_memdup(arena, frame->head, frame->head_size + 1);
    json[frame->head_size] = '}';
    if (value_from_json(json, frame->head_size + 1, arena, ret, err) < 0)
        return err_wrap(err, "line 1");
    if ((*ret)->type != VALUE_MAP || value_get_int(*ret, "gridform_state", 0) < 1)
        return err_set(err, ERR_INVALID, "line 1: this is no gridform state");
    return 0;
}

static int upgrade(enum upgrade_part part, int64_t format, struct arena *arena,
                   const struct value **line, struct err *err)
{
    return upgrade_line(state_upgrades, (struct upgrade_job){part, format, STATE_FORMAT}, arena,
                        line, err);
}

static int split_head(const char *text, size_t size, struct frame *ret_frame, struct err *err)
{
    const char *end = memchr(text, '\n', size);
    if (end == NULL || end - text < 2 || end[-1] != ',')
        return err_set(err, ERR_INVALID, "line 1: this is no gridform state");
    ret_frame->head = text;
    ret_frame->head_size = (size_t)(end - text) - 1;
    ret_frame->body = end + 1;
    ret_frame->body_size = size - (size_t)(end + 1 - text);
    return 0;
}

/* A document that does not fit its checksum is most likely edited or damaged, but one of a
 * later format may also have another shape. */
static int refuse_frame(const struct frame *frame, const char *what, struct err *err)
{
    struct arena *scratch CLEANUP(arena_freep) = arena_new();
    const struct value *head;
    if (parse_head(frame, scratch, &head, NULL) == 0) {
        int64_t format = value_get_int(head, "gridform_state", 0);
        if (format > STATE_FORMAT)
            return upgrade(UPGRADE_HEAD, format, scratch, &head, err);
    }
    return err_set(err, ERR_INVALID, "%s: the state was edited by hand, cut short or damaged",
                   what);
}

static int find_frame(const char *text, size_t size, struct frame *ret_frame, struct err *err)
{
    struct frame frame;
    if (split_head(text, size, &frame, err) < 0)
        return -1;
    const size_t tail = strlen(CHECKSUM) + HEX_LEN + strlen(END);
    if (frame.body_size < strlen(OPENING) + strlen(CLOSING) + tail)
        return refuse_frame(&frame, "the last line is missing", err);
    size_t summed = size - tail;
    const char *hex = text + summed + strlen(CHECKSUM);
    if (memcmp(text + summed, CHECKSUM, strlen(CHECKSUM)) != 0 ||
        memcmp(hex + HEX_LEN, END, strlen(END)) != 0 ||
        memcmp(text + summed - strlen(CLOSING), CLOSING, strlen(CLOSING)) != 0)
        return refuse_frame(&frame, "the last line is not as written", err);
    if (memcmp(digest_bytes(text, summed).hex, hex, HEX_LEN) != 0)
        return refuse_frame(&frame, "the checksum does not match", err);
    if (!starts_with(frame.body, frame.body_size, OPENING))
        return refuse_frame(&frame, "line 2", err);
    frame.body += strlen(OPENING);
    frame.body_size -= strlen(OPENING) + strlen(CLOSING) + tail;
    *ret_frame = frame;
    return 0;
}

/* ---- reading: the first line ----------------------------------------------------------- */

static int decode_plans(const struct value *list, struct arena *arena, struct state *state,
                        struct err *err)
{
    size_t n = value_count(list);
    if (n > STATE_PLANS_KEPT)
        return err_set(err, ERR_INVALID, "line 1: more than %d plans", STATE_PLANS_KEPT);
    const char **plans = ARENA_ARRAY(arena, n, const char *);
    for (size_t i = 0; i < n; i++) {
        plans[i] = value_text(value_at(list, i));
        if (plans[i] == NULL)
            return err_set(err, ERR_INVALID, "line 1: a plan id is no text");
    }
    state->plans = plans;
    state->n_plans = n;
    return 0;
}

static int decode_intents(const struct value *list, struct arena *arena, struct state *state,
                          struct err *err)
{
    size_t n = value_count(list);
    struct intent *intents = ARENA_ARRAY(arena, n, struct intent);
    for (size_t i = 0; i < n; i++)
        if (intent_decode(value_at(list, i), &intents[i], err) < 0)
            return err_wrap(err, "line 1: intents");
    state->intents = intents;
    state->n_intents = n;
    state->intents_capacity = n;
    return 0;
}

static bool is_list_or_nothing(const struct value *value)
{
    return value_is_absent(value) || value->type == VALUE_LIST;
}

static int decode_head(const struct frame *frame, struct arena *arena, struct state *state,
                       int64_t *ret_format, struct err *err)
{
    const struct value *head;
    if (parse_head(frame, arena, &head, err) < 0)
        return -1;
    *ret_format = value_get_int(head, "gridform_state", 0);
    if (upgrade(UPGRADE_HEAD, *ret_format, arena, &head, err) < 0)
        return -1;
    state->lineage = value_get_text(head, "lineage");
    state->serial = value_get_int(head, "serial", -1);
    state->site = value_get_text(head, "site");
    state->commit = value_get_text(head, "commit");
    const struct value *source = value_get(head, "source");
    if (value_is_known(source) && source->type != VALUE_MAP)
        return err_set(err, ERR_INVALID, "line 1: source must be a map");
    state->source = value_is_known(source) ? source : NULL;
    const struct value *plans = value_get(head, "plans"), *intents = value_get(head, "intents");
    if (!is_list_or_nothing(plans) || !is_list_or_nothing(intents))
        return err_set(err, ERR_INVALID, "line 1: plans and intents must be lists");
    if (decode_plans(plans, arena, state, err) < 0 ||
        decode_intents(intents, arena, state, err) < 0)
        return -1;
    state->unknown = unknown_members(head, head_members, ARRAY_LEN(head_members), arena);
    if (!value_is_absent(value_get(state->unknown, "resources")) ||
        !value_is_absent(value_get(state->unknown, "checksum")))
        return err_set(err, ERR_INVALID, "line 1: a member is there twice");
    return 0;
}

/* ---- reading: the resources ------------------------------------------------------------ */

size_t json_lines_count(const struct json_lines *lines)
{
    size_t n = 0;
    for (const char *at = lines->at; at < lines->end; at++) {
        at = memchr(at, '\n', (size_t)(lines->end - at));
        if (at == NULL)
            break;
        n++;
    }
    return n;
}

/* Where reading has come to. Each line is parsed into scratch memory of the pool: what stays is
 * a third of what a parsed line takes. */
struct reader {
    struct json_lines lines;
    int64_t format;
    struct value_pool *pool;
    const struct schema_source *schemas;
};

int json_lines_next(struct json_lines *lines, const char **ret_line, size_t *ret_size,
                    struct err *err)
{
    const char *line = lines->at;
    const char *newline = memchr(line, '\n', (size_t)(lines->end - line));
    if (newline == NULL || newline == line)
        return err_set(err, ERR_INVALID, "a resource is cut short");
    bool last = newline + 1 == lines->end;
    if ((newline[-1] == ',') == last)
        return err_set(err, ERR_INVALID, "a comma is missing or too many");
    *ret_line = line;
    *ret_size = (size_t)(newline - line) - (last ? 0 : 1);
    lines->at = newline + 1;
    return 0;
}

static int read_resource(struct reader *reader, struct resource *ret, struct err *err)
{
    const char *line = NULL;
    size_t size = 0;
    const struct value *object;
    struct arena *scratch = value_pool_scratch(reader->pool);
    if (json_lines_next(&reader->lines, &line, &size, err) < 0 ||
        value_from_json(line, size, scratch, &object, err) < 0 ||
        upgrade(UPGRADE_RESOURCE, reader->format, scratch, &object, err) < 0 ||
        resource_decode(object, reader->pool, reader->schemas, ret, err) < 0)
        return -1;
    return state_check_resource(ret->instance, err);
}

static int read_resources(struct reader *reader, struct state *state, struct err *err)
{
    struct instance **items = state->resources.items;
    for (size_t n = 0; reader->lines.at < reader->lines.end; n++) {
        struct resource resource;
        if (read_resource(reader, &resource, err) < 0)
            return err_wrap(err, "line %zu", n + FIRST_RESOURCE_LINE);
        items[n] = resource.instance;
        state->kept[n] = resource.kept;
        state->resources.n = n + 1;
        if (n > 0 && strcmp(items[n - 1]->address, items[n]->address) >= 0)
            return err_set(err, ERR_INVALID,
                           "line %zu: %.200s: recorded twice or not in order of addresses",
                           n + FIRST_RESOURCE_LINE, items[n]->address);
    }
    return 0;
}

int state_decode(const char *text, size_t size, struct arena *arena,
                 const struct schema_source *schemas, struct state **ret_state, struct err *err)
{
    struct frame frame;
    struct state *state = ARENA_NEW(arena, struct state);
    struct reader reader = {.schemas = schemas};
    if (find_frame(text, size, &frame, err) < 0 ||
        decode_head(&frame, arena, state, &reader.format, err) < 0 ||
        state_check(state, err) < 0)
        return -1;
    reader.lines = (struct json_lines){frame.body, frame.body + frame.body_size};
    state->capacity = json_lines_count(&reader.lines);
    state->resources.items = ARENA_ARRAY(arena, state->capacity, struct instance *);
    state->kept = ARENA_ARRAY(arena, state->capacity, struct kept);
    reader.pool = value_pool_new(arena);
    int result = read_resources(&reader, state, err);
    value_pool_free(reader.pool);
    if (result == 0)
        *ret_state = state;
    return result;
}

int state_summarise(const char *text, size_t size, struct arena *arena,
                    struct state_summary *ret_summary, struct err *err)
{
    struct frame frame;
    struct state head = {0};
    int64_t format;
    if (find_frame(text, size, &frame, err) < 0 ||
        decode_head(&frame, arena, &head, &format, err) < 0 || state_check(&head, err) < 0)
        return -1;
    const struct json_lines lines = {frame.body, frame.body + frame.body_size};
    struct state_summary summary = {.serial = head.serial,
                                    .site = head.site,
                                    .commit = head.commit,
                                    .plan =
                                        head.n_plans == 0 ? NULL : head.plans[head.n_plans - 1],
                                    .author = value_get_text(head.source, "author"),
                                    .n_resources = json_lines_count(&lines),
                                    .n_intents = head.n_intents};
    memcpy(summary.lineage, head.lineage, HEX_LEN + 1);
    *ret_summary = summary;
    return 0;
}

int state_peek(const char *text, size_t size, char *ret_lineage, int64_t *ret_serial,
               struct err *err)
{
    struct arena *scratch CLEANUP(arena_freep) = arena_new();
    struct state_summary summary;
    if (state_summarise(text, size, scratch, &summary, err) < 0)
        return -1;
    memcpy(ret_lineage, summary.lineage, HEX_LEN + 1);
    *ret_serial = summary.serial;
    return 0;
}

/* ---- writing --------------------------------------------------------------------------- */

static void encode_intents(const struct state *state, struct strbuf *out)
{
    for (size_t i = 0; i < state->n_intents; i++) {
        strbuf_add(out, i == 0 ? ",\"intents\":[{" : ",{");
        intent_encode(&state->intents[i], out);
        strbuf_add(out, i + 1 == state->n_intents ? "}]" : "}");
    }
}

static void encode_head(const struct state *state, struct strbuf *out)
{
    strbuf_add_char(out, '{');
    json_member_int("gridform_state", STATE_FORMAT, out);
    json_member_text("lineage", state->lineage, out);
    json_member_int("serial", state->serial, out);
    json_member_text("site", state->site, out);
    json_member_text("commit", state->commit, out);
    if (state->source != NULL)
        json_member("source", state->source, out);
    strbuf_add(out, ",\"plans\":[");
    for (size_t i = 0; i < state->n_plans; i++) {
        if (i > 0)
            strbuf_add_char(out, ',');
        json_text(state->plans[i], out);
    }
    strbuf_add_char(out, ']');
    encode_intents(state, out);
    for (size_t i = 0; state->unknown != NULL && i < state->unknown->map.n; i++)
        json_member(state->unknown->map.fields[i].key, state->unknown->map.fields[i].value,
                    out);
    strbuf_add(out, ",\n" OPENING);
}

void state_encode_open(const struct state *state, struct strbuf *out)
{
    struct arena *scratch CLEANUP(arena_freep) = arena_new();
    encode_head(state, out);
    for (size_t i = 0; i < state->resources.n; i++) {
        const struct instance *instance = state->resources.items[i];
        resource_encode(instance, state->kept == NULL ? NULL : &state->kept[i],
                        instance_digest(instance, scratch), out);
        strbuf_add(out, i + 1 < state->resources.n ? ",\n" : "\n");
    }
    strbuf_add(out, CLOSING);
}

void state_encode_close(size_t start, struct strbuf *out)
{
    struct digest digest = digest_bytes(strbuf_str(out) + start, strbuf_len(out) - start);
    strbuf_addf(out, CHECKSUM "%s" END, digest.hex);
}

void state_encode(const struct state *state, struct strbuf *out)
{
    size_t start = strbuf_len(out);
    state_encode_open(state, out);
    state_encode_close(start, out);
}
