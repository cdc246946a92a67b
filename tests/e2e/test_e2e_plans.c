/* test_e2e_plans.c: a plan is a function of files, state and world and of nothing else: it is
 * the same to the byte when it is repeated, under any locale, with files in any order. A saved
 * plan is carried out as it is, once, and only while nothing has moved. */
#include <dirent.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../harness/unit.h"
#include "site.h"
#include "still.h"
#include "strbuf.h"
#include "world_normal.h"
#include "worlds.h"

enum { UNITS_MAX = 40, LINE_ROOM = 200 };

extern char **environ;

static struct world_shape small(void)
{
    return (struct world_shape){.n_hosts = 2,
                                .hosts = {{.ecc = true}, {.ecc = true, .driver = DRIVER_OLD}}};
}

static char *output_of(struct site *site, const char *const *words, int status)
{
    struct run *run = run_expect(site_run(site, words), status);
    char *out = run->out;
    run->out = NULL;
    run_free(run);
    return out;
}
#define OUTPUT(site, status, ...)                                                              \
    output_of((site), (const char *const[]){__VA_ARGS__, NULL}, (status))

static void expect_text(const char *expected, char *actual, const char *what)
{
    expect_same_world(expected, actual, what);
    free(actual);
}

/* ---- repeated -----------------------------------------------------------------------------
 */

static void repeated_plans_are_the_same(void **state)
{
    struct site *site = *state;
    char *json = OUTPUT(site, 0, "plan", "--json"), *text = OUTPUT(site, 0, "plan");
    char *page = OUTPUT(site, 0, "plan", "--format", "html");
    assert_non_null(strstr(page, "esx-gpu-02.lab.local"));
    expect_text(page, OUTPUT(site, 0, "plan", "--format", "html"), "plan as a page, repeated");
    assert_non_null(strstr(json, "host/esx-gpu-02.lab.local"));
    for (int i = 0; i < 4; i++) {
        expect_text(json, OUTPUT(site, 0, "plan", "--json"), "plan --json, repeated");
        expect_text(text, OUTPUT(site, 0, "plan"), "plan, repeated");
    }
    free(json);
    free(text);
    free(page);
    /* How many steps run at a time is not decided in a plan. */
    struct run *run = run_expect(GRIDFORM(site, "plan", "--parallelism", "1"), 1);
    run_says(run, "unknown option --parallelism");
    run_free(run);
}

/* ---- locales ------------------------------------------------------------------------------
 */

static bool make_locale(const char *directory, const char *language)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s.UTF-8", directory, language);
    const char *const argv[] = {"localedef", "--quiet", "--no-archive", "-i", language,
                                "-f",        "UTF-8",   path,           NULL};
    pid_t pid;
    int status = -1;
    if (posix_spawnp(&pid, argv[0], NULL, NULL, (char *const *)(uintptr_t)argv, environ) != 0)
        return false;
    waitpid(pid, &status, 0);
    return file_exists("%s/LC_CTYPE", path);
}

/* Decimal commas, and an "i" that is no lower case of "I". */
static void locales_do_not_matter(void **state)
{
    struct site *site = *state;
    static const char *const languages[] = {"de_DE", "tr_TR"};
    char path[200], locale_path[220];
    snprintf(path, sizeof(path), "%s/locales", site->dir);
    snprintf(locale_path, sizeof(locale_path), "LOCPATH=%s", path);
    mkdir(path, 0700);
    for (size_t i = 0; i < ARRAY_LEN(languages); i++)
        if (!make_locale(path, languages[i]))
            print_message("%s cannot be made here: only its name is set\n", languages[i]);
    char *json = OUTPUT(site, 0, "plan", "--json"), *text = OUTPUT(site, 0, "plan");
    char *shown = OUTPUT(site, 0, "show"), *graph = OUTPUT(site, 0, "graph");
    static const char *const settings[] = {"LC_ALL=C", "LC_ALL=C.UTF-8", "LC_ALL=de_DE.UTF-8",
                                           "LC_ALL=tr_TR.UTF-8", "LC_ALL=nowhere"};
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        site->env[0] = settings[i];
        site->env[1] = locale_path;
        site->env[2] =
            "ASAN_OPTIONS=exitcode=99:detect_leaks=0"; /* the C library leaks LOCPATH */
        expect_text(json, OUTPUT(site, 0, "plan", "--json"), settings[i]);
        expect_text(text, OUTPUT(site, 0, "plan"), settings[i]);
        expect_text(shown, OUTPUT(site, 0, "show"), settings[i]);
        expect_text(graph, OUTPUT(site, 0, "graph"), settings[i]);
    }
    site->env[0] = site->env[1] = site->env[2] = NULL;
    free(json);
    free(text);
    free(shown);
    free(graph);
}

