/* progress_view.h: work under way as text, without a clock and without a terminal.
 *
 * Who calls says what runs, since when, and how much room there is; nothing is printed here.
 */
#ifndef GF_PROGRESS_VIEW_H
#define GF_PROGRESS_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strbuf;

/* Something that runs. Texts may hold anything: they are made safe. */
struct view_task {
    const char *address, *title;
    unsigned step, n_steps; /* from 1; n_steps 0: no step, reading back */
    int64_t running_ms;
    int64_t expected_ms; /* in all, or negative: not known */
    const char *said;    /* last word from inside the step, or "" */
};

struct view {
    const struct view_task *tasks; /* in order of their beginning */
    size_t n_tasks;
    size_t n_ended, n_changes;
    unsigned wave, n_waves; /* the first that is not done */
    int64_t elapsed_ms, left_ms;
    bool left_is_known; /* false: left_ms leaves out what nobody knows */
};

/* "45 s", "4:31", "1:02:03" */
void view_duration(int64_t ms, struct strbuf *out);

/* Lines for the foot of a terminal: what is done, then a line a task, the longest first where
 * there is no room for all. Each line ends with a newline and has at most `columns` columns;
 * at most `rows` lines (2 and more). Returns how many. */
size_t view_block(const struct view *view, unsigned columns, unsigned rows, bool colour,
                  struct strbuf *out);

/* For a log: "reboot: 95 s so far, about 4:10 expected; waiting for the host", without its
 * address. */
void view_still_running(const struct view_task *task, struct strbuf *out);

/* "(step 4 of 9, about 4:10)", or nothing when there is nothing to tell. */
void view_place(const struct view_task *task, struct strbuf *out);

/* Append text cut to at most `columns` columns; an ellipsis stands for what is cut. Returns the
 * columns used. */
size_t view_cut(const char *text, size_t columns, struct strbuf *out);

#endif
