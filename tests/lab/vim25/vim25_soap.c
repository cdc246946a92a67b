/* vim25_soap.c: envelopes, negotiation of the version, and the bracket that the lab puts around
 * every call: record, injected faults, holds (vsphere-api.md §2, §14.3). */
#include "vim25_soap.h"

#include <libxml/parser.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char envelope_uri[] = "http://schemas.xmlsoap.org/soap/envelope/";

static const char *const versions[] = {"5.5",     "6.0",     "6.5",     "6.7",     "6.7.1",
                                       "6.7.2",   "6.7.3",   "7.0.0.0", "7.0.0.2", "7.0.1.0",
                                       "7.0.1.1", "7.0.2.0", "7.0.2.1", "7.0.3.0", "8.0.0.0",
                                       "8.0.0.1", "8.0.1.0", "8.0.2.0", "8.0.3.0"};

void soap_versions(const struct vim25_server *server, struct strbuf *out)
{
    strbuf_addf(out,
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<namespaces version=\"1.0\">"
                "<namespace><name>urn:vim25</name><version>%s</version><priorVersions>",
                server->lab->world->vcenter_version);
    for (size_t i = sizeof(versions) / sizeof(versions[0]); i-- > 0;)
        if (schema_version(versions[i]) < server->version)
            strbuf_addf(out, "<version>%s</version>", versions[i]);
    strbuf_add(out, "</priorVersions></namespace></namespaces>\n");
}

/* ---- reading
 * ------------------------------------------------------------------------------------- */

static xmlNode *first_element(const xmlNode *node)
{
    xmlNode *it = node == NULL ? NULL : node->children;
    while (it != NULL && it->type != XML_ELEMENT_NODE)
        it = it->next;
    return it;
}

static bool in_namespace(const xmlNode *node, const char *uri)
{
    return node != NULL && node->ns != NULL && strcmp((const char *)node->ns->href, uri) == 0;
}

/* Entities and document types have no place in SOAP and are refused unread. */
static xmlDoc *parse(const struct soap_request *request)
{
    static const int options =
        XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA;
    if (memmem(request->body, request->size, "<!DOCTYPE", 9) != NULL ||
        memmem(request->body, request->size, "<!ENTITY", 8) != NULL)
        return NULL;
    xmlDoc *doc = xmlReadMemory(request->body, (int)request->size, "request", NULL, options);
    if (doc != NULL && (doc->intSubset != NULL || doc->extSubset != NULL)) {
        xmlFreeDoc(doc);
        return NULL;
    }
    return doc;
}

/* The method element below Body, with its object in the call; 0, or -1 and InvalidRequest. */
static int open_envelope(struct call *call, xmlDoc *doc)
{
    xmlNode *root = doc == NULL ? NULL : xmlDocGetRootElement(doc);
    xmlNode *body = root == NULL ? NULL : node_child(root, "Body");
    call->request = first_element(body);
    if (root == NULL || !in_namespace(root, envelope_uri) ||
        !in_namespace(body, envelope_uri) || call->request == NULL)
        return call_fault(call, "InvalidRequest",
                          "no element found while parsing SOAP body before method was "
                          "determined");
    if (!in_namespace(call->request, "urn:vim25"))
        return call_fault(call, "InvalidRequest", "Unexpected namespace of method %s",
                          (const char *)call->request->name);
    xmlNode *self = first_element(call->request);
    char *type = NULL;
    if (self != NULL && strcmp((const char *)self->name, "_this") == 0)
        type = node_attribute(call->arena, self, "type");
    if (type == NULL)
        return call_fault(call, "InvalidRequest", "Element _this with its type missing in %s",
                          (const char *)call->request->name);
    call->this_type = type;
    call->this_id = node_text(call->arena, self);
    return 0;
}

/* urn:vim25/6.5, quoted or not. Without a version: the oldest. */
static int negotiate(struct call *call, const char *action)
{
    char text[32] = "5.5";
    const char *slash = action == NULL ? NULL : strchr(action, '/');
    if (slash != NULL)
        snprintf(text, sizeof(text), "%.*s", (int)strcspn(slash + 1, "\" \t"), slash + 1);
    uint32_t version = schema_version(text);
    call->b.version = version;
    if (version != 0 && version <= call->server->version)
        return 0;
    call->b.version = schema_version("5.5");
    return call_fault(call, "InvalidRequest",
                      "Unsupported version URI \"urn:vim25/%s\"\n\nwhile parsing SOAP body",
                      text);
}

static int find_method(struct call *call)
{
    const char *name = (const char *)call->request->name;
    call->method = schema_method(call->server->schema, name);
    if (call->method != NULL && handler_find(name) != NULL)
        return 0;
    call_fault(call, "MethodNotFound", "Unable to resolve WSDL method name %s", name);
    val_ref(&call->b, call->fault, "receiver", call->this_type, call->this_id);
    val_text(&call->b, call->fault, "method", name);
    return -1;
}

static void take_session(struct call *call, const char *cookie)
{
    static const char name[] = "vmware_soap_session=";
    const char *at = cookie == NULL ? NULL : strstr(cookie, name);
    if (at == NULL)
        return;
    at += strlen(name);
    at += *at == '"';
    char *key = arena_memdup(call->arena, at, strcspn(at, "\"; "));
    call->session = session_find(call->server, key);
    if (call->session == NULL)
        return;
    call->session->users++;
    call->session->n_calls++;
    call->session->used_ms = monotonic_ms();
    call->session->active_ms = world_now(call->world);
}

/* ---- writing
 * --------------------------------------------------------------------------------------- */

