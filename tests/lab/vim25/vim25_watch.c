/* vim25_watch.c: property collectors with filters, and waiting for updates (vsphere-api.md
 * §4.4). A filter remembers what it last reported; every look reads everything again and
 * reports the difference. The state before the last report is kept as well, so that a version
 * whose reply got lost can be asked again. */
#include <string.h>
#include <time.h>

#include "num.h"
#include "vim25_reading.h"

enum { SLICE_MS = 20, WAIT_MAX_S = 600, FILTERS_MAX = 1000, COLLECTORS_MAX = 100 };

struct snapshot {
    struct arena *arena;
    struct readings readings;
};

struct filter {
    char *id;
    struct arena *arena; /* of the specification */
    struct read_spec spec;
    struct snapshot now, before;
    bool gone;
};

struct collector {
    char *id;
    uint64_t version;
    bool truncated, waiting, cancelled, gone;
    VEC(struct filter *) filters;
};

static void snapshot_clear(struct snapshot *snapshot)
{
    arena_free(snapshot->arena);
    *snapshot = (struct snapshot){0};
}

static void filter_destroy(struct filter *filter)
{
    if (filter->gone)
        return;
    filter->gone = true;
    snapshot_clear(&filter->now);
    snapshot_clear(&filter->before);
    arena_free(filter->arena);
}

void collectors_free(struct session *session)
{
    VEC_EACH (struct collector *, it, session->collectors)
        VEC_EACH (struct filter *, filter, (*it)->filters)
            filter_destroy(*filter);
}

static struct collector *add_collector(struct session *session, const char *id)
{
    struct collector *collector = ARENA_NEW(session->arena, struct collector);
    collector->id = arena_strdup(session->arena, id);
    VEC_PUSH(session->arena, &session->collectors, collector);
    return collector;
}

/* The collector that the call addresses; the default one comes into being with its use. */
static struct collector *this_collector(struct call *call)
{
    VEC_EACH (struct collector *, it, call->session->collectors)
        if (!(*it)->gone && strcmp((*it)->id, call->this_id) == 0)
            return *it;
    if (strcmp(call->this_id, "propertyCollector") == 0)
        return add_collector(call->session, call->this_id);
    call_fault(call, "ManagedObjectNotFound", "The object '%s' does not exist", call->this_id);
    val_ref(&call->b, call->fault, "obj", call->this_type, call->this_id);
    return NULL;
}

static int run_create_collector(struct call *call)
{
    struct session *session = call->session;
    if (session->collectors.n >= COLLECTORS_MAX)
        return call_fault(call, "SystemError", "Too many property collectors.");
    char *id = arena_printf(call->arena, "session[%s]pc-%u", session->key, session->next_id++);
    add_collector(session, id);
    call_result(call, val_reference(&call->b, "PropertyCollector", id));
    return 0;
}

static int run_destroy_collector(struct call *call)
{
    struct collector *collector = this_collector(call);
    if (collector == NULL)
        return -1;
    VEC_EACH (struct filter *, it, collector->filters)
        filter_destroy(*it);
    collector->gone = true;
    return 0;
}

static int run_create_filter(struct call *call)
{
    struct collector *collector = this_collector(call);
    struct session *session = call->session;
    struct read_spec check = {0};
    struct readings readings = {0};
    if (collector == NULL ||
        read_spec_parse(call, call->arena, arg_node(call, "spec"), &check) < 0)
        return -1;
    read_spec_run(call, &check, call->arena, &readings);
    if (readings.missing.n > 0 && !check.report_missing) {
        struct start *start = readings.missing.items[0];
        call_fault(call, "ManagedObjectNotFound", "The object '%s' does not exist", start->id);
        val_ref(&call->b, call->fault, "obj", start->type, start->id);
        return -1;
    }
    if (collector->filters.n >= FILTERS_MAX)
        return call_fault(call, "SystemError", "Too many filters.");
    struct filter *filter = ARENA_NEW(session->arena, struct filter);
    filter->id =
        arena_printf(session->arena, "session[%s]f-%u", session->key, session->next_id++);
    filter->arena = arena_new();
    VEC_PUSH(session->arena, &collector->filters, filter);
    if (read_spec_parse(call, filter->arena, arg_node(call, "spec"), &filter->spec) < 0)
        return -1;
    call_result(call, val_reference(&call->b, "PropertyFilter", filter->id));
    return 0;
}

