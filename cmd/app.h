/* app.h: one run of a command: files, state, live values, plan; each fetched when asked for.
 *
 * The functions return an exit code: EXIT_OK to go on, anything else after the message has
 * been printed to standard error.
 */
#ifndef GF_APP_H
#define GF_APP_H

#include "command.h"
#include "load.h"
#include "open_store.h"
#include "origin.h"
#include "plan.h"
#include "render.h"
#include "sessions.h"
#include "store.h"

struct seal;
struct secrets;
struct snapshot;
struct strbuf;

struct app {
    const struct options *options;
    struct arena *arena;
    struct diags *diags;
    struct loaded loaded;
    struct origin origin;
    const char *commit; /* of the manifest, or NULL */
    struct config
        *settings;        /* when nothing was loaded: the sections about the state, or NULL */
    struct secrets *keys; /* of the seal, for redaction */
    struct seal *seal;    /* what the manifest encrypts with, once the store is open; or NULL */
    struct opened_store opened;
    const char *state_path; /* opened.name */
    struct store *store;    /* opened.store */
    struct state *state;    /* NULL: none yet */
    struct run_env env;
    struct sessions *sessions;
    struct instances live;
    struct facts facts;
    struct snapshot *snapshot; /* --live: instead of the systems; NULL: they are asked */
    const char *const *only;   /* addresses that app_plan is about; NULL: all */
    const char *command;       /* whose run it is: "plan"; NULL: it prints no reports */
    bool reports;              /* the output is a report: findings are printed there */
    bool rules_checked;        /* the files could be read */
    bool provider_trouble;     /* something could not be read */
    bool locked;
};

/* The kinds that a state may hold. */
extern const struct schema_source app_schemas;

void app_init(struct app *app, const struct options *options);
void app_release(struct app *app);

/* Files → configuration, findings printed. Rules that need no live facts are checked. */
int app_load(struct app *app);
/* The keys of the section encryption, for who needs them before the store is open. */
int app_open_seal(struct app *app);
/* Where the state is kept: by the manifest, which commands that use nothing else of it need not
 * have loaded. */
int app_open_store(struct app *app);
/* The state; a reader takes no lock, and says when an apply is under way. With --live it is the
 * one of the snapshot (live_file.h). */
int app_read_state(struct app *app);
int app_read_stored_state(struct app *app); /* the same without looking at --live */
/* Whether a file with the state is at hand; sets state_path. No backend is asked. */
bool app_state_is_there(struct app *app);
/* Take the lock first (apply). From here on an interrupt cancels app->env, so that a lock that
 * outlives the process is given back by app_release. */
int app_lock_state(struct app *app, const char *operation);
/* EXIT_INTERRUPTED after a message when an interrupt came before anything was changed. */
int app_check_interrupt(const struct app *app);
/* Connect and read everything; provider failures are printed and remembered. */
int app_read_live(struct app *app);
/* Build the plan and check the rules with live facts; refusals make EXIT_REFUSED, but the plan
 * is set all the same. adopt: addresses, NULL-terminated. */
int app_plan(struct app *app, const char *const *adopt, const struct plan **ret_plan);

/* The usual course of a command that only reads: everything up to a stage, then `work`, then
 * the end. */
enum app_stage { APP_FILES, APP_STATE, APP_LIVE };
int app_run(const struct options *options, enum app_stage stage, int (*work)(struct app *app));
/* The same for a command that also prints reports: when the files are at fault, it prints one.
 */
int app_run_reporting(const struct options *options, const char *command, enum app_stage stage,
                      int (*work)(struct app *app));

/* Take out of a text what must not be seen: a secret may stand anywhere in the world. */
void app_redact(const struct app *app, struct strbuf *text);
/* Write a text to standard output, redacted, and release it. */
void app_print(const struct app *app, struct strbuf *text);

/* Write what was found in the files so far to standard error; not when the output is a report,
 * which has it all (report.h). */
void app_print_findings(struct app *app);
/* Print a report of what was found in the files and by the rules; plan and drift are those that
 * there are, or NULL. */
void app_print_report(struct app *app, const struct plan *plan, const struct drift *drift);
/* Print a line to standard error: "gridform: …". What must not reach a terminal or the log of a
 * pipeline is replaced, ends of lines included. */
void app_note(const char *format, ...) PRINTF_LIKE(1, 2);
/* The same for an error. Returns code, for one-line returns. */
int app_fail(enum exit_code code, const char *format, ...) PRINTF_LIKE(2, 3);
/* "; did you mean host/esx-01?" for an address that there is not among all, or "". */
const char *app_nearest(const struct app *app, const struct instances *all,
                        const char *address);
/* Describe the holder of the state's lock on standard error: "gridform: PREFIX jane@host …". */
void app_print_holder(const struct lock_info *holder, const char *prefix);
/* The exit code that an error of the state's storage means. */
enum exit_code app_storage_code(const struct err *err);

/* The kinds, for readers of states and snapshots. */
extern const struct schema_source app_schemas;

/* Colour on standard output: a terminal, and nobody said no (NO_COLOR, --no-color). */
bool app_colour(const struct app *app);

/* For a forge: the limit that was asked for, and where the manifest is. */
struct markdown_style app_markdown_style(const struct app *app);

/* The same, and the width of that terminal. */
struct look app_look(const struct app *app);

/* Wall clock in Unix milliseconds. */
int64_t app_wall_ms(void);
/* 32 random hex digits and a NUL. */
void app_random_hex(char ret[static 33]);

#endif
