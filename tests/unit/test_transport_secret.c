/* test_transport_secret.c: redact.h, cred.h and shell_quote.h. */
#include "../harness/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "cred.h"
#include "err.h"
#include "redact.h"
#include "shell_quote.h"
#include "strbuf.h"
#include "url.h"

/* ---- Redaction ---- */

static void assert_redacted(const struct secrets *secrets, const char *text, const char *wanted)
{
    struct strbuf buf;
    strbuf_init(&buf, 100000);
    strbuf_add(&buf, text);
    secrets_redact(secrets, &buf);
    assert_string_equal(strbuf_str(&buf), wanted);
    strbuf_release(&buf);
}

static void test_redact_forms(void **state)
{
    (void)state;
    /* Secret: p@ss/w"o<r>d&'x é + blank + emoji + \ */
    static const char secret[] = "p@ss/w\"o<r>d&'x \xc3\xa9\xf0\x9f\x98\x80\\n";
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"raw p@ss/w\"o<r>d&'x \xc3\xa9\xf0\x9f\x98\x80\\n.", "raw ***."},
        {"p%40ss%2Fw%22o%3Cr%3Ed%26%27x%20%C3%A9%F0%9F%98%80%5Cn", "***"},
        {"p%40ss%2fw%22o%3cr%3ed%26%27x+%c3%a9%f0%9f%98%80%5cn", "***"},
        {"p@ss/w&quot;o&lt;r&gt;d&amp;&apos;x \xc3\xa9\xf0\x9f\x98\x80\\n", "***"},
        {"p@ss/w\"o&lt;r&gt;d&amp;'x &#233;&#x1F600;\\n", "***"},
        {"p@ss&#x2f;w&#34;o&#60;r&#62;d&#38;&#39;x &#xE9;&#128512;&#92;n", "***"},
        {"p@ss/w\\\"o<r>d&'x \xc3\xa9\xf0\x9f\x98\x80\\\\n", "***"},
        {"p@ss\\/w\\\"o\\u003cr\\u003Ed\\u0026'x \\u00e9\\ud83d\\uDE00\\\\n", "***"},
        {"'p@ss/w\"o<r>d&'\\''x \xc3\xa9\xf0\x9f\x98\x80\\n'", "'***'"},
        {"p@ss/w\"o<r>d&'x", "p@ss/w\"o<r>d&'x"},
        {"p@ss/w p@ss/w\"o<r>d&'x \xc3\xa9\xf0\x9f\x98\x80\\np@", "p@ss/w ***p@"},
        {"%", "%"},
        {"&#", "&#"},
        {"&#x;", "&#x;"},
        {"\\u12", "\\u12"},
        {"\\", "\\"},
    };
    struct secrets *secrets = secrets_new();
    secrets_add(secrets, secret);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_redacted(secrets, cases[i].text, cases[i].wanted);
    secrets_free(secrets);
}

/* Basic authentication holds user:password, so the secret begins anywhere in the base64. */
static void test_redact_base64(void **state)
{
    (void)state;
    static const char secret[] = "Pa\xff\xfe?~ssword>>1";
    struct secrets *secrets = secrets_new();
    secrets_add(secrets, secret);
    for (size_t before = 0; before < 7; before++) {
        for (size_t after = 0; after < 4; after++) {
            unsigned char plain[64], code[128];
            size_t n = sizeof(secret) - 1;
            memset(plain, 'u', sizeof(plain));
            memcpy(plain + before, secret, n);
            EVP_EncodeBlock(code, plain, (int)(before + n + after));
            struct strbuf text;
            strbuf_init(&text, 1000);
            for (int url = 0; url < 2; url++) {
                for (char *c = (char *)code; url && *c != '\0'; c++)
                    *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
                strbuf_clear(&text);
                strbuf_addf(&text, "Basic %s end", (const char *)code);
                secrets_redact(secrets, &text);
                assert_non_null(strstr(strbuf_str(&text), "***"));
                /* What is left of it is at most what surrounds the secret, a character each. */
                assert_true(strbuf_len(&text) <= strlen("Basic *** end") + before * 4 / 3 + 2 +
                                                     (after + 2) * 4 / 3 + 2);
                assert_non_null(strstr(strbuf_str(&text), " end"));
            }
            strbuf_release(&text);
        }
    }
    secrets_free(secrets);
}

static void test_redact_several(void **state)
{
    (void)state;
    struct secrets *secrets = secrets_new();
    secrets_add(secrets, "abc");
    secrets_add(secrets, "abcdef\n");
    secrets_add(secrets, "");
    secrets_add(secrets, "\n");
    secrets_add(secrets, "abc");
    secrets_add(secrets, "100%41");
    assert_redacted(secrets, "xabcdefx abc abcabc ab", "x***x *** ****** ab");
    assert_redacted(secrets, "100%41 100%2541 100A", "*** *** 100A");
    assert_redacted(secrets, "", "");
    assert_redacted(NULL, "abc", "abc");
    struct err err;
    err_set(&err, ERR_DENIED, "no abc");
    secrets_redact_err(secrets, &err);
    assert_string_equal(err.message, "no ***");
    assert_int_equal(err.code, ERR_DENIED);
    /* A redacted text may grow: it still fits. */
    err_set(&err, ERR_DENIED, "%01000d", 0);
    for (size_t i = 0; i + 3 < 1000; i += 3)
        memcpy(err.message + i, "abc", 3);
    secrets_redact_err(secrets, &err);
    assert_null(strstr(err.message, "abc"));
    secrets_free(secrets);
}

