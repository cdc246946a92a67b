/* plan_case.c: see plan_case.h. */
#include "plan_case.h"

#include "unit.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "arena.h"
#include "err.h"
#include "range.h"
#include "strbuf.h"
#include "value_json.h"

/* ---- the text -----------------------------------------------------------------------------
 */

const char *plan_case_slurp(struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    struct strbuf text;
    char chunk[4096];
    if (file == NULL)
        fail_msg("%s cannot be read", path);
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    for (size_t n; (n = fread(chunk, 1, sizeof(chunk), file)) > 0;)
        strbuf_add_mem(&text, chunk, n);
    fclose(file);
    const char *copy = arena_memdup(arena, strbuf_str(&text), strbuf_len(&text));
    strbuf_release(&text);
    return copy;
}

static void add_sections(struct plan_case *c, const char *text);

static void add_section(struct plan_case *c, const char *line, const char *body, size_t size)
{
    size_t word = strcspn(line, " \n"), len = strcspn(line, "\n");
    struct case_section section = {
        .word = arena_memdup(c->arena, line, word),
        .rest = arena_memdup(c->arena, line + word + (len > word), len - word - (len > word)),
        .body = arena_memdup(c->arena, body, size)};
    if (strcmp(section.word, "@include") == 0)
        add_sections(c, plan_case_slurp(c->arena, arena_printf(c->arena, "%s/%s", c->directory,
                                                               section.rest)));
    else
        VEC_PUSH(c->arena, &c->sections, section);
}

static void add_sections(struct plan_case *c, const char *text)
{
    const char *at = text;
    while (*at != '\0' && *at != '@')
        at += strcspn(at, "\n") + (at[strcspn(at, "\n")] == '\n');
    while (*at == '@') {
        const char *body = at + strcspn(at, "\n");
        body += *body == '\n';
        const char *end = body;
        while (*end != '\0' && *end != '@')
            end += strcspn(end, "\n") + (end[strcspn(end, "\n")] == '\n');
        add_section(c, at, body, (size_t)(end - body));
        at = end;
    }
}

const char *plan_case_body(const struct plan_case *c, const char *word)
{
    for (size_t i = c->sections.n; i-- > 0;)
        if (strcmp(c->sections.items[i].word, word) == 0)
            return c->sections.items[i].body;
    return NULL;
}

/* ---- the manifest -------------------------------------------------------------------------
 */

static struct config *build(struct plan_case *c, struct diags *diags, bool base)
{
    VEC(struct source_file) files = {0}, attached = {0};
    VEC_EACH (struct case_section, it, c->sections) {
        struct source_file file = {.name = arena_printf(c->arena, "case%zu.yaml", files.n),
                                   .text = it->body,
                                   .size = strlen(it->body)};
        file.overlay =
            strcmp(it->word, "@overlay") == 0 || (base && strcmp(it->word, "@base") == 0);
        if (file.overlay || strcmp(it->word, "@manifest") == 0) {
            if (files.n == 0)
                file.name = "site.yaml";
            VEC_PUSH(c->arena, &files, file);
        } else if (strcmp(it->word, "@file") == 0 ||
                   (base && strcmp(it->word, "@base-file") == 0)) {
            file.name = it->rest;
            VEC_PUSH(c->arena, &attached, file);
        }
    }
    static const struct provider *const none[] = {NULL};
    const struct config_input input = {.files = files.items,
                                       .n_files = files.n,
                                       .attachments = attached.items,
                                       .n_attachments = attached.n,
                                       .kinds = c->facts.kinds,
                                       .providers = none};
    struct config *config;
    if (config_build(&input, c->arena, diags, &config) < 0) {
        struct strbuf text;
        strbuf_init(&text, STRBUF_MAX_OUTPUT);
        diags_render(diags, false, &text);
        fprintf(stderr, "%s", strbuf_str(&text));
        strbuf_release(&text);
        fail_msg("%s: the manifest is wrong", c->path);
    }
    return config;
}

/* ---- the world ----------------------------------------------------------------------------
 */

struct world {
    struct plan_case *c;
    const struct instances *wanted; /* desired, as far as it is resolved */
    VEC(struct instance *) live, prior;
};

static void copy_managed(struct instance *to, const struct instance *from)
{
    for (size_t i = 0; i < from->schema->n_attrs; i++)
        if ((from->schema->attrs[i].flags & ATTR_FACT) == 0)
            to->attrs[i] = from->attrs[i];
}

static void put_mark(struct instance *instance, const struct value *mark)
{
    const char *lineage = value_get_text(mark, "lineage"),
               *of = value_get_text(mark, "address");
    instance->mark = (struct mark){.lineage = lineage != NULL ? lineage : CASE_LINEAGE,
                                   .address = of != NULL ? of : instance->address,
                                   .nonce = value_get_text(mark, "nonce"),
                                   .own = value_get_bool(mark, "own", false)};
}

