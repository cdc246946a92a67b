/* compiler.h: the few compiler extensions that the project uses, under one name each. */
#ifndef GF_COMPILER_H
#define GF_COMPILER_H

#include <stddef.h>

/* CLEANUP(fn): run fn(&variable) when the variable leaves its scope. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define MUST_CHECK __attribute__((warn_unused_result))
#define UNUSED __attribute__((unused))

/* Number of elements of an array (not of a pointer). */
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
