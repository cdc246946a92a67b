/* check_vra7.c: the simulated vRealize Automation through its door: libcurl over TLS, with the
 * certificate of the lab's own authority, percent-encoding, broken and held replies. */
#include "../harness/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <curl/curl.h>

#include "lab_internal.h"
#include "strbuf.h"
#include "vra7.h"

#define WORLD_TEXT                                                                             \
    "world: 1\nspeed: 1\nstable_ids: true\n"                                                   \
    "vcenter:\n  name: vcenter.lab.local\n  version: \"6.5\"\n  datacenter: Lab\n"             \
    "  accounts:\n    - { username: a@vsphere.local, password: x }\n"                          \
    "vra:\n  name: vra.lab.local\n  version: 7.3.0\n  tenant: ml\n"                            \
    "  accounts:\n    - { username: architect@ml.local, password: secret }\n"                  \
    "  business_groups: [ml]\n  machine_prefixes: [tf-]\n"                                     \
    "clusters:\n  GPU: { drs: manual }\nnetworks: [VM Network]\n"                              \
    "datastores:\n  images:\n    capacity: 4000 GiB\n"

#define LOGIN "{\"username\":\"architect@ml.local\",\"password\":\"secret\",\"tenant\":\"ml\"}"

struct fixture {
    char dir[64], world_file[80], ca_file[80];
    struct lab lab;
    struct vra7_server *server;
    CURL *curl;
    struct curl_slist *resolve, *headers;
    struct strbuf body, location;
    json_t *json;
};

static size_t on_body(char *data, size_t size, size_t n, void *context)
{
    strbuf_add_mem(context, data, size * n);
    return size * n;
}

static size_t on_header(char *data, size_t size, size_t n, void *context)
{
    static const char name[] = "Location: ";
    size_t length = size * n;
    if (length > sizeof(name) && strncasecmp(data, name, strlen(name)) == 0) {
        strbuf_clear(context);
        strbuf_add_mem(context, data + strlen(name), length - strlen(name) - 2);
    }
    return length;
}

static CURLcode send_request(struct fixture *f, const char *method, const char *path,
                             const char *body, long *ret_status)
{
    char url[2000];
    snprintf(url, sizeof(url), "https://vra.lab.local:%d%s", f->lab.vra_port, path);
    strbuf_clear(&f->body);
    json_decref(f->json);
    f->json = NULL;
    curl_easy_setopt(f->curl, CURLOPT_URL, url);
    curl_easy_setopt(f->curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(f->curl, CURLOPT_NOBODY, strcmp(method, "HEAD") == 0 ? 1L : 0L);
    curl_easy_setopt(f->curl, CURLOPT_HTTPHEADER, f->headers);
    if (body != NULL) {
        curl_easy_setopt(f->curl, CURLOPT_POSTFIELDSIZE, (long)strlen(body));
        curl_easy_setopt(f->curl, CURLOPT_POSTFIELDS, body);
    } else if (strcmp(method, "HEAD") != 0) {
        curl_easy_setopt(f->curl, CURLOPT_HTTPGET, 1L);
        curl_easy_setopt(f->curl, CURLOPT_CUSTOMREQUEST, method);
    }
    CURLcode code = curl_easy_perform(f->curl);
    curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, ret_status);
    f->json = json_loads(strbuf_str(&f->body), JSON_DECODE_ANY, NULL);
    return code;
}

static long ask(struct fixture *f, const char *method, const char *path, const char *body)
{
    long status = 0;
    CURLcode code = send_request(f, method, path, body, &status);
    if (code != CURLE_OK)
        fail_msg("%s %s: %s", method, path, curl_easy_strerror(code));
    return status;
}

static void login(struct fixture *f)
{
    char header[1000];
    assert_int_equal(ask(f, "POST", "/identity/api/tokens", LOGIN), 200);
    snprintf(header, sizeof(header), "Authorization: Bearer %s", text_member(f->json, "id"));
    f->headers = curl_slist_append(f->headers, header);
}

