/* journal.c: see journal.h. */
#include "journal.h"

#include <stdio.h>
#include <string.h>

#include "address.h"
#include "arena.h"
#include "digest.h"
#include "names.h"
#include "state_json.h"
#include "strbuf.h"
#include "value.h"
#include "value_json.h"
#include "value_pool.h"

#define CHECKSUM ",\"checksum\":\""
#define END "\"}\n"

enum { HEX_LEN = 32, TAIL_LEN = sizeof(CHECKSUM) - 1 + HEX_LEN + sizeof(END) - 1 };

static const char *const kind_names[RECORD_KIND_COUNT] = {
    [RECORD_INTENT] = "intent",
    [RECORD_RESULT] = "result",
    [RECORD_RESOURCE] = "resource",
    [RECORD_PLAN] = "plan",
};

/* ---- writing --------------------------------------------------------------------------- */

/* Close the line that began at start. */
static void seal(size_t start, struct strbuf *out)
{
    struct digest digest = digest_bytes(strbuf_str(out) + start, strbuf_len(out) - start);
    strbuf_addf(out, CHECKSUM "%s" END, digest.hex);
}

void journal_encode_head(const char *lineage, int64_t serial, struct strbuf *out)
{
    size_t start = strbuf_len(out);
    strbuf_add_char(out, '{');
    json_member_int("gridform_journal", JOURNAL_FORMAT, out);
    json_member_text("lineage", lineage, out);
    json_member_int("serial", serial, out);
    seal(start, out);
}

static int check_record(const struct record *record, struct err *err)
{
    const struct intent *intent = &record->intent;
    switch (record->kind) {
    case RECORD_INTENT:
    case RECORD_RESULT:
        if (intent->address == NULL || intent->op == NULL || intent->plan == NULL ||
            (record->kind == RECORD_RESULT && record->outcome == NULL))
            return err_set(err, ERR_INVALID, "a step without its address, op, plan or outcome");
        if (!value_is_absent(record->ids) && record->ids->type != VALUE_MAP)
            return err_set(err, ERR_INVALID, "%s: ids are no object", intent->address);
        return 0;
    case RECORD_RESOURCE:
        if (record->address == NULL || strchr(record->address, '/') == NULL)
            return err_set(err, ERR_INVALID, "a resource without its address");
        if (record->resource == NULL)
            return 0;
        if (strcmp(record->resource->address, record->address) != 0)
            return err_set(err, ERR_INVALID, "%s: recorded for %s", record->resource->address,
                           record->address);
        return state_check_resource(record->resource, err);
    case RECORD_PLAN:
        if (record->plan == NULL)
            return err_set(err, ERR_INVALID, "a run without its plan's id");
        return 0;
    case RECORD_KIND_COUNT:
        break;
    }
    return err_set(err, ERR_INVALID, "a record of unknown kind");
}

static void encode_members(const struct record *record, struct strbuf *out)
{
    json_member_text("kind", kind_names[record->kind], out);
    switch (record->kind) {
    case RECORD_RESULT:
        json_member_text("outcome", record->outcome, out);
        json_member("ids", record->ids, out);
        intent_encode(&record->intent, out);
        break;
    case RECORD_INTENT:
        intent_encode(&record->intent, out);
        break;
    case RECORD_RESOURCE:
        json_member_text("address", record->address, out);
        if (record->resource == NULL)
            break;
        strbuf_add(out, ",\"resource\":");
        resource_encode(record->resource, NULL, NULL, out);
        break;
    case RECORD_PLAN:
        json_member_text("plan", record->plan, out);
        json_member_text("commit", record->commit, out);
        if (record->source != NULL)
            json_member("source", record->source, out);
        break;
    case RECORD_KIND_COUNT:
        break;
    }
}

int journal_encode(uint64_t n, const struct record *record, struct strbuf *out, struct err *err)
{
    if (check_record(record, err) < 0)
        return -1;
    size_t start = strbuf_len(out);
    strbuf_addf(out, "{\"n\":%llu", (unsigned long long)n);
    encode_members(record, out);
    seal(start, out);

    struct arena *scratch CLEANUP(arena_freep) = arena_new();
    const struct value *again;
    if (strbuf_overflowed(out) ||
        value_from_json(strbuf_str(out) + start, strbuf_len(out) - start, scratch, &again,
                        err) < 0) {
        strbuf_truncate(out, start);
        return err_set(err, ERR_INVALID, "%s: too large or too deep to be recorded",
                       record->address != NULL ? record->address : "a step");
    }
    return 0;
}

