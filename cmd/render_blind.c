/* render_blind.c: what could not be read, folded: attributes of one resource, then resources
 * that lack the same for the same reason. */
#include "render.h"

#include <string.h>

#include "address.h"
#include "arena.h"
#include "strbuf.h"
#include "vec.h"

/* Of a resource that is named anyway, so that many with the same trouble are one group. */
static const char *reason_of(const struct plan_blind *blind)
{
    const char *name = address_name(blind->address);
    size_t len = strlen(name);
    bool named =
        strncmp(blind->reason, name, len) == 0 && strncmp(blind->reason + len, ": ", 2) == 0;
    return named ? blind->reason + len + 2 : blind->reason;
}

static bool same_trouble(const struct plan_blind *a, const struct plan_blind *b)
{
    return strcmp(a->reason, b->reason) == 0 && (a->attr == NULL) == (b->attr == NULL);
}

/* How many entries from the first on are of its resource. */
static size_t count_resource(const struct plan_blind *blind, size_t n)
{
    size_t count = 1;
    while (count < n && strcmp(blind[0].address, blind[count].address) == 0)
        count++;
    return count;
}

/* The attributes that lack for the same reason as entry `first` of one resource; NULL when an
 * entry before it has named them. */
static const char *take_attrs(struct arena *arena, const struct plan_blind *blind, size_t n,
                              size_t first)
{
    struct strbuf attrs CLEANUP(strbuf_release);
    strbuf_init(&attrs, 4000);
    for (size_t i = 0; i < first; i++)
        if (same_trouble(&blind[i], &blind[first]))
            return NULL;
    for (size_t i = first; i < n; i++)
        if (blind[i].attr != NULL && same_trouble(&blind[i], &blind[first]))
            strbuf_addf(&attrs, "%s%s", i == first ? "" : ", ", blind[i].attr);
    return arena_strdup(arena, strbuf_str(&attrs));
}

static struct blind_group *find_group(struct blind_group *groups, size_t n, const char *reason,
                                      const char *attrs)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(groups[i].reason, reason) == 0 && strcmp(groups[i].attrs, attrs) == 0)
            return &groups[i];
    return NULL;
}

static void add_trouble(struct arena *arena, struct blind_groups *groups,
                        const struct plan_blind *blind, const char *attrs)
{
    const char *reason = reason_of(blind);
    struct blind_group *group = find_group(groups->items, groups->n, reason, attrs);
    if (group == NULL) {
        VEC_PUSH(arena, groups, ((struct blind_group){reason, attrs, {0}}));
        group = &groups->items[groups->n - 1];
    }
    VEC_PUSH(arena, &group->addresses, blind->address);
}

struct blind_groups blind_groups(struct arena *arena, const struct plan_blind *blind, size_t n)
{
    struct blind_groups groups = {0};
    for (size_t i = 0; i < n;) {
        size_t count = count_resource(blind + i, n - i);
        for (size_t k = 0; k < count; k++) {
            const char *attrs = take_attrs(arena, blind + i, count, k);
            if (attrs != NULL)
                add_trouble(arena, &groups, &blind[i + k], attrs);
        }
        i += count;
    }
    return groups;
}

void render_blind_group(const struct blind_group *group, struct strbuf *out)
{
    strbuf_add(out, "  ? ");
    render_names(group->addresses.items, group->addresses.n, out);
    if (group->attrs[0] != '\0')
        strbuf_add(out, ": ");
    render_safe(group->attrs, out);
    strbuf_add(out, "\n      ");
    render_safe(group->reason, out);
    strbuf_add_char(out, '\n');
}

void render_blind(const struct plan_blind *blind, size_t n, struct strbuf *out)
{
    if (n == 0)
        return;
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    const struct blind_groups groups = blind_groups(arena, blind, n);
    strbuf_add(out, "\nNot readable, left alone:\n");
    VEC_EACH (struct blind_group, it, groups) {
        render_blind_group(it, out);
    }
}
