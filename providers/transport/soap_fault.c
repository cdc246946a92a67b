/* soap_fault.c: faults of soap.h: their types, their texts, their error codes. */
#include "soap.h"

#include <string.h>

#include "arena.h"
#include "redact.h"
#include "soap_private.h"
#include "strbuf.h"

#define MAX_MESSAGE ((size_t)4096)

/* vsphere-api.md §5.1. What is not here is ERR_INVALID. */
static const struct {
    const char *type;
    enum err_code code;
} fault_codes[] = {
    {"NotAuthenticated", ERR_DENIED},
    {"InvalidLogin", ERR_DENIED},
    {"NoPermission", ERR_DENIED},
    {"SecurityError", ERR_DENIED},
    {"RestrictedVersion", ERR_DENIED},
    {"LicenseExpired", ERR_DENIED},
    {"NotEnoughLicenses", ERR_DENIED},
    {"InvalidGuestLogin", ERR_DENIED},
    {"GuestPermissionDenied", ERR_DENIED},
    {"ManagedObjectNotFound", ERR_NOT_FOUND},
    {"NotFound", ERR_NOT_FOUND},
    {"FileNotFound", ERR_NOT_FOUND},
    {"GuestProcessNotFound", ERR_NOT_FOUND},
    {"DuplicateName", ERR_CONFLICT},
    {"AlreadyExists", ERR_CONFLICT},
    {"FileAlreadyExists", ERR_CONFLICT},
    {"ConcurrentAccess", ERR_CONFLICT},
    {"InvalidState", ERR_CONFLICT},
    {"InvalidPowerState", ERR_CONFLICT},
    {"InvalidHostState", ERR_CONFLICT},
    {"InvalidHostConnectionState", ERR_CONFLICT},
    {"InvalidDatastoreState", ERR_CONFLICT},
    {"OperationDisallowedOnHost", ERR_CONFLICT},
    {"TaskInProgress", ERR_BUSY},
    {"VAppTaskInProgress", ERR_BUSY},
    {"ResourceInUse", ERR_BUSY},
    {"FileLocked", ERR_BUSY},
    {"CustomizationPending", ERR_BUSY},
    {"GuestOperationsUnavailable", ERR_BUSY},
    {"ToolsUnavailable", ERR_BUSY},
    {"HostCommunication", ERR_UNREACHABLE},
    {"HostNotConnected", ERR_UNREACHABLE},
    {"HostNotReachable", ERR_UNREACHABLE},
    {"Timedout", ERR_TIMEOUT},
    {"RequestCanceled", ERR_CANCELLED},
    {"SSLVerifyFault", ERR_UNTRUSTED},
    {"SSLDisabledFault", ERR_UNTRUSTED},
};

static enum err_code code_of(const char *type, size_t size)
{
    for (size_t i = 0; i < ARRAY_LEN(fault_codes); i++)
        if (strlen(fault_codes[i].type) == size && memcmp(fault_codes[i].type, type, size) == 0)
            return fault_codes[i].code;
    return ERR_NONE;
}

enum err_code soap_fault_code(const char *type)
{
    size_t n = strlen(type);
    enum err_code code = code_of(type, n);
    if (code == ERR_NONE && n > 5 && strcmp(type + n - 5, "Fault") == 0)
        code = code_of(type, n - 5);
    return code == ERR_NONE ? ERR_INVALID : code;
}

static void add_part(struct strbuf *out, const char *text)
{
    if (text == NULL || text[0] == '\0' || strstr(strbuf_str(out), text) != NULL)
        return;
    if (strbuf_len(out) > 0)
        strbuf_add(out, "; ");
    strbuf_add(out, text);
}

/* The fault's own simple fields (privilegeId, invalidProperty, name, reason ...): often the
 * only part that says what to mend. */
static void add_fields(struct strbuf *out, const struct xml_node *detail)
{
    unsigned n = 0;
    XML_EACH_CHILD(field, detail)
    {
        if (field->children != NULL || field->text[0] == '\0' || n >= 6)
            continue;
        strbuf_addf(out, "%s%s=%s", n == 0 ? " (" : ", ", field->name, field->text);
        n++;
    }
    if (n > 0)
        strbuf_add_char(out, ')');
}

/* Fill in ret from the element that carries the fault's type and fields. */
static void decode(const struct xml_node *detail, const char *text,
                   const struct secrets *secrets, struct arena *arena, struct soap_fault *ret)
{
    struct strbuf message;
    strbuf_init(&message, MAX_MESSAGE);
    add_part(&message, text);
    XML_EACH(m, detail, "faultMessage")
    add_part(&message, xml_text_at(m, "message"));
    add_fields(&message, detail);
    secrets_redact(secrets, &message);
    ret->message = arena_strdup(arena, strbuf_str(&message));
    ret->detail = detail;
    strbuf_release(&message);
}

void soap_fault_decode(const struct xml_node *localized, const struct secrets *secrets,
                       struct arena *arena, struct soap_fault *ret_fault)
{
    const struct xml_node *fault = xml_child(localized, "fault");
    decode(fault, xml_text_at(localized, "localizedMessage"), secrets, arena, ret_fault);
    ret_fault->type = fault != NULL && fault->type != NULL ? fault->type : "MethodFault";
}

void soap_fault_read(const struct xml_node *fault, const struct secrets *secrets,
                     struct arena *arena, struct soap_fault *ret_fault)
{
    const struct xml_node *detail = xml_child(fault, "detail");
    detail = detail == NULL ? NULL : detail->children;
    decode(detail, xml_text_at(fault, "faultstring"), secrets, arena, ret_fault);
    if (detail == NULL)
        ret_fault->type = "Fault";
    else
        ret_fault->type = detail->type != NULL ? detail->type : detail->name;
}

int soap_fault_err(const struct soap_fault *fault, struct err *err)
{
    const char *separator = fault->message[0] == '\0' ? "" : ": ";
    return err_set(err, soap_fault_code(fault->type), "%s%s%s", fault->type, separator,
                   fault->message);
}
