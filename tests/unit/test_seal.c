/* test_seal.c: sealed texts: keys, what is bound, every damage, wrong keys, rotation. */
#include "seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../harness/unit.h"
#include "journal_seal.h"
#include "strbuf.h"

#define KEY_A "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_B "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"
/* The bytes of KEY_A. */
#define KEY_A_BASE64 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

static struct seal *seal_of(const char *key)
{
    struct seal *seal = seal_new();
    struct err err = {0};
    if (seal_add_key(seal, key, &err) < 0)
        fail_msg("%s", err.message);
    return seal;
}

static const struct seal_label as_state = {
    .purpose = SEAL_STATE, .lineage = "0123456789abcdef0123456789abcdef", .serial = 7};

static struct strbuf sealed_as(const struct seal *seal, const struct seal_label *label,
                               const char *text, size_t size)
{
    struct strbuf out;
    struct err err = {0};
    strbuf_init(&out, 1 << 24);
    if (seal_text(seal, label, text, size, &out, &err) < 0)
        fail_msg("%s", err.message);
    return out;
}

static struct strbuf sealed(const struct seal *seal, const char *text)
{
    return sealed_as(seal, &as_state, text, strlen(text));
}

/* The code of opening it; ERR_NONE when it opens to this text. */
static enum err_code opens(const struct seal *seal, const struct seal_label *label,
                           const struct strbuf *text, const char *expected, size_t size)
{
    struct strbuf out CLEANUP(strbuf_release);
    struct err err = {0};
    strbuf_init(&out, 1 << 24);
    if (unseal_text(seal, label, strbuf_str(text), strbuf_len(text), &out, &err) < 0) {
        assert_int_equal(strbuf_len(&out), 0);
        assert_true(err.message[0] != '\0');
        return err.code;
    }
    assert_int_equal(strbuf_len(&out), size);
    assert_memory_equal(strbuf_str(&out), expected, size);
    return ERR_NONE;
}

static enum err_code opens_to(const struct seal *seal, const struct strbuf *text,
                              const char *expected)
{
    return opens(seal, &as_state, text, expected, strlen(expected));
}

static void test_all_sizes_come_back(void **unused)
{
    (void)unused;
    struct seal *seal = seal_of(KEY_A);
    static char text[200000];
    const size_t large[] = {49151 - 16, 49152 - 16, 49153 - 16, 98304, sizeof(text)};
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)(i * 7);
    for (size_t i = 0; i < 200 + ARRAY_LEN(large); i++) {
        size_t size = i < 200 ? i : large[i - 200];
        struct strbuf out = sealed_as(seal, &as_state, text, size);
        assert_true(seal_is_sealed(strbuf_str(&out), strbuf_len(&out)));
        assert_int_equal(opens(seal, &as_state, &out, text, size), ERR_NONE);
        strbuf_release(&out);
    }
    seal_free(seal);
}

static void test_what_is_no_key(void **unused)
{
    (void)unused;
    static const char *const wrong[] = {
        "",
        "correct horse battery staple",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f0",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1g",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gIQ==",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh-=",
        " AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct seal *seal = seal_new();
        struct err err = {0};
        assert_int_equal(seal_add_key(seal, wrong[i], &err), -1);
        assert_int_equal(err.code, ERR_INVALID);
        assert_non_null(strstr(err.message, "openssl rand -hex 32"));
        assert_true(wrong[i][0] == '\0' || strstr(err.message, wrong[i]) == NULL);
        assert_false(seal_writes(seal));
        seal_free(seal);
    }
    assert_false(seal_writes(NULL));
    seal_free(NULL);
}

static void test_both_forms_are_one_key(void **unused)
{
    (void)unused;
    struct seal *hex = seal_of(KEY_A), *base64 = seal_of(KEY_A_BASE64);
    struct strbuf text = sealed(hex, "content");
    assert_int_equal(opens_to(base64, &text, "content"), ERR_NONE);
    strbuf_release(&text);
    seal_free(hex);
    seal_free(base64);
}

