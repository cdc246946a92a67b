/* slurp.c: see slurp.h. */
#include "slurp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "err.h"
#include "strbuf.h"

static int read_all(FILE *file, const char *path, struct strbuf *out, struct err *err)
{
    char block[65536];
    size_t n;
    while (!strbuf_overflowed(out) && (n = fread(block, 1, sizeof(block), file)) > 0)
        strbuf_add_mem(out, block, n);
    if (strbuf_overflowed(out))
        return err_set(err, ERR_INVALID, "%s: is larger than %zu bytes", path, out->max);
    if (ferror(file))
        return err_set(err, ERR_NOT_FOUND, "%s: cannot be read: %s", path, strerror(errno));
    return 0;
}

int slurp(const char *path, struct strbuf *out, struct err *err)
{
    if (strcmp(path, "-") == 0)
        return read_all(stdin, "standard input", out, err);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return err_set(err, ERR_NOT_FOUND, "%s: cannot be read: %s", path, strerror(errno));
    int result = read_all(file, path, out, err);
    fclose(file);
    return result;
}
