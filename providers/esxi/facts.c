/* facts.c: from what the commands printed to the attributes of a host. Pure. */
#include "esxi.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "arena.h"
#include "gpu.h"
#include "types.h"
#include "vec.h"

const char *const esxi_attr_names[ESXI_ATTR_COUNT] = {
    [ESXI_GRAPHICS] = "graphics", [ESXI_POLICY] = "assignment_policy",
    [ESXI_DRIVER] = "driver",     [ESXI_MODE] = "virtualization_mode",
    [ESXI_ECC] = "ecc",
};

/* ---- graphics --------------------------------------------------------------------------- */

const char *facts_graphics_word(const char *text)
{
    if (text != NULL && strcasecmp(text, "SharedPassthru") == 0)
        return "shared_passthru";
    return text != NULL && strcasecmp(text, "Shared") == 0 ? "shared" : NULL;
}

const char *facts_policy_word(const char *text)
{
    if (text != NULL && strcasecmp(text, "Performance") == 0)
        return "performance";
    return text != NULL && strcasecmp(text, "Consolidation") == 0 ? "consolidation" : NULL;
}

static bool is_nvidia_card(const struct record *device)
{
    const char *vendor = record_get(device, "Vendor Name");
    return vendor == NULL || strcasestr(vendor, "NVIDIA") != NULL;
}

/* The type that the cards run with; NULL when no card has one: without a driver they are
 * Basic, in passthrough they are Passthru (§2.3). */
static const char *active_type(const struct records *devices)
{
    const char *all = NULL;
    for (size_t i = 0; i < devices->n; i++) {
        const char *word = facts_graphics_word(record_get(&devices->items[i], "Graphics Type"));
        if (word == NULL || !is_nvidia_card(&devices->items[i]))
            continue;
        all = all == NULL || strcmp(all, word) == 0 ? word : "mixed";
    }
    return all;
}

static const char *host_field(const struct answer *graphics, const char *label)
{
    for (size_t i = 0; i < graphics->records.n; i++) {
        const char *value = record_get(&graphics->records.items[i], label);
        if (value != NULL)
            return value;
    }
    return NULL;
}

static const struct value *unknown_word(const char *what, const char *word, struct arena *arena)
{
    if (word == NULL)
        return value_unreadable(arena, "esxcli names no %s", what);
    return value_unreadable(arena, "unknown %s \"%s\"", what,
                            one_line(arena, word, strlen(word)));
}

static const struct value *graphics(const struct sight *sight, struct arena *arena)
{
    if (sight->graphics.problem != NULL)
        return value_unreadable(arena, "%s", sight->graphics.problem);
    if (sight->devices.problem != NULL)
        return value_unreadable(arena, "%s", sight->devices.problem);
    const char *text = host_field(&sight->graphics, "Default Graphics Type");
    const char *configured = facts_graphics_word(text);
    if (configured == NULL)
        return unknown_word("default graphics type", text, arena);
    const char *active = active_type(&sight->devices.records);
    return pending_make(arena, active == NULL ? configured : active, configured);
}

static const struct value *policy(const struct sight *sight, struct arena *arena)
{
    if (sight->graphics.problem != NULL)
        return value_unreadable(arena, "%s", sight->graphics.problem);
    const char *text = host_field(&sight->graphics, "Shared Passthru Assignment Policy");
    const char *word = facts_policy_word(text);
    return word == NULL ? unknown_word("assignment policy", text, arena)
                        : value_string(arena, word);
}

/* ---- driver ----------------------------------------------------------------------------- */

bool driver_is_aie(const char *name)
{
    return strcasestr(name, "NVD-AIE") != NULL;
}

/* The vendor has other VIBs as well (network cards, management): one of a name that is not
 * known counts only when its version is a driver's. What counts may be removed. */
static bool is_driver_row(const char *name, const char *vendor, const char *version)
{
    static const char *const names[] = {"NVIDIA-VMware", "NVIDIA-vGPU", "NVD-VMware",
                                        "NVD-AIE"};
    char driver[16];
    if (strcasestr(name, "mgmt-daemon") != NULL)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcasestr(name, names[i]) != NULL)
            return true;
    return vendor != NULL &&
           (strcasecmp(vendor, "NVIDIA") == 0 || strcasecmp(vendor, "NVD") == 0) &&
           strstr(version, "OEM.") != NULL && driver_version_of(version, driver);
}

void facts_driver_vibs(const struct records *vibs, struct arena *arena, struct driver_vibs *ret)
{
    VEC(struct driver_vib) found = {0};
    for (size_t i = 0; i < vibs->n; i++) {
        const char *name = record_get(&vibs->items[i], "Name");
        const char *version = record_get(&vibs->items[i], "Version");
        struct driver_vib vib = {.name = name, .version = version == NULL ? "" : version};
        if (name == NULL ||
            !is_driver_row(name, record_get(&vibs->items[i], "Vendor"), vib.version))
            continue;
        if (!driver_version_of(vib.version, vib.driver))
            vib.driver[0] = '\0';
        VEC_PUSH(arena, &found, vib);
    }
    *ret = (struct driver_vibs){found.items, found.n};
}

static bool is_version(const char *text)
{
    size_t size = text == NULL ? 0 : strlen(text);
    return size >= 3 && size < 16 && strspn(text, "0123456789.") == size;
}

/* Installed, and to run from the next boot on. */
static const struct value *from_next_boot(struct arena *arena, const char *version)
{
    const struct value_field field = {"next", value_string(arena, version)};
    return value_map(arena, &field, 1);
}

