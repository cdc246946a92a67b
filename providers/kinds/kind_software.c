/* kind_software.c: software components of vRA 7: scripts that run in a machine. */
#include "kinds.h"

#include <string.h>

#include "arena.h"

#include "ops.h"
#include "types.h"

static const char *const container_words[] = {"machine", NULL};
static const char *const script_words[] = {"bash", NULL};

#define TASK(task)                                                                             \
    {task ".type",                                                                             \
     &type_enum,                                                                               \
     FACET_VRA,                                                                                \
     0,                                                                                        \
     .names = script_words,                                                                    \
     .doc = "Interpreter of the " task " script."},                                            \
        {task ".script", &type_text, FACET_VRA, ATTR_TEXT, .doc = "The " task " script."},     \
        {task ".script_file", &type_name, FACET_NONE, ATTR_FILE,                               \
         .doc = "File that holds the " task " script."},                                       \
    {                                                                                          \
        task ".reboot", &type_bool, FACET_VRA, 0,                                              \
            .doc = "Restart the machine after the " task " script."                            \
    }

static const struct attr attrs[] = {
    {"description", &type_string, FACET_VRA, 0, .doc = "Shown to blueprint architects."},
    {"container", &type_enum, FACET_VRA, ATTR_REQUIRED, .names = container_words,
     .doc = "What the component is installed on."},
    {"published", &type_bool, FACET_VRA, 0, .default_value = "true",
     .doc = "Blueprints can use published components only."},
    TASK("install"),
    TASK("configure"),
    TASK("start"),
    TASK("update"),
    TASK("uninstall"),
};

/* A script makes its task: bash and no reboot are the defaults then, and only then. */
static void derive(struct instance *desired, const struct facts *facts, struct diags *diags)
{
    static const char *const tasks[] = {"install", "configure", "start", "update", "uninstall"};
    bool any = false;
    for (size_t i = 0; i < ARRAY_LEN(tasks); i++) {
        const char *script = arena_printf(facts->arena, "%s.script", tasks[i]);
        const char *type = arena_printf(facts->arena, "%s.type", tasks[i]);
        const char *reboot = arena_printf(facts->arena, "%s.reboot", tasks[i]);
        if (value_is_absent(instance_get(desired, script)))
            continue;
        any = true;
        if (value_is_absent(instance_get(desired, type)))
            instance_set(desired, type, value_string(facts->arena, "bash"));
        if (value_is_absent(instance_get(desired, reboot)))
            instance_set(desired, reboot, value_bool(false));
    }
    if (!any) {
        struct diag *diag =
            diag_error(diags, desired->pos, "no task of %s has a script", desired->address);
        diag_hint(diags, diag, "give install: { type: bash, script_file: FILE }");
    }
}

static int plan_steps(const struct change *change, const struct facts *facts,
                      struct step_list *steps, struct err *err UNUSED)
{
    if (change->action == ACTION_DELETE) {
        steps_add(steps, "vra", OP_SOFTWARE_DELETE, "delete", EFFECT_DATA_LOSS, NULL);
        return 0;
    }
    bool create = change->action == ACTION_CREATE;
    bool others = create;
    for (size_t i = 0; i < change->n_attrs; i++)
        others = others || strcmp(change->attrs[i].attr->name, "published") != 0;
    if (others)
        steps_add(steps, "vra", OP_SOFTWARE_WRITE, create ? "create" : "overwrite",
                  create ? EFFECT_CREATE : EFFECT_NONE,
                  kinds_args(change->desired, facts->arena));
    bool published = value_is_true(instance_get(change->desired, "published"));
    if (published || (!create && kinds_changes(change, "published")))
        steps_add(steps, "vra", OP_SOFTWARE_PUBLISH, published ? "publish" : "unpublish",
                  published ? EFFECT_PUBLISH : EFFECT_SERVICE,
                  kinds_arg(facts->arena, "published", value_bool(published)));
    return 0;
}

const struct kind kind_software_component = {
    .schema = {.kind = "software_component",
               .section = "software_components",
               .attrs = attrs,
               .n_attrs = ARRAY_LEN(attrs),
               .doc = "A piece of software that blueprints install on their machines."},
    .derive = derive,
    .plan_steps = plan_steps,
};
