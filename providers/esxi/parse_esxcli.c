/* parse_esxcli.c: what esxcli printed, as records of labelled fields (esxi-shell.md §1.2,
 * §1.3).
 *
 * Nothing depends on the order of fields, on struct names (some are not known for certain), or
 * on the case and blanks of labels; XML has labels without blanks, text has them with.
 */
#include "esxi.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "arena.h"
#include "strbuf.h"
#include "vec.h"
#include "xml.h"

enum { RECORDS_MAX = 20000, FIELDS_MAX = 200, COLUMNS_MAX = 32, XML_DEPTH = 16,
       VALUE_MAX = 64 << 10 };

typedef VEC(struct record) record_vec;
typedef VEC(struct field) field_vec;

const char *record_get(const struct record *record, const char *label)
{
    for (size_t i = 0; i < record->n; i++) {
        const char *a = record->fields[i].label, *b = label;
        for (;; a++, b++) {
            while (*a == ' ')
                a++;
            while (*b == ' ')
                b++;
            if (*a == '\0' || tolower((unsigned char)*a) != tolower((unsigned char)*b))
                break;
        }
        if (*a == '\0' && *b == '\0')
            return record->fields[i].value;
    }
    return NULL;
}

static int keep_record(struct arena *arena, record_vec *records, const char *header,
                       const field_vec *fields, struct err *err)
{
    if (records->n >= RECORDS_MAX)
        return err_set(err, ERR_INVALID, "more than %d records", RECORDS_MAX);
    VEC_PUSH(arena, records,
             ((struct record){.header = header, .fields = fields->items, .n = fields->n}));
    return 0;
}

static int keep_field(struct arena *arena, field_vec *fields, const char *label,
                      const char *value, struct err *err)
{
    if (fields->n >= FIELDS_MAX)
        return err_set(err, ERR_INVALID, "more than %d fields in a record", FIELDS_MAX);
    VEC_PUSH(arena, fields, ((struct field){.label = label, .value = value}));
    return 0;
}

/* ---- XML -------------------------------------------------------------------------------- */

/* The text of a value: of a list the items, joined as the text formatter does. */
static void add_values(const struct xml_node *field, struct strbuf *out)
{
    XML_EACH_CHILD(value, field)
    {
        if (value->children != NULL) {
            add_values(value, out);
            continue;
        }
        if (strbuf_len(out) > 0)
            strbuf_add(out, ", ");
        strbuf_add(out, value->text);
    }
}

static int keep_xml_field(const struct xml_node *field, const char *name, struct arena *arena,
                          field_vec *fields, struct err *err)
{
    struct strbuf text;
    strbuf_init(&text, VALUE_MAX);
    add_values(field, &text);
    int rc = strbuf_overflowed(&text)
                 ? err_set(err, ERR_INVALID, "a value of more than %d bytes", VALUE_MAX)
                 : keep_field(arena, fields, name,
                              arena_memdup(arena, strbuf_str(&text), strbuf_len(&text)), err);
    strbuf_release(&text);
    return rc;
}

static int read_structure(const struct xml_node *node, struct arena *arena, record_vec *records,
                          struct err *err)
{
    field_vec fields = {0};
    XML_EACH(field, node, "field")
    {
        const char *name = xml_attr(field, "name");
        if (name != NULL && keep_xml_field(field, name, arena, &fields, err) < 0)
            return -1;
    }
    return keep_record(arena, records, "", &fields, err);
}

/* Structures stand in the root, or in a list in it. */
static int read_structures(const struct xml_node *node, bool in_list, struct arena *arena,
                           record_vec *records, struct err *err)
{
    XML_EACH_CHILD(child, node)
    {
        bool structure = strcmp(child->name, "structure") == 0;
        if (structure && read_structure(child, arena, records, err) < 0)
            return -1;
        if (!structure && !in_list && strcmp(child->name, "list") == 0 &&
            read_structures(child, true, arena, records, err) < 0)
            return -1;
    }
    return 0;
}

int records_from_xml(const char *text, size_t size, struct arena *arena, struct records *ret,
                     struct err *err)
{
    static const struct xml_limits limits = {
        .max_size = 4 << 20, .max_depth = XML_DEPTH, .max_nodes = 200000};
    const struct xml_node *root;
    record_vec records = {0};
    /* Warnings of the interpreter may stand before or behind it: both streams are one here. */
    const char *begin = memmem(text, size, "<?xml", 5);
    const char *end = memrchr(text, '>', size);
    if (begin == NULL || end == NULL || end < begin)
        return err_set(err, ERR_INVALID, "no XML");
    if (xml_parse(begin, (size_t)(end - begin) + 1, &limits, arena, &root, err) < 0)
        return -1;
    if (strcmp(root->name, "output") != 0 || xml_child(root, "root") == NULL)
        return err_set(err, ERR_INVALID, "not the XML of esxcli");
    if (read_structures(xml_child(root, "root"), false, arena, &records, err) < 0)
        return -1;
    *ret = (struct records){records.items, records.n};
    return 0;
}

/* ---- text ------------------------------------------------------------------------------- */

static char *trimmed(struct arena *arena, const char *from, size_t size)
{
    while (size > 0 && isspace((unsigned char)from[0]))
        from++, size--;
    while (size > 0 && isspace((unsigned char)from[size - 1]))
        size--;
    return arena_memdup(arena, from, size);
}

