/* report_place.c: see report_place.h.
 *
 * No library is asked: git refuses to open repositories that belong to somebody else, which in
 * the containers of pipelines is the usual case, and the path is all that is wanted.
 */
#include "report_place.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"

/* Length of the top's path, without a slash at its end; 0 when there is no repository. */
static size_t top_length(const char *path, struct arena *arena)
{
    for (size_t len = strlen(path); len > 0;) {
        const char *git = arena_printf(arena, "%.*s/.git", (int)len, path);
        if (access(git, F_OK) == 0)
            return len;
        while (len > 0 && path[len - 1] != '/')
            len--;
        len -= len > 0;
    }
    return 0;
}

/* "below" of "/top/below", or NULL when the path is not within the first len bytes. */
static const char *inside(const char *path, const char *top, size_t len)
{
    if (strncmp(path, top, len) != 0 || (path[len] != '/' && path[len] != '\0'))
        return NULL;
    return path + len + (path[len] == '/');
}

const char *report_place(const char *directory, struct arena *arena)
{
    char *real = realpath(directory, NULL), *here = realpath(".", NULL);
    const char *place = NULL;
    if (real != NULL) {
        size_t top = top_length(real, arena);
        if (top > 0)
            place = inside(real, real, top);
        else if (here != NULL)
            place = inside(real, here, strcmp(here, "/") == 0 ? 0 : strlen(here));
        place = place == NULL ? real : place;
    } else {
        place = directory; /* it is not there, and that is what will be reported */
    }
    size_t len = strlen(place);
    const char *result = len == 0 || place[len - 1] == '/' ? arena_strdup(arena, place)
                                                           : arena_printf(arena, "%s/", place);
    free(real);
    free(here);
    return result;
}
