/* esxcli_hardware.c: esxcli hardware: cpu, memory, pci (esxi-shell.md §5). */
#include <stdio.h>

#include "esxcli.h"
#include "world_internal.h"

static int cpu_get(struct esxcli_call *call)
{
    const struct host *host = call->host;
    struct doc *doc = &call->doc;
    doc->style = DOC_SIMPLE;
    doc->structure = "CPUGlobal";
    doc_add_item(doc, NULL);
    doc_integer(doc, "CPU Packages", host->cpu_packages);
    doc_integer(doc, "CPU Cores", host->cpu_cores);
    doc_integer(doc, "CPU Threads", host->cpu_threads);
    doc_bool(doc, "Hyperthreading Active", host->hyperthreading);
    doc_bool(doc, "Hyperthreading Supported", true);
    doc_bool(doc, "Hyperthreading Enabled", host->hyperthreading);
    doc_integer(doc, "HV Support", 3);
    return 0;
}

static int memory_get(struct esxcli_call *call)
{
    struct doc *doc = &call->doc;
    doc->style = DOC_SIMPLE;
    doc->structure = "MemoryInfo";
    doc_add_item(doc, NULL);
    doc_textf(doc, "Physical Memory", "%lld Bytes", (long long)call->host->memory_bytes);
    doc_text(doc, "Reliable Memory", "0 Bytes");
    doc_integer(doc, "NUMA Node Count", call->host->numa_nodes);
    return 0;
}

static void pci_address(struct doc *doc, const struct gpu *gpu)
{
    unsigned segment = 0, bus = 0, slot = 0, function = 0;
    sscanf(gpu->pci_id, "%x:%x:%x.%x", &segment, &bus, &slot, &function);
    doc_text(doc, "Address", gpu->pci_id);
    doc_textf(doc, "Segment", "0x%04x", segment);
    doc_textf(doc, "Bus", "0x%02x", bus);
    doc_textf(doc, "Slot", "0x%02x", slot);
    doc_textf(doc, "Function", "0x%x", function);
}

static void pci_identity(struct doc *doc, const struct gpu *gpu)
{
    doc_text(doc, "Vendor Name", "NVIDIA Corporation");
    doc_text(doc, "Device Name", gpu->device_name);
    doc_text(doc, "Configured Owner", gpu->passthru_enabled ? "VM Passthru" : "VMkernel");
    doc_text(doc, "Current Owner", gpu->passthru_active ? "VM Passthru" : "VMkernel");
    doc_textf(doc, "Vendor ID", "0x%04x", gpu->vendor_id);
    doc_textf(doc, "Device ID", "0x%04x", gpu->device_id);
    doc_textf(doc, "SubVendor ID", "0x%04x", gpu->sub_vendor_id);
    doc_textf(doc, "SubDevice ID", "0x%04x", gpu->sub_device_id);
    doc_text(doc, "Device Class", "0x0302");
    doc_text(doc, "Device Class Name", "3D controller");
    doc_text(doc, "Programming Interface", "0x00");
    doc_text(doc, "Revision ID", "0xa1");
}

static void pci_wiring(struct doc *doc, const struct host *host, const struct gpu *gpu)
{
    unsigned bus = 0;
    sscanf(gpu->pci_id, "%*x:%x", &bus);
    bool runs = host_driver_runs(host), recent = version_number(host->version) >= 80000;
    doc_text(doc, "Interrupt Line", "0x0b");
    doc_integer(doc, "IRQ", 255);
    doc_text(doc, "Interrupt Vector", "0x00");
    doc_text(doc, "PCI Pin", "0x00");
    doc_text(doc, "Spawned Bus", "0x00");
    doc_text(doc, "Flags", "0x3001");
    doc_integer(doc, "Module ID", gpu->passthru_active ? 52 : runs ? 78 : -1);
    doc_text(doc, "Module Name",
             gpu->passthru_active ? "pciPassthru"
             : runs               ? "nvidia"
                                  : "None");
    doc_integer(doc, "Chassis", 0);
    doc_integer(doc, "Physical Slot", 4);
    doc_text(doc, "Slot Description", "PCIe Slot 4");
    doc_bool(doc, "Passthru Capable", true);
    doc_textf(doc, "Parent Device", "PCI 0:%u:0:0", bus ? bus - 1 : 0);
    doc_textf(doc, "Dependent Device", "PCI 0:%u:0:0", bus);
    doc_text(doc, "Reset Method", "Bridge reset");
    doc_bool(doc, "FPT Sharable", true);
    if (recent) {
        doc_integer(doc, "NUMA Node", gpu->numa_node);
        doc_text(doc, "Hardware Label", "");
        doc_text(doc, "Virtual Function", "");
    } else {
        doc_integer(doc, "NUMA Node", gpu->numa_node);
    }
}

static void pci_bridge(struct doc *doc, const struct gpu *gpu)
{
    struct gpu bridge = *gpu;
    unsigned bus = 0;
    sscanf(gpu->pci_id, "%*x:%x", &bus);
    bridge.pci_id = arena_printf(doc->arena, "0000:%02x:00.0", bus ? bus - 1 : 0);
    doc_add_item(doc, bridge.pci_id);
    pci_address(doc, &bridge);
    doc_text(doc, "Vendor Name", "Intel Corporation");
    doc_text(doc, "Device Name",
             "Xeon E7 v4/Xeon E5 v4/Xeon E3 v4/Xeon D PCI Express Root Port");
    doc_text(doc, "Configured Owner", "VMkernel");
    doc_text(doc, "Current Owner", "VMkernel");
    doc_text(doc, "Vendor ID", "0x8086");
    doc_text(doc, "Device ID", "0x6f08");
    doc_text(doc, "SubVendor ID", "0x0000");
    doc_text(doc, "SubDevice ID", "0x0000");
    doc_text(doc, "Device Class", "0x0604");
    doc_text(doc, "Device Class Name", "PCI bridge");
    doc_text(doc, "Module Name", "None");
    doc_bool(doc, "Passthru Capable", false);
    doc_integer(doc, "NUMA Node", gpu->numa_node);
}

static int pci_list(struct esxcli_call *call)
{
    struct doc *doc = &call->doc;
    doc->style = DOC_SIMPLE;
    doc->list = true;
    doc->structure = "PCIDevice";
    VEC_EACH (const struct gpu, gpu, call->host->gpus) {
        pci_bridge(doc, gpu);
        doc_add_item(doc, gpu->pci_id);
        pci_address(doc, gpu);
        pci_identity(doc, gpu);
        pci_wiring(doc, call->host, gpu);
    }
    return 0;
}

const struct esxcli_command esxcli_hardware[] = {
    {"hardware cpu global get", cpu_get, {{0}}, false, false},
    {"hardware memory get", memory_get, {{0}}, false, false},
    {"hardware pci list", pci_list, {{"class", 'c', false, false}}, false, false},
};
const size_t n_esxcli_hardware = ARRAY_LEN(esxcli_hardware);
