/* laws.h: generated sites, and runs over them that can be interrupted anywhere. */
#ifndef GF_TESTS_LAWS_H
#define GF_TESTS_LAWS_H

#include "config.h"
#include "fake.h"
#include "plan.h"
#include "vec.h"
#include "walk.h"

#define LAWS_LINEAGE "11112222333344445555666677778888"
enum { LAWS_FILES = 3 };

/* xorshift; the same everywhere. */
struct dice {
    uint64_t state;
};
unsigned dice_roll(struct dice *dice, unsigned n); /* 0 … n - 1 */
bool dice_chance(struct dice *dice, unsigned percent);

/* A manifest, a platform, and what is remembered between runs. */
struct site {
    struct arena *arena;
    struct source_file files[LAWS_FILES];
    struct fake *fake;
    VEC(struct instance *) state; /* by address */
    VEC(struct intent) intents;
    VEC(struct config *) configs; /* the state refers to their names */
};

/* The same seed, the same site. release gives up what is not in the arena. */
void site_init(struct site *site, struct arena *arena, uint64_t seed);
void site_release(struct site *site);
/* Another manifest from the same seed: some of it changed, some gone. */
void site_edit(struct site *site, uint64_t seed);

/* A plan of the site as it is now; facts are kept for the walk. order: how the files are
 * permuted. */
const struct plan *site_plan(struct site *site, unsigned order, struct facts *ret_facts);

struct run_options {
    uint64_t seed; /* order of completion */
    unsigned parallel;
    size_t crash_at; /* dies at this event; 0: never */
};

struct run_result {
    bool crashed;
    size_t events;
    struct walk *walk;
};

struct run_result site_run(struct site *site, const struct plan *plan,
                           const struct facts *facts, const struct run_options *options);

/* Everything that must come out equal: world and state. */
const char *site_print(struct site *site);

#endif
