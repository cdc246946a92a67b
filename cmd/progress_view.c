/* progress_view.c: see progress_view.h. */
#include "progress_view.h"

#include <stdlib.h>
#include <string.h>

#include "render.h"
#include "strbuf.h"
#include "utf8.h"

enum { TASKS_SHOWN_MAX = 64, SAFE_MAX = 4000, TIME_COLUMNS = 18 };

void view_duration(int64_t ms, struct strbuf *out)
{
    long seconds = (long)((ms < 0 ? 0 : ms) / 1000), minutes = seconds / 60,
         hours = minutes / 60;
    if (minutes == 0)
        strbuf_addf(out, "%ld s", seconds);
    else if (hours == 0)
        strbuf_addf(out, "%ld:%02ld", minutes, seconds % 60);
    else
        strbuf_addf(out, "%ld:%02ld:%02ld", hours, minutes % 60, seconds % 60);
}

/* ---- columns --------------------------------------------------------------------------------
 */

static uint32_t code_point(const char *text, size_t len)
{
    static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t code = (unsigned char)text[0] & masks[len];
    for (size_t i = 1; i < len; i++)
        code = code << 6 | ((unsigned char)text[i] & 0x3f);
    return code;
}

/* Scripts whose characters take two cells of a terminal; marks that take none are rare in names
 * and counted as one: a line may then be short, never long. */
static size_t cells(uint32_t code)
{
    return (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xa4cf) ||
                   (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff) ||
                   (code >= 0xfe30 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff60) ||
                   (code >= 0x1f300 && code <= 0x1faff) || (code >= 0x20000 && code <= 0x3fffd)
               ? 2
               : 1;
}

static size_t width_of(const char *text)
{
    size_t width = 0, size = strlen(text);
    for (size_t at = 0, len; at < size && (len = utf8_len(text + at, size - at)) > 0; at += len)
        width += cells(code_point(text + at, len));
    return width;
}

size_t view_cut(const char *text, size_t columns, struct strbuf *out)
{
    struct strbuf safe;
    strbuf_init(&safe, SAFE_MAX);
    render_safe(text, &safe);
    const char *at = strbuf_str(&safe);
    size_t used = 0, room = columns, size = strlen(at);
    bool cut = width_of(at) > columns;
    if (cut && columns > 0)
        room--;
    for (size_t len; size > 0 && (len = utf8_len(at, size)) > 0; at += len, size -= len) {
        size_t wide = cells(code_point(at, len));
        if (used + wide > room)
            break;
        strbuf_add_mem(out, at, len);
        used += wide;
    }
    if (cut && columns > 0) {
        strbuf_add(out, "\xe2\x80\xa6");
        used++;
    }
    strbuf_release(&safe);
    return used;
}

static void pad(size_t n, struct strbuf *out)
{
    strbuf_add_repeat(out, ' ', n);
}

/* ---- a task ---------------------------------------------------------------------------------
 */

void view_place(const struct view_task *task, struct strbuf *out)
{
    if (task->n_steps > 1)
        strbuf_addf(out, "(step %u of %u", task->step, task->n_steps);
    if (task->expected_ms >= 1000) {
        strbuf_add(out, task->n_steps > 1 ? ", about " : "(about ");
        view_duration(task->expected_ms, out);
    }
    if (task->n_steps > 1 || task->expected_ms >= 1000)
        strbuf_add_char(out, ')');
}

void view_still_running(const struct view_task *task, struct strbuf *out)
{
    render_safe(task->title, out);
    strbuf_add(out, ": ");
    view_duration(task->running_ms, out);
    strbuf_add(out, " so far");
    if (task->expected_ms >= 1000) {
        strbuf_add(out, task->running_ms > task->expected_ms ? ", longer than the usual "
                                                             : ", about ");
        view_duration(task->expected_ms, out);
        strbuf_add(out, task->running_ms > task->expected_ms ? "" : " expected");
    }
    if (task->said[0] != '\0') {
        strbuf_add(out, "; ");
        render_safe(task->said, out);
    }
}

