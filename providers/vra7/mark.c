/* mark.c: the mark that shows which objects are gridform's own, and the ids made of names. */
#include "vra7.h"

#include <ctype.h>
#include <string.h>

#define MARK_BEGIN "[gridform "

const char *mark_describe(struct arena *arena, const char *description, const char *lineage,
                          const char *address)
{
    bool some = description != NULL && description[0] != '\0';
    return arena_printf(arena, "%s%s" MARK_BEGIN "%s %s]", some ? description : "",
                        some ? "\n" : "", lineage, address);
}

const char *mark_strip(struct arena *arena, const char *text, const char *address,
                       struct mark *ret_mark)
{
    *ret_mark = (struct mark){0};
    if (text == NULL || text[0] == '\0')
        return NULL;
    size_t size = strlen(text);
    while (size > 0 && isspace((unsigned char)text[size - 1]))
        size--;
    const char *line = size == 0 ? NULL : memrchr(text, '\n', size);
    line = line == NULL ? text : line + 1;
    size_t begin = strlen(MARK_BEGIN), length = (size_t)(text + size - line);
    if (size == 0 || length <= begin + 1 || strncmp(line, MARK_BEGIN, begin) != 0 ||
        text[size - 1] != ']')
        return arena_strdup(arena, text);
    char *inside = arena_memdup(arena, line + begin, length - begin - 1);
    char *blank = strchr(inside, ' ');
    if (blank == NULL)
        return arena_strdup(arena, text);
    *blank = '\0';
    *ret_mark = (struct mark){.lineage = inside, .address = blank + 1};
    ret_mark->own = address != NULL && strcmp(blank + 1, address) == 0;
    size_t left = (size_t)(line - text);
    while (left > 0 && (text[left - 1] == '\n' || text[left - 1] == '\r'))
        left--;
    return left == 0 ? NULL : arena_memdup(arena, text, left);
}

void mark_read(struct arena *arena, const char *text, const struct instance *wanted,
               struct instance *live)
{
    const char *description = mark_strip(arena, text, wanted->address, &live->mark);
    const char *empty = instance_text(wanted, "description");
    if (description == NULL && empty != NULL && empty[0] == '\0')
        description = "";
    instance_set(live, "description",
                 description == NULL ? value_absent() : value_string(arena, description));
}

bool mark_is_ours(struct arena *arena, const char *text, const char *lineage,
                  const char *address)
{
    struct mark mark;
    mark_strip(arena, text, address, &mark);
    return mark.own && strcmp(mark.lineage, lineage) == 0;
}

int vra_id(struct arena *arena, const char *prefix, const char *name, const char **ret_id,
           struct err *err)
{
    size_t size = strlen(name), n = 0;
    char *bare = arena_alloc(arena, size + 1);
    for (size_t i = 0; i < size; i++) {
        if (isblank((unsigned char)name[i]))
            continue;
        if (!isalnum((unsigned char)name[i]) && name[i] != '-' && name[i] != '_')
            return err_set(err, ERR_INVALID,
                           "\"%s\" makes no id of vRA: only letters, digits, - and _ "
                           "(and blanks, which are left out) may stand in the name",
                           name);
        bare[n++] = name[i];
    }
    if (n == 0 || n > 64)
        return err_set(err, ERR_INVALID,
                       "\"%s\" makes no id of vRA: 1 to 64 characters besides blanks", name);
    *ret_id = arena_printf(arena, "%s%s", prefix, bare);
    return 0;
}
