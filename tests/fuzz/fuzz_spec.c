/* fuzz_spec.c: customization specifications as a server may have them.
 *
 * Whatever is stored is read without harm. Written back with nothing declared, it is a
 * document in which all that was read is there again.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "arena.h"
#include "kinds.h"
#include "read.h"
#include "wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct xml_limits limits = {
    .max_size = 1 << 20, .max_depth = 20, .max_nodes = 2000};

static const struct instance *decode(const struct xml_node *item, struct arena *arena)
{
    struct instance *live =
        instance_new(arena, &kind_customization_spec.schema, "customization_spec/s", "s");
    spec_decode(item, live, arena);
    return live;
}

static const struct xml_node *parse(const char *text, size_t size, struct arena *arena)
{
    const struct xml_node *root = NULL;
    struct err err;
    return xml_parse(text, size, &limits, arena, &root, &err) < 0 ? NULL : root;
}

/* The request that changes nothing, as the server would read it. */
static const struct xml_node *write_back(const struct xml_node *stored, bool windows,
                                         struct arena *arena)
{
    const struct ref manager = {"CustomizationSpecManager", "m"};
    const struct wire_spec spec = {.name = "s",
                                   .description = "d",
                                   .args = value_map(arena, NULL, 0),
                                   .stored = stored,
                                   .windows = windows};
    const char *head = "<w xmlns:xsi='" XML_NS_XSI "' xmlns:xsd='" XML_NS_XSD "'>";
    CLEANUP(wire_release) struct wire wire;
    struct err err;
    wire_write_spec(&wire, manager, &spec);
    if (xml_write_finish(&wire.x, &err) < 0)
        return NULL; /* what no document may hold */
    const char *text = arena_printf(arena, "%s%s</w>", head, strbuf_str(&wire.body));
    const struct xml_node *root = parse(text, strlen(text), arena);
    assert(root != NULL);
    return xml_path(root, "OverwriteCustomizationSpec/item");
}

static void check_kept(const struct instance *before, const struct instance *after)
{
    for (size_t i = 0; i < before->schema->n_attrs; i++)
        if (value_is_known(before->attrs[i]))
            assert(value_equal(before->attrs[i], after->attrs[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    const struct xml_node *stored = parse((const char *)data, size, arena);
    const struct instance *live = stored == NULL ? NULL : decode(stored, arena);
    const char *os = live == NULL ? NULL : instance_text(live, "os");
    if (os != NULL && (strcmp(os, "linux") == 0 || strcmp(os, "windows") == 0)) {
        const struct xml_node *again = write_back(stored, strcmp(os, "windows") == 0, arena);
        if (again != NULL)
            check_kept(live, decode(again, arena));
    }
    arena_free(arena);
    return 0;
}
