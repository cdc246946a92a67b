/* vim25_soap.h: from the bytes of a request to the bytes of a reply. Internal to lab_vim25. */
#ifndef GF_LAB_VIM25_SOAP_H
#define GF_LAB_VIM25_SOAP_H

#include "vim25_call.h"

enum { BODY_MAX = 4 << 20 };

struct soap_request {
    const char *body;
    size_t size;
    const char *action, *cookie, *agent, *address; /* headers; NULL when absent */
};

enum soap_ending { SOAP_ANSWER, SOAP_TRUNCATE, SOAP_DROP };

struct soap_reply {
    struct strbuf body;
    int status;
    char set_cookie[256]; /* header value, or "" */
    enum soap_ending ending;
};

/* Serve one request, faults of the lab included. The caller releases ret_reply->body. */
void soap_serve(struct vim25_server *server, const struct soap_request *request,
                struct soap_reply *ret_reply);

/* A server without sockets, for vim25_start and for tests; vim25_stop frees it. */
struct vim25_server *vim25_server_new(struct lab *lab);

/* The document /sdk/vimServiceVersions.xml. */
void soap_versions(const struct vim25_server *server, struct strbuf *out);

#endif