static int run_destroy_filter(struct call *call)
{
    VEC_EACH (struct collector *, collector, call->session->collectors)
        VEC_EACH (struct filter *, it, (*collector)->filters)
            if (!(*it)->gone && strcmp((*it)->id, call->this_id) == 0) {
                filter_destroy(*it);
                return 0;
            }
    call_fault(call, "ManagedObjectNotFound", "The object '%s' does not exist", call->this_id);
    val_ref(&call->b, call->fault, "obj", call->this_type, call->this_id);
    return -1;
}

/* ---- differences
 * ------------------------------------------------------------------------------ */

/* One report in the making. */
struct report {
    struct strbuf xml;
    size_t n, max; /* objects in it; how many it may hold */
    bool truncated;
};

/* `hint` is where it stood on the other side: objects seldom move. */
static struct reading *find_reading(const struct readings *readings, const char *id,
                                    size_t hint)
{
    if (hint < readings->items.n && strcmp(readings->items.items[hint]->id, id) == 0)
        return readings->items.items[hint];
    VEC_EACH (struct reading *, it, readings->items)
        if (strcmp((*it)->id, id) == 0)
            return *it;
    return NULL;
}

static const struct read_value *find_value(const struct reading *reading, const char *path)
{
    if (reading != NULL)
        VEC_EACH (const struct read_value, it, reading->values)
            if (strcmp(it->path, path) == 0)
                return it;
    return NULL;
}

/* A start that does not exist reads as one value without a path. */
static bool is_absent(const struct reading *reading)
{
    return reading->values.n == 1 && reading->values.items[0].path[0] == '\0';
}

static bool same(const struct reading *a, const struct reading *b)
{
    if (a->values.n != b->values.n)
        return false;
    for (size_t i = 0; i < a->values.n; i++)
        if (strcmp(a->values.items[i].path, b->values.items[i].path) != 0 ||
            strcmp(a->values.items[i].xml, b->values.items[i].xml) != 0)
            return false;
    return true;
}

static void write_object(struct strbuf *xml, const char *kind, const struct reading *reading)
{
    strbuf_addf(xml, "<objectSet><kind>%s</kind><obj type=\"%s\">", kind, reading->type);
    xml_text(reading->id, xml);
    strbuf_add(xml, "</obj>");
}

static void write_change(struct strbuf *xml, const char *path, const char *value)
{
    strbuf_addf(xml, "<changeSet><name>%s</name><op>assign</op>%s</changeSet>", path, value);
}

static void write_changes(struct strbuf *xml, const struct reading *old,
                          const struct reading *new)
{
    write_object(xml, old == NULL ? "enter" : "modify", new);
    VEC_EACH (const struct read_value, it, new->values) {
        const struct read_value *before = find_value(old, it->path);
        if (!it->missing && (before == NULL || strcmp(before->xml, it->xml) != 0))
            write_change(xml, it->path, it->xml);
    }
    if (old != NULL)
        VEC_EACH (const struct read_value, it, old->values)
            if (find_value(new, it->path) == NULL)
                write_change(xml, it->path, "");
    VEC_EACH (const struct read_value, it, new->values)
        if (it->missing)
            strbuf_addf(xml, "<missingSet><path>%s</path>%s</missingSet>", it->path, it->xml);
    strbuf_add(xml, "</objectSet>");
}

static struct reading *copy_reading(struct arena *arena, const struct reading *reading)
{
    struct reading *copy = ARENA_NEW(arena, struct reading);
    copy->type = reading->type;
    copy->id = arena_strdup(arena, reading->id);
    VEC_EACH (const struct read_value, it, reading->values) {
        struct read_value value = {.path = arena_strdup(arena, it->path),
                                   .xml = arena_strdup(arena, it->xml),
                                   .missing = it->missing};
        VEC_PUSH(arena, &copy->values, value);
    }
    return copy;
}

static bool room(struct report *report)
{
    if (report->n < report->max) {
        report->n++;
        return true;
    }
    report->truncated = true;
    return false;
}

/* Objects that entered or changed. What finds no room stays as it was last reported. */
static void report_present(struct report *report, const struct readings *old,
                           struct snapshot *new)
{
    size_t kept = 0;
    for (size_t i = 0; i < new->readings.items.n; i++) {
        struct reading *reading = new->readings.items.items[i];
        struct reading *before = find_reading(old, reading->id, i);
        bool changed = before == NULL || !same(before, reading);
        if (changed && !is_absent(reading)) {
            if (room(report))
                write_changes(&report->xml, before, reading);
            else
                reading = before == NULL ? NULL : copy_reading(new->arena, before);
        }
        if (reading != NULL)
            new->readings.items.items[kept++] = reading;
    }
    new->readings.items.n = kept;
}

