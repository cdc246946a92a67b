/* gpu.c: see gpu.h. */
#include "gpu.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "arena.h"
#include "instance.h"
#include "value.h"

const struct gpu_model *gpu_by_product(const char *product)
{
    for (size_t i = 0; i < gpu_models_count; i++)
        if (strcasecmp(gpu_models[i].product, product) == 0)
            return &gpu_models[i];
    return NULL;
}

const struct gpu_model *gpu_by_pci_device(unsigned device)
{
    for (size_t i = 0; device != 0 && i < gpu_models_count; i++)
        if (gpu_models[i].pci_device == device)
            return &gpu_models[i];
    return NULL;
}

const struct gpu_profile *gpu_find_profile(const struct gpu_model *model, const char *api)
{
    for (size_t i = 0; i < model->n_profiles; i++)
        if (strcmp(model->profiles[i].api, api) == 0)
            return &model->profiles[i];
    return NULL;
}

const struct gpu_profile *gpu_any_profile(const char *api)
{
    for (size_t i = 0; i < gpu_models_count; i++) {
        const struct gpu_profile *profile = gpu_find_profile(&gpu_models[i], api);
        if (profile != NULL)
            return profile;
    }
    return NULL;
}

int gpu_slots(const struct value *gpus, const char *profile)
{
    int slots = 0;
    if (!value_is_known(gpus))
        return -1;
    for (size_t i = 0; i < value_count(gpus); i++) {
        int64_t device = value_get_int(value_at(gpus, i), "device", 0);
        const struct gpu_model *model = gpu_by_pci_device((unsigned)device);
        const struct gpu_profile *found =
            model == NULL ? NULL : gpu_find_profile(model, profile);
        slots += found == NULL ? 0 : (int)found->max;
    }
    return slots;
}

/* ---- what a machine takes ---------------------------------------------------------------- */

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, c);
    return at == NULL ? -1 : (int)(at - digits);
}

unsigned gpu_parse_device(const char *text)
{
    unsigned device = 0;
    if (text == NULL || strncmp(text, "10de:", 5) != 0 || strlen(text) != 9)
        return 0;
    for (const char *at = text + 5; *at != '\0'; at++) {
        int digit = hex_digit(*at);
        if (digit < 0)
            return 0;
        device = device << 4 | (unsigned)digit;
    }
    return device;
}

bool gpu_want_of(const struct instance *mode, int64_t count, struct gpu_want *ret)
{
    const char *method = mode == NULL ? NULL : instance_text(mode, "method");
    if (method == NULL || count < 1)
        return false;
    bool direct = strcmp(method, "directpath") == 0;
    struct gpu_want want = {.label = instance_text(mode, direct ? "device" : "profile"),
                            .count = count};
    if (direct)
        want.device = gpu_parse_device(want.label);
    else
        want.profile = want.label;
    if (want.label == NULL || (direct && want.device == 0))
        return false;
    *ret = want;
    return true;
}

static int64_t card_places(int64_t device, const struct gpu_want *want)
{
    const struct gpu_model *model = gpu_by_pci_device((unsigned)device);
    const struct gpu_profile *found =
        model == NULL ? NULL : gpu_find_profile(model, want->profile);
    return found == NULL ? 0 : found->max / want->count;
}

int gpu_places(const struct value *gpus, const struct gpu_want *want)
{
    int64_t places = 0, cards = 0;
    if (!value_is_known(gpus))
        return -1;
    for (size_t i = 0; i < value_count(gpus); i++) {
        int64_t device = value_get_int(value_at(gpus, i), "device", 0);
        if (want->profile != NULL)
            places += card_places(device, want);
        else
            cards += device == (int64_t)want->device;
    }
    return (int)(want->profile != NULL ? places : cards / want->count);
}

const char *gpu_text(struct arena *arena, int64_t count, const char *what)
{
    return count == 1 ? arena_strdup(arena, what)
                      : arena_printf(arena, "%lld x %s", (long long)count, what);
}

