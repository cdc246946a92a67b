/* sessions.c: see sessions.h. */
#include "sessions.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "cred.h"
#include "redact.h"
#include "vec.h"

enum {
    CREDS_MAX = 8,
    REFERENCES_MAX = 256,
    PROVIDERS_MAX = 8,
    SECRET_LEAST = 8
};

struct held_cred {
    const char *attr;
    struct cred cred;
};

/* Secrets that steps refer to, each resolved once for all of them; any thread may ask. */
struct references {
    pthread_mutex_t lock; /* of all that follows */
    struct arena *arena;
    struct held_reference {
        const struct value *reference;
        struct cred cred;
    } held[REFERENCES_MAX];
    size_t n;
};

struct open_provider {
    const struct provider *provider;
    struct provider_config config;
    struct sessions *owner;
    struct session *session; /* NULL: not open */
    struct err failure;
    struct arena *own; /* providers are opened side by side: nothing is shared */
    struct held_cred creds[CREDS_MAX];
    size_t n_creds;
    /* One pass of reading. */
    struct read_item *items;
    size_t n_items;
    struct arena *arena;
};

struct sessions {
    struct run_env *env;
    struct secrets *secrets;
    struct arena *arena;
    struct open_provider providers[PROVIDERS_MAX];
    size_t n;
    struct references *references;
};

/* ---- secrets ------------------------------------------------------------------------------ */

/* The canonical map of type_secret to a reference. */
static int to_reference(const struct value *value, struct arena *arena, struct cred_ref *ret)
{
    static const struct {
        const char *key;
        enum cred_source source;
    } sources[] = {{"env", CRED_ENV}, {"file", CRED_FILE}, {"credential", CRED_CREDENTIAL}};
    for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
        const char *name = value_get_text(value, sources[i].key);
        if (name != NULL) {
            *ret = (struct cred_ref){.source = sources[i].source, .name = name};
            return 0;
        }
    }
    const struct value *command = value_get(value, "command");
    if (value_count(command) == 0)
        return -1;
    const char **argv = ARENA_ARRAY(arena, value_count(command) + 1, const char *);
    for (size_t i = 0; i < value_count(command); i++)
        argv[i] = value_text(value_at(command, i));
    *ret = (struct cred_ref){.source = CRED_COMMAND, .argv = argv};
    return 0;
}

static bool cancel_asked(void *context)
{
    const struct run_env *env = context;
    return env->op.cancelled(env->op.context);
}

/* Relative files are beside the manifest. */
static int resolve(const struct open_provider *p, const struct value *value,
                   struct arena *arena, struct cred *ret_cred, struct err *err)
{
    struct cred_ref reference;
    if (to_reference(value, arena, &reference) < 0)
        return err_set(err, ERR_INVALID, "it is not set");
    if (reference.source == CRED_FILE && reference.name[0] != '/')
        reference.name = arena_printf(arena, "%s/%s", p->config.directory, reference.name);
    const struct cancel cancel = {cancel_asked, p->owner->env};
    return cred_resolve(&reference, p->owner->secrets, &cancel, ret_cred, err);
}

static int get_secret(void *context, const char *attr, const char **ret_secret,
                      struct err *err)
{
    struct open_provider *p = context;
    for (size_t i = 0; i < p->n_creds; i++) {
        if (strcmp(p->creds[i].attr, attr) == 0) {
            *ret_secret = p->creds[i].cred.value;
            return 0;
        }
    }
    if (p->n_creds == CREDS_MAX)
        return err_set(err, ERR_INTERNAL, "%s: too many secrets", attr);
    struct held_cred *held = &p->creds[p->n_creds];
    if (resolve(p, instance_get(p->config.settings, attr), p->own, &held->cred, err) < 0)
        return err_wrap(err, "%s", attr);
    held->attr = attr;
    p->n_creds++;
    *ret_secret = held->cred.value;
    return 0;
}

