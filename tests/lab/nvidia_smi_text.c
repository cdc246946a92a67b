/* nvidia_smi_text.c: the overview table, -q, -q -x and --query-gpu (esxi-shell.md §7.4-§7.6).
 */
#include <stdio.h>
#include <string.h>

#include "nvidia_smi.h"

static const char *on_off(bool on)
{
    return on ? "Enabled" : "Disabled";
}

/* ---- the overview
 * ------------------------------------------------------------------------------ */

static void table_card(struct smi *smi, const struct gpu *gpu)
{
    char name[19];
    snprintf(name, sizeof(name), strlen(gpu->model) > 18 ? "%.15s..." : "%s", gpu->model);
    strbuf_addf(smi->out, "| %3u  %-18s  On   | %-16s Off | %20s |\n", smi_index(smi, gpu),
                name, smi_bus_id(smi, gpu),
                !gpu->ecc_capable  ? "N/A"
                : gpu->ecc_current ? "0"
                                   : "Off");
    strbuf_addf(
        smi->out,
        "| N/A   34C    P0    26W / 250W | %6dMiB / %5lldMiB |      0%%      Default |\n", 0,
        (long long)gpu->memory_mb);
    strbuf_add(smi->out, "+-------------------------------+----------------------+"
                         "----------------------+\n");
}

int smi_table(struct smi *smi)
{
    strbuf_addf(smi->out, "%s\n", smi_timestamp(smi));
    strbuf_add(smi->out, "+-----------------------------------------------------------------"
                         "------------+\n");
    strbuf_addf(smi->out, "| NVIDIA-SMI %-23sDriver Version: %-26s|\n", smi->version,
                smi->version);
    strbuf_add(
        smi->out,
        "|-------------------------------+----------------------+----------------------+\n"
        "| GPU  Name        Persistence-M| Bus-Id        Disp.A | Volatile Uncorr. ECC |\n"
        "| Fan  Temp  Perf  Pwr:Usage/Cap|         Memory-Usage | GPU-Util  Compute M. |\n"
        "|===============================+======================+"
        "======================|\n");
    VEC_EACH (const struct gpu, gpu, smi->host->gpus) {
        if (smi_sees(smi, gpu))
            table_card(smi, gpu);
    }
    strbuf_add(
        smi->out,
        "\n"
        "+-----------------------------------------------------------------------------+\n"
        "| Processes:                                                       GPU Memory |\n"
        "|  GPU       PID   Type   Process name                             Usage      |\n"
        "|=============================================================================|\n"
        "|  No running processes found                                                 |\n"
        "+-----------------------------------------------------------------------------+\n");
    return 0;
}

/* ---- -q
 * -------------------------------------------------------------------------------------------
 */

/* The colon stands in column 43 at every depth. */
static void row(struct smi *smi, unsigned indent, const char *label, const char *value)
{
    strbuf_add_repeat(smi->out, ' ', indent);
    strbuf_addf(smi->out, "%-*s: %s\n", 42 - (int)indent, label, value);
}

static void head(struct smi *smi, const char *text)
{
    strbuf_addf(smi->out, "    %s\n", text);
}

static const char *ecc_label(const struct smi *smi)
{
    return smi->branch >= 535 ? "ECC Mode" : "Ecc Mode";
}

static void query_ecc(struct smi *smi, const struct gpu *gpu)
{
    head(smi, ecc_label(smi));
    row(smi, 8, "Current", gpu->ecc_capable ? on_off(gpu->ecc_current) : "N/A");
    row(smi, 8, "Pending", gpu->ecc_capable ? on_off(gpu->ecc_pending) : "N/A");
}

static void query_identity(struct smi *smi, const struct gpu *gpu)
{
    row(smi, 4, "Product Name", gpu->model);
    row(smi, 4, "Product Brand", "Tesla");
    row(smi, 4, "Display Mode", "Enabled");
    row(smi, 4, "Display Active", "Disabled");
    row(smi, 4, "Persistence Mode", "Enabled");
    if (smi->branch >= 450) {
        head(smi, "MIG Mode");
        row(smi, 8, "Current", "N/A");
        row(smi, 8, "Pending", "N/A");
    }
    if (smi->branch >= 535) {
        head(smi, "vGPU Device Capability");
        row(smi, 8, "Fractional Multi-vGPU", "Not Supported");
        row(smi, 8, "Heterogeneous Time-Slice Profiles", "Supported");
        row(smi, 8, "Heterogeneous Time-Slice Sizes", "Not Supported");
    }
    row(smi, 4, "Accounting Mode", "Enabled");
    row(smi, 4, "Serial Number", "0322917000000");
    row(smi, 4, "GPU UUID", gpu->uuid);
    row(smi, 4, "Minor Number", arena_printf(smi->run->arena, "%u", smi_index(smi, gpu)));
    row(smi, 4, "VBIOS Version", "86.00.3A.00.01");
}

