/* cmd_explain.c: what a rule demands, what a kind or an attribute is: the tables in words. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "app.h"
#include "arena.h"
#include "command.h"
#include "config.h"
#include "describe.h"
#include "names.h"
#include "provider.h"
#include "rules.h"
#include "strbuf.h"
#include "types.h"
#include "vec.h"

/* Something with attributes that can be asked for. */
struct topic {
    const char *name, *where; /* "blueprint"; how the manifest writes it */
    const struct schema *schema;
};

struct topics {
    struct arena *arena;
    VEC(struct topic) list;
};

static void add_topics(struct topics *topics)
{
    for (size_t i = 0; all_kinds[i] != NULL; i++) {
        const struct schema *schema = &all_kinds[i]->schema;
        const char *where =
            schema->expanded
                ? "made from other sections"
                : arena_printf(topics->arena, "under %s: in the manifest", schema->section);
        VEC_PUSH(topics->arena, &topics->list, ((struct topic){schema->kind, where, schema}));
    }
    for (size_t i = 0; all_providers[i] != NULL; i++)
        VEC_PUSH(topics->arena, &topics->list,
                 ((struct topic){all_providers[i]->name, "under providers: in the manifest",
                                 all_providers[i]->config}));
    VEC_PUSH(topics->arena, &topics->list,
             ((struct topic){state_schema.kind, "under state: in the manifest", &state_schema}));
    VEC_PUSH(topics->arena, &topics->list,
             ((struct topic){encryption_schema.kind, "under encryption: in the manifest",
                             &encryption_schema}));
    VEC_PUSH(topics->arena, &topics->list,
             ((struct topic){lifecycle_schema.kind, "under lifecycle: of any object",
                             &lifecycle_schema}));
}

/* By name, or by the section's name. */
static const struct topic *find_topic(const struct topics *topics, const char *name, size_t len)
{
    VEC_EACH(struct topic, it, topics->list)
    {
        const char *section = it->schema->section == NULL ? "" : it->schema->section;
        if ((strlen(it->name) == len && memcmp(it->name, name, len) == 0) ||
            (strlen(section) == len && memcmp(section, name, len) == 0))
            return it;
    }
    return NULL;
}

static const struct rule *find_rule(const char *id)
{
    for (size_t i = 0; i < all_rules_count; i++)
        if (strcasecmp(all_rules[i].id, id) == 0)
            return &all_rules[i];
    return NULL;
}

/* ---- printing ----------------------------------------------------------------------------- */

static void print_rule(const struct rule *rule)
{
    printf("%s (%s): %s.\n\n%s\n\n", rule->id, diag_severity_name(rule->severity),
           rule->summary, rule->why);
    puts(rule->severity == DIAG_ERROR ? "While it does not hold, nothing is applied."
                                      : "It is reported, and stops nothing.");
    if (rule->force == WAIVABLE)
        printf("An object may be exempt, for a reason that plans print:\n"
               "    lifecycle: { waive: [{ rule: %s, reason: \"...\", until: 2026-12-31 }] }\n",
               rule->id);
    else if (rule->severity == DIAG_ERROR)
        puts("It cannot be waived.");
}

static void print_attr(const struct topic *topic, const struct attr *attr, const char *prefix)
{
    struct strbuf values, need, owner;
    strbuf_init(&values, 2000);
    strbuf_init(&need, 2000);
    strbuf_init(&owner, 200);
    describe_values(attr, &values);
    describe_need(attr, &need);
    describe_owner(attr, &owner);
    const char *nature = attr->flags & ATTR_FACT      ? "; read only"
                         : attr->flags & ATTR_DERIVED ? "; follows from other attributes"
                                                      : "";
    printf("%s%s%s%s\n", prefix, prefix[0] == '\0' ? topic->name : "",
           prefix[0] == '\0' ? "." : "", attr->name);
    printf("%s    %s%s%s%s\n", prefix, strbuf_str(&values), strbuf_len(&need) > 0 ? "; " : "",
           strbuf_str(&need), nature);
    if (attr->doc != NULL)
        printf("%s    %s\n", prefix, attr->doc);
    if (prefix[0] == '\0' || attr->facets != FACET_NONE)
        printf("%s    Kept by %s.\n", prefix, strbuf_str(&owner));
    if (attr->flags & ATTR_DRIVER_NEEDED)
        printf("%s    Readable only while the GPU driver runs.\n", prefix);
    strbuf_release(&values);
    strbuf_release(&need);
    strbuf_release(&owner);
}

/* What the items of a list take. */
static void print_items(const struct schema *items)
{
    if (items == NULL)
        return;
    const struct topic topic = {.name = items->kind, .schema = items};
    puts("\nEach item takes:");
    for (size_t i = 0; i < items->n_attrs; i++)
        if (attr_is_settable(&items->attrs[i]))
            print_attr(&topic, &items->attrs[i], "  ");
}

