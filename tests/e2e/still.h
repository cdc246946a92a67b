/* still.h: that nothing was changed: the world looks as before, and the lab's record holds no
 * changing call. Calls of the lab itself (pokes) in between would count as changes of the
 * world.
 */
#ifndef GF_TESTS_STILL_H
#define GF_TESTS_STILL_H

struct site;

struct still {
    char *world;
};

/* Forget the record, and remember the world. */
struct still still_begin(const struct site *site);
/* Fails the test when anything has changed; frees. */
void still_end(const struct site *site, struct still *still, const char *what);

/* still_begin, run, still_end: a run that must end with the status and change nothing. Returns
 * the run. */
struct run *still_run(struct site *site, int status, const char *const *words);
#define STILL(site, status, ...)                                                               \
    still_run((site), (status), (const char *const[]){__VA_ARGS__, NULL})

#endif
