/* soap.h: SOAP 1.1 calls of the vSphere API over http.h.
 *
 * A struct soap holds what all calls of one server share: path, namespace, version and the
 * session cookie, which is taken from whatever answer sets it and sent from then on. It may be
 * used by several threads at once. Logging in and choosing the version are the provider's.
 *
 * A fault is an error whose code comes from its type (soap_fault_code) and whose message
 * carries the fault's type, its faultstring and every faultMessage; the decoded fault is in
 * reply.fault for who needs its fields. Facts: vsphere-api.md §2.1, §2.3, §5.1.
 */
#ifndef GF_SOAP_H
#define GF_SOAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"
#include "err.h"
#include "xml.h"

struct arena;
struct http;
struct secrets;
struct soap;
struct strbuf;

struct soap_options {
    struct http *http;       /* borrowed; must outlive the soap */
    struct secrets *secrets; /* borrowed; session cookies are added to it; may be NULL */
    const char *path;        /* NULL = "/sdk" */
    const char *ns;          /* NULL = "urn:vim25" */
    const char *version;     /* NULL = "6.5", which every server in scope speaks */
};

struct soap_request {
    const char *method;       /* "CloneVM_Task", for messages and the operation id */
    const char *body;         /* the child of Body, complete, from xml_write.h; xsd and xsi are
                                 bound, its own element must carry xmlns */
    const char *operation_id; /* shows up in the server's log; NULL = none */
    bool idempotent;          /* see http.h */
    int64_t timeout_ms;       /* 0 = that of the http */
    size_t max_body;          /* 0 = that of the http; of a stream: none */
};

struct soap_fault {
    const char *type;              /* "ManagedObjectNotFound"; NULL = no fault */
    const char *message;           /* faultstring and faultMessage texts, redacted; may be "" */
    const struct xml_node *detail; /* the element that carries the fields, or NULL */
};

struct soap_reply {
    const struct xml_node *response; /* <MethodResponse>, on success */
    struct soap_fault fault;         /* on failure: set when the server sent a fault */
    long status;                     /* HTTP status, 0 when no answer came */
};

MUST_CHECK int soap_new(const struct soap_options *options, struct soap **ret_soap,
                        struct err *err);
void soap_free(struct soap *soap); /* accepts NULL */

/* Not while calls are under way. */
void soap_set_version(struct soap *soap, const char *version);
const char *soap_version(const struct soap *soap);

/* Forget the session; append "name=value" of its cookie (false when there is none). */
void soap_forget_session(struct soap *soap);
bool soap_cookie(struct soap *soap, struct strbuf *out);

/* reply lives in the arena and is filled in on failure too (fault, status). */
MUST_CHECK int soap_call(struct soap *soap, const struct soap_request *request,
                         struct arena *arena, struct soap_reply *reply, struct err *err);

/* The same for large answers: elements named in stream are handed out as they arrive;
 * reply.response stays NULL. */
MUST_CHECK int soap_stream(struct soap *soap, const struct soap_request *request,
                           const struct xml_stream_options *stream, struct arena *arena,
                           struct soap_reply *reply, struct err *err);

/* Open <method xmlns="urn:vim25"><_this type="type">id</_this> ... : the caller writes the
 * parameters and closes. */
struct xml_writer;
void soap_open_method(struct xml_writer *writer, const char *method, const char *type,
                      const char *id);

/* The error code of a fault type; unknown types are ERR_INVALID. A suffix "Fault" that some
 * servers add to a known type is ignored (vsphere-api.md §13). */
enum err_code soap_fault_code(const char *type);

/* Decode a LocalizedMethodFault (TaskInfo.error, missingSet/fault): its child `fault` with
 * xsi:type and its localizedMessage. The message is kept in the arena, redacted. */
void soap_fault_decode(const struct xml_node *localized, const struct secrets *secrets,
                       struct arena *arena, struct soap_fault *ret_fault);

/* Set err from a decoded fault; returns -1. */
int soap_fault_err(const struct soap_fault *fault, struct err *err);

#endif
