/* test_transport_files.c: what files are sent with: base64, checked uploads, URLs in parts. */
#include "../harness/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base64.h"
#include "strbuf.h"
#include "upload.h"
#include "url.h"

/* ---- base64 ---- */

static void test_base64_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *plain, *text, *bare; /* RFC 4648 §10, and without padding */
    } vectors[] = {{"", "", ""},
                   {"f", "Zg==", "Zg"},
                   {"fo", "Zm8=", "Zm8"},
                   {"foo", "Zm9v", "Zm9v"},
                   {"foob", "Zm9vYg==", "Zm9vYg"},
                   {"fooba", "Zm9vYmE=", "Zm9vYmE"},
                   {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
                   {"\xfb\xff\xfe", "+//+", "-__-"}};
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        struct strbuf out;
        strbuf_init(&out, 100);
        base64_encode(&out, vectors[i].plain, strlen(vectors[i].plain));
        assert_string_equal(strbuf_str(&out), vectors[i].text);
        strbuf_clear(&out);
        assert_int_equal(base64_decode(&out, vectors[i].text, strlen(vectors[i].text)), 0);
        assert_string_equal(strbuf_str(&out), vectors[i].plain);
        assert_int_equal(base64_decode(&out, vectors[i].bare, strlen(vectors[i].bare)), 0);
        assert_int_equal(strbuf_len(&out), 2 * strlen(vectors[i].plain));
        assert_string_equal(strbuf_str(&out) + strlen(vectors[i].plain), vectors[i].plain);
        strbuf_release(&out);
    }
}

static void test_base64_garbage(void **state)
{
    (void)state;
    static const char *const bad[] = {"Z",     "Zg=",   "Zg===",    "Zm9v=",    "Zm9v====",
                                      "=",     "====",  "Zg==Zg==", "Z===",     "Zm9 v",
                                      " Zm9v", "Zm9v ", "Zm9v\n",   "\n\n\n\n", "Zm9v\r",
                                      "Z*==",  "Zm9v.", "\xc3\xa9", "Zm-v+/_.", "Zg==-"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct strbuf out;
        strbuf_init(&out, 100);
        strbuf_add(&out, "before");
        if (base64_decode(&out, bad[i], strlen(bad[i])) == 0)
            fail_msg("\"%s\" is taken: %s", bad[i], strbuf_str(&out));
        assert_string_equal(strbuf_str(&out), "before");
        strbuf_release(&out);
    }
    struct strbuf out;
    strbuf_init(&out, 100);
    assert_int_equal(base64_decode(&out, "Zm\0v", 4), -1);
    strbuf_release(&out);
}

/* Around the block in which it is encoded, with every byte; libcrypto's own is the judge. */
static void test_base64_sizes(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 255, 3071, 3072, 3073, 3074, 6143, 6144, 6145, 100001};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        size_t n = sizes[i];
        unsigned char *data = malloc(n), *expected = malloc(n * 2 + 8);
        struct strbuf text, back;
        for (size_t at = 0; at < n; at++)
            data[at] = (unsigned char)(at * 7 + at / 256);
        strbuf_init(&text, 1 << 20);
        strbuf_init(&back, 1 << 20);
        base64_encode(&text, data, n);
        assert_int_equal(EVP_EncodeBlock(expected, data, (int)n), strbuf_len(&text));
        assert_memory_equal(strbuf_str(&text), expected, strbuf_len(&text));
        assert_int_equal(base64_decode(&back, strbuf_str(&text), strbuf_len(&text)), 0);
        assert_int_equal(strbuf_len(&back), n);
        assert_memory_equal(strbuf_str(&back), data, n);
        strbuf_release(&text);
        strbuf_release(&back);
        free(data);
        free(expected);
    }
}

/* ---- uploads ---- */

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" /* FIPS 180 */