struct lines {
    const char *at, *end;
};

static bool next_line(struct lines *lines, const char **ret, size_t *ret_size)
{
    if (lines->at >= lines->end)
        return false;
    const char *newline = memchr(lines->at, '\n', (size_t)(lines->end - lines->at));
    const char *stop = newline == NULL ? lines->end : newline;
    *ret = lines->at;
    *ret_size = (size_t)(stop - lines->at);
    lines->at = newline == NULL ? lines->end : newline + 1;
    while (*ret_size > 0 && isspace((unsigned char)(*ret)[*ret_size - 1]))
        --*ret_size;
    return true;
}

/* Fields are indented; a line at the margin begins a record. Fields that come before any such
 * line are a record without header. */
static int read_fields(struct lines *lines, struct arena *arena, record_vec *records,
                       struct err *err)
{
    field_vec fields = {0};
    const char *line, *header = NULL;
    size_t size;
    while (next_line(lines, &line, &size)) {
        if (size == 0)
            continue;
        const char *colon = memchr(line, ':', size);
        if (!isspace((unsigned char)line[0])) {
            if ((header != NULL || fields.n > 0) &&
                keep_record(arena, records, header == NULL ? "" : header, &fields, err) < 0)
                return -1;
            fields = (field_vec){0};
            header = trimmed(arena, line, size);
        } else if (colon != NULL &&
                   keep_field(arena, &fields, trimmed(arena, line, (size_t)(colon - line)),
                              trimmed(arena, colon + 1, size - (size_t)(colon + 1 - line)),
                              err) < 0) {
            return -1;
        }
    }
    if (header == NULL && fields.n == 0)
        return 0;
    return keep_record(arena, records, header == NULL ? "" : header, &fields, err);
}

struct cells {
    const char *text[COLUMNS_MAX];
    size_t n, from[COLUMNS_MAX];
};

/* Words; several are told apart by `gap` blanks or more. False: too many. */
static bool split_words(const char *line, size_t size, size_t gap, struct arena *arena,
                        struct cells *ret)
{
    ret->n = 0;
    for (size_t at = 0; at < size;) {
        while (at < size && line[at] == ' ')
            at++;
        size_t from = at, blanks = 0;
        for (; at < size && blanks < gap; at++)
            blanks = line[at] == ' ' ? blanks + 1 : 0;
        if (at == from)
            break;
        if (ret->n == COLUMNS_MAX)
            return false;
        ret->from[ret->n] = from;
        ret->text[ret->n++] = trimmed(arena, line + from, at - from);
    }
    return true;
}

/* Cells by where the dashes of their column begin: for rows with empty cells. */
static void split_columns(const char *line, size_t size, const struct cells *dashes,
                          struct arena *arena, struct cells *ret)
{
    ret->n = dashes->n;
    for (size_t i = 0; i < dashes->n; i++) {
        size_t from = dashes->from[i] < size ? dashes->from[i] : size;
        size_t to =
            i + 1 < dashes->n && dashes->from[i + 1] < size ? dashes->from[i + 1] : size;
        ret->text[i] = trimmed(arena, line + from, to - from);
    }
}

static int read_row(const char *line, size_t size, const struct cells *labels,
                    const struct cells *dashes, struct arena *arena, field_vec *fields)
{
    struct cells cells;
    if (!split_words(line, size, 1, arena, &cells) || cells.n != labels->n)
        split_columns(line, size, dashes, arena, &cells);
    for (size_t i = 0; i < labels->n; i++)
        VEC_PUSH(arena, fields, ((struct field){labels->text[i], cells.text[i]}));
    return 0;
}

static bool is_dashes(const char *line, size_t size)
{
    bool any = false;
    for (size_t i = 0; i < size; i++) {
        if (line[i] != '-' && line[i] != ' ')
            return false;
        any = any || line[i] == '-';
    }
    return any;
}

static int read_table(struct lines *lines, struct arena *arena, record_vec *records,
                      struct err *err)
{
    const char *line, *head = NULL;
    size_t size, head_size = 0;
    bool started = false;
    struct cells labels, dashes;
    while (next_line(lines, &line, &size)) {
        if (size == 0)
            continue;
        if (!started && is_dashes(line, size)) {
            if (head == NULL || !split_words(line, size, 1, arena, &dashes))
                return err_set(err, ERR_INVALID, "a table without labels");
            if (!split_words(head, head_size, 2, arena, &labels) || labels.n != dashes.n)
                split_columns(head, head_size, &dashes, arena, &labels);
            started = true;
        } else if (!started) {
            head = line;
            head_size = size;
        } else {
            field_vec fields = {0};
            if (read_row(line, size, &labels, &dashes, arena, &fields) < 0 ||
                keep_record(arena, records, "", &fields, err) < 0)
                return -1;
        }
    }
    return started || head == NULL ? 0 : err_set(err, ERR_INVALID, "not a table");
}

int records_from_text(const char *text, size_t size, enum esx_shape shape, struct arena *arena,
                      struct records *ret, struct err *err)
{
    struct lines lines = {text, text + size};
    record_vec records = {0};
    int rc = shape == SHAPE_TABLE ? read_table(&lines, arena, &records, err)
                                  : read_fields(&lines, arena, &records, err);
    if (rc == 0)
        *ret = (struct records){records.items, records.n};
    return rc;
}
