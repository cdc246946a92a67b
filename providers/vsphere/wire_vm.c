/* wire_vm.c: requests that change virtual machines and templates. See wire.h. */
#include "wire.h"

#include <stdio.h>

static void write_options(struct wire *wire, const struct wire_option *options, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (options[i].value == NULL)
            continue;
        xml_write_open(&wire->x, "extraConfig");
        xml_write_text_element(&wire->x, "key", options[i].key);
        xml_write_any(&wire->x, "value", "xsd:string", options[i].value);
        xml_write_close(&wire->x);
    }
}

void wire_clone(struct wire *wire, const struct wire_clone *clone)
{
    wire_open(wire, "CloneVM_Task", clone->source);
    wire_ref(wire, "folder", clone->folder);
    xml_write_text_element(&wire->x, "name", clone->name);
    xml_write_open(&wire->x, "spec");
    xml_write_open(&wire->x, "location");
    wire_ref(wire, "datastore", clone->datastore);
    xml_write_text_element(&wire->x, "diskMoveType",
                           "moveAllDiskBackingsAndDisallowSharing"); /* a full clone */
    wire_ref(wire, "pool", clone->pool);
    wire_ref(wire, "host", clone->host);
    xml_write_close(&wire->x);
    xml_write_bool(&wire->x, "template", false);
    xml_write_open(&wire->x, "config");
    write_options(wire, clone->options, clone->n_options);
    xml_write_close(&wire->x);
    xml_write_bool(&wire->x, "powerOn", false);
    xml_write_close(&wire->x);
    xml_write_close(&wire->x);
}

/* Removing needs operation, type and key only. */
static void write_removal(struct wire *wire, const struct xml_node *device)
{
    xml_write_open(&wire->x, "deviceChange");
    xml_write_text_element(&wire->x, "operation", "remove");
    xml_write_open(&wire->x, "device");
    xml_write_attr_type(&wire->x, device->type);
    xml_write_text_element(&wire->x, "key", xml_text_at(device, "key"));
    xml_write_close(&wire->x);
    xml_write_close(&wire->x);
}

static void write_vgpu(struct wire *wire, const struct wire_gpu *gpu)
{
    xml_write_attr_type(&wire->x, "VirtualPCIPassthroughVmiopBackingInfo");
    xml_write_text_element(&wire->x, "vgpu", gpu->profile);
}

static void write_fixed(struct wire *wire, const struct wire_gpu *gpu)
{
    char device[8];
    snprintf(device, sizeof device, "%04x", gpu->device & 0xffff);
    xml_write_attr_type(&wire->x, "VirtualPCIPassthroughDeviceBackingInfo");
    xml_write_text_element(&wire->x, "deviceName", gpu->name);
    xml_write_text_element(&wire->x, "id", gpu->id);
    xml_write_text_element(&wire->x, "deviceId", device);
    xml_write_text_element(&wire->x, "systemId", gpu->system_id);
    xml_write_i64(&wire->x, "vendorId", gpu->vendor);
}

static void write_dynamic(struct wire *wire, const struct wire_gpu *gpu)
{
    xml_write_attr_type(&wire->x, "VirtualPCIPassthroughDynamicBackingInfo");
    xml_write_text_element(&wire->x, "deviceName", "");
    xml_write_open(&wire->x, "allowedDevice");
    xml_write_i64(&wire->x, "vendorId", gpu->vendor & 0xffff);
    xml_write_i64(&wire->x, "deviceId", gpu->device & 0xffff);
    xml_write_close(&wire->x);
    if (gpu->label != NULL)
        xml_write_text_element(&wire->x, "customLabel", gpu->label);
}

/* New devices have keys of their own, each another (§15). */
static void write_addition(struct wire *wire, const struct wire_gpu *gpu, int64_t key)
{
    xml_write_open(&wire->x, "deviceChange");
    xml_write_text_element(&wire->x, "operation", "add");
    xml_write_open(&wire->x, "device");
    xml_write_attr_type(&wire->x, "VirtualPCIPassthrough");
    xml_write_i64(&wire->x, "key", key);
    xml_write_open(&wire->x, "backing");
    if (gpu->profile != NULL)
        write_vgpu(wire, gpu);
    else if (gpu->id != NULL)
        write_fixed(wire, gpu);
    else
        write_dynamic(wire, gpu);
    xml_write_close(&wire->x);
    xml_write_close(&wire->x);
    xml_write_close(&wire->x);
}

static void write_cpus(struct wire *wire, const struct wire_reconfig *reconfig)
{
    if (reconfig->cpus > 0)
        xml_write_i64(&wire->x, "numCPUs", reconfig->cpus);
    if (reconfig->cores_per_socket > 0)
        xml_write_i64(&wire->x, "numCoresPerSocket", reconfig->cores_per_socket);
    if (reconfig->cpu_hot_add != WIRE_KEEP)
        xml_write_bool(&wire->x, "cpuHotAddEnabled", reconfig->cpu_hot_add == WIRE_TRUE);
}

void wire_reconfig(struct wire *wire, const struct wire_reconfig *reconfig)
{
    wire_open(wire, "ReconfigVM_Task", reconfig->vm);
    xml_write_open(&wire->x, "spec");
    if (reconfig->change_version != NULL)
        xml_write_text_element(&wire->x, "changeVersion", reconfig->change_version);
    write_cpus(wire, reconfig);
    for (size_t i = 0; i < reconfig->n_remove; i++)
        write_removal(wire, reconfig->remove[i]);
    for (size_t i = 0; i < reconfig->n_add; i++)
        write_addition(wire, &reconfig->add[i], -200 - (int64_t)i);
    if (reconfig->memory_locked == WIRE_FALSE) {
        xml_write_open(&wire->x, "memoryAllocation");
        xml_write_i64(&wire->x, "reservation", 0);
        xml_write_close(&wire->x);
    }
    write_options(wire, reconfig->options, reconfig->n_options);
    if (reconfig->memory_locked != WIRE_KEEP)
        xml_write_bool(&wire->x, "memoryReservationLockedToMax",
                       reconfig->memory_locked == WIRE_TRUE);
    xml_write_close(&wire->x);
    xml_write_close(&wire->x);
}

void wire_config_target(struct wire *wire, struct ref browser, struct ref host)
{
    wire_open(wire, "QueryConfigTarget", browser);
    wire->idempotent = true;
    wire_ref(wire, "host", host);
    xml_write_close(&wire->x);
}

void wire_power(struct wire *wire, struct ref vm, bool on)
{
    wire_open(wire, on ? "PowerOnVM_Task" : "PowerOffVM_Task", vm);
    xml_write_close(&wire->x);
}

void wire_shutdown_guest(struct wire *wire, struct ref vm)
{
    wire_open(wire, "ShutdownGuest", vm);
    xml_write_close(&wire->x);
}

void wire_mark_template(struct wire *wire, struct ref vm)
{
    wire_open(wire, "MarkAsTemplate", vm);
    xml_write_close(&wire->x);
}

void wire_mark_vm(struct wire *wire, struct ref vm, struct ref pool, struct ref host)
{
    wire_open(wire, "MarkAsVirtualMachine", vm);
    wire_ref(wire, "pool", pool);
    wire_ref(wire, "host", host);
    xml_write_close(&wire->x);
}

void wire_destroy(struct wire *wire, struct ref vm)
{
    wire_open(wire, "Destroy_Task", vm);
    xml_write_close(&wire->x);
}
