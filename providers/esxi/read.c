/* read.c: one look at one host, and many hosts at once.
 *
 * A host costs one connection and one command; a second command follows only when an answer
 * was not the XML that was asked for. What a host does wrong is its own: the others are read
 * all the same, and nobody is asked twice (a second wrong password is one nearer to a lock).
 */
#include "esxi.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "arena.h"
#include "redact.h"
#include "strbuf.h"

enum { THREADS_MAX = 64 };

/* ---- one look --------------------------------------------------------------------------- */

static const char *const graphics_xml[] = {
    "esxcli", "--formatter=xml", "graphics", "host", "get", NULL};
static const char *const devices_xml[] = {
    "esxcli", "--formatter=xml", "graphics", "device", "list", NULL};
static const char *const vibs_xml[] = {"esxcli", "--formatter=xml", "software", "vib", "list",
                                       NULL};
static const char *const smi_xml[] = {"nvidia-smi", "-q", "-x", NULL};
static const char *const graphics_text[] = {"esxcli", "graphics", "host", "get", NULL};
static const char *const devices_text[] = {"esxcli", "graphics", "device", "list", NULL};
static const char *const vibs_text[] = {"esxcli", "software", "vib", "list", NULL};
static const char *const smi_text[] = {"nvidia-smi", "-q", NULL};

static const struct {
    unsigned what;
    const char *const *xml, *const *text;
    const char *name;
    enum esx_shape shape;
} questions[] = {
    {LOOK_GRAPHICS, graphics_xml, graphics_text, "esxcli graphics host get", SHAPE_FIELDS},
    {LOOK_DEVICES, devices_xml, devices_text, "esxcli graphics device list", SHAPE_FIELDS},
    {LOOK_VIBS, vibs_xml, vibs_text, "esxcli software vib list", SHAPE_TABLE},
    {LOOK_SMI, smi_xml, smi_text, "nvidia-smi -q", SHAPE_FIELDS},
};

static struct answer *answer_of(struct sight *sight, unsigned what)
{
    return what == LOOK_GRAPHICS  ? &sight->graphics
           : what == LOOK_DEVICES ? &sight->devices
                                  : &sight->vibs;
}

static const char *keep(struct shell *shell, struct err *err)
{
    secrets_redact_err(shell->session->secrets, err);
    return arena_strdup(shell->arena, err->message);
}

static bool formatter_unknown(const struct part *part)
{
    const char *line = part->output;
    return part->status != 0 && strcasestr(line, "formatter") != NULL;
}

/* What esxcli answered. False: ask for text. */
static bool take_esxcli(struct shell *shell, struct sight *sight, size_t question,
                        const struct part *part, bool xml)
{
    struct err err = {0};
    struct answer *answer = answer_of(sight, questions[question].what);
    answer->problem = NULL;
    if (part->status != 0) {
        if (xml && formatter_unknown(part))
            return false;
        if (esxcli_error(part, questions[question].name, &err) < 0)
            answer->problem = keep(shell, &err);
        if (esxcli_no_hostd(part))
            sight->hostd = answer->problem;
        return true;
    }
    int rc =
        xml ? records_from_xml(part->output, part->size, shell->arena, &answer->records, &err)
            : records_from_text(part->output, part->size, questions[question].shape,
                                shell->arena, &answer->records, &err);
    /* Every host has VIBs: an empty list is no list. */
    if (rc == 0 && questions[question].what == LOOK_VIBS && answer->records.n == 0)
        rc = err_set(&err, ERR_INVALID, "it lists nothing");
    if (rc == 0)
        return true;
    err_wrap(&err, "%s: the answer is not understood", questions[question].name);
    answer->problem = keep(shell, &err);
    return !xml;
}

static bool take_smi(struct shell *shell, struct sight *sight, const struct part *part,
                     bool xml)
{
    struct err err = {0};
    if (part->status == 0) {
        if ((xml ? smi_from_xml : smi_from_text)(part->output, part->size, shell->arena,
                                                 &sight->smi, &err) == 0)
            return true;
        if (xml)
            return false;
    }
    smi_from_failure(part, shell->arena, &sight->smi);
    if (sight->smi.reason != NULL) {
        err_set(&err, ERR_INVALID, "%s", sight->smi.reason);
        sight->smi.reason = keep(shell, &err);
    }
    return true;
}