static void report_left(struct report *report, const struct readings *old, struct snapshot *new)
{
    VEC_EACH (struct reading *, it, old->items) {
        if (find_reading(&new->readings, (*it)->id, (size_t)(it - old->items.items)) != NULL ||
            is_absent(*it))
            continue;
        if (room(report)) {
            write_object(&report->xml, "leave", *it);
            strbuf_add(&report->xml, "</objectSet>");
        } else {
            VEC_PUSH(new->arena, &new->readings.items, copy_reading(new->arena, *it));
        }
    }
}

static void report_absent(struct report *report, const struct readings *old,
                          const struct snapshot *new)
{
    VEC_EACH (struct reading *, it, new->readings.items) {
        const struct reading *before =
            find_reading(old, (*it)->id, (size_t)(it - new->readings.items.items));
        if (!is_absent(*it) || (before != NULL && is_absent(before)))
            continue;
        strbuf_addf(&report->xml, "<missingSet><obj type=\"%s\">", (*it)->type);
        xml_text((*it)->id, &report->xml);
        strbuf_addf(&report->xml, "</obj>%s</missingSet>", (*it)->values.items[0].xml);
    }
}

/* ---- looking
 * -------------------------------------------------------------------------------------- */

static void add_absent(struct call *call, const struct start *start, struct snapshot *snapshot)
{
    struct builder *b = &call->b;
    struct val *localized = val_object(b, "LocalizedMethodFault");
    struct val *fault = val_sub_as(b, localized, "fault", "ManagedObjectNotFound");
    struct strbuf xml;
    val_ref(b, fault, "obj", start->type, start->id);
    val_text(b, localized, "localizedMessage", "The object has already been deleted.");
    strbuf_init(&xml, STRBUF_MAX_OUTPUT);
    val_write(localized, "fault", "LocalizedMethodFault", &xml);
    struct reading *reading = ARENA_NEW(snapshot->arena, struct reading);
    reading->type = start->type;
    reading->id = start->id;
    struct read_value value = {.path = "",
                               .xml = arena_strdup(snapshot->arena, strbuf_str(&xml))};
    VEC_PUSH(snapshot->arena, &reading->values, value);
    VEC_PUSH(snapshot->arena, &snapshot->readings.items, reading);
    strbuf_release(&xml);
}

static struct snapshot take_snapshot(struct call *call, const struct filter *filter)
{
    struct snapshot snapshot = {.arena = arena_new()};
    struct call look = *call; /* with a scratch of its own: a wait looks many times */
    look.arena = look.b.arena = arena_new();
    look.paths = NULL;
    read_spec_run(&look, &filter->spec, snapshot.arena, &snapshot.readings);
    for (size_t i = 0; filter->spec.report_missing && i < snapshot.readings.missing.n; i++)
        add_absent(&look, snapshot.readings.missing.items[i], &snapshot);
    arena_free(look.arena);
    return snapshot;
}

/* Look at one filter: its part of the report, and the state that belongs to it. */
static void look_at(struct call *call, struct filter *filter, struct report *report,
                    struct snapshot *ret_next)
{
    struct strbuf all = report->xml;
    *ret_next = take_snapshot(call, filter);
    strbuf_init(&report->xml, STRBUF_MAX_OUTPUT);
    report_present(report, &filter->now.readings, ret_next);
    report_left(report, &filter->now.readings, ret_next);
    report_absent(report, &filter->now.readings, ret_next);
    if (strbuf_len(&report->xml) > 0) {
        strbuf_addf(&all, "<filterSet><filter type=\"PropertyFilter\">%s</filter>", filter->id);
        strbuf_add(&all, strbuf_str(&report->xml));
        strbuf_add(&all, "</filterSet>");
    }
    strbuf_release(&report->xml);
    report->xml = all;
}

static void answer(struct call *call, struct collector *collector, const struct report *report)
{
    call->raw_result =
        arena_printf(call->arena, "<returnval><version>%llu</version>%s%s</returnval>",
                     (unsigned long long)collector->version, strbuf_str(&report->xml),
                     report->truncated ? "<truncated>true</truncated>" : "");
}

/* True when there was something to report (or `always`). */
static bool look(struct call *call, struct collector *collector, size_t max, bool always)
{
    struct report report = {.max = max};
    size_t n = collector->filters.n;
    struct snapshot *next = ARENA_ARRAY(call->arena, n + 1, struct snapshot);
    strbuf_init(&report.xml, STRBUF_MAX_OUTPUT);
    for (size_t i = 0; i < n; i++)
        if (!collector->filters.items[i]->gone)
            look_at(call, collector->filters.items[i], &report, &next[i]);
    bool found = always || strbuf_len(&report.xml) > 0;
    for (size_t i = 0; i < n; i++) {
        struct filter *filter = collector->filters.items[i];
        if (!found || filter->gone) {
            snapshot_clear(&next[i]);
            continue;
        }
        snapshot_clear(&filter->before);
        filter->before = filter->now;
        filter->now = next[i];
    }
    if (found) {
        collector->version++;
        collector->truncated = report.truncated;
        answer(call, collector, &report);
    }
    strbuf_release(&report.xml);
    return found;
}

