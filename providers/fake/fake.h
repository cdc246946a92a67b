/* fake.h: a platform in memory that carries out the steps of ops.h, for laws and cases.
 *
 * It holds one live object per address and keeps the rules that planning relies on: what is set
 * waits for a reboot, ECC and the virtualization mode show only while the driver runs, a driver
 * is installed in maintenance only, machines with a vGPU start only with their memory locked.
 * A schedule of faults decides which calls fail, and how. It is never what a user meets.
 */
#ifndef GF_FAKE_H
#define GF_FAKE_H

#include "provider.h"

struct fake;

enum fault {
    FAULT_NONE,
    FAULT_FAIL,       /* refused, nothing was done */
    FAULT_TIMEOUT,    /* nothing was done, as far as we know */
    FAULT_LOST_CALL,  /* no answer, nothing was done */
    FAULT_LOST_REPLY, /* no answer, and it was done */
    FAULT_COUNT
};

/* What happened, for comparison with what was announced. */
struct fake_record {
    size_t windows, reboots, powered_off, moved, created, destroyed;
};

/* Objects live in the arena; fake_free gives up their index and accepts NULL. */
struct fake *fake_new(struct arena *arena, const char *lineage);
void fake_free(struct fake *fake);

/* A live object as it is from now on: its attributes are copied. ecc: what a host's cards are
 * set to, "enabled" or "disabled", also while nobody can read it. */
void fake_put(struct fake *fake, const struct instance *object, const char *ecc);

/* The n-th call of fake_perform from now on (from 0) meets the fault. */
void fake_fault(struct fake *fake, enum fault fault, size_t n);

/* What would be read of everything wanted or recorded. */
struct instances fake_read(const struct fake *fake, const struct instances *desired,
                           const struct instances *prior, struct arena *arena);
struct instance *fake_read_one(const struct fake *fake, const struct instance *wanted,
                               struct arena *arena);

/* One step, as a provider performs it. */
int fake_perform(struct fake *fake, const struct step_call *call, struct outcome *ret_outcome,
                 struct err *err);

const struct fake_record *fake_record(const struct fake *fake);
size_t fake_calls(const struct fake *fake); /* of fake_perform so far */

/* The whole world as text, in order of addresses: equal worlds, equal texts. */
void fake_print(const struct fake *fake, struct strbuf *out);

#endif
