/* kind_host_schema.h: schema of the kind host; its steps are in kind_host.c. */
#ifndef GF_KIND_HOST_SCHEMA_H
#define GF_KIND_HOST_SCHEMA_H

#include "types.h"

static const char *const host_graphics_words[] = {"shared", "shared_passthru", NULL};
static const char *const host_policy_words[] = {"performance", "consolidation", NULL};
static const char *const host_ecc_words[] = {"enabled", "disabled", NULL};
static const char *const host_power_words[] = {"balanced", "high_performance", "low_power",
                                               "custom", NULL};

static const struct attr host_attrs[] = {
    {"pool", &type_name, FACET_NONE, ATTR_DERIVED, .ref = "pools",
     .doc = "Pool that the host belongs to."},
    {"graphics", &type_pending, FACET_ESXI, ATTR_DERIVED, .names = host_graphics_words,
     .doc = "Default graphics type: shared (vSGA) or shared_passthru (vGPU)."},
    {"card_graphics", &type_pending, FACET_VSPHERE, ATTR_DERIVED, .names = host_graphics_words,
     .doc = "Graphics type of every card; \"mixed\" when they differ."},
    {"passthrough", &type_pending, FACET_VSPHERE, ATTR_DERIVED,
     .doc =
         "Model of the cards that are passed through (DirectPath I/O), 10de:1db4, with \"1 of "
         "2\" when it is not all of them; none."},
    {"assignment_policy", &type_enum, FACET_ESXI, ATTR_DERIVED, .names = host_policy_words,
     .doc = "How machines are spread over the cards."},
    {"driver", &type_pending, FACET_ESXI, ATTR_DERIVED,
     .doc = "Version of the GRID host driver."},
    {"virtualization_mode", &type_string, FACET_ESXI, ATTR_DERIVED | ATTR_DRIVER_NEEDED,
     .doc = "What the cards report through nvidia-smi: host_vgpu, host_vsga, none, mixed."},
    {"ecc", &type_pending, FACET_ESXI, ATTR_DERIVED | ATTR_DRIVER_NEEDED,
     .names = host_ecc_words, .doc = "ECC of every card; \"mixed\" when they differ."},
    {"power_policy", &type_enum, FACET_VSPHERE, ATTR_DERIVED, .names = host_power_words,
     .doc = "CPU power management."},
    {"ssh", &type_bool, FACET_VSPHERE, ATTR_DERIVED, .doc = "The SSH service runs."},
    {"driver_vib", &type_name, FACET_NONE, ATTR_DERIVED | ATTR_INPUT,
     .doc = "Absolute path of the driver's VIB on the host."},
    {"driver_signature_check", &type_bool, FACET_NONE, ATTR_DERIVED | ATTR_INPUT,
     .doc = "Check the VIB's signature."},
    /* Facts of vCenter. */
    {"cluster", &type_string, FACET_VSPHERE, ATTR_FACT, .doc = "Cluster the host is in."},
    {"drs", &type_string, FACET_VSPHERE, ATTR_FACT,
     .doc = "DRS of the cluster: off, manual, partial, full."},
    {"connection", &type_string, FACET_VSPHERE, ATTR_FACT,
     .doc = "connected, disconnected or not_responding."},
    {"maintenance", &type_bool, FACET_VSPHERE, ATTR_FACT, .doc = "In maintenance mode."},
    {"boot_time", &type_string, FACET_VSPHERE, ATTR_FACT, .doc = "When the host last booted."},
    {"version", &type_string, FACET_VSPHERE, ATTR_FACT, .doc = "ESXi version, 6.5.0."},
    {"ssh_policy", &type_string, FACET_VSPHERE, ATTR_FACT,
     .doc = "Startup of the SSH service: on, automatic or off."},
    {"cpu_model", &type_string, FACET_VSPHERE, ATTR_FACT, .doc = "CPU model."},
    {"cpu_sockets", &type_int, FACET_VSPHERE, ATTR_FACT, .doc = "CPU sockets."},
    {"cpu_cores", &type_int, FACET_VSPHERE, ATTR_FACT,
     .doc = "Physical cores; hyper-threads do not count."},
    {"hyperthreading", &type_bool, FACET_VSPHERE, ATTR_FACT, .doc = "Hyper-threading active."},
    {"numa_nodes", &type_int, FACET_VSPHERE, ATTR_FACT, .doc = "NUMA nodes that are visible."},
    {"bios_power", &type_string, FACET_VSPHERE, ATTR_FACT,
     .doc = "CPU power management that the BIOS leaves to the host."},
    {"memory", &type_size, FACET_VSPHERE, ATTR_FACT, .doc = "Physical memory."},
    {"gpus", &type_any, FACET_VSPHERE, ATTR_FACT,
     .doc =
         "NVIDIA cards: list of {id, name, device (PCI device id), memory, capable (false: it "
         "cannot be passed through), with (device that changes with it)}."},
    {"profiles", &type_strings, FACET_VSPHERE, ATTR_FACT | ATTR_SET,
     .doc = "vGPU profiles that the host offers now (sharedPassthruGpuTypes)."},
    {"vms", &type_any, FACET_VSPHERE, ATTR_FACT,
     .doc = "Machines on the host: list of {name, on (bool), template (bool), vgpu, vgpus "
            "(number, of several), fixed, cards (PCI ids of those it holds), firmware, "
            "hardware (version)}."},
};

#endif