/* Ask the questions in `what`; returns in ret_left those whose XML was of no use. */
static int ask(struct shell *shell, unsigned what, bool xml, struct sight *sight,
               unsigned *ret_left, struct err *err)
{
    struct script script = {.n = 0};
    struct part parts[SCRIPT_MAX];
    for (size_t i = 0; i < ARRAY_LEN(questions); i++)
        if (what & questions[i].what)
            script.commands[script.n++] = xml ? questions[i].xml : questions[i].text;
    if (shell_run(shell, &script, parts, err) < 0)
        return -1;
    const struct part *part = parts;
    *ret_left = 0;
    for (size_t i = 0; i < ARRAY_LEN(questions); i++) {
        if (!(what & questions[i].what))
            continue;
        bool taken = questions[i].what == LOOK_SMI ? take_smi(shell, sight, part, xml)
                                                   : take_esxcli(shell, sight, i, part, xml);
        *ret_left |= taken ? 0 : questions[i].what;
        part++;
    }
    return 0;
}

int sight_take(struct shell *shell, unsigned what, struct sight *ret, struct err *err)
{
    unsigned left;
    *ret = (struct sight){.hostd = NULL};
    if (ask(shell, what, true, ret, &left, err) < 0)
        return -1;
    return left == 0 ? 0 : ask(shell, left, false, ret, &left, err);
}

int esxi_read_host(struct shell *shell, const struct value *ret_attrs[ESXI_ATTR_COUNT],
                   const char **ret_hostd, struct err *err)
{
    struct sight sight;
    if (shell_open(shell, err) < 0)
        return -1;
    int rc = sight_take(shell, LOOK_ALL, &sight, err);
    shell_close(shell);
    if (rc < 0)
        return err_wrap(err, "%s", shell->host);
    *ret_hostd = sight.hostd;
    facts_derive(&sight, shell->arena, ret_attrs);
    return 0;
}

/* ---- many hosts ------------------------------------------------------------------------- */

struct job {
    struct read_item *item;
    struct arena *arena; /* of the worker: arenas are not shared between threads */
    const struct value *attrs[ESXI_ATTR_COUNT];
    const char *reason; /* NULL: read */
};

struct crew {
    const struct session *session;
    const struct op_env *env;
    struct job *jobs;
    size_t n;
    atomic_size_t next;
};

static bool cancelled(const struct op_env *env)
{
    return env->cancelled != NULL && env->cancelled(env->context);
}

static void read_job(const struct crew *crew, struct job *job)
{
    struct err err = {0};
    struct shell shell = {.session = crew->session,
                          .env = crew->env,
                          .arena = job->arena,
                          .host = job->item->wanted->name};
    if (esxi_read_host(&shell, job->attrs, &job->reason, &err) == 0)
        return;
    secrets_redact_err(crew->session->secrets, &err);
    job->reason = arena_strdup(job->arena, err.message);
}

static void *work(void *context)
{
    struct crew *crew = context;
    for (;;) {
        size_t i = atomic_fetch_add(&crew->next, 1);
        if (i >= crew->n || cancelled(crew->env))
            return NULL;
        read_job(crew, &crew->jobs[i]);
    }
}

/* The calling thread works too, so that a thread that cannot be started costs only time. */
static void run_crew(struct crew *crew)
{
    pthread_t threads[THREADS_MAX - 1];
    size_t wanted = crew->n < THREADS_MAX ? crew->n : THREADS_MAX, started = 0;
    while (started + 1 < wanted && pthread_create(&threads[started], NULL, work, crew) == 0)
        started++;
    work(crew);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
}

static void hand_over(struct job *job, struct arena *arena)
{
    struct instance *live = job->item->live;
    live->presence = job->reason == NULL ? PRESENCE_PRESENT : PRESENCE_UNREADABLE;
    if (job->reason != NULL)
        live->reason = arena_strdup(arena, job->reason);
    for (size_t i = 0; job->reason == NULL && i < ESXI_ATTR_COUNT; i++)
        instance_set(live, esxi_attr_names[i], value_copy(arena, job->attrs[i]));
}

int esxi_read_many(struct session *session, const struct op_env *env, struct read_item *items,
                   size_t n, struct arena *arena, struct err *err)
{
    struct crew crew = {.session = session, .env = env, .n = n};
    if (n == 0)
        return 0;
    crew.jobs = ARENA_ARRAY(arena, n, struct job);
    for (size_t i = 0; i < n; i++)
        crew.jobs[i] = (struct job){.item = &items[i], .arena = arena_new()};
    run_crew(&crew);
    bool stopped = cancelled(env);
    for (size_t i = 0; i < n; i++) {
        if (!stopped)
            hand_over(&crew.jobs[i], arena);
        arena_free(crew.jobs[i].arena);
    }
    return stopped ? err_set(err, ERR_CANCELLED, "cancelled while hosts were being read") : 0;
}
