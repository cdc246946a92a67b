/* snapshot.c: see snapshot.h.
 *
 * As with the state, the frame is matched to the byte and jansson sees one line at a time.
 */
#include "snapshot.h"

#include <string.h>
#include <time.h>

#include "arena.h"
#include "digest.h"
#include "signature.h"
#include "snapshot_json.h"
#include "state_json.h"
#include "strbuf.h"
#include "value.h"
#include "value_json.h"
#include "value_pool.h"

#define OPENING " \"live\":[\n"
#define STATE "],\"state\":\n"
#define NO_STATE "null\n"
#define SIGNATURE ",\"signature\":\""
#define CHECKSUM ",\"checksum\":\""
#define END "\"}\n"

enum {
    HEX_LEN = 32,
    FIRST_LIVE_LINE = 3,
    TIME_LEN = 20,
    CHECKSUM_SIZE = sizeof(CHECKSUM) - 1 + HEX_LEN + sizeof(END) - 1,
    SIGNATURE_SIZE = sizeof(SIGNATURE) - 1 + SIGNATURE_LEN + 2,
};

/* ---- times ------------------------------------------------------------------------------- */

void snapshot_print_time(int64_t seconds, struct strbuf *out)
{
    char text[64] = "?";
    time_t at = (time_t)seconds;
    struct tm utc;
    if (gmtime_r(&at, &utc) != NULL)
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
    strbuf_add(out, text);
}

int snapshot_parse_time(const char *text, int64_t *ret_seconds)
{
    struct tm utc = {0};
    char again[64];
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    if (end == NULL || *end != '\0' || strlen(text) != TIME_LEN)
        return -1;
    time_t at = timegm(&utc);
    /* No second month of 31 days, and the like. */
    if (gmtime_r(&at, &utc) == NULL ||
        strftime(again, sizeof(again), "%Y-%m-%dT%H:%M:%SZ", &utc) != TIME_LEN ||
        strcmp(again, text) != 0)
        return -1;
    *ret_seconds = (int64_t)at;
    return 0;
}

/* ---- writing ----------------------------------------------------------------------------- */

static void add_time(int64_t seconds, struct strbuf *out)
{
    strbuf_add(out, ",\"taken\":\"");
    snapshot_print_time(seconds, out);
    strbuf_add_char(out, '"');
}

static void encode_head(const struct snapshot *snapshot, struct strbuf *out)
{
    strbuf_add_char(out, '{');
    json_member_int("gridform_snapshot", SNAPSHOT_FORMAT, out);
    json_member_text("site", snapshot->site, out);
    add_time(snapshot->taken, out);
    json_member_text("version", snapshot->version, out);
    json_member_text("commit", snapshot->commit, out);
    json_member_text("schemas", snapshot->schemas, out);
    json_member("servers", snapshot->servers, out);
    if (snapshot->lineage != NULL) {
        json_member_text("lineage", snapshot->lineage, out);
        json_member_int("serial", snapshot->serial, out);
    }
    json_member("listed", snapshot->listed, out);
    strbuf_add(out, ",\"failures\":[");
    for (size_t i = 0; i < snapshot->n_failures; i++) {
        strbuf_add(out, i == 0 ? "{" : ",{");
        json_member_text("provider", snapshot->failures[i].provider, out);
        json_member_text("code", snapshot->failures[i].code, out);
        json_member_text("message", snapshot->failures[i].message, out);
        strbuf_add_char(out, '}');
    }
    strbuf_add(out, "],\n" OPENING);
}

static void encode_live(const struct snapshot *snapshot, struct strbuf *out)
{
    for (size_t i = 0; i < snapshot->live.n; i++) {
        live_encode(snapshot->live.items[i],
                    snapshot->asked == NULL ? NULL : snapshot->asked[i], out);
        strbuf_add(out, i + 1 < snapshot->live.n ? ",\n" : "\n");
    }
    strbuf_add(out, STATE);
}

static void redact(const struct snapshot_pen *pen, struct strbuf *text)
{
    if (pen != NULL && pen->redactor != NULL)
        pen->redactor->take_out(pen->redactor->context, text);
}

/* The state's own checksum is made of what is left when secrets are out. */
static void encode_state(const struct state *state, const struct snapshot_pen *pen,
                         struct strbuf *out)
{
    struct strbuf text;
    strbuf_init(&text, STATE_SIZE_MAX);
    state_encode_open(state, &text);
    redact(pen, &text);
    state_encode_close(0, &text);
    strbuf_add_mem(out, strbuf_str(&text), strbuf_len(&text));
    strbuf_release(&text);
}

static int encode_signature(const struct snapshot_pen *pen, struct strbuf *body,
                            struct err *err)
{
    char signature[SIGNATURE_LEN + 1];
    if (pen == NULL || pen->key_pem == NULL)
        return 0;
    if (signature_make(pen->key_pem, pen->key_size, strbuf_str(body), strbuf_len(body),
                       signature, err) < 0)
        return -1;
    strbuf_addf(body, SIGNATURE "%s\"\n", signature);
    return 0;
}

