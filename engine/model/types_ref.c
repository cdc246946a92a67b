/* types_ref.c: the types that point outside: principals, secrets, network addresses. */
#include "types.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "err.h"
#include "num.h"
#include "strbuf.h"
#include "type_error.h"
#include "value.h"

enum { MAX_NAME = 1024, MAX_ITEMS = 10000, MAX_ARGS = 64 };

/* ---- type_principals ------------------------------------------------------------------- */

static int compare_texts(const void *a, const void *b)
{
    return value_compare(*(const struct value *const *)a, *(const struct value *const *)b);
}

static int principal(const struct value *in, struct arena *arena, const struct value **ret,
                     struct err *err)
{
    const char *const expects = "{user: NAME} or {group: NAME}";
    if (in->type != VALUE_MAP || in->map.n != 1)
        return type_mismatch(expects, in, err);
    const struct value_field *field = &in->map.fields[0];
    if (strcmp(field->key, "user") != 0 && strcmp(field->key, "group") != 0)
        return err_set(err, ERR_INVALID, "unknown key \"%.60s\", expected %s", field->key,
                       expects);
    const char *name = value_text(field->value);
    if (name == NULL)
        return type_mismatch("a name", field->value, err);
    if (type_check_text(name, (struct text_limits){.max = MAX_NAME}, err) < 0)
        return err_wrap(err, "%s", field->key);
    *ret = value_borrow(arena, arena_printf(arena, "%s:%s", field->key, name));
    return 0;
}

static int principals_canonicalise(const struct attr *attr, const struct value *in,
                                   struct arena *arena, const struct value **ret,
                                   struct err *err)
{
    if (in->type != VALUE_LIST)
        return type_mismatch(attr->type->expects, in, err);
    if (in->list.n > MAX_ITEMS)
        return err_set(err, ERR_INVALID, "has more than %d items", MAX_ITEMS);
    const struct value **items = ARENA_ARRAY(arena, in->list.n, const struct value *);
    for (size_t i = 0; i < in->list.n; i++)
        if (principal(in->list.items[i], arena, &items[i], err) < 0)
            return err_wrap(err, "item %zu", i + 1);
    if (in->list.n > 1)
        qsort(items, in->list.n, sizeof(*items), compare_texts);
    size_t kept = 0;
    for (size_t i = 0; i < in->list.n; i++)
        if (kept == 0 || value_compare(items[i], items[kept - 1]) != 0)
            items[kept++] = items[i];
    *ret = value_list(arena, items, kept);
    return 0;
}

const struct attr_type type_principals = {.name = "principals",
                                          .expects = "a list of {user: NAME} or {group: NAME}",
                                          .canonicalise = principals_canonicalise};

/* ---- type_secret --------------------------------------------------------------------------
 */

static int check_command(const struct value *in, struct err *err)
{
    if (in->type != VALUE_LIST || in->list.n == 0)
        return err_set(err, ERR_INVALID, "command: expected a list: program and arguments");
    if (in->list.n > MAX_ARGS)
        return err_set(err, ERR_INVALID, "command: has more than %d items", MAX_ARGS);
    for (size_t i = 0; i < in->list.n; i++)
        if (value_text(in->list.items[i]) == NULL)
            return err_set(err, ERR_INVALID, "command: item %zu is no text", i + 1);
    struct text_limits limits = {.max = MAX_NAME};
    if (type_check_text(in->list.items[0]->string, limits, err) < 0)
        return err_wrap(err, "command: item 1");
    return 0;
}

/* Of a variable, or of a credential. A secret that was written in its place is shown by no later
 * message, as far as its characters give it away. */
static bool is_plain_name(const char *text, bool variable)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789_.-@";
    size_t allowed = variable ? sizeof(letters) - 4 : sizeof(letters) - 1;
    for (; *text != '\0'; text++)
        if (memchr(letters, *text, allowed) == NULL)
            return false;
    return true;
}

