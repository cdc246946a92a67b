/* sample.c: see sample.h. */
#include "sample.h"

#include <stdint.h>
#include <stdlib.h>

#include "num.h"

static unsigned every(void)
{
    const char *text = getenv("GRIDFORM_TEST_SAMPLE");
    uint64_t n = 1;
    if (text != NULL && (num_u64(text, &n) < 0 || n < 1 || n > 100))
        abort();
    return (unsigned)n;
}

bool sample_takes(unsigned i)
{
    return i % every() == 0;
}

unsigned sample_size(unsigned n)
{
    unsigned one_in = every();
    return (n + one_in - 1) / one_in;
}