static const struct value *driver_value(const struct driver_vib *vib,
                                        const struct smi_report *smi, struct arena *arena)
{
    switch (smi->state) {
    case SMI_RUNS:
        if (!is_version(smi->driver))
            return value_unreadable(arena, "nvidia-smi names no driver version");
        return pending_make(arena, smi->driver, vib->driver);
    case SMI_NO_CARD:
        /* Its library refuses to work with another driver than its own. */
        return value_string(arena, vib->driver);
    case SMI_ABSENT:
    case SMI_NOT_LOADED:
        return from_next_boot(arena, vib->driver);
    case SMI_FAILED:
        break;
    }
    return value_unreadable(arena, "%s", smi->reason);
}

static const char *both_names(const struct driver_vibs *vibs, struct arena *arena)
{
    const char *all = "";
    for (size_t i = 0; i < vibs->n && i < 8; i++)
        all = arena_printf(arena, "%s%s%s %s", all, i == 0 ? "" : ", ", vibs->items[i].name,
                           vibs->items[i].version);
    return one_line(arena, all, strlen(all));
}

static const struct value *driver(const struct sight *sight, struct arena *arena)
{
    struct driver_vibs vibs;
    if (sight->vibs.problem != NULL)
        return value_unreadable(arena, "%s", sight->vibs.problem);
    facts_driver_vibs(&sight->vibs.records, arena, &vibs);
    if (vibs.n == 0)
        return value_absent();
    if (vibs.n > 1)
        return value_unreadable(arena, "several NVIDIA drivers are installed: %s",
                                both_names(&vibs, arena));
    if (vibs.items[0].driver[0] == '\0')
        return value_unreadable(arena, "no driver version in the VIB %s",
                                both_names(&vibs, arena));
    return driver_value(&vibs.items[0], &sight->smi, arena);
}

/* ---- cards ------------------------------------------------------------------------------ */

/* Why nvidia-smi shows no cards, or NULL when it does. */
static const char *blind(const struct sight *sight, const struct value *driver_found,
                         struct arena *arena)
{
    switch (sight->smi.state) {
    case SMI_RUNS:
        return NULL;
    case SMI_ABSENT:
        if (value_is_absent(driver_found) || sight->vibs.problem != NULL)
            return "the driver is not installed";
        return "the driver is not loaded until the next reboot";
    case SMI_NOT_LOADED:
        if (value_is_absent(driver_found))
            return "the driver is not installed";
        return "the driver is not loaded until the next reboot, or all cards are in "
               "passthrough";
    case SMI_NO_CARD:
        return "nvidia-smi finds no card";
    case SMI_FAILED:
        break;
    }
    return one_line(arena, sight->smi.reason, strlen(sight->smi.reason));
}

static bool is_na(const char *text)
{
    return text == NULL || text[0] == '\0' || strcasestr(text, "N/A") != NULL ||
           strcasestr(text, "Not Supported") != NULL;
}

/* "Host VGPU" -> host_vgpu; also for words that are not known yet. */
static const char *mode_word(const char *text, struct arena *arena)
{
    if (is_na(text))
        return "none";
    char *word = arena_strdup(arena, one_line(arena, text, strlen(text)));
    for (char *at = word; *at != '\0'; at++)
        *at = isalnum((unsigned char)*at) ? (char)tolower((unsigned char)*at) : '_';
    return word;
}

static const struct value *mode(const struct smi_report *smi, struct arena *arena)
{
    const char *all = NULL;
    for (size_t i = 0; i < smi->n_cards; i++) {
        const char *word = mode_word(smi->cards[i].mode, arena);
        all = all == NULL || strcmp(all, word) == 0 ? word : "mixed";
    }
    return value_string(arena, all);
}

static const char *ecc_word(const char *text)
{
    if (strcasecmp(text, "Enabled") == 0)
        return "enabled";
    return strcasecmp(text, "Disabled") == 0 ? "disabled" : "unknown";
}

const char *facts_ecc(const struct smi_report *smi, bool pending)
{
    const char *all = NULL;
    for (size_t i = 0; i < smi->n_cards; i++) {
        const struct smi_card *card = &smi->cards[i];
        const char *text = pending ? card->ecc_pending : card->ecc_current;
        if (is_na(text))
            continue;
        const char *word = ecc_word(text);
        all = all == NULL || strcmp(all, word) == 0 ? word : "mixed";
    }
    return all;
}

void facts_derive(const struct sight *sight, struct arena *arena,
                  const struct value *ret[ESXI_ATTR_COUNT])
{
    ret[ESXI_GRAPHICS] = graphics(sight, arena);
    ret[ESXI_POLICY] = policy(sight, arena);
    ret[ESXI_DRIVER] = driver(sight, arena);
    const char *why = blind(sight, ret[ESXI_DRIVER], arena);
    if (why != NULL) {
        ret[ESXI_MODE] = ret[ESXI_ECC] = value_unreadable(arena, "%s", why);
        return;
    }
    ret[ESXI_MODE] = mode(&sight->smi, arena);
    ret[ESXI_ECC] =
        pending_make(arena, facts_ecc(&sight->smi, false), facts_ecc(&sight->smi, true));
}

const struct value *facts_map(const struct value *const attrs[ESXI_ATTR_COUNT],
                              struct arena *arena)
{
    struct value_field fields[ESXI_ATTR_COUNT];
    for (size_t i = 0; i < ESXI_ATTR_COUNT; i++)
        fields[i] = (struct value_field){esxi_attr_names[i], attrs[i]};
    return value_map(arena, fields, ESXI_ATTR_COUNT);
}
