/* http_private.h: what http.c (the pool) and http_call.c (one transfer) share. */
#ifndef GF_HTTP_PRIVATE_H
#define GF_HTTP_PRIVATE_H

#include <pthread.h>

#include <curl/curl.h>

#include "http.h"

#define HTTP_MAX_CONNECTIONS 64
#define HTTP_MAX_HEADERS ((size_t)64 * 1024)

/* Everything but the pool is constant after http_new. */
struct http {
    struct http_options options; /* strings are our own copies; defaults filled in */
    char *base_url;
    struct curl_slist *connect_to;
    pthread_mutex_t lock;
    pthread_cond_t returned;
    CURL *idle[HTTP_MAX_CONNECTIONS]; /* guarded by lock */
    unsigned n_idle, n_open;
};

/* An idle or a new connection handle; waits while all are taken. ERR_CANCELLED. */
MUST_CHECK int http_take(struct http *http, CURL **ret_curl, struct err *err);
void http_give_back(struct http *http, CURL *curl);

#endif
