/* snapshot_job.h: a job for pull requests, which has a snapshot and nothing else. */
#ifndef GF_TESTS_SNAPSHOT_JOB_H
#define GF_TESTS_SNAPSHOT_JOB_H

struct run;
struct site;

struct job_files {
    char live[160], aside[180], plan[160], key[160], trust[160];
};

/* Where the files of a site are. */
struct job_files job_files_of(const struct site *site);

/* No password is set from now on, there is no state, and no call may be made. */
void job_leave(struct site *site);
/* Fails the test when a call was made. */
void job_come_back(struct site *site);

/* The words, with --live and the snapshot. */
struct run *job_run(struct site *site, const char *const *words);

#endif
