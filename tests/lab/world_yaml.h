/* world_yaml.h: reading the sections of a world file with strict keys. The first error stays in
 * `err`; the readers then return their default, so that callers check once, at the end. */
#ifndef GF_LAB_WORLD_YAML_H
#define GF_LAB_WORLD_YAML_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "compiler.h"
#include "world.h"

struct section {
    struct world *world;
    const json_t *object; /* never NULL: an absent section is an empty object */
    const char *where;    /* hosts.esx-gpu-01 */
    struct err *err;
    bool *failed; /* shared by all sections of one file */
};

void section_fail(const struct section *section, const char *format, ...) PRINTF_LIKE(2, 3);
/* Refuse keys other than these (separated by blanks). */
void section_keys(const struct section *section, const char *known);
struct section section_at(const struct section *section, const char *key);
struct section section_of(const struct section *section, const char *where,
                          const json_t *object);

/* In memory of the world; `otherwise` as it is. A whole number counts as text. */
char *section_text(const struct section *section, const char *key, const char *otherwise);
bool section_bool(const struct section *section, const char *key, bool otherwise);
int64_t section_number(const struct section *section, const char *key, int64_t otherwise);
int64_t section_size(const struct section *section, const char *key, int64_t otherwise);
int64_t section_duration(const struct section *section, const char *key, int64_t otherwise);
/* The position in `names`, a list of n. */
unsigned section_choice(const struct section *section, const char *key,
                        const char *const *names, unsigned n, unsigned otherwise);
/* NULL when absent; a wrong type is an error. */
const json_t *section_list(const struct section *section, const char *key);

/* world_load_host.c, world_load_vm.c */
void load_hosts(const struct section *root);
void load_datastores(const struct section *root);
void load_vms(const struct section *root);
void load_specs(const struct section *root);

/* "a-{01..03}.x": the names of a range, one at a time; false after the last. A name without
 * a range is itself. */
bool range_name(struct world *world, const char *pattern, unsigned index, char **ret_name);

#endif