/* ---- waiting
 * ------------------------------------------------------------------------------------- */

/* Go back to what the client has seen, by the version that it names. */
static int rewind_to(struct call *call, struct collector *collector, const char *version)
{
    uint64_t number = 0;
    bool first = *version == '\0';
    bool back = !first && num_u64(version, &number) == 0 && number > 0 &&
                number + 1 == collector->version && !collector->truncated;
    if (!first && !back &&
        (num_u64(version, &number) < 0 || number != collector->version || number == 0))
        return call_fault(call, "InvalidCollectorVersion", "The version %s is not valid.",
                          version);
    VEC_EACH (struct filter *, it, collector->filters) {
        struct filter *filter = *it;
        if (filter->gone || !(first || back))
            continue;
        snapshot_clear(&filter->now);
        filter->now = back ? filter->before : (struct snapshot){0};
        if (!back)
            snapshot_clear(&filter->before);
        filter->before = (struct snapshot){0};
    }
    collector->version -= back;
    return 0;
}

static void pause_unlocked(struct call *call)
{
    struct timespec slice = {.tv_nsec = SLICE_MS * 1000000L};
    lab_unlock(call->lab);
    nanosleep(&slice, NULL);
    lab_lock(call->lab);
}

static int check_alive(struct call *call, struct collector *collector)
{
    if (call->session->gone)
        return call_fault(call, "NotAuthenticated", "The session is not authenticated.");
    if (collector->gone || collector->cancelled || atomic_load(&call->server->stopping))
        return call_fault(call, "RequestCanceled", "The task was canceled by a user.");
    return 0;
}

static int wait_loop(struct call *call, struct collector *collector, int64_t seconds,
                     size_t max)
{
    const char *version = arg_text(call, "version");
    bool first = version == NULL || *version == '\0';
    int64_t end = monotonic_ms() + seconds * 1000;
    if (rewind_to(call, collector, first ? "" : version) < 0)
        return -1;
    for (;;) {
        if (check_alive(call, collector) < 0)
            return -1;
        if (look(call, collector, max, first) || monotonic_ms() >= end)
            return 0;
        call->session->used_ms = monotonic_ms();
        pause_unlocked(call);
    }
}

/* One waiter at a time: the others stand in line. */
static int wait_for(struct call *call, int64_t seconds, size_t max)
{
    struct collector *collector = this_collector(call);
    if (collector == NULL)
        return -1;
    while (collector->waiting) {
        if (check_alive(call, collector) < 0)
            return -1;
        pause_unlocked(call);
    }
    collector->waiting = true;
    collector->cancelled = false;
    int result = wait_loop(call, collector, seconds, max);
    collector->waiting = false;
    return result;
}

static int run_wait_ex(struct call *call)
{
    xmlNode *options = arg_node(call, "options");
    int64_t seconds = node_number(node_child(options, "maxWaitSeconds"), WAIT_MAX_S);
    int64_t max = node_number(node_child(options, "maxObjectUpdates"), 0);
    if (seconds < 0 || max < 0)
        return call_invalid(call, "options", "Negative limit.");
    if (seconds > WAIT_MAX_S)
        seconds = WAIT_MAX_S;
    return wait_for(call, seconds, max == 0 ? SIZE_MAX : (size_t)max);
}

static int run_wait(struct call *call)
{
    return wait_for(call, WAIT_MAX_S, SIZE_MAX);
}

static int run_check(struct call *call)
{
    return wait_for(call, 0, SIZE_MAX);
}

static int run_cancel(struct call *call)
{
    struct collector *collector = this_collector(call);
    if (collector == NULL)
        return -1;
    collector->cancelled = collector->waiting;
    return 0;
}

const struct handler watch_handlers[] = {
    {"CreatePropertyCollector", 0, run_create_collector},
    {"DestroyPropertyCollector", 0, run_destroy_collector},
    {"CreateFilter", 0, run_create_filter},
    {"DestroyPropertyFilter", 0, run_destroy_filter},
    {"WaitForUpdatesEx", 0, run_wait_ex},
    {"WaitForUpdates", 0, run_wait},
    {"CheckForUpdates", 0, run_check},
    {"CancelWaitForUpdates", 0, run_cancel},
    {0},
};