int snapshot_encode(const struct snapshot *snapshot, const struct state *state,
                    const struct snapshot_pen *pen, struct strbuf *out, struct err *err)
{
    struct strbuf body;
    strbuf_init(&body, STATE_SIZE_MAX);
    encode_head(snapshot, &body);
    encode_live(snapshot, &body);
    redact(pen, &body);
    if (state == NULL)
        strbuf_add(&body, NO_STATE);
    else
        encode_state(state, pen, &body);
    int result = encode_signature(pen, &body, err);
    struct digest digest = digest_bytes(strbuf_str(&body), strbuf_len(&body));
    strbuf_addf(&body, CHECKSUM "%s" END, digest.hex);
    strbuf_add_mem(out, strbuf_str(&body), strbuf_len(&body));
    if (result == 0 && (strbuf_overflowed(&body) || strbuf_overflowed(out)))
        result = err_set(err, ERR_INVALID, "the snapshot would be larger than %d MiB",
                         STATE_SIZE_MAX >> 20);
    strbuf_release(&body);
    return result;
}

/* ---- reading: the frame ------------------------------------------------------------------ */

static int damaged(const char *what, struct err *err)
{
    return err_set(err, ERR_INVALID, "%s: the snapshot was edited, cut short or damaged", what);
}

static bool is_at(const char *text, size_t size, size_t at, const char *wanted)
{
    size_t len = strlen(wanted);
    return at <= size && size - at >= len && memcmp(text + at, wanted, len) == 0;
}

int snapshot_frame(const char *text, size_t size, size_t *ret_signed,
                   const char **ret_signature, struct err *err)
{
    static const char start[] = "{\"gridform_snapshot\":";
    if (!is_at(text, size, 0, start))
        return err_set(err, ERR_INVALID, "this is no gridform snapshot");
    if (size < CHECKSUM_SIZE)
        return damaged("the last line is missing", err);
    size_t summed = size - CHECKSUM_SIZE;
    const char *hex = text + summed + strlen(CHECKSUM);
    if (!is_at(text, size, summed, CHECKSUM) || !is_at(text, size, size - strlen(END), END))
        return damaged("the last line is not as written", err);
    if (memcmp(digest_bytes(text, summed).hex, hex, HEX_LEN) != 0)
        return damaged("the checksum does not match", err);
    *ret_signed = 0;
    *ret_signature = NULL;
    if (summed < SIGNATURE_SIZE || !is_at(text, summed, summed - SIGNATURE_SIZE, SIGNATURE) ||
        !is_at(text, summed, summed - 2, "\"\n") || text[summed - SIGNATURE_SIZE - 1] != '\n')
        return 0;
    *ret_signed = summed - SIGNATURE_SIZE;
    *ret_signature = text + summed - SIGNATURE_SIZE + strlen(SIGNATURE);
    return 0;
}

/* The parts between the head and the signature or checksum. */
struct parts {
    const char *head;
    size_t head_size; /* without ",\n" */
    struct json_lines live;
    const char *state; /* NULL: none */
    size_t state_size;
};

static int find_parts(const char *text, size_t size, struct parts *ret, struct err *err)
{
    const char *end = memchr(text, '\n', size);
    if (end == NULL || end - text < 2 || end[-1] != ',' ||
        !is_at(text, size, (size_t)(end + 1 - text), OPENING))
        return damaged("line 1", err);
    *ret = (struct parts){.head = text, .head_size = (size_t)(end - text) - 1};
    const char *lines = end + 1 + strlen(OPENING);
    /* No line of a resource begins with a bracket. */
    size_t rest = size - (size_t)(lines - 1 - text);
    const char *state = memmem(lines - 1, rest, "\n" STATE, strlen("\n" STATE));
    if (state == NULL)
        return damaged("the state is missing", err);
    ret->live = (struct json_lines){lines, state + 1};
    state += strlen("\n" STATE);
    size_t state_size = size - (size_t)(state - text);
    if (state_size == strlen(NO_STATE) && memcmp(state, NO_STATE, state_size) == 0)
        return 0;
    ret->state = state;
    ret->state_size = state_size;
    return 0;
}

/* ---- reading: the head ------------------------------------------------------------------- */

static int decode_failures(const struct value *list, struct arena *arena,
                           struct snapshot *snapshot, struct err *err)
{
    size_t n = value_count(list);
    struct snapshot_failure *failures = ARENA_ARRAY(arena, n + 1, struct snapshot_failure);
    for (size_t i = 0; i < n; i++) {
        const struct value *it = value_at(list, i);
        failures[i] = (struct snapshot_failure){.provider = value_get_text(it, "provider"),
                                                .code = value_get_text(it, "code"),
                                                .message = value_get_text(it, "message")};
        if (failures[i].provider == NULL || failures[i].code == NULL ||
            failures[i].message == NULL)
            return err_set(err, ERR_INVALID,
                           "line 1: a failure without provider, code or message");
    }
    snapshot->failures = failures;
    snapshot->n_failures = n;
    return 0;
}

