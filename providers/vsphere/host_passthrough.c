/* host_passthrough.c: which NVIDIA cards of a host are passed through (vsphere-api.md §6.1).
 *
 * Enabled is configured, active is in effect; the difference waits for a boot. A host is
 * compared by the models that are passed through as a whole: 10de:1db4, "10de:1db4 (1 of 2)"
 * where it is not all of a model, none.
 */
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "gpu.h"
#include "read.h"
#include "types.h"
#include "vec.h"

const struct xml_node *host_passthrough_of(const struct xml_node *passthrough, const char *id)
{
    XML_EACH_CHILD(it, passthrough)
    {
        const char *own = xml_text_at(it, "id");
        if (own != NULL && strcmp(own, id) == 0)
            return it;
    }
    return NULL;
}

struct model {
    unsigned device, n, n_active, n_enabled;
};

struct models {
    const struct xml_node *passthrough;
    struct arena *arena;
    VEC(struct model) list;
};

static bool flag(const struct xml_node *info, const char *name)
{
    bool value = false;
    return xml_bool(xml_child(info, name), &value) == 0 && value;
}

static struct model *model_of(struct models *models, unsigned device)
{
    VEC_EACH (struct model, it, models->list) {
        if (it->device == device)
            return it;
    }
    VEC_PUSH(models->arena, &models->list, ((struct model){.device = device}));
    return &models->list.items[models->list.n - 1];
}

static void add_card(void *context, const struct xml_node *device)
{
    struct models *models = context;
    struct model *model = model_of(models, host_card_device(device));
    const struct xml_node *info =
        host_passthrough_of(models->passthrough, xml_text_at(device, "id"));
    model->n++;
    model->n_active += flag(info, "passthruActive");
    model->n_enabled += flag(info, "passthruEnabled");
}

static int compare_models(const void *a, const void *b)
{
    const struct model *left = a, *right = b;
    return (left->device > right->device) - (left->device < right->device);
}

static const char *describe(const struct models *models, bool active)
{
    const char *all = NULL;
    VEC_EACH (const struct model, it, models->list) {
        unsigned n = active ? it->n_active : it->n_enabled;
        const char *text = gpu_device_text(models->arena, it->device, false, NULL);
        if (n == 0)
            continue;
        if (n < it->n)
            text = arena_printf(models->arena, "%s (%u of %u)", text, n, it->n);
        all = all == NULL ? text : arena_printf(models->arena, "%s, %s", all, text);
    }
    return all == NULL ? "none" : all;
}

const struct value *host_passthrough(const struct xml_node *devices,
                                     const struct xml_node *passthrough, struct arena *arena)
{
    struct models models = {.passthrough = passthrough, .arena = arena};
    host_each_card(devices, add_card, &models);
    if (models.list.n > 1)
        qsort(models.list.items, models.list.n, sizeof models.list.items[0], compare_models);
    return pending_make(arena, describe(&models, true), describe(&models, false));
}