/* ---- files --------------------------------------------------------------------------------
 */

/* A plan without what must differ when the same words stand at other places. */
static char *placeless_json(char *text)
{
    json_t *plan = json_parse(text), *change, *finding;
    size_t i;
    json_object_del(plan, "id");
    json_object_del(plan, "inputs");
    json_array_foreach(json_object_get(plan, "changes"), i, change)
        json_object_del(change, "declared");
    json_array_foreach(json_object_get(plan, "findings"), i, finding)
        json_object_del(finding, "declared");
    char *result = json_dumps(plan, JSON_INDENT(1));
    json_decref(plan);
    free(text);
    return result;
}

/* Lines without "   FILE.yaml:LINE" at their end. */
static char *placeless_text(char *text)
{
    char *to = text;
    for (char *line = text, *next; *line != '\0'; line = next) {
        size_t length = strcspn(line, "\n");
        next = line + length + (line[length] == '\n');
        line[length] = '\0';
        char *place = strstr(line, ".yaml:");
        while (place != NULL && place > line && place[-1] != ' ')
            place--;
        while (place != NULL && place > line && place[-1] == ' ')
            place--;
        length = place != NULL ? (size_t)(place - line) : length;
        memmove(to, line, length);
        to += length;
        *to++ = '\n';
    }
    *to = '\0';
    return text;
}

struct unit {
    char text[2048]; /* a section with one entry, or `site: …` */
};

static bool starts_entry(const char *line)
{
    return line[0] == ' ' && line[1] == ' ' && line[2] != ' ' && line[2] != '#';
}

/* Cut a manifest into its sections' entries. */
static size_t cut_into_units(const char *text, struct unit *units, size_t n)
{
    char section[LINE_ROOM] = "";
    for (const char *line = text; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        bool top = line[0] != ' ' && line[0] != '#' && length > 0;
        if (top)
            snprintf(section, sizeof(section), "%.*s\n", (int)length, line);
        if ((top && strncmp(line, "site:", 5) == 0) || starts_entry(line)) {
            assert_true(n < UNITS_MAX);
            snprintf(units[n++].text, sizeof(units->text), "gridform: 1\n%s", section);
        }
        if (line[0] == ' ' && n > 0) {
            char *unit = units[n - 1].text;
            size_t at = strlen(unit);
            snprintf(unit + at, sizeof(units->text) - at, "%.*s\n", (int)length, line);
        }
        line += length + (line[length] == '\n');
    }
    return n;
}

static const char more[] = "gridform: 1\n"
                           "customization_specs:\n"
                           "  plain: { os: linux, hostname: vm-name, domain: lab.local, "
                           "network: dhcp }\n"
                           "catalog_services:\n"
                           "  Another: { description: One more }\n"
                           "  Third: { description: And one more }\n";

static size_t manifest_units(const struct site *site, struct unit *units)
{
    char *first = file_text("%s/site.yaml", site->manifest);
    char *second = file_text("%s/service.yaml", site->manifest);
    size_t n = cut_into_units(first, units, 0);
    n = cut_into_units(second, units, n);
    n = cut_into_units(more, units, n);
    free(first);
    free(second);
    return n;
}

