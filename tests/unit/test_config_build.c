/* test_config_build.c: manifests that are right: what comes out, whatever the order, and how
 * much of it fits. */
#include "../harness/unit.h"

#include <string.h>

#include "../harness/config_kinds.h"
#include "arena.h"
#include "atom.h"
#include "config.h"
#include "diag.h"
#include "strbuf.h"
#include "types.h"
#include "value_json.h"

static const char head[] = "gridform: 1\nsite: lab\n";

struct world {
    struct arena *arena;
    struct diags *diags;
    struct config *config;
    struct config_input input;
    struct source_file files[8];
};

static int start(void **state)
{
    struct arena *arena = arena_new();
    struct world *w = ARENA_NEW(arena, struct world);
    w->arena = arena;
    w->diags = diags_new(arena);
    w->input = (struct config_input){
        .files = w->files, .kinds = test_kinds, .providers = test_providers};
    *state = w;
    return 0;
}

static int stop(void **state)
{
    struct world *w = *state;
    config_release(w->config);
    arena_free(w->arena);
    return 0;
}

static void add_file(struct world *w, const char *name, const char *text, bool overlay)
{
    w->files[w->input.n_files++] = (struct source_file){
        .name = name, .text = text, .size = strlen(text), .overlay = overlay};
}

static const char *rendered(struct world *w)
{
    struct strbuf out;
    strbuf_init(&out, STRBUF_MAX_OUTPUT);
    diags_render(w->diags, false, &out);
    const char *text = arena_strdup(w->arena, strbuf_str(&out));
    strbuf_release(&out);
    return text;
}

static void build(struct world *w)
{
    if (config_build(&w->input, w->arena, w->diags, &w->config) < 0)
        fail_msg("%s", rendered(w));
    assert_int_equal(diags_total(w->diags), 0);
}

static const struct instance *find(struct world *w, const char *address)
{
    const struct instance *it = instances_find(&w->config->resources, address);
    if (it == NULL)
        fail_msg("there is no %s", address);
    return it;
}

/* Everything about the resources, one line each. */
static const char *dump(struct world *w)
{
    struct strbuf out;
    strbuf_init(&out, STRBUF_MAX_OUTPUT);
    for (size_t i = 0; i < w->config->resources.n; i++) {
        const struct instance *it = w->config->resources.items[i];
        strbuf_addf(&out, "%s %s:%u:%u", it->address, it->pos.file, it->pos.line,
                    it->pos.column);
        for (size_t a = 0; a < it->schema->n_attrs; a++) {
            if (value_is_absent(it->attrs[a]))
                continue;
            strbuf_addf(&out, " %s=", it->schema->attrs[a].name);
            value_to_json(it->attrs[a], &out);
        }
        strbuf_add_char(&out, '\n');
    }
    const char *text = arena_strdup(w->arena, strbuf_str(&out));
    strbuf_release(&out);
    return text;
}

static void a_manifest_becomes_resources(void **state)
{
    struct world *w = *state;
    add_file(w, "site.yaml",
             "gridform: 1\n"
             "site: ml\n"
             "variables: { size: { default: 16 GiB } }\n"
             "providers:\n"
             "  vsphere: { server: vc, username: u, password: { env: PW } }\n"
             "vgpu_modes:\n"
             "  p100: { profile: grid_p100-4q, driver: { vib: x.vib } }\n"
             "pools:\n"
             "  gpu: { cluster: GPU, hosts: [\"esx-{01..02}\", z], vgpu_mode: p100, "
             "power_policy: balanced }\n"
             "templates:\n"
             "  t: { base: centos, pool: gpu, guest: { password: { file: pw } } }\n"
             "blueprints:\n"
             "  Tensor Flow:\n"
             "    machine:\n"
             "      clone: { template: t }\n"
             "      memory: \"${var.size}\"\n"
             "    tags: [b, a, b]\n"
             "    to: [{ user: u }, { group: g }]\n",
             false);
    build(w);
    assert_string_equal(w->config->site, "ml");
    assert_string_equal(
        dump(w),
        "blueprint/Tensor Flow site.yaml:13:3 machine.clone.template=\"t\" "
        "machine.clone.type=\"full\" machine.cpu=\"auto\" "
        "machine.memory={\"default\":17179869184,\"max\":17179869184,\"min\":17179869184} "
        "machine.instances={\"default\":1,\"max\":4,\"min\":1} "
        "tags=[\"a\",\"b\"] to=[\"group:g\",\"user:u\"]\n"
        "host/esx-01 site.yaml:9:31 pool=\"gpu\" power_policy=\"balanced\" keep=2\n"
        "host/esx-02 site.yaml:9:31 pool=\"gpu\" power_policy=\"balanced\" keep=2\n"
        "host/z site.yaml:9:31 pool=\"gpu\" power_policy=\"balanced\" keep=2\n"
        "pool/gpu site.yaml:9:3 cluster=\"GPU\" hosts=[\"esx-01\",\"esx-02\",\"z\"] "
        "vgpu_mode=\"p100\" power_policy=\"balanced\" rollout.max_unavailable=1 "
        "timeout=1800000\n"
        "template/t site.yaml:11:3 base=\"centos\" pool=\"gpu\" "
        "guest.password={\"file\":\"pw\"} vm=\"centos-1\"\n"
        "vgpu_mode/p100 site.yaml:7:3 profile=\"grid_p100-4q\" driver.vib=\"x.vib\" "
        "driver.signature_check=true\n");
    const struct instance *bp = find(w, "blueprint/Tensor Flow");
    assert_int_equal(instance_attr_pos(bp, "machine.memory").line, 16);
    assert_int_equal(instance_attr_pos(bp, "machine.memory").column, 15);
    assert_int_equal(instance_attr_pos(bp, "machine.cpu").line, 13);
    assert_int_equal(bp->presence, PRESENCE_PRESENT);
    assert_ptr_equal(bp->address, atom_lookup(w->config->atoms, "blueprint/Tensor Flow"));

    assert_int_equal(w->config->providers.n, 1);
    const struct instance *vsphere = instances_find(&w->config->providers, "provider/vsphere");
    assert_non_null(vsphere);
    assert_string_equal(vsphere->name, "vsphere");
    assert_int_equal(instance_get(vsphere, "port")->integer, 443);
    assert_string_equal(value_get_text(instance_get(vsphere, "password"), "env"), "PW");
}