static int resolve_reference(struct open_provider *p, const struct value *reference,
                             const char **ret_secret, struct err *err)
{
    struct references *all = p->owner->references;
    for (size_t i = 0; i < all->n; i++) {
        if (value_equal(all->held[i].reference, reference)) {
            *ret_secret = all->held[i].cred.value;
            return 0;
        }
    }
    if (all->n == REFERENCES_MAX)
        return err_set(err, ERR_INVALID, "more than %d different secrets in one run",
                       REFERENCES_MAX);
    struct held_reference *held = &all->held[all->n];
    held->reference = value_copy(all->arena, reference);
    if (resolve(p, held->reference, all->arena, &held->cred, err) < 0)
        return -1;
    all->n++;
    *ret_secret = held->cred.value;
    return 0;
}

static int get_reference(void *context, const struct value *reference, const char **ret_secret,
                         struct err *err)
{
    struct open_provider *p = context;
    pthread_mutex_lock(&p->owner->references->lock);
    int result = resolve_reference(p, reference, ret_secret, err);
    pthread_mutex_unlock(&p->owner->references->lock);
    return result;
}

static struct references *references_new(void)
{
    struct references *all = calloc(1, sizeof(*all));
    if (all == NULL)
        abort();
    pthread_mutex_init(&all->lock, NULL);
    all->arena = arena_new();
    return all;
}

static void references_free(struct references *all)
{
    for (size_t i = 0; i < all->n; i++)
        cred_release(&all->held[i].cred);
    pthread_mutex_destroy(&all->lock);
    arena_free(all->arena);
    free(all);
}

/* ---- life --------------------------------------------------------------------------------- */

struct sessions *sessions_new(const struct config *config, const char *directory,
                              struct run_env *env)
{
    struct sessions *sessions = calloc(1, sizeof(*sessions));
    if (sessions == NULL)
        abort();
    sessions->env = env;
    sessions->secrets = secrets_new();
    sessions->arena = arena_new();
    sessions->references = references_new();
    for (size_t i = 0; i < config->providers.n && sessions->n < PROVIDERS_MAX; i++) {
        const struct instance *settings = config->providers.items[i];
        const struct provider *provider = provider_find(all_providers, settings->name);
        if (provider == NULL)
            continue;
        struct open_provider *p = &sessions->providers[sessions->n++];
        *p = (struct open_provider){.provider = provider, .owner = sessions, .own = arena_new()};
        p->config = (struct provider_config){.settings = settings,
                                             .directory = directory,
                                             .secret = get_secret,
                                             .reference = get_reference,
                                             .context = p,
                                             .redact = sessions->secrets};
    }
    return sessions;
}

void sessions_close(struct sessions *sessions)
{
    if (sessions == NULL)
        return;
    for (size_t i = 0; i < sessions->n; i++) {
        struct open_provider *p = &sessions->providers[i];
        if (p->session != NULL)
            p->provider->close(p->session);
        for (size_t c = 0; c < p->n_creds; c++)
            cred_release(&p->creds[c].cred);
        arena_free(p->own);
    }
    references_free(sessions->references);
    secrets_free(sessions->secrets);
    arena_free(sessions->arena);
    free(sessions);
}

struct secrets *sessions_secrets(struct sessions *sessions)
{
    return sessions->secrets;
}

static bool value_holds(const struct value *value, const char *text)
{
    bool found = value_text(value) != NULL && strstr(value_text(value), text) != NULL;
    for (size_t i = 0; value->type == VALUE_LIST && !found && i < value_count(value); i++)
        found = value_holds(value_at(value, i), text);
    for (size_t i = 0; value->type == VALUE_MAP && !found && i < value->map.n; i++)
        found = value_holds(value->map.fields[i].value, text);
    return found;
}

