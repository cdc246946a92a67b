/* fuzz_state.c: state documents and journals from anywhere.
 *
 * An input that begins like a journal is replayed over an empty state, one that begins like a
 * server's note about the holder of a lock is read as that, all others are decoded as a
 * document. Each is tried as it is, and with right checksums: no mutation would ever get past
 * those. What is accepted must hold its invariants, and come out the same when it is written
 * and read once more.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "digest.h"
#include "journal.h"
#include "store_http_internal.h"
#include "strbuf.h"
#include "types.h"

#define CHECKSUM "\"checksum\":\""
#define LINEAGE "0123456789abcdef0123456789abcdef"

enum { HEX_LEN = 32, TAIL_LEN = sizeof(CHECKSUM) - 1 + HEX_LEN + 3 };

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

static void encode(const struct state *state, struct strbuf *out)
{
    strbuf_init(out, STATE_SIZE_MAX);
    state_encode(state, out);
}

/* Written and read twice: the second text equals the first. */
static void check(const struct state *state, struct arena *arena)
{
    struct strbuf first, second;
    struct state *again = NULL;
    struct err err = {0};
    assert(state_check(state, &err) == 0);
    encode(state, &first);
    int result =
        state_decode(strbuf_str(&first), strbuf_len(&first), arena, &schemas, &again, &err);
    assert(result == 0);
    encode(again, &second);
    assert(strcmp(strbuf_str(&first), strbuf_str(&second)) == 0);
    strbuf_release(&first);
    strbuf_release(&second);
}

static void try_document(const char *text, size_t size)
{
    struct arena *arena = arena_new();
    struct state *state = NULL;
    struct err err = {0};
    char lineage[HEX_LEN + 1];
    int64_t serial;
    if (state_decode(text, size, arena, &schemas, &state, &err) == 0) {
        assert(state_peek(text, size, lineage, &serial, &err) == 0);
        assert(serial == state->serial);
        check(state, arena);
    } else {
        assert(err.code == ERR_INVALID && err.message[0] != '\0');
    }
    arena_free(arena);
}

static void try_journal(const char *text, size_t size)
{
    struct arena *arena = arena_new();
    struct journal journal;
    struct err err = {0};
    struct state *state = state_new(arena, LINEAGE, "fuzz");
    if (journal_scan(text, size, &journal, &err) < 0) {
        assert(err.code == ERR_INVALID);
    } else {
        assert(journal.good <= size && journal.first <= journal.good);
        if (journal_replay(&journal, state, arena, &schemas, &err) == 0)
            check(state, arena);
    }
    arena_free(arena);
}

/* What is shown of a holder fits, ends, and leaves a terminal alone. */
static void try_note(const char *text, size_t size)
{
    struct lock_info holder;
    struct strbuf body;
    strbuf_init(&body, STATE_SIZE_MAX);
    strbuf_add_mem(&body, text, size);
    http_read_holder(&body, &holder);
    const char *const texts[] = {holder.id, holder.who, holder.operation, holder.job_url};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        for (const char *at = texts[i]; *at != '\0'; at++)
            assert((unsigned char)*at >= 0x20 && *at != 0x7f);
    strbuf_release(&body);
}

/* Put the right checksum into the text that ends here, when it ends in one. */
static void mend(char *text, size_t size)
{
    if (size < TAIL_LEN || memcmp(text + size - TAIL_LEN, CHECKSUM, strlen(CHECKSUM)) != 0)
        return;
    struct digest digest = digest_bytes(text, size - TAIL_LEN);
    memcpy(text + size - HEX_LEN - 3, digest.hex, HEX_LEN);
}

/* The comma before the checksum of a journal's line is not part of what is summed. */
static void mend_line(char *line, size_t size)
{
    size_t tail = TAIL_LEN + 1;
    if (size < tail || memcmp(line + size - tail, "," CHECKSUM, strlen(CHECKSUM) + 1) != 0)
        return;
    struct digest digest = digest_bytes(line, size - tail);
    memcpy(line + size - HEX_LEN - 3, digest.hex, HEX_LEN);
}

static void mend_lines(char *text, size_t size)
{
    for (char *at = text, *end; (end = memchr(at, '\n', (size_t)(text + size - at))) != NULL;
         at = end + 1)
        mend_line(at, (size_t)(end + 1 - at));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char journal_start[] = "{\"gridform_journal\"";
    bool is_journal = size >= strlen(journal_start) &&
                      memcmp(data, journal_start, strlen(journal_start)) == 0;
    static const char note_start[] = "{\"ID\"";
    if (size >= strlen(note_start) && memcmp(data, note_start, strlen(note_start)) == 0)
        try_note((const char *)data, size);
    void (*try)(const char *, size_t) = is_journal ? try_journal : try_document;
    try((const char *)data, size);
    char *copy = malloc(size + 1);
    if (copy == NULL)
        abort();
    memcpy(copy, data, size);
    (is_journal ? mend_lines : mend)(copy, size);
    try(copy, size);
    free(copy);
    return 0;
}
