/* test_progress.c: what an apply shows while it works: the lines of a log, the foot of a
 * terminal, events. */
#include "../harness/unit.h"

#include <fcntl.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "arena.h"
#include "err.h"
#include "progress.h"
#include "progress_view.h"
#include "strbuf.h"
#include "value_json.h"

/* ---- texts ----------------------------------------------------------------------------------
 */

static void test_durations(void **state UNUSED)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {{-5, "0 s"},        {0, "0 s"},           {999, "0 s"},
                 {59999, "59 s"},    {60000, "1:00"},      {271000, "4:31"},
                 {3599999, "59:59"}, {3600000, "1:00:00"}, {90061000, "25:01:01"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct strbuf text;
        strbuf_init(&text, 100);
        view_duration(cases[i].ms, &text);
        assert_string_equal(strbuf_str(&text), cases[i].text);
        strbuf_release(&text);
    }
}

static void test_cut(void **state UNUSED)
{
    static const struct {
        const char *text;
        size_t columns;
        const char *cut;
        size_t used;
    } cases[] = {
        {"abc", 3, "abc", 3},
        {"abcd", 3, "ab\xe2\x80\xa6", 3},
        {"abcd", 1, "\xe2\x80\xa6", 1},
        {"abcd", 0, "", 0},
        {"\xc3\xa4\xc3\xb6\xc3\xbc", 3, "\xc3\xa4\xc3\xb6\xc3\xbc", 3},
        {"\xe6\x9c\xba\xe6\x9c\xba", 4, "\xe6\x9c\xba\xe6\x9c\xba", 4}, /* two cells each */
        {"\xe6\x9c\xba\xe6\x9c\xba", 3, "\xe6\x9c\xba\xe2\x80\xa6", 3},
        {"\xe6\x9c\xba\xe6\x9c\xba", 2, "\xe2\x80\xa6", 1}, /* half of one is none */
        {"a\033[2Jb", 10, "a\xef\xbf\xbd[2Jb", 6},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct strbuf text;
        strbuf_init(&text, 100);
        assert_int_equal(view_cut(cases[i].text, cases[i].columns, &text), cases[i].used);
        assert_string_equal(strbuf_str(&text), cases[i].cut);
        strbuf_release(&text);
    }
}

static const struct view_task three[] = {
    {"host/a", "reboot", 2, 9, 95000, 250000, "waiting"},
    {"host/b", "enter maintenance", 1, 9, 200000, -1, ""},
    {"template/c", "reading back", 0, 0, 1000, -1, ""},
};

static void test_block(void **state UNUSED)
{
    struct view view = {three, 3, 4, 12, 2, 5, 100000, 60000, false};
    struct strbuf text;
    strbuf_init(&text, 4000);
    assert_int_equal(view_block(&view, 60, 10, false, &text), 4);
    assert_string_equal(strbuf_str(&text),
                        "wave 2 of 5, 4 of 12 changes done, 1:40, at least 1:00 left\n"
                        "  host/a  2/9 reboot: waiting                  1:35 of ~4:10\n"
                        "  host/b  1/9 enter maintenance                         3:20\n"
                        "  template/c  reading back                               1 s\n");
    strbuf_clear(&text);
    /* No room for all: the longest stay. */
    assert_int_equal(view_block(&view, 60, 3, false, &text), 3);
    assert_non_null(strstr(strbuf_str(&text), "  host/b  1/9 enter"));
    assert_null(strstr(strbuf_str(&text), "host/a"));
    assert_non_null(strstr(strbuf_str(&text), "  and 2 more\n"));
    strbuf_release(&text);
}

/* However narrow it is, no line is wider. */
static void test_block_fits(void **state UNUSED)
{
    struct view view = {three, 3, 4, 12, 2, 5, 100000, 60000, true};
    for (unsigned columns = 20; columns < 130; columns++)
        for (unsigned rows = 2; rows < 6; rows++) {
            struct strbuf text;
            strbuf_init(&text, 4000);
            size_t lines = view_block(&view, columns, rows, false, &text), n = 0;
            assert_true(lines <= rows);
            for (const char *at = strbuf_str(&text); *at != '\0'; n++) {
                size_t width = 0, len = strcspn(at, "\n");
                for (size_t i = 0; i < len; i++)
                    width += ((unsigned char)at[i] & 0xc0) != 0x80;
                assert_true(width <= columns);
                at += len + 1;
            }
            assert_int_equal(n, lines);
            strbuf_release(&text);
        }
}

static void test_still_running(void **state UNUSED)
{
    static const char *const wanted[] = {"reboot: 1:35 so far, about 4:10 expected; waiting",
                                         "enter maintenance: 3:20 so far",
                                         "reading back: 1 s so far"};
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        struct strbuf text;
        strbuf_init(&text, 200);
        view_still_running(&three[i], &text);
        assert_string_equal(strbuf_str(&text), wanted[i]);
        strbuf_release(&text);
    }
    struct view_task late = three[0];
    late.running_ms = 300000;
    struct strbuf text;
    strbuf_init(&text, 200);
    view_still_running(&late, &text);
    assert_string_equal(strbuf_str(&text),
                        "reboot: 5:00 so far, longer than the usual 4:10; waiting");
    strbuf_release(&text);
}