const char *sessions_secret_in(const struct sessions *sessions, const struct value *value)
{
    for (size_t i = 0; i < sessions->n; i++) {
        const struct open_provider *p = &sessions->providers[i];
        for (size_t c = 0; c < p->n_creds; c++)
            if (p->creds[c].cred.size >= SECRET_LEAST &&
                value_holds(value, p->creds[c].cred.value))
                return arena_printf(sessions->arena, "%s of %s", p->creds[c].attr,
                                    p->provider->name);
    }
    return NULL;
}

/* Start one thread per provider; a thread that cannot be started is run in place. */
static void for_each_provider(struct sessions *sessions, void *(*work)(void *))
{
    pthread_t threads[PROVIDERS_MAX];
    bool started[PROVIDERS_MAX];
    for (size_t i = 0; i < sessions->n; i++) {
        started[i] = pthread_create(&threads[i], NULL, work, &sessions->providers[i]) == 0;
        if (!started[i])
            work(&sessions->providers[i]);
    }
    for (size_t i = 0; i < sessions->n; i++)
        if (started[i])
            pthread_join(threads[i], NULL);
}

static void *open_one(void *context)
{
    struct open_provider *p = context;
    if (p->provider->open(&p->config, &p->owner->env->op, &p->session, &p->failure) < 0) {
        p->session = NULL;
        secrets_redact_err(p->owner->secrets, &p->failure);
    }
    return NULL;
}

size_t sessions_open(struct sessions *sessions)
{
    for_each_provider(sessions, open_one);
    size_t failed = 0;
    for (size_t i = 0; i < sessions->n; i++)
        failed += sessions->providers[i].session == NULL;
    return failed;
}

size_t sessions_count(const struct sessions *sessions)
{
    return sessions->n;
}

const char *sessions_failure(const struct sessions *sessions, size_t index,
                             const char **ret_provider, enum err_code *ret_code)
{
    const struct open_provider *p = &sessions->providers[index];
    if (p->failure.code == ERR_NONE)
        return NULL;
    *ret_provider = p->provider->name;
    *ret_code = p->failure.code;
    return p->failure.message;
}

/* ---- reading ------------------------------------------------------------------------------ */

static unsigned facets_of(const struct schema *schema)
{
    unsigned facets = 0;
    for (size_t i = 0; i < schema->n_attrs; i++)
        facets |= schema->attrs[i].facets;
    return facets;
}

static void *read_one_provider(void *context)
{
    struct open_provider *p = context;
    if (p->n_items == 0)
        return NULL;
    struct err err = p->failure;
    int result = -1;
    if (p->session != NULL) {
        err_clear(&err);
        result = p->provider->read_many(p->session, &p->owner->env->op, p->items, p->n_items,
                                        p->arena, &err);
    }
    if (result == 0)
        return NULL;
    secrets_redact_err(p->owner->secrets, &err);
    p->failure = err;
    for (size_t i = 0; i < p->n_items; i++) {
        p->items[i].live->presence = PRESENCE_UNREADABLE;
        p->items[i].live->reason =
            arena_printf(p->arena, "%s: %s", p->provider->name, err.message);
    }
    return NULL;
}

/* Every attribute of a facet becomes unreadable for one reason. */
static void blind_facet(struct instance *live, unsigned facet, const char *reason,
                        struct arena *arena)
{
    const struct schema *schema = live->schema;
    for (size_t i = 0; i < schema->n_attrs; i++)
        if (schema->attrs[i].facets & facet)
            live->attrs[i] = value_unreadable(arena, "%s", reason);
}

/* Put what one provider read into the joined instance. The owner of the first facet says
 * whether the resource exists; another one that fails blinds its own attributes only. */
static void join(struct instance *live, const struct instance *part, unsigned facet, bool first,
                 struct arena *arena)
{
    const struct schema *schema = live->schema;
    if (first) {
        live->presence = part->presence;
        live->reason = part->reason;
        live->mark = part->mark;
    }
    live->ids = value_merge(arena, live->ids, part->ids);
    if (!first && part->presence != PRESENCE_PRESENT) {
        blind_facet(live, facet, part->reason != NULL ? part->reason : "not found", arena);
        return;
    }
    for (size_t i = 0; i < schema->n_attrs; i++)
        if (schema->attrs[i].facets & facet)
            live->attrs[i] = part->attrs[i];
}