static char directory[64];

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static void put(const char *name, const void *data, size_t size)
{
    FILE *file = fopen(path_of(name), "w");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void refuse(const char *name, const char *sha256, enum err_code code, const char *text)
{
    struct upload upload = {.size = 7};
    struct err err = {0};
    assert_int_equal(upload_open(path_of(name), sha256, &upload, &err), -1);
    if (err.code != code || strstr(err.message, text) == NULL)
        fail_msg("%s: %s: %s", name, err_code_name(err.code), err.message);
    assert_non_null(strstr(err.message, name));
    assert_int_equal(upload.size, 7); /* untouched */
}

static void accept(const char *name, const char *sha256, const void *data, size_t size)
{
    struct upload upload = {0};
    struct err err = {0};
    if (upload_open(path_of(name), sha256, &upload, &err) < 0)
        fail_msg("%s", err.message);
    assert_int_equal(upload.size, size);
    if (size > 0)
        assert_memory_equal(upload.data, data, size);
    upload_close(&upload);
    assert_null(upload.data);
    upload_close(&upload);
}

static void test_upload(void **state)
{
    (void)state;
    static const char pointer[] = "version https://git-lfs.github.com/spec/v1\n"
                                  "oid sha256:" ABC "\nsize 3\n";
    put("abc", "abc", 3);
    put("none", "", 0);
    put("pointer", pointer, strlen(pointer));
    assert_int_equal(mkdir(path_of("dir"), 0700), 0);
    assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
    accept("abc", ABC, "abc", 3);
    accept("none", EMPTY, "", 0);
    refuse("abc", EMPTY, ERR_INVALID, ABC);
    refuse("none", ABC, ERR_INVALID, EMPTY);
    refuse("abc", "", ERR_INVALID, "SHA-256");
    refuse("pointer", ABC, ERR_INVALID, "git lfs pull");
    refuse("dir", EMPTY, ERR_INVALID, "regular file");
    refuse("fifo", EMPTY, ERR_INVALID, "regular file");
    refuse("absent", ABC, ERR_NOT_FOUND, "No such file");
    refuse("abc/below", ABC, ERR_NOT_FOUND, "Not a directory");
    assert_int_equal(chmod(path_of("abc"), 0), 0);
    if (geteuid() != 0) /* nothing is denied to root */
        refuse("abc", ABC, ERR_DENIED, "denied");
    assert_int_equal(unlink(path_of("abc")), 0);
    assert_int_equal(symlink("none", path_of("abc")), 0);
    accept("abc", EMPTY, "", 0);
}

/* Several MiB: the digest of FIPS 180's million letters, and a size that is no page's. */
static void test_upload_large(void **state)
{
    (void)state;
    size_t size = 5 * 1024 * 1024 + 1;
    char *data = malloc(size), hex[65];
    unsigned char digest[32];
    memset(data, 'a', size);
    put("million", data, 1000000);
    accept("million", "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", data,
           1000000);
    data[size - 1] = 'b';
    put("large", data, size);
    assert_int_equal(EVP_Digest(data, size, digest, NULL, EVP_sha256(), NULL), 1);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    accept("large", hex, data, size);
    data[size - 1] = 'a';
    put("large", data, size);
    refuse("large", hex, ERR_INVALID, "another SHA-256");
    free(data);
}

static int make_directory(void **state)
{
    (void)state;
    snprintf(directory, sizeof directory, "/tmp/gf-files-XXXXXX");
    return mkdtemp(directory) == NULL ? -1 : 0;
}

static int remove_directory(void **state)
{
    (void)state;
    static const char *const names[] = {"abc", "none", "pointer", "fifo", "million", "large"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        unlink(path_of(names[i]));
    rmdir(path_of("dir"));
    return rmdir(directory);
}

/* ---- URLs ---- */

static void test_url(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host;
        unsigned port;
        const char *path;
    } urls[] = {{"https://esx-01.lab/guestFile?id=1&token=52", "esx-01.lab", 443,
                 "/guestFile?id=1&token=52"},
                {"HTTPS://esx-01.lab:8443/guestFile", "esx-01.lab", 8443, "/guestFile"},
                {"https://*:443/guestFile?id=1", "*", 443, "/guestFile?id=1"},
                {"https://*/guestFile?id=1", "*", 443, "/guestFile?id=1"},
                {"https://10.0.0.7:65535/", "10.0.0.7", 65535, "/"},
                {"https://[fd00::7]/a:b@c", "fd00::7", 443, "/a:b@c"},
                {"https://[fd00::7]:9/a", "fd00::7", 9, "/a"},
                {"https://esx-01.lab", "esx-01.lab", 443, "/"},
                {"https://esx-01.lab:1", "esx-01.lab", 1, "/"},
                {"https://esx-01.lab?token=a:b@c", "esx-01.lab", 443, "/?token=a:b@c"}};
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        struct url_parts parts;
        struct strbuf path;
        strbuf_init(&path, 200);
        if (url_split(urls[i].url, &parts, &path) < 0)
            fail_msg("%s is refused", urls[i].url);
        assert_string_equal(parts.host, urls[i].host);
        assert_int_equal(parts.port, urls[i].port);
        assert_string_equal(strbuf_str(&path), urls[i].path);
        strbuf_release(&path);
    }
}

static void refuse_url(const char *url)
{
    struct url_parts parts = {.host = "kept", .port = 7};
    struct strbuf path;
    strbuf_init(&path, 1000);
    if (url_split(url, &parts, &path) == 0)
        fail_msg("%s is taken: host \"%s\", port %u, path %s", url, parts.host, parts.port,
                 strbuf_str(&path));
    assert_int_equal(strbuf_len(&path), 0);
    assert_string_equal(parts.host, "kept");
    strbuf_release(&path);
}

static void test_url_refused(void **state)
{
    (void)state;
    static const char *const urls[] = {"",
                                       "https:",
                                       "https://",
                                       "https:///a",
                                       "http://a/b",
                                       "a/b",
                                       "https://user@a/b",
                                       "https://user:secret@a/b",
                                       "https://user:1@a:443/b",
                                       "https://a:/b",
                                       "https://:443/b",
                                       "https://a:0/b",
                                       "https://a:65536/b",
                                       "https://a:4294967739/b",
                                       "https://a:+443/b",
                                       "https://a: 443/b",
                                       "https://a:4x/b",
                                       "https://[fd00::7/b",
                                       "https://[fd00::7]x/b",
                                       "https://[fd00::7]x:443/b",
                                       "https://[]/b",
                                       "https://fd00::7/b",
                                       "https://a b/c",
                                       "https://a\r\nX: y/c"};
    for (size_t i = 0; i < ARRAY_LEN(urls); i++)
        refuse_url(urls[i]);
}

static void test_url_long(void **state)
{
    (void)state;
    char url[400] = "https://";
    struct url_parts parts;
    struct strbuf path;
    memset(url + 8, 'a', 255);
    strbuf_init(&path, 100);
    assert_int_equal(url_split(url, &parts, &path), 0);
    assert_int_equal(strlen(parts.host), 255);
    strbuf_release(&path);
    memset(url + 8, 'a', 256);
    refuse_url(url);
    memset(url + 8, 'a', 390);
    refuse_url(url);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base64_vectors),
        cmocka_unit_test(test_base64_garbage),
        cmocka_unit_test(test_base64_sizes),
        cmocka_unit_test_setup_teardown(test_upload, make_directory, remove_directory),
        cmocka_unit_test_setup_teardown(test_upload_large, make_directory, remove_directory),
        cmocka_unit_test(test_url),
        cmocka_unit_test(test_url_refused),
        cmocka_unit_test(test_url_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
