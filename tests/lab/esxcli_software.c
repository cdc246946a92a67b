/* esxcli_software.c: esxcli software: VIBs and the acceptance level (esxi-shell.md §3, §4). */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "esxcli.h"
#include "world_internal.h"

/* ---- looking --------------------------------------------------------------------------------
 */

static int vib_list(struct esxcli_call *call)
{
    static const char *const columns[] = {
        "Name", "Version", "Vendor", "Acceptance Level", "Install Date", "Platforms", NULL};
    static const char *const columns_6[] = {
        "Name", "Version", "Vendor", "Acceptance Level", "Install Date", NULL};
    struct doc *doc = &call->doc;
    bool platforms = version_number(call->host->version) >= 80000;
    doc->style = DOC_TABLE;
    doc->list = true;
    doc->structure = "VIBSummaryExt";
    doc->columns = platforms ? columns : columns_6;
    VEC_EACH (const struct vib, vib, call->host->vibs) {
        if (vib->removed)
            continue;
        doc_add_item(doc, NULL);
        doc_text(doc, "Name", vib->name);
        doc_text(doc, "Version", vib->version);
        doc_text(doc, "Vendor", vib->vendor);
        doc_text(doc, "Acceptance Level", vib->acceptance);
        doc_text(doc, "Install Date", vib->install_date ? vib->install_date : "");
        if (platforms)
            doc_text(doc, "Platforms", "host");
    }
    return 0;
}

static void yes_no(struct doc *doc, const char *label, bool value)
{
    doc_bool(doc, label, value);
    struct doc_item *item = &doc->items.items[doc->items.n - 1];
    item->fields.items[item->fields.n - 1].value = value ? "True" : "False";
}

static void describe_vib(struct doc *doc, const struct vib *vib, bool platforms)
{
    doc_add_item(doc, vib->id);
    doc_text(doc, "Name", vib->name);
    doc_text(doc, "Version", vib->version);
    doc_text(doc, "Type", "bootbank");
    doc_text(doc, "Vendor", vib->vendor);
    doc_text(doc, "Acceptance Level", vib->acceptance);
    doc_text(doc, "Summary", vib->summary);
    doc_text(doc, "Description", vib->summary);
    doc_strings(doc, "ReferenceURLs", NULL);
    doc_text(doc, "Creation Date", vib->install_date);
    doc_strings(doc, "Depends", "esx-version >= 5.0.0");
    doc_strings(doc, "Conflicts", NULL);
    doc_strings(doc, "Replaces", NULL);
    doc_strings(doc, "Provides", NULL);
    yes_no(doc, "Maintenance Mode Required", vib->maintenance_required);
    doc_strings(doc, "Hardware Platforms Required", NULL);
    yes_no(doc, "Live Install Allowed", !vib->maintenance_required || vib->is_gpu_driver);
    yes_no(doc, "Live Remove Allowed", !vib->maintenance_required || vib->is_gpu_driver);
    yes_no(doc, "Stateless Ready", true);
    yes_no(doc, "Overlay", false);
    doc_strings(doc, "Tags", NULL);
    doc_strings(doc, "Payloads", vib->name);
    if (platforms)
        doc_strings(doc, "Platforms", "host");
}

static int vib_get(struct esxcli_call *call)
{
    const char *name = esxcli_value(call, "vibname");
    struct doc *doc = &call->doc;
    doc->style = DOC_SIMPLE;
    doc->list = true;
    doc->structure = "VIBExt";
    VEC_EACH (const struct vib, vib, call->host->vibs) {
        if (!vib->removed && (!name || !strcasecmp(vib->name, name)))
            describe_vib(doc, vib, version_number(call->host->version) >= 80000);
    }
    if (doc->items.n || !name)
        return 0;
    return esxcli_software_error(
        call, "NoMatchError",
        arena_printf(doc->arena, "No VIB matching VIB search specification '%s'.", name));
}

/* ---- changing
 * --------------------------------------------------------------------------------- */

struct outcome {
    const char *message, *installed, *removed, *skipped;
    bool reboot;
};

