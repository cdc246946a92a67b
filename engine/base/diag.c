/* diag.c: see diag.h. */
#include "diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "names.h"
#include "strbuf.h"
#include "vec.h"

struct source {
    const char *file, *text;
    size_t size;
};

struct finding {
    struct diag diag;
    size_t seq;
};

struct diags {
    struct arena *arena;
    VEC(struct source) sources;
    VEC(struct finding *) findings;
    size_t dropped, dropped_errors;
    struct diag spare; /* what diag_add returns of a dropped one */
};

static const char *const severity_names[DIAG_SEVERITY_COUNT] = {
    [DIAG_ERROR] = "error", [DIAG_WARNING] = "warning", [DIAG_NOTE] = "note"};

struct diags *diags_new(struct arena *arena)
{
    struct diags *diags = ARENA_NEW(arena, struct diags);
    diags->arena = arena;
    return diags;
}

void diag_add_source(struct diags *diags, const char *file, const char *text, size_t size)
{
    VEC_PUSH(diags->arena, &diags->sources,
             ((struct source){.file = file, .text = text, .size = size}));
}

static bool same_place(struct pos a, struct pos b)
{
    if ((a.file == NULL) != (b.file == NULL))
        return false;
    return a.line == b.line && a.column == b.column &&
           (a.file == NULL || strcmp(a.file, b.file) == 0);
}

static struct diag *add(struct diags *diags, enum diag_severity severity, struct pos pos,
                        const char *summary)
{
    VEC_EACH (struct finding *, it, diags->findings) {
        struct diag *known = &(*it)->diag;
        if (known->severity == severity && same_place(known->pos, pos) &&
            strcmp(known->summary, summary) == 0)
            return known;
    }
    if (diags->findings.n >= DIAGS_MAX) {
        diags->dropped++;
        diags->dropped_errors += severity == DIAG_ERROR;
        diags->spare = (struct diag){.severity = severity, .pos = pos, .summary = summary};
        return &diags->spare;
    }
    struct finding *finding = ARENA_NEW(diags->arena, struct finding);
    finding->diag = (struct diag){.severity = severity, .pos = pos, .summary = summary};
    finding->seq = diags->findings.n;
    VEC_PUSH(diags->arena, &diags->findings, finding);
    return &finding->diag;
}

struct diag *diag_add(struct diags *diags, enum diag_severity severity, struct pos pos,
                      const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *summary = arena_vprintf(diags->arena, format, args);
    va_end(args);
    return add(diags, severity, pos, summary);
}

struct diag *diag_error(struct diags *diags, struct pos pos, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *summary = arena_vprintf(diags->arena, format, args);
    va_end(args);
    return add(diags, DIAG_ERROR, pos, summary);
}

void diag_hint(struct diags *diags, struct diag *diag, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    diag->hint = arena_vprintf(diags->arena, format, args);
    va_end(args);
}

size_t diags_count(const struct diags *diags, enum diag_severity severity)
{
    size_t n = 0;
    for (size_t i = 0; i < diags->findings.n; i++)
        n += diags->findings.items[i]->diag.severity == severity;
    return n;
}

size_t diags_total(const struct diags *diags)
{
    return diags->findings.n;
}

size_t diags_dropped(const struct diags *diags)
{
    return diags->dropped;
}

bool diags_have_errors(const struct diags *diags)
{
    return diags->dropped_errors > 0 || diags_count(diags, DIAG_ERROR) > 0;
}

void diags_drop_waived(struct diags *diags)
{
    size_t kept = 0;
    for (size_t i = 0; i < diags->findings.n; i++)
        if (diags->findings.items[i]->diag.waiver == NULL)
            diags->findings.items[kept++] = diags->findings.items[i];
    diags->findings.n = kept;
}

static int compare(const void *a, const void *b)
{
    const struct finding *x = *(struct finding *const *)a, *y = *(struct finding *const *)b;
    const char *file_x = x->diag.pos.file ? x->diag.pos.file : "";
    const char *file_y = y->diag.pos.file ? y->diag.pos.file : "";
    int order = strcmp(file_x, file_y);
    if (order != 0)
        return order;
    if (x->diag.pos.line != y->diag.pos.line)
        return x->diag.pos.line < y->diag.pos.line ? -1 : 1;
    if (x->diag.pos.column != y->diag.pos.column)
        return x->diag.pos.column < y->diag.pos.column ? -1 : 1;
    order = strcmp(x->diag.summary, y->diag.summary);
    return order != 0 ? order : x->seq < y->seq ? -1 : x->seq > y->seq;
}

