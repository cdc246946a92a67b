/* test_snapshot.c: snapshots: what goes in comes out, and nothing changes unnoticed. */
#include "snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../harness/unit.h"
#include "arena.h"
#include "digest.h"
#include "signature.h"
#include "state_sample.h"
#include "strbuf.h"
#include "value.h"

#define CHECKSUM ",\"checksum\":\""

static const char private_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIKfPVD5P1lElIwlHjDDAyRZxLCCNv9hY6xh7kpI82V2G\n"
    "-----END PRIVATE KEY-----\n";
static const char public_key[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEA9b3i/qPtFjlQBvd6h8aQpvy10tlPEPAg0OWWF+5jZPY=\n"
    "-----END PUBLIC KEY-----\n";
static const char other_public_key[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAPZIEePor4ktmdpm/h80tHCubSmS73EmkxdYW+WQWcO4=\n"
    "-----END PUBLIC KEY-----\n";
/* openssl genpkey -algorithm ed25519 -aes256 -pass pass:locked; and P-256. */
static const char locked_key[] =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjhpCDklaWyJgICCAAw\n"
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEKgBl4pFwzbeu9YOM0ijDdIEQJl4\n"
    "/QM4aCtlLLiRjco6K072UYlhvI8N5YxjrhycwEob/p9mHESFmmKdn9F5PFUC9FRk\n"
    "cRi1mvtXQC6Tjqq+QuU=\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";
static const char elliptic_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgKMgVDqJekbQToBoh\n"
    "ufw7Kdcv+9uxKoKHYhOAcAdOM3uhRANCAASf2y7LpOHsLk0M8ICwvY8hzXIIVnqS\n"
    "RENFbbGSc8dEoq3OH/bZdlA4tZhEeTy5p2uLtjuJDdzQXKkC0oXzMnfd\n"
    "-----END PRIVATE KEY-----\n";
static const char elliptic_public_key[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEn9suy6Th7C5NDPCAsL2PIc1yCFZ6\n"
    "kkRDRW2xknPHRKKtzh/22XZQOLWYRHk8uadri7Y7iQ3c0FypAtKF8zJ33Q==\n"
    "-----END PUBLIC KEY-----\n";

struct sample {
    struct arena *arena;
    struct snapshot snapshot;
    struct state *state;
};

/* ---- a snapshot with everything in it
 * --------------------------------------------------------
 */

static const struct value *map_of(struct arena *arena, const char *key,
                                  const struct value *value)
{
    return value_map(arena, &(struct value_field){key, value}, 1);
}

static const struct value *deep(struct arena *arena)
{
    const struct value *items[] = {value_int(arena, INT64_MIN),
                                   value_bool(false),
                                   value_unreadable(arena, "100 %% \"%s\"", "no"),
                                   value_list(arena, NULL, 0),
                                   value_map(arena, NULL, 0),
                                   value_string(arena, "a\nb\t\x01 \"\\ \xe2\x82\xac")};
    return map_of(arena, "list", value_list(arena, items, ARRAY_LEN(items)));
}

static struct instance *blank(struct arena *arena, const char *address, enum presence presence)
{
    struct instance *one = sample_instance(arena, address, "x");
    instance_set(one, "graphics", value_absent());
    one->ids = NULL;
    one->presence = presence;
    return one;
}

static void fill_live(struct sample *s)
{
    struct arena *arena = s->arena;
    struct instance *full = sample_instance(arena, "host/a", "shared"), **items;
    instance_set(full, "power_policy", value_unreadable(arena, "no answer"));
    instance_set(full, "memory", value_int(arena, INT64_MAX));
    instance_set(full, "tags", deep(arena));
    full->mark = (struct mark){
        .lineage = SAMPLE_LINEAGE, .address = "host/a", .uuid = "u", .nonce = "n", .own = true};
    items = ARENA_ARRAY(arena, 6, struct instance *);
    items[0] = full;
    items[1] = blank(arena, "host/b", PRESENCE_UNREADABLE);
    items[1]->reason = "vsphere: no such \"host\"\n";
    items[2] = blank(arena, "host/c", PRESENCE_ABSENT);
    items[2]->ids = value_map(arena, NULL, 0);
    items[3] = blank(arena, "host/d", PRESENCE_UNKNOWN);
    items[4] = blank(arena, "template/Großes Bild \xe2\x82\xac", PRESENCE_PRESENT);
    items[4]->mark.address = "template/other";
    s->snapshot.live = (struct instances){items, 5};
    s->snapshot.asked = ARENA_ARRAY(arena, 6, const struct value *);
    s->snapshot.asked[0] = map_of(arena, "memory", value_int(arena, 7));
}

static struct sample sample_new(bool with_state)
{
    static const struct snapshot_failure failures[] = {
        {"esxi", "denied", "host/b: \"root\" may not\n"}, {"vra", "timeout", ""}};
    struct sample s = {.arena = arena_new()};
    s.snapshot = (struct snapshot){.site = "lab",
                                   .version = "0.1.0",
                                   .commit = with_state ? "3f2c1ab-dirty" : NULL,
                                   .schemas = "00112233445566778899aabbccddeeff",
                                   .taken = 1795000000,
                                   .failures = failures,
                                   .n_failures = with_state ? 2 : 0};
    fill_live(&s);
    s.snapshot.servers = map_of(s.arena, "vsphere", value_string(s.arena, "vcenter"));
    const struct value *names[] = {value_string(s.arena, "a"), value_string(s.arena, "z")};
    s.snapshot.listed = map_of(s.arena, "host", value_list(s.arena, names, 2));
    if (with_state) {
        s.state = sample_state(s.arena);
        s.snapshot.lineage = s.state->lineage;
        s.snapshot.serial = s.state->serial;
    }
    return s;
}

static struct strbuf encoded(const struct sample *s, const char *key)
{
    struct strbuf text;
    struct err err = {0};
    const struct snapshot_pen pen = {.key_pem = key, .key_size = key == NULL ? 0 : strlen(key)};
    strbuf_init(&text, STATE_SIZE_MAX);
    if (snapshot_encode(&s->snapshot, s->state, &pen, &text, &err) < 0)
        fail_msg("%s", err.message);
    return text;
}

static struct snapshot *decoded(const struct strbuf *text, struct arena *arena)
{
    struct snapshot *snapshot = NULL;
    struct err err = {0};
    if (snapshot_decode(strbuf_str(text), strbuf_len(text), arena, &sample_schemas, &snapshot,
                        &err) < 0)
        fail_msg("%s", err.message);
    return snapshot;
}

/* ---- round trips
 * -----------------------------------------------------------------------------
 */

static void expect_text(const char *a, const char *b)
{
    assert_int_equal(a == NULL, b == NULL);
    if (a != NULL)
        assert_string_equal(a, b);
}

static void expect_same_instance(const struct instance *a, const struct instance *b)
{
    assert_string_equal(a->address, b->address);
    assert_string_equal(a->name, b->name);
    assert_ptr_equal(a->schema, b->schema);
    assert_int_equal(a->presence, b->presence);
    expect_text(a->reason, b->reason);
    for (size_t i = 0; i < a->schema->n_attrs; i++)
        assert_int_equal(value_compare(a->attrs[i], b->attrs[i]), 0);
    /* None and an empty map are not the same to instance_digest. */
    assert_int_equal(value_is_absent(a->ids), value_is_absent(b->ids));
    if (!value_is_absent(a->ids))
        assert_int_equal(value_compare(a->ids, b->ids), 0);
    expect_text(a->mark.lineage, b->mark.lineage);
    expect_text(a->mark.address, b->mark.address);
    expect_text(a->mark.uuid, b->mark.uuid);
    expect_text(a->mark.nonce, b->mark.nonce);
    assert_int_equal(a->mark.own, b->mark.own);
}

static void expect_same_head(const struct snapshot *a, const struct snapshot *b)
{
    expect_text(a->site, b->site);
    expect_text(a->version, b->version);
    expect_text(a->commit, b->commit);
    expect_text(a->schemas, b->schemas);
    expect_text(a->lineage, b->lineage);
    assert_int_equal(a->taken, b->taken);
    assert_int_equal(a->serial, b->serial);
    assert_true(value_equal(a->servers, b->servers));
    assert_true(value_equal(a->listed, b->listed));
    assert_int_equal(a->n_failures, b->n_failures);
    for (size_t i = 0; i < a->n_failures; i++) {
        expect_text(a->failures[i].provider, b->failures[i].provider);
        expect_text(a->failures[i].code, b->failures[i].code);
        expect_text(a->failures[i].message, b->failures[i].message);
    }
}

static void expect_round_trip(bool with_state, const char *key)
{
    struct sample s = sample_new(with_state);
    struct strbuf text = encoded(&s, key);
    struct arena *arena = arena_new();
    const struct snapshot *again = decoded(&text, arena);
    expect_same_head(&s.snapshot, again);
    assert_int_equal(again->live.n, s.snapshot.live.n);
    for (size_t i = 0; i < again->live.n; i++) {
        expect_same_instance(s.snapshot.live.items[i], again->live.items[i]);
        assert_int_equal(value_is_absent(s.snapshot.asked[i]),
                         value_is_absent(again->asked[i]));
    }
    assert_true(value_equal(s.snapshot.asked[0], again->asked[0]));
    assert_int_equal(again->state != NULL, with_state);
    if (with_state) {
        char *plain = sample_encode(s.state, arena);
        assert_int_equal(again->state_size, strlen(plain));
        assert_memory_equal(again->state, plain, strlen(plain));
    }
    /* And to the byte. */
    struct sample copy = {.snapshot = *again, .state = s.state};
    struct strbuf second = encoded(&copy, key);
    assert_string_equal(strbuf_str(&text), strbuf_str(&second));
    strbuf_release(&second);
    strbuf_release(&text);
    arena_free(arena);
    arena_free(s.arena);
}

static void round_trips(void **state UNUSED)
{
    expect_round_trip(true, NULL);
    expect_round_trip(false, NULL);
    expect_round_trip(true, private_key);
    expect_round_trip(false, private_key);
}

static void an_empty_one(void **state UNUSED)
{
    struct sample s = sample_new(false);
    s.snapshot.live.n = 0;
    struct strbuf text = encoded(&s, NULL);
    assert_int_equal(decoded(&text, s.arena)->live.n, 0);
    strbuf_release(&text);
    arena_free(s.arena);
}

/* ---- nothing changes unnoticed
 * ---------------------------------------------------------------
 */

static bool is_refused(const char *text, size_t size)
{
    struct arena *arena = arena_new();
    struct snapshot *snapshot = NULL;
    struct err err = {0};
    int result = snapshot_decode(text, size, arena, &sample_schemas, &snapshot, &err);
    assert_true(result == 0 || (err.code == ERR_INVALID && err.message[0] != '\0'));
    arena_free(arena);
    return result < 0;
}

static void every_byte(const char *key)
{
    static const unsigned char masks[] = {0x01, 0x80};
    struct sample s = sample_new(true);
    struct strbuf text = encoded(&s, key);
    size_t size = strbuf_len(&text);
    char *copy = malloc(size + 2);
    assert_false(is_refused(strbuf_str(&text), size));
    for (size_t i = 0; i < size; i++) {
        for (size_t m = 0; m < ARRAY_LEN(masks); m++) {
            memcpy(copy, strbuf_str(&text), size);
            copy[i] = (char)((unsigned char)copy[i] ^ masks[m]);
            if (!is_refused(copy, size))
                fail_msg("byte %zu may be changed", i);
        }
        /* Cut short, from either end; a byte less or more. */
        assert_true(is_refused(strbuf_str(&text), i));
        assert_true(i == 0 || is_refused(strbuf_str(&text) + i, size - i));
        memcpy(copy, strbuf_str(&text), i);
        memcpy(copy + i, strbuf_str(&text) + i + 1, size - i - 1);
        assert_true(is_refused(copy, size - 1));
        copy[i] = strbuf_str(&text)[i];
        memcpy(copy + i + 1, strbuf_str(&text) + i, size - i);
        assert_true(is_refused(copy, size + 1));
    }
    memcpy(copy, strbuf_str(&text), size);
    copy[size] = '\n';
    assert_true(is_refused(copy, size + 1));
    free(copy);
    strbuf_release(&text);
    arena_free(s.arena);
}

static void every_byte_counts(void **state UNUSED)
{
    every_byte(NULL);
    every_byte(private_key);
}

/* ---- signatures
 * ------------------------------------------------------------------------------
 */

static enum err_code judge(const char *text, size_t size, const char *keys)
{
    size_t n;
    const char *signature;
    struct err err = {0};
    if (snapshot_frame(text, size, &n, &signature, &err) < 0)
        return ERR_INTERNAL;
    if (signature == NULL)
        return ERR_DENIED;
    return signature_check(keys, strlen(keys), text, n, signature, &err) < 0 ? err.code
                                                                             : ERR_NONE;
}

static void mend(char *text, size_t size)
{
    size_t summed = size - strlen(CHECKSUM) - 32 - 3;
    memcpy(text + summed + strlen(CHECKSUM), digest_bytes(text, summed).hex, 32);
}

/* With the checksum mended, only the signature is left to notice. */
static void a_checksum_is_no_signature(void **state UNUSED)
{
    struct sample s = sample_new(true);
    struct strbuf text = encoded(&s, private_key);
    size_t size = strbuf_len(&text);
    assert_int_equal(judge(strbuf_str(&text), size, public_key), ERR_NONE);
    for (size_t i = 0; i < size - strlen(CHECKSUM) - 32 - 3; i++) {
        char was = text.data[i];
        text.data[i] = (char)(was ^ 1);
        mend(text.data, size);
        if (judge(text.data, size, public_key) == ERR_NONE)
            fail_msg("byte %zu may be changed", i);
        text.data[i] = was;
    }
    mend(text.data, size);
    assert_int_equal(judge(text.data, size, public_key), ERR_NONE);
    strbuf_release(&text);
    arena_free(s.arena);
}

static void keys(void **state UNUSED)
{
    struct sample s = sample_new(false);
    struct strbuf text = encoded(&s, private_key), bare = encoded(&s, NULL);
    char both[600], made[SIGNATURE_LEN + 1];
    struct err err = {0};
    snprintf(both, sizeof(both), "# two\n%s\n%s", other_public_key, public_key);
    assert_int_equal(judge(strbuf_str(&text), strbuf_len(&text), both), ERR_NONE);
    assert_int_equal(judge(strbuf_str(&text), strbuf_len(&text), other_public_key),
                     ERR_UNTRUSTED);
    assert_int_equal(judge(strbuf_str(&bare), strbuf_len(&bare), public_key), ERR_DENIED);
    static const char *const none[] = {"", "nothing", private_key, elliptic_public_key,
                                       "-----BEGIN PUBLIC KEY-----\nMCow"};
    for (size_t i = 0; i < ARRAY_LEN(none); i++)
        assert_int_equal(judge(strbuf_str(&text), strbuf_len(&text), none[i]), ERR_INVALID);
    static const char *const useless[] = {"", "nothing", public_key, locked_key, elliptic_key};
    for (size_t i = 0; i < ARRAY_LEN(useless); i++) {
        assert_int_equal(signature_make(useless[i], strlen(useless[i]), "x", 1, made, &err),
                         -1);
        assert_int_equal(err.code, ERR_INVALID);
    }
    strbuf_release(&bare);
    strbuf_release(&text);
    arena_free(s.arena);
}

/* ---- refused, although whole
 * -----------------------------------------------------------------
 */

/* The text with `old` as `new`, and the checksum that goes with that. */
static void expect_refusal(bool with_state, const char *old, const char *new, const char *why)
{
    struct sample s = sample_new(with_state);
    struct strbuf text = encoded(&s, NULL), changed;
    const char *at = strstr(strbuf_str(&text), old);
    struct snapshot *snapshot = NULL;
    struct err err = {0};
    if (at == NULL)
        fail_msg("there is no %s in %s", old, strbuf_str(&text));
    strbuf_init(&changed, STATE_SIZE_MAX);
    strbuf_add_mem(&changed, strbuf_str(&text), (size_t)(at - strbuf_str(&text)));
    strbuf_add(&changed, new);
    strbuf_add(&changed, at + strlen(old));
    mend(changed.data, strbuf_len(&changed));
    if (snapshot_decode(strbuf_str(&changed), strbuf_len(&changed), s.arena, &sample_schemas,
                        &snapshot, &err) == 0)
        fail_msg("%s is accepted", new);
    if (strstr(err.message, why) == NULL)
        fail_msg("%s: %s, not: %s", new, err.message, why);
    strbuf_release(&changed);
    strbuf_release(&text);
    arena_free(s.arena);
}

static void what_no_snapshot_holds(void **state UNUSED)
{
    static const struct {
        const char *old, *new, *why;
    } cases[] = {
        {"\"gridform_snapshot\":1", "\"gridform_snapshot\":2", "use a newer one"},
        {"\"gridform_snapshot\":1", "\"gridform_snapshot\":0", "not whole"},
        {"\"gridform_snapshot\":1", "\"gridform_snapshot\":\"1\"", "not whole"},
        {"\"site\":\"lab\",", "", "not whole"},
        {"\"site\":\"lab\"", "\"site\":7", "not whole"},
        {"T", "t", "not whole"}, /* of the time */
        {"\"provider\":\"esxi\",", "", "without provider"},
        {"{\"address\":\"host/a\"", "{\"adress\":\"host/a\"", "line 3: a resource without"},
        {"s\":\"host/b\"", "s\":\"host/a\"", "line 4: host/a: there twice or not in order"},
        {"s\":\"host/b\"", "s\":\"disk/b\"", "line 4: disk/b: the kind is unknown"},
        {"host/d", "pool/d", "line 6: pool/d: the kind exists in the manifest only"},
        {"\"presence\":\"absent\"", "\"presence\":\"away\"", "line 5: host/c: the presence"},
        {"\"attrs\":{\"graphics\"", "\"attrs\":{\"grafics\"", "line 3: host/a: \"attrs\""},
        {"\"attrs\":{\"graphics\":\"shared\"", "\"attrs\":{\"password\":\"hunter2\"",
         "line 3: host/a: attribute password holds a secret"},
        {"\"ids\":{\"uuid\":\"u-shared\"}", "\"ids\":[1]", "\"ids\" is no object"},
        {"\"asked\":{\"memory\":7}", "\"asked\":7", "\"asked\" is no object"},
        {",\n{\"address\":\"host/c\"", "\n{\"address\":\"host/c\"", "comma"},
        {",\"lineage\":\"" SAMPLE_LINEAGE "\",\"serial\":1", "", "do not go together"},
        {"\"serial\":1", "\"serial\":2", "another state than it says"},
        {"\"gridform_state\":1", "\"gridform_state\":7", "the state in it"},
        {"],\"state\":\n", "],\"stade\":\n", "the state is missing"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect_refusal(true, cases[i].old, cases[i].new, cases[i].why);
    expect_refusal(false, "null\n", "none\n", "do not go together");
    expect_refusal(false, "\"live\":[\n", "\"live\":[", "line 1");
}

/* ---- redacted
 * --------------------------------------------------------------------------------
 */

static void take_out(const void *context, struct strbuf *text)
{
    const char *secret = context;
    for (char *at; (at = strstr(text->data, secret)) != NULL;)
        memset(at, '*', strlen(secret));
}

/* Also in the state, whose own checksum goes with what is left. */
static void secrets_are_taken_out(void **state UNUSED)
{
    struct sample s = sample_new(true);
    struct strbuf text;
    struct err err = {0};
    const struct snapshot_redactor redactor = {take_out, "shared"};
    const struct snapshot_pen pen = {.redactor = &redactor};
    struct state *again = NULL;
    strbuf_init(&text, STATE_SIZE_MAX);
    assert_int_equal(snapshot_encode(&s.snapshot, s.state, &pen, &text, &err), 0);
    assert_null(strstr(strbuf_str(&text), "shared"));
    const struct snapshot *snapshot = decoded(&text, s.arena);
    assert_string_equal(instance_text(snapshot->live.items[0], "graphics"), "******");
    assert_int_equal(state_decode(snapshot->state, snapshot->state_size, s.arena,
                                  &sample_schemas, &again, &err),
                     0);
    assert_string_equal(instance_text(again->resources.items[0], "graphics"), "******");
    strbuf_release(&text);
    arena_free(s.arena);
}

/* ---- times
 * -----------------------------------------------------------------------------------
 */

static void times(void **state UNUSED)
{
    static const int64_t good[] = {0, 951782399, 1795000000, 4102444800};
    static const char *const bad[] = {"",
                                      "2026-11-27",
                                      "2026-11-27T06:00:00",
                                      "2026-11-27T06:00:00+01:00",
                                      "2026-11-27T06:00:00Z ",
                                      " 2026-11-27T06:00:00Z",
                                      "2026-02-30T06:00:00Z",
                                      "2026-13-01T06:00:00Z",
                                      "2026-1-27T006:00:00Z",
                                      "2026-11-27T24:00:00Z",
                                      "2026-11-27 06:00:00Z"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct strbuf text;
        int64_t again = -1;
        strbuf_init(&text, 100);
        snapshot_print_time(good[i], &text);
        assert_int_equal(snapshot_parse_time(strbuf_str(&text), &again), 0);
        assert_int_equal(again, good[i]);
        strbuf_release(&text);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        int64_t untouched = 7;
        if (snapshot_parse_time(bad[i], &untouched) == 0)
            fail_msg("%s is taken", bad[i]);
        assert_int_equal(untouched, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trips),
        cmocka_unit_test(an_empty_one),
        cmocka_unit_test(every_byte_counts),
        cmocka_unit_test(a_checksum_is_no_signature),
        cmocka_unit_test(keys),
        cmocka_unit_test(what_no_snapshot_holds),
        cmocka_unit_test(secrets_are_taken_out),
        cmocka_unit_test(times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
