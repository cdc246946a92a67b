/* nvidia_smi_vgpu.c: nvidia-smi vgpu: types that a card offers, those still possible, and what
 * runs (esxi-shell.md §7.7). */
#include <string.h>

#include "nvidia_smi.h"

static bool in_vgpu_mode(const struct smi *smi, const struct gpu *gpu)
{
    return smi_sees(smi, gpu) && gpu_offers(smi->host, gpu, NULL);
}

/* ---- -s, -c
 * ------------------------------------------------------------------------------------- */

struct traits {
    const char *class, *license;
    unsigned heads, x, y, frames;
};

static struct traits traits_of(const struct gpu_profile *profile)
{
    switch (profile->class) {
    case 'Q':
        return (struct traits){"Quadro", "Quadro-Virtual-DWS,5.0", 4, 4096, 2160, 60};
    case 'C':
        return (struct traits){
            "Compute", "NVIDIA-vComputeServer,9.0;Quadro-Virtual-DWS,5.0", 1, 4096, 2160, 0};
    case 'A':
        return (struct traits){"NVS", "GRID-Virtual-Apps,3.0", 1, 1280, 1024, 60};
    default:
        break;
    }
    return (struct traits){"NVS",
                           "GRID-Virtual-PC,2.0;GRID-Virtual-WS,2.0;GRID-Virtual-WS-Ext,2.0;"
                           "Quadro-Virtual-DWS,5.0",
                           profile->fb_mb <= 512 ? 2 : 4,
                           2560,
                           1600,
                           45};
}

static void print_verbose(struct smi *smi, const struct gpu *gpu,
                          const struct gpu_profile *profile)
{
    struct strbuf *out = smi->out;
    struct traits traits = traits_of(profile);
    strbuf_addf(out, "    vGPU Type ID            : 0x%x\n", profile->type_id);
    if (smi->branch >= 470)
        strbuf_add(out, "        GPU Instance Profile ID : N/A\n");
    strbuf_addf(out, "        Name                : %s\n", profile->name);
    strbuf_addf(out, "        Class               : %s\n", traits.class);
    if (smi->branch >= 535)
        strbuf_add(out, "        GPU Instance Profile ID : N/A\n");
    strbuf_addf(out, "        Max Instances       : %u\n", profile->max);
    if (smi->branch >= 535)
        strbuf_add(out, "        Max Instances Per VM : 1\n");
    strbuf_addf(out, "        Device ID           : 0x%04x%04x\n", gpu->device_id,
                gpu->vendor_id);
    strbuf_addf(out, "        Sub System ID       : 0x%04x%04x\n", gpu->device_id,
                profile->subsystem);
    strbuf_addf(out, "        FB Memory           : %u MiB\n", profile->fb_mb);
    strbuf_addf(out, "        Display Heads       : %u\n", traits.heads);
    strbuf_addf(out, "        Maximum X Resolution: %u\n", traits.x);
    strbuf_addf(out, "        Maximum Y Resolution: %u\n", traits.y);
    if (traits.frames)
        strbuf_addf(out, "        Frame Rate Limit    : %u FPS\n", traits.frames);
    else
        strbuf_add(out, "        Frame Rate Limit    : N/A\n");
    strbuf_addf(out, "        GRID License        : %s\n", traits.license);
}

static void print_types(struct smi *smi, const struct gpu *gpu)
{
    size_t n;
    const struct gpu_profile *profiles = gpu_profiles(gpu, &n);
    strbuf_addf(smi->out, "GPU %s\n", smi_bus_id(smi, gpu));
    for (size_t i = 0; i < n; i++) {
        if (!gpu_offers(smi->host, gpu, &profiles[i]) ||
            (smi->creatable && !gpu_free_slots(smi->world, smi->host, gpu, profiles[i].api)))
            continue;
        if (smi->verbose)
            print_verbose(smi, gpu, &profiles[i]);
        else
            strbuf_addf(smi->out, "    %s\n", profiles[i].name);
    }
}

/* ---- what runs
 * ------------------------------------------------------------------------------------- */

