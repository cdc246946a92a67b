/* carry_out.h: a plan is shown, agreed to and carried out: what the commands that change the
 * world have in common. The state is locked, live values are read. All return exit codes.
 */
#ifndef GF_CARRY_OUT_H
#define GF_CARRY_OUT_H

#include "app.h"

/* The plan as text; as events, only what else explains the exit status. */
void carry_out_print(const struct app *app, const struct plan *plan);

/* Ask the person at the terminal, unless --yes was said. instead: what else could be done where
 * nobody sits, or NULL. */
int carry_out_ask(const struct app *app, const char *instead);

int carry_out(struct app *app, const struct plan *plan);

#endif
