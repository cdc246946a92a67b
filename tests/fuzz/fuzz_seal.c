/* fuzz_seal.c: sealed texts and journals from anywhere, against a key that the corpus was
 * sealed with. What opens must not open any more with one bit changed or one byte less; what
 * does not has a reason, and leaves nothing behind. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "journal_seal.h"
#include "seal.h"
#include "strbuf.h"

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool opens(const struct seal *seal, enum seal_purpose purpose, const char *text,
                  size_t size)
{
    const struct seal_label label = {.purpose = purpose};
    struct strbuf out;
    struct err err = {0};
    strbuf_init(&out, 1 << 20);
    int result = unseal_text(seal, &label, text, size, &out, &err);
    assert(result == 0 || strbuf_len(&out) == 0);
    assert(result == 0 ||
           ((err.code == ERR_INVALID || err.code == ERR_DENIED) && err.message[0] != '\0'));
    strbuf_release(&out);
    return result == 0;
}

static void try_text(const struct seal *seal, char *text, size_t size)
{
    for (int purpose = 0; purpose < SEAL_PURPOSE_COUNT; purpose++) {
        enum seal_purpose as = (enum seal_purpose)purpose;
        if (!opens(seal, as, text, size))
            continue;
        assert(!opens(NULL, as, text, size));
        assert(!opens(seal, as, text, size - 1));
        size_t at = size * 7 / 11;
        text[at] ^= 1;
        assert(!opens(seal, as, text, size));
        text[at] ^= 1;
    }
}

/* It lies inside of the text. */
static void try_source(const char *text, size_t size)
{
    size_t length = 0;
    const char *source = seal_source(text, size, &length);
    assert(source == NULL || (source > text && length <= size - (size_t)(source - text)));
}

static void try_journal(const struct seal *seal, const char *text, size_t size)
{
    struct strbuf out;
    struct err err = {0};
    size_t good = 0;
    strbuf_init(&out, 1 << 20);
    if (journal_unseal(seal, text, size, &out, &good, &err) == 0)
        assert(good <= size && (good == 0 || text[good - 1] == '\n'));
    else
        assert(err.code == ERR_INVALID || err.code == ERR_DENIED);
    strbuf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seal *seal = seal_new();
    struct err err = {0};
    int added = seal_add_key(seal, KEY, &err);
    assert(added == 0);
    char *copy = malloc(size + 1);
    if (copy == NULL)
        abort();
    memcpy(copy, data, size);
    try_text(seal, copy, size);
    try_source(copy, size);
    try_journal(seal, copy, size);
    seal_accept_plain(seal);
    try_journal(seal, copy, size);
    free(copy);
    seal_free(seal);
    return 0;
}