static void remove_manifest_files(const struct site *site)
{
    DIR *dir = opendir(site->manifest);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char path[600];
        snprintf(path, sizeof(path), "%s/%s", site->manifest, entry->d_name);
        if (strstr(entry->d_name, ".yaml") != NULL)
            unlink(path);
    }
    closedir(dir);
}

/* One file a unit, under names that sort in the order given. */
static void write_units(const struct site *site, const struct unit *units, const size_t *order,
                        size_t n)
{
    remove_manifest_files(site);
    for (size_t i = 0; i < n; i++) {
        char path[300];
        snprintf(path, sizeof(path), "%s/%03zu-%zu.yaml", site->manifest, i, order[i]);
        write_text(path, units[order[i]].text);
    }
}

static void order_of_files_does_not_matter(void **state)
{
    struct site *site = *state;
    struct unit *units = calloc(UNITS_MAX, sizeof(*units));
    size_t n = manifest_units(site, units), order[UNITS_MAX];
    char path[300], kept[300];
    snprintf(path, sizeof(path), "%s/more.yaml", site->manifest);
    snprintf(kept, sizeof(kept), "%s/kept", site->dir);
    write_text(path, more);
    copy_directory(site->manifest, kept);
    char *json = placeless_json(OUTPUT(site, 0, "plan", "--json"));
    char *text = placeless_text(OUTPUT(site, 0, "plan"));
    assert_non_null(strstr(json, "catalog_service/Third"));
    struct chance chance = chance_new(chance_seed("order of files"));
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    for (int i = 0; i < 4; i++) {
        chance_shuffle(&chance, order, n);
        write_units(site, units, order, n);
        expect_text(json, placeless_json(OUTPUT(site, 0, "plan", "--json")), "shuffled files");
        expect_text(text, placeless_text(OUTPUT(site, 0, "plan")), "shuffled files");
    }
    remove_manifest_files(site);
    copy_directory(kept, site->manifest);
    unlink(path);
    free(json);
    free(text);
    free(units);
}

/* The order in which a directory lists its files is chance: the same files, written in another
 * order, give the same bytes, positions and identifier included. */
static void order_on_disk_does_not_matter(void **state)
{
    struct site *site = *state;
    char *json = OUTPUT(site, 0, "plan", "--json"), *text = OUTPUT(site, 0, "plan");
    static const char *const names[] = {"site.yaml", "service.yaml"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char path[300], other[300];
        snprintf(path, sizeof(path), "%s/%s", site->manifest, names[i]);
        snprintf(other, sizeof(other), "%s/.%s", site->manifest, names[i]);
        char *content = file_text("%s", path);
        write_text(other, content);
        unlink(path);
        rename(other, path);
        free(content);
        expect_text(json, OUTPUT(site, 0, "plan", "--json"), "files written again");
        expect_text(text, OUTPUT(site, 0, "plan"), "files written again");
    }
    free(json);
    free(text);
}

/* ---- saved plans --------------------------------------------------------------------------
 */

static void edit_site(const struct site *site, const char *old, const char *new)
{
    char path[300];
    snprintf(path, sizeof(path), "%s/site.yaml", site->manifest);
    edit_text(path, old, new);
}

static void refused_as_stale(struct site *site, const char *plan, const char *words)
{
    struct run *run = STILL(site, 5, "apply", plan);
    run_says(run, words);
    run_free(run);
}

/* A plan from before there was any state makes the state; carried out once, it is used up. With
 * one step at a time it reaches the same world as with sixteen. */
