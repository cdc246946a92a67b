/* fuzz_format.c: any bytes as a manifest to lay out.
 *
 * A line "%%" ends the manifest, so that the corpus of fuzz_config serves here, too. What can
 * be read has a layout that says the same, and the layout of that is itself.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "diag.h"
#include "err.h"
#include "format.h"
#include "yamldoc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *mark = size == 0 ? NULL : memmem(data, size, "\n%%\n", 4);
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct yamldoc_source source = {.file = "site.yaml",
                                    .text = (const char *)data,
                                    .size = mark == NULL ? size
                                                         : (size_t)(mark - (const char *)data),
                                    .diags = diags_new(arena)};
    struct err err = {0};
    const char *once, *twice;
    size_t once_size, twice_size;
    if (format_yaml(&source, arena, &once, &once_size, &err) < 0) {
        if (err.code != ERR_NONE || !diags_have_errors(source.diags))
            abort();
        return 0;
    }
    source.text = once;
    source.size = once_size;
    if (format_yaml(&source, arena, &twice, &twice_size, &err) < 0 || once_size != twice_size ||
        memcmp(once, twice, once_size) != 0)
        abort();
    return 0;
}
