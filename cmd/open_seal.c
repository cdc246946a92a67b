/* open_seal.c: see open_seal.h. */
#include "open_seal.h"

#include <stdio.h>

#include "cred.h"
#include "instance.h"
#include "reference.h"
#include "seal.h"
#include "value.h"

struct opening {
    const struct instance *section;
    const struct reference_place *place;
    struct arena *arena;
    struct seal *seal;
};

static int fail_at(const struct opening *opening, const char *attr, struct err *err)
{
    struct pos pos = instance_attr_pos(opening->section, attr);
    return err_wrap(err, "%s:%u:%u: encryption.%s", pos.file, pos.line, pos.column, attr);
}

static int add(const struct opening *opening, const char *attr, const struct value *reference,
               int (*add_key)(struct seal *seal, const char *text, struct err *err),
               struct err *err)
{
    struct cred cred;
    if (reference_resolve(opening->place, reference, opening->arena, &cred, err) < 0)
        return fail_at(opening, attr, err);
    int result = add_key(opening->seal, cred.value, err);
    cred_release(&cred);
    return result < 0 ? fail_at(opening, attr, err) : 0;
}

static int add_all(const struct opening *opening, struct err *err)
{
    const struct value *key = instance_get(opening->section, "key");
    const struct value *previous = instance_get(opening->section, "previous");
    if (value_is_known(key) && add(opening, "key", key, seal_add_key, err) < 0)
        return -1;
    for (size_t i = 0; i < value_count(previous); i++)
        if (add(opening, "previous", value_at(previous, i), seal_add_former_key, err) < 0)
            return -1;
    return 0;
}

int open_seal(const struct instance *section, const struct reference_place *place,
              struct arena *arena, struct seal **ret_seal, struct err *err)
{
    *ret_seal = NULL;
    if (section == NULL)
        return 0;
    const struct opening opening = {section, place, arena, seal_new()};
    if (add_all(&opening, err) < 0) {
        seal_free(opening.seal);
        return -1;
    }
    if (value_is_true(instance_get(section, "accept_plain")) && seal_writes(opening.seal)) {
        struct pos pos = instance_attr_pos(section, "accept_plain");
        seal_accept_plain(opening.seal);
        fprintf(stderr,
                "gridform: warning: %s:%u:%u: encryption.accept_plain: a state that is not "
                "encrypted is taken, whoever wrote it: take this out after the next write\n",
                pos.file, pos.line, pos.column);
    }
    *ret_seal = opening.seal;
    return 0;
}
