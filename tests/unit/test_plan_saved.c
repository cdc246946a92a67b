/* test_plan_saved.c: a saved plan, plain and encrypted: every flipped bit and every cut is
 * noticed before anything is compared with the world. */
#include <string.h>

#include "../harness/unit.h"
#include "arena.h"
#include "plan.h"
#include "seal.h"
#include "strbuf.h"
#include "types.h"

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static const struct attr attrs[] = {
    {.name = "graphics", .type = &type_string, .facets = FACET_ESXI}};
static const struct schema schema = {.kind = "host", .attrs = attrs, .n_attrs = 1};

/* One change with a step. */
static struct plan plan_of(struct arena *arena)
{
    struct change *change = ARENA_NEW(arena, struct change);
    struct attr_change *attr = ARENA_NEW(arena, struct attr_change);
    struct step *step = ARENA_NEW(arena, struct step);
    struct instance *live = instance_new(arena, &schema, "host/a", "a");
    live->presence = PRESENCE_PRESENT;
    instance_set(live, "graphics", value_string(arena, "shared"));
    *attr = (struct attr_change){.attr = &attrs[0],
                                 .from = value_string(arena, "shared"),
                                 .to = value_string(arena, "basic"),
                                 .reason = REASON_EDIT};
    *step = (struct step){
        .address = "host/a", .provider = "esxi", .op = "host.graphics", .title = "set"};
    *change = (struct change){.address = "host/a",
                              .action = ACTION_UPDATE,
                              .live = live,
                              .attrs = attr,
                              .n_attrs = 1,
                              .steps = step,
                              .n_steps = 1};
    return (struct plan){.id = "00112233445566778899aabbccddeeff",
                         .site = "lab",
                         .lineage = "0123456789abcdef0123456789abcdef",
                         .serial = 7,
                         .changes = change,
                         .n_changes = 1,
                         .n_waves = 1,
                         .digest_inputs = "ffffffffffffffff0000000000000000"};
}

/* As apply reads it: 0 when it would go on with this plan. */
static int take(const struct seal *seal, const struct strbuf *text, const struct plan *plan)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct strbuf plain CLEANUP(strbuf_release);
    struct err err = {0};
    strbuf_init(&plain, 1 << 20);
    int result =
        unseal_document(seal, SEAL_PLAN, strbuf_str(text), strbuf_len(text), &plain, &err);
    if (result == 0)
        result = plan_check_whole(strbuf_str(&plain), strbuf_len(&plain), &err);
    if (result == 0)
        return plan_check_saved(strbuf_str(&plain), strbuf_len(&plain), plan, arena, &err);
    if ((err.code != ERR_INVALID && err.code != ERR_DENIED) || err.message[0] == '\0')
        fail_msg("%s", err.message);
    return -1;
}

static void damage(const struct seal *seal, struct strbuf *text, const struct plan *plan)
{
    size_t size = strbuf_len(text);
    assert_int_equal(take(seal, text, plan), 0);
    for (size_t at = 0; at < size; at++) {
        for (int bit = 0; bit < 8; bit++) {
            text->data[at] = (char)(text->data[at] ^ 1 << bit);
            if (take(seal, text, plan) == 0)
                fail_msg("bit %d of byte %zu is not noticed", bit, at);
            text->data[at] = (char)(text->data[at] ^ 1 << bit);
        }
    }
    for (text->len = 0; text->len < size; text->len++)
        if (take(seal, text, plan) == 0)
            fail_msg("cut to %zu bytes, not noticed", text->len);
}

static void save(const struct plan *plan, struct strbuf *text)
{
    strbuf_init(text, 1 << 20);
    plan_encode(plan, text);
    plan_add_checksum(text);
}

static void test_plain(void **unused)
{
    (void)unused;
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct strbuf text CLEANUP(strbuf_release);
    const struct plan plan = plan_of(arena);
    save(&plan, &text);
    damage(NULL, &text, &plan);
}

static void test_sealed(void **unused)
{
    (void)unused;
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct strbuf text CLEANUP(strbuf_release), sealed CLEANUP(strbuf_release);
    struct seal *seal = seal_new();
    struct err err = {0};
    const struct seal_label label = {.purpose = SEAL_PLAN};
    const struct plan plan = plan_of(arena);
    save(&plan, &text);
    strbuf_init(&sealed, 1 << 20);
    assert_int_equal(seal_add_key(seal, KEY, &err), 0);
    assert_int_equal(
        seal_text(seal, &label, strbuf_str(&text), strbuf_len(&text), &sealed, &err), 0);
    assert_null(strstr(strbuf_str(&sealed), "host/a"));
    damage(seal, &sealed, &plan);
    seal_free(seal);
}

/* What plan --json prints is for readers; it says so when it is to be applied. */
static void test_without_a_checksum(void **unused)
{
    (void)unused;
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct strbuf text CLEANUP(strbuf_release);
    struct err err = {0};
    const struct plan plan = plan_of(arena);
    strbuf_init(&text, 1 << 20);
    plan_encode(&plan, &text);
    assert_int_equal(plan_check_whole(strbuf_str(&text), strbuf_len(&text), &err), -1);
    assert_non_null(strstr(err.message, "gridform plan --out"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_sealed),
        cmocka_unit_test(test_without_a_checksum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
