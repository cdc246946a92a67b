/* step.c: what steps share, and the small ones: graphics type and ECC. Each looks first, sets
 * only what differs, and is judged by a look after it.
 */
#include "esxi.h"

#include <string.h>

#include "arena.h"
#include "ops.h"

const char *esxi_step_text(const struct esxi_step *step, const char *key, struct err *err)
{
    const char *text = value_get_text(step->call->step->args, key);
    if (text != NULL && text[0] != '\0')
        return text;
    err_set(err, ERR_INTERNAL, "%s: the step names no %s", step->call->step->op, key);
    return NULL;
}

void esxi_step_progress(const struct esxi_step *step, const char *text)
{
    const struct op_env *env = step->shell.env;
    const struct event event = {.kind = EVENT_STEP_PROGRESS,
                                .address = step->call->step->address,
                                .op = step->call->step->op,
                                .text = text,
                                .percent = -1};
    if (env->emit != NULL)
        env->emit(env->context, &event);
}

int esxi_step_look(struct esxi_step *step, unsigned what, struct sight *ret, struct err *err)
{
    if (sight_take(&step->shell, what, ret, err) < 0)
        return -1;
    if (ret->hostd != NULL)
        return err_set(err, ERR_UNREACHABLE, "%s", ret->hostd);
    const struct answer *const answers[] = {&ret->graphics, &ret->devices, &ret->vibs};
    for (size_t i = 0; i < ARRAY_LEN(answers); i++)
        if (answers[i]->problem != NULL)
            return err_set(err, ERR_INVALID, "%s", answers[i]->problem);
    return 0;
}

/* ---- changing --------------------------------------------------------------------------- */

/* One look by a new connection. */
static int look_again(struct esxi_step *step, const struct step_change *change,
                      const struct err *lost, struct err *err)
{
    struct sight sight;
    struct err why = {0};
    shell_close(&step->shell);
    if (shell_open(&step->shell, &why) < 0 ||
        esxi_step_look(step, change->look, &sight, &why) < 0)
        return err_set(err, ERR_UNCERTAIN, "%s; looking again: %s", lost->message, why.message);
    if (change->reached(&sight, change->wanted))
        return 0;
    return err_set(err, ERR_UNCERTAIN,
                   "%s; the host does not show the change, but may still be at work on it",
                   lost->message);
}

int esxi_step_change(struct esxi_step *step, const struct step_change *change,
                     struct part *parts, struct err *err)
{
    struct sight sight;
    struct err why = {0};
    if (shell_run(&step->shell, &change->script, parts, &why) < 0) {
        if (why.code == ERR_UNCERTAIN)
            return look_again(step, change, &why, err);
        return err_set(err, why.code, "%s", why.message);
    }
    if (esxi_step_look(step, change->look, &sight, &why) < 0)
        return look_again(step, change, &why, err);
    return change->reached(&sight, change->wanted) ? 0 : 1;
}

/* ---- host.graphics ---------------------------------------------------------------------- */

/* Both as words of the manifest; NULL: not asked for. */
struct graphics_wanted {
    const char *type, *policy;
};

static const char *host_word(const struct sight *sight, const char *label,
                             const char *(*word)(const char *))
{
    const struct records *records = &sight->graphics.records;
    for (size_t i = 0; i < records->n; i++) {
        const char *found = word(record_get(&records->items[i], label));
        if (found != NULL)
            return found;
    }
    return "";
}

static bool type_is(const struct sight *sight, const char *type)
{
    return type == NULL ||
           strcmp(host_word(sight, "Default Graphics Type", facts_graphics_word), type) == 0;
}

static bool policy_is(const struct sight *sight, const char *policy)
{
    return policy == NULL ||
           strcmp(host_word(sight, "Shared Passthru Assignment Policy", facts_policy_word),
                  policy) == 0;
}

static bool graphics_reached(const struct sight *sight, const void *wanted)
{
    const struct graphics_wanted *want = wanted;
    return type_is(sight, want->type) && policy_is(sight, want->policy);
}

