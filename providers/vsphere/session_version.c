/* session_version.c: see session_version.h. */
#include "session_version.h"

#include <string.h>

#include "http.h"
#include "soap.h"
#include "xml.h"

/* Newest first. */
static const char *const known_versions[] = {
    "8.0.3.0", "8.0.2.0", "8.0.1.0", "8.0.0.2", "8.0.0.1", "8.0.0.0", "7.0.3.2",
    "7.0.3.1", "7.0.3.0", "7.0.2.1", "7.0.2.0", "7.0.1.1", "7.0.1.0", "7.0.0.2",
    "7.0.0.0", "6.7.3",   "6.7.2",   "6.7.1",   "6.7",     "6.5"};

static bool offers(const struct xml_node *ns, const char *version)
{
    const char *newest = xml_text_at(ns, "version");
    if (newest != NULL && strcmp(newest, version) == 0)
        return true;
    XML_EACH(it, xml_child(ns, "priorVersions"), "version")
    {
        if (strcmp(it->text, version) == 0)
            return true;
    }
    return false;
}

const char *version_choose(const struct xml_node *namespaces)
{
    XML_EACH(ns, namespaces, "namespace")
    {
        const char *name = xml_text_at(ns, "name");
        if (name == NULL || strcmp(name, "urn:vim25") != 0)
            continue;
        for (size_t i = 0; i < ARRAY_LEN(known_versions); i++)
            if (offers(ns, known_versions[i]))
                return known_versions[i];
    }
    return "6.5";
}

int version_negotiate(struct http *http, struct soap *soap, struct arena *arena,
                      struct err *err)
{
    struct http_response response;
    const struct http_request request = {.path = "/sdk/vimServiceVersions.xml",
                                         .idempotent = true,
                                         .max_body = (size_t)256 * 1024};
    const struct xml_node *root = NULL;
    struct err ignored;
    http_response_init(&response);
    int result = http_call(http, &request, &response, err);
    if (result == 0 && response.status == 200 &&
        xml_parse(strbuf_str(&response.body), strbuf_len(&response.body), NULL, arena, &root,
                  &ignored) < 0)
        root = NULL;
    http_response_release(&response);
    if (result == 0)
        soap_set_version(soap, version_choose(root));
    return result;
}

bool version_before_7(const char *version)
{
    return version[0] >= '0' && version[0] <= '6' && version[1] == '.';
}
