/* vim25_transfer.h: the HTTP side of file transfers. Internal to lab_vim25. */
#ifndef GF_LAB_VIM25_TRANSFER_H
#define GF_LAB_VIM25_TRANSFER_H

#include "vim25_call.h"

enum { TRANSFER_MAX = 128 << 20 };

struct transfer_request {
    const char *token;  /* NULL: none */
    const char *length; /* Content-Length; NULL: none */
    const char *body;
    size_t size;
    bool put;
};

struct transfer_reply {
    int status; /* 0: close the connection without an answer */
    bool cut;   /* half of the body only */
    struct strbuf body;
};

/* ret_reply->body is the caller's to release. */
void transfer_serve(struct vim25_server *server, const struct transfer_request *request,
                    struct transfer_reply *ret_reply);

#endif
