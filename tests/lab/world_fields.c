/* world_fields.c: the tables of world_fields.h, and dumping by them. */
#include "world_fields.h"

#include "compiler.h"

static const char *const graphics_names[] = {"shared", "shared_passthru"};
static const char *const policy_names[] = {"performance", "consolidation"};
static const char *const state_names[] = {"connected", "rebooting", "disconnected"};
static const char *const power_names[] = {"off", "on"};
static const char *const device_names[] = {"disk", "nic", "controller", "vgpu", "passthru"};

#define F(type, member, kind)                                                                  \
    {                                                                                          \
#member, kind, offsetof(struct type, member), NULL, 0                                  \
    }
#define FE(type, member, names)                                                                \
    {                                                                                          \
#member, FIELD_ENUM, offsetof(struct type, member), names, ARRAY_LEN(names)            \
    }

static const struct field gpu_fields[] = {
    F(gpu, pci_id, FIELD_TEXT),           F(gpu, model, FIELD_TEXT),
    F(gpu, device_name, FIELD_TEXT),      F(gpu, uuid, FIELD_TEXT),
    F(gpu, vendor_id, FIELD_INT),         F(gpu, device_id, FIELD_INT),
    F(gpu, sub_vendor_id, FIELD_INT),     F(gpu, sub_device_id, FIELD_INT),
    F(gpu, memory_mb, FIELD_LONG),        F(gpu, numa_node, FIELD_INT),
    F(gpu, ecc_capable, FIELD_BOOL),      F(gpu, ecc_current, FIELD_BOOL),
    F(gpu, ecc_pending, FIELD_BOOL),      FE(gpu, type_configured, graphics_names),
    FE(gpu, type_active, graphics_names), F(gpu, passthru_enabled, FIELD_BOOL),
    F(gpu, passthru_active, FIELD_BOOL),  F(gpu, passthru_incapable, FIELD_BOOL),
};

static const struct field vib_fields[] = {
    F(vib, id, FIELD_TEXT),
    F(vib, name, FIELD_TEXT),
    F(vib, version, FIELD_TEXT),
    F(vib, vendor, FIELD_TEXT),
    F(vib, acceptance, FIELD_TEXT),
    F(vib, install_date, FIELD_TEXT),
    F(vib, summary, FIELD_TEXT),
    F(vib, maintenance_required, FIELD_BOOL),
    F(vib, is_gpu_driver, FIELD_BOOL),
    F(vib, is_unsigned, FIELD_BOOL),
    F(vib, loaded, FIELD_BOOL),
    F(vib, removed, FIELD_BOOL),
};

static const struct field service_fields[] = {
    F(service, key, FIELD_TEXT),
    F(service, label, FIELD_TEXT),
    F(service, running, FIELD_BOOL),
    F(service, policy, FIELD_TEXT),
};

static const struct field host_fields[] = {
    F(host, moref, FIELD_TEXT),
    F(host, name, FIELD_TEXT),
    F(host, address, FIELD_TEXT),
    F(host, cluster, FIELD_TEXT),
    F(host, version, FIELD_TEXT),
    F(host, build, FIELD_TEXT),
    F(host, vendor, FIELD_TEXT),
    F(host, hardware_model, FIELD_TEXT),
    F(host, uuid, FIELD_TEXT),
    F(host, cpu_model, FIELD_TEXT),
    F(host, cpu_packages, FIELD_INT),
    F(host, cpu_cores, FIELD_INT),
    F(host, cpu_threads, FIELD_INT),
    F(host, cpu_hz, FIELD_LONG),
    F(host, memory_bytes, FIELD_LONG),
    F(host, hyperthreading, FIELD_BOOL),
    F(host, numa_nodes, FIELD_INT),
    F(host, bios_power_support, FIELD_TEXT),
    FE(host, state, state_names),
    F(host, in_maintenance, FIELD_BOOL),
    F(host, maintenance_by, FIELD_TEXT),
    F(host, boot_time, FIELD_LONG),
    F(host, up_at, FIELD_LONG),
    F(host, reboot_fails, FIELD_BOOL),
    FE(host, default_configured, graphics_names),
    FE(host, default_active, graphics_names),
    FE(host, policy, policy_names),
    F(host, power_policy, FIELD_TEXT),
    F(host, acceptance, FIELD_TEXT),
};

#define LIST(type, member, fields, key, as_object)                                             \
    {                                                                                          \
#member, offsetof(struct type, member), sizeof(*((struct type *)0)->member.items),     \
            fields, ARRAY_LEN(fields), key, as_object                                          \
    }

static const struct field_list host_lists[] = {
    LIST(host, gpus, gpu_fields, "pci_id", false),
    LIST(host, vibs, vib_fields, "name", false),
    LIST(host, services, service_fields, "key", true),
};

static const struct field device_fields[] = {
    F(device, key, FIELD_INT),
    FE(device, kind, device_names),
    F(device, label, FIELD_TEXT),
    F(device, vgpu_profile, FIELD_TEXT),
    F(device, pci_id, FIELD_TEXT),
    F(device, dynamic, FIELD_BOOL),
    F(device, allowed_device, FIELD_INT),
    F(device, custom_label, FIELD_TEXT),
    F(device, network, FIELD_TEXT),
    F(device, disk_capacity, FIELD_LONG),
    F(device, controller_key, FIELD_INT),
    F(device, unit, FIELD_INT),
};

static const struct field extra_fields[] = {
    F(key_value, key, FIELD_TEXT),
    F(key_value, value, FIELD_TEXT),
};

