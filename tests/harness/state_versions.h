/* state_versions.h: the former documents of the state server, by their serials. */
#ifndef GF_TESTS_STATE_VERSIONS_H
#define GF_TESTS_STATE_VERSIONS_H

#include <stddef.h>
#include <stdint.h>

struct versions {
    struct version *items;
    size_t n;
};

/* Copies the text; NULL: none from now on. */
void versions_put(struct versions *versions, int64_t serial, const char *text);
/* Borrowed until the next change; NULL: none. */
const char *versions_find(const struct versions *versions, int64_t serial);
void versions_forget(struct versions *versions);

#endif
