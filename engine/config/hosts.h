/* hosts.h: pools of hosts become one resource per host. */
#ifndef GF_HOSTS_H
#define GF_HOSTS_H

#include <stddef.h>

#include "decode.h"

/* What making an instance needs from the load. add: take it into the list; broken: it stands
 * on something that was reported. Returns -1 when there are too many. */
struct host_maker {
    struct decoder *decoder;
    const struct form *form; /* of the kind host */
    struct map owners;       /* host name -> the pool's instance */
    int (*add)(void *context, struct instance *host, bool broken);
    void *context;
};

/* Replace the pool's `hosts` by the names that its ranges stand for, and make a host of each.
 * Returns -1 when something was reported. */
int hosts_expand(struct host_maker *maker, struct instance *pool, bool broken);

#endif
