/* content_md5.c: see content_md5.h. */
#include "content_md5.h"

#include <openssl/evp.h>

bool content_md5(const void *data, size_t size, char ret[static CONTENT_MD5_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (EVP_Digest(data, size, digest, &length, EVP_md5(), NULL) != 1 || length != 16)
        return false;
    EVP_EncodeBlock((unsigned char *)ret, digest, (int)length);
    return true;
}