static void put_json(struct world *world, struct instance *instance, const char *json)
{
    const struct value *over;
    struct err err = {0};
    if (value_from_json(json, strlen(json), world->c->arena, &over, &err) < 0)
        fail_msg("%s: %s: %s in %s", world->c->path, instance->address, err.message, json);
    for (size_t i = 0; i < over->map.n; i++) {
        const struct value_field *field = &over->map.fields[i];
        if (strcmp(field->key, "$ids") == 0)
            instance->ids = field->value;
        else if (strcmp(field->key, "$meta") == 0)
            instance->meta = field->value;
        else if (strcmp(field->key, "$mark") == 0)
            put_mark(instance, field->value);
        else if (schema_find(instance->schema, field->key) < 0)
            fail_msg("%s: %s has no attribute %s", world->c->path, instance->address,
                     field->key);
        else
            instance_set(instance, field->key,
                         value_text(field->value) != NULL &&
                                 strcmp(value_text(field->value), "$absent") == 0
                             ? value_absent()
                             : field->value);
    }
}

static void describe(struct world *world, struct instance *instance, const char *words)
{
    const struct instance *wanted = instances_find(world->wanted, instance->address);
    if (strncmp(words, "present", 7) != 0 && strncmp(words, "same", 4) != 0)
        for (size_t i = 0; i < instance->schema->n_attrs; i++)
            instance->attrs[i] = value_absent();
    if (strncmp(words, "unreadable: ", 12) == 0) {
        instance->presence = PRESENCE_UNREADABLE;
        instance->reason = words + 12;
        return;
    }
    size_t len = strcspn(words, " ");
    instance->presence = PRESENCE_PRESENT;
    if (strncmp(words, "absent", len) == 0)
        instance->presence = PRESENCE_ABSENT;
    else if (strncmp(words, "unknown", len) == 0)
        instance->presence = PRESENCE_UNKNOWN;
    else if (strncmp(words, "same", len) == 0 && wanted != NULL)
        copy_managed(instance, wanted);
    else if (strncmp(words, "present", len) != 0)
        fail_msg("%s: %s: what is \"%s\"?", world->c->path, instance->address, words);
    if (words[len] == ' ')
        put_json(world, instance, words + len + 1);
}

/* The entry of an address in a list, made when it is not there yet. */
static struct instance *entry_of(struct world *world, bool live, const char *address)
{
    struct instance **items = live ? world->live.items : world->prior.items;
    size_t n = live ? world->live.n : world->prior.n;
    for (size_t i = 0; i < n; i++)
        if (strcmp(items[i]->address, address) == 0)
            return items[i];
    const char *kind = arena_memdup(world->c->arena, address, strcspn(address, "/"));
    const struct kind *of = kind_find(world->c->facts.kinds, kind);
    if (of == NULL)
        fail_msg("%s: no kind %s", world->c->path, kind);
    struct instance *entry =
        instance_new(world->c->arena, &of->schema, address, address_name(address));
    entry->presence = live ? PRESENCE_ABSENT : PRESENCE_PRESENT;
    if (live)
        VEC_PUSH(world->c->arena, &world->live, entry);
    else
        VEC_PUSH(world->c->arena, &world->prior, entry);
    return entry;
}

/* One @live or @prior line: for hosts first, since others are sized by them. */
static void apply_line(struct world *world, const struct case_section *line, bool hosts)
{
    bool live = strcmp(line->word, "@live") == 0;
    size_t len = strcspn(line->rest, " ");
    const char *pattern = arena_memdup(world->c->arena, line->rest, len);
    const char *words = line->rest + len + (line->rest[len] == ' ');
    bool matched = false;
    for (size_t i = 0; i < world->wanted->n; i++) {
        const struct instance *it = world->wanted->items[i];
        if (it->schema->abstract || fnmatch(pattern, it->address, 0) != 0)
            continue;
        matched = true;
        if ((strcmp(it->schema->kind, "host") == 0) == hosts)
            describe(world, entry_of(world, live, it->address), words);
    }
    if (!matched && hosts == (strncmp(pattern, "host/", 5) == 0))
        describe(world, entry_of(world, live, pattern), words);
}

static void apply_lines(struct world *world, bool hosts)
{
    VEC_EACH (struct case_section, it, world->c->sections)
        if (strcmp(it->word, "@live") == 0 || strcmp(it->word, "@prior") == 0)
            apply_line(world, it, hosts);
}

static struct instances sorted(struct arena *arena, struct instance **items, size_t n)
{
    struct instances list = {ARENA_ARRAY(arena, n + 1, struct instance *), n};
    if (n > 0)
        memcpy(list.items, items, n * sizeof(*items));
    instances_sort(&list);
    return list;
}

static void keep(struct plan_case *c, const struct instances *list,
                 const struct instances **ret)
{
    struct instances *copy = ARENA_NEW(c->arena, struct instances);
    *copy = *list;
    *ret = copy;
}

