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

int upgrade_line(const struct upgrade *table, struct upgrade_job job, struct arena *arena,
                 const struct value **line, struct err *err)
{
    if (job.from > job.to)
        return err_set(err, ERR_INVALID,
                       "format %lld was written by a newer gridform (this one knows up to "
                       "%lld): use that one",
                       (long long)job.from, (long long)job.to);
    for (int64_t format = job.from; format < job.to; format++) {
        const struct upgrade *row = find(table, format);
        if (row == NULL)
            return err_set(err, ERR_INVALID, "format %lld is unknown", (long long)format);
        if (row->part[job.part] != NULL)
            *line = row->part[job.part](arena, *line);
    }
    return 0;
}
