/* site.h: one site under test: a lab, a manifest, a state, and the program `gridform`.
 *
 *     struct site site;
 *     site_start(&site, NULL);                     the reference world, examples/tensorflow
 *     struct run *run = GRIDFORM(&site, "plan", "--json");
 *     run_expect(run, 0);                          the exit status, else fails with the output
 *     ... run->out, run->err ...
 *     run_free(run);
 *     site_stop(&site);
 *
 * Everything of a site is below site.dir: manifest/, gridform.state, overlay.yaml, runs/ with
 * the output of every run. The directory is removed at the end. A finding of a sanitizer, a
 * crash, or a run that does not end in time fails the test.
 */
#ifndef GF_TESTS_SITE_H
#define GF_TESTS_SITE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "files.h"
#include "lab_process.h"

enum { SITE_ENV_MAX = 80 };

struct site_options {
    const char *world;    /* path of a world file; NULL: reference.yaml */
    const char *manifest; /* directory to copy; NULL: examples/tensorflow */
    unsigned speed;       /* simulated seconds per real one; 0: 6000 */
    bool guest; /* the example with the preparation of its template's guest: takes a sandbox */
};

struct site {
    struct lab lab;
    char dir[128], manifest[160], state[160], overlay[160], world[160];
    unsigned speed;
    const char *env[SITE_ENV_MAX]; /* NAME=VALUE, beside the passwords; NULL-terminated */
    int64_t file_size;             /* RLIMIT_FSIZE of the program; 0: none */
    const char *state_section; /* of the overlay, instead of --state; see site_keep_state */
    unsigned n_runs;
};

/* A run that has ended. status: exit status, or -1 when a signal ended it. */
struct run {
    int status;
    char *out, *err;
    char what[256]; /* the words, for messages */
};

/* A run under way. */
struct child {
    pid_t pid;
    unsigned number;
    char what[256];
};

/* A copy of examples/tensorflow: with the preparation of the guest, and the file that goes there,
 * or without. */
void copy_example(const char *directory, bool guest);

void site_start(struct site *site, const struct site_options *options);
/* As site_start, but into site->lab.dir when that is set: certificates are used again. */
void site_stop(struct site *site);
/* End the lab, and start it again as the world file says, under the same addresses' names. */
void site_fresh_lab(struct site *site);
/* From now on the manifest says where the state is kept, with this text of YAML (borrowed). */
void site_keep_state(struct site *site, const char *section);
/* Forget the state: file, journal, backup. */
void site_lose_state(const struct site *site);

/* words: command and arguments, NULL-terminated; directory, overlay and state are added where
 * the command takes them. */
struct child site_launch(struct site *site, const char *const *words);
struct run *site_finish(struct site *site, const struct child *child);
/* Until a run under way has printed this text; fails when it does not. */
void site_await_output(const struct site *site, const struct child *child, const char *text);
/* kill -9, and wait for it. */
void site_kill(const struct child *child);
bool site_has_ended(const struct child *child);
struct run *site_run(struct site *site, const char *const *words);
#define GRIDFORM(site, ...) site_run((site), (const char *const[]){__VA_ARGS__, NULL})

/* Run, expect the status, forget the output. */
#define GRIDFORM_EXPECT(site, status, ...)                                                     \
    run_free(run_expect(GRIDFORM((site), __VA_ARGS__), (status)))

struct run *run_expect(struct run *run, int status); /* returns run */
/* The text must (not) be in what was printed, on either stream. */
void run_says(const struct run *run, const char *text);
void run_says_not(const struct run *run, const char *text);
json_t *run_json(const struct run *run); /* standard output; caller decrefs */
void run_free(struct run *run);

/* apply --yes, expecting 0; then plan --detailed-exitcode, expecting 0: it is empty. */
void site_converge(struct site *site);
/* The change of an address in a plan's JSON; NULL when there is none. Borrowed. */
const json_t *plan_change(const json_t *plan, const char *address);

#endif
