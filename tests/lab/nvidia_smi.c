/* nvidia_smi.c: nvidia-smi on the simulated host: whether it works at all, its arguments, -L
 * and -e (esxi-shell.md §7). */
#include "nvidia_smi.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "compiler.h"
#include "num.h"
#include "world_internal.h"

/* ---- cards
 * ------------------------------------------------------------------------------------ */

const char *smi_bus_id(const struct smi *smi, const struct gpu *gpu)
{
    char *id =
        arena_printf(smi->run->arena, "%s%s", smi->branch > 390 ? "0000" : "", gpu->pci_id);
    for (char *at = id; *at; at++)
        *at = (char)toupper((unsigned char)*at);
    return id;
}

unsigned smi_index(const struct smi *smi, const struct gpu *gpu)
{
    unsigned index = 0;
    for (const struct gpu *it = smi->host->gpus.items; it < gpu; it++)
        index += !it->passthru_active;
    return index;
}

bool smi_sees(const struct smi *smi, const struct gpu *gpu)
{
    uint64_t index;
    if (gpu->passthru_active)
        return false;
    if (!smi->card)
        return true;
    if (num_u64(smi->card, &index) == 0)
        return index == smi_index(smi, gpu);
    size_t size = strlen(smi->card), own = strlen(gpu->pci_id);
    return !strcasecmp(smi->card, gpu->uuid) || !strcasecmp(smi->card, gpu->pci_id) ||
           (size > own && !strcasecmp(smi->card + size - own, gpu->pci_id));
}

const char *smi_timestamp(const struct smi *smi)
{
    time_t seconds = (time_t)(world_now(smi->world) / 1000);
    struct tm parts;
    char text[64];
    gmtime_r(&seconds, &parts);
    strftime(text, sizeof(text), "%a %b %e %H:%M:%S %Y", &parts);
    return arena_strdup(smi->run->arena, text);
}

const char *smi_mode(const struct smi *smi, const struct gpu *gpu)
{
    bool vgpu = gpu->type_active == GRAPHICS_SHARED_PASSTHRU &&
                smi->host->default_active == GRAPHICS_SHARED_PASSTHRU;
    return vgpu ? "Host VGPU" : "Host VSGA";
}

/* ---- does it work?
 * ------------------------------------------------------------------------------ */

static const struct vib *other_driver(const struct host *host)
{
    VEC_EACH (const struct vib, it, host->vibs) {
        if (it->is_gpu_driver && it->removed && it->loaded)
            return it;
    }
    return NULL;
}

static bool any_card(const struct smi *smi)
{
    VEC_EACH (const struct gpu, gpu, smi->host->gpus) {
        if (!gpu->passthru_active)
            return true;
    }
    return false;
}

/* 0, or the exit status with which it fails. */
static int check(struct smi *smi)
{
    if (!smi->driver) {
        strbuf_add(&smi->run->err, "-sh: nvidia-smi: not found\n");
        return 127;
    }
    if (!smi->driver->loaded && other_driver(smi->host)) {
        strbuf_add(smi->out, "Failed to initialize NVML: Driver/library version mismatch\n");
        if (smi->branch >= 470)
            strbuf_addf(smi->out, "NVML library version: %s\n", smi->version);
        return 18;
    }
    if (!smi->driver->loaded || (smi->host->gpus.n && !any_card(smi))) {
        strbuf_add(smi->out,
                   "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA "
                   "driver. Make sure that the latest NVIDIA driver is installed and running."
                   "\n\n");
        return 9;
    }
    bool found = false;
    VEC_EACH (const struct gpu, gpu, smi->host->gpus)
        found |= smi_sees(smi, gpu);
    if (!found) {
        strbuf_add(smi->out,
                   smi->branch >= 470 ? "No devices found\n" : "No devices were found\n");
        return 6;
    }
    return 0;
}

/* ---- -L, -e
 * --------------------------------------------------------------------------------------- */

static int list(struct smi *smi)
{
    VEC_EACH (const struct gpu, gpu, smi->host->gpus) {
        if (smi_sees(smi, gpu))
            strbuf_addf(smi->out, "GPU %u: %s (UUID: %s)\n", smi_index(smi, gpu), gpu->model,
                        gpu->uuid);
    }
    return 0;
}

static bool set_ecc(struct smi *smi, struct gpu *gpu, bool enable)
{
    const char *word = enable ? "Enabled" : "Disabled", *id = smi_bus_id(smi, gpu);
    if (!gpu->ecc_capable) {
        strbuf_addf(smi->out,
                    "ECC features not supported for GPU %s.\n"
                    "Treating as warning and moving on.\n",
                    id);
        return false;
    }
    if (gpu->ecc_pending == enable) {
        strbuf_addf(smi->out, "ECC support is already %s for GPU %s.\n", word, id);
        return false;
    }
    host_set_ecc(smi->world, smi->host, gpu, enable);
    strbuf_addf(smi->out, "%s ECC support for GPU %s.\n", word, id);
    return true;
}

