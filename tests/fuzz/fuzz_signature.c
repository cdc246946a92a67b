/* fuzz_signature.c: SSH signatures, and files of allowed signers.
 *
 * An input that begins as a signature does is read and verified as one, whatever else as a file
 * of signers, who may have OpenPGP keys. No input is a valid signature of the payload: there is
 * nobody's key in the corpus. Each signer that is found in a file is found again by its own
 * key.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "arena.h"
#include "err.h"
#include "ssh_signature.h"
#include "signers.h"

#define BEGIN_KEYS "-----BEGIN PGP PUBLIC KEY BLOCK-----"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_signature(const char *text, size_t size, struct arena *arena)
{
    static const char payload[] = "a payload that nobody signed";
    struct ssh_signature signature;
    struct err err = {0};
    if (ssh_signature_parse(text, size, arena, &signature, &err) < 0) {
        assert(err.code == ERR_INVALID && err.message[0] != '\0');
        return;
    }
    assert(signature.key_type != NULL && signature.key.size >= 4);
    assert(strncmp(ssh_fingerprint(signature.key, arena), "SHA256:", 7) == 0);
    int result = ssh_signature_verify(&signature, signature.name_space, payload,
                                      sizeof(payload) - 1, &err);
    assert(result == -1 && err.message[0] != '\0');
}

static void try_signers(const char *text, size_t size, struct arena *arena)
{
    struct signers both;
    struct err err = {0};
    if (signers_parse(text, size, arena, &both, &err) < 0) {
        assert(err.code == ERR_INVALID && strncmp(err.message, "line ", 5) == 0);
        return;
    }
    const char *last = text;
    for (size_t i = 0; i < both.pgp.n; i++) {
        const struct pgp_block *it = &both.pgp.items[i];
        assert(it->text >= last && it->text + it->size <= text + size);
        assert(memcmp(it->text, BEGIN_KEYS, strlen(BEGIN_KEYS)) == 0);
        last = it->text + it->size;
    }
    const struct ssh_signers signers = both.ssh;
    for (size_t i = 0; i < signers.n && i < 50; i++) {
        const struct ssh_signer *it = &signers.items[i], *found = NULL;
        assert(it->principals[0] != '\0' && ssh_signature_key_type(it->key, arena) != NULL);
        assert(it->after == 0 || it->before == 0 || it->after < it->before);
        int64_t time = it->after != 0 ? it->after : it->before;
        int result = ssh_signers_find(&signers, it->key, "git", time, &found, &err);
        assert(result == 0 ? found != NULL && !found->authority : err.code == ERR_DENIED);
        assert(result == 0 || it->authority || it->name_spaces != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    const char *text = arena_memdup(arena, data, size);
    if (size >= 14 && memcmp(text, "-----BEGIN SSH", 14) == 0)
        try_signature(text, size, arena);
    else
        try_signers(text, size, arena);
    arena_free(arena);
    return 0;
}
