/* secret.h: literal secrets in the manifest, which are refused and never shown. */
#ifndef GF_SECRET_H
#define GF_SECRET_H

#include <stdbool.h>

#include "node.h"

/* Whether a key names a secret by the look of it: password, api_token, secret… */
bool secret_key(const char *key);

/* Report a literal secret under `key` at the place of its value. The source line is hidden. */
void secret_report(struct diags *diags, struct pos pos, const char *key);

/* Report every text under a secret-looking key, at any depth. */
void secret_scan(const struct node *node, struct diags *diags);

/* Whether a secret may stand on the line of pos or belong to a key on one of the lines above:
 * for places in text that is no YAML. */
bool secret_near(const struct diags *diags, struct pos pos);

/* Hide the source lines of findings that a secret may stand on, whatever they are about. */
void secret_hide_lines(struct diags *diags);

#endif
