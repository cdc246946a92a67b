/* reference.c: see reference.h. */
#include "reference.h"

#include "arena.h"
#include "cred.h"
#include "sessions.h"
#include "value.h"

/* The canonical map of type_secret to a reference. */
static int to_reference(const struct value *value, struct arena *arena, struct cred_ref *ret)
{
    static const struct {
        const char *key;
        enum cred_source source;
    } sources[] = {{"env", CRED_ENV}, {"file", CRED_FILE}, {"credential", CRED_CREDENTIAL}};
    for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
        const char *name = value_get_text(value, sources[i].key);
        if (name != NULL) {
            *ret = (struct cred_ref){.source = sources[i].source, .name = name};
            return 0;
        }
    }
    const struct value *command = value_get(value, "command");
    if (value_count(command) == 0)
        return -1;
    const char **argv = ARENA_ARRAY(arena, value_count(command) + 1, const char *);
    for (size_t i = 0; i < value_count(command); i++)
        argv[i] = value_text(value_at(command, i));
    *ret = (struct cred_ref){.source = CRED_COMMAND, .argv = argv};
    return 0;
}

static bool cancel_asked(void *context)
{
    const struct run_env *env = context;
    return env->op.cancelled(env->op.context);
}

int reference_resolve(const struct reference_place *place, const struct value *value,
                      struct arena *arena, struct cred *ret_cred, struct err *err)
{
    struct cred_ref reference;
    if (to_reference(value, arena, &reference) < 0)
        return err_set(err, ERR_INVALID, "it is not set");
    if (reference.source == CRED_FILE && reference.name[0] != '/')
        reference.name = arena_printf(arena, "%s/%s", place->directory, reference.name);
    const struct cancel cancel = {cancel_asked, place->env};
    return cred_resolve(&reference, place->secrets, &cancel, ret_cred, err);
}
