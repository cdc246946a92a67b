/* yamldoc_error.c: what is wrong with the bytes of a file, in words for people. */
#include "yamldoc_internal.h"

#include <string.h>
#include <yaml.h>

#include "secret.h"
#include "utf8.h"

/* Line and column (in characters) of a byte. */
static struct pos pos_of_offset(const struct yamldoc_source *source, size_t offset)
{
    struct pos pos = {.file = source->file, .line = 1, .column = 1};
    for (size_t i = 0; i < offset && i < source->size; i++) {
        if (source->text[i] == '\n') {
            pos.line++;
            pos.column = 1;
        } else if (((unsigned char)source->text[i] & 0xc0) != 0x80) {
            pos.column++;
        }
    }
    return pos;
}

/* YAML 1.1 knows line breaks that editors and our own excerpts do not count: with them, every
 * place behind would be wrong. */
static int check_breaks(const struct yamldoc_source *source)
{
    static const char *const odd[] = {"\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9"};
    const char *end = source->text + source->size, *at = NULL;
    for (size_t i = 0; i < ARRAY_LEN(odd) && at == NULL; i++)
        if (memchr(source->text, odd[i][0], source->size) != NULL) /* the quicker search */
            at = memmem(source->text, source->size, odd[i], strlen(odd[i]));
    for (const char *cr = source->text; at == NULL && cr < end; cr++) {
        cr = memchr(cr, '\r', (size_t)(end - cr));
        if (cr == NULL)
            break;
        if (cr + 1 == end || cr[1] != '\n')
            at = cr;
    }
    if (at == NULL)
        return 0;
    struct diag *diag =
        diag_error(source->diags, pos_of_offset(source, (size_t)(at - source->text)),
                   "an unusual line break");
    diag_hint(source->diags, diag, "end lines with a newline, or with CR and newline");
    return -1;
}

int yamldoc_check_bytes(const struct yamldoc_source *source)
{
    struct pos start = {.file = source->file};
    if (source->size > YAMLDOC_MAX_BYTES) {
        diag_error(source->diags, start, "the file is larger than %zu MiB",
                   YAMLDOC_MAX_BYTES >> 20);
        return -1;
    }
    size_t good = utf8_check(source->text, source->size);
    if (good == source->size)
        return check_breaks(source);
    struct pos pos = pos_of_offset(source, good);
    diag_error(source->diags, pos, "the byte 0x%02x is not UTF-8",
               (unsigned char)source->text[good]);
    return -1;
}

/* libyaml's marks count characters from 0; its index cannot be used as an offset. */
static char char_at(const struct yamldoc_source *source, struct pos pos)
{
    size_t len;
    const char *line = diag_source_line(source->diags, pos, &len);
    if (line == NULL || pos.column == 0 || pos.column > len)
        return '\0';
    return line[pos.column - 1];
}

int yamldoc_report(const struct yamldoc_source *source, const struct yaml_parser_s *parser)
{
    if (parser->error == YAML_READER_ERROR) {
        struct pos pos = pos_of_offset(source, parser->problem_offset);
        diag_error(source->diags, pos, "%s: 0x%02x", parser->problem,
                   (unsigned)parser->problem_value);
        return -1;
    }
    struct pos pos = {.file = source->file,
                      .line = (unsigned)parser->problem_mark.line + 1,
                      .column = (unsigned)parser->problem_mark.column + 1};
    const char *problem = parser->problem != NULL ? parser->problem : "cannot be read";
    if (strstr(problem, "cannot start any token") != NULL && char_at(source, pos) == '\t') {
        struct diag *diag = diag_error(source->diags, pos, "a tab cannot indent");
        diag->hide_source = secret_near(source->diags, pos);
        diag_hint(source->diags, diag, "use spaces");
        return -1;
    }
    size_t len;
    bool beyond = diag_source_line(source->diags, pos, &len) == NULL;
    if (beyond && parser->context != NULL) {
        /* What was never closed began at a line that can be shown. */
        pos.line = (unsigned)parser->context_mark.line + 1;
        pos.column = (unsigned)parser->context_mark.column + 1;
    }
    struct diag *diag = diag_error(source->diags, pos, "%s", problem);
    diag->hide_source = secret_near(source->diags, pos);
    if (parser->context != NULL)
        diag_hint(source->diags, diag, "%s that starts at line %zu%s", parser->context,
                  parser->context_mark.line + 1,
                  strstr(problem, "expected key") != NULL ||
                          strstr(problem, "<block end>") != NULL
                      ? "; keys of one block begin in one column"
                      : "");
    else if (strstr(problem, "mapping values are not allowed") != NULL)
        diag_hint(source->diags, diag,
                  "a line is indented too far, or a text with \": \" in it wants quotes");
    return -1;
}