static void open_client(struct fixture *f)
{
    char resolve[80];
    snprintf(resolve, sizeof(resolve), "vra.lab.local:%d:127.0.0.1", f->lab.vra_port);
    f->resolve = curl_slist_append(NULL, resolve);
    f->headers = curl_slist_append(NULL, "Content-Type: application/json");
    f->headers = curl_slist_append(f->headers, "Expect:");
    f->curl = curl_easy_init();
    curl_easy_setopt(f->curl, CURLOPT_RESOLVE, f->resolve);
    curl_easy_setopt(f->curl, CURLOPT_CAINFO, f->ca_file);
    curl_easy_setopt(f->curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(f->curl, CURLOPT_WRITEDATA, &f->body);
    curl_easy_setopt(f->curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(f->curl, CURLOPT_HEADERDATA, &f->location);
    curl_easy_setopt(f->curl, CURLOPT_TIMEOUT, 60L);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct world *world = NULL;
    struct err err = {0};
    strbuf_init(&f->body, STRBUF_MAX_OUTPUT);
    strbuf_init(&f->location, 4096);
    snprintf(f->dir, sizeof(f->dir), "/tmp/check_vra7_XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->world_file, sizeof(f->world_file), "%s/world.yaml", f->dir);
    snprintf(f->ca_file, sizeof(f->ca_file), "%s/ca.pem", f->dir);
    assert_int_equal(file_write(f->dir, "world.yaml", WORLD_TEXT, 0600, &err), 0);
    if (world_load(f->world_file, &world, &err) < 0)
        fail_msg("%s", err.message);
    lab_init(&f->lab, world, f->dir);
    struct server_cert cert = {.kind = "vra", .name = world->vra_name};
    if (certs_make(&f->lab, &cert, 1, &err) < 0 ||
        vra7_start(&f->lab, cert.cert_pem, cert.key_pem, &f->server, &err) < 0)
        fail_msg("%s", err.message);
    open_client(f);
    login(f);
    *state = f;
    return 0;
}

static void remove_file(const struct fixture *f, const char *name)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", f->dir, name);
    unlink(path);
}

static int teardown(void **state)
{
    static const char *const files[] = {"world.yaml", "ca.pem",  "ca.key",
                                        "vra.pem",    "vra.key", "ca-key.pem"};
    struct fixture *f = *state;
    struct world *world = f->lab.world;
    curl_easy_cleanup(f->curl);
    curl_slist_free_all(f->resolve);
    curl_slist_free_all(f->headers);
    lab_stop(&f->lab);
    vra7_stop(f->server);
    lab_release(&f->lab);
    world_free(world);
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        remove_file(f, files[i]);
    assert_int_equal(rmdir(f->dir), 0);
    strbuf_release(&f->body);
    strbuf_release(&f->location);
    json_decref(f->json);
    free(f);
    return 0;
}

/* ---- checks ----------------------------------------------------------------------------- */

static void tls_is_verified(void **state)
{
    struct fixture *f = *state;
    long status = 0;
    assert_int_equal(ask(f, "GET", "/identity/api/about", NULL), 200);
    assert_string_equal(text_member(f->json, "productVersion"), "7.3.0");
    curl_easy_setopt(f->curl, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(f->curl, CURLOPT_CAINFO, "/dev/null");
    assert_int_not_equal(send_request(f, "GET", "/identity/api/about", NULL, &status),
                         CURLE_OK);
}

static void tokens_are_encoded_in_paths(void **state)
{
    struct fixture *f = *state;
    char path[1500];
    const char *token = strrchr(f->headers->next->next->data, ' ') + 1;
    char *encoded = curl_easy_escape(f->curl, token, 0);
    assert_non_null(strstr(encoded, "%2F"));
    snprintf(path, sizeof(path), "/identity/api/tokens/%s", encoded);
    curl_free(encoded);
    assert_int_equal(ask(f, "HEAD", path, NULL), 204);
    assert_int_equal(ask(f, "DELETE", path, NULL), 204);
    assert_int_equal(ask(f, "GET", "/catalog-service/api/services", NULL), 401);
    assert_int_equal(strbuf_len(&f->body), 0);
}

static void services_are_created_and_filtered(void **state)
{
    struct fixture *f = *state;
    char path[300];
    assert_int_equal(ask(f, "POST", "/catalog-service/api/services",
                         "{\"name\":\"Bob's GPUs\",\"status\":\"ACTIVE\","
                         "\"organization\":{\"tenantRef\":\"ml\"}}"),
                     201);
    assert_int_equal(strbuf_len(&f->body), 0);
    snprintf(path, sizeof(path), "%s", strbuf_str(&f->location));
    assert_int_equal(strncmp(path, "/catalog-service/api/services/", 30), 0);
    assert_int_equal(ask(f, "GET", path, NULL), 200);
    assert_string_equal(text_member(f->json, "name"), "Bob's GPUs");
    assert_int_equal(ask(f, "GET",
                         "/catalog-service/api/services?page=1&limit=100&"
                         "%24filter=name%20eq%20%27Bob%27%27s%20GPUs%27&$orderby=name%20asc",
                         NULL),
                     200);
    assert_int_equal(json_array_size(json_object_get(f->json, "content")), 1);
    assert_int_equal(ask(f, "PATCH", path, "{}"), 405);
    assert_int_equal(ask(f, "GET", "/blueprint/api/blueprints", NULL), 404);
}

static void too_large_bodies_are_refused(void **state)
{
    struct fixture *f = *state;
    char *body = malloc(VRA7_MAX_BODY + 2);
    memset(body, ' ', VRA7_MAX_BODY + 1);
    body[VRA7_MAX_BODY + 1] = '\0';
    assert_int_equal(ask(f, "PUT", "/composition-service/api/blueprintdocuments/A", body), 413);
    free(body);
}

static void add_fault(struct fixture *f, enum lab_fault_kind kind, int status, const char *text)
{
    lab_lock(&f->lab);
    struct lab_fault fault = {.system = SYSTEM_VRA, .kind = kind, .times = 1, .status = status};
    fault.text = text != NULL ? world_strdup(f->lab.world, text) : NULL;
    fault.milliseconds = 20;
    VEC_PUSH(f->lab.world->arena, &f->lab.faults, fault);
    lab_unlock(&f->lab);
}

static void faults_reach_the_wire(void **state)
{
    struct fixture *f = *state;
    const char *path = "/identity/api/about";
    long status = 0;
    add_fault(f, FAULT_STATUS, 503, "<html>down</html>");
    assert_int_equal(ask(f, "GET", path, NULL), 503);
    char *type = NULL;
    curl_easy_getinfo(f->curl, CURLINFO_CONTENT_TYPE, &type);
    assert_string_equal(type, "text/html");
    add_fault(f, FAULT_STATUS, 403, NULL);
    assert_int_equal(ask(f, "GET", path, NULL), 403);
    assert_int_equal(strbuf_len(&f->body), 0);
    add_fault(f, FAULT_DELAY, 0, NULL);
    assert_int_equal(ask(f, "GET", path, NULL), 200);
    add_fault(f, FAULT_TRUNCATE, 0, NULL);
    assert_int_not_equal(send_request(f, "GET", path, NULL, &status), CURLE_OK);
    assert_true(strbuf_len(&f->body) > 0);
    assert_null(f->json);
    assert_int_equal(ask(f, "GET", path, NULL), 200);
}

/* The call is carried out and its answer is lost; or it is not carried out at all. */
static void dropped_calls_may_have_happened(void **state)
{
    struct fixture *f = *state;
    const char *path = "/composition-service/api/blueprintdocuments/A";
    const char *body = "{\"name\":\"A\",\"components\":{}}";
    long status = 0;
    /* libcurl sends again on its own when a connection that it reused closes without a byte */
    curl_easy_setopt(f->curl, CURLOPT_FRESH_CONNECT, 1L);
    add_fault(f, FAULT_DROP_BEFORE, 0, NULL);
    assert_int_not_equal(send_request(f, "PUT", path, body, &status), CURLE_OK);
    assert_int_equal(ask(f, "GET", path, NULL), 404);
    add_fault(f, FAULT_DROP_AFTER, 0, NULL);
    assert_int_not_equal(send_request(f, "PUT", path, body, &status), CURLE_OK);
    assert_int_equal(ask(f, "GET", path, NULL), 200);
}

/* The writer of a held call; `status` stays 0 when the connection closes without an answer. */
struct writer {
    struct fixture *f;
    CURLcode code;
    long status;
};

static void *write_document(void *context)
{
    struct writer *writer = context;
    writer->code =
        send_request(writer->f, "PUT", "/composition-service/api/blueprintdocuments/A",
                     "{\"name\":\"A\",\"components\":{}}", &writer->status);
    return NULL;
}

static void held_calls_wait_and_may_lose_their_answer(void **state)
{
    struct fixture *f = *state;
    for (int answer = 0; answer < 2; answer++) {
        struct writer writer = {.f = f};
        pthread_t thread;
        curl_easy_setopt(f->curl, CURLOPT_FRESH_CONNECT, 1L);
        lab_lock(&f->lab);
        f->lab.n_changing = 0;
        f->lab.hold_at = 1;
        lab_unlock(&f->lab);
        assert_int_equal(pthread_create(&thread, NULL, write_document, &writer), 0);
        lab_lock(&f->lab);
        while (!f->lab.held)
            pthread_cond_wait(&f->lab.changed, &f->lab.lock);
        assert_non_null(vra_list_find(&f->lab.world->vra.blueprints, "A")); /* done already */
        f->lab.release_answers = answer == 1;
        f->lab.released = true;
        pthread_cond_broadcast(&f->lab.changed);
        lab_unlock(&f->lab);
        pthread_join(thread, NULL);
        assert_int_equal(writer.status, answer == 1 ? 200 : 0);
        assert_int_equal(writer.code == CURLE_OK, answer == 1);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(tls_is_verified),
        TEST(tokens_are_encoded_in_paths),
        TEST(services_are_created_and_filtered),
        TEST(too_large_bodies_are_refused),
        TEST(faults_reach_the_wire),
        TEST(dropped_calls_may_have_happened),
        TEST(held_calls_wait_and_may_lose_their_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