const char *gpu_device_text(struct arena *arena, unsigned device, bool dynamic,
                            const char *label)
{
    if (!dynamic)
        return arena_printf(arena, "10de:%04x", device);
    return arena_printf(arena, "10de:%04x (dynamic%s%s)", device,
                        label == NULL ? "" : ", label ", label == NULL ? "" : label);
}

int64_t gpu_memory_mb(unsigned device)
{
    int64_t most = 0;
    for (size_t i = 0; device != 0 && i < gpu_models_count; i++)
        if (gpu_models[i].pci_device == device && gpu_models[i].memory_mb > most)
            most = gpu_models[i].memory_mb;
    return most;
}

int64_t gpu_mmio_gb(int64_t memory_mb)
{
    int64_t gb = 1;
    while (gb * 1024 < memory_mb)
        gb *= 2;
    return gb * 2;
}

bool gpu_profile_has_ecc(const char *api)
{
    for (size_t i = 0; i < gpu_models_count; i++)
        if (gpu_models[i].ecc && gpu_find_profile(&gpu_models[i], api) != NULL)
            return true;
    return false;
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), len_end = strlen(end);
    return len >= len_end && strcmp(text + len - len_end, end) == 0;
}

bool gpu_profile_in_release(const struct gpu_profile *profile, unsigned release)
{
    if (release == 0)
        return true;
    if (profile->since > release * 10 + 9)
        return false;
    /* 2B, 1B4 and 2B4 came after the 5.x releases. */
    if (release <= 5 && (ends_with(profile->api, "-2b") || ends_with(profile->api, "b4")))
        return false;
    return true;
}

static size_t count_digits(const char *text)
{
    return strspn(text, "0123456789");
}

/* Length of "384.73" or "525.105.14" at text when "-<n>OEM." follows; else 0. */
static size_t version_length(const char *text)
{
    if (count_digits(text) != 3 || text[3] != '.')
        return 0;
    size_t minor = count_digits(text + 4);
    if (minor < 2 || minor > 3)
        return 0;
    size_t len = 4 + minor;
    if (text[len] == '.' && count_digits(text + len + 1) == 2)
        len += 3;
    if (text[len] != '-')
        return 0;
    size_t oem = count_digits(text + len + 1);
    return oem > 0 && strncmp(text + len + 1 + oem, "OEM.", 4) == 0 ? len : 0;
}

bool driver_version_of(const char *vib, char ret[static 16])
{
    for (const char *at = vib; *at != '\0'; at++) {
        if (at > vib && count_digits(at - 1) > 0)
            continue;
        size_t len = version_length(at);
        if (len > 0 && len < 16) {
            memcpy(ret, at, len);
            ret[len] = '\0';
            return true;
        }
    }
    return false;
}

void driver_vib_name(const char *file, char *ret, size_t size)
{
    char version[16];
    const char *slash = strrchr(file, '/');
    const char *start = slash == NULL ? file : slash + 1;
    size_t len = strlen(start);
    if (driver_version_of(start, version)) {
        len = (size_t)(strstr(start, version) - start);
        while (len > 0 && (start[len - 1] == '-' || start[len - 1] == '_'))
            len--;
    }
    snprintf(ret, size, "%.*s", (int)len, start);
}

unsigned driver_branch(const char *version)
{
    unsigned branch = 0;
    size_t n = count_digits(version);
    if (n != 3)
        return 0;
    for (size_t i = 0; i < n; i++)
        branch = branch * 10 + (unsigned)(version[i] - '0');
    return branch;
}

unsigned driver_release(unsigned branch)
{
    static const struct {
        unsigned branch, release;
    } releases[] = {{367, 4},  {384, 5},  {390, 6},  {410, 7},  {418, 8},  {430, 9},
                    {440, 10}, {450, 11}, {460, 12}, {470, 13}, {510, 14}, {525, 15},
                    {535, 16}, {550, 17}, {570, 18}, {580, 19}};
    for (size_t i = 0; i < ARRAY_LEN(releases); i++)
        if (releases[i].branch == branch)
            return releases[i].release;
    return 0;
}

bool driver_needs_ecc_off(unsigned branch)
{
    return branch != 0 && branch < 430;
}
