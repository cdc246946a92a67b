/* spec_mark.c: see spec_mark.h. */
#include "spec_mark.h"

#include <string.h>

#include "arena.h"
#include "strbuf.h"

#define MARK_START "[gridform "

/* The last line that is a mark, or NULL. */
static const char *find_line(const char *description)
{
    const char *found = NULL;
    for (const char *p = description; p != NULL && *p != '\0';) {
        if (strncmp(p, MARK_START, strlen(MARK_START)) == 0)
            found = p;
        p = strchr(p, '\n');
        p = p == NULL ? NULL : p + 1;
    }
    return found;
}

struct mark spec_mark(const char *description, const char *address, struct arena *arena)
{
    struct mark mark = {0};
    const char *line = find_line(description);
    if (line == NULL)
        return mark;
    const char *lineage = line + strlen(MARK_START);
    size_t n = strcspn(lineage, " \n]");
    if (n == 0 || lineage[n] != ' ')
        return mark;
    const char *owner = lineage + n + 1; /* an address may hold blanks */
    const char *end = strchr(owner, '\n');
    size_t m = end == NULL ? strlen(owner) : (size_t)(end - owner);
    while (m > 0 && owner[m - 1] != ']')
        m--;
    if (m < 2)
        return mark;
    mark.lineage = arena_memdup(arena, lineage, n);
    mark.address = arena_memdup(arena, owner, m - 1);
    mark.own = strcmp(mark.address, address) == 0;
    return mark;
}

void spec_mark_write(struct strbuf *out, const char *description, const char *lineage,
                     const char *address)
{
    const char *line = find_line(description);
    size_t head = line != NULL          ? (size_t)(line - description)
                  : description != NULL ? strlen(description)
                                        : 0;
    const char *rest = line == NULL ? NULL : strchr(line, '\n');
    strbuf_add_mem(out, description == NULL ? "" : description, head);
    if (rest != NULL)
        strbuf_add(out, rest + 1);
    const char *text = strbuf_str(out);
    if (strbuf_len(out) > 0 && text[strbuf_len(out) - 1] != '\n')
        strbuf_add_char(out, '\n');
    strbuf_addf(out, MARK_START "%s %s]", lineage, address);
}