/* ---- a run ----------------------------------------------------------------------------------
 */

static const struct kind kind_host = {
    .schema = {.kind = "host", .section = "hosts", .doc = "x"}};
static const struct kind *const kinds[] = {&kind_host, NULL};

struct run {
    struct arena *arena;
    struct change change;
    struct step steps[2];
    struct plan plan;
    struct facts facts;
    struct instances prior;
    struct walk *walk;
    struct walk_task task;
    int fd; /* what was written can be read here */
    FILE *out;
    struct strbuf seen;
};

static void run_begin(struct run *run)
{
    *run = (struct run){.arena = arena_new()};
    struct instance *host = instance_new(run->arena, &kind_host.schema, "host/a", "a");
    for (unsigned s = 0; s < 2; s++)
        run->steps[s] = (struct step){.id = s,
                                      .address = "host/a",
                                      .op = s == 0 ? "host.reboot" : "host.exit_maintenance",
                                      .title = s == 0 ? "reboot" : "leave maintenance"};
    run->change = (struct change){.kind = &kind_host,
                                  .address = "host/a",
                                  .action = ACTION_UPDATE,
                                  .desired = host,
                                  .live = host,
                                  .steps = run->steps,
                                  .n_steps = 2,
                                  .wave = 1};
    run->plan = (struct plan){.id = "p", .changes = &run->change, .n_changes = 1, .n_waves = 1};
    run->facts = (struct facts){.arena = run->arena, .kinds = kinds, .prior = &run->prior};
    const struct walk_options options = {.parallel = 1, .nonce = "n"};
    run->walk = walk_new(run->arena, &run->plan, &run->facts, &options);
    strbuf_init(&run->seen, 1 << 20);
}

static void run_end(struct run *run)
{
    fclose(run->out);
    close(run->fd);
    strbuf_release(&run->seen);
    arena_free(run->arena);
}

static void use_pipe(struct run *run)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    run->fd = ends[0];
    run->out = fdopen(ends[1], "w");
}

static void use_terminal(struct run *run)
{
    struct winsize size = {.ws_row = 24, .ws_col = 60};
    int slave;
    assert_int_equal(openpty(&run->fd, &slave, NULL, NULL, &size), 0);
    run->out = fdopen(slave, "w");
}

static void read_some(struct run *run)
{
    char block[4096];
    ssize_t n = read(run->fd, block, sizeof(block));
    assert_true(n > 0);
    strbuf_add_mem(&run->seen, block, (size_t)n);
}

/* Blocks until it was written: a test that waits in vain is ended by its time limit. */
static void read_until(struct run *run, const char *text)
{
    while (strstr(strbuf_str(&run->seen), text) == NULL)
        read_some(run);
}

static void next_step(struct run *run, struct progress *progress)
{
    assert_int_equal(walk_next(run->walk, &run->task), WALK_READY);
    progress_step_started(progress, &run->task);
}

static void end_step(struct run *run, struct progress *progress, struct err *err)
{
    const struct outcome outcome = {.kind = OUTCOME_DONE};
    progress_step_ended(progress, &run->task,
                        err->code == ERR_NONE ? OUTCOME_DONE : OUTCOME_FAILED, err);
    walk_report(run->walk, &run->task, err->code == ERR_NONE ? &outcome : NULL, NULL, err);
}

static void test_heartbeat_in_a_log(void **state UNUSED)
{
    struct run run;
    run_begin(&run);
    use_pipe(&run);
    struct progress *progress = progress_new(
        &run.plan,
        &(struct progress_options){.out = run.out, .prior = &run.prior, .heartbeat_ms = 20});
    next_step(&run, progress);
    read_until(&run, "> host/a  reboot  (step 1 of 2)\n");
    progress_event(progress, &(struct event){.kind = EVENT_STEP_PROGRESS,
                                             .address = "host/a",
                                             .op = "host.reboot",
                                             .text = "host is notResponding"});
    read_until(&run, ". host/a  reboot: 0 s so far; host is notResponding\n");
    struct err err = {0};
    err_set(&err, ERR_TIMEOUT, "not back within 30 minutes");
    end_step(&run, progress, &err);
    progress_change_ended(progress, 0, walk_status_of(run.walk, 0));
    progress_summary(progress, run.walk);
    read_until(&run, "the rest is planned anew.\n");
    const char *summary = strstr(strbuf_str(&run.seen), "\nApplied in ");
    assert_non_null(summary);
    assert_non_null(strstr(summary, "1 failed, 0 skipped, 0 cancelled.\n"));
    assert_non_null(strstr(summary, "  failed     host/a  "));
    assert_non_null(strstr(summary, "not back within 30 minutes\n"));
    assert_null(strchr(strbuf_str(&run.seen), '\033'));
    progress_free(progress);
    run_end(&run);
}

