/* still.c: see still.h. */
#include "still.h"

#include <stdlib.h>

#include "../harness/unit.h"
#include "site.h"
#include "world_normal.h"

struct still still_begin(const struct site *site)
{
    struct still still = {.world = lab_normal(&site->lab)};
    lab_forget(&site->lab);
    return still;
}

void still_end(const struct site *site, struct still *still, const char *what)
{
    json_t *calls = lab_calls(&site->lab);
    size_t n = calls_changing(calls);
    if (n > 0)
        fail_long("gridform %s: %zu changing calls\n%s", what, n, json_dumps(calls, 0));
    json_decref(calls);
    char *now = lab_normal(&site->lab);
    expect_same_world(still->world, now, what);
    free(now);
    free(still->world);
    still->world = NULL;
}

struct run *still_run(struct site *site, int status, const char *const *words)
{
    struct still still = still_begin(site);
    struct run *run = run_expect(site_run(site, words), status);
    still_end(site, &still, run->what);
    return run;
}
