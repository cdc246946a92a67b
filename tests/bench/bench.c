/* bench.c: what is measured, one thing a process; run.sh puts the figures side by side.
 *
 *     gf_bench generate DIR N   write a site of N resources
 *     gf_bench bare DIR         libyaml's events and jansson's lines over the same bytes
 *     gf_bench plan DIR         manifest and snapshot to the text of a plan
 *     gf_bench journal DIR N    N steps recorded durably
 *
 * Prints seconds and peak kilobytes.
 */
#include "bench.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <yaml.h>

#include "arena.h"
#include "diag.h"
#include "err.h"
#include "num.h"
#include "plan.h"
#include "render.h"
#include "rules.h"
#include "snapshot.h"
#include "strbuf.h"

_Noreturn void bench_die(const char *what)
{
    fprintf(stderr, "gf_bench: %s\n", what);
    exit(1);
}

double bench_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void open_path(char *path, size_t size, const char *directory, const char *name)
{
    if (snprintf(path, size, "%s/%s", directory, name) >= (int)size)
        bench_die("the path is too long");
}

char *bench_slurp(const char *directory, const char *name, size_t *ret_size)
{
    char path[4096];
    open_path(path, sizeof(path), directory, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    if (fseek(file, 0, SEEK_END) < 0)
        bench_die(path);
    long size = ftell(file);
    char *text = size < 0 ? NULL : malloc((size_t)size + 1);
    rewind(file);
    if (text == NULL || fread(text, 1, (size_t)size, file) != (size_t)size)
        bench_die(path);
    text[size] = '\0';
    fclose(file);
    *ret_size = (size_t)size;
    return text;
}

void bench_spill(const char *directory, const char *name, const char *text, size_t size)
{
    char path[4096];
    open_path(path, sizeof(path), directory, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(text, 1, size, file) != size || fclose(file) != 0)
        bench_die(path);
}

enum { PARTS_MAX = 64 };

static const char *part_name(struct arena *arena, size_t i)
{
    return arena_printf(arena, "manifest-%zu.yaml", i);
}

/* ---- the bare pass ------------------------------------------------------------------------
 */

static size_t bare_yaml(const char *text, size_t size)
{
    yaml_parser_t parser;
    yaml_event_t event;
    size_t n = 0;
    yaml_parser_initialize(&parser);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    for (bool end = false; !end; n++) {
        if (!yaml_parser_parse(&parser, &event))
            bench_die("libyaml cannot read the manifest");
        end = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return n;
}

static size_t bare_json(const char *text)
{
    size_t n = 0;
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        size_t body = len > 0 && text[len - 1] == ',' ? len - 1 : len;
        json_error_t error;
        json_t *value = json_loadb(text, body, 0, &error);
        n += value != NULL;
        json_decref(value);
        text += len + (text[len] == '\n');
    }
    return n;
}

static void bench_bare(const char *directory)
{
    struct arena *arena = arena_new();
    size_t size, n = 0;
    char *manifest;
    for (size_t i = 0; (manifest = bench_slurp(directory, part_name(arena, i), &size)) != NULL;
         i++) {
        n += bare_yaml(manifest, size);
        free(manifest);
    }
    arena_free(arena);
    char *text = bench_slurp(directory, "snapshot.json", &size);
    if (text == NULL)
        bench_die("snapshot.json");
    n += bare_json(text);
    free(text);
    if (n == 0)
        bench_die("nothing was read");
}

/* ---- the plan -----------------------------------------------------------------------------
 */

static const struct schema *find_schema(const char *name)
{
    const struct kind *kind = kind_find(all_kinds, name);
    return kind == NULL ? NULL : &kind->schema;
}

const struct schema_source bench_schemas = {find_schema};

struct config *bench_config(struct arena *arena, const char *directory)
{
    static const struct provider *const none[] = {NULL};
    struct source_file files[PARTS_MAX];
    size_t n = 0;
    for (; n < PARTS_MAX; n++) {
        size_t size;
        char *text = bench_slurp(directory, part_name(arena, n), &size);
        if (text == NULL)
            break;
        files[n] =
            (struct source_file){.name = part_name(arena, n), .text = text, .size = size};
    }
    const struct config_input input = {
        .files = files, .n_files = n, .kinds = all_kinds, .providers = none};
    struct diags *diags = diags_new(arena);
    struct config *config;
    if (config_build(&input, arena, diags, &config) < 0)
        bench_die(diags_at(diags, 0)->summary);
    for (size_t i = 0; i < n; i++)
        free((char *)files[i].text);
    return config;
}

/* The live state and the state, from one snapshot. */
static const struct snapshot *load(struct arena *arena, const char *directory,
                                   struct state **ret_state)
{
    size_t size;
    struct snapshot *snapshot;
    struct err err = {0};
    char *text = bench_slurp(directory, "snapshot.json", &size);
    if (text == NULL)
        bench_die("snapshot.json");
    if (snapshot_decode(text, size, arena, &bench_schemas, &snapshot, &err) < 0 ||
        state_decode(snapshot->state, snapshot->state_size, arena, &bench_schemas, ret_state,
                     &err) < 0)
        bench_die(err.message);
    free(text);
    return snapshot;
}

static void stamp(const char *what, double *last)
{
    double now = bench_now();
    if (getenv("BENCH_VERBOSE") != NULL)
        fprintf(stderr, "  %-8s %.4f s\n", what, now - *last);
    *last = now;
}

static void bench_plan(const char *directory)
{
    struct arena *arena = arena_new();
    double last = bench_now();
    struct config *config = bench_config(arena, directory);
    stamp("config", &last);
    struct state *state;
    const struct snapshot *snapshot = load(arena, directory, &state);
    stamp("snapshot", &last);
    const struct plan_input input = {.facts = {.arena = arena,
                                               .desired = &config->resources,
                                               .prior = &state->resources,
                                               .live = &snapshot->live,
                                               .kinds = all_kinds,
                                               .lineage = state->lineage},
                                     .site = config->site,
                                     .digest_inputs = "",
                                     .serial = state->serial};
    struct diags *diags = diags_new(arena);
    const struct plan *plan = plan_build(&input, diags);
    stamp("plan", &last);
    const struct rules_input rules = {&input.facts, &config->providers, NULL};
    rules_check(&rules, diags);
    stamp("rules", &last);
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    render_plan_text(plan, (struct look){0}, &text);
    stamp("render", &last);
    if (getenv("BENCH_VERBOSE") != NULL)
        fprintf(stderr, "%.600s\n", strbuf_str(&text));
    if (diags_have_errors(diags) || plan->n_refusals > 0 || plan->n_changes == 0)
        bench_die("the plan is not the one that was meant");
    strbuf_release(&text);
    config_release(config);
    arena_free(arena);
}

static size_t number(const char *text)
{
    int64_t n;
    if (text == NULL || num_i64(text, &n) < 0 || n < 1)
        bench_die("how many?");
    return (size_t)n;
}

static void print_usage(double begin)
{
    struct rusage usage;
    double seconds = bench_now() - begin;
    getrusage(RUSAGE_SELF, &usage);
    printf("%.4f %ld\n", seconds, usage.ru_maxrss);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        bench_die("usage: gf_bench generate|bare|plan|journal DIR [N]");
    double begin = bench_now();
    if (strcmp(argv[1], "generate") == 0) {
        bench_generate(argv[2], number(argv[3]));
    } else if (strcmp(argv[1], "journal") == 0) {
        bench_journal(argv[2], number(argv[3]));
    } else if (strcmp(argv[1], "bare") == 0) {
        bench_bare(argv[2]);
        print_usage(begin);
    } else if (strcmp(argv[1], "plan") == 0) {
        bench_plan(argv[2]);
        print_usage(begin);
    } else {
        bench_die("what?");
    }
    return 0;
}
