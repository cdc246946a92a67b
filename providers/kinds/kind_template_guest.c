/* kind_template_guest.c: the preparation of a template in its guest (design.md §2, V0, V3-V9).
 */
#include "kind_template.h"

#include <string.h>

#include "arena.h"
#include "digest.h"
#include "ops.h"
#include "strbuf.h"
#include "types.h"
#include "value_json.h"

enum { RUN_MS = 1800000, REBOOT_MS = 900000, VERIFY_MS = 120000 };

static const struct attr step_attrs[] = {
    {"name", &type_name, FACET_NONE, 0,
     .doc = "What the step is called in plans and messages."},
    {"script", &type_name, FACET_NONE, ATTR_FILE,
     .doc = "File that holds a script; it is run in the guest, by the interpreter of its #! "
            "line or by /bin/sh."},
    {"script_text", &type_text, FACET_NONE, ATTR_DERIVED | ATTR_TEXT,
     .doc = "What stands in the script."},
    {"run", &type_text, FACET_NONE, 0, .doc = "Command for the guest's shell."},
    {"upload.file", &type_name, FACET_NONE, 0,
     .doc =
         "File beside the manifest that is copied into the guest; it need not be there while "
         "planning."},
    {"upload.sha256", &type_sha256, FACET_NONE, 0, .doc = "SHA-256 of the file."},
    {"upload.to", &type_name, FACET_NONE, 0,
     .doc = "Absolute path in the guest; without it the file lies in the directory that the "
            "command runs in, and is removed after it."},
    {"upload.mode", &type_string, FACET_NONE, 0, .doc = "Its permissions, in octal: 0755."},
    {"verify", &type_name, FACET_NONE, 0,
     .doc = "Command that is run until it shows what is expected."},
    {"expect", &type_texts, FACET_NONE, 0,
     .doc = "What the command of verify must show: output (a part of it), exit_code; of "
            "nvidia-smi also driver_version, profile and licence."},
    {"reboot", &type_flag, FACET_NONE, 0,
     .doc = "Restart the guest and wait until it is back."},
    {"environment", &type_environment, FACET_NONE, 0,
     .doc = "Environment variables of the script or command."},
    {"exit_codes", &type_ints, FACET_NONE, 0, .min = 0, .max = 255,
     .doc = "Exit codes that mean success; without them only 0."},
    {"timeout", &type_duration, FACET_NONE, 0,
     .doc = "How long the step may take: 30m, or 15m for a reboot and 2m for verify."},
};

/* ---- what is wrong with a step ------------------------------------------------------------
 */

static bool is_set(const struct instance *item, const char *attr)
{
    return !value_is_absent(instance_get(item, attr));
}

static struct diag *complain(const struct instance *item, struct diags *diags, const char *attr,
                             const char *message)
{
    struct pos pos = attr == NULL ? item->pos : instance_attr_pos(item, attr);
    struct diag *diag = diag_error(diags, pos, "%s", message);
    diag->address = item->address;
    return diag;
}

static size_t count_actions(const struct instance *item)
{
    static const char *const actions[] = {"script", "run", "verify", "reboot"};
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(actions); i++)
        n += is_set(item, actions[i]);
    return n;
}

static bool is_octal(const char *text)
{
    size_t len = strlen(text);
    return len >= 3 && len <= 4 && strspn(text, "01234567") == len;
}

static void check_upload(const struct instance *item, struct diags *diags)
{
    const char *to = instance_text(item, "upload.to"),
               *mode = instance_text(item, "upload.mode");
    if (!is_set(item, "upload.file")) {
        if (is_set(item, "upload.sha256") || to != NULL || mode != NULL)
            complain(item, diags, NULL, "upload names no file");
        return;
    }
    if (!is_set(item, "upload.sha256")) {
        struct diag *diag = complain(item, diags, "upload.file",
                                     "an upload needs the sha256 of "
                                     "its file");
        diag_hint(diags, diag, "sha256sum %s", instance_text(item, "upload.file"));
    }
    if (to != NULL && (to[0] != '/' || to[strlen(to) - 1] == '/'))
        complain(item, diags, "upload.to", "upload.to is the absolute path of a file");
    if (to == NULL && count_actions(item) == 0)
        complain(item, diags, "upload.file",
                 "an upload without a command says where it goes: to");
    if (mode != NULL && !is_octal(mode))
        complain(item, diags, "upload.mode", "a mode is written in octal, such as 0755");
}

