/* format.c: see format.h: read, lay out, and compare. */
#include "format.h"

#include <string.h>

#include "arena.h"
#include "atom.h"
#include "diag.h"
#include "err.h"
#include "format_internal.h"
#include "strbuf.h"
#include "yamldoc.h"

/* The same checks, in the same words, as when the manifest is loaded. */
static int check(const struct yamldoc_source *source, struct arena *arena)
{
    struct atoms *atoms = atoms_new(arena);
    struct yamldoc_memory memory = {.nodes = arena, .texts = arena, .atoms = atoms};
    struct node root;
    int result = yamldoc_parse(&memory, source, &root);
    atoms_free(atoms);
    return result;
}

/* Without the byte-order mark, and with newlines alone. */
static void plain_lines(const struct yamldoc_source *source, struct strbuf *out)
{
    size_t start = source->size >= 3 && memcmp(source->text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    const char *end = source->text + source->size;
    for (const char *at = source->text + start, *next; at < end; at = next) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        next = newline == NULL ? end : newline + 1;
        bool cr = newline != NULL && newline > at && newline[-1] == '\r';
        strbuf_add_mem(out, at, (size_t)(next - at) - (cr ? 2 : 0));
        if (cr)
            strbuf_add_char(out, '\n');
    }
}

static int refuse(const struct yamldoc_source *source, const struct fmt_token *token)
{
    struct pos pos = {
        .file = source->file, .line = token->line + 1, .column = token->column + 1};
    struct diag *diag = diag_error(source->diags, pos, "a key that is led by ? has no layout");
    diag_hint(source->diags, diag, "write it as \"key: value\"");
    return -1;
}

/* Between tokens libyaml skips the mark, elsewhere it is text: too odd to be laid out. */
static int check_marks(const struct yamldoc_source *source, const struct strbuf *plain)
{
    const char *text = strbuf_str(plain);
    const char *mark = memmem(text, strbuf_len(plain), "\xef\xbb\xbf", 3);
    if (mark == NULL)
        return 0;
    struct pos pos = {.file = source->file, .line = 1, .column = 1};
    for (const char *at = text; at < mark; at++) {
        bool ends = *at == '\n', starts = ((unsigned char)*at & 0xc0) != 0x80;
        pos.line += ends;
        pos.column = ends ? 1 : pos.column + starts;
    }
    struct diag *diag = diag_error(source->diags, pos, "a byte-order mark within the file");
    diag_hint(source->diags, diag, "remove it, or write \"\\uFEFF\"");
    return -1;
}

static int broken(const struct yamldoc_source *source, const char *what, struct err *err)
{
    return err_set(err, ERR_INTERNAL,
                   "%s: its layout would change %s; the file is left as it is", source->file,
                   what);
}

static int format(const struct yamldoc_source *source, struct arena *arena,
                  const struct strbuf *plain, struct strbuf *out, struct err *err)
{
    const char *text = strbuf_str(plain);
    struct fmt_tokens before, after;
    if (check_marks(source, plain) < 0)
        return -1;
    if (fmt_scan(arena, text, strbuf_len(plain), &before) < 0)
        return broken(source, "what can be read", err);
    const struct fmt_token *strange = fmt_layout(arena, &before, out);
    if (strange != NULL)
        return refuse(source, strange);
    if (fmt_scan(arena, strbuf_str(out), strbuf_len(out), &after) < 0 ||
        !fmt_same_events(text, strbuf_len(plain), strbuf_str(out), strbuf_len(out)))
        return broken(source, "what the file says", err);
    if (!fmt_same_comments(&before, &after))
        return broken(source, "its comments", err);
    return 0;
}

int format_yaml(const struct yamldoc_source *source, struct arena *arena, const char **ret_text,
                size_t *ret_size, struct err *err)
{
    struct strbuf plain, out;
    if (check(source, arena) < 0)
        return -1;
    strbuf_init(&plain, STRBUF_MAX_OUTPUT);
    strbuf_init(&out, STRBUF_MAX_OUTPUT);
    plain_lines(source, &plain);
    int result = format(source, arena, &plain, &out, err);
    if (result == 0) {
        *ret_text = arena_memdup(arena, strbuf_str(&out), strbuf_len(&out));
        *ret_size = strbuf_len(&out);
    }
    strbuf_release(&plain);
    strbuf_release(&out);
    return result;
}