static int decode_head(const struct parts *parts, struct arena *arena,
                       struct snapshot *snapshot, struct err *err)
{
    const struct value *head;
    char *json = arena_memdup(arena, parts->head, parts->head_size + 1);
    json[parts->head_size] = '}';
    if (value_from_json(json, parts->head_size + 1, arena, &head, err) < 0)
        return err_wrap(err, "line 1");
    int64_t format = value_get_int(head, "gridform_snapshot", 0);
    if (format > SNAPSHOT_FORMAT)
        return err_set(
            err, ERR_INVALID,
            "the snapshot has format %lld, and this gridform knows %d: use a newer one",
            (long long)format, SNAPSHOT_FORMAT);
    const char *taken = value_get_text(head, "taken");
    snapshot->site = value_get_text(head, "site");
    snapshot->version = value_get_text(head, "version");
    snapshot->commit = value_get_text(head, "commit");
    snapshot->schemas = value_get_text(head, "schemas");
    snapshot->servers = value_get(head, "servers");
    snapshot->lineage = value_get_text(head, "lineage");
    snapshot->serial = value_get_int(head, "serial", 0);
    if (format != SNAPSHOT_FORMAT || snapshot->site == NULL || snapshot->version == NULL ||
        snapshot->schemas == NULL || taken == NULL ||
        snapshot_parse_time(taken, &snapshot->taken) < 0)
        return err_set(err, ERR_INVALID, "line 1: the head of a snapshot is not whole");
    snapshot->listed = value_get(head, "listed");
    return decode_failures(value_get(head, "failures"), arena, snapshot, err);
}

/* ---- reading: the resources -------------------------------------------------------------- */

static int read_live(struct json_lines *lines, struct value_pool *pool,
                     const struct schema_source *schemas, struct snapshot *snapshot,
                     struct err *err)
{
    const char *line = NULL;
    size_t size = 0, n = snapshot->live.n;
    const struct value *object;
    if (json_lines_next(lines, &line, &size, err) < 0 ||
        value_from_json(line, size, value_pool_scratch(pool), &object, err) < 0 ||
        live_decode(object, pool, schemas, &snapshot->live.items[n], &snapshot->asked[n], err) <
            0)
        return err_wrap(err, "line %zu", n + FIRST_LIVE_LINE);
    const char *address = snapshot->live.items[n]->address;
    if (n > 0 && strcmp(snapshot->live.items[n - 1]->address, address) >= 0)
        return err_set(err, ERR_INVALID,
                       "line %zu: %.200s: there twice or not in order of addresses",
                       n + FIRST_LIVE_LINE, address);
    snapshot->live.n++;
    return 0;
}

static int read_lives(struct parts *parts, struct arena *arena,
                      const struct schema_source *schemas, struct snapshot *snapshot,
                      struct err *err)
{
    size_t capacity = json_lines_count(&parts->live);
    struct value_pool *pool = value_pool_new(arena);
    int result = 0;
    snapshot->live.items = ARENA_ARRAY(arena, capacity, struct instance *);
    snapshot->asked = ARENA_ARRAY(arena, capacity, const struct value *);
    while (result == 0 && parts->live.at < parts->live.end)
        result = read_live(&parts->live, pool, schemas, snapshot, err);
    value_pool_free(pool);
    return result;
}

/* The head says which state is in it. */
static int check_state(const struct parts *parts, struct snapshot *snapshot, struct err *err)
{
    char lineage[HEX_LEN + 1];
    int64_t serial;
    if ((parts->state == NULL) != (snapshot->lineage == NULL))
        return err_set(err, ERR_INVALID, "line 1: lineage and state do not go together");
    if (parts->state == NULL)
        return 0;
    if (state_peek(parts->state, parts->state_size, lineage, &serial, err) < 0)
        return err_wrap(err, "the state in it");
    if (strcmp(lineage, snapshot->lineage) != 0 || serial != snapshot->serial)
        return err_set(err, ERR_INVALID, "line 1: it holds another state than it says");
    snapshot->state = parts->state;
    snapshot->state_size = parts->state_size;
    return 0;
}

int snapshot_decode(const char *text, size_t size, struct arena *arena,
                    const struct schema_source *schemas, struct snapshot **ret_snapshot,
                    struct err *err)
{
    size_t n_signed;
    const char *signature;
    struct parts parts;
    struct snapshot *snapshot = ARENA_NEW(arena, struct snapshot);
    if (snapshot_frame(text, size, &n_signed, &signature, err) < 0)
        return -1;
    size_t body = signature != NULL ? n_signed : size - CHECKSUM_SIZE;
    if (find_parts(text, body, &parts, err) < 0 ||
        decode_head(&parts, arena, snapshot, err) < 0 ||
        check_state(&parts, snapshot, err) < 0 ||
        read_lives(&parts, arena, schemas, snapshot, err) < 0)
        return -1;
    *ret_snapshot = snapshot;
    return 0;
}
