/* guest_internal.h: what the lab's side of the guests shares among its files. */
#ifndef GF_LAB_GUEST_INTERNAL_H
#define GF_LAB_GUEST_INTERNAL_H

#include <pthread.h>
#include <sys/types.h>

#include "guest.h"
#include "guest_wire.h"
#include "strbuf.h"

enum { REASON_MAX = 256, NOTICE_MAX = 4096 };

/* A sandbox that runs. */
struct guest {
    struct guest *next;
    char *moref;
    pid_t pid;                   /* of bwrap */
    int socket, notices, errors; /* errors: its standard error */
    char line[NOTICE_MAX];       /* a notice that has not come to its end */
    size_t line_size;
    VEC(struct guest_program) programs; /* in the world's memory */
};

struct spawn {
    int socket, notices, errors; /* the guest's ends */
    const char *hostname;
    int64_t disk;
    bool asked, done;
    pid_t pid; /* -1: failed with `error` */
    int error;
};

struct guests {
    const char *dir;
    struct guest *first;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows: the spawning thread does not take the lab's */
    pthread_cond_t changed;
    struct spawn *spawn;
    bool stopping;
};

/* guest_spawn.c */
int spawner_start(struct guests *guests);
void spawner_stop(struct guests *guests);
/* Start bwrap with the first process; 0, or -1 with the reason. */
int guest_spawn(struct guests *guests, struct vm *vm, struct guest *guest,
                char reason[REASON_MAX]);

/* guest_link.c */
struct exchange {
    enum wire_op op;
    const char *strings[8];
    size_t n_strings;
    const char *const *more; /* after those */
    size_t n_more;
    const char *data;
    size_t size;
};

struct answer {
    int status;        /* errno of the guest; -1: it does not answer */
    char *text, *data; /* malloc; both end with an extra NUL */
    size_t text_size, data_size;
};

/* answer_release wants every answer that was filled. */
int guest_exchange(struct guest *guest, const struct exchange *exchange, struct answer *ret);
void answer_release(struct answer *answer);

/* guest.c: the running guest of a machine, started if need be; NULL and the fault. */
struct guest *guest_need(struct world *world, struct vm *vm, struct fault *fault);
void guest_drop(struct guests *guests, struct guest *guest);
struct guest *guest_find(struct guests *guests, const struct vm *vm);

int64_t guest_real_ms(void); /* of the monotonic clock */

/* guest_store.c: roots of guests that are off, as archives. */
char *store_read(struct guests *guests, const char *moref,
                 size_t *ret_size); /* malloc, or NULL */
void store_write(struct guests *guests, const char *moref, const char *data, size_t size);
void store_copy(struct guests *guests, const char *from, const char *to);
void store_remove(struct guests *guests, const char *moref);
/* The stand-ins, and the world's own repository; malloc, or NULL with errno. */
char *archive_of(const char *directory, size_t *ret_size);

#endif
