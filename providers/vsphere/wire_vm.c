/* wire_vm.c: requests that change virtual machines and templates. See wire.h. */
#include "wire.h"

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

static void write_vgpu(struct wire *wire, const char *profile)
{
    xml_write_open(&wire->x, "deviceChange");
    xml_write_text_element(&wire->x, "operation", "add");
    xml_write_open(&wire->x, "device");
    xml_write_attr_type(&wire->x, "VirtualPCIPassthrough");
    xml_write_i64(&wire->x, "key", -200);
    xml_write_open(&wire->x, "backing");
    xml_write_attr_type(&wire->x, "VirtualPCIPassthroughVmiopBackingInfo");
    xml_write_text_element(&wire->x, "vgpu", profile);
    xml_write_close(&wire->x);
    xml_write_close(&wire->x);
    xml_write_close(&wire->x);
}

void wire_reconfig(struct wire *wire, const struct wire_reconfig *reconfig)
{
    wire_open(wire, "ReconfigVM_Task", reconfig->vm);
    xml_write_open(&wire->x, "spec");
    if (reconfig->change_version != NULL)
        xml_write_text_element(&wire->x, "changeVersion", reconfig->change_version);
    for (size_t i = 0; i < reconfig->n_remove; i++)
        write_removal(wire, reconfig->remove[i]);
    if (reconfig->add_vgpu != NULL)
        write_vgpu(wire, reconfig->add_vgpu);
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