/* "2:10 of about 4:10" */
static void times_of(const struct view_task *task, struct strbuf *out)
{
    view_duration(task->running_ms, out);
    if (task->expected_ms < 1000)
        return;
    strbuf_add(out, " of ~");
    view_duration(task->expected_ms, out);
}

/* Address, place among the steps and title on the left, the time on the right. */
static void task_line(const struct view_task *task, unsigned columns, bool colour,
                      struct strbuf *out)
{
    struct strbuf left, right;
    strbuf_init(&left, SAFE_MAX);
    strbuf_init(&right, 100);
    times_of(task, &right);
    strbuf_addf(&left, "%s  ", task->address);
    if (task->n_steps > 1)
        strbuf_addf(&left, "%u/%u ", task->step, task->n_steps);
    strbuf_add(&left, task->title);
    if (task->said[0] != '\0')
        strbuf_addf(&left, ": %s", task->said);
    size_t right_width = strbuf_len(&right), margin = 2;
    bool timed = columns > right_width + TIME_COLUMNS + margin;
    size_t room = columns - margin - (timed ? right_width + 1 : 0);
    pad(margin, out);
    size_t used = view_cut(strbuf_str(&left), room, out);
    if (timed) {
        pad(room - used + 1, out);
        strbuf_addf(out, "%s%s%s", style_on(STYLE_DIM, colour), strbuf_str(&right),
                    style_off(colour));
    }
    strbuf_add_char(out, '\n');
    strbuf_release(&left);
    strbuf_release(&right);
}

/* ---- the block ------------------------------------------------------------------------------
 */

static void head_line(const struct view *view, unsigned columns, bool colour,
                      struct strbuf *out)
{
    struct strbuf line;
    strbuf_init(&line, SAFE_MAX);
    if (view->n_waves > 1)
        strbuf_addf(&line, "wave %u of %u, ", view->wave, view->n_waves);
    strbuf_addf(&line, "%zu of %zu change%s done, ", view->n_ended, view->n_changes,
                view->n_changes == 1 ? "" : "s");
    view_duration(view->elapsed_ms, &line);
    if (view->left_ms >= 1000) {
        strbuf_add(&line, view->left_is_known ? ", about " : ", at least ");
        view_duration(view->left_ms, &line);
        strbuf_add(&line, " left");
    }
    strbuf_add(out, style_on(STYLE_BOLD, colour));
    view_cut(strbuf_str(&line), columns, out);
    strbuf_addf(out, "%s\n", style_off(colour));
    strbuf_release(&line);
}

static int by_running_time(const void *a, const void *b)
{
    const struct view_task *x = *(const struct view_task *const *)a;
    const struct view_task *y = *(const struct view_task *const *)b;
    if (x->running_ms != y->running_ms)
        return x->running_ms < y->running_ms ? 1 : -1;
    return strcmp(x->address, y->address);
}

size_t view_block(const struct view *view, unsigned columns, unsigned rows, bool colour,
                  struct strbuf *out)
{
    const struct view_task *shown[TASKS_SHOWN_MAX];
    size_t n = view->n_tasks < TASKS_SHOWN_MAX ? view->n_tasks : TASKS_SHOWN_MAX;
    for (size_t i = 0; i < n; i++)
        shown[i] = &view->tasks[i];
    head_line(view, columns, colour, out);
    size_t room = rows - 1, lines = 1;
    if (view->n_tasks > room) {
        qsort(shown, n, sizeof(shown[0]), by_running_time);
        n = n < room - 1 ? n : room - 1;
    }
    for (size_t i = 0; i < n; i++, lines++)
        task_line(shown[i], columns, colour, out);
    if (n < view->n_tasks) {
        struct strbuf rest;
        strbuf_init(&rest, 100);
        strbuf_addf(&rest, "  and %zu more", view->n_tasks - n);
        view_cut(strbuf_str(&rest), columns, out);
        strbuf_add_char(out, '\n');
        strbuf_release(&rest);
        lines++;
    }
    return lines;
}
