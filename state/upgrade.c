/* upgrade.c: see upgrade.h. */
#include "upgrade.h"

#include "err.h"

/* Format 1 is the first. */
const struct upgrade state_upgrades[] = {{0}};

static const struct upgrade *find(const struct upgrade *table, int64_t from)
{
    for (; table->from != 0; table++)
        if (table->from == from)
            return table;
    return NULL;
}

int upgrade_line(const struct upgrade *table, int64_t from, int64_t to, enum upgrade_part part,
                 struct arena *arena, const struct value **line, struct err *err)
{
    if (from > to)
        return err_set(err, ERR_INVALID,
                       "format %lld was written by a newer gridform (this one knows up to "
                       "%lld): use that one",
                       (long long)from, (long long)to);
    for (; from < to; from++) {
        const struct upgrade *row = find(table, from);
        if (row == NULL)
            return err_set(err, ERR_INVALID, "format %lld is unknown", (long long)from);
        if (row->part[part] != NULL)
            *line = row->part[part](arena, *line);
    }
    return 0;
}
