/* props.c: reading properties (vsphere-api.md §4), and the small encodings of §3. */
#include "vsphere.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "strbuf.h"

/* ---- values ---- */

const struct xml_node *props_get(const struct xml_node *object, const char *path)
{
    XML_EACH(it, object, "propSet")
    {
        const char *name = xml_text_at(it, "name");
        if (name != NULL && strcmp(name, path) == 0)
            return xml_child(it, "val");
    }
    return NULL;
}

const char *props_text(const struct xml_node *object, const char *path)
{
    return xml_text(props_get(object, path));
}

bool props_true(const struct xml_node *object, const char *path)
{
    bool value = false;
    return xml_bool(props_get(object, path), &value) == 0 && value;
}

struct ref ref_of(struct arena *arena, const struct xml_node *node)
{
    const char *type = node == NULL ? NULL : xml_attr(node, "type");
    if (type == NULL || node->text[0] == '\0')
        return (struct ref){0};
    return (struct ref){arena_strdup(arena, type), arena_strdup(arena, node->text)};
}

struct ref props_ref(struct arena *arena, const struct xml_node *object, const char *path)
{
    return ref_of(arena, props_get(object, path));
}

const char *props_refusal(struct vc *vc, const struct xml_node *object, const char *path)
{
    XML_EACH(it, object, "missingSet")
    {
        const char *name = xml_text_at(it, "path");
        if (name == NULL || strcmp(name, path) != 0)
            continue;
        struct soap_fault fault = {0};
        soap_fault_decode(xml_child(it, "fault"), vc->session->secrets, vc->arena, &fault);
        return arena_printf(vc->arena, "%s%s%s", fault.type,
                            fault.message[0] == '\0' ? "" : ": ", fault.message);
    }
    return NULL;
}

/* An expired session answers a read with 200 and NotAuthenticated for every property
 * (vsphere-api.md §1 rule 5): without this look everything would seem to be gone. */
static bool is_lost(const struct xml_node *object)
{
    XML_EACH(it, object, "missingSet")
    {
        const struct xml_node *fault = xml_path(it, "fault/fault");
        if (fault != NULL && (xml_is_type(fault, "NotAuthenticated") ||
                              xml_is_type(fault, "NotAuthenticatedFault")))
            return true;
    }
    return false;
}

static int refuse_lost(struct vc *vc, struct err *err)
{
    vc->lost = true;
    return err_set(err, ERR_DENIED, "NotAuthenticated: the session has expired");
}

/* ---- one object ---- */

struct one_read {
    struct ref object;
    const char *const *paths;
    const struct xml_node *found;
};

static int read_one(struct vc *vc, void *context, struct err *err)
{
    struct one_read *one = context;
    const struct prop_set set = {one->object.type, one->paths};
    const struct wire_retrieve retrieve = {.collector = vc->session->collector,
                                           .sets = &set,
                                           .n_sets = 1,
                                           .objects = &one->object,
                                           .n_objects = 1};
    CLEANUP(wire_release) struct wire wire;
    struct soap_reply reply;
    wire_retrieve(&wire, &retrieve);
    if (session_call(vc, &wire, &reply, err) < 0)
        return -1;
    one->found = xml_path(reply.response, "returnval/objects");
    return is_lost(one->found) ? refuse_lost(vc, err) : 0;
}

int props_read(struct vc *vc, struct ref object, const char *const *paths,
               const struct xml_node **ret_object, struct err *err)
{
    struct one_read one = {.object = object, .paths = paths};
    if (session_run_pass(vc, read_one, &one, err) < 0)
        return -1;
    if (one.found == NULL)
        return err_set(err, ERR_NOT_FOUND, "%s %s is not there", object.type, object.id);
    *ret_object = one.found;
    return 0;
}

/* ---- many objects ---- */

struct page_reader {
    struct vc *vc;
    const struct prop_query *query;
    const char *token; /* of the next page, or NULL */
};

static int read_element(void *context, const struct xml_node *node, struct err *err)
{
    struct page_reader *reader = context;
    if (strcmp(node->name, "token") == 0) {
        reader->token = arena_strdup(reader->vc->arena, node->text);
        return 0;
    }
    if (is_lost(node))
        return refuse_lost(reader->vc, err);
    return reader->query->object(reader->query->context, node, err);
}