static void print_outcome(struct esxcli_call *call, const char *header,
                          const struct outcome *outcome)
{
    struct doc *doc = &call->doc;
    bool recent = version_number(call->host->version) >= 80000;
    doc->style = DOC_SIMPLE;
    doc->structure = "InstallationResult";
    doc_add_item(doc, header);
    doc_text(doc, "Message", outcome->message);
    if (!recent)
        doc_bool(doc, "Reboot Required", outcome->reboot);
    doc_strings(doc, "VIBs Installed", outcome->installed);
    doc_strings(doc, "VIBs Removed", outcome->removed);
    doc_strings(doc, "VIBs Skipped", outcome->skipped);
    if (recent) {
        doc_bool(doc, "Reboot Required", outcome->reboot);
        doc_text(doc, "DPU Results", "");
    }
}

/* Whatever it says, a GPU driver works after the next boot only: it reports false (§3.3). */
static const char *message_of(const struct vib *vib, bool *ret_reboot)
{
    *ret_reboot = vib->maintenance_required && !vib->is_gpu_driver;
    return *ret_reboot
               ? "The update completed successfully, but the system needs to be rebooted "
                 "for the changes to be effective."
               : "Operation finished successfully.";
}

static int software_fault(struct esxcli_call *call, const struct fault *fault)
{
    static const char *const classes[][2] = {{"InvalidState", "MaintenanceModeError"},
                                             {"InvalidSignature", "InstallationError"},
                                             {"AcceptanceLevel", "AcceptanceConfigError"},
                                             {"FileNotFound", "VibDownloadError"},
                                             {"NotFound", "NoMatchError"}};
    for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
        if (!strcmp(classes[i][0], fault->type))
            return esxcli_software_error(call, classes[i][1], fault->message);
    }
    return esxcli_software_error(call, "InstallationError", fault->message);
}

static const char *former_id(const struct host *host, const char *path, struct world *world)
{
    const struct datastore_file *file = world_file(world, path);
    VEC_EACH (const struct vib, it, host->vibs) {
        if (file && file->vib && !it->removed && !strcasecmp(it->name, file->vib->name))
            return it->id;
    }
    return NULL;
}

static int install(struct esxcli_call *call, const char *path)
{
    struct world *world = call->run->lab->world;
    struct vib *vib;
    struct fault fault;
    struct outcome outcome = {.message = "Host is not changed."};
    bool skipped;
    const char *former = former_id(call->host, path, world);
    bool claim = esxcli_value(call, "maintenance-mode"),
         trust = esxcli_value(call, "no-sig-check");
    if (host_install_vib(world, call->host, path, claim, trust, &vib, &skipped, &fault) < 0)
        return software_fault(call, &fault);
    if (skipped) {
        outcome.skipped = vib->id;
    } else {
        outcome.message = message_of(vib, &outcome.reboot);
        outcome.installed = vib->id;
        outcome.removed = former;
    }
    print_outcome(call, "Installation Result", &outcome);
    return 0;
}

/* What would be refused is refused before the time of the work passes; that is checked again
 * when it is done. */
static int vib_install(struct esxcli_call *call)
{
    struct shell_run *run = call->run;
    const char *path = esxcli_value(call, "viburl");
    path = path ? path : esxcli_value(call, "depot");
    if (!path)
        return esxcli_fail(call, "Error: Missing required parameter -v|--viburl");
    if (*path != '/' && !strstr(path, "://"))
        return esxcli_software_error(
            call, "VibDownloadError",
            arena_printf(run->arena, "('%s', 'the path must be absolute')", path));
    if (esxcli_value(call, "dry-run")) {
        print_outcome(call, "Installation Result",
                      &(struct outcome){.message = "Dryrun only, host not changed."});
        return 0;
    }
    unsigned flags = (esxcli_value(call, "maintenance-mode") ? INSTALL_CLAIM_MAINTENANCE : 0) |
                     (esxcli_value(call, "no-sig-check") ? INSTALL_NO_SIG_CHECK : 0);
    struct fault fault;
    lab_lock(run->lab);
    int refused = host_check_install(run->lab->world, call->host, path, flags, &fault);
    lab_unlock(run->lab);
    if (refused < 0)
        return software_fault(call, &fault);
    if (!shell_wait_ms(run, run->lab->world->takes.vib_install)) {
        run->dropped = true;
        return 1;
    }
    lab_lock(run->lab);
    int status = install(call, path);
    lab_unlock(run->lab);
    return status;
}

