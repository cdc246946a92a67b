/* state_edit.h: what the commands share that change the state and nothing in the world. */
#ifndef GF_STATE_EDIT_H
#define GF_STATE_EDIT_H

#include "app.h"

/* Read the state for a command that only looks: EXIT_USAGE when there is none. */
int state_edit_look(struct app *app);

/* No such address: says which is near. Always EXIT_USAGE. */
int state_edit_unknown(const struct app *app, const char *address);

/* "QUESTION Only yes is yes: ", unless --yes; EXIT_USAGE when the answer is another one. */
int state_edit_ask(const struct app *app, const char *question);

/* Write app->state as the next serial. */
int state_edit_write(struct app *app);
/* Write another state in its place, as the next serial. What was applied and what is under way
 * stays known: plan ids and open intents of app->state are carried over. */
int state_edit_replace(struct app *app, struct state *state);

#endif