static void write_fault(struct call *call, struct strbuf *out)
{
    char *name = arena_printf(call->arena, "%sFault", call->fault_type);
    strbuf_add(out, "<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>");
    xml_text(call->fault_text, out);
    strbuf_add(out, "</faultstring><detail>");
    struct strbuf detail;
    strbuf_init(&detail, STRBUF_MAX_OUTPUT);
    val_write(call->fault, name, "anyType", &detail);
    strbuf_addf(out, "<%s xmlns=\"urn:vim25\"", name);
    strbuf_add(out, strbuf_str(&detail) + 1 + strlen(name));
    strbuf_release(&detail);
    strbuf_add(out, "</detail></soapenv:Fault>");
}

static void write_result(struct call *call, struct strbuf *out)
{
    const char *declared = call->method->result.type == NULL ? "" : call->method->result.type;
    strbuf_addf(out, "<%sResponse xmlns=\"urn:vim25\">", call->method->name);
    if (call->raw_result != NULL)
        strbuf_add(out, call->raw_result);
    VEC_EACH (struct val *, it, call->results)
        val_write(*it, "returnval", declared, out);
    strbuf_addf(out, "</%sResponse>", call->method->name);
}

static void write_reply(struct call *call, struct soap_reply *reply)
{
    strbuf_clear(&reply->body);
    strbuf_addf(&reply->body,
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soapenv:Envelope "
                "xmlns:soapenv=\"%s\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" "
                "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n<soapenv:Body>\n",
                envelope_uri);
    if (call->fault != NULL)
        write_fault(call, &reply->body);
    else
        write_result(call, &reply->body);
    strbuf_add(&reply->body, "\n</soapenv:Body>\n</soapenv:Envelope>\n");
    reply->status = call->fault != NULL ? 500 : 200;
    if (call->cookie != NULL && call->fault == NULL)
        snprintf(reply->set_cookie, sizeof(reply->set_cookie),
                 "vmware_soap_session=\"%s\"; Path=/; HttpOnly; Secure", call->cookie);
}

/* ---- faults of the lab
 * -------------------------------------------------------------------------------- */

static void delay(struct vim25_server *server, int milliseconds)
{
    struct timespec slice = {.tv_nsec = 10000000};
    int64_t end = monotonic_ms() + milliseconds;
    while (monotonic_ms() < end && !atomic_load(&server->stopping))
        nanosleep(&slice, NULL);
}

/* Faults that keep the call from being carried out; false: carry it out. */
static bool played_before(struct call *call, const struct lab_fault *fault,
                          struct soap_reply *reply)
{
    if (fault->kind == FAULT_DROP_BEFORE) {
        reply->ending = SOAP_DROP;
        return true;
    }
    if (fault->kind == FAULT_STATUS) {
        reply->status = fault->status;
        strbuf_add(&reply->body, fault->text == NULL ? "" : fault->text);
        return true;
    }
    if (fault->kind == FAULT_ERROR_TEXT) {
        call_fault(call, "SystemError", "A general system error occurred: %s",
                   fault->text == NULL ? "" : fault->text);
        write_reply(call, reply);
        return true;
    }
    return false;
}

static void carry_out(struct call *call, const struct lab_fault *fault,
                      struct soap_reply *reply)
{
    lab_lock(call->lab);
    if (fault->kind == FAULT_EXPIRE && call->session != NULL) {
        session_close(call->session);
        session_release(call->server, call->session);
        call->session = NULL;
    }
    call_run(call, handler_find(call->method->name));
    write_reply(call, reply);
    lab_unlock(call->lab);
    if (fault->kind == FAULT_DELAY)
        delay(call->server, fault->milliseconds);
    if (fault->kind == FAULT_DROP_AFTER)
        reply->ending = SOAP_DROP;
    if (fault->kind == FAULT_TRUNCATE)
        reply->ending = SOAP_TRUNCATE;
}

static void bracketed(struct call *call, struct soap_reply *reply)
{
    const struct handler *handler = handler_find(call->method->name);
    bool login = strcmp(call->method->name, "Login") == 0;
    struct lab_call record = {
        .system = SYSTEM_VCENTER,
        .operation = call->method->name,
        .object = call->this_id,
        .user = login ? arg_text(call, "userName") : call_user(call),
        .changing = (handler->flags & CALL_CHANGES) != 0,
        .detail = arg_text(call, "vm"), /* of guest operations */
    };
    if (record.user != NULL)
        record.user = arena_strdup(call->arena, record.user);
    lab_call_begin(call->lab, &record);
    if (!played_before(call, &record.fault, reply))
        carry_out(call, &record.fault, reply);
    if (!lab_call_end(call->lab, &record))
        reply->ending = SOAP_DROP;
}

void soap_serve(struct vim25_server *server, const struct soap_request *request,
                struct soap_reply *ret_reply)
{
    struct call call = {.server = server,
                        .lab = server->lab,
                        .world = server->lab->world,
                        .arena = arena_new(),
                        .agent = request->agent,
                        .address = request->address == NULL ? "127.0.0.1" : request->address};
    xmlDoc *doc = parse(request);
    *ret_reply = (struct soap_reply){.ending = SOAP_ANSWER};
    strbuf_init(&ret_reply->body, STRBUF_MAX_OUTPUT);
    call.b = (struct builder){.arena = call.arena, .schema = server->schema};
    if (negotiate(&call, request->action) < 0 || open_envelope(&call, doc) < 0 ||
        find_method(&call) < 0) {
        write_reply(&call, ret_reply);
    } else {
        lab_lock(server->lab);
        take_session(&call, request->cookie);
        lab_unlock(server->lab);
        bracketed(&call, ret_reply);
        lab_lock(server->lab);
        session_release(server, call.session);
        lab_unlock(server->lab);
    }
    xmlFreeDoc(doc);
    arena_free(call.arena);
}