static int set_graphics(struct esxi_step *step, const struct sight *sight,
                        const struct graphics_wanted *want, struct err *err)
{
    const char *words[12] = {"esxcli", "graphics", "host", "set"};
    struct part part;
    size_t n = 4;
    if (!type_is(sight, want->type)) {
        words[n++] = "--default-type";
        words[n++] = strcmp(want->type, "shared") == 0 ? "Shared" : "SharedPassthru";
    }
    if (!policy_is(sight, want->policy)) {
        words[n++] = "--shared-passthru-assignment-policy";
        words[n++] = strcmp(want->policy, "performance") == 0 ? "Performance" : "Consolidation";
    }
    const struct step_change change = {.script = {.commands = {words}, .n = 1, .changes = true},
                                       .look = LOOK_GRAPHICS,
                                       .reached = graphics_reached,
                                       .wanted = want};
    int rc = esxi_step_change(step, &change, &part, err);
    if (rc <= 0)
        return rc;
    if (part.status != 0)
        return esxcli_error(&part, "esxcli graphics host set", err);
    return err_set(err, ERR_INVALID,
                   "esxcli graphics host set reported success, but graphics host get does not "
                   "show it");
}

int step_graphics(struct esxi_step *step, struct err *err)
{
    const struct value *args = step->call->step->args;
    const struct graphics_wanted want = {value_get_text(args, "graphics"),
                                         value_get_text(args, "assignment_policy")};
    struct sight sight;
    if ((want.type != NULL && strcmp(want.type, "shared") != 0 &&
         strcmp(want.type, "shared_passthru") != 0) ||
        (want.policy != NULL && strcmp(want.policy, "performance") != 0 &&
         strcmp(want.policy, "consolidation") != 0))
        return err_set(err, ERR_INTERNAL, "host.graphics: unknown words");
    if (esxi_step_look(step, LOOK_GRAPHICS, &sight, err) < 0)
        return -1;
    if (graphics_reached(&sight, &want)) {
        step->outcome->kind = OUTCOME_UNCHANGED;
        return 0;
    }
    return set_graphics(step, &sight, &want, err);
}

/* ---- host.ecc --------------------------------------------------------------------------- */

static bool ecc_reached(const struct sight *sight, const void *wanted)
{
    const char *pending = facts_ecc(&sight->smi, true);
    return sight->smi.state == SMI_RUNS && pending != NULL && strcmp(pending, wanted) == 0;
}

static int no_cards(const struct smi_report *smi, struct err *err)
{
    if (smi->state == SMI_ABSENT)
        return err_set(err, ERR_CONFLICT,
                       "the driver is not installed, or not loaded until "
                       "the next reboot: ECC cannot be set");
    if (smi->state == SMI_NOT_LOADED)
        return err_set(err, ERR_CONFLICT, "the driver is not loaded: ECC cannot be set");
    if (smi->state == SMI_NO_CARD)
        return err_set(err, ERR_CONFLICT, "nvidia-smi finds no card");
    return err_set(err, ERR_INVALID, "%s", smi->reason);
}

static int set_ecc(struct esxi_step *step, const char *wanted, struct err *err)
{
    const char *const words[] = {"nvidia-smi", "-e", strcmp(wanted, "enabled") == 0 ? "1" : "0",
                                 NULL};
    struct part part;
    const struct step_change change = {.script = {.commands = {words}, .n = 1, .changes = true},
                                       .look = LOOK_SMI,
                                       .reached = ecc_reached,
                                       .wanted = wanted};
    int rc = esxi_step_change(step, &change, &part, err);
    if (rc <= 0)
        return rc;
    return err_set(err, part.status == 4 ? ERR_DENIED : ERR_INVALID,
                   "ECC is not %s after nvidia-smi -e %s (status %d): %s", wanted, words[2],
                   part.status, one_line(step->shell.arena, part.output, part.size));
}

int step_ecc(struct esxi_step *step, struct err *err)
{
    struct sight sight;
    const char *wanted = esxi_step_text(step, "ecc", err);
    if (wanted == NULL)
        return -1;
    if (strcmp(wanted, "enabled") != 0 && strcmp(wanted, "disabled") != 0)
        return err_set(err, ERR_INTERNAL, "host.ecc: unknown word %s", wanted);
    if (esxi_step_look(step, LOOK_SMI, &sight, err) < 0)
        return -1;
    if (sight.smi.state != SMI_RUNS)
        return no_cards(&sight.smi, err);
    bool capable = facts_ecc(&sight.smi, true) != NULL;
    if (!capable && strcmp(wanted, "enabled") == 0)
        return err_set(err, ERR_INVALID, "no card of this host has ECC");
    if (capable && !ecc_reached(&sight, wanted))
        return set_ecc(step, wanted, err);
    step->outcome->kind = OUTCOME_UNCHANGED;
    return 0;
}
