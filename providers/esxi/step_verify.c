/* step_verify.c: wait until a host shows what was set. A host that has just booted refuses
 * connections, then answers without hostd, then without its cards: all that is waited for. A
 * refused login or a foreign host key is not: asking again would lock accounts.
 */
#include "esxi.h"

#include <string.h>

#include "arena.h"
#include "redact.h"
#include "strbuf.h"
#include "types.h"

enum { DEFAULT_TIMEOUT_MS = 20 * 60 * 1000 };

static const struct attr *host_attr(const struct esxi_step *step, const char *name)
{
    const struct instance *live = step->call->live;
    int index = live == NULL ? -1 : schema_find(live->schema, name);
    return index < 0 ? NULL : &live->schema->attrs[index];
}

static bool same(const struct attr *attr, const struct value *wanted, const struct value *found)
{
    return attr != NULL ? attr_equal(attr, wanted, found) : value_equal(wanted, found);
}

static void print_value(const struct attr *attr, const struct value *value, struct strbuf *out)
{
    /* A driver that is installed and does not run yet has a next, but no now. */
    if (value_is_known(value) && value->type == VALUE_MAP && pending_now(value) == NULL &&
        pending_next(value) != NULL)
        strbuf_addf(out, "%s after a reboot", pending_next(value));
    else if (value_is_unreadable(value))
        strbuf_addf(out, "(unreadable: %s)", value->string);
    else if (attr != NULL)
        attr_print(attr, value, out);
    else
        value_print(value, out);
}

/* What is not as expected, for people; empty when all is. */
static void differences(const struct esxi_step *step, const struct value *observed,
                        struct strbuf *out)
{
    const struct value *expect = value_get(step->call->step->args, "expect");
    for (size_t i = 0; i < value_count(expect); i++) {
        const struct value_field *field = &expect->map.fields[i];
        const struct attr *attr = host_attr(step, field->key);
        const struct value *found = value_get(observed, field->key);
        if (same(attr, field->value, found))
            continue;
        strbuf_addf(out, "%s%s: wanted ", strbuf_len(out) > 0 ? "; " : "", field->key);
        print_value(attr, field->value, out);
        strbuf_add(out, ", found ");
        print_value(attr, found, out);
    }
}

static bool is_patience(enum err_code code)
{
    return code == ERR_UNREACHABLE || code == ERR_TIMEOUT;
}

/* One reading. 1: as expected; 0: not yet, `why` says what is missing; -1: no use waiting. */
static int try_once(struct esxi_step *step, struct strbuf *why, struct err *err)
{
    const struct value *attrs[ESXI_ATTR_COUNT];
    const char *hostd = NULL;
    struct err failed = {0};
    strbuf_clear(why);
    if (esxi_read_host(&step->shell, attrs, &hostd, &failed) < 0) {
        secrets_redact_err(step->shell.session->secrets, &failed);
        strbuf_add(why, failed.message);
        return is_patience(failed.code) ? 0 : err_set(err, failed.code, "%s", failed.message);
    }
    if (hostd != NULL) {
        strbuf_add(why, hostd);
        return 0;
    }
    step->outcome->observed = facts_map(attrs, step->call->arena);
    differences(step, step->outcome->observed, why);
    return strbuf_len(why) == 0;
}

/* Values of one reading live as long as that reading; only what is kept is copied. */
static int try_in_own_arena(struct esxi_step *step, struct strbuf *why, struct err *err)
{
    struct arena *arena = arena_new();
    step->shell.arena = arena;
    int rc = try_once(step, why, err);
    if (step->outcome->observed != NULL)
        step->outcome->observed = value_copy(step->call->arena, step->outcome->observed);
    step->shell.arena = step->call->arena;
    arena_free(arena);
    return rc;
}

static int wait_for(struct esxi_step *step, int64_t timeout_ms, struct strbuf *why,
                    struct err *err)
{
    const struct op_env *env = step->shell.env;
    int64_t until = env->now_ms(env->context) + timeout_ms;
    char *told = arena_strdup(step->call->arena, "");
    for (;;) {
        int rc = try_in_own_arena(step, why, err);
        if (rc != 0)
            return rc < 0 ? -1 : 0;
        int64_t left = until - env->now_ms(env->context);
        if (left <= 0)
            return err_set(err, ERR_TIMEOUT, "not as expected in time: %s", strbuf_str(why));
        if (strcmp(told, strbuf_str(why)) != 0) {
            told = arena_strdup(step->call->arena, strbuf_str(why));
            esxi_step_progress(step, told);
        }
        int64_t poll = step->shell.session->poll_ms;
        if (env->sleep_ms(env->context, left < poll ? left : poll) < 0)
            return err_set(err, ERR_CANCELLED, "cancelled while waiting: %s", strbuf_str(why));
    }
}

/* With nothing to expect it reads once, and what cannot be read is an error. */
static int read_once(struct esxi_step *step, struct strbuf *why, struct err *err)
{
    int rc = try_in_own_arena(step, why, err);
    if (rc != 0)
        return rc < 0 ? -1 : 0;
    return err_set(err, ERR_UNREACHABLE, "%s", strbuf_str(why));
}

int step_verify(struct esxi_step *step, struct err *err)
{
    const struct value *args = step->call->step->args;
    int64_t timeout = value_get_int(args, "timeout", DEFAULT_TIMEOUT_MS);
    struct strbuf why;
    strbuf_init(&why, 2000);
    shell_close(&step->shell);
    int rc = value_count(value_get(args, "expect")) == 0 ? read_once(step, &why, err)
                                                         : wait_for(step, timeout, &why, err);
    strbuf_release(&why);
    return rc;
}
