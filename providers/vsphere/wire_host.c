/* wire_host.c: requests that change hosts. See wire.h. */
#include "wire.h"

#include <string.h>

void wire_enter_maintenance(struct wire *wire, struct ref host, int64_t timeout_s,
                            bool evacuate_powered_off)
{
    wire_open(wire, "EnterMaintenanceMode_Task", host);
    xml_write_i64(&wire->x, "timeout", timeout_s);
    xml_write_bool(&wire->x, "evacuatePoweredOffVms", evacuate_powered_off);
    xml_write_close(&wire->x);
}

void wire_exit_maintenance(struct wire *wire, struct ref host, int64_t timeout_s)
{
    wire_open(wire, "ExitMaintenanceMode_Task", host);
    xml_write_i64(&wire->x, "timeout", timeout_s);
    xml_write_close(&wire->x);
}

void wire_reboot(struct wire *wire, struct ref host)
{
    wire_open(wire, "RebootHost_Task", host);
    xml_write_bool(&wire->x, "force", false); /* only out of maintenance mode */
    xml_write_close(&wire->x);
}

void wire_refresh_graphics(struct wire *wire, struct ref manager)
{
    wire_open(wire, "RefreshGraphicsManager", manager);
    wire->idempotent = true;
    xml_write_close(&wire->x);
}

static bool is_listed(const struct wire_graphics *graphics, const char *device)
{
    for (size_t i = 0; device != NULL && i < graphics->n_devices; i++)
        if (strcmp(graphics->devices[i], device) == 0)
            return true;
    return false;
}

/* deviceId, graphicsType, and what newer versions add (vgpuMode). */
static void write_device(struct wire *wire, const char *device, const char *type,
                         const struct xml_node *stored)
{
    xml_write_open(&wire->x, "deviceType");
    xml_write_text_element(&wire->x, "deviceId", device);
    xml_write_text_element(&wire->x, "graphicsType", type);
    XML_EACH_CHILD(it, stored)
    {
        if (strcmp(it->name, "deviceId") != 0 && strcmp(it->name, "graphicsType") != 0)
            wire_copy(&wire->x, it);
    }
    xml_write_close(&wire->x);
}

static const struct xml_node *stored_device(const struct xml_node *stored, const char *device)
{
    XML_EACH(it, stored, "deviceType")
    {
        const char *id = xml_text_at(it, "deviceId");
        if (id != NULL && strcmp(id, device) == 0)
            return it;
    }
    return NULL;
}

void wire_update_graphics(struct wire *wire, struct ref manager,
                          const struct wire_graphics *graphics)
{
    const struct xml_node *stored = graphics->stored;
    wire_open(wire, "UpdateGraphicsConfig", manager);
    wire->idempotent = true;
    xml_write_open(&wire->x, "config");
    XML_EACH_CHILD(it, stored)
    {
        if (strcmp(it->name, "deviceType") != 0)
            wire_copy(&wire->x, it);
    }
    XML_EACH(it, stored, "deviceType")
    {
        if (!is_listed(graphics, xml_text_at(it, "deviceId")))
            wire_copy(&wire->x, it);
    }
    for (size_t i = 0; i < graphics->n_devices; i++)
        write_device(wire, graphics->devices[i], graphics->type,
                     stored_device(stored, graphics->devices[i]));
    xml_write_close(&wire->x);
    xml_write_close(&wire->x);
}

/* applyNow is left out: before 7.0 it is not known, and afterwards its absence means at once
 * where the host can, else at the next boot (§6.1). */
void wire_update_passthrough(struct wire *wire, struct ref system,
                             const struct wire_passthrough *cards, size_t n)
{
    wire_open(wire, "UpdatePassthruConfig", system);
    wire->idempotent = true;
    for (size_t i = 0; i < n; i++) {
        xml_write_open(&wire->x, "config");
        xml_write_text_element(&wire->x, "id", cards[i].id);
        xml_write_bool(&wire->x, "passthruEnabled", cards[i].enabled);
        xml_write_close(&wire->x);
    }
    xml_write_close(&wire->x);
}

void wire_refresh_passthrough(struct wire *wire, struct ref system)
{
    wire_open(wire, "Refresh", system);
    wire->idempotent = true;
    xml_write_close(&wire->x);
}

void wire_power_policy(struct wire *wire, struct ref manager, int64_t key)
{
    wire_open(wire, "ConfigurePowerPolicy", manager);
    wire->idempotent = true;
    xml_write_i64(&wire->x, "key", key);
    xml_write_close(&wire->x);
}

void wire_service(struct wire *wire, struct ref manager, const char *id, bool run)
{
    wire_open(wire, run ? "StartService" : "StopService", manager);
    wire->idempotent = true;
    xml_write_text_element(&wire->x, "id", id);
    xml_write_close(&wire->x);
}
