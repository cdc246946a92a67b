/* ssh_verify.h: what ssh_signature.c and ssh_verify.c share: the wire format of SSH. */
#ifndef GF_SSH_VERIFY_H
#define GF_SSH_VERIFY_H

#include <stdbool.h>

#include "ssh_signature.h"

/* Take the next part off; -1 when it is not all there. */
int ssh_take_u32(struct ssh_bytes *from, uint32_t *ret);
int ssh_take(struct ssh_bytes *from, struct ssh_bytes *ret); /* length, then bytes */
bool ssh_bytes_are(struct ssh_bytes bytes, const char *text);

#endif