static int remove_one(struct esxcli_call *call, const char *name)
{
    struct world *world = call->run->lab->world;
    struct fault fault;
    struct outcome outcome = {0};
    bool claim = esxcli_value(call, "maintenance-mode");
    VEC_EACH (const struct vib, it, call->host->vibs) {
        if (!it->removed && !strcasecmp(it->name, name)) {
            outcome.removed = it->id;
            outcome.message = message_of(it, &outcome.reboot);
        }
    }
    if (host_remove_vib_claiming(world, call->host, name, claim, &fault) < 0)
        return software_fault(call, &fault);
    print_outcome(call, "Removal Result", &outcome);
    return 0;
}

static int vib_remove(struct esxcli_call *call)
{
    struct shell_run *run = call->run;
    if (esxcli_value(call, "dry-run")) {
        print_outcome(call, "Removal Result",
                      &(struct outcome){.message = "Dryrun only, host not changed."});
        return 0;
    }
    if (!shell_wait_ms(run, run->lab->world->takes.vib_install / 2)) {
        run->dropped = true;
        return 1;
    }
    lab_lock(run->lab);
    int status = remove_one(call, esxcli_value(call, "vibname"));
    lab_unlock(run->lab);
    return status;
}

/* ---- acceptance
 * --------------------------------------------------------------------------------- */

static const char *const levels[] = {"CommunitySupported", "PartnerSupported", "VMwareAccepted",
                                     "VMwareCertified"};

static int rank(const char *level)
{
    for (int i = 0; i < (int)ARRAY_LEN(levels); i++) {
        if (!strcmp(levels[i], level))
            return i;
    }
    return -1;
}

static int acceptance_get(struct esxcli_call *call)
{
    call->doc.style = DOC_SCALAR;
    call->doc.scalar = call->host->acceptance;
    return 0;
}

static int acceptance_set(struct esxcli_call *call)
{
    const char *level = esxcli_value(call, "level");
    if (rank(level) < 0)
        return esxcli_fail(call, "Invalid data constraint for parameter 'level'.");
    VEC_EACH (const struct vib, it, call->host->vibs) {
        if (!it->removed && rank(it->acceptance) < rank(level))
            return esxcli_software_error(
                call, "AcceptanceConfigError",
                arena_printf(call->doc.arena,
                             "VIB %s has acceptance level %s, below the new level %s.", it->id,
                             it->acceptance, level));
    }
    call->host->acceptance = world_strdup(call->run->lab->world, level);
    call->doc.style = DOC_SCALAR;
    call->doc.scalar =
        arena_printf(call->doc.arena, "Host acceptance level changed to '%s'.", level);
    return 0;
}

#define INSTALL_OPTIONS                                                                        \
    {                                                                                          \
        {"viburl", 'v', false, false}, {"depot", 'd', false, false},                           \
            {"vibname", 'n', false, false}, {"force", 'f', true, false},                       \
            {"dry-run", '\0', true, false}, {"maintenance-mode", '\0', true, false},           \
            {"no-live-install", '\0', true, false}, {"no-sig-check", '\0', true, false},       \
            {"proxy", '\0', false, false},                                                     \
    }

const struct esxcli_command esxcli_software[] = {
    {"software vib list", vib_list, {{"rebooting-image", '\0', true, false}}, false, false},
    {"software vib get",
     vib_get,
     {{"vibname", 'n', false, false}, {"rebooting-image", '\0', true, false}},
     false,
     false},
    {"software vib install", vib_install, INSTALL_OPTIONS, true, true},
    {"software vib update", vib_install, INSTALL_OPTIONS, true, true},
    {"software vib remove",
     vib_remove,
     {{"vibname", 'n', false, true},
      {"force", 'f', true, false},
      {"dry-run", '\0', true, false},
      {"maintenance-mode", '\0', true, false},
      {"no-live-install", '\0', true, false}},
     true,
     true},
    {"software acceptance get", acceptance_get, {{0}}, false, false},
    {"software acceptance set", acceptance_set, {{"level", 'l', false, true}}, true, false},
};
const size_t n_esxcli_software = ARRAY_LEN(esxcli_software);
