/* world_vra.h: the vRealize Automation 7 part of the world: what its lists hold at the start,
 * what becomes visible when, what its inventory collection saw. The REST front end (vra7/)
 * works on the lists through the finders below; nobody else changes them.
 *
 * Bodies of the lists (all keep the integer `version` of vra7-api.md §2.5 where it applies):
 *   business_groups  Subtenant (§6.5)              machine_prefixes   §8.4
 *   reservations     §8.1, full extensionData      reservation_policies  §8.2
 *   network_profiles ExternalNetworkProfile (§8.6)
 *   components       SoftwareComponentType (§3.2), secrets included
 *   blueprints       the document (§4.2) as the client wrote it, secrets included, plus
 *                    version, tenantId, createdDate, lastUpdated
 *   catalog_items, services, entitlements          §6, icons §6.3
 *
 * Switches (YAML `vra: switches:`, kept in vra.switches): what the real system does there is a
 * guess or differs between versions, so tests turn each of them both ways.
 *   token_lifetime_hours       8      §1
 *   login_failure_status       400    §1: 400 or 401
 *   dead_token_status          401    HEAD of an unknown token: 401 or 404
 *   optimistic_lock            true   §2.5: PUT of an older version is 409
 *   create_body                false  POST answers with the object instead of Location alone
 *   software_create_status     200    §2.4: 200 or 201
 *   software_status_call       true   §12.2: false: PUT …/status of software is 400
 *   taskdescriptors_denied     false  §12.3: 403 for an architect
 *   document_create            true   §12.9: PUT of an unknown document creates it
 *   document_publishes         true   §12.8: status PUBLISHED in a document publishes
 *   unpublish_removes_item     false  §11: the catalogue item goes instead of being RETIRED
 *   republish_resets_service   false  §6.2: a refresh drops serviceRef and icon
 *   active_entitlement_delete  false  §11: an ACTIVE entitlement may be deleted
 *   component_delete_in_use    false  §3.3: a component that a blueprint uses may be deleted
 *   shuffle_pages              false  §2.1: another order on every page unless $orderby is sent
 */
#ifndef GF_LAB_WORLD_VRA_H
#define GF_LAB_WORLD_VRA_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "world.h"

/* Fill world->vra from the `vra:` section. Its format is that of reference.yaml; besides that:
 *   users, groups      name@domain; a list that is absent means that everybody exists
 *   business_groups    a name, or {name, prefix}
 *   machine_prefixes   a name, or {name, digits, next}
 *   network_profiles   also gateway, dns, dns_suffix
 *   reservations       also priority, datastore
 *   switches           above
 * Called last, when the machines exist: it collects the inventory.
 * Accounts are added only when none of system "vra" is there yet. */
int vra_world_load(struct world *world, const json_t *vra_section, struct err *err);
/* What became visible, and the inventory interval. */
void vra_world_tick(struct world *world);
/* Drop all JSON that world->vra owns. */
void vra_world_release(struct world *world);
bool vra_switch(const struct world *world, const char *name, bool otherwise);
int64_t vra_switch_number(const struct world *world, const char *name, int64_t otherwise);

/* A new object, visible at `visible_at`; takes `body`. */
struct vra_object *vra_list_add(struct world *world, struct vra_list *list, const char *id,
                                json_t *body, int64_t visible_at);
struct vra_object *vra_list_find(const struct vra_list *list, const char *id);
/* The first whose top-level member `key` is the string `value`. */
struct vra_object *vra_list_by(const struct vra_list *list, const char *key, const char *value);
/* What GET shows of it now: borrowed; NULL when it is gone or not visible yet. */
json_t *vra_object_shown(const struct world *world, const struct vra_object *object);
void vra_object_remove(struct vra_object *object);

/* Simulated time as vRA writes it, 2015-12-21T21:06:42.817Z, in the world's memory. */
char *vra_time(struct world *world, int64_t ms);
/* The guid that stands for `name` in every run. */
void vra_guid_of(const char *kind, const char *name, char ret_guid[37]);

/* The element of the last collected inventory with this guid; NULL when there is none. */
const json_t *vra_source_machine(const struct world *world, const char *guid);

/* Value of a field of a component's data in its facet short form (§4.3): `fixed`, else
 * `default`, else the bare value; NULL when there is none. Borrowed. */
const json_t *vra_facet(const json_t *data, const char *field);
/* As above, and the `id` of what is a reference {id, label}; NULL unless text. */
const char *vra_facet_id(const json_t *data, const char *field);

#define VRA_MACHINE_TYPE "Infrastructure.CatalogItem.Machine.Virtual.vSphere"
#define VRA_NETWORK_TYPE "Infrastructure.Network.Network.Existing"

#endif