/* Nothing of the content shows, and no text is made twice. */
static void test_texts_differ_and_hide(void **unused)
{
    (void)unused;
    struct seal *seal = seal_of(KEY_A);
    struct strbuf a = sealed(seal, "host/esx-gpu-01"), b = sealed(seal, "host/esx-gpu-01");
    assert_string_not_equal(strbuf_str(&a), strbuf_str(&b));
    assert_null(strstr(strbuf_str(&a), "esx-gpu"));
    assert_non_null(strstr(strbuf_str(&a), "\"serial\":7"));
    strbuf_release(&a);
    strbuf_release(&b);
    seal_free(seal);
}

static void test_every_damage_is_noticed(void **unused)
{
    (void)unused;
    struct seal *seal = seal_of(KEY_A);
    for (size_t length = 0; length < 6; length++) {
        struct strbuf text = sealed_as(seal, &as_state, "secret", length);
        size_t size = strbuf_len(&text);
        for (size_t at = 0; at < size; at++) {
            char kept = text.data[at];
            for (int other = 0; other < 256; other++) {
                text.data[at] = (char)other;
                if (text.data[at] != kept &&
                    opens(seal, &as_state, &text, "secret", length) == ERR_NONE)
                    fail_msg("byte %zu as %d", at, other);
            }
            text.data[at] = kept;
        }
        for (size_t cut = 0; cut < size; cut++) {
            text.len = cut;
            assert_int_equal(opens(seal, &as_state, &text, "secret", length), ERR_INVALID);
        }
        text.len = size;
        strbuf_add(&text, "\n");
        assert_int_equal(opens(seal, &as_state, &text, "secret", length), ERR_INVALID);
        strbuf_release(&text);
    }
    seal_free(seal);
}

static void test_a_wrong_key_is_no_damage(void **unused)
{
    (void)unused;
    struct seal *a = seal_of(KEY_A), *b = seal_of(KEY_B);
    struct strbuf text = sealed(a, "content"), out;
    struct err err = {0};
    assert_int_equal(opens_to(b, &text, "content"), ERR_DENIED);
    assert_int_equal(opens_to(NULL, &text, "content"), ERR_DENIED);
    strbuf_init(&out, 100);
    assert_int_equal(
        unseal_text(b, &as_state, strbuf_str(&text), strbuf_len(&text), &out, &err), -1);
    assert_non_null(strstr(err.message, "another key"));
    assert_non_null(strstr(err.message, "previous"));
    assert_int_equal(
        unseal_text(NULL, &as_state, strbuf_str(&text), strbuf_len(&text), &out, &err), -1);
    assert_non_null(strstr(err.message, "names no key"));
    strbuf_release(&out);
    strbuf_release(&text);
    seal_free(a);
    seal_free(b);
}

static void test_rotation(void **unused)
{
    (void)unused;
    struct seal *old = seal_of(KEY_A), *new = seal_of(KEY_B), *only = seal_of(KEY_B);
    struct err err = {0};
    struct strbuf before = sealed(old, "content");
    assert_int_equal(seal_add_former_key(new, KEY_A, &err), 0);
    assert_int_equal(opens_to(new, &before, "content"), ERR_NONE);
    struct strbuf after = sealed(new, "content");
    assert_int_equal(opens_to(only, &after, "content"), ERR_NONE);
    assert_int_equal(opens_to(old, &after, "content"), ERR_DENIED);
    strbuf_release(&before);
    strbuf_release(&after);
    seal_free(old);
    seal_free(new);
    seal_free(only);
}

/* A former key alone reads, and what is written is plain. */
static void test_leaving_encryption(void **unused)
{
    (void)unused;
    struct seal *old = seal_of(KEY_A), *leaving = seal_new();
    struct err err = {0};
    struct strbuf before = sealed(old, "content"), out;
    assert_int_equal(seal_add_former_key(leaving, KEY_A, &err), 0);
    assert_false(seal_writes(leaving));
    strbuf_init(&out, 1000);
    assert_int_equal(unseal_document(leaving, SEAL_STATE, strbuf_str(&before),
                                     strbuf_len(&before), &out, &err),
                     0);
    assert_string_equal(strbuf_str(&out), "content");
    strbuf_clear(&out);
    assert_int_equal(seal_document(leaving, &as_state, "content", 7, &out, &err), 0);
    assert_string_equal(strbuf_str(&out), "content");
    assert_int_equal(seal_text(leaving, &as_state, "content", 7, &out, &err), -1);
    strbuf_release(&out);
    strbuf_release(&before);
    seal_free(old);
    seal_free(leaving);
}

