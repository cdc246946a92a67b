/* unit.h: cmocka with the headers that it wants before itself. */
#ifndef GF_TESTS_UNIT_H
#define GF_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
