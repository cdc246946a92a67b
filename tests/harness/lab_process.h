/* lab_process.h: gridform-lab as a child process, and its control server.
 *
 * Every function ends the test (cmocka's fail) when the lab does not do what it is asked;
 * a test that expects a refusal uses lab_try. JSON results belong to the caller unless the
 * comment says borrowed. Paths are those of lab.h and world.h; names in them are written as
 * they are ("vra/services/Machine Learning"): what URLs do not carry is escaped here.
 */
#ifndef GF_TESTS_LAB_PROCESS_H
#define GF_TESTS_LAB_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include <jansson.h>

#include "compiler.h"

struct lab {
    char dir[128];     /* certificates, overlay.yaml, log; removed by lab_stop */
    char control[128]; /* http://127.0.0.1:PORT */
    pid_t pid;
    int input; /* the lab ends when this closes */
};

/* Start the lab with a world file; speed: simulated seconds in a real one. The directory is a
 * new one below /tmp, or, when lab->dir is set, that one: keys and certificates are kept. */
void lab_start(struct lab *lab, const char *world_file, unsigned speed);
/* End it; fails the test when the lab did not end cleanly (a finding of a sanitizer, say). */
void lab_stop(struct lab *lab);
/* As lab_stop, but its directory stays, for another lab_start. */
void lab_pause(struct lab *lab);

/* One call; the status of the answer is returned, its JSON set when ret_json is not NULL. */
long lab_try(const struct lab *lab, const char *method, const char *path, const json_t *body,
             json_t **ret_json);
json_t *lab_get(const struct lab *lab, const char *path);
void lab_post(const struct lab *lab, const char *path, const json_t *body);

/* ---- the world ----------------------------------------------------------------------------
 */

json_t *lab_world(const struct lab *lab);
/* Change the world from outside: value is JSON text ("true", "\"shared\"", "null"); path is a
 * format, without the leading "world/". */
void PRINTF_LIKE(3, 4)
    lab_poke(const struct lab *lab, const char *value, const char *path, ...);
/* One value of the world by its path, for comparing. */
json_t *PRINTF_LIKE(2, 3) lab_look(const struct lab *lab, const char *path, ...);

/* A file of a guest that is off, by the machine's id; NULL: there is none. Caller frees. */
char *lab_guest_file(const struct lab *lab, const char *moref, const char *path);

/* ---- what happened --------------------------------------------------------------------------
 */

json_t *lab_calls(const struct lab *lab);
json_t *lab_events(const struct lab *lab);
void lab_forget(const struct lab *lab); /* empties record and events */
/* Of a record: how many calls change something. */
size_t calls_changing(const json_t *calls);
/* Events of a kind; object NULL: any. */
size_t events_count(const json_t *events, const char *event, const char *object);
/* Calls of an operation; a detail that is not NULL must be part of the recorded one. */
size_t calls_count(const json_t *calls, const char *operation, const char *detail);

/* ---- faults
 * ----------------------------------------------------------------------------------- */

/* fault: the members of a fault as JSON text, as lab.h describes them. */
void lab_fault(const struct lab *lab, const char *fault);
void lab_no_faults(const struct lab *lab);
void lab_hold(const struct lab *lab, unsigned call);
/* Whether a call is held, waiting up to ms for it. */
bool lab_is_held(const struct lab *lab, unsigned ms);
/* Let it go, with its answer or without. */
void lab_release(const struct lab *lab, bool answer);

/* ---- JSON
 * --------------------------------------------------------------------------------------- */

/* Below `at` by members and indexes joined with '/'; NULL when nothing is there. Borrowed. */
const json_t *PRINTF_LIKE(2, 3) json_at(const json_t *at, const char *path, ...);
/* The text there, "" when there is none. Borrowed. */
const char *PRINTF_LIKE(2, 3) json_text_at(const json_t *at, const char *path, ...);
json_int_t PRINTF_LIKE(2, 3) json_int_at(const json_t *at, const char *path, ...);
bool PRINTF_LIKE(2, 3) json_true_at(const json_t *at, const char *path, ...);
json_t *json_parse(const char *text); /* fails the test when it is no JSON */

#endif
