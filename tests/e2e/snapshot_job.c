/* snapshot_job.c: see snapshot_job.h. */
#include "snapshot_job.h"

#include <stdio.h>

#include "../harness/unit.h"
#include "site.h"

struct job_files job_files_of(const struct site *site)
{
    struct job_files files;
    snprintf(files.live, sizeof(files.live), "%s/live.json", site->dir);
    snprintf(files.aside, sizeof(files.aside), "%s.aside", site->state);
    snprintf(files.plan, sizeof(files.plan), "%s/plan.json", site->dir);
    snprintf(files.key, sizeof(files.key), "%s/key.pem", site->dir);
    snprintf(files.trust, sizeof(files.trust), "%s/trust.pem", site->dir);
    return files;
}

/* A job for pull requests: no password is set, and there is no state. */
void job_leave(struct site *site)
{
    static const char *const secrets[] = {"VSPHERE_PASSWORD", "ESXI_PASSWORD", "VRA_PASSWORD",
                                          "GUEST_PASSWORD"};
    const struct job_files files = job_files_of(site);
    for (size_t i = 0; i < ARRAY_LEN(secrets); i++)
        site->env[i] = secrets[i]; /* without a value: taken out */
    rename(site->state, files.aside);
    lab_forget(&site->lab);
}

void job_come_back(struct site *site)
{
    const struct job_files files = job_files_of(site);
    json_t *calls = lab_calls(&site->lab);
    if (json_array_size(calls) > 0)
        fail_long("a plan from a snapshot made %zu calls", json_array_size(calls));
    json_decref(calls);
    site->env[0] = NULL;
    rename(files.aside, site->state);
}

struct run *job_run(struct site *site, const char *const *words)
{
    const struct job_files files = job_files_of(site);
    const char *all[8] = {NULL};
    size_t n = 0;
    for (; words[n] != NULL; n++)
        all[n] = words[n];
    all[n++] = "--live";
    all[n++] = files.live;
    return site_run(site, all);
}
