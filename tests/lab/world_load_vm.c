/* world_load_vm.c: the sections `vms` and `specs` of a world file. */
#include <string.h>

#include "world_internal.h"
#include "world_yaml.h"

static void add_card(struct world *world, struct vm *vm, enum device_kind kind,
                     const char *what)
{
    struct device device = {.key = vm_next_key(vm, kind),
                            .kind = kind,
                            .label = arena_printf(world->arena, "PCI device %u",
                                                  vm_count_devices(vm, DEVICE_VGPU) +
                                                      vm_count_devices(vm, DEVICE_PASSTHRU)),
                            .controller_key = 100};
    *(kind == DEVICE_VGPU ? &device.vgpu_profile : &device.pci_id) = world_strdup(world, what);
    VEC_PUSH(world->arena, &vm->devices, device);
}

static void load_cards(const struct section *s, struct vm *vm)
{
    size_t i;
    json_t *item;
    json_array_foreach((json_t *)section_list(s, "vgpus"), i, item)
    {
        add_card(s->world, vm, DEVICE_VGPU, json_string_value(item));
    }
    json_array_foreach((json_t *)section_list(s, "passthrough"), i, item)
    {
        add_card(s->world, vm, DEVICE_PASSTHRU, json_string_value(item));
    }
}

static void load_extra(const struct section *s, struct vm *vm)
{
    struct section extra = section_at(s, "extra");
    const char *key;
    json_t *item;
    json_object_foreach((json_t *)extra.object, key, item)
    {
        vm_set_extra(s->world, vm, key, section_text(&extra, key, ""));
    }
}

static void load_power(const struct section *s, struct vm *vm)
{
    static const char *const powers[] = {"off", "on"};
    struct host *host = world_host(s->world, vm->host);
    vm->power = section_choice(s, "power", powers, 2, POWERED_OFF);
    if (vm->power == POWERED_ON && vm_count_devices(vm, DEVICE_VGPU) && host->gpus.n)
        vm->gpu = host->gpus.items[0].pci_id;
    vm_write_own_keys(s->world, vm);
}

/* Which stand-ins the guest has follows from its guest id, unless the file says it. */
static void load_guest(const struct section *s, struct vm *vm)
{
    static const char *const systems[] = {"centos7", "ubuntu2204"};
    struct section login = section_at(s, "guest_login");
    unsigned usual = strncmp(vm->guest_id, "ubuntu", 6) == 0;
    section_keys(&login, "username password");
    vm->guest_os = world_strdup(s->world, systems[section_choice(s, "guest_os", systems, 2,
                                                                 usual)]);
    vm->guest_user = section_text(&login, "username", vm->guest_user);
    vm->guest_password = section_text(&login, "password", vm->guest_password);
    vm->guest_disk = section_size(s, "guest_disk", vm->guest_disk);
}

static void load_vm(const struct section *s, struct vm *vm)
{
    static const char *const tools[] = {"ok", "old", "not_running", "not_installed"};
    static const char *const statuses[] = {"toolsOk", "toolsOld", "toolsNotRunning",
                                           "toolsNotInstalled"};
    struct world *world = s->world;
    section_keys(s,
                 "host folder datastore cpus cores_per_socket memory disk network guest tools "
                 "power template annotation extra vgpus passthrough memory_locked firmware "
                 "cpu_hot_add hardware uuid instance_uuid guest_os guest_login guest_disk");
    vm->host = section_text(s, "host", vm->host);
    vm->folder = section_text(s, "folder", vm->folder);
    vm->datastore = section_text(s, "datastore", vm->datastore);
    vm->cpus = (unsigned)section_number(s, "cpus", 2);
    vm->cores_per_socket = (unsigned)section_number(s, "cores_per_socket", 1);
    vm->cpu_hot_add = section_bool(s, "cpu_hot_add", false);
    vm->memory_mb = section_size(s, "memory", (int64_t)4 << 30) >> 20;
    vm->memory_locked = section_bool(s, "memory_locked", false);
    vm->memory_reservation_mb = vm->memory_locked ? vm->memory_mb : 0;
    vm->firmware = section_text(s, "firmware", vm->firmware);
    vm->guest_id = section_text(s, "guest", vm->guest_id);
    vm->annotation = section_text(s, "annotation", vm->annotation);
    vm->version = section_text(s, "hardware", vm->version);
    vm->uuid = section_text(s, "uuid", vm->uuid);
    vm->instance_uuid = section_text(s, "instance_uuid", vm->instance_uuid);
    vm->template = section_bool(s, "template", false);
    vm->tools = world_strdup(world, statuses[section_choice(s, "tools", tools, 4, 0)]);
    const char *network = world->networks.n ? world->networks.items[0].name : "VM Network";
    vm_add_default_devices(world, vm, section_size(s, "disk", (int64_t)16 << 30),
                           section_text(s, "network", network));
    load_guest(s, vm);
    load_cards(s, vm);
    load_extra(s, vm);
    if (!world_host(world, vm->host))
        section_fail(s, "no such host: \"%s\"", vm->host);
    else
        load_power(s, vm);
}

void load_vms(const struct section *root)
{
    struct section s = section_at(root, "vms");
    struct world *world = root->world;
    const char *pattern;
    json_t *item;
    json_object_foreach((json_t *)s.object, pattern, item)
    {
        char *name;
        for (unsigned i = 0; range_name(world, pattern, i, &name); i++) {
            struct section part =
                section_of(&s, arena_printf(world->arena, "vms.%s", name), item);
            load_vm(&part, vm_new(world, name));
        }
    }
}

void load_specs(const struct section *root)
{
    struct section s = section_at(root, "specs");
    struct world *world = root->world;
    const char *name;
    json_t *item;
    json_object_foreach((json_t *)s.object, name, item)
    {
        struct section part = section_of(&s, arena_printf(world->arena, "specs.%s", name), item);
        struct custom_spec *spec = ARENA_NEW(world->arena, struct custom_spec);
        section_keys(&part, "description type spec");
        spec->name = world_strdup(world, name);
        spec->description = section_text(&part, "description", "");
        spec->type = section_text(&part, "type", "Linux");
        spec->spec = section_text(&part, "spec", "");
        spec->change = 1;
        spec->updated_at = world->epoch;
        VEC_PUSH(world->arena, &world->specs, spec);
    }
}
