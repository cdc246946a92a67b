/* drift_memory.c: see drift_memory.h. */
#include "drift_memory.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "diff.h"
#include "digest.h"
#include "err.h"
#include "map.h"
#include "strbuf.h"
#include "value_json.h"
#include "vec.h"

enum { VERSION = 1, DIGEST_LEN = 32 };

static int compare_texts(const char *a, const char *b)
{
    return strcmp(a == NULL ? "" : a, b == NULL ? "" : b);
}

static int compare_entries(const void *a, const void *b)
{
    const struct drift_entry *x = a, *y = b;
    int order = strcmp(x->address, y->address);
    if (order == 0)
        order = compare_texts(x->attr, y->attr);
    return order != 0 ? order : (x->live == NULL) - (y->live == NULL);
}

/* ---- text ---------------------------------------------------------------------------------
 */

static void encode_entry(const struct drift_entry *entry, struct strbuf *out)
{
    strbuf_add(out, "{\"address\":");
    json_text(entry->address, out);
    if (entry->attr != NULL) {
        strbuf_add(out, ",\"attribute\":");
        json_text(entry->attr, out);
    }
    if (entry->live != NULL) {
        strbuf_add(out, ",\"live\":");
        json_text(entry->live, out);
    }
    strbuf_addf(out, ",\"since\":%lld}", (long long)entry->since_ms);
}

void drift_memory_encode(const struct drift_memory *memory, struct strbuf *out)
{
    size_t start = strbuf_len(out);
    strbuf_addf(out, "{\"gridform_drift_report\":%d,\"site\":", VERSION);
    json_text(memory->site, out);
    strbuf_add(out, ",\"lineage\":");
    json_text(memory->lineage, out);
    strbuf_addf(out, ",\"at\":%lld,\"entries\":[", (long long)memory->at_ms);
    for (size_t i = 0; i < memory->n; i++) {
        strbuf_add(out, i == 0 ? "\n" : ",\n");
        encode_entry(&memory->entries[i], out);
    }
    strbuf_add(out, "\n],\"checksum\":\"");
    struct digest digest = digest_bytes(strbuf_str(out) + start, strbuf_len(out) - start);
    strbuf_addf(out, "%s\"}\n", digest.hex);
}

static int decode_entry(const struct value *value, struct drift_entry *ret)
{
    *ret = (struct drift_entry){.address = value_get_text(value, "address"),
                                .attr = value_get_text(value, "attribute"),
                                .live = value_get_text(value, "live"),
                                .since_ms = value_get_int(value, "since", -1)};
    if (ret->address == NULL || strchr(ret->address, '/') == NULL || ret->since_ms < 0)
        return -1;
    return ret->live == NULL || strlen(ret->live) == DIGEST_LEN ? 0 : -1;
}

static int decode_entries(const struct value *list, struct arena *arena,
                          struct drift_memory *memory)
{
    size_t n = value_count(list);
    struct drift_entry *entries = ARENA_ARRAY(arena, n, struct drift_entry);
    for (size_t i = 0; i < n; i++)
        if (decode_entry(value_at(list, i), &entries[i]) < 0 ||
            (i > 0 && compare_entries(&entries[i - 1], &entries[i]) >= 0))
            return -1;
    memory->entries = entries;
    memory->n = n;
    return 0;
}

/* Whatever is not exactly what we would write was written by somebody else, or is damaged. */
static bool is_canonical(const struct drift_memory *memory, const char *text, size_t size)
{
    struct strbuf again;
    strbuf_init(&again, STRBUF_MAX_OUTPUT);
    drift_memory_encode(memory, &again);
    bool same = strbuf_len(&again) == size && memcmp(strbuf_str(&again), text, size) == 0;
    strbuf_release(&again);
    return same;
}

int drift_memory_decode(const char *text, size_t size, struct arena *arena,
                        struct drift_memory *ret_memory, struct err *err)
{
    const struct value *root;
    struct drift_memory memory = {0};
    if (value_from_json(text, size, arena, &root, err) < 0 || root->type != VALUE_MAP)
        return err_set(err, ERR_INVALID, "it is damaged");
    int64_t version = value_get_int(root, "gridform_drift_report", 0);
    if (version > VERSION)
        return err_set(err, ERR_INVALID, "it is of version %lld, and this gridform reads %d",
                       (long long)version, VERSION);
    const struct value *list = value_get(root, "entries");
    memory.site = value_get_text(root, "site");
    memory.lineage = value_get_text(root, "lineage");
    memory.at_ms = value_get_int(root, "at", -1);
    if (version != VERSION || memory.site == NULL || memory.lineage == NULL ||
        memory.at_ms < 0 || list->type != VALUE_LIST ||
        decode_entries(list, arena, &memory) < 0 || !is_canonical(&memory, text, size))
        return err_set(err, ERR_INVALID, "it is damaged");
    *ret_memory = memory;
    return 0;
}

/* ---- from one report to the next ----------------------------------------------------------
 */

struct recall {
    struct arena *arena;
    int64_t now_ms;
    struct map before;  /* key -> drift_entry of the former report */
    struct map present; /* keys of what is drifted, ignored or unreadable now */
    VEC(struct drift_entry) after;
};

/* Attribute names hold no newline, so keys cannot be confused. */
static const char *key_of(struct arena *arena, char sort, const char *attr, const char *address)
{
    return arena_printf(arena, "%c%s\n%s", sort, attr == NULL ? "" : attr, address);
}