static const char *const pieces[] = {
    "gridform: 1\nsite: lab\n",
    "pools:\n  a: { cluster: c, hosts: [\"a{1..3}\"] }\n",
    "gridform: 1\npools:\n  b: { cluster: c, hosts: [\"b{1..3}\"] }\n",
    "templates:\n  t: { base: x, pool: a }\n  u: { base: y, pool: b, after: t }\n",
};

static void the_order_of_files_changes_nothing(void **state)
{
    struct world *w = *state;
    static const char *const names[] = {"1.yaml", "2.yaml", "3.yaml", "4.yaml"};
    const char *first = NULL;
    for (unsigned rotation = 0; rotation < 4; rotation++) {
        w->input.n_files = 0;
        for (unsigned i = 0; i < 4; i++) {
            unsigned at = (i + rotation) % 4;
            add_file(w, names[at], pieces[at], false);
        }
        config_release(w->config);
        build(w);
        const char *text = dump(w);
        if (first == NULL)
            first = text;
        assert_string_equal(text, first);
    }
    assert_non_null(strstr(first, "host/b3 3.yaml:3:27 pool=\"b\""));
}

static void overlays_come_in_the_order_given(void **state)
{
    struct world *w = *state;
    add_file(w, "b.yaml", "pools:\n  p: { cluster: three, timeout: null }\n", true);
    add_file(w, "z.yaml", head, false);
    add_file(w, "a.yaml", "site: prod\npools:\n  p: { cluster: four }\n", true);
    add_file(w, "y.yaml", "pools:\n  p: { cluster: one, hosts: [x], timeout: 5m }\n", false);
    build(w);
    assert_string_equal(w->config->site, "prod");
    const struct instance *p = find(w, "pool/p");
    assert_string_equal(instance_text(p, "cluster"), "four");
    assert_string_equal(instance_attr_pos(p, "cluster").file, "a.yaml");
    assert_string_equal(instance_attr_pos(p, "hosts").file, "y.yaml");
    assert_int_equal(instance_get(p, "timeout")->integer, 30 * 60 * 1000);
}

static void variables_come_from_outside(void **state)
{
    struct world *w = *state;
    static const char *const vars[] = {"base=given", "pattern=h{1..2}"};
    w->input.vars = vars;
    w->input.n_vars = ARRAY_LEN(vars);
    add_file(w, "f.yaml",
             "gridform: 1\nsite: lab\n"
             "variables: { base: { default: x }, pattern: { doc: names } }\n"
             "pools:\n  p: { cluster: c, hosts: [\"${var.pattern}\"] }\n"
             "templates:\n  t: { base: \"${var.base}-$${x}\" }\n",
             false);
    build(w);
    assert_string_equal(instance_text(find(w, "template/t"), "base"), "given-${x}");
    find(w, "host/h2");
}