static void saved_plan_is_applied_once(void **state)
{
    struct site *site = *state;
    char plan[200], *worlds[2];
    snprintf(plan, sizeof(plan), "%s/first.plan", site->dir);
    static const char *const parallel[] = {"1", "16"};
    for (size_t i = 0; i < 2; i++) {
        if (i > 0) {
            site_fresh_lab(site);
            site_lose_state(site);
        }
        char *printed = OUTPUT(site, 0, "plan", "--out", plan, "--json");
        char *saved = file_text("%s", plan);
        /* The same, but for the checksum at the end. */
        assert_int_equal(strncmp(printed, saved, strlen(printed) - strlen("}\n")), 0);
        assert_non_null(strstr(saved, ",\"checksum\":\""));
        free(printed);
        free(saved);
        GRIDFORM_EXPECT(site, 0, "apply", plan, "--parallelism", parallel[i]);
        worlds[i] = lab_normal(&site->lab);
        refused_as_stale(site, plan, "applied before");
        GRIDFORM_EXPECT(site, 0, "plan", "--detailed-exitcode");
    }
    expect_same_world(worlds[0], worlds[1], "apply with one step at a time, and with sixteen");
    free(worlds[0]);
    free(worlds[1]);
}

static void stale_when_the_world_moved(struct site *site, const char *plan)
{
    lab_poke(&site->lab, "\"low\"", "hosts/esx-gpu-02.lab.local/power_policy");
    refused_as_stale(site, plan, "host/esx-gpu-02.lab.local");
    lab_poke(&site->lab, "\"dynamic\"", "hosts/esx-gpu-02.lab.local/power_policy");
    lab_poke(&site->lab, "true", "hosts/esx-gpu-01.lab.local/gpus/0/ecc_pending");
    struct run *run = STILL(site, 5, "apply", plan);
    run_says(run, "stale");
    run_says(run, "host/esx-gpu-01.lab.local");
    run_says_not(run, "host/esx-gpu-02.lab.local");
    run_free(run);
    lab_poke(&site->lab, "false", "hosts/esx-gpu-01.lab.local/gpus/0/ecc_pending");
}

static void stale_when_the_files_moved(struct site *site, const char *plan)
{
    edit_site(site, "power_policy: low_power", "power_policy: high_performance");
    refused_as_stale(site, plan, "files have changed");
    edit_site(site, "power_policy: high_performance", "power_policy: low_power");
    char script[300];
    snprintf(script, sizeof(script), "%s/software/tensorflow-gpu.sh", site->manifest);
    edit_text(script, "port=8888", "port=8889");
    refused_as_stale(site, plan, "files have changed");
    edit_text(script, "port=8889", "port=8888");
    struct run *run = STILL(site, 5, "apply", plan, "--var", "tensorflow_image=other");
    run_says(run, "files have changed");
    run_free(run);
}

static void what_is_no_plan(struct site *site, const char *plan)
{
    char other[260];
    snprintf(other, sizeof(other), "%s.damaged", plan);
    char *text = file_text("%s", plan);
    struct run *run = STILL(site, 1, "apply", other);
    run_says(run, "cannot be read");
    run_free(run);
    static const char *const wrong[] = {"", "{}", "not a plan", "{\"id\":\"00\"}", "[1]"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        write_text(other, wrong[i]);
        run = STILL(site, 1, "apply", other);
        run_says(run, "plan");
        run_free(run);
    }
    text[strlen(text) / 2] = '\0';
    write_text(other, text);
    run = STILL(site, 1, "apply", other);
    run_says(run, "no saved plan");
    run_free(run);
    free(text);
}

static void stale_plan_is_refused(void **state)
{
    struct site *site = *state;
    char plan[200], other[200];
    snprintf(plan, sizeof(plan), "%s/second.plan", site->dir);
    snprintf(other, sizeof(other), "%s/other.plan", site->dir);
    edit_site(site, "power_policy: balanced", "power_policy: low_power");
    GRIDFORM_EXPECT(site, 0, "plan", "--out", plan);
    GRIDFORM_EXPECT(site, 0, "plan", "--out", other);
    stale_when_the_world_moved(site, plan);
    stale_when_the_files_moved(site, plan);
    what_is_no_plan(site, plan);
    /* Everything is as it was: the plan holds again. */
    GRIDFORM_EXPECT(site, 0, "apply", plan);
    refused_as_stale(site, other, "applied before"); /* the same plan under another name */
    edit_site(site, "power_policy: low_power", "power_policy: balanced");
    GRIDFORM_EXPECT(site, 0, "plan", "--out", other);
    GRIDFORM_EXPECT(site, 0, "apply", "--yes", "--parallelism", "2");
    refused_as_stale(site, other, "applied before");
    site_lose_state(site);
    refused_as_stale(site, other, "another state");
}