/* No message of this type repeats what was given: it may be the secret itself. */
static int secret_canonicalise(const struct attr *attr, const struct value *in,
                               struct arena *arena UNUSED, const struct value **ret,
                               struct err *err)
{
    enum { KEY_ENV, KEY_FILE, KEY_COMMAND, KEY_CREDENTIAL };
    static const char *const keys[] = {[KEY_ENV] = "env", [KEY_FILE] = "file",
                                       [KEY_COMMAND] = "command",
                                       [KEY_CREDENTIAL] = "credential"};
    if (in->type != VALUE_MAP)
        return err_set(err, ERR_INVALID, "is a literal secret; expected %s",
                       attr->type->expects);
    if (in->map.n != 1)
        return err_set(err, ERR_INVALID, "needs exactly one of env, file, command, credential");
    const struct value_field *field = &in->map.fields[0];
    size_t k = 0;
    while (k < ARRAY_LEN(keys) && strcmp(keys[k], field->key) != 0)
        k++;
    if (k == ARRAY_LEN(keys))
        return err_set(err, ERR_INVALID, "has an unknown key; expected %s",
                       attr->type->expects);
    if (k == KEY_COMMAND) {
        if (check_command(field->value, err) < 0)
            return -1;
    } else if (value_text(field->value) == NULL) {
        return err_set(err, ERR_INVALID, "%s: expected a text", field->key);
    } else if (type_check_text(field->value->string, (struct text_limits){.max = MAX_NAME},
                               err) < 0) {
        return err_wrap(err, "%s", field->key);
    } else if (k != KEY_FILE && !is_plain_name(field->value->string, k == KEY_ENV)) {
        return err_set(err, ERR_INVALID, "%s: expected a name, not the secret itself",
                       field->key);
    }
    *ret = in;
    return 0;
}

/* Arguments of a command are left out: they may be confidential themselves. */
static void secret_print(const struct value *value, struct strbuf *out)
{
    if (value->type != VALUE_MAP || value->map.n != 1) {
        strbuf_add(out, "(secret)");
        return;
    }
    const struct value_field *field = &value->map.fields[0];
    const char *text =
        value_text(field->value->type == VALUE_LIST ? value_at(field->value, 0) : field->value);
    strbuf_addf(out, "%s %s", field->key, text == NULL ? "?" : text);
}

const struct attr_type type_secret = {
    .name = "secret",
    .expects = "a reference: {env: NAME}, {file: PATH}, {command: [PROGRAM, ARG]} or "
               "{credential: NAME}",
    .canonicalise = secret_canonicalise,
    .print = secret_print};

/* ---- type_secrets --------------------------------------------------------------------------
 */

static int secrets_canonicalise(const struct attr *attr, const struct value *in,
                                struct arena *arena, const struct value **ret, struct err *err)
{
    const struct attr secret = {.type = &type_secret};
    const struct value *ignored;
    if (in->type != VALUE_LIST)
        return err_set(err, ERR_INVALID, "expected %s", attr->type->expects);
    if (in->list.n > MAX_ITEMS)
        return err_set(err, ERR_INVALID, "has more than %d items", MAX_ITEMS);
    for (size_t i = 0; i < in->list.n; i++)
        if (type_secret.canonicalise(&secret, in->list.items[i], arena, &ignored, err) < 0)
            return err_wrap(err, "item %zu", i + 1);
    *ret = in;
    return 0;
}

static void secrets_print(const struct value *value, struct strbuf *out)
{
    for (size_t i = 0; i < value_count(value); i++) {
        strbuf_add(out, i == 0 ? "" : ", ");
        secret_print(value_at(value, i), out);
    }
}

const struct attr_type type_secrets = {
    .name = "secrets",
    .expects = "a list of references such as {env: NAME}",
    .canonicalise = secrets_canonicalise,
    .print = secrets_print};

/* ---- type_addresses -------------------------------------------------------------------------
 */

static int check_address(const struct value *in, struct err *err)
{
    const char *text = value_text(in);
    uint64_t port;
    const char *colon = text == NULL ? NULL : strrchr(text, ':');
    if (colon == NULL || colon == text || num_u64(colon + 1, &port) < 0 || port == 0 ||
        port > 65535)
        return type_mismatch("\"address:port\"", in, err);
    size_t host = (size_t)(colon - text);
    bool bracketed = text[0] == '[' && text[host - 1] == ']';
    if (!bracketed && memchr(text, ':', host) != NULL)
        return err_set(err, ERR_INVALID, "an IPv6 address needs brackets: [::1]:443");
    return type_check_text(text, (struct text_limits){.max = MAX_NAME}, err);
}

static int addresses_canonicalise(const struct attr *attr, const struct value *in,
                                  struct arena *arena UNUSED, const struct value **ret,
                                  struct err *err)
{
    if (in->type != VALUE_MAP)
        return type_mismatch(attr->type->expects, in, err);
    if (in->map.n > MAX_ITEMS)
        return err_set(err, ERR_INVALID, "has more than %d entries", MAX_ITEMS);
    for (size_t i = 0; i < in->map.n; i++)
        if (check_address(in->map.fields[i].value, err) < 0)
            return err_wrap(err, "%.60s", in->map.fields[i].key);
    *ret = in;
    return 0;
}

const struct attr_type type_addresses = {.name = "addresses",
                                         .expects = "a map of names to \"address:port\"",
                                         .canonicalise = addresses_canonicalise};
