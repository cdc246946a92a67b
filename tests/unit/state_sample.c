/* state_sample.c: see state_sample.h. */
#include "state_sample.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../harness/unit.h"
#include "address.h"
#include "arena.h"
#include "strbuf.h"
#include "types.h"
#include "value.h"

static const struct attr host_attrs[] = {
    {.name = "graphics", .type = &type_string, .facets = FACET_ESXI, .doc = "Graphics."},
    {.name = "power_policy", .type = &type_string, .facets = FACET_VSPHERE, .doc = "Power."},
    {.name = "memory", .type = &type_size, .facets = FACET_VSPHERE, .doc = "Memory."},
    {.name = "tags", .type = &type_strings, .facets = FACET_VSPHERE, .doc = "Tags."},
    {.name = "password", .type = &type_secret, .flags = ATTR_SECRET, .doc = "Password."},
};

static const struct schema host_schema = {
    .kind = "host", .section = "hosts", .attrs = host_attrs, .n_attrs = ARRAY_LEN(host_attrs)};
static const struct schema template_schema = {.kind = "template",
                                              .section = "templates",
                                              .attrs = host_attrs,
                                              .n_attrs = ARRAY_LEN(host_attrs)};
static const struct schema pool_schema = {.kind = "pool",
                                          .section = "pools",
                                          .attrs = host_attrs,
                                          .n_attrs = ARRAY_LEN(host_attrs),
                                          .abstract = true};

static const struct schema *find(const char *kind)
{
    static const struct schema *const all[] = {&host_schema, &template_schema, &pool_schema};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (strcmp(all[i]->kind, kind) == 0)
            return all[i];
    return NULL;
}

const struct schema_source sample_schemas = {.find = find};

struct instance *sample_instance(struct arena *arena, const char *address, const char *graphics)
{
    const struct schema *schema = &host_schema;
    if (address_has_kind(address, "template"))
        schema = &template_schema;
    address = arena_strdup(arena, address);
    struct instance *instance = instance_new(arena, schema, address, address_name(address));
    instance->presence = PRESENCE_PRESENT;
    instance_set(instance, "graphics", value_string(arena, graphics));
    struct value_field id = {"uuid",
                             value_string(arena, arena_printf(arena, "u-%s", graphics))};
    instance->ids = value_map(arena, &id, 1);
    return instance;
}

static struct instance *full_host(struct arena *arena)
{
    struct instance *host = sample_instance(arena, "host/a", "shared");
    const struct value *tags[] = {value_string(arena, "gpu \"1\""),
                                  value_string(arena, "line\nbreak\tä")};
    struct value_field secret = {"env", value_string(arena, "ESXI_PASSWORD")};
    struct value_field after = {"after", value_list(arena, tags, 1)};
    instance_set(host, "power_policy", value_unreadable(arena, "no answer"));
    instance_set(host, "memory", value_int(arena, INT64_MAX));
    instance_set(host, "tags", value_list(arena, tags, 2));
    instance_set(host, "password", value_map(arena, &secret, 1));
    host->meta = value_map(arena, &after, 1);
    return host;
}

struct state *sample_state(struct arena *arena)
{
    struct state *state = state_new(arena, SAMPLE_LINEAGE, "lab");
    state->serial = 1;
    const struct value_field source[] = {
        {"author", value_string(arena, "Ada \"the first\" <ada@lab.local>")},
        {"ref", value_string(arena, "origin/main...HEAD")}};
    state->commit = "3f2c1ab-dirty";
    state->source = value_map(arena, source, 2);
    state_add_plan(state, arena, "p1");
    state_put(state, arena, "template/t", sample_instance(arena, "template/t", "t"));
    state_put(state, arena, "host/a", full_host(arena));
    state_put(state, arena, "host/b", sample_instance(arena, "host/b", "vgpu"));
    return state;
}

char *sample_encode(const struct state *state, struct arena *arena)
{
    struct strbuf text;
    strbuf_init(&text, STATE_SIZE_MAX);
    state_encode(state, &text);
    assert_false(strbuf_overflowed(&text));
    char *copy = arena_memdup(arena, strbuf_str(&text), strbuf_len(&text));
    strbuf_release(&text);
    return copy;
}

struct state *sample_decode(const char *text, struct arena *arena)
{
    struct state *state = NULL;
    struct err err = {0};
    if (state_decode(text, strlen(text), arena, &sample_schemas, &state, &err) < 0)
        fail_msg("%s", err.message);
    return state;
}

struct record sample_intent(const char *address, unsigned step)
{
    return (struct record){.kind = RECORD_INTENT,
                           .intent = {.address = address,
                                      .op = "host.reboot",
                                      .plan = "p2",
                                      .nonce = "n0",
                                      .step = step,
                                      .at_ms = 1700000000000}};
}

struct record sample_result(const char *address, unsigned step, const char *outcome)
{
    struct record record = sample_intent(address, step);
    record.kind = RECORD_RESULT;
    record.outcome = outcome;
    return record;
}

void sample_directory(char *path, size_t size)
{
    const char *base = getenv("TMPDIR");
    snprintf(path, size, "%s/gridform-state-XXXXXX", base == NULL ? "/tmp" : base);
    assert_non_null(mkdtemp(path));
}

void sample_remove(const char *directory)
{
    DIR *dir = opendir(directory);
    char path[4096];
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
        if (unlink(path) < 0)
            sample_remove(path);
    }
    if (dir != NULL)
        closedir(dir);
    rmdir(directory);
}