static int open_document(const struct seal *seal, const char *text, struct err *err)
{
    struct strbuf out CLEANUP(strbuf_release);
    strbuf_init(&out, 1000);
    return unseal_document(seal, SEAL_STATE, text, strlen(text), &out, err);
}

/* Who can write where a sealed text is kept, and has no key, could put a plain one there. */
static void test_plain_is_refused_under_a_key(void **unused)
{
    (void)unused;
    static const char plain[] = "{\"gridform_state\":1}";
    struct seal *seal = seal_of(KEY_A), *leaving = seal_new();
    struct err err = {0};
    assert_int_equal(open_document(seal, plain, &err), -1);
    assert_int_equal(err.code, ERR_DENIED);
    assert_non_null(strstr(err.message, "accept_plain: true"));
    assert_int_equal(open_document(seal, "", &err), -1);
    assert_int_equal(open_document(NULL, plain, &err), 0);
    assert_int_equal(seal_add_former_key(leaving, KEY_A, &err), 0);
    assert_int_equal(open_document(leaving, plain, &err), 0);
    seal_accept_plain(seal);
    assert_int_equal(open_document(seal, plain, &err), 0);
    assert_true(seal_writes(seal));
    seal_free(seal);
    seal_free(leaving);
}

static int open_journal(const struct seal *seal, const char *first, const char *second,
                        struct err *err)
{
    struct strbuf text CLEANUP(strbuf_release), out CLEANUP(strbuf_release);
    size_t good;
    strbuf_init(&text, 10000);
    strbuf_init(&out, 10000);
    strbuf_add(&text, first);
    strbuf_add(&text, second);
    return journal_unseal(seal, strbuf_str(&text), strbuf_len(&text), &out, &good, err);
}

/* Neither before nor behind sealed lines; one that was cut is none yet. */
static void test_plain_lines_are_refused_under_a_key(void **unused)
{
    (void)unused;
    struct seal *seal = seal_of(KEY_A);
    struct strbuf line, first;
    struct err err = {0};
    strbuf_init(&line, 100);
    strbuf_init(&first, 1000);
    strbuf_add(&line, "the first\n");
    assert_int_equal(journal_seal_line(seal, (struct journal_start){0}, 0, &line, &first, &err),
                     0);
    const char *sealed_line = strbuf_str(&first);
    assert_int_equal(open_journal(seal, sealed_line, "", &err), 0);
    assert_int_equal(open_journal(seal, sealed_line, "{\"n\":1", &err), 0);
    assert_int_equal(open_journal(seal, sealed_line, "{\"n\":1}\n", &err), -1);
    assert_int_equal(err.code, ERR_DENIED);
    assert_non_null(strstr(err.message, "line 2"));
    assert_int_equal(open_journal(seal, "{\"gridform_journal\":1}\n", "", &err), -1);
    assert_non_null(strstr(err.message, "line 1"));
    seal_accept_plain(seal);
    assert_int_equal(open_journal(seal, sealed_line, "{\"n\":1}\n", &err), 0);
    strbuf_release(&line);
    strbuf_release(&first);
    seal_free(seal);
}