static void test_heartbeat_event(void **state UNUSED)
{
    struct run run;
    run_begin(&run);
    use_pipe(&run);
    struct progress *progress =
        progress_new(&run.plan, &(struct progress_options){.out = run.out,
                                                           .prior = &run.prior,
                                                           .json = true,
                                                           .terminal = true,
                                                           .heartbeat_ms = 20});
    next_step(&run, progress);
    read_until(&run, "\"heartbeat\"");
    struct err none = {0};
    end_step(&run, progress, &none);
    progress_summary(progress, run.walk);
    read_until(&run, "\"summary\"");
    read_until(&run, "\"cancelled\":1}\n");
    size_t n = 0;
    for (char *line = strtok(run.seen.data, "\n"); line != NULL;
         line = strtok(NULL, "\n"), n++) {
        const struct value *event;
        struct err err = {0};
        assert_int_equal(value_from_json(line, strlen(line), run.arena, &event, &err), 0);
        assert_non_null(value_get_text(event, "event"));
        if (strcmp(value_get_text(event, "event"), "heartbeat") != 0)
            continue;
        assert_string_equal(value_get_text(event, "address"), "host/a");
        assert_int_equal(value_get_int(event, "step", 0), 1);
        assert_int_equal(value_get_int(event, "steps", 0), 2);
        assert_true(value_get_int(event, "running_ms", -1) >= 0);
    }
    assert_true(n >= 4);
    progress_free(progress);
    run_end(&run);
}

/* ---- a terminal -----------------------------------------------------------------------------
 */

enum { SCREEN_ROWS = 200, SCREEN_COLUMNS = 80 }; /* bytes: a character may be three */

/* As much of one as progress uses; anything else fails the test. Nothing scrolls. */
static void play(const char *text, char screen[SCREEN_ROWS][SCREEN_COLUMNS + 1])
{
    size_t row = 0, column = 0;
    memset(screen, 0, SCREEN_ROWS * (SCREEN_COLUMNS + 1));
    while (*text != '\0') {
        if (*text == '\r') {
            column = 0;
        } else if (*text == '\n') {
            row++;
        } else if (strncmp(text, "\033[J", 3) == 0) {
            for (size_t r = row; r < SCREEN_ROWS; r++)
                memset(screen[r], 0, SCREEN_COLUMNS + 1);
            text += 2;
        } else if (*text == '\033') {
            size_t up = 0;
            assert_int_equal(*++text, '[');
            for (text++; *text >= '0' && *text <= '9'; text++)
                up = up * 10 + (size_t)(*text - '0');
            assert_true(*text == 'A' && up <= row);
            row -= up;
        } else {
            assert_true(column < SCREEN_COLUMNS && row < SCREEN_ROWS);
            screen[row][column++] = *text;
        }
        text++;
    }
}

static void test_foot_of_a_terminal(void **state UNUSED)
{
    struct run run;
    char screen[SCREEN_ROWS][SCREEN_COLUMNS + 1];
    run_begin(&run);
    use_terminal(&run);
    struct progress *progress = progress_new(
        &run.plan,
        &(struct progress_options){.out = run.out, .prior = &run.prior, .terminal = true});
    next_step(&run, progress);
    progress_event(progress, &(struct event){.kind = EVENT_STEP_PROGRESS,
                                             .address = "host/a",
                                             .op = "host.reboot",
                                             .text = "host is \033[2Jaway"});
    read_until(&run, "host is \xef\xbf\xbd[2Jaway"); /* drawn again by itself */
    struct err none = {0};
    end_step(&run, progress, &none);
    next_step(&run, progress);
    read_until(&run, "2/2 leave maintenance");
    read_until(&run, " 0 s\r\n");
    /* The lines that stay, the head, the task; nothing of an earlier frame. */
    play(strbuf_str(&run.seen), screen);
    assert_non_null(strstr(screen[0], "> host/a  reboot  (step 1 of 2)"));
    assert_non_null(strstr(screen[1], "> host/a  leave maintenance  (step 2 of 2)"));
    assert_non_null(strstr(screen[2], "0 of 1 change done, "));
    assert_non_null(strstr(screen[3], "  host/a  2/2 leave maintenance"));
    assert_int_equal(screen[4][0], '\0');
    end_step(&run, progress, &none);
    progress_summary(progress, run.walk);
    read_until(&run, "what is done is recorded.\r\n");
    play(strbuf_str(&run.seen), screen);
    assert_int_equal(screen[2][0], '\0');
    assert_non_null(strstr(screen[3], "Applied in "));
    progress_free(progress);
    run_end(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_durations),       cmocka_unit_test(test_cut),
        cmocka_unit_test(test_block),           cmocka_unit_test(test_block_fits),
        cmocka_unit_test(test_still_running),   cmocka_unit_test(test_heartbeat_in_a_log),
        cmocka_unit_test(test_heartbeat_event), cmocka_unit_test(test_foot_of_a_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
