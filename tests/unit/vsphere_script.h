/* vsphere_script.h: a scripted server for the vSphere provider's unit tests: which calls must
 * come, in order, and what each is answered; and a session to it, made by hand. */
#ifndef GF_TESTS_VSPHERE_SCRIPT_H
#define GF_TESTS_VSPHERE_SCRIPT_H

#include <pthread.h>

#include "redact.h"
#include "test_transport_server.h"
#include "vsphere.h"

#define PASSWORD "not-to-be-seen"

struct reply {
    const char *expect; /* a text that the request must hold, "<Login" */
    const char *also;   /* another one, or NULL */
    const char *body;   /* child of the answer's Body; NULL: hang up */
};

struct dialogue {
    const struct reply *replies;
    size_t n, at;
    char problem[512];
    pthread_mutex_t lock;
};

struct fixture {
    struct dialogue script;
    struct raw_server *server;
    struct session session;
    struct vc vc;
    struct secrets *secrets;
    int64_t clock; /* advanced by every sleep */
    struct err err;
};

void script_start(struct fixture *f, const struct reply *replies, size_t n);
/* The script must have been followed to its end. */
void script_finish(struct fixture *f);

#define START(f, replies) script_start((f), (replies), ARRAY_LEN(replies))

/* ---- pieces of answers ---- */

#define FAULT(type, text)                                                                      \
    "<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>" text                  \
    "</faultstring><detail><X xmlns='urn:vim25' xsi:type='" type                               \
    "'/></detail></soapenv:Fault>"
#define EXPIRED FAULT("NotAuthenticated", "The session is not authenticated.")
#define LOGIN                                                                                  \
    {                                                                                          \
        "<Login ", "who",                                                                      \
            "<LoginResponse xmlns='urn:vim25'><returnval><key>k</key></returnval>"             \
            "</LoginResponse>"                                                                 \
    }
#define OBJECTS(inner)                                                                         \
    "<RetrievePropertiesExResponse xmlns='urn:vim25'><returnval>" inner                        \
    "</returnval></RetrievePropertiesExResponse>"
#define OBJECT(type, id, props) "<objects><obj type='" type "'>" id "</obj>" props "</objects>"
#define PROP(name, value) "<propSet><name>" name "</name><val>" value "</val></propSet>"
/* What an expired session answers to a read: 200, and everything missing. */
#define MISSING(path)                                                                          \
    "<missingSet><path>" path "</path><fault><fault xmlns:odd='" XML_NS_XSI                    \
    "' odd:type='NotAuthenticated'/><localizedMessage/></fault></missingSet>"
#define VIEW                                                                                   \
    {                                                                                          \
        "<CreateContainerView ", NULL,                                                         \
            "<CreateContainerViewResponse xmlns='urn:vim25'><returnval "                       \
            "type='ContainerView'>v1"                                                          \
            "</returnval></CreateContainerViewResponse>"                                       \
    }
#define UNVIEW                                                                                 \
    {                                                                                          \
        "<DestroyView ", "v1", "<DestroyViewResponse xmlns='urn:vim25'/>"                      \
    }
#define TASK(method)                                                                           \
    {                                                                                          \
        "<" method " ", NULL,                                                                  \
            "<" method "Response xmlns='urn:vim25'><returnval type='Task'>"                    \
            "task-1</returnval></" method "Response>"                                          \
    }
#define TASK_STATE(props)                                                                      \
    {                                                                                          \
        "<RetrievePropertiesEx ", "task-1", OBJECTS(OBJECT("Task", "task-1", props))           \
    }

#endif