/* A sealed plan is no state, a journal's line is at home in one place. */
static void test_purposes_do_not_mix(void **unused)
{
    (void)unused;
    static const char start_a[] = "first line", start_b[] = "first lime";
    struct seal *seal = seal_of(KEY_A);
    for (int a = 0; a < SEAL_PURPOSE_COUNT; a++)
        for (int b = 0; b < SEAL_PURPOSE_COUNT; b++) {
            const struct seal_label as = {.purpose = (enum seal_purpose)a},
                                    is = {.purpose = (enum seal_purpose)b};
            struct strbuf text = sealed_as(seal, &as, "content", 7);
            assert_int_equal(opens(seal, &is, &text, "content", 7),
                             a == b ? ERR_NONE : ERR_INVALID);
            strbuf_release(&text);
        }
    struct seal_label line = {.purpose = SEAL_JOURNAL,
                              .serial = 3,
                              .context = start_a,
                              .context_size = strlen(start_a)};
    struct strbuf text = sealed_as(seal, &line, "content", 7);
    assert_int_equal(opens(seal, &line, &text, "content", 7), ERR_NONE);
    line.serial = 4;
    assert_int_equal(opens(seal, &line, &text, "content", 7), ERR_INVALID);
    line.serial = 3;
    line.context = start_b;
    assert_int_equal(opens(seal, &line, &text, "content", 7), ERR_INVALID);
    strbuf_release(&text);
    seal_free(seal);
}

/* Readable before it is opened, whatever stands in it, and bound all the same. */
static void test_a_plan_shows_its_source(void **unused)
{
    (void)unused;
    struct seal *seal = seal_of(KEY_A);
    char source[2000];
    size_t size = 0;
    snprintf(source, sizeof(source),
             "{\"commit\":\"c0\",\"path\":\"a,\\\"key\\\":\\\"%01500d\"}", 7);
    const struct seal_label label = {.purpose = SEAL_PLAN, .source = source};
    struct strbuf text = sealed_as(seal, &label, "content", 7);
    const char *found = seal_source(strbuf_str(&text), strbuf_len(&text), &size);
    assert_non_null(found);
    assert_int_equal(size, strlen(source));
    assert_memory_equal(found, source, size);
    assert_int_equal(opens(seal, &label, &text, "content", 7), ERR_NONE);
    char *commit = strstr(strbuf_str(&text), "c0");
    assert_non_null(commit);
    text.data[commit - text.data + 1] = '1';
    assert_int_equal(opens(seal, &label, &text, "content", 7), ERR_INVALID);
    for (size_t cut = 0; cut < strlen(source); cut++)
        assert_null(seal_source(strbuf_str(&text), cut, &size));
    strbuf_release(&text);
    text = sealed(seal, "content");
    assert_null(seal_source(strbuf_str(&text), strbuf_len(&text), &size));
    strbuf_release(&text);
    seal_free(seal);
}

static void test_a_newer_format_is_told(void **unused)
{
    (void)unused;
    struct seal *seal = seal_of(KEY_A);
    static const char newer[] = "{\"gridform_sealed\":2,\"purpose\":\"state\",\"new\":1}\n";
    struct strbuf out;
    struct err err = {0};
    strbuf_init(&out, 100);
    assert_int_equal(unseal_text(seal, &as_state, newer, strlen(newer), &out, &err), -1);
    assert_non_null(strstr(err.message, "newer gridform"));
    strbuf_release(&out);
    seal_free(seal);
}

static void test_a_text_too_large_is_refused(void **unused)
{
    (void)unused;
    struct seal *seal = seal_of(KEY_A);
    struct strbuf small;
    struct err err = {0};
    strbuf_init(&small, 150);
    assert_int_equal(seal_text(seal, &as_state, "content", 7, &small, &err), -1);
    assert_int_equal(err.code, ERR_STORAGE);
    assert_int_equal(strbuf_len(&small), 0);
    strbuf_release(&small);
    seal_free(seal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_sizes_come_back),
        cmocka_unit_test(test_what_is_no_key),
        cmocka_unit_test(test_both_forms_are_one_key),
        cmocka_unit_test(test_texts_differ_and_hide),
        cmocka_unit_test(test_every_damage_is_noticed),
        cmocka_unit_test(test_a_wrong_key_is_no_damage),
        cmocka_unit_test(test_rotation),
        cmocka_unit_test(test_leaving_encryption),
        cmocka_unit_test(test_plain_is_refused_under_a_key),
        cmocka_unit_test(test_plain_lines_are_refused_under_a_key),
        cmocka_unit_test(test_purposes_do_not_mix),
        cmocka_unit_test(test_a_plan_shows_its_source),
        cmocka_unit_test(test_a_newer_format_is_told),
        cmocka_unit_test(test_a_text_too_large_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