static unsigned first_facet(unsigned facets)
{
    return facets & -facets;
}

static struct open_provider *owner_of(struct sessions *sessions, unsigned facet)
{
    for (size_t i = 0; i < sessions->n; i++)
        if (sessions->providers[i].provider->facet == facet)
            return &sessions->providers[i];
    return NULL;
}

struct wanted {
    const struct instance *instance;
    const struct value *ids;
};

/* Give every provider its share of the list. */
static void deal_items(struct sessions *sessions, const struct wanted *wanted, size_t n,
                       struct arena *arena)
{
    for (size_t p = 0; p < sessions->n; p++) {
        struct open_provider *provider = &sessions->providers[p];
        provider->items = ARENA_ARRAY(arena, n, struct read_item);
        provider->n_items = 0;
        provider->arena = arena_new();
        for (size_t i = 0; i < n; i++) {
            const struct instance *of = wanted[i].instance;
            if ((facets_of(of->schema) & provider->provider->facet) == 0)
                continue;
            struct instance *live = instance_new(arena, of->schema, of->address, of->name);
            provider->items[provider->n_items++] =
                (struct read_item){of, wanted[i].ids, live};
        }
    }
}

/* A facet whose provider is not configured is unreadable, not absent. */
static void blind_unconfigured(struct sessions *sessions, struct instance *live,
                               struct arena *arena)
{
    unsigned facets = facets_of(live->schema);
    for (unsigned facet = 1; facet <= facets; facet <<= 1)
        if ((facets & facet) && owner_of(sessions, facet) == NULL &&
            facet != first_facet(facets))
            blind_facet(live, facet, "its provider is not configured", arena);
}

static void read_list(struct sessions *sessions, const struct wanted *wanted, size_t n,
                      struct instance **lives, struct arena *arena, bool threads)
{
    deal_items(sessions, wanted, n, arena);
    if (threads)
        for_each_provider(sessions, read_one_provider);
    else
        for (size_t p = 0; p < sessions->n; p++)
            read_one_provider(&sessions->providers[p]);
    for (size_t i = 0; i < n; i++) {
        const struct instance *of = wanted[i].instance;
        lives[i] = instance_new(arena, of->schema, of->address, of->name);
        blind_unconfigured(sessions, lives[i], arena);
    }
    for (size_t p = 0; p < sessions->n; p++) {
        struct open_provider *provider = &sessions->providers[p];
        size_t at = 0;
        for (size_t i = 0; i < provider->n_items; i++) {
            while (wanted[at].instance != provider->items[i].wanted)
                at++;
            unsigned facets = facets_of(lives[at]->schema);
            join(lives[at], provider->items[i].live, provider->provider->facet,
                 provider->provider->facet == first_facet(facets), arena);
        }
    }
}

/* What providers allocated lives as long as the caller's arena wants it to: their arenas are
 * copied from, then freed. */
static void settle_arenas(struct sessions *sessions, struct instance **lives, size_t n,
                          struct arena *arena)
{
    for (size_t i = 0; i < n; i++) {
        struct instance *live = lives[i];
        for (size_t a = 0; a < live->schema->n_attrs; a++)
            live->attrs[a] = value_copy(arena, live->attrs[a]);
        live->ids = value_copy(arena, live->ids);
        live->reason = live->reason == NULL ? NULL : arena_strdup(arena, live->reason);
        const char **texts[] = {&live->mark.lineage, &live->mark.address, &live->mark.uuid,
                                &live->mark.nonce};
        for (size_t t = 0; t < ARRAY_LEN(texts); t++)
            *texts[t] = *texts[t] == NULL ? NULL : arena_strdup(arena, *texts[t]);
    }
    for (size_t p = 0; p < sessions->n; p++) {
        arena_free(sessions->providers[p].arena);
        sessions->providers[p].arena = NULL;
    }
}

