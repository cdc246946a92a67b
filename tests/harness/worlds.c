/* worlds.c: see worlds.h. */
#include "worlds.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "site.h"
#include "strbuf.h"

#define DRIVER_VIB(version)                                                                    \
    "name: NVIDIA-VMware, version: " version                                                   \
    "-1OEM.650.0.0.4598673, vendor: NVIDIA, acceptance: VMwareAccepted, signed: false, "       \
    "maintenance_required: true, gpu_driver: true"

static const char head[] =
    "world: 1\n"
    "vcenter:\n"
    "  name: vcenter.lab.local\n"
    "  version: \"6.5\"\n"
    "  datacenter: Lab\n"
    "  accounts:\n"
    "    - { username: svc-gridform@vsphere.local, password: lab-vsphere-secret }\n"
    "vra:\n"
    "  name: vra.lab.local\n"
    "  version: 7.3.0\n"
    "  tenant: ml\n"
    "  accounts:\n"
    "    - { username: architect@ml.local, password: lab-vra-secret }\n"
    "  business_groups: [ml, other]\n"
    "  machine_prefixes: [tf-]\n"
    "  reservation_policies: [gpu-cluster]\n"
    "  network_profiles: [{ name: ml-external, begin: 10.20.0.10, end: 10.20.0.250 }]\n"
    "  reservations:\n"
    "    - { name: ml-gpu, business_group: ml, policy: gpu-cluster, cluster: GPU,\n"
    "        memory: 400 GiB, storage: 4000 GiB, machine_quota: 16, network: VM Network,\n"
    "        network_profile: ml-external }\n"
    "  switches: { token_lifetime_hours: 1000000 }\n" /* the clock runs fast here */
    "networks: [VM Network]\n"
    "datastores:\n"
    "  images:\n"
    "    capacity: 4000 GiB\n"
    "    files:\n"
    "      - path: /vmfs/volumes/images/"
    "NVIDIA-VMware-384.73-1OEM.650.0.0.4598673.x86_64.vib\n"
    "        vib: { " DRIVER_VIB("384.73") " }\n";

struct host_shape host_as_wanted(void)
{
    return (struct host_shape){.driver = DRIVER_PRESENT, .passthru = true, .balanced = true};
}

static void add_vib(const struct host_shape *host, struct strbuf *out)
{
    if (host->driver == DRIVER_ABSENT)
        return;
    strbuf_addf(out, "    vibs:\n      - { %s%s }\n",
                host->driver == DRIVER_OLD ? DRIVER_VIB("367.64") : DRIVER_VIB("384.73"),
                host->driver == DRIVER_NOT_LOADED ? ", loaded: false" : "");
}

static void add_host(const struct host_shape *host, unsigned number, struct strbuf *out)
{
    strbuf_addf(out,
                "  esx-gpu-%02u.lab.local:\n    address: 127.0.10.%u\n    cluster: GPU\n"
                "    version: 6.5.0\n    build: \"5969303\"\n"
                "    cpu: { packages: 2, cores: 24, threads: 48 }\n    memory: 128 GiB\n",
                number, number);
    strbuf_addf(out, "    ssh: { username: root, password: lab-esxi-secret, running: %s }\n",
                host->ssh_stopped ? "false" : "true");
    strbuf_addf(out, "    power_policy: %s\n    maintenance: %s\n",
                host->balanced ? "balanced" : "high_performance",
                host->maintenance ? "true" : "false");
    strbuf_addf(out, "    graphics: { default_type: %s, policy: %s }\n",
                host->passthru ? "shared_passthru" : "shared",
                host->consolidation ? "consolidation" : "performance");
    add_vib(host, out);
    strbuf_addf(out,
                "    gpus:\n      - { pci: \"0000:3b:00.0\", model: Tesla P100-PCIE-16GB, "
                "memory: 16 GiB, ecc: %s }\n",
                host->ecc ? "enabled" : "disabled");
}