static void lifecycle_is_kept_and_inherited_by_hosts(void **state)
{
    struct world *w = *state;
    add_file(w, "f.yaml",
             "gridform: 1\nsite: lab\npools:\n  p:\n    cluster: c\n    hosts: [x]\n"
             "    lifecycle: { prevent_destroy: true, ignore_drift: [power_policy], "
             "allow: [power_off_vms] }\n  q: { cluster: c, hosts: [y] }\n",
             false);
    build(w);
    const struct lifecycle *lifecycle = find(w, "host/x")->lifecycle;
    assert_true(lifecycle->prevent_destroy);
    assert_false(lifecycle->adopt);
    assert_string_equal(lifecycle->ignore_drift[0], "power_policy");
    assert_null(lifecycle->ignore_drift[1]);
    assert_null(lifecycle->ignore_changes[0]);
    assert_string_equal(lifecycle->allow[0], "power_off_vms");
    assert_null(find(w, "host/y")->lifecycle);
}

static const char with_scripts[] =
    "gridform: 1\nsite: lab\nvariables: { dir: { default: scripts } }\ntemplates:\n"
    "  a: { base: x, install: { script_file: \"${var.dir}/b.sh\" } }\n"
    "  b: { base: x, install: { script_file: scripts/a.sh } }\n"
    "  c: { base: x, install: { script_file: scripts/a.sh } }\n"
    "  d: { base: x, install: { script: \"echo d\" } }\n"
    "  e: { base: x, install: { script_file: ../outside } }\n";

static void files_are_listed_once_and_loaded(void **state)
{
    struct world *w = *state;
    add_file(w, "f.yaml", with_scripts, false);
    struct config_doc *doc;
    assert_int_equal(config_parse(&w->input, w->arena, w->diags, &doc), 0);
    const char *const *paths;
    size_t n;
    config_list_attachments(doc, &paths, &n);
    assert_int_equal(n, 2);
    assert_string_equal(paths[0], "scripts/a.sh");
    assert_string_equal(paths[1], "scripts/b.sh");
    char text[] = "#!/bin/sh\n${HOME}\n";
    struct source_file attachments[] = {
        {.name = "scripts/b.sh", .text = "", .size = 0},
        {.name = "scripts/a.sh", .text = text, .size = strlen(text)}};
    assert_int_equal(config_finish(doc, attachments, 2, &w->config), -1);
    memset(text, 'x', strlen(text)); /* the text has been copied */
    assert_int_equal(diags_total(w->diags), 1);
    assert_non_null(strstr(diags_at(w->diags, 0)->summary, "leaves the manifest's directory"));
    /* What stands in a file is no expression. */
    assert_string_equal(instance_text(find(w, "template/b"), "install.script"),
                        "#!/bin/sh\n${HOME}\n");
    assert_string_equal(instance_text(find(w, "template/b"), "install.script_file"),
                        "scripts/a.sh");
    assert_ptr_equal(instance_get(find(w, "template/b"), "install.script"),
                     instance_get(find(w, "template/c"), "install.script"));
    assert_string_equal(instance_text(find(w, "template/a"), "install.script"), "");
    assert_string_equal(instance_text(find(w, "template/d"), "install.script"), "echo d");
}

static void equal_values_are_shared(void **state)
{
    struct world *w = *state;
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    strbuf_add(&text, head);
    strbuf_add(&text, "templates: { t: { base: x } }\nblueprints:\n");
    for (unsigned i = 0; i < 3000; i++)
        strbuf_addf(&text,
                    "  b%04u: { machine: { clone: { template: t }, memory: 1 GiB }, "
                    "tags: [b, a, t%u], to: [{ user: u%u }] }\n",
                    i, i % 1000, i);
    add_file(w, "f.yaml", strbuf_str(&text), false);
    build(w);
    strbuf_release(&text);
    const struct instance *a = find(w, "blueprint/b0007"), *b = find(w, "blueprint/b1007"),
                          *c = find(w, "blueprint/b1008");
    assert_ptr_equal(instance_get(a, "machine.memory"), instance_get(c, "machine.memory"));
    assert_ptr_equal(instance_get(a, "tags"), instance_get(b, "tags"));
    for (unsigned i = 0; i < 3000; i++) {
        const char *name = arena_printf(w->arena, "blueprint/b%04u", i);
        const char *tag = arena_printf(w->arena, "t%u", i % 1000);
        const char *user = arena_printf(w->arena, "user:u%u", i);
        assert_true(value_list_has(instance_get(find(w, name), "tags"), tag));
        assert_true(value_list_has(instance_get(find(w, name), "to"), user));
    }
}

static void what_is_broken_is_not_derived(void **state)
{
    struct world *w = *state;
    add_file(w, "f.yaml",
             "gridform: 1\nsite: lab\ntemplates:\n  bad: { base: x, pool: none }\n"
             "  good: { base: x }\npools:\n  p: { hosts: [h], power_policy: balanced }\n",
             false);
    assert_int_equal(config_build(&w->input, w->arena, w->diags, &w->config), -1);
    assert_null(instance_text(find(w, "template/bad"), "vm"));
    assert_string_equal(instance_text(find(w, "template/good"), "vm"), "x-1");
    assert_null(instance_text(find(w, "host/h"), "power_policy"));
}