static const char *live_digest(struct arena *arena, const struct value *live)
{
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    if (live != NULL)
        value_to_json(live, &text);
    const char *hex =
        arena_strdup(arena, digest_bytes(strbuf_str(&text), strbuf_len(&text)).hex);
    strbuf_release(&text);
    return hex;
}

/* The clock may have been set back since. */
static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void recall_item(struct recall *r, struct drift_item *item)
{
    const char *attr = item->attr == NULL ? NULL : item->attr->name;
    const char *key = key_of(r->arena, 'd', attr, item->address);
    map_set(&r->present, key, item);
    if (item->ignored)
        return;
    const struct drift_entry *before = map_get(&r->before, key);
    const char *live = live_digest(r->arena, item->live);
    item->news = before == NULL                    ? DRIFT_NEW
                 : strcmp(before->live, live) == 0 ? DRIFT_STILL
                                                   : DRIFT_CHANGED;
    item->since_ms = before == NULL ? r->now_ms : earlier(before->since_ms, r->now_ms);
    VEC_PUSH(r->arena, &r->after,
             ((struct drift_entry){item->address, attr, live, item->since_ms}));
}

static void recall_blind(struct recall *r, const struct plan_blind *blind,
                         struct drift_seen *ret)
{
    const char *key = key_of(r->arena, 'u', blind->attr, blind->address);
    map_set(&r->present, key, ret);
    const struct drift_entry *before = map_get(&r->before, key);
    *ret =
        (struct drift_seen){before == NULL ? DRIFT_NEW : DRIFT_STILL,
                            before == NULL ? r->now_ms : earlier(before->since_ms, r->now_ms)};
    VEC_PUSH(r->arena, &r->after,
             ((struct drift_entry){blind->address, blind->attr, NULL, ret->since_ms}));
}

static bool is_present(struct recall *r, char sort, const char *attr, const char *address)
{
    return map_get(&r->present, key_of(r->arena, sort, attr, address)) != NULL;
}

/* Is the attribute of an earlier report compared at all today? */
static bool is_compared(const struct facts *facts, const struct drift_entry *entry)
{
    const struct instance *prior = instances_find(facts->prior, entry->address);
    if (prior == NULL)
        return false;
    if (entry->attr == NULL)
        return true;
    int at = schema_find(prior->schema, entry->attr);
    return at >= 0 &&
           diff_is_managed(prior->schema, &prior->schema->attrs[at], prior->attrs[at]);
}

enum fate { FATE_LISTED, FATE_KEPT, FATE_HEALED, FATE_DROPPED };

/* What became of something that was drifted. */
static enum fate fate_of(struct recall *r, const struct facts *facts,
                         const struct drift_entry *entry)
{
    if (is_present(r, 'd', entry->attr, entry->address))
        return FATE_LISTED;
    if (!is_compared(facts, entry))
        return FATE_DROPPED;
    if (is_present(r, 'u', NULL, entry->address) ||
        (entry->attr != NULL && is_present(r, 'u', entry->attr, entry->address)))
        return FATE_KEPT;
    return is_present(r, 'd', NULL, entry->address) ? FATE_DROPPED : FATE_HEALED;
}

static void recall_healed(struct recall *r, const struct drift_memory *before,
                          const struct facts *facts, struct drift *drift)
{
    VEC(struct drift_healed) healed = {0};
    for (size_t i = 0; before != NULL && i < before->n; i++) {
        const struct drift_entry *entry = &before->entries[i];
        enum fate fate = entry->live == NULL ? FATE_DROPPED : fate_of(r, facts, entry);
        if (fate == FATE_KEPT)
            VEC_PUSH(r->arena, &r->after, *entry);
        if (fate == FATE_HEALED)
            VEC_PUSH(r->arena, &healed,
                     ((struct drift_healed){entry->address, entry->attr, entry->since_ms}));
    }
    drift->healed = healed.items;
    drift->n_healed = healed.n;
}

const struct drift *drift_recall(const struct drift *drift, const struct drift_memory *before,
                                 const struct facts *facts, int64_t now_ms,
                                 struct drift_memory *ret_after)
{
    struct recall r = {.arena = facts->arena, .now_ms = now_ms};
    struct drift *told = ARENA_NEW(r.arena, struct drift);
    struct drift_item *items = ARENA_ARRAY(r.arena, drift->n, struct drift_item);
    struct drift_seen *seen = ARENA_ARRAY(r.arena, drift->n_blind + 1, struct drift_seen);
    map_init(&r.before);
    map_init(&r.present);
    for (size_t i = 0; before != NULL && i < before->n; i++) {
        const struct drift_entry *entry = &before->entries[i];
        map_set(&r.before,
                key_of(r.arena, entry->live == NULL ? 'u' : 'd', entry->attr, entry->address),
                (void *)entry);
    }
    *told = *drift;
    told->items = items;
    told->blind_seen = seen;
    for (size_t i = 0; i < drift->n; i++) {
        items[i] = drift->items[i];
        recall_item(&r, &items[i]);
    }
    for (size_t i = 0; i < drift->n_blind; i++)
        recall_blind(&r, &drift->blind[i], &seen[i]);
    recall_healed(&r, before, facts, told);
    if (r.after.n > 0)
        qsort(r.after.items, r.after.n, sizeof(*r.after.items), compare_entries);
    ret_after->entries = r.after.items;
    ret_after->n = r.after.n;
    ret_after->at_ms = now_ms;
    map_release(&r.before);
    map_release(&r.present);
    return told;
}
