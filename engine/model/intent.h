/* intent.h: a step that was recorded before it was done. */
#ifndef GF_INTENT_H
#define GF_INTENT_H

#include <stdint.h>

/* What was under way when a run ended without saying how it went. */
struct intent {
    const char *address, *op, *plan, *nonce;
    unsigned step;
    int64_t at_ms; /* wall clock, Unix */
};

#endif
