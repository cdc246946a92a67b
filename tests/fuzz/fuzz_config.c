/* fuzz_config.c: any bytes as a manifest, an overlay and an attached file.
 *
 * A line "%%" separates the three parts; without it all is the manifest. Whatever the bytes
 * are, reading them must end, leak nothing, and render its findings.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../harness/config_kinds.h"
#include "arena.h"
#include "config.h"
#include "diag.h"
#include "strbuf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Cut the next part off the front of [*at, *at + *size). */
static struct source_file cut(const char **at, size_t *size, const char *name)
{
    const char *mark = *size == 0 ? NULL : memmem(*at, *size, "\n%%\n", 4);
    size_t len = mark == NULL ? *size : (size_t)(mark - *at) + 1;
    struct source_file file = {.name = name, .text = *at, .size = len};
    size_t used = mark == NULL ? *size : len + 3;
    *at += used;
    *size -= used;
    return file;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const vars[] = {"given=value"};
    const char *at = (const char *)data;
    struct source_file files[2], attachment;
    files[0] = cut(&at, &size, "site.yaml");
    size_t n_files = size > 0 ? 2 : 1;
    files[1] = cut(&at, &size, "prod.yaml");
    files[1].overlay = true;
    attachment = cut(&at, &size, "run.sh");

    struct arena *arena = arena_new();
    struct diags *diags = diags_new(arena);
    struct config_input input = {.files = files,
                                 .n_files = n_files,
                                 .attachments = &attachment,
                                 .n_attachments = 1,
                                 .vars = vars,
                                 .n_vars = 1,
                                 .kinds = test_kinds,
                                 .providers = test_providers};
    struct config *config = NULL;
    int result = config_build(&input, arena, diags, &config);
    if ((result < 0) != diags_have_errors(diags))
        abort();
    for (size_t i = 1; i < config->resources.n; i++)
        if (strcmp(config->resources.items[i - 1]->address,
                   config->resources.items[i]->address) >= 0)
            abort();
    struct strbuf out;
    strbuf_init(&out, STRBUF_MAX_OUTPUT);
    diags_sort(diags);
    diags_render(diags, false, &out);
    strbuf_release(&out);
    config_release(config);
    arena_free(arena);
    return 0;
}