static int read_page(struct page_reader *reader, struct wire *wire, struct err *err)
{
    static const char *const names[] = {"objects", "token", NULL};
    const struct xml_stream_options stream = {
        .names = names, .element = read_element, .context = reader};
    reader->token = NULL;
    return session_stream(reader->vc, wire, &stream, err);
}

int props_stream(struct vc *vc, const struct prop_query *query, struct err *err)
{
    const struct wire_retrieve retrieve = {.collector = vc->session->collector,
                                           .sets = query->sets,
                                           .n_sets = query->n_sets,
                                           .view = query->view,
                                           .objects = query->objects,
                                           .n_objects = query->n_objects,
                                           .page = query->page};
    struct page_reader reader = {.vc = vc, .query = query};
    struct wire wire;
    if (query->view.id == NULL && query->n_objects == 0)
        return 0;
    wire_retrieve(&wire, &retrieve);
    int result = read_page(&reader, &wire, err);
    wire_release(&wire);
    while (result == 0 && reader.token != NULL && reader.token[0] != '\0') {
        wire_continue(&wire, vc->session->collector, reader.token);
        result = read_page(&reader, &wire, err);
        wire_release(&wire);
    }
    return result;
}

/* ---- names and times ---- */

static char escaped_char(const char *text)
{
    static const struct {
        const char *code;
        char c;
    } codes[] = {{"%25", '%'}, {"%2f", '/'}, {"%2F", '/'}, {"%5c", '\\'}, {"%5C", '\\'}};
    for (size_t i = 0; i < ARRAY_LEN(codes); i++)
        if (strncmp(text, codes[i].code, 3) == 0)
            return codes[i].c;
    return '\0';
}

const char *name_unescape(struct arena *arena, const char *name)
{
    char *out = arena_strdup(arena, name);
    size_t n = 0;
    for (const char *p = name; *p != '\0'; p++) {
        char c = *p == '%' ? escaped_char(p) : '\0';
        out[n++] = c == '\0' ? *p : c;
        p += c == '\0' ? 0 : 2;
    }
    out[n] = '\0';
    return out;
}

const char *name_escape(struct arena *arena, const char *name)
{
    struct strbuf out;
    strbuf_init(&out, STRBUF_MAX_OUTPUT);
    for (const char *p = name; *p != '\0'; p++)
        if (*p == '%' || *p == '/' || *p == '\\')
            strbuf_addf(&out, "%%%02x", (unsigned)(unsigned char)*p);
        else
            strbuf_add_char(&out, *p);
    const char *kept = arena_strdup(arena, strbuf_str(&out));
    strbuf_release(&out);
    return kept;
}

/* Days since 1970-01-01 of a Gregorian date. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2 ? 1 : 0;
    int64_t era = year / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* ".123456789" as microseconds; *end is moved behind it. */
static int64_t fraction_of(const char **end)
{
    int64_t us = 0, unit = 100000;
    const char *p = *end;
    if (*p != '.')
        return 0;
    for (p++; *p >= '0' && *p <= '9'; p++, unit /= 10)
        us += (*p - '0') * unit;
    *end = p;
    return us;
}

int datetime_parse(const char *text, int64_t *ret_us)
{
    int year, month, day, hour, minute, second, used = 0, zone_h = 0, zone_m = 0;
    char sign = '+';
    if (text == NULL || sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day, &hour,
                               &minute, &second, &used) < 6)
        return -1;
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31)
        return -1;
    const char *end = text + used;
    int64_t us = fraction_of(&end);
    if (*end != '\0' && strcmp(end, "Z") != 0 &&
        sscanf(end, "%c%2d:%2d", &sign, &zone_h, &zone_m) < 3)
        return -1;
    int64_t offset = (int64_t)(zone_h * 60 + zone_m) * (sign == '-' ? -1 : 1);
    int64_t minutes = days_of(year, month, day) * 1440 + hour * 60 + minute - offset;
    *ret_us = (minutes * 60 + second) * 1000000 + us;
    return 0;
}
