/* test_pgp_none.c: a gridform without gpgme says so, and takes no signature. */
#include "../harness/unit.h"

#include <string.h>

#include "err.h"
#include "pgp_signature.h"

static void no_ring_opens(void **state UNUSED)
{
    struct pgp_ring *ring = NULL;
    struct err err = {0};
    assert_int_equal(pgp_ring_open(&(struct pgp_keys){0}, NULL, &ring, &err), -1);
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_non_null(strstr(err.message, "built without gpgme"));
    assert_non_null(strstr(err.message, "libgpgme-dev"));
    assert_null(ring);
    const char *signer = NULL;
    assert_int_equal(pgp_ring_verify(ring, "", 0, "", 0, NULL, &signer, &err), -1);
    assert_null(signer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_ring_opens)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