struct instances sessions_read(struct sessions *sessions, const struct instances *desired,
                               const struct instances *prior, struct arena *arena)
{
    VEC(struct wanted) wanted = {0};
    for (size_t i = 0; i < desired->n; i++) {
        const struct instance *of = desired->items[i];
        const struct instance *before = instances_find(prior, of->address);
        if (!of->schema->abstract)
            VEC_PUSH(arena, &wanted,
                     ((struct wanted){of, before == NULL ? NULL : before->ids}));
    }
    for (size_t i = 0; i < prior->n; i++)
        if (instances_find(desired, prior->items[i]->address) == NULL)
            VEC_PUSH(arena, &wanted, ((struct wanted){prior->items[i], prior->items[i]->ids}));
    struct instances live = {ARENA_ARRAY(arena, wanted.n, struct instance *), wanted.n};
    read_list(sessions, wanted.items, wanted.n, live.items, arena, true);
    settle_arenas(sessions, live.items, live.n, arena);
    instances_sort(&live);
    return live;
}

struct instance *sessions_read_one(struct sessions *sessions, const struct instance *wanted,
                                   const struct value *ids, struct arena *arena)
{
    /* A copy: several workers may read at once. */
    struct sessions *own = malloc(sizeof(*own));
    if (own == NULL)
        abort();
    *own = *sessions;
    for (size_t p = 0; p < own->n; p++) {
        own->providers[p].owner = own;
        err_clear(&own->providers[p].failure);
        if (own->providers[p].session == NULL)
            own->providers[p].failure = sessions->providers[p].failure;
    }
    struct instance *live;
    const struct wanted one = {wanted, ids};
    read_list(own, &one, 1, &live, arena, false);
    settle_arenas(own, &live, 1, arena);
    free(own);
    return live;
}

const struct value *sessions_list(struct sessions *sessions, struct arena *arena)
{
    const struct value *all = value_map(arena, NULL, 0);
    for (size_t i = 0; i < sessions->n; i++) {
        const struct open_provider *p = &sessions->providers[i];
        const struct value *keys = NULL;
        struct err err = {0};
        if (p->session == NULL || p->provider->list == NULL ||
            p->provider->list(p->session, &sessions->env->op, arena, &keys, &err) < 0)
            continue;
        all = value_merge(arena, all, keys);
    }
    return all;
}

/* ---- performing --------------------------------------------------------------------------- */

static struct open_provider *by_name(struct sessions *sessions, const char *name)
{
    for (size_t i = 0; i < sessions->n; i++)
        if (strcmp(sessions->providers[i].provider->name, name) == 0)
            return &sessions->providers[i];
    return NULL;
}

int sessions_perform(struct sessions *sessions, const struct step_call *call,
                     struct outcome *ret_outcome, struct err *err)
{
    struct open_provider *p = by_name(sessions, call->step->provider);
    if (p == NULL)
        return err_set(err, ERR_INVALID, "provider %s is not configured", call->step->provider);
    if (p->session == NULL) {
        *err = p->failure;
        return -1;
    }
    int result = p->provider->perform(p->session, &sessions->env->op, call, ret_outcome, err);
    if (result < 0)
        secrets_redact_err(sessions->secrets, err);
    return result;
}

int64_t sessions_poll_interval(const struct sessions *sessions, const char *provider)
{
    for (size_t i = 0; i < sessions->n; i++) {
        const struct instance *settings = sessions->providers[i].config.settings;
        if (strcmp(sessions->providers[i].provider->name, provider) != 0 ||
            schema_find(settings->schema, "poll_interval") < 0)
            continue;
        const struct value *interval = instance_get(settings, "poll_interval");
        if (interval->type == VALUE_INT)
            return interval->integer;
    }
    return 2000;
}
