/* origin.h: where the files of a run come from: the disk, or a commit (--ref, or a saved plan
 * that was made with it), and what is known of that commit. Demands on it (--require-…) are
 * checked here as well.
 */
#ifndef GF_ORIGIN_H
#define GF_ORIGIN_H

#include "git_source.h"

struct app;
struct config;
struct plan_input;
struct value;

struct origin {
    const struct value *saved; /* "source" of a saved plan, or NULL: set before app_load */
    struct git_place *place;   /* NULL: in no repository */
    bool from_commit;          /* the files are those of ref.commit, whatever the disk holds */
    struct git_ref ref;        /* from_commit */
    const char *said;          /* as the user named it, or the branch; or NULL */
    struct git_commit_info commit; /* ref.commit, or HEAD; id NULL: none */
    bool dirty;                    /* the files on disk differ from commit */
    const char *signer;            /* of the commit, when that was checked */
    struct config *base; /* what the files were where a range begins; NULL: there were none */
};

void origin_release(struct origin *origin);

/* Before the files are read: where from. Exit codes. */
int origin_open(struct app *app, const struct source **ret);
/* After: sets app->commit, where what cannot be known is a warning, and reads the files that a
 * range begins with. Exit codes. */
int origin_note(struct app *app);

/* For the plan: NULL unless the files are those of a commit. */
const struct value *origin_for_plan(const struct app *app);
/* For the state; NULL: nothing is known. */
const struct value *origin_for_state(const struct app *app);

/* Of a range, the addresses that the plan is about; NULL when it is none. */
const char *const *origin_narrow(struct app *app, const struct plan_input *input);

/* --require-clean, --require-ref, --require-signed. Who signed is printed. */
int origin_check(struct app *app);

#endif