static const struct gpu_profile *running(const struct smi *smi, const struct gpu *gpu,
                                         const struct vm *vm)
{
    if (vm->gone || vm->power != POWERED_ON || !vm->gpu || strcmp(vm->host, smi->host->name) ||
        strcmp(vm->gpu, gpu->pci_id))
        return NULL;
    VEC_EACH (const struct device, it, vm->devices) {
        if (it->kind == DEVICE_VGPU)
            return gpu_profile(gpu, it->vgpu_profile);
    }
    return NULL;
}

static unsigned vgpu_id(const struct vm *vm)
{
    unsigned id = 0;
    for (const char *at = vm->moref; *at; at++)
        id = *at >= '0' && *at <= '9' ? id * 10 + (unsigned)(*at - '0') : id;
    return id;
}

static unsigned count_running(const struct smi *smi, const struct gpu *gpu)
{
    unsigned n = 0;
    VEC_EACH (struct vm *, it, smi->world->vms)
        n += running(smi, gpu, *it) != NULL;
    return n;
}

static void print_query(struct smi *smi, const struct gpu *gpu)
{
    strbuf_addf(smi->out, "GPU %s\n", smi_bus_id(smi, gpu));
    strbuf_addf(smi->out, "    Active vGPUs                      : %u\n",
                count_running(smi, gpu));
    VEC_EACH (struct vm *, it, smi->world->vms) {
        const struct gpu_profile *profile = running(smi, gpu, *it);
        if (!profile)
            continue;
        strbuf_addf(smi->out, "    vGPU ID                           : %u\n",
                    3251634000u + vgpu_id(*it));
        strbuf_addf(smi->out, "        VM UUID                       : %s\n", (*it)->uuid);
        strbuf_addf(smi->out, "        VM ID                         : %u\n",
                    2100000 + vgpu_id(*it));
        strbuf_addf(smi->out, "        VM Name                       : %s\n", (*it)->name);
        strbuf_addf(smi->out, "        vGPU Name                     : %s\n", profile->name);
        strbuf_addf(smi->out, "        vGPU Type                     : %u\n", profile->type_id);
        strbuf_addf(smi->out,
                    "        FB Memory Usage\n"
                    "            Total                     : %u MiB\n",
                    profile->fb_mb);
    }
}

static void print_rows(struct smi *smi, const struct gpu *gpu)
{
    strbuf_addf(smi->out, "|%4u  %-26s | %-28s |%4u%%       |\n", smi_index(smi, gpu),
                gpu->model, smi_bus_id(smi, gpu), 0);
    VEC_EACH (struct vm *, it, smi->world->vms) {
        const struct gpu_profile *profile = running(smi, gpu, *it);
        if (profile)
            strbuf_addf(smi->out, "|      %-11u %-15s| %-9u %-18s |%7u%%    |\n",
                        3251634000u + vgpu_id(*it), profile->name, 2100000 + vgpu_id(*it),
                        (*it)->name, 0);
    }
    strbuf_add(smi->out, "+---------------------------------+------------------------------+"
                         "------------+\n");
}

static void print_frame(struct smi *smi)
{
    strbuf_addf(smi->out, "%s\n", smi_timestamp(smi));
    strbuf_add(
        smi->out,
        "+-----------------------------------------------------------------------------+\n");
    strbuf_addf(smi->out, "| NVIDIA-SMI %-23sDriver Version: %-26s|\n", smi->version,
                smi->version);
    strbuf_add(
        smi->out,
        "|---------------------------------+------------------------------+------------+\n"
        "| GPU  Name                       | Bus-Id                       | GPU-Util   |\n"
        "|      vGPU ID     Name           | VM ID     VM Name            | vGPU-Util  |\n"
        "|=================================+==============================+============|"
        "\n");
}

int smi_vgpu(struct smi *smi)
{
    bool types = smi->supported || smi->creatable, any = false;
    VEC_EACH (const struct gpu, gpu, smi->host->gpus) {
        if (!in_vgpu_mode(smi, gpu))
            continue;
        if (!any && !types && !smi->full)
            print_frame(smi);
        any = true;
        if (types)
            print_types(smi, gpu);
        else if (smi->full)
            print_query(smi, gpu);
        else
            print_rows(smi, gpu);
    }
    if (!any)
        strbuf_add(smi->out, "No supported devices in vGPU mode\n");
    return 0;
}