void diags_sort(struct diags *diags)
{
    if (diags->findings.n > 1)
        qsort(diags->findings.items, diags->findings.n, sizeof(*diags->findings.items),
              compare);
}

const struct diag *diags_at(const struct diags *diags, size_t index)
{
    return &diags->findings.items[index]->diag;
}

const char *diag_source_line(const struct diags *diags, struct pos pos, size_t *ret_len)
{
    if (pos.file == NULL || pos.line == 0)
        return NULL;
    for (size_t i = 0; i < diags->sources.n; i++) {
        const struct source *source = &diags->sources.items[i];
        if (strcmp(source->file, pos.file) != 0)
            continue;
        const char *at = source->text, *end = source->text + source->size;
        for (unsigned line = 1; line < pos.line && at < end; line++) {
            const char *newline = memchr(at, '\n', (size_t)(end - at));
            at = newline == NULL ? end : newline + 1;
        }
        if (at >= end)
            return NULL;
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((newline == NULL ? end : newline) - at);
        *ret_len = len > 0 && at[len - 1] == '\r' ? len - 1 : len;
        return at;
    }
    return NULL;
}

const char *diag_severity_name(enum diag_severity severity)
{
    return names_of(severity_names, DIAG_SEVERITY_COUNT, severity);
}

/* Control characters of a source never reach a terminal. */
static void add_printable(struct strbuf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        strbuf_add_char(out, (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? ' ' : text[i]);
}

/* The caret stands under a column that counts characters; bytes above 0x7f that continue a
 * character take no room of their own. */
static void render_source(const struct diags *diags, struct pos pos, struct strbuf *out)
{
    size_t len;
    const char *line = diag_source_line(diags, pos, &len);
    if (line == NULL)
        return;
    if (len > 160)
        len = 160;
    strbuf_addf(out, "%6u | ", pos.line);
    add_printable(out, line, len);
    strbuf_add(out, "\n       | ");
    if (pos.column > 1)
        strbuf_add_repeat(out, ' ', pos.column - 1 > 160 ? 160 : pos.column - 1);
    strbuf_add(out, "^\n");
}

void diag_render(const struct diags *diags, const struct diag *diag, bool colour,
                 struct strbuf *out)
{
    static const char *const colours[DIAG_SEVERITY_COUNT] = {"\033[31m", "\033[33m",
                                                             "\033[36m"};
    if (diag->pos.file != NULL) {
        strbuf_add(out, diag->pos.file);
        if (diag->pos.line > 0)
            strbuf_addf(out, ":%u:%u", diag->pos.line, diag->pos.column);
        strbuf_add(out, ": ");
    }
    strbuf_addf(out, "%s%s%s: ", colour ? colours[diag->severity] : "",
                diag_severity_name(diag->severity), colour ? "\033[0m" : "");
    if (diag->address != NULL)
        strbuf_addf(out, "%s: ", diag->address);
    strbuf_add(out, diag->summary);
    if (diag->rule != NULL)
        strbuf_addf(out, " [%s]", diag->rule);
    strbuf_add_char(out, '\n');
    if (!diag->hide_source)
        render_source(diags, diag->pos, out);
    if (diag->waiver != NULL) {
        strbuf_addf(out, "  waived%s%s: ", diag->waived_until == NULL ? "" : " until ",
                    diag->waived_until == NULL ? "" : diag->waived_until);
        strbuf_addf(out, "%s\n", diag->waiver);
        return;
    }
    if (diag->waived_until != NULL)
        strbuf_addf(out, "  its waiver ended on %s: put it right, or decide again\n",
                    diag->waived_until);
    if (diag->hint != NULL)
        strbuf_addf(out, "  hint: %s\n", diag->hint);
}

void diags_render(const struct diags *diags, bool colour, struct strbuf *out)
{
    for (size_t i = 0; i < diags->findings.n; i++)
        diag_render(diags, diags_at(diags, i), colour, out);
    if (diags->dropped > 0)
        strbuf_addf(out, "%zu more findings are not shown\n", diags->dropped);
}
