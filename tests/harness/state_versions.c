/* state_versions.c: see state_versions.h. */
#include "state_versions.h"

#include <stdlib.h>
#include <string.h>

struct version {
    int64_t serial;
    char *text; /* NULL: there is none */
};

static struct version *find(const struct versions *versions, int64_t serial)
{
    for (size_t i = 0; i < versions->n; i++)
        if (versions->items[i].serial == serial)
            return &versions->items[i];
    return NULL;
}

void versions_put(struct versions *versions, int64_t serial, const char *text)
{
    struct version *version = find(versions, serial);
    if (version == NULL) {
        versions->items =
            realloc(versions->items, (versions->n + 1) * sizeof(*versions->items));
        version = &versions->items[versions->n++];
        *version = (struct version){.serial = serial};
    }
    free(version->text);
    version->text = text == NULL ? NULL : strdup(text);
}

const char *versions_find(const struct versions *versions, int64_t serial)
{
    const struct version *version = find(versions, serial);
    return version == NULL ? NULL : version->text;
}

void versions_forget(struct versions *versions)
{
    for (size_t i = 0; i < versions->n; i++)
        free(versions->items[i].text);
    free(versions->items);
    *versions = (struct versions){.n = 0};
}