static void query_card(struct smi *smi, const struct gpu *gpu)
{
    struct arena *arena = smi->run->arena;
    const char *memory = arena_printf(arena, "%lld MiB", (long long)gpu->memory_mb);
    query_identity(smi, gpu);
    head(smi, "GPU Virtualization Mode");
    row(smi, 8, smi->branch >= 470 ? "Virtualization Mode" : "Virtualization mode",
        smi_mode(smi, gpu));
    if (smi->branch >= 470)
        row(smi, 8, "Host VGPU Mode", "Non SR-IOV");
    head(smi, "PCI");
    row(smi, 8, "Device Id", arena_printf(arena, "0x%04X%04X", gpu->device_id, gpu->vendor_id));
    row(smi, 8, "Bus Id", smi_bus_id(smi, gpu));
    row(smi, 8, "Sub System Id",
        arena_printf(arena, "0x%04X%04X", gpu->sub_device_id, gpu->sub_vendor_id));
    head(smi, "FB Memory Usage");
    row(smi, 8, "Total", memory);
    row(smi, 8, "Used", "0 MiB");
    row(smi, 8, "Free", memory);
    row(smi, 4, "Compute Mode", "Default");
    query_ecc(smi, gpu);
    row(smi, 4, "Processes", "None");
}

int smi_query_text(struct smi *smi)
{
    unsigned n = 0;
    bool ecc_only = smi->display && !strcasecmp(smi->display, "ECC");
    strbuf_add(smi->out, "\n==============NVSMI LOG==============\n\n");
    row(smi, 0, "Timestamp", smi_timestamp(smi));
    row(smi, 0, "Driver Version", smi->version);
    if (smi->branch >= 410)
        row(smi, 0, "CUDA Version", "Not Found");
    if (smi->branch >= 535) {
        strbuf_add(smi->out, "vGPU Driver Capability\n");
        row(smi, 8, "Heterogenous Multi-vGPU", "Supported");
    }
    VEC_EACH (const struct gpu, gpu, smi->host->gpus)
        n += smi_sees(smi, gpu);
    strbuf_add_char(smi->out, '\n');
    row(smi, 0, "Attached GPUs", arena_printf(smi->run->arena, "%u", n));
    VEC_EACH (const struct gpu, gpu, smi->host->gpus) {
        if (!smi_sees(smi, gpu))
            continue;
        strbuf_addf(smi->out, "GPU %s\n", smi_bus_id(smi, gpu));
        if (ecc_only)
            query_ecc(smi, gpu);
        else
            query_card(smi, gpu);
        strbuf_add_char(smi->out, '\n');
    }
    return 0;
}

/* ---- -q -x
 * ------------------------------------------------------------------------------------------ */

static void xml_card(struct smi *smi, const struct gpu *gpu)
{
    struct strbuf *out = smi->out;
    const char *current = gpu->ecc_capable ? on_off(gpu->ecc_current) : "N/A";
    const char *pending = gpu->ecc_capable ? on_off(gpu->ecc_pending) : "N/A";
    strbuf_addf(out, "\t<gpu id=\"%s\">\n", smi_bus_id(smi, gpu));
    strbuf_addf(out, "\t\t<product_name>%s</product_name>\n", gpu->model);
    strbuf_add(out, "\t\t<product_brand>Tesla</product_brand>\n"
                    "\t\t<persistence_mode>Enabled</persistence_mode>\n");
    if (smi->branch >= 450)
        strbuf_add(out, "\t\t<mig_mode>\n\t\t\t<current_mig>N/A</current_mig>\n"
                        "\t\t\t<pending_mig>N/A</pending_mig>\n\t\t</mig_mode>\n");
    strbuf_addf(out, "\t\t<serial>0322917000000</serial>\n\t\t<uuid>%s</uuid>\n", gpu->uuid);
    strbuf_addf(out, "\t\t<minor_number>%u</minor_number>\n", smi_index(smi, gpu));
    strbuf_addf(out,
                "\t\t<gpu_virtualization_mode>\n"
                "\t\t\t<virtualization_mode>%s</virtualization_mode>\n",
                smi_mode(smi, gpu));
    if (smi->branch >= 470)
        strbuf_add(out, "\t\t\t<host_vgpu_mode>Non SR-IOV</host_vgpu_mode>\n");
    strbuf_addf(out,
                "\t\t</gpu_virtualization_mode>\n\t\t<pci>\n"
                "\t\t\t<pci_device_id>%04X%04X</pci_device_id>\n"
                "\t\t\t<pci_bus_id>%s</pci_bus_id>\n\t\t</pci>\n",
                gpu->device_id, gpu->vendor_id, smi_bus_id(smi, gpu));
    strbuf_addf(out,
                "\t\t<fb_memory_usage>\n\t\t\t<total>%lld MiB</total>\n"
                "\t\t\t<used>0 MiB</used>\n\t\t\t<free>%lld MiB</free>\n"
                "\t\t</fb_memory_usage>\n",
                (long long)gpu->memory_mb, (long long)gpu->memory_mb);
    strbuf_addf(out,
                "\t\t<ecc_mode>\n\t\t\t<current_ecc>%s</current_ecc>\n"
                "\t\t\t<pending_ecc>%s</pending_ecc>\n\t\t</ecc_mode>\n"
                "\t\t<processes>\n\t\t</processes>\n\t</gpu>\n\n",
                current, pending);
}