static void print_group(const struct topic *topic, const char *title, unsigned any,
                        unsigned none)
{
    bool first = true;
    for (size_t i = 0; i < topic->schema->n_attrs; i++) {
        const struct attr *attr = &topic->schema->attrs[i];
        if ((any != 0 && (attr->flags & any) == 0) || (attr->flags & none) != 0)
            continue;
        if (first)
            printf("\n%s\n", title);
        first = false;
        print_attr(topic, attr, "  ");
    }
}

static void print_topic(const struct topic *topic)
{
    printf("%s, %s\n", topic->name, topic->where);
    if (topic->schema->doc != NULL)
        printf("\n%s\n", topic->schema->doc);
    print_group(topic, "To be set:", 0, ATTR_FACT | ATTR_DERIVED);
    print_group(topic, "Follows from other attributes and objects:", ATTR_DERIVED, 0);
    print_group(topic, "Read only, for checks and planning:", ATTR_FACT, ATTR_DERIVED);
}

static void print_list(const struct topics *topics)
{
    puts("Kinds of objects, providers, and what every object takes:");
    VEC_EACH(struct topic, it, topics->list)
        printf("  %-20s %s\n", it->name, it->schema->doc == NULL ? it->where : it->schema->doc);
    puts("\nRules:");
    for (size_t i = 0; i < all_rules_count; i++)
        printf("  %-20s %s\n", all_rules[i].id, all_rules[i].summary);
}

/* ---- what nobody knows -------------------------------------------------------------------- */

static int unknown_topic(const struct topics *topics, const char *word)
{
    const char **names = ARENA_ARRAY(topics->arena, 2 * topics->list.n + all_rules_count,
                                     const char *);
    size_t n = 0;
    VEC_EACH(struct topic, it, topics->list)
    {
        names[n++] = it->name;
        if (it->schema->section != NULL)
            names[n++] = it->schema->section;
    }
    for (size_t i = 0; i < all_rules_count; i++)
        names[n++] = all_rules[i].id;
    const char *near = names_nearest(word, names, n);
    app_fail(EXIT_USAGE, "nothing is known about %s", word);
    if (near != NULL)
        fprintf(stderr, "Did you mean %s?\n", near);
    fprintf(stderr, "gridform explain lists what there is.\n");
    return EXIT_USAGE;
}

/* "machine.clone" stands for all below it. */
static int print_below(const struct topic *topic, const char *name)
{
    size_t len = strlen(name), n = 0;
    for (size_t i = 0; i < topic->schema->n_attrs; i++) {
        const struct attr *attr = &topic->schema->attrs[i];
        if (strncmp(attr->name, name, len) != 0 || attr->name[len] != '.')
            continue;
        if (n++ > 0)
            putchar('\n');
        print_attr(topic, attr, "");
    }
    if (n > 0)
        return EXIT_OK;
    const char *names[256];
    for (size_t i = 0; i < topic->schema->n_attrs && n < 256; i++)
        names[n++] = topic->schema->attrs[i].name;
    const char *near = names_nearest(name, names, n);
    app_fail(EXIT_USAGE, "%s has no attribute %s", topic->name, name);
    if (near != NULL)
        fprintf(stderr, "Did you mean %s.%s?\n", topic->name, near);
    fprintf(stderr, "gridform explain %s lists them.\n", topic->name);
    return EXIT_USAGE;
}

static int explain(const struct topics *topics, const char *word)
{
    const struct rule *rule = find_rule(word);
    size_t len = strcspn(word, ".");
    const struct topic *topic = find_topic(topics, word, len);
    if (rule != NULL) {
        print_rule(rule);
        return EXIT_OK;
    }
    if (topic == NULL)
        return unknown_topic(topics, word);
    if (word[len] == '\0') {
        print_topic(topic);
        return EXIT_OK;
    }
    int attr = schema_find(topic->schema, word + len + 1);
    if (attr < 0)
        return print_below(topic, word + len + 1);
    print_attr(topic, &topic->schema->attrs[attr], "");
    print_items(topic->schema->attrs[attr].items);
    return EXIT_OK;
}

static int run(const struct options *options)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct topics topics = {.arena = arena};
    add_topics(&topics);
    if (options->n_arguments > 0)
        return explain(&topics, options->arguments[0]);
    print_list(&topics);
    return EXIT_OK;
}

const struct command command_explain = {
    .name = "explain",
    .arguments = "[RULE|KIND|KIND.ATTRIBUTE]",
    .most_arguments = 1,
    .completion = COMPLETE_TOPIC,
    .summary = "Explain a rule, a kind of object or an attribute",
    .help = "Prints what a rule (GF001) demands and why, what a kind (blueprint) consists of, or\n"
            "what an attribute (blueprint.machine.cpu) takes: values, bounds, default, who keeps\n"
            "it. Providers (vsphere) and lifecycle are explained too. Without a word: a list.",
    .run = run,
};