static void refresh(struct world *world)
{
    struct plan_case *c = world->c;
    struct instances live = sorted(c->arena, world->live.items, world->live.n);
    struct instances prior = sorted(c->arena, world->prior.items, world->prior.n);
    keep(c, &live, &c->facts.live);
    keep(c, &prior, &c->facts.prior);
}

/* What is wanted of each resource once the hosts are known: for "same". */
static void resolve_all(struct world *world)
{
    struct facts facts = world->c->facts;
    struct diags *ignored = diags_new(world->c->arena);
    facts.desired = world->wanted;
    for (size_t i = 0; i < world->wanted->n; i++) {
        struct instance *it = world->wanted->items[i];
        const struct kind *kind = kind_find(facts.kinds, it->schema->kind);
        if (kind->resolve != NULL)
            kind->resolve(it, &facts, ignored);
    }
}

static void make_world(struct plan_case *c)
{
    struct diags *ignored = diags_new(c->arena);
    struct config *model = build(c, ignored, false);
    struct world world = {.c = c, .wanted = &model->resources};
    for (size_t i = 0; i < model->resources.n; i++)
        if (!model->resources.items[i]->schema->abstract)
            entry_of(&world, true, model->resources.items[i]->address);
    refresh(&world);
    apply_lines(&world, true);
    refresh(&world);
    resolve_all(&world);
    apply_lines(&world, false);
    refresh(&world);
    config_release(model);
}

/* ---- options ------------------------------------------------------------------------------
 */

static const char *word_at(struct arena *arena, const char *text, unsigned index)
{
    while (index-- > 0) {
        text += strcspn(text, " ");
        text += *text == ' ';
    }
    return arena_memdup(arena, text, strcspn(text, " "));
}

static void read_options(struct plan_case *c)
{
    VEC(const char *) adopt = {0};
    VEC(struct intent) intents = {0};
    VEC_EACH (struct case_section, it, c->sections) {
        if (strcmp(it->word, "@adopt") == 0)
            VEC_PUSH(c->arena, &adopt, it->rest);
        else if (strcmp(it->word, "@commit") == 0)
            c->commit = it->rest;
        else if (strcmp(it->word, "@intent") == 0)
            VEC_PUSH(c->arena, &intents,
                     ((struct intent){.address = word_at(c->arena, it->rest, 0),
                                      .op = word_at(c->arena, it->rest, 1),
                                      .nonce = word_at(c->arena, it->rest, 2),
                                      .plan = "an earlier one"}));
    }
    VEC_PUSH(c->arena, &adopt, NULL);
    c->adopt = adopt.items;
    c->facts.intents = intents.items;
    c->facts.n_intents = intents.n;
}

void plan_case_parse(struct plan_case *c, struct arena *arena, const char *directory,
                     const char *text)
{
    *c = (struct plan_case){.arena = arena, .directory = directory, .path = "a text"};
    c->facts = (struct facts){.arena = arena, .kinds = all_kinds, .lineage = CASE_LINEAGE};
    add_sections(c, text);
    read_options(c);
    make_world(c);
    c->diags = diags_new(arena);
    c->config = build(c, c->diags, false);
    c->facts.desired = &c->config->resources;
    VEC_EACH (struct case_section, it, c->sections) {
        bool base = strcmp(it->word, "@base") == 0;
        if ((base || strcmp(it->word, "@base-file") == 0) && !c->has_base) {
            c->has_base = true;
            c->base =
                base && strcmp(it->rest, "none") == 0 ? NULL : build(c, diags_new(arena), true);
        }
    }
}

void plan_case_load(struct plan_case *c, struct arena *arena, const char *directory,
                    const char *name)
{
    const char *path = arena_printf(arena, "%s/%s", directory, name);
    plan_case_parse(c, arena, directory, plan_case_slurp(arena, path));
    c->path = path;
}

void plan_case_release(struct plan_case *c)
{
    config_release(c->base);
    config_release(c->config);
}

struct plan_input plan_case_input(const struct plan_case *c)
{
    return (struct plan_input){.facts = c->facts,
                               .site = c->config->site,
                               .commit = c->commit,
                               .digest_inputs = "0123456789abcdef0123456789abcdef",
                               .serial = 1,
                               .adopt = c->adopt};
}

struct plan_input plan_case_narrowed(const struct plan_case *c)
{
    static const struct instances none = {0};
    struct plan_input input = plan_case_input(c), base = input;
    if (!c->has_base)
        return input;
    const struct value_field field = {"base", value_string(c->arena, "0a1b2c3d4e5f")};
    base.facts.desired = c->base == NULL ? &none : &c->base->resources;
    input.only = plan_range(&base, &input, diags_new(c->arena));
    input.source = value_map(c->arena, &field, 1);
    return input;
}

void plan_case_golden(struct arena *arena, const char *path, const char *text)
{
    if (getenv("GRIDFORM_UPDATE_CASES") != NULL) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        fputs(text, file);
        fclose(file);
    }
    assert_string_equal(text, plan_case_slurp(arena, path));
}