static void test_redact_grows(void **state)
{
    (void)state;
    struct secrets *secrets = secrets_new();
    secrets_add(secrets, "a");
    struct err err;
    err_set(&err, ERR_DENIED, "%s", "");
    memset(err.message, 'a', sizeof(err.message) - 1);
    err.message[sizeof(err.message) - 1] = '\0';
    secrets_redact_err(secrets, &err);
    assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
    assert_null(strchr(err.message, 'a'));
    secrets_free(secrets);
}

/* ---- Secrets ---- */

static char dir[] = "/tmp/gf-cred-XXXXXX";

static const char *write_file(const char *name, const void *data, size_t size, mode_t mode)
{
    static char path[128];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    unlink(path); /* the former one may be read-only */
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, size), size);
    fchmod(fd, mode);
    close(fd);
    return path;
}

static enum err_code resolve(const struct cred_ref *ref, const char *value, const char *says)
{
    struct secrets *secrets = secrets_new();
    struct cred cred = {0};
    struct err err = {0};
    int rc = cred_resolve(ref, secrets, NULL, &cred, &err);
    if (rc == 0) {
        assert_non_null(value);
        assert_string_equal(cred.value, value);
        assert_int_equal(cred.size, strlen(value));
        assert_redacted(secrets, value, "***");
    } else {
        assert_null(cred.value);
        if (says == NULL || strstr(err.message, says) == NULL)
            fail_msg("%s", err.message);
    }
    cred_release(&cred);
    cred_release(&cred);
    secrets_free(secrets);
    return rc == 0 ? ERR_NONE : err.code;
}

static void test_cred_env(void **state)
{
    (void)state;
    struct cred_ref ref = {.source = CRED_ENV, .name = "GF_TEST_SECRET"};
    unsetenv("GF_TEST_SECRET");
    assert_int_equal(resolve(&ref, NULL, "secret from env GF_TEST_SECRET: the variable is not"),
                     ERR_NOT_FOUND);
    setenv("GF_TEST_SECRET", "", 1);
    assert_int_equal(resolve(&ref, NULL, "empty"), ERR_INVALID);
    setenv("GF_TEST_SECRET", "s3cret\n", 1);
    assert_int_equal(resolve(&ref, "s3cret", NULL), ERR_NONE);
    struct cred_ref none = {.source = CRED_ENV, .name = ""};
    assert_int_equal(resolve(&none, NULL, "reference is empty"), ERR_INVALID);
}

static void test_cred_file(void **state)
{
    (void)state;
    static char large[CRED_MAX_SIZE + 2];
    struct cred_ref ref = {.source = CRED_FILE};
    ref.name = write_file("a", "pass\nword\n", 10, 0600);
    assert_int_equal(resolve(&ref, "pass\nword", NULL), ERR_NONE);
    ref.name = write_file("a", "x\r\n", 3, 0440);
    assert_int_equal(resolve(&ref, "x", NULL), ERR_NONE);
    ref.name = write_file("a", "x", 1, 0644);
    assert_int_equal(resolve(&ref, NULL, "chmod 600"), ERR_DENIED);
    ref.name = write_file("a", "a\0b", 3, 0600);
    assert_int_equal(resolve(&ref, NULL, "NUL"), ERR_INVALID);
    ref.name = write_file("a", "\n", 1, 0600);
    assert_int_equal(resolve(&ref, NULL, "empty"), ERR_INVALID);
    memset(large, 'x', sizeof(large));
    ref.name = write_file("a", large, CRED_MAX_SIZE + 1, 0600);
    assert_int_equal(resolve(&ref, NULL, "larger than"), ERR_INVALID);
    unlink(ref.name);
    assert_int_equal(resolve(&ref, NULL, "no such file"), ERR_NOT_FOUND);
    ref.name = dir;
    assert_int_equal(resolve(&ref, NULL, "not a regular file"), ERR_INVALID);
}

static void test_cred_credential(void **state)
{
    (void)state;
    struct cred_ref ref = {.source = CRED_CREDENTIAL, .name = "vc"};
    unsetenv("CREDENTIALS_DIRECTORY");
    assert_int_equal(resolve(&ref, NULL, "LoadCredential="), ERR_NOT_FOUND);
    setenv("CREDENTIALS_DIRECTORY", dir, 1);
    assert_int_equal(resolve(&ref, NULL, "no such file"), ERR_NOT_FOUND);
    const char *path = write_file("vc", "abc", 3, 0444);
    assert_int_equal(resolve(&ref, "abc", NULL), ERR_NONE);
    ref.name = "../vc";
    assert_int_equal(resolve(&ref, NULL, "not a name"), ERR_INVALID);
    unlink(path);
}

