/* metrics_http.h: /metrics and /healthz, and nothing else, over HTTP (libmicrohttpd). */
#ifndef GF_METRICS_HTTP_H
#define GF_METRICS_HTTP_H

#include <stdbool.h>

#include "compiler.h"

struct err;
struct metrics;
struct metrics_http;

/* listen: "127.0.0.1:9464", "[::1]:9464", ":9464" (loopback); port 0: any. There is no TLS and
 * no password: an address beyond loopback is ERR_DENIED unless allow_remote. ERR_INVALID: no
 * such address; ERR_CONFLICT: it is taken. metrics is borrowed until metrics_http_stop. */
MUST_CHECK int metrics_http_start(const char *listen, bool allow_remote,
                                  struct metrics *metrics, struct metrics_http **ret_http,
                                  struct err *err);
void metrics_http_stop(struct metrics_http *http); /* accepts NULL */

/* "http://127.0.0.1:9464". Borrowed. */
const char *metrics_http_url(const struct metrics_http *http);

#endif
