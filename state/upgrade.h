/* upgrade.h: how documents of former formats become today's.
 *
 * One row per format, each leading to the next one, so that a document of any age takes as
 * many small steps as it is old. A row works on one line at a time, like all reading here.
 * To introduce a format: raise STATE_FORMAT, add one row, and keep a frozen sample of the
 * former format beside tests/unit/state_v1.json.
 */
#ifndef GF_UPGRADE_H
#define GF_UPGRADE_H

#include <stdint.h>

struct arena;
struct err;
struct value;

/* Which line of a document is upgraded. */
enum upgrade_part { UPGRADE_HEAD, UPGRADE_RESOURCE, UPGRADE_PART_COUNT };

/* From format `from` to the next. NULL in a part: the part did not change. The functions
 * return the new map, in the arena. */
struct upgrade {
    int64_t from; /* 0 ends a table */
    const struct value *(*part[UPGRADE_PART_COUNT])(struct arena *arena,
                                                    const struct value *old);
};

extern const struct upgrade state_upgrades[];

/* What a line is, and where it shall go. */
struct upgrade_job {
    enum upgrade_part part;
    int64_t from, to;
};

/* Take one line from a format to another along the table. ERR_INVALID when a row is missing:
 * the format was never ours, or is newer. */
int upgrade_line(const struct upgrade *table, struct upgrade_job job, struct arena *arena,
                 const struct value **line, struct err *err);

#endif
