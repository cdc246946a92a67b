/* sessions.h: open providers, and reading of live state through all of them.
 *
 * A provider that cannot be opened does not end a run: what it owns is unreadable, with the
 * reason, and the rest goes on (design.md §5, partial sight).
 */
#ifndef GF_SESSIONS_H
#define GF_SESSIONS_H

#include <stdbool.h>

#include "config.h"
#include "err.h"
#include "provider.h"
#include "run_env.h"

struct secrets;
struct sessions;

/* Prepare the configured providers; nothing is connected yet. directory: of the manifest. */
struct sessions *sessions_new(const struct config *config, const char *directory,
                              struct run_env *env);
void sessions_close(struct sessions *sessions); /* logs out and frees; accepts NULL */

/* What must never be shown: for texts that come from outside. */
struct secrets *sessions_secrets(struct sessions *sessions);

/* The name of a password that the value holds in plain ("password of vsphere"), or NULL. Passwords
 * of fewer than eight bytes are not looked for: they may be common words. */
const char *sessions_secret_in(const struct sessions *sessions, const struct value *value);

/* Connect to all of them, side by side. Returns how many failed. */
size_t sessions_open(struct sessions *sessions);

/* Providers that could not be opened, or could not be asked at all; for messages. */
size_t sessions_count(const struct sessions *sessions);
const char *sessions_failure(const struct sessions *sessions, size_t index,
                             const char **ret_provider, enum err_code *ret_code);

/* Read all wanted resources (desired, plus prior ones that the manifest has no more), each
 * through every provider that owns a facet of it, joined. Sorted by address. */
struct instances sessions_read(struct sessions *sessions, const struct instances *desired,
                               const struct instances *prior, struct arena *arena);

/* The same for one resource. */
struct instance *sessions_read_one(struct sessions *sessions, const struct instance *wanted,
                                   const struct value *ids, struct arena *arena);

/* What there is, as far as the providers can tell (provider.h): a map from kinds to lists of
 * keys. A provider that cannot be asked leaves its kinds out. */
const struct value *sessions_list(struct sessions *sessions, struct arena *arena);

/* Perform a step by the provider that it names. */
int sessions_perform(struct sessions *sessions, const struct step_call *call,
                     struct outcome *ret_outcome, struct err *err);

/* Milliseconds that a provider wants between two looks; a unit for retries. */
int64_t sessions_poll_interval(const struct sessions *sessions, const char *provider);

#endif
