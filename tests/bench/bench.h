/* bench.h: the parts of the benchmark program. */
#ifndef GF_BENCH_H
#define GF_BENCH_H

#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "state.h"

struct arena;

/* Ends the program. */
_Noreturn void bench_die(const char *what);

/* A whole file, on the heap, NUL-terminated; NULL when there is none. */
char *bench_slurp(const char *directory, const char *name, size_t *ret_size);
void bench_spill(const char *directory, const char *name, const char *text, size_t size);

/* The manifest of a directory; the texts of its files are given up. */
struct config *bench_config(struct arena *arena, const char *directory);
extern const struct schema_source bench_schemas;

/* Write manifest-*.yaml and snapshot.json of a site with about n resources. */
void bench_generate(const char *directory, size_t n);

/* Record n steps durably through the file store; prints the time. */
void bench_journal(const char *directory, size_t n);

double bench_now(void); /* seconds, monotonic */

#endif
