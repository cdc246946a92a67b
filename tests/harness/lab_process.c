/* lab_process.c: see lab_process.h. */
#include "lab_process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <curl/curl.h>

#include "files.h"
#include "strbuf.h"
#include "unit.h"

enum {
    START_LIMIT_MS = 30000,
    CALL_LIMIT_S = 70,
    ANSWER_MAX = 64 << 20,
    GUEST_FILE_MAX = 1 << 20
};

/* ---- process ------------------------------------------------------------------------------
 */

static void child(const struct lab *lab, const char *world_file, unsigned speed, int input)
{
    char log[160], speed_text[16];
    snprintf(log, sizeof(log), "%s/log", lab->dir);
    snprintf(speed_text, sizeof(speed_text), "%u", speed);
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(input, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execl(LAB_PROGRAM, "gridform-lab", "--world", world_file, "--dir", lab->dir, "--speed",
          speed_text, (char *)NULL);
    _exit(127);
}

static bool has_control(struct lab *lab)
{
    char *text = file_text("%s/control", lab->dir);
    bool ready = text != NULL && strchr(text, '\n') != NULL;
    if (ready)
        snprintf(lab->control, sizeof(lab->control), "http://%.*s", (int)strcspn(text, "\n"),
                 text);
    free(text);
    return ready;
}

static void fail_with_log(const struct lab *lab, const char *what)
{
    char *log = file_text("%s/log", lab->dir);
    fail_long("gridform-lab %s:\n%s", what, log == NULL ? "" : log);
}

void lab_start(struct lab *lab, const char *world_file, unsigned speed)
{
    int fds[2];
    if (lab->dir[0] == '\0')
        make_directory(lab->dir, sizeof(lab->dir), "lab");
    char control[160];
    snprintf(control, sizeof(control), "%s/control", lab->dir);
    unlink(control);
    if (pipe2(fds, O_CLOEXEC) < 0)
        fail_long("no pipe");
    lab->pid = fork();
    if (lab->pid == 0)
        child(lab, world_file, speed, fds[0]);
    close(fds[0]);
    lab->input = fds[1];
    for (int waited = 0; !has_control(lab); waited += 5) {
        if (waitpid(lab->pid, NULL, WNOHANG) == lab->pid)
            fail_with_log(lab, "ended before it was ready");
        if (waited > START_LIMIT_MS)
            fail_with_log(lab, "did not start");
        pause_ms(5);
    }
}

void lab_pause(struct lab *lab)
{
    int status = 0;
    close(lab->input);
    waitpid(lab->pid, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_with_log(lab, "did not end cleanly");
    lab->pid = 0;
}

void lab_stop(struct lab *lab)
{
    if (lab->pid != 0)
        lab_pause(lab);
    remove_directory(lab->dir);
    lab->dir[0] = '\0';
}

/* ---- calls --------------------------------------------------------------------------------
 */

static size_t take(char *data, size_t size, size_t n, void *context)
{
    strbuf_add_mem(context, data, size * n);
    return size * n;
}

/* Letters of a path as they are, the rest escaped; '/', '?', '=' and '&' are structure. */
static void add_escaped(struct strbuf *url, const char *path)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-._~/?=&:@#%";
    for (; *path != '\0'; path++) {
        if (*path == '#')
            strbuf_add(url, "%23");
        else if (strchr(plain, *path) != NULL)
            strbuf_add_char(url, *path);
        else
            strbuf_addf(url, "%%%02X", (unsigned)(unsigned char)*path);
    }
}

static CURL *prepare(const struct lab *lab, const char *path, struct strbuf *answer)
{
    struct strbuf url;
    strbuf_init(&url, 8192);
    strbuf_addf(&url, "%s/", lab->control);
    add_escaped(&url, path);
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, strbuf_str(&url));
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)CALL_LIMIT_S);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    strbuf_release(&url);
    return curl;
}

long lab_try(const struct lab *lab, const char *method, const char *path, const json_t *body,
             json_t **ret_json)
{
    struct strbuf answer;
    strbuf_init(&answer, ANSWER_MAX);
    CURL *curl = prepare(lab, path, &answer);
    char *text = body == NULL ? NULL : json_dumps(body, JSON_ENCODE_ANY);
    if (strcmp(method, "GET") != 0)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, text == NULL ? "" : text);
    CURLcode result = curl_easy_perform(curl);
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    free(text);
    if (result != CURLE_OK)
        fail_long("lab: %s %s: %s", method, path, curl_easy_strerror(result));
    if (ret_json != NULL)
        *ret_json = json_loadb(strbuf_str(&answer), strbuf_len(&answer), JSON_DECODE_ANY, NULL);
    else if (status != 200)
        fail_long("lab: %s %s: %ld %s", method, path, status, strbuf_str(&answer));
    strbuf_release(&answer);
    return status;
}

json_t *lab_get(const struct lab *lab, const char *path)
{
    json_t *json = NULL;
    if (lab_try(lab, "GET", path, NULL, &json) != 200 || json == NULL)
        fail_long("lab: GET %s: nothing is there", path);
    return json;
}

void lab_post(const struct lab *lab, const char *path, const json_t *body)
{
    lab_try(lab, "POST", path, body, NULL);
}

json_t *lab_world(const struct lab *lab)
{
    return lab_get(lab, "world");
}

static const char *PRINTF_LIKE(3, 0)
    format_path(char *buffer, size_t size, const char *format, va_list args)
{
    if (vsnprintf(buffer, size, format, args) >= (int)size)
        fail_long("a path is too long: %s", buffer);
    return buffer;
}

