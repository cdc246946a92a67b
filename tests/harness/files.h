/* files.h: small helpers of the end-to-end tests around files, time and chance. They end the
 * test (cmocka's fail) when something does not work. */
#ifndef GF_TESTS_FILES_H
#define GF_TESTS_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "compiler.h"

/* As cmocka's fail_msg, which cuts messages after 1024 characters. */
#define fail_long(...) (fprintf(stderr, __VA_ARGS__), fputc('\n', stderr), fail())

/* A new directory /tmp/gf-PURPOSE-XXXXXX. */
void make_directory(char *ret_path, size_t size, const char *purpose);
void remove_directory(const char *path); /* with all that is in it */
void copy_file(const char *from, const char *to);
void copy_directory(const char *from, const char *to);

/* The whole file (caller frees), or NULL when there is none. */
char *PRINTF_LIKE(1, 2) file_text(const char *path, ...);
bool PRINTF_LIKE(1, 2) file_exists(const char *path, ...);
void write_text(const char *path, const char *text);
/* Replace what stands in the file exactly once. */
void edit_text(const char *path, const char *old, const char *new);
/* First file below the directory that holds `needle`, as "path" (caller frees), or NULL. */
char *find_in_files(const char *directory, const char *needle);

void pause_ms(int64_t ms);
int64_t clock_ms(void); /* monotonic */

/* xorshift64*: the same seed gives the same choices. */
struct chance {
    uint64_t state;
};

/* The seed: GRIDFORM_SEED, a number or "clock"; printed, so that a failure can be repeated. */
uint64_t chance_seed(const char *what);
struct chance chance_new(uint64_t seed);
unsigned chance_below(struct chance *chance, unsigned limit);
bool chance_yes(struct chance *chance, unsigned percent);
/* Fisher and Yates. */
void chance_shuffle(struct chance *chance, size_t *items, size_t n);

#endif
