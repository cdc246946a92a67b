/* render_blind.c: what could not be read, folded: attributes of one resource, then resources
 * that lack the same for the same reason. */
#include "render.h"

#include <string.h>

#include "arena.h"
#include "strbuf.h"
#include "vec.h"

static bool same_resource(const struct plan_blind *a, const struct plan_blind *b)
{
    return strcmp(a->address, b->address) == 0 && strcmp(a->reason, b->reason) == 0 &&
           (a->attr == NULL) == (b->attr == NULL);
}

/* Attributes of the run of entries that begins here and is of one resource and reason. */
static size_t take_run(struct arena *arena, const struct plan_blind *blind, size_t n,
                       const char **ret_attrs)
{
    struct strbuf attrs;
    strbuf_init(&attrs, 4000);
    size_t used = 0;
    while (used < n && same_resource(&blind[0], &blind[used])) {
        if (blind[used].attr != NULL)
            strbuf_addf(&attrs, "%s%s", used == 0 ? "" : ", ", blind[used].attr);
        used++;
    }
    *ret_attrs = arena_strdup(arena, strbuf_str(&attrs));
    strbuf_release(&attrs);
    return used;
}

static struct blind_group *find_group(struct blind_group *groups, size_t n,
                                      const char *reason, const char *attrs)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(groups[i].reason, reason) == 0 && strcmp(groups[i].attrs, attrs) == 0)
            return &groups[i];
    return NULL;
}

struct blind_groups blind_groups(struct arena *arena, const struct plan_blind *blind, size_t n)
{
    struct blind_groups groups = {0};
    for (size_t i = 0; i < n;) {
        const char *attrs;
        size_t used = take_run(arena, blind + i, n - i, &attrs);
        struct blind_group *group = find_group(groups.items, groups.n, blind[i].reason, attrs);
        if (group == NULL) {
            VEC_PUSH(arena, &groups, ((struct blind_group){blind[i].reason, attrs, {0}}));
            group = &groups.items[groups.n - 1];
        }
        VEC_PUSH(arena, &group->addresses, blind[i].address);
        i += used;
    }
    return groups;
}

void render_blind(const struct plan_blind *blind, size_t n, struct strbuf *out)
{
    if (n == 0)
        return;
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    const struct blind_groups groups = blind_groups(arena, blind, n);
    strbuf_add(out, "\nNot readable, left alone:\n");
    VEC_EACH(struct blind_group, it, groups)
    {
        strbuf_add(out, "  ? ");
        render_names(it->addresses.items, it->addresses.n, out);
        if (it->attrs[0] != '\0')
            strbuf_add(out, ": ");
        render_safe(it->attrs, out);
        strbuf_add(out, "\n      ");
        render_safe(it->reason, out);
        strbuf_add_char(out, '\n');
    }
}