/* ---- reading --------------------------------------------------------------------------- */

/* size includes the newline. */
static bool is_sealed(const char *line, size_t size)
{
    if (size <= TAIL_LEN)
        return false;
    size_t summed = size - TAIL_LEN;
    const char *hex = line + summed + strlen(CHECKSUM);
    return memcmp(line + summed, CHECKSUM, strlen(CHECKSUM)) == 0 &&
           memcmp(hex + HEX_LEN, END, strlen(END)) == 0 &&
           memcmp(digest_bytes(line, summed).hex, hex, HEX_LEN) == 0;
}

static int scan_head(const char *line, size_t size, struct journal *journal, struct err *err)
{
    struct arena *scratch CLEANUP(arena_freep) = arena_new();
    const struct value *head;
    if (!is_sealed(line, size) || value_from_json(line, size, scratch, &head, NULL) < 0)
        return err_set(err, ERR_INVALID, "line 1: damaged, or this is no gridform journal");
    const char *lineage = value_get_text(head, "lineage");
    int64_t format = value_get_int(head, "gridform_journal", 0);
    journal->serial = value_get_int(head, "serial", -1);
    if (format < 1 || lineage == NULL || strlen(lineage) != HEX_LEN || journal->serial < 0)
        return err_set(err, ERR_INVALID, "line 1: this is no gridform journal");
    if (format != JOURNAL_FORMAT)
        return err_set(err, ERR_INVALID,
                       "format %lld was written by a newer gridform: finish with that one",
                       (long long)format);
    memcpy(journal->lineage, lineage, HEX_LEN + 1);
    return 0;
}

static int scan_record(const char *line, size_t size, uint64_t n, struct err *err)
{
    char prefix[40];
    snprintf(prefix, sizeof(prefix), "{\"n\":%llu,", (unsigned long long)n);
    if (!is_sealed(line, size))
        return err_set(err, ERR_INVALID, "line %llu: the checksum does not match",
                       (unsigned long long)n + 1);
    if (size < strlen(prefix) || memcmp(line, prefix, strlen(prefix)) != 0)
        return err_set(err, ERR_INVALID, "line %llu: records are missing or repeated here",
                       (unsigned long long)n + 1);
    return 0;
}

/* A last line is cut when its writer dies. One that only lacks the right end was altered. */
static int check_torn(const char *text, size_t size, uint64_t n, struct err *err)
{
    if (size <= TAIL_LEN)
        return 0;
    struct strbuf whole CLEANUP(strbuf_release);
    strbuf_init(&whole, size);
    strbuf_add_mem(&whole, text, size - 1);
    strbuf_add_char(&whole, '\n');
    if (is_sealed(strbuf_str(&whole), size))
        return err_set(err, ERR_INVALID, "line %llu: its end was altered",
                       (unsigned long long)n + 1);
    return 0;
}

int journal_scan(const char *text, size_t size, struct journal *ret_journal, struct err *err)
{
    struct journal journal = {.text = text};
    for (size_t at = 0; at < size; at = journal.good) {
        const char *newline = memchr(text + at, '\n', size - at);
        if (newline == NULL) {
            if (check_torn(text + at, size - at, at == 0 ? 0 : journal.n + 1, err) < 0)
                return -1;
            break;
        }
        size_t length = (size_t)(newline + 1 - (text + at));
        if (at == 0 ? scan_head(text, length, &journal, err) < 0
                    : scan_record(text + at, length, journal.n + 1, err) < 0)
            return -1;
        journal.n += at == 0 ? 0 : 1;
        journal.good = at + length;
        journal.first = at == 0 ? length : journal.first;
    }
    *ret_journal = journal;
    return 0;
}

enum journal_fit journal_fit(const struct journal *journal, const char *lineage, int64_t serial)
{
    bool same = strcmp(journal->lineage, lineage) == 0;
    if (same && journal->serial == serial)
        return JOURNAL_FITS;
    if (journal->n == 0 || (same && journal->serial == serial - 1))
        return JOURNAL_SPENT;
    return JOURNAL_FOREIGN;
}

