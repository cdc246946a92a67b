/* snapshot.h: what a plan needs to know of the world, as one document: the live instances and
 * the state, both as they were at one time.
 *
 * JSON with one resource per line, like the state (state.h), and the state in it as it is:
 *
 *     {"gridform_snapshot":1,"site":"…","taken":"2026-11-27T06:00:00Z","version":"…",
 *      "commit":"…","schemas":"…","servers":{"vsphere":"…"},"lineage":"…","serial":7,
 *      "listed":{"host":["…"],…},"failures":[{"provider":"esxi","code":"denied","message":"…"}],
 *      "live":[
 *     {"address":"host/a","presence":"present","attrs":{…},"ids":{…},"mark":{…},"asked":{…}},
 *     {"address":"host/b","presence":"unreadable","reason":"…"},
 *     …
 *     ],"state":
 *     {"gridform_state":1,…}
 *     ,"signature":"…"
 *     ,"checksum":"…"}
 *
 * (The head is one line.) Without a state there is null in its place; lineage and serial are
 * then missing. The checksum is XXH3-128 of all bytes before the line that it is on, the
 * signature, if there is one, is Ed25519 over all bytes before its own line. The shape is exact
 * to the byte, so that nothing can change unnoticed. An attribute that is not there was absent;
 * one that could not be read is {"$unreadable":"reason"}.
 */
#ifndef GF_SNAPSHOT_H
#define GF_SNAPSHOT_H

#include "state.h"

enum { SNAPSHOT_FORMAT = 1 };

/* A provider that could not be opened or asked. */
struct snapshot_failure {
    const char *provider, *code, *message;
};

struct snapshot {
    const char *site;
    const char *version; /* of the program that took it */
    const char *commit;  /* of the manifest, or NULL */
    const char *schemas; /* digest of the kinds that it knew: other attributes, other answers */
    const struct value *servers; /* map: provider -> the server that was asked */
    int64_t taken;               /* Unix seconds */
    const char *lineage;         /* of the state, or NULL: there was none */
    int64_t serial;
    const struct snapshot_failure *failures;
    size_t n_failures;
    const struct value *listed; /* map: kind -> keys of all that there is (provider.h) */
    struct instances live;      /* sorted */
    /* Parallel to live.items: the desired attributes in whose light it was read, a map or NULL
     * (attr.read_by). */
    const struct value **asked;
    const char *state; /* decoded: its document, borrowed from the text, or NULL */
    size_t state_size;
};

/* How secrets are taken out of a text. */
struct snapshot_redactor {
    void (*take_out)(const void *context, struct strbuf *text);
    const void *context;
};

/* Append the document; state may be NULL, and so may the redactor and the key (a private one in
 * PEM). -1: the key is of no use (signature.h), or the document would be too large. */
struct snapshot_pen {
    const struct snapshot_redactor *redactor;
    const char *key_pem;
    size_t key_size;
};
int snapshot_encode(const struct snapshot *snapshot, const struct state *state,
                    const struct snapshot_pen *pen, struct strbuf *out, struct err *err);

/* The checksum fits and the frame is whole: ERR_INVALID when not. *ret_signed: how many bytes
 * the signature at *ret_signature (SIGNATURE_LEN characters) is for; 0 and NULL: unsigned. */
int snapshot_frame(const char *text, size_t size, size_t *ret_signed,
                   const char **ret_signature, struct err *err);

/* Read a document. Refused with ERR_INVALID: what snapshot_frame refuses, a newer format, what
 * no snapshot of ours can hold. The state in it is found, not read. The text is only needed as
 * long as that. */
int snapshot_decode(const char *text, size_t size, struct arena *arena,
                    const struct schema_source *schemas, struct snapshot **ret_snapshot,
                    struct err *err);

/* "2026-11-27T06:00:00Z". The reverse: -1 for anything else. */
void snapshot_print_time(int64_t seconds, struct strbuf *out);
int snapshot_parse_time(const char *text, int64_t *ret_seconds);

#endif
