/* step_driver.c: the NVIDIA host driver: install and remove.
 *
 * Both want the host to be in maintenance mode in truth, so that esxcli's flag that only claims
 * it is never needed. Both are judged by a fresh list of VIBs: esxcli was seen to fail after
 * success (esxi-shell.md §1.4). `vib update` is not used: on a host without a driver it leaves
 * Xorg dead (§3.3), so another version is removed before.
 */
#include "esxi.h"

#include <string.h>
#include <strings.h>

#include "arena.h"
#include "gpu.h"

struct driver_wanted {
    const char *version, *file;
};

static bool is_wanted(const struct driver_vib *vib, const struct driver_wanted *want)
{
    return strcmp(vib->driver, want->version) == 0 &&
           driver_is_aie(vib->name) == driver_is_aie(want->file);
}

static bool install_reached(const struct sight *sight, const void *wanted)
{
    struct arena *arena = arena_new();
    struct driver_vibs vibs;
    facts_driver_vibs(&sight->vibs.records, arena, &vibs);
    bool reached = vibs.n == 1 && is_wanted(&vibs.items[0], wanted);
    arena_free(arena);
    return reached;
}

static bool has_vib(const struct records *vibs, const char *name)
{
    for (size_t i = 0; i < vibs->n; i++) {
        const char *found = record_get(&vibs->items[i], "Name");
        if (found != NULL && strcasecmp(found, name) == 0)
            return true;
    }
    return false;
}

static bool remove_reached(const struct sight *sight, const void *name)
{
    return !has_vib(&sight->vibs.records, name);
}

static int require_maintenance(struct esxi_step *step, struct err *err)
{
    static const char *const words[] = {"esxcli", "system", "maintenanceMode", "get", NULL};
    const struct script script = {.commands = {words}, .n = 1};
    struct part part;
    if (shell_run(&step->shell, &script, &part, err) < 0)
        return -1;
    if (part.status != 0)
        return esxcli_error(&part, "esxcli system maintenanceMode get", err);
    const char *mode = one_line(step->shell.arena, part.output, part.size);
    if (strcasecmp(mode, "Enabled") == 0)
        return 0;
    return err_set(err, ERR_DENIED,
                   "the host is not in maintenance mode (esxcli says \"%s\"): drivers are "
                   "changed only in it",
                   mode);
}

/* Is there a driver to be removed for one that is not installed? */
static bool makes_room(const struct driver_vibs *vibs, const struct driver_wanted *want)
{
    for (size_t i = 0; i < vibs->n; i++)
        if (is_wanted(&vibs->items[i], want))
            return false;
    return vibs->n > 0;
}

/* Before another driver makes room for it. A shell without ls does not tell. */
static int require_file(struct esxi_step *step, const char *file, struct err *err)
{
    const char *const words[] = {"ls", file, NULL};
    const struct script script = {.commands = {words}, .n = 1};
    struct part part;
    if (shell_run(&step->shell, &script, &part, err) < 0)
        return -1;
    if (part.status == 0 || part.status == 127)
        return 0;
    return err_set(err, ERR_NOT_FOUND,
                   "%s cannot be read on the host, and the present driver stays: %s", file,
                   one_line(step->shell.arena, part.output, part.size));
}

/* Why the list of VIBs is not as wanted. */
static int software_error(const struct part *part, const char *what, struct err *err)
{
    if (part->status != 0 || strchr(part->output, '[') != NULL)
        return esxcli_error(part, what, err);
    struct arena *arena = arena_new();
    err_set(err, ERR_INVALID, "%s reported success, but the list of VIBs does not show it: %s",
            what, one_line(arena, part->output, part->size));
    arena_free(arena);
    return -1;
}

