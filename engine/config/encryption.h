/* encryption.h: the section `encryption` of the manifest. */
#ifndef GF_ENCRYPTION_H
#define GF_ENCRYPTION_H

struct decoder;
struct entry;
struct instance;

/* Read the section; NULL when something was reported. */
const struct instance *encryption_read(struct decoder *decoder, const struct entry *entry);

#endif