static bool always(void *context)
{
    (void)context;
    return true;
}

static void test_cred_command(void **state)
{
    (void)state;
    static const struct {
        const char *argv[4];
        const char *value, *says;
        enum err_code code;
    } cases[] = {
        {{"printf", "%s", "a b;$(id)"}, "a b;$(id)", NULL, ERR_NONE},
        {{"/bin/echo", "x"}, "x", NULL, ERR_NONE},
        {{"false"}, NULL, "command false: exit status 1", ERR_INVALID},
        {{"/bin/sh", "-c", "echo leaked-by-failure; exit 3"}, NULL, "status 3", ERR_INVALID},
        {{"/bin/sh", "-c", "kill -TERM $$"}, NULL, "signal 15", ERR_INVALID},
        {{"true"}, NULL, "empty", ERR_INVALID},
        {{"cat"}, NULL, "empty", ERR_INVALID}, /* stdin is empty, not ours */
        {{"yes"}, NULL, "larger than", ERR_INVALID},
        {{"/nonexistent/program"}, NULL, "cannot be started", ERR_NOT_FOUND},
        {{dir}, NULL, "cannot be started", ERR_DENIED},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cred_ref ref = {.source = CRED_COMMAND, .argv = cases[i].argv};
        assert_int_equal(resolve(&ref, cases[i].value, cases[i].says), cases[i].code);
    }
    static const char *const slow[] = {"sleep", "1000", NULL};
    struct cred_ref ref = {.source = CRED_COMMAND, .argv = slow};
    struct cancel cancel = {always, NULL};
    struct cred cred = {0};
    struct err err = {0};
    assert_int_equal(cred_resolve(&ref, NULL, &cancel, &cred, &err), -1);
    assert_int_equal(err.code, ERR_CANCELLED);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nothing is left behind */
}

/* ---- Quoting ---- */

/* What the shell's printf makes of the quoted word. */
static void shell_says(const char *word, struct strbuf *out)
{
    struct strbuf command;
    strbuf_init(&command, 100000);
    strbuf_add(&command, "printf %s ");
    shell_quote(&command, word);
    FILE *pipe = popen(strbuf_str(&command), "r");
    assert_non_null(pipe);
    char data[4096];
    size_t n;
    while ((n = fread(data, 1, sizeof(data), pipe)) > 0)
        strbuf_add_mem(out, data, n);
    assert_int_equal(pclose(pipe), 0);
    strbuf_release(&command);
}

static void test_shell_round_trip(void **state)
{
    (void)state;
    static const char *const words[] = {"",        "-n",
                                        "'",       "''",
                                        "a'b",     "'a'",
                                        "\\",      "\\'",
                                        "$(id)",   "`id`",
                                        "${HOME}", "a;b|c&d",
                                        "!!",      "~",
                                        "#x",      "*?[a]",
                                        "a\nb\n",  "\n",
                                        " lead",   "trail ",
                                        "\"",      "{a,b}",
                                        "a=b",     "\xff\xfe",
                                        "%s%n",    "/vmfs/volumes/datastore 1/x.vib"};
    struct strbuf out;
    strbuf_init(&out, 100000);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        strbuf_clear(&out);
        shell_says(words[i], &out);
        assert_string_equal(strbuf_str(&out), words[i]);
    }
    char all[3 * 255 + 1], *at = all;
    for (int c = 1; c < 256; c++) { /* each byte between two others */
        *at++ = (char)c;
        *at++ = '\'';
        *at++ = (char)c;
    }
    *at = '\0';
    strbuf_clear(&out);
    shell_says(all, &out);
    assert_string_equal(strbuf_str(&out), all);
    strbuf_release(&out);
}

static void test_shell_quote_text(void **state)
{
    (void)state;
    static const char *const words[] = {"esxcli",  "graphics", "host", "set",
                                        "--x=y z", "",         NULL};
    struct strbuf out;
    strbuf_init(&out, 1000);
    shell_quote_all(&out, words);
    assert_string_equal(strbuf_str(&out), "esxcli graphics host set '--x=y z' ''");
    strbuf_release(&out);
}

static int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) == NULL ? -1 : 0;
}

static int remove_dir(void **state)
{
    (void)state;
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_redact_forms),     cmocka_unit_test(test_redact_base64),
        cmocka_unit_test(test_redact_several),   cmocka_unit_test(test_redact_grows),
        cmocka_unit_test(test_cred_env),         cmocka_unit_test(test_cred_file),
        cmocka_unit_test(test_cred_credential),  cmocka_unit_test(test_cred_command),
        cmocka_unit_test(test_shell_round_trip), cmocka_unit_test(test_shell_quote_text),
    };
    return cmocka_run_group_tests_name("secrets and quoting", tests, make_dir, remove_dir);
}