static const struct field vm_fields[] = {
    F(vm, moref, FIELD_TEXT),
    F(vm, name, FIELD_TEXT),
    F(vm, folder, FIELD_TEXT),
    F(vm, host, FIELD_TEXT),
    F(vm, datastore, FIELD_TEXT),
    FE(vm, power, power_names),
    F(vm, template, FIELD_BOOL),
    F(vm, uuid, FIELD_TEXT),
    F(vm, instance_uuid, FIELD_TEXT),
    F(vm, cpus, FIELD_INT),
    F(vm, cores_per_socket, FIELD_INT),
    F(vm, memory_mb, FIELD_LONG),
    F(vm, cpu_hot_add, FIELD_BOOL),
    F(vm, memory_locked, FIELD_BOOL),
    F(vm, memory_reservation_mb, FIELD_LONG),
    F(vm, firmware, FIELD_TEXT),
    F(vm, guest_id, FIELD_TEXT),
    F(vm, annotation, FIELD_TEXT),
    F(vm, version, FIELD_TEXT),
    F(vm, change, FIELD_LONG),
    F(vm, changed_at, FIELD_LONG),
    F(vm, tools, FIELD_TEXT),
    F(vm, power_off_at, FIELD_LONG),
    F(vm, made_by, FIELD_TEXT),
    F(vm, gpu, FIELD_TEXT),
    F(vm, guest_os, FIELD_TEXT),
    F(vm, guest_user, FIELD_TEXT),
    F(vm, guest_disk, FIELD_LONG),
    F(vm, guest_up_at, FIELD_LONG),
};

static const struct field_list vm_lists[] = {
    LIST(vm, devices, device_fields, "key", false),
    LIST(vm, extra, extra_fields, "key", true),
};

static const struct field cluster_fields[] = {
    F(cluster, moref, FIELD_TEXT),         F(cluster, name, FIELD_TEXT),
    F(cluster, resource_pool, FIELD_TEXT), F(cluster, drs_enabled, FIELD_BOOL),
    F(cluster, drs_behavior, FIELD_TEXT),
};

static const struct field file_fields[] = {
    F(datastore_file, path, FIELD_TEXT),
};

static const struct field datastore_fields[] = {
    F(datastore, moref, FIELD_TEXT),
    F(datastore, name, FIELD_TEXT),
    F(datastore, capacity, FIELD_LONG),
    F(datastore, free, FIELD_LONG),
};

static const struct field_list datastore_lists[] = {
    LIST(datastore, files, file_fields, "path", false),
};

static const struct field network_fields[] = {
    F(network, moref, FIELD_TEXT),
    F(network, name, FIELD_TEXT),
};

static const struct field spec_fields[] = {
    F(custom_spec, name, FIELD_TEXT),   F(custom_spec, description, FIELD_TEXT),
    F(custom_spec, type, FIELD_TEXT),   F(custom_spec, spec, FIELD_TEXT),
    F(custom_spec, change, FIELD_LONG), F(custom_spec, updated_at, FIELD_LONG),
};

const struct field_table host_table = {host_fields, ARRAY_LEN(host_fields), host_lists,
                                       ARRAY_LEN(host_lists)};
const struct field_table vm_table = {vm_fields, ARRAY_LEN(vm_fields), vm_lists,
                                     ARRAY_LEN(vm_lists)};
const struct field_table cluster_table = {cluster_fields, ARRAY_LEN(cluster_fields), NULL, 0};
const struct field_table datastore_table = {datastore_fields, ARRAY_LEN(datastore_fields),
                                            datastore_lists, ARRAY_LEN(datastore_lists)};
const struct field_table network_table = {network_fields, ARRAY_LEN(network_fields), NULL, 0};
const struct field_table spec_table = {spec_fields, ARRAY_LEN(spec_fields), NULL, 0};

/* ---- dumping ---------------------------------------------------------------------------- */

static json_t *dump_field(const struct field *field, const void *base)
{
    const void *at = (const char *)base + field->offset;
    const char *text;
    switch (field->kind) {
    case FIELD_TEXT:
        text = *(char *const *)at;
        return text ? json_string(text) : json_null();
    case FIELD_BOOL:
        return json_boolean(*(const bool *)at);
    case FIELD_INT:
        return json_integer(*(const int *)at);
    case FIELD_LONG:
        return json_integer(*(const int64_t *)at);
    case FIELD_ENUM:
        break;
    }
    return json_string(field->names[*(const unsigned *)at]);
}

static json_t *dump_list(const struct field_list *list, const void *base)
{
    /* Every VEC has this layout. */
    const VEC(char) *vec = (const void *)((const char *)base + list->offset);
    const struct field_table table = {list->fields, list->n_fields, NULL, 0};
    json_t *dump = list->as_object ? json_object() : json_array();
    for (size_t i = 0; i < vec->n; i++) {
        json_t *item = fields_dump(&table, vec->items + i * list->size);
        if (!list->as_object) {
            json_array_append_new(dump, item);
            continue;
        }
        json_t *bare = json_object_get(item, "value"); /* extraConfig: key to value */
        const char *key = json_string_value(json_object_get(item, list->key));
        json_object_set(dump, key, bare ? bare : item);
        json_decref(item);
    }
    return dump;
}

json_t *fields_dump(const struct field_table *table, const void *base)
{
    json_t *dump = json_object();
    for (size_t i = 0; i < table->n_fields; i++)
        json_object_set_new(dump, table->fields[i].name, dump_field(&table->fields[i], base));
    for (size_t i = 0; i < table->n_lists; i++)
        json_object_set_new(dump, table->lists[i].name, dump_list(&table->lists[i], base));
    return dump;
}