int smi_query_xml(struct smi *smi)
{
    unsigned n = 0;
    int dtd = smi->branch >= 535 ? 12 : smi->branch >= 470 ? 11 : smi->branch >= 410 ? 10 : 9;
    VEC_EACH (const struct gpu, gpu, smi->host->gpus)
        n += smi_sees(smi, gpu);
    strbuf_addf(smi->out,
                "<?xml version=\"1.0\" ?>\n"
                "<!DOCTYPE nvidia_smi_log SYSTEM \"nvsmi_device_v%d.dtd\">\n<nvidia_smi_log>\n"
                "\t<timestamp>%s</timestamp>\n\t<driver_version>%s</driver_version>\n",
                dtd, smi_timestamp(smi), smi->version);
    if (smi->branch >= 410)
        strbuf_add(smi->out, "\t<cuda_version>Not Found</cuda_version>\n");
    strbuf_addf(smi->out, "\t<attached_gpus>%u</attached_gpus>\n", n);
    VEC_EACH (const struct gpu, gpu, smi->host->gpus) {
        if (smi_sees(smi, gpu))
            xml_card(smi, gpu);
    }
    strbuf_add(smi->out, "</nvidia_smi_log>\n");
    return 0;
}

/* ---- --query-gpu
 * -------------------------------------------------------------------------------------- */

/* The value of a field of a card; NULL when this driver has no such field. */
static const char *field_value(struct smi *smi, const struct gpu *gpu, const char *field)
{
    struct arena *arena = smi->run->arena;
    const char *none = smi->branch >= 450 ? "[N/A]" : "[Not Supported]";
    const struct {
        const char *name, *value;
        unsigned since;
    } fields[] = {
        {"index", arena_printf(arena, "%u", smi_index(smi, gpu)), 0},
        {"name", gpu->model, 0},
        {"gpu_name", gpu->model, 0},
        {"uuid", gpu->uuid, 0},
        {"gpu_uuid", gpu->uuid, 0},
        {"pci.bus_id", smi_bus_id(smi, gpu), 0},
        {"gpu_bus_id", smi_bus_id(smi, gpu), 0},
        {"driver_version", smi->version, 0},
        {"memory.total", arena_printf(arena, "%lld", (long long)gpu->memory_mb), 0},
        {"ecc.mode.current", gpu->ecc_capable ? on_off(gpu->ecc_current) : none, 0},
        {"ecc.mode.pending", gpu->ecc_capable ? on_off(gpu->ecc_pending) : none, 0},
        {"mig.mode.current", "[N/A]", 450},
        {"mig.mode.pending", "[N/A]", 450},
        {"vgpu_driver_capability.heterogenous_multivGPU", "Supported", 535},
        {"vgpu_device_capability.fractional_multiVgpu", "Not Supported", 535},
        {"vgpu_device_capability.heterogeneous_timeSlice_profile", "Supported", 535},
        {"vgpu_device_capability.heterogeneous_timeSlice_sizes", "Not Supported", 535},
    };
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        if (!strcmp(fields[i].name, field) && smi->branch >= fields[i].since)
            return fields[i].value;
    }
    return NULL;
}

static bool has_unit(const char *field)
{
    return !strcmp(field, "memory.total");
}

static size_t split_fields(struct smi *smi, const char **fields, size_t max)
{
    char *rest = arena_strdup(smi->run->arena, smi->query);
    size_t n = 0;
    while (rest && n < max) {
        char *field = strsep(&rest, ",");
        fields[n++] = field + strspn(field, " ");
    }
    return n;
}

int smi_query_csv(struct smi *smi)
{
    const char *fields[64];
    const char *format = smi->format ? smi->format : "";
    bool header = !strstr(format, "noheader"), units = !strstr(format, "nounits");
    size_t n = split_fields(smi, fields, ARRAY_LEN(fields));
    for (size_t k = 0; k < n; k++) {
        if (!field_value(smi, smi->host->gpus.items, fields[k])) {
            strbuf_addf(smi->out, "Field \"%s\" is not a valid field to query.\n\n", fields[k]);
            return 2;
        }
    }
    if (strncmp(format, "csv", 3)) {
        strbuf_add(smi->out, "\"--format=\" switch is missing. \"csv\" is required.\n");
        return 2;
    }
    for (size_t k = 0; header && k < n; k++)
        strbuf_addf(smi->out, "%s%s%s%s", k ? ", " : "", fields[k],
                    has_unit(fields[k]) && units ? " [MiB]" : "", k + 1 == n ? "\n" : "");
    VEC_EACH (const struct gpu, gpu, smi->host->gpus) {
        for (size_t k = 0; smi_sees(smi, gpu) && k < n; k++)
            strbuf_addf(smi->out, "%s%s%s%s", k ? ", " : "", field_value(smi, gpu, fields[k]),
                        has_unit(fields[k]) && units ? " MiB" : "", k + 1 == n ? "\n" : "");
    }
    return 0;
}
