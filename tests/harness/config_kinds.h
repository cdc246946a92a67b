/* config_kinds.h: a small, frozen set of kinds for tests of the manifest, so that their exact
 * texts do not move when the real schemas do. */
#ifndef GF_TESTS_CONFIG_KINDS_H
#define GF_TESTS_CONFIG_KINDS_H

struct kind;
struct provider;

extern const struct kind *const test_kinds[];         /* NULL-ended */
extern const struct provider *const test_providers[]; /* NULL-ended */

#endif
