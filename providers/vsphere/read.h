/* read.h: filling live instances from what vCenter says: hosts, templates, specifications.
 *
 * vsphere_read_many needs a number of requests that depends on the amount of data only by
 * paging, plus one per wanted customization specification.
 */
#ifndef GF_VSPHERE_READ_H
#define GF_VSPHERE_READ_H

#include "inventory.h"

int vsphere_read_many(struct session *session, const struct op_env *env,
                      struct read_item *items, size_t n, struct arena *arena, struct err *err);

/* A read item and the object found for it. */
struct host_item {
    struct read_item *item;
    struct host_row *row; /* NULL: not there */
};

MUST_CHECK int hosts_read(struct vc *vc, const struct inventory *inventory,
                          struct host_item *items, size_t n, struct err *err);
/* The machines of the hosts: after machines_read_devices. */
void hosts_set_machines(const struct inventory *inventory, const struct host_item *items,
                        size_t n, struct arena *arena);

/* Facts and settings of one connected host from its ObjectContent. */
void host_decode(struct vc *vc, const struct xml_node *object, struct instance *live);
/* The graphics type of the cards as vSphere's words; see host_graphics.c. */
const struct value *host_card_graphics(const struct xml_node *devices,
                                       const struct xml_node *config,
                                       const struct xml_node *info, struct arena *arena);
/* The cards of a host as it describes them: hardware.pciDevice, config.graphicsInfo,
 * config.pciPassthruInfo. */
struct host_cards {
    const struct xml_node *devices, *info, *passthrough;
};
const struct value *host_gpus(const struct host_cards *cards, struct arena *arena);
/* Which models are passed through, now and after the next boot; see host_passthrough.c. */
const struct value *host_passthrough(const struct xml_node *devices,
                                     const struct xml_node *passthrough, struct arena *arena);
/* The HostPciPassthruInfo of a device, or NULL, and its flags. */
const struct xml_node *host_passthrough_of(const struct xml_node *passthrough, const char *id);
unsigned host_card_device(const struct xml_node *device); /* PCI device id, 16 bits */
/* Calls `card` with the PCI id of every NVIDIA graphics card; returns their number. */
size_t host_each_card(const struct xml_node *devices,
                      void (*card)(void *context, const struct xml_node *device),
                      void *context);
/* A DirectPath card belongs to a machine, and has no graphics type. */
const char *host_card_active(const struct xml_node *info, const char *id);
const char *host_card_configured(const struct xml_node *config, const char *id);

/* The machine that stands for a template item: by the recorded instance UUID, else by name.
 * -1: several bear the name. */
MUST_CHECK int template_find(const struct inventory *inventory, const struct read_item *item,
                             struct machine_row **ret, struct err *err);
bool template_is_candidate(const struct read_item *item, const struct machine_row *machine);
void template_decode(const struct inventory *inventory, struct read_item *item,
                     struct arena *arena);

MUST_CHECK int specs_read(struct vc *vc, struct read_item *const *items, size_t n,
                          struct err *err);
/* The names of all of them, or absent where the server does not tell. */
MUST_CHECK int specs_list(struct vc *vc, const struct value **ret_names, struct err *err);
void spec_decode(const struct xml_node *stored, struct instance *live, struct arena *arena);

#endif
