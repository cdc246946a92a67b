/* guest_log.h: what programs in guests wrote, kept in a file beside the state.
 *
 * Output comes in pieces while a step runs; it is held back until the step has ended, so that
 * no secret can hide in the seam of two pieces, and written under one heading. The file is the
 * owner's alone, and grows from run to run. What cannot be written is said once and stops
 * nothing: the log is for people. All functions may be called from several threads.
 */
#ifndef GF_GUEST_LOG_H
#define GF_GUEST_LOG_H

#include <stdbool.h>

#include "provider.h"

struct guest_log;
struct secrets;
struct strbuf;

/* path is borrowed, secrets too. The file is made when there is something to write. */
struct guest_log *guest_log_new(const char *path, const struct secrets *secrets);
void guest_log_free(struct guest_log *log); /* accepts NULL */

/* A piece of output (EVENT_OUTPUT). */
void guest_log_add(struct guest_log *log, const struct event *event);

/* The step has ended. Appends its redacted output to `out`; false when it wrote nothing. */
bool guest_log_end(struct guest_log *log, const struct step *step, const char *outcome,
                   struct strbuf *out);

/* Where the output is; NULL while nothing was written, or when it could not be. */
const char *guest_log_path(struct guest_log *log);

#endif