static void check_expect(const struct instance *item, struct diags *diags)
{
    static const char *const known[] = {"output",  "exit_code", "driver_version",
                                        "profile", "licence",   NULL};
    const struct value *expect = instance_get(item, "expect");
    const char *command = instance_text(item, "verify");
    bool smi = command != NULL && strcmp(command, "nvidia-smi") == 0;
    for (size_t i = 0; expect->type == VALUE_MAP && i < expect->map.n; i++) {
        const char *key = expect->map.fields[i].key;
        size_t k = 0;
        while (known[k] != NULL && strcmp(known[k], key) != 0)
            k++;
        if (known[k] != NULL && (k < 2 || smi))
            continue;
        struct diag *diag = complain(item, diags, "expect",
                                     known[k] == NULL ? "expect: unknown key"
                                                      : "expect: only nvidia-smi shows that");
        diag_hint(diags, diag,
                  "\"%.60s\": known are output, exit_code, and of nvidia-smi "
                  "driver_version, profile, licence",
                  key);
    }
}

/* Keys that mean nothing for what the step does. */
static void check_company(const struct instance *item, struct diags *diags)
{
    bool program = is_set(item, "script") || is_set(item, "run");
    bool verify = is_set(item, "verify"), upload = is_set(item, "upload.file");
    if (is_set(item, "environment") && !program && !verify)
        complain(item, diags, "environment", "an environment goes with script, run or verify");
    if (is_set(item, "exit_codes") && !program)
        complain(item, diags, "exit_codes", "exit codes go with script or run");
    if (is_set(item, "expect") && !verify)
        complain(item, diags, "expect", "expect goes with verify");
    if (upload && (verify || is_set(item, "reboot")))
        complain(item, diags, "upload.file", "an upload goes with script or run, or alone");
}

static void check_step(const struct instance *item, struct diags *diags)
{
    size_t n = count_actions(item);
    if (n > 1 || (n == 0 && !is_set(item, "upload.file"))) {
        struct diag *diag =
            complain(item, diags, NULL,
                     n == 0 ? "a guest step says what to do" : "a guest step does one thing");
        diag_hint(diags, diag, "give one of script, run, verify, reboot, or an upload");
        return;
    }
    check_upload(item, diags);
    check_expect(item, diags);
    check_company(item, diags);
}

/* ---- what people call it ------------------------------------------------------------------
 */

/* A command of several lines by its first one. */
static void add_line(const char *text, struct strbuf *out)
{
    size_t len = strcspn(text, "\n");
    strbuf_add_mem(out, text, len);
    if (text[len] != '\0' && text[len + 1] != '\0')
        strbuf_add(out, " ...");
}

static void step_title(const struct value *item, struct strbuf *out)
{
    static const char *const keys[] = {"name", "script", "run"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        const char *text = value_get_text(item, keys[i]);
        if (text != NULL) {
            add_line(text, out);
            return;
        }
    }
    const char *verify = value_get_text(item, "verify");
    const char *file = value_get_text(item, "upload.file");
    if (verify != NULL)
        strbuf_addf(out, "verify %s", verify);
    else if (file != NULL)
        strbuf_addf(out, "upload %s", file);
    else
        strbuf_add(out, "reboot");
}

const struct schema guest_step_schema = {.kind = "guest step",
                                         .attrs = step_attrs,
                                         .n_attrs = ARRAY_LEN(step_attrs),
                                         .doc = "One step of a template's preparation.",
                                         .check = check_step,
                                         .title = step_title};

/* ---- the template's side ------------------------------------------------------------------
 */

bool template_has_guest(const struct instance *desired)
{
    return value_count(instance_get(desired, "guest.steps")) > 0;
}

void guest_check_attrs(struct instance *desired, struct diags *diags)
{
    bool user = instance_text(desired, "guest.credentials.username") != NULL;
    bool password = value_is_known(instance_get(desired, "guest.credentials.password"));
    if (!template_has_guest(desired) || (user && password))
        return;
    struct diag *diag = diag_error(diags, instance_attr_pos(desired, "guest.steps"),
                                   "the steps in the guest need a login");
    diag->address = desired->address;
    diag_hint(diags, diag,
              "give guest.credentials: { username: root, password: { env: GUEST_PASSWORD } }");
}

/* ---- digest -------------------------------------------------------------------------------
 */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* How a step is called, where its files lie here and how long it may take make no other
 * image. */
static bool is_input(const char *key)
{
    static const char *const others[] = {"name", "script", "upload.file", "timeout"};
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (strcmp(others[i], key) == 0)
            return false;
    return true;
}

static void digest_step(const struct value *step, struct strbuf *out)
{
    const char *file = value_get_text(step, "upload.file");
    if (file != NULL && value_get_text(step, "upload.to") == NULL)
        strbuf_addf(out, "file %s\n", base_name(file));
    for (size_t i = 0; i < step->map.n; i++) {
        const struct value_field *field = &step->map.fields[i];
        if (!is_input(field->key))
            continue;
        strbuf_addf(out, "%s ", field->key);
        value_to_json(field->value, out);
        strbuf_add_char(out, '\n');
    }
}

void guest_digest_inputs(const struct instance *desired, struct strbuf *out)
{
    const struct value *steps = instance_get(desired, "guest.steps");
    for (size_t i = 0; i < value_count(steps); i++) {
        strbuf_add(out, "step\n");
        digest_step(value_at(steps, i), out);
    }
}

