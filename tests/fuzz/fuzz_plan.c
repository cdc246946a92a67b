/* fuzz_plan.c: saved plans from anywhere, held against a plan made now.
 *
 * The plan made now is always the same one and must pass as its own saved form. Whatever else
 * is given is accepted only under the same id, and refused with a reason otherwise.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "plan.h"
#include "strbuf.h"
#include "types.h"
#include "value_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct attr attrs[] = {
    {.name = "graphics", .type = &type_string, .facets = FACET_ESXI},
    {.name = "tags", .type = &type_strings, .facets = FACET_VSPHERE},
};
static const struct schema schema = {.kind = "host", .attrs = attrs, .n_attrs = 2};

static const struct instance *instance(struct arena *arena, const char *address,
                                       const char *graphics)
{
    struct instance *made = instance_new(arena, &schema, address, strchr(address, '/') + 1);
    made->presence = PRESENCE_PRESENT;
    instance_set(made, "graphics", value_string(arena, graphics));
    return made;
}

/* Three changes: one of everything, one new, one removal. */
static const struct change *make_changes(struct arena *arena)
{
    static const struct condition when = {.attr = "graphics", .equals = "shared"};
    static const struct change_edge after[] = {{.on = 0}};
    struct change *changes = ARENA_ARRAY(arena, 3, struct change);
    struct attr_change *diff = ARENA_NEW(arena, struct attr_change);
    struct step *step = ARENA_NEW(arena, struct step);
    *diff = (struct attr_change){.attr = &attrs[0],
                                 .from = value_string(arena, "shared"),
                                 .to = value_string(arena, "basic"),
                                 .reason = REASON_EDIT};
    *step = (struct step){.address = "host/a",
                          .provider = "esxi",
                          .op = "host.graphics",
                          .title = "set",
                          .effects = EFFECT_HOST_REBOOT | EFFECT_MAINTENANCE,
                          .when = &when};
    changes[0] = (struct change){.address = "host/a",
                                 .action = ACTION_UPDATE,
                                 .live = instance(arena, "host/a", "shared"),
                                 .prior = instance(arena, "host/a", "basic"),
                                 .attrs = diff,
                                 .n_attrs = 1,
                                 .steps = step,
                                 .n_steps = 1};
    changes[1] = (struct change){.address = "host/b",
                                 .action = ACTION_CREATE,
                                 .desired = instance(arena, "host/b", "x"),
                                 .after = after,
                                 .n_after = 1};
    changes[2] = (struct change){
        .address = "host/c", .action = ACTION_DELETE, .prior = instance(arena, "host/c", "y")};
    return changes;
}

static struct plan make_plan(struct arena *arena)
{
    return (struct plan){.id = "00112233445566778899aabbccddeeff",
                         .site = "lab",
                         .lineage = "0123456789abcdef0123456789abcdef",
                         .serial = 7,
                         .changes = make_changes(arena),
                         .n_changes = 3,
                         .n_waves = 2,
                         .digest_inputs = "ffffffffffffffff0000000000000000"};
}

static void check_own(const struct plan *plan, struct arena *arena)
{
    struct strbuf out;
    struct err err = {0};
    strbuf_init(&out, 1 << 20);
    plan_encode(plan, &out);
    int result = plan_check_saved(strbuf_str(&out), strbuf_len(&out), plan, arena, &err);
    assert(result == 0);
    strbuf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    const struct plan plan = make_plan(arena);
    const struct value *read = NULL;
    struct err err = {0};
    check_own(&plan, arena);
    if (plan_check_saved((const char *)data, size, &plan, arena, &err) == 0) {
        int result = value_from_json((const char *)data, size, arena, &read, &err);
        assert(result == 0 && strcmp(value_get_text(read, "id"), plan.id) == 0);
    } else {
        assert(err.code == ERR_INVALID || err.code == ERR_CONFLICT);
        assert(err.message[0] != '\0');
    }
    arena_free(arena);
    return 0;
}
