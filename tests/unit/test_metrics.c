/* test_metrics.c: what is counted, in the text that Prometheus reads; how old a good check may
 * be.
 */
#include "../harness/unit.h"

#include <stdio.h>
#include <string.h>

#include "compiler.h"
#include "drift_memory.h"
#include "metrics.h"
#include "strbuf.h"

enum { FRESH_MS = 3000 };

static const char digest[] = "0123456789abcdef0123456789abcdef";

static void expect(struct metrics *metrics, const char *line, bool there)
{
    struct strbuf text;
    char whole[300];
    strbuf_init(&text, 1 << 20);
    metrics_render(metrics, &text);
    snprintf(whole, sizeof(whole), "\n%s\n", line);
    if ((strstr(strbuf_str(&text), whole) != NULL) != there)
        fail_msg("%s: %s\n%s", there ? "missing" : "there", line, strbuf_str(&text));
    strbuf_release(&text);
}

/* Nothing has happened: all series that an alert may ask for are there. */
static void series_exist_from_the_start(void **state UNUSED)
{
    static const char *const lines[] = {
        "gridform_drifted_resources{kind=\"host\"} 0",
        "gridform_unreadable_resources{kind=\"entitlement\"} 0",
        "gridform_checks_total{result=\"error\"} 0",
        "gridform_errors_total{provider=\"vsphere\"} 0",
        "gridform_last_success_timestamp_seconds 0.000",
    };
    struct metrics *metrics = metrics_new(FRESH_MS);
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        expect(metrics, lines[i], true);
    expect(metrics, "gridform_drifted_resources{kind=\"pool\"} 0", false); /* never read */
    metrics_free(metrics);
    metrics_free(NULL);
}

/* Resources once, however many of their attributes moved; drifted and unreadable apart. */
static void resources_count_once(void **state UNUSED)
{
    static const struct drift_entry entries[] = {
        {"blueprint/b", NULL, digest, 1},  {"host/1", "driver", NULL, 1},
        {"host/1", "ecc", digest, 1},      {"host/1", "ecc", NULL, 1},
        {"host/1", "graphics", digest, 1}, {"host/2", "ecc", digest, 1},
        {"host/3", NULL, NULL, 1},         {"nonsense/x", "y", digest, 1},
    };
    const struct drift_memory memory = {.entries = entries, .n = ARRAY_LEN(entries)},
                              empty = {0};
    struct metrics *metrics = metrics_new(FRESH_MS);
    metrics_reported(metrics, &memory, 17);
    expect(metrics, "gridform_drifted_resources{kind=\"host\"} 2", true);
    expect(metrics, "gridform_drifted_attributes{kind=\"host\"} 3", true);
    expect(metrics, "gridform_unreadable_resources{kind=\"host\"} 2", true);
    expect(metrics, "gridform_drifted_resources{kind=\"blueprint\"} 1", true);
    expect(metrics, "gridform_drifted_attributes{kind=\"blueprint\"} 0", true); /* gone */
    expect(metrics, "gridform_checked_resources 17", true);
    metrics_reported(metrics, &empty, 18);
    expect(metrics, "gridform_drifted_resources{kind=\"host\"} 0", true);
    metrics_free(metrics);
}

static void labels_are_escaped_and_bounded(void **state UNUSED)
{
    struct metrics *metrics = metrics_new(FRESH_MS);
    char name[40];
    metrics_call(metrics, "vra", "GET a\"b\\c\nd");
    metrics_call(metrics, "vra", "GET a\"b\\c\nd");
    expect(metrics,
           "gridform_provider_calls_total{provider=\"vra\",method=\"GET a\\\"b\\\\c\\nd\"} 2",
           true);
    for (int i = 0; i < 5000; i++) {
        snprintf(name, sizeof(name), "m%d", i);
        metrics_call(metrics, "vra", name);
    }
    expect(metrics, "gridform_provider_calls_total{provider=\"vra\",method=\"m3\"} 1", true);
    expect(metrics, "gridform_provider_calls_total{provider=\"vra\",method=\"m4999\"} 1",
           false);
    metrics_free(metrics);
}

static bool healthy(struct metrics *metrics, int64_t now_ms, const char *says)
{
    struct strbuf text;
    strbuf_init(&text, 1000);
    bool good = metrics_healthy(metrics, now_ms, &text);
    if (strstr(strbuf_str(&text), says) == NULL)
        fail_msg("says %s", strbuf_str(&text));
    strbuf_release(&text);
    return good;
}

static void health_is_the_age_of_the_last_good_check(void **state UNUSED)
{
    struct metrics *metrics = metrics_new(FRESH_MS);
    struct metrics_check check = {METRICS_TIMEOUT, 1764274678123, 1000, 250};
    assert_false(healthy(metrics, 10, "no good check yet"));
    metrics_checked(metrics, &check);
    assert_false(healthy(metrics, 1000, "no good check yet"));
    for (int result = METRICS_CLEAN; result <= METRICS_PARTIAL; result++) {
        check.result = (enum metrics_result)result;
        check.now_ms += 100000;
        metrics_checked(metrics, &check);
        assert_true(
            healthy(metrics, check.now_ms + FRESH_MS, "ok: the last good check ended 3 s"));
        assert_false(healthy(metrics, check.now_ms + FRESH_MS + 1, "stale"));
    }
    int64_t last = check.now_ms;
    check = (struct metrics_check){METRICS_ERROR, 1764274999000, last + 2000, 1};
    metrics_checked(metrics, &check);
    assert_false(healthy(metrics, last + FRESH_MS + 1, "stale"));
    expect(metrics, "gridform_last_success_timestamp_seconds 1764274678.123", true);
    expect(metrics, "gridform_last_check_timestamp_seconds 1764274999.000", true);
    expect(metrics, "gridform_check_duration_seconds 0.001", true);
    expect(metrics, "gridform_checks_total{result=\"timeout\"} 1", true);
    expect(metrics, "gridform_checks_total{result=\"partial\"} 1", true);
    metrics_free(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(series_exist_from_the_start),
        cmocka_unit_test(resources_count_once),
        cmocka_unit_test(labels_are_escaped_and_bounded),
        cmocka_unit_test(health_is_the_age_of_the_last_good_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