/* ---- steps --------------------------------------------------------------------------------
 */

static const char *title_of(const struct value *item, struct arena *arena)
{
    struct strbuf text;
    strbuf_init(&text, 1 << 16);
    step_title(item, &text);
    const char *title = arena_strdup(arena, strbuf_str(&text));
    strbuf_release(&text);
    return title;
}

/* What all operations in the guest carry. */
static const struct value *common_args(const struct build *b, const char *label,
                                       int64_t timeout)
{
    const struct instance *desired = b->change->desired;
    const struct value_field login[] = {
        {"username", instance_get(desired, "guest.credentials.username")},
        {"password", instance_get(desired, "guest.credentials.password")}};
    const struct value_field fields[] = {
        {"credentials", value_map(b->arena, login, ARRAY_LEN(login))},
        {"transfer", instance_get(desired, "guest.transfer")},
        {"label", value_string(b->arena, label)},
        {"timeout", value_int(b->arena, timeout)}};
    return build_args(b, fields, ARRAY_LEN(fields));
}

static void add_await(const struct build *b)
{
    const struct value *timeout = instance_get(b->change->desired, "guest.tools_timeout");
    const struct value_field field = {"tools", instance_get(b->change->desired, "guest.tools")};
    steps_add(b->steps, "vsphere", OP_GUEST_AWAIT, "wait for VMware Tools", EFFECT_NONE,
              value_merge(b->arena, common_args(b, "VMware Tools", timeout->integer),
                          value_map(b->arena, &field, 1)));
}

static const struct value *upload_args(const struct build *b, const struct value *item)
{
    static const char *const keys[] = {"file", "sha256", "to", "mode"};
    struct value_field fields[ARRAY_LEN(keys)];
    if (value_get_text(item, "upload.file") == NULL)
        return value_absent();
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        fields[i] = (struct value_field){
            keys[i], value_get(item, arena_printf(b->arena, "upload.%s", keys[i]))};
    return value_map(b->arena, fields, ARRAY_LEN(keys));
}

static const struct value *run_args(const struct build *b, const struct value *item)
{
    const struct value *zero = value_int(b->arena, 0);
    const struct value *codes = value_get(item, "exit_codes");
    const struct value_field fields[] = {
        {"upload", upload_args(b, item)},
        {"script", value_get(item, "script_text")},
        {"command", value_get(item, "run")},
        {"environment", value_get(item, "environment")},
        {"exit_codes", value_is_known(codes) ? codes : value_list(b->arena, &zero, 1)}};
    return value_map(b->arena, fields, ARRAY_LEN(fields));
}

static const struct value *verify_args(const struct build *b, const struct value *item)
{
    const struct value_field fields[] = {{"command", value_get(item, "verify")},
                                         {"expect", value_get(item, "expect")},
                                         {"environment", value_get(item, "environment")}};
    return value_map(b->arena, fields, ARRAY_LEN(fields));
}

/* In the list of a plan's steps, where no "guest step" stands before it: what is run, and what
 * is copied for that. */
static const char *plan_title(const struct value *item, const char *title, struct arena *arena)
{
    const char *file = value_get_text(item, "upload.file");
    bool named = value_get_text(item, "name") != NULL;
    if (!named && value_is_true(value_get(item, "reboot")))
        return "reboot the guest";
    bool runs = value_get_text(item, "script") != NULL || value_get_text(item, "run") != NULL;
    const char *verb = !named && value_get_text(item, "script") != NULL ? "run " : "";
    return file == NULL || !runs
               ? arena_printf(arena, "%s%s", verb, title)
               : arena_printf(arena, "%s%s with %s", verb, title, base_name(file));
}

static void add_step(const struct build *b, const struct value *item, size_t number)
{
    const char *title = title_of(item, b->arena), *op = OP_GUEST_RUN;
    const struct value *own;
    int64_t timeout = RUN_MS;
    if (value_is_true(value_get(item, "reboot"))) {
        op = OP_GUEST_REBOOT;
        timeout = REBOOT_MS;
        own = NULL;
    } else if (value_get_text(item, "verify") != NULL) {
        op = OP_GUEST_VERIFY;
        timeout = VERIFY_MS;
        own = verify_args(b, item);
    } else {
        own = run_args(b, item);
    }
    const char *label = arena_printf(b->arena, "guest step %zu (%s)", number, title);
    steps_add(b->steps, "vsphere", op, plan_title(item, title, b->arena), EFFECT_NONE,
              value_merge(b->arena,
                          common_args(b, label, value_get_int(item, "timeout", timeout)), own));
}

void guest_add_steps(const struct build *b)
{
    const struct value *steps = instance_get(b->change->desired, "guest.steps");
    if (value_count(steps) == 0)
        return;
    add_await(b);
    for (size_t i = 0; i < value_count(steps); i++)
        add_step(b, value_at(steps, i), i + 1);
}
