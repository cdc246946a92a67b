/* encryption.c: see encryption.h. */
#include "encryption.h"

#include "config.h"
#include "decode.h"
#include "diag.h"
#include "types.h"

enum { ENC_KEY, ENC_PREVIOUS, ENC_ACCEPT_PLAIN, ENC_COUNT };

static const struct attr attrs[ENC_COUNT] = {
    [ENC_KEY] = {.name = "key",
                 .type = &type_secret,
                 .flags = ATTR_SECRET,
                 .doc = "The key: 32 random bytes as hex or base64 (openssl rand -hex 32). "
                        "Without it, what is encrypted is read with the previous ones, and "
                        "written in plain."},
    [ENC_PREVIOUS] = {.name = "previous",
                      .type = &type_secrets,
                      .flags = ATTR_SECRET,
                      .doc = "Former keys: they read, and write no more."},
    [ENC_ACCEPT_PLAIN] = {.name = "accept_plain",
                          .type = &type_bool,
                          .doc = "Read what is not encrypted, though there is a key: to begin "
                                 "with, until the next write. Without it, that is refused: "
                                 "anybody could have put it there."},
};

const struct schema encryption_schema = {
    .kind = "encryption",
    .section = "encryption",
    .attrs = attrs,
    .n_attrs = ENC_COUNT,
    .doc = "Encryption of the state, its journal, backup and history, and of saved plans."};

const struct instance *encryption_read(struct decoder *decoder, const struct entry *entry)
{
    struct instance *read =
        instance_new(decoder->arena, &encryption_schema, "encryption", "encryption");
    read->presence = PRESENCE_PRESENT;
    read->pos = entry_pos(entry);
    if (form_read(form_new(decoder, &encryption_schema, 0, NULL), &entry->node, read) < 0)
        return NULL;
    if (value_is_known(read->attrs[ENC_KEY]) || value_count(read->attrs[ENC_PREVIOUS]) > 0)
        return read;
    struct diag *diag = diag_error(decoder->diags, read->pos,
                                   "encryption names neither a key nor a previous one");
    diag_hint(decoder->diags, diag, "write key: { env: NAME }, or take the section out");
    return NULL;
}