static int remove_vib(struct esxi_step *step, const char *name, struct err *err)
{
    const char *const words[] = {"esxcli", "software", "vib", "remove", "-n", name, NULL};
    const struct step_change change = {
        .script = {.commands = {words},
                   .n = 1,
                   .changes = true,
                   .timeout_ms = step->shell.session->install_timeout_ms},
        .look = LOOK_VIBS,
        .reached = remove_reached,
        .wanted = name};
    struct part part;
    esxi_step_progress(step, arena_printf(step->shell.arena, "removing %s", name));
    int rc = esxi_step_change(step, &change, &part, err);
    return rc <= 0 ? rc : software_error(&part, "esxcli software vib remove", err);
}

static int install_vib(struct esxi_step *step, const struct driver_wanted *want, bool checked,
                       struct err *err)
{
    const char *const words[] = {"esxcli",
                                 "software",
                                 "vib",
                                 "install",
                                 "-v",
                                 want->file,
                                 checked ? NULL : "--no-sig-check",
                                 NULL};
    const struct step_change change = {
        .script = {.commands = {words},
                   .n = 1,
                   .changes = true,
                   .timeout_ms = step->shell.session->install_timeout_ms},
        .look = LOOK_VIBS,
        .reached = install_reached,
        .wanted = want};
    struct part part;
    esxi_step_progress(step, arena_printf(step->shell.arena, "installing %s", want->file));
    int rc = esxi_step_change(step, &change, &part, err);
    return rc <= 0 ? rc : software_error(&part, "esxcli software vib install", err);
}

/* Everything that is not wanted goes; ret_removed names the last of it. */
static int remove_others(struct esxi_step *step, const struct driver_vibs *vibs,
                         const struct driver_wanted *want, bool *ret_there,
                         const char **ret_removed, struct err *err)
{
    for (size_t i = 0; i < vibs->n; i++) {
        if (is_wanted(&vibs->items[i], want) && !*ret_there) {
            *ret_there = true;
            continue;
        }
        if (remove_vib(step, vibs->items[i].name, err) < 0)
            return -1;
        *ret_removed = vibs->items[i].version;
    }
    return 0;
}

int step_install_driver(struct esxi_step *step, struct err *err)
{
    const struct driver_wanted want = {esxi_step_text(step, "version", err),
                                       esxi_step_text(step, "vib", err)};
    struct sight sight;
    struct driver_vibs vibs;
    bool there = false;
    const char *removed = NULL;
    if (want.version == NULL || want.file == NULL)
        return -1;
    if (want.file[0] != '/')
        return err_set(err, ERR_INVALID, "%s: esxcli takes absolute paths only", want.file);
    if (esxi_step_look(step, LOOK_VIBS, &sight, err) < 0)
        return -1;
    if (install_reached(&sight, &want)) {
        step->outcome->kind = OUTCOME_UNCHANGED;
        return 0;
    }
    facts_driver_vibs(&sight.vibs.records, step->shell.arena, &vibs);
    if (require_maintenance(step, err) < 0 ||
        (makes_room(&vibs, &want) && require_file(step, want.file, err) < 0) ||
        remove_others(step, &vibs, &want, &there, &removed, err) < 0)
        return -1;
    bool checked = value_get_bool(step->call->step->args, "signature_check", true);
    if (!there && install_vib(step, &want, checked, err) < 0)
        return removed == NULL
                   ? -1
                   : err_wrap(err, "the former driver %s is removed already", removed);
    return 0;
}

int step_remove_driver(struct esxi_step *step, struct err *err)
{
    struct sight sight;
    struct driver_vibs vibs;
    const char *name = esxi_step_text(step, "name", err);
    if (name == NULL || esxi_step_look(step, LOOK_VIBS, &sight, err) < 0)
        return -1;
    if (!has_vib(&sight.vibs.records, name)) {
        step->outcome->kind = OUTCOME_UNCHANGED;
        return 0;
    }
    facts_driver_vibs(&sight.vibs.records, step->shell.arena, &vibs);
    bool driver = false;
    for (size_t i = 0; i < vibs.n; i++)
        driver = driver || strcasecmp(vibs.items[i].name, name) == 0;
    if (!driver)
        return err_set(err, ERR_DENIED, "%s is not an NVIDIA driver", name);
    return require_maintenance(step, err) < 0 ? -1 : remove_vib(step, name, err);
}
