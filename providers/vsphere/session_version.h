/* session_version.h: which version of the API to speak (vsphere-api.md §2.2).
 *
 * The newest one that both sides know: what newer servers keep in an object is then visible,
 * and survives when we write the object back. 6.5 is spoken by every server in scope, so it is
 * what a server gets that does not say.
 */
#ifndef GF_VSPHERE_SESSION_VERSION_H
#define GF_VSPHERE_SESSION_VERSION_H

#include <stdbool.h>

#include "compiler.h"
#include "err.h"

struct arena;
struct http;
struct soap;
struct xml_node;

/* Ask the server and set the version of soap. Errors only when it cannot be reached. */
MUST_CHECK int version_negotiate(struct http *http, struct soap *soap, struct arena *arena,
                                 struct err *err);

/* The choice from a vimServiceVersions document; never NULL. */
const char *version_choose(const struct xml_node *namespaces);

/* "6.5", "6.7.1": what came with 7.0 must not be sent. */
bool version_before_7(const char *version);

#endif