static int ecc(struct smi *smi)
{
    bool changed = false;
    if (strcmp(smi->ecc, "0") && strcmp(smi->ecc, "1")) {
        strbuf_addf(
            smi->out,
            "ERROR: Option -e is not recognized. Please run 'nvidia-smi -h' for help.\n");
        return 2;
    }
    VEC_EACH (struct gpu, gpu, smi->host->gpus) {
        if (smi_sees(smi, gpu))
            changed |= set_ecc(smi, gpu, *smi->ecc == '1');
    }
    strbuf_add(smi->out, changed ? "All done.\nReboot required.\n" : "All done.\n");
    return 0;
}

/* ---- arguments
 * --------------------------------------------------------------------------------------- */

/* The value of an option: after `=`, or the next word. */
static const char *value_of(char **words, size_t n, size_t *at)
{
    const char *equals = strchr(words[*at], '=');
    if (equals)
        return equals + 1;
    return *at + 1 < n ? words[++*at] : "";
}

static bool is(const char *word, const char *option)
{
    size_t size = strlen(option);
    return !strncmp(word, option, size) && (word[size] == '\0' || word[size] == '=');
}

static bool parse_flag(struct smi *smi, const char *word)
{
    const struct {
        const char *name;
        bool *flag, in_vgpu;
    } flags[] = {
        {"-L", &smi->list, false},     {"--list-gpus", &smi->list, false},
        {"-q", &smi->full, false},     {"--query", &smi->full, false},
        {"-x", &smi->xml, false},      {"--xml-format", &smi->xml, false},
        {"-s", &smi->supported, true}, {"--supported", &smi->supported, true},
        {"-c", &smi->creatable, true}, {"--creatable", &smi->creatable, true},
        {"-v", &smi->verbose, true},   {"--verbose", &smi->verbose, true},
        {"-q", &smi->full, true},      {"--query", &smi->full, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
        if (flags[i].in_vgpu == smi->vgpu && !strcmp(flags[i].name, word)) {
            *flags[i].flag = true;
            return true;
        }
    }
    return false;
}

static bool parse(struct smi *smi, char **words, size_t n)
{
    const struct {
        const char *name;
        const char **value;
    } options[] = {
        {"-i", &smi->card},           {"--id", &smi->card},      {"-e", &smi->ecc},
        {"--ecc-config", &smi->ecc},  {"-d", &smi->display},     {"--display", &smi->display},
        {"--query-gpu", &smi->query}, {"--format", &smi->format}};
    smi->vgpu = n > 1 && !strcmp(words[1], "vgpu");
    for (size_t i = 1 + smi->vgpu; i < n; i++) {
        size_t at = i;
        if (parse_flag(smi, words[i]))
            continue;
        for (size_t k = 0; k < ARRAY_LEN(options); k++) {
            if (!is(words[at], options[k].name))
                continue;
            *options[k].value = value_of(words, n, &i);
            at = SIZE_MAX;
            break;
        }
        if (at != SIZE_MAX) {
            strbuf_addf(smi->out,
                        "ERROR: Option %s is not recognized. Please run 'nvidia-smi -h' for "
                        "help.\n",
                        words[i]);
            return false;
        }
    }
    return true;
}

bool nvidia_smi_is_changing(char **words, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (is(words[i], "-e") || is(words[i], "--ecc-config"))
            return true;
    }
    return false;
}

static int perform(struct smi *smi)
{
    if (smi->vgpu)
        return smi_vgpu(smi);
    if (smi->list)
        return list(smi);
    if (smi->ecc)
        return ecc(smi);
    if (smi->query)
        return smi_query_csv(smi);
    if (smi->full)
        return smi->xml ? smi_query_xml(smi) : smi_query_text(smi);
    return smi_table(smi);
}

int nvidia_smi_command(struct shell_run *run, char **words, size_t n)
{
    struct smi smi = {
        .run = run, .world = run->lab->world, .host = run->host, .out = &run->out};
    lab_lock(run->lab);
    smi.driver = host_driver(run->host);
    smi.branch = driver_branch(smi.driver);
    if (smi.driver)
        smi.version = arena_printf(run->arena, "%.*s", (int)strcspn(smi.driver->version, "-"),
                                   smi.driver->version);
    int status = smi.driver && !parse(&smi, words, n) ? 2 : check(&smi);
    if (status == 0)
        status = perform(&smi);
    lab_unlock(run->lab);
    return status;
}
