/* state_edit.c: see state_edit.h. */
#include "state_edit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"

int state_edit_look(struct app *app)
{
    int code = app_read_state(app);
    if (code == EXIT_OK && app->state == NULL)
        return app_fail(EXIT_USAGE, "%s: no state yet", app->state_path);
    return code;
}

int state_edit_unknown(const struct app *app, const char *address)
{
    const char *near = app_nearest(app, &app->state->resources, address);
    return app_fail(EXIT_USAGE, "no resource %s in the state%s", address,
                    near[0] == '\0' ? "; gridform state list shows them" : near);
}

int state_edit_ask(const struct app *app, const char *question)
{
    char answer[16];
    if (app->options->auto_approve)
        return EXIT_OK;
    if (!isatty(STDIN_FILENO))
        return app_fail(EXIT_USAGE, "nobody can be asked here: use --yes");
    fflush(stdout);
    fprintf(stderr, "%s Only yes is yes: ", question);
    if (fgets(answer, sizeof(answer), stdin) != NULL && strcmp(answer, "yes\n") == 0)
        return EXIT_OK;
    return app_fail(EXIT_USAGE, "nothing was changed");
}

int state_edit_write(struct app *app)
{
    struct err err = {0};
    app->state->serial++;
    if (app->store->ops->write(app->store, app->state, &err) < 0)
        return app_fail(app_storage_code(&err), "%s", err.message);
    return EXIT_OK;
}

int state_edit_replace(struct app *app, struct state *state)
{
    const struct state *former = app->state;
    for (size_t i = 0; former != NULL && i < former->n_plans; i++)
        state_add_plan(state, app->arena, former->plans[i]);
    for (size_t i = 0; former != NULL && i < former->n_intents; i++)
        state_add_intent(state, app->arena, &former->intents[i]);
    state->serial = former == NULL ? 0 : former->serial;
    app->state = state;
    return state_edit_write(app);
}