void lab_poke(const struct lab *lab, const char *value, const char *path, ...)
{
    char where[1024], whole[1100];
    va_list args;
    va_start(args, path);
    snprintf(whole, sizeof(whole), "world/%s", format_path(where, sizeof(where), path, args));
    va_end(args);
    json_t *json = json_parse(value);
    lab_post(lab, whole, json);
    json_decref(json);
}

json_t *lab_look(const struct lab *lab, const char *path, ...)
{
    char where[1024], whole[1100];
    va_list args;
    va_start(args, path);
    snprintf(whole, sizeof(whole), "world/%s", format_path(where, sizeof(where), path, args));
    va_end(args);
    return lab_get(lab, whole);
}

json_t *lab_calls(const struct lab *lab)
{
    return lab_get(lab, "calls");
}

json_t *lab_events(const struct lab *lab)
{
    return lab_get(lab, "events");
}

void lab_forget(const struct lab *lab)
{
    lab_post(lab, "calls/reset", NULL);
    lab_post(lab, "events/reset", NULL);
}

size_t calls_changing(const json_t *calls)
{
    size_t n = 0, i;
    json_t *call;
    json_array_foreach(calls, i, call) n += json_is_true(json_object_get(call, "changing"));
    return n;
}

size_t events_count(const json_t *events, const char *event, const char *object)
{
    size_t n = 0, i;
    json_t *item;
    json_array_foreach(events, i, item) n +=
        strcmp(json_text_at(item, "event"), event) == 0 &&
        (object == NULL || strcmp(json_text_at(item, "object"), object) == 0);
    return n;
}

size_t calls_count(const json_t *calls, const char *operation, const char *detail)
{
    size_t n = 0, i;
    json_t *item;
    json_array_foreach(calls, i, item) n +=
        strcmp(json_text_at(item, "operation"), operation) == 0 &&
        (detail == NULL || strstr(json_text_at(item, "detail"), detail) != NULL);
    return n;
}

/* ---- faults ---------------------------------------------------------------------------------
 */

static void post_text(const struct lab *lab, const char *path, const char *text)
{
    json_t *json = json_parse(text);
    lab_post(lab, path, json);
    json_decref(json);
}

void lab_fault(const struct lab *lab, const char *fault)
{
    post_text(lab, "faults", fault);
}

void lab_no_faults(const struct lab *lab)
{
    lab_post(lab, "faults/reset", NULL);
}

void lab_hold(const struct lab *lab, unsigned call)
{
    char text[64];
    snprintf(text, sizeof(text), "{\"call\": %u}", call);
    post_text(lab, "hold", text);
}

bool lab_is_held(const struct lab *lab, unsigned ms)
{
    char path[64];
    snprintf(path, sizeof(path), "held?wait=%u", ms);
    json_t *answer = lab_get(lab, path);
    bool held = json_true_at(answer, "held");
    json_decref(answer);
    return held;
}

void lab_release(const struct lab *lab, bool answer)
{
    post_text(lab, "release", answer ? "{\"answer\": true}" : "{\"answer\": false}");
}

/* ---- JSON -----------------------------------------------------------------------------------
 */

static const json_t *PRINTF_LIKE(2, 0) walk(const json_t *at, const char *format, va_list args)
{
    char path[1024], *rest = path, *segment;
    format_path(path, sizeof(path), format, args);
    while (at != NULL && (segment = strsep(&rest, "/")) != NULL) {
        if (*segment == '\0')
            continue;
        char *end;
        unsigned long index = strtoul(segment, &end, 10);
        at = json_is_array(at) ? json_array_get(at, *end == '\0' ? index : SIZE_MAX)
                               : json_object_get(at, segment);
    }
    return at;
}

const json_t *json_at(const json_t *at, const char *path, ...)
{
    va_list args;
    va_start(args, path);
    const json_t *found = walk(at, path, args);
    va_end(args);
    return found;
}

const char *json_text_at(const json_t *at, const char *path, ...)
{
    va_list args;
    va_start(args, path);
    const char *text = json_string_value(walk(at, path, args));
    va_end(args);
    return text == NULL ? "" : text;
}

json_int_t json_int_at(const json_t *at, const char *path, ...)
{
    va_list args;
    va_start(args, path);
    const json_t *found = walk(at, path, args);
    va_end(args);
    if (!json_is_integer(found))
        fail_long("%s: no number is there", path);
    return json_integer_value(found);
}

bool json_true_at(const json_t *at, const char *path, ...)
{
    va_list args;
    va_start(args, path);
    const json_t *found = walk(at, path, args); /* the macro looks twice */
    va_end(args);
    return json_is_true(found);
}

json_t *json_parse(const char *text)
{
    json_error_t error;
    json_t *json = json_loads(text, JSON_DECODE_ANY, &error);
    if (json == NULL)
        fail_long("no JSON (%s): %.2000s", error.text, text);
    return json;
}

/* ---- guests -------------------------------------------------------------------------------
 */

char *lab_guest_file(const struct lab *lab, const char *moref, const char *path)
{
    char command[512];
    size_t size = 0;
    char *text = calloc(1, GUEST_FILE_MAX + 1);
    snprintf(command, sizeof(command), "tar -xOf '%s/guests/%s.tar' '%s' 2>/dev/null", lab->dir,
             moref, path);
    FILE *pipe = popen(command, "re");
    if (text == NULL || pipe == NULL)
        fail_msg("%s", command);
    size = fread(text, 1, GUEST_FILE_MAX, pipe);
    text[size] = '\0';
    if (pclose(pipe) == 0)
        return text;
    free(text);
    return NULL;
}