static void no_files_is_an_error(void **state)
{
    struct world *w = *state;
    assert_int_equal(config_build(&w->input, w->arena, w->diags, &w->config), -1);
    assert_string_equal(rendered(w), "error: there is no manifest: no file *.yaml\n");
    assert_int_equal(w->config->resources.n, 0);
}

static void too_many_files_are_refused(void **state)
{
    struct world *w = *state;
    struct source_file *files = ARENA_ARRAY(w->arena, 10001, struct source_file);
    for (size_t i = 0; i < 10001; i++)
        files[i] = (struct source_file){.name = arena_printf(w->arena, "%05zu", i),
                                        .text = i == 0 ? head : "",
                                        .size = i == 0 ? strlen(head) : 0};
    w->input.files = files;
    w->input.n_files = 10000;
    build(w);
    config_release(w->config);
    w->input.n_files = 10001;
    assert_int_equal(config_build(&w->input, w->arena, w->diags, &w->config), -1);
    assert_string_equal(rendered(w), "error: the manifest has too many files\n");
}

static void too_many_resources_are_refused(void **state)
{
    struct world *w = *state;
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    strbuf_add(&text, head);
    strbuf_add(&text, "pools:\n");
    for (size_t i = 0; i < 26; i++)
        strbuf_addf(&text, "  p%zu: { cluster: c, hosts: [\"p%zu-{1..10000}\"] }\n", i, i);
    add_file(w, "f.yaml", strbuf_str(&text), false);
    assert_int_equal(config_build(&w->input, w->arena, w->diags, &w->config), -1);
    assert_string_equal(rendered(w),
                        "f.yaml: error: the manifest has more than 250000 resources\n");
    assert_int_equal(w->config->resources.n, CONFIG_MAX_RESOURCES);
    strbuf_release(&text);
}

static const char *long_chain(struct world *w, size_t n, bool closed)
{
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    strbuf_add(&text, head);
    strbuf_add(&text, "templates:\n");
    for (size_t i = 0; i < n; i++) {
        bool last = i + 1 == n;
        strbuf_addf(&text, "  t%06zu: { base: x", i);
        if (!last || closed)
            strbuf_addf(&text, ", after: t%06zu", last ? 0 : i + 1);
        strbuf_add(&text, " }\n");
    }
    const char *copy = arena_strdup(w->arena, strbuf_str(&text));
    strbuf_release(&text);
    return copy;
}

static void long_chains_need_no_stack(void **state)
{
    struct world *w = *state;
    add_file(w, "f.yaml", long_chain(w, 50000, false), false);
    build(w);
    assert_int_equal(w->config->resources.n, 50000);
}

static void a_long_circle_is_shown_in_part(void **state)
{
    struct world *w = *state;
    add_file(w, "f.yaml", long_chain(w, 50000, true), false);
    assert_int_equal(config_build(&w->input, w->arena, w->diags, &w->config), -1);
    assert_int_equal(diags_total(w->diags), 1);
    const struct diag *diag = diags_at(w->diags, 0);
    assert_non_null(strstr(diag->summary, "template/t000019 -> (49980 more) -> "
                                          "template/t000000"));
    assert_non_null(strstr(diag->hint, "template/t000000 refers to template/t000001 at "
                                       "f.yaml:4:"));
}

static void ten_thousand_mistakes_end(void **state)
{
    struct world *w = *state;
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    strbuf_add(&text, head);
    strbuf_add(&text, "templates:\n");
    for (size_t i = 0; i < 10000; i++)
        strbuf_addf(&text, "  t%zu: { base: x, pool: p%zu, colour: red }\n", i, i);
    add_file(w, "f.yaml", strbuf_str(&text), false);
    assert_int_equal(config_build(&w->input, w->arena, w->diags, &w->config), -1);
    assert_int_equal(diags_total(w->diags), DIAGS_MAX);
    strbuf_release(&text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(a_manifest_becomes_resources),
        TEST(the_order_of_files_changes_nothing),
        TEST(overlays_come_in_the_order_given),
        TEST(variables_come_from_outside),
        TEST(lifecycle_is_kept_and_inherited_by_hosts),
        TEST(files_are_listed_once_and_loaded),
        TEST(equal_values_are_shared),
        TEST(what_is_broken_is_not_derived),
        TEST(no_files_is_an_error),
        TEST(too_many_files_are_refused),
        TEST(too_many_resources_are_refused),
        TEST(long_chains_need_no_stack),
        TEST(a_long_circle_is_shown_in_part),
        TEST(ten_thousand_mistakes_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
