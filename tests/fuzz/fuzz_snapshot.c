/* fuzz_snapshot.c: snapshots from anywhere.
 *
 * Each input is tried as it is, and with right checksums, its own and that of the state in it:
 * no mutation would ever get past those. What is accepted must come out the same when it is
 * written and read once more; what is not must say why. A signature is looked at, whatever it
 * is.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "digest.h"
#include "signature.h"
#include "snapshot.h"
#include "strbuf.h"
#include "types.h"

#define CHECKSUM "\"checksum\":\""
#define STATE "],\"state\":\n"

enum { HEX_LEN = 32, TAIL_LEN = sizeof(CHECKSUM) - 1 + HEX_LEN + 3 };

static const char public_key[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEA9b3i/qPtFjlQBvd6h8aQpvy10tlPEPAg0OWWF+5jZPY=\n"
    "-----END PUBLIC KEY-----\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct schema *find(const char *kind)
{
    static const struct attr attrs[] = {
        {.name = "graphics", .type = &type_string, .facets = FACET_ESXI},
        {.name = "tags", .type = &type_strings, .facets = FACET_VSPHERE},
        {.name = "password", .type = &type_secret, .flags = ATTR_SECRET},
    };
    static const struct schema host = {.kind = "host", .attrs = attrs, .n_attrs = 3};
    static const struct schema pool = {
        .kind = "pool", .attrs = attrs, .n_attrs = 3, .abstract = true};
    if (strcmp(kind, "pool") == 0)
        return &pool;
    return strcmp(kind, "host") == 0 ? &host : NULL;
}

static const struct schema_source schemas = {.find = find};

static void encode(const struct snapshot *snapshot, const struct state *state,
                   struct strbuf *out)
{
    struct err err = {0};
    strbuf_init(out, STATE_SIZE_MAX);
    int result = snapshot_encode(snapshot, state, NULL, out, &err);
    assert(result == 0);
}

/* Written and read twice: the second text equals the first. */
static void check(const struct snapshot *snapshot, struct arena *arena)
{
    struct strbuf first, second;
    struct snapshot *again = NULL;
    struct state *state = NULL;
    struct err err = {0};
    if (snapshot->state != NULL && state_decode(snapshot->state, snapshot->state_size, arena,
                                                &schemas, &state, &err) < 0) {
        assert(err.code == ERR_INVALID);
        return;
    }
    encode(snapshot, state, &first);
    int result =
        snapshot_decode(strbuf_str(&first), strbuf_len(&first), arena, &schemas, &again, &err);
    assert(result == 0);
    encode(again, state, &second);
    assert(strbuf_len(&first) == strbuf_len(&second));
    assert(memcmp(strbuf_str(&first), strbuf_str(&second), strbuf_len(&first)) == 0);
    strbuf_release(&first);
    strbuf_release(&second);
}

static void try(const char *text, size_t size)
{
    struct arena *arena = arena_new();
    struct snapshot *snapshot = NULL;
    struct err err = {0};
    size_t n_signed;
    const char *signature = NULL;
    if (snapshot_frame(text, size, &n_signed, &signature, &err) == 0 && signature != NULL) {
        assert(n_signed < size);
        int result =
            signature_check(public_key, strlen(public_key), text, n_signed, signature, &err);
        assert(result < 0 && err.code == ERR_UNTRUSTED);
    }
    if (snapshot_decode(text, size, arena, &schemas, &snapshot, &err) == 0)
        check(snapshot, arena);
    else
        assert(err.code == ERR_INVALID && err.message[0] != '\0');
    arena_free(arena);
}

/* The checksum that ends at `end`, of what begins at `from`. */
static void mend(char *from, char *end, size_t before)
{
    char *tail = end - TAIL_LEN;
    if (end - from < TAIL_LEN + 1 || memcmp(tail, CHECKSUM, strlen(CHECKSUM)) != 0)
        return;
    struct digest digest = digest_bytes(from, (size_t)(tail - from) - before);
    memcpy(tail + strlen(CHECKSUM), digest.hex, HEX_LEN);
}

/* The state ends with the last line but one or two. */
static void mend_state(char *text, size_t size)
{
    char *state = memmem(text, size, STATE, strlen(STATE)), *end = NULL;
    if (state == NULL)
        return;
    state += strlen(STATE);
    for (char *at = state; (at = memmem(at, (size_t)(text + size - at), "\"}\n,\"", 5)) != NULL;
         at++)
        end = at + 3;
    if (end != NULL)
        mend(state, end, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try((const char *)data, size);
    char *copy = malloc(size + 1);
    if (copy == NULL)
        abort();
    memcpy(copy, data, size);
    mend_state(copy, size);
    mend(copy, copy + size, 1); /* the comma before it belongs to it */
    try(copy, size);
    free(copy);
    return 0;
}