static void add_vm(const struct vm_shape *vm, unsigned host, unsigned number,
                   struct strbuf *out)
{
    strbuf_addf(out,
                "  vm-%02u-%u:\n    host: esx-gpu-%02u.lab.local\n    datastore: images\n"
                "    cpus: 2\n    memory: 4 GiB\n    disk: 20 GiB\n    network: VM Network\n"
                "    guest: centos7_64Guest\n    tools: ok\n    power: %s\n",
                host, number, host, vm->on ? "on" : "off");
    if (vm->vgpu)
        strbuf_add(out, "    vgpus: [grid_p100-4q]\n    memory_locked: true\n");
    if (vm->fixed)
        strbuf_add(out, "    passthrough: [\"0000:5e:00.0\"]\n    memory_locked: true\n");
}

void world_write(const struct world_shape *shape, const char *file)
{
    struct strbuf out;
    strbuf_init(&out, 1 << 20);
    strbuf_add(&out, head);
    strbuf_addf(&out, "clusters:\n  GPU: { drs: %s }\nhosts:\n",
                shape->drs_full ? "full" : "manual");
    for (unsigned i = 0; i < shape->n_hosts; i++)
        add_host(&shape->hosts[i], i + 1, &out);
    strbuf_add(&out, "vms:\n  centos72-base:\n    host: esx-gpu-01.lab.local\n"
                     "    datastore: images\n    cpus: 2\n    memory: 4 GiB\n    disk: 60 GiB\n"
                     "    network: VM Network\n    guest: centos7_64Guest\n    tools: ok\n");
    for (unsigned i = 0; i < shape->n_hosts; i++)
        for (unsigned j = 0; j < shape->hosts[i].n_vms; j++)
            add_vm(&shape->hosts[i].vms[j], i + 1, j + 1, &out);
    write_text(file, strbuf_str(&out));
    strbuf_release(&out);
}

/* ---- manifest -------------------------------------------------------------------------------
 */

void manifest_write(const struct world_shape *shape, const char *directory)
{
    char file[256], hosts[64], budget[64];
    copy_example(directory, false);
    snprintf(file, sizeof(file), "%s/site.yaml", directory);
    snprintf(hosts, sizeof(hosts), "esx-gpu-{01..%02u}.lab.local", shape->n_hosts);
    edit_text(file, "esx-gpu-{01..04}.lab.local", hosts);
    snprintf(budget, sizeof(budget), "max_unavailable: %u",
             shape->max_unavailable == 0 ? 1 : shape->max_unavailable);
    edit_text(file, "max_unavailable: 1", budget);
    if (shape->allow_power_off)
        edit_text(file, "    cluster: GPU\n", "    cluster: GPU\n    allow: [power_off_vms]\n");
    snprintf(file, sizeof(file), "%s/service.yaml", directory);
    if (shape->only_hosts)
        unlink(file);
}

/* ---- sites
 * ------------------------------------------------------------------------------------ */

static void poke(struct site *site, const struct world_shape *shape)
{
    for (unsigned i = 0; i < shape->n_hosts; i++)
        if (shape->hosts[i].ecc_pending)
            lab_poke(&site->lab, shape->hosts[i].ecc ? "false" : "true",
                     "hosts/esx-gpu-%02u.lab.local/gpus/0/ecc_pending", i + 1);
}

void site_start_shape(struct site *site, const struct world_shape *shape, unsigned speed)
{
    char directory[128], world[160], manifest[160];
    make_directory(directory, sizeof(directory), "shape");
    snprintf(world, sizeof(world), "%s/world.yaml", directory);
    snprintf(manifest, sizeof(manifest), "%s/manifest", directory);
    world_write(shape, world);
    manifest_write(shape, manifest);
    const struct site_options options = {.world = world, .manifest = manifest, .speed = speed};
    site_start(site, &options);
    snprintf(site->world, sizeof(site->world), "%s/world.yaml", site->dir);
    world_write(shape, site->world);
    remove_directory(directory);
    poke(site, shape);
}

void site_fresh_shape(struct site *site, const struct world_shape *shape)
{
    world_write(shape, site->world);
    site_fresh_lab(site);
    poke(site, shape);
}
