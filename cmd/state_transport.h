/* state_transport.h: carries the requests of the http state backend over HTTP and TLS, with the
 * manifest's credentials. */
#ifndef GF_STATE_TRANSPORT_H
#define GF_STATE_TRANSPORT_H

#include "err.h"

struct instance;
struct reference_place;
struct state_http;

/* settings: of state_schema, backend http; both must outlive what is made. Nothing is connected
 * yet. ERR_INVALID, ERR_NOT_FOUND, ERR_DENIED: a secret or an address cannot be used. */
int state_transport_open(const struct instance *settings, const struct reference_place *place,
                         struct state_http **ret, struct err *err);

#endif
