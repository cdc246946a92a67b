/* state_sample.h: the kinds and the small state that the tests of the state layer share. */
#ifndef GF_TESTS_STATE_SAMPLE_H
#define GF_TESTS_STATE_SAMPLE_H

#include "state.h"
#include "store.h"

#define SAMPLE_LINEAGE "0123456789abcdef0123456789abcdef"

extern const struct schema_source sample_schemas;

/* host/NAME or any other known kind, with `graphics` set; ids hold uuid "u-GRAPHICS". */
struct instance *sample_instance(struct arena *arena, const char *address,
                                 const char *graphics);

/* Two hosts and a template, serial 1, a plan, a commit. */
struct state *sample_state(struct arena *arena);

/* Encoded, in the arena; decoded or failed. */
char *sample_encode(const struct state *state, struct arena *arena);
struct state *sample_decode(const char *text, struct arena *arena);

/* Records of one step of host/NAME within plan "p2". */
struct record sample_intent(const char *address, unsigned step);
struct record sample_result(const char *address, unsigned step, const char *outcome);

/* A fresh directory under $TMPDIR or /tmp, and its removal with all in it. */
void sample_directory(char *path, size_t size);
void sample_remove(const char *directory);

#endif
