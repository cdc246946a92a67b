/* cmd_force_unlock.c: take away a lock whose holder is gone. */
#include <stdio.h>

#include "app.h"
#include "command.h"

/* A lock that dies with its process: there is nothing to take away. */
static int tell(struct app *app)
{
    struct lock_info holder = {0};
    struct err err = {0};
    int held = app->store->ops->holder(app->store, &holder, &err);
    if (held < 0)
        return app_fail(app_storage_code(&err), "%s", err.message);
    if (held == 0) {
        printf("%s is not locked. The lock of a file ends with the process that holds it.\n",
               app->state_path);
        return EXIT_OK;
    }
    app_print_holder(&holder, "the state is locked by");
    return app_fail(EXIT_LOCKED, "the lock of a file ends with the process that holds it: end "
                                 "that one, and the lock is gone");
}

static int run(const struct options *options)
{
    struct app app;
    struct err err = {0};
    const char *id = options->arguments[0];
    app_init(&app, options);
    int code = app_open_store(&app);
    if (code == EXIT_OK && app.store->ops->force_unlock == NULL)
        code = tell(&app);
    else if (code == EXIT_OK && app.store->ops->force_unlock(app.store, id, &err) < 0)
        code = app_fail(err.code == ERR_CONFLICT ? EXIT_USAGE : (int)app_storage_code(&err),
                        "%s", err.message);
    else if (code == EXIT_OK)
        printf("%s: the lock %s is taken away\n", app.state_path, id);
    app_release(&app);
    return code;
}

static const enum option_id options[] = {OPTION_DIRECTORY, OPTION_OVERLAY, OPTION_VAR,
                                         OPTION_STATE};

const struct command command_force_unlock = {
    .name = "force-unlock",
    .arguments = "ID",
    .least_arguments = 1,
    .most_arguments = 1,
    .summary = "Take away the lock of a run that is gone",
    .help =
        "Takes away the state's lock with this ID, which the messages about it show. Only for\n"
        "a lock whose run was killed or lost its network: one that still runs would go on.\n\n"
        "Locks of the http backend stay until they are given back. The lock of a state file\n"
        "ends with its process: there the command says who holds it.",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .run = run,
};