static int decode_resource(const struct value *object, struct arena *arena,
                           const struct schema_source *schemas, struct record *record,
                           struct err *err)
{
    const struct value *content = value_get(object, "resource");
    const char *address = value_get_text(object, "address");
    if (address == NULL)
        return err_set(err, ERR_INVALID, "a resource without its address");
    record->address = arena_strdup(arena, address);
    if (value_is_absent(content))
        return 0;
    struct resource resource;
    struct value_pool *pool = value_pool_new(arena);
    int result = resource_decode(content, pool, schemas, &resource, err);
    value_pool_free(pool);
    if (result < 0)
        return -1;
    record->resource = resource.instance;
    return check_record(record, err);
}

/* The record lives in the arena and borrows nothing from the value. */
static int decode_record(const struct value *object, struct arena *arena,
                         const struct schema_source *schemas, struct record *record,
                         struct err *err)
{
    const char *name = value_get_text(object, "kind");
    int kind = name == NULL ? -1 : names_value(kind_names, ARRAY_LEN(kind_names), name);
    if (kind < 0)
        return err_set(err, ERR_INVALID,
                       "a record of unknown kind (was it written by a newer gridform?)");
    *record = (struct record){.kind = (enum record_kind)kind};
    if (record->kind == RECORD_RESOURCE)
        return decode_resource(object, arena, schemas, record, err);
    object = value_copy(arena, object);
    record->outcome = value_get_text(object, "outcome");
    record->plan = value_get_text(object, "plan");
    record->commit = value_get_text(object, "commit");
    const struct value *source = value_get(object, "source");
    record->source = source->type == VALUE_MAP ? source : NULL;
    record->ids = value_get(object, "ids");
    if (record->kind != RECORD_PLAN && intent_decode(object, &record->intent, err) < 0)
        return -1;
    return check_record(record, err);
}

static int replay(const struct value *object, struct state *state, struct arena *arena,
                  const struct schema_source *schemas, struct err *err)
{
    struct record record;
    if (decode_record(object, arena, schemas, &record, err) < 0)
        return -1;
    return state_apply(state, arena, schemas, &record, err);
}

int journal_replay(const struct journal *journal, struct state *state, struct arena *arena,
                   const struct schema_source *schemas, struct err *err)
{
    const char *at = journal->text + journal->first, *end = journal->text + journal->good;
    for (uint64_t n = 1; n <= journal->n; n++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        struct arena *scratch CLEANUP(arena_freep) = arena_new();
        const struct value *object;
        if (value_from_json(at, (size_t)(newline - at), scratch, &object, err) < 0 ||
            replay(object, state, arena, schemas, err) < 0)
            return err_wrap(err, "line %llu", (unsigned long long)n + 1);
        at = newline + 1;
    }
    return 0;
}

/* ---- what a record does ---------------------------------------------------------------- */

static int apply_ids(struct state *state, struct arena *arena,
                     const struct schema_source *schemas, const struct record *record,
                     struct err *err)
{
    const char *address = record->intent.address;
    if (value_count(record->ids) == 0)
        return 0;
    const struct instance *known = instances_find(&state->resources, address);
    struct instance *instance;
    if (known != NULL) {
        instance = ARENA_NEW(arena, struct instance);
        *instance = *known;
    } else {
        const struct schema *schema;
        if (resource_schema(address, schemas, &schema, err) < 0)
            return -1;
        instance = instance_new(arena, schema, address, address_name(address));
        instance->presence = PRESENCE_PRESENT;
        instance->meta =
            value_map(arena, &(struct value_field){STATE_META_UNFINISHED, value_bool(true)}, 1);
    }
    instance->ids = value_merge(arena, instance->ids, record->ids);
    if (state_check_resource(instance, err) < 0)
        return -1;
    state_put(state, arena, address, instance);
    return 0;
}

int state_apply(struct state *state, struct arena *arena, const struct schema_source *schemas,
                const struct record *record, struct err *err)
{
    switch (record->kind) {
    case RECORD_INTENT:
        state_add_intent(state, arena, &record->intent);
        return 0;
    case RECORD_RESULT:
        if (strcmp(record->outcome, "uncertain") != 0)
            state_end_intent(state, &record->intent);
        return apply_ids(state, arena, schemas, record, err);
    case RECORD_RESOURCE:
        state_put(state, arena, record->address, record->resource);
        return 0;
    case RECORD_PLAN:
        state_add_plan(state, arena, record->plan);
        state->commit = record->commit;
        state->source = record->source;
        return 0;
    case RECORD_KIND_COUNT:
        break;
    }
    return err_set(err, ERR_INTERNAL, "a record of unknown kind");
}