/* A plan from before the state was there, after somebody else has made one. */
static void stale_when_somebody_was_first(void **state)
{
    struct site *site = *state;
    char plan[200];
    snprintf(plan, sizeof(plan), "%s/late.plan", site->dir);
    site_fresh_lab(site);
    site_lose_state(site);
    GRIDFORM_EXPECT(site, 0, "plan", "--out", plan);
    edit_site(site, "power_policy: balanced", "power_policy: low_power");
    GRIDFORM_EXPECT(site, 0, "apply", "--yes");
    edit_site(site, "power_policy: low_power", "power_policy: balanced");
    refused_as_stale(site, plan, "another state");
}

/* ---- waivers ------------------------------------------------------------------------------
 */

static const char too_many[] =
    "blueprints: { Tensorflow-GPU: { machine: { instances: { max: 90 } }, lifecycle: {\n"
    "  waive: [{ rule: GF003, reason: \"queued | <by hand>\", until: %s }] } } }\n";

/* A rule that an object is exempt from stops nothing, and every form of the plan says so; the
 * day after its last it does. */
static void waivers_are_shown(void **state)
{
    struct site *site = *state;
    char overlay[200], text[400];
    snprintf(overlay, sizeof(overlay), "%s/waiver.yaml", site->dir);
    snprintf(text, sizeof(text), too_many, "2999-12-31");
    write_text(overlay, text);
    struct run *run = run_expect(GRIDFORM(site, "plan", "--overlay", overlay), 0);
    run_says(run, "\nWaived:\n  * GF003 blueprint/Tensorflow-GPU (");
    run_says(run, "\n    until 2999-12-31: queued | <by hand>\n");
    assert_null(strstr(run->err, "GF003"));
    run_free(run);
    run = run_expect(GRIDFORM(site, "plan", "--overlay", overlay, "--format", "markdown"), 0);
    run_says(run, "#### Waived\n\n- GF003 `blueprint/Tensorflow-GPU`: ");
    assert_null(strstr(run->out, "<by"));
    run_free(run);
    run = run_expect(GRIDFORM(site, "plan", "--overlay", overlay, "--json"), 0);
    json_t *plan = run_json(run);
    assert_string_equal(json_text_at(plan, "waived/0/rule"), "GF003");
    assert_string_equal(json_text_at(plan, "waived/0/reason"), "queued | <by hand>");
    json_decref(plan);
    run_free(run);
    snprintf(text, sizeof(text), too_many, "2026-01-01");
    write_text(overlay, text);
    run = run_expect(GRIDFORM(site, "plan", "--overlay", overlay), 6);
    run_says(run, "[GF003]");
    run_says(run, "its waiver ended on 2026-01-01: put it right, or decide again");
    run_free(run);
}

/* -------------------------------------------------------------------------------------------
 */

static int set_up(void **state)
{
    struct site *site = calloc(1, sizeof(*site));
    const struct world_shape shape = small();
    site_start_shape(site, &shape, 0);
    *state = site;
    return 0;
}

static int tear_down(void **state)
{
    site_stop(*state);
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repeated_plans_are_the_same),
        cmocka_unit_test(locales_do_not_matter),
        cmocka_unit_test(order_of_files_does_not_matter),
        cmocka_unit_test(order_on_disk_does_not_matter),
        cmocka_unit_test(saved_plan_is_applied_once),
        cmocka_unit_test(stale_plan_is_refused),
        cmocka_unit_test(stale_when_somebody_was_first),
        cmocka_unit_test(waivers_are_shown),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
