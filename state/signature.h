/* signature.h: Ed25519 signatures of texts (libcrypto), with keys in PEM as openssl writes
 * them:
 *
 *     openssl genpkey -algorithm ed25519 -out key.pem
 *     openssl pkey -in key.pem -pubout -out public.pem
 *
 * A signature travels as base64 on one line.
 */
#ifndef GF_SIGNATURE_H
#define GF_SIGNATURE_H

#include <stddef.h>

#include "err.h"

enum { SIGNATURE_LEN = 88 }; /* characters */

/* Sign with a private key; ret has room for the signature and a NUL. ERR_INVALID: no such key
 * in the text, a key of another sort, or one that is locked by a passphrase. */
int signature_make(const char *key_pem, size_t key_size, const char *text, size_t size,
                   char ret[static SIGNATURE_LEN + 1], struct err *err);

/* Whether one of the public keys made the signature (SIGNATURE_LEN characters): ERR_UNTRUSTED
 * when none did, ERR_INVALID when there is no public key in the text. */
int signature_check(const char *keys_pem, size_t keys_size, const char *text, size_t size,
                    const char *signature, struct err *err);

#endif
