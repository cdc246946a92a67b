/* storage.h: files that must survive, for the file backend: reading whole ones, writing
 * durably, and errors that say what to do.
 */
#ifndef GF_STORAGE_H
#define GF_STORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "err.h"

struct strbuf;

/* ERR_STORAGE for an errno, with the way out that goes with it; always -1. */
int storage_fail(struct err *err, const char *path, const char *what, int error);

/* Open for reading; 1 and a descriptor, 0 when there is no such file, -1. Refuses all but
 * regular files, follows no link in the last part of the path. */
int storage_open(const char *path, int *ret_fd, struct err *err);

/* Append all that the descriptor holds; ERR_INVALID beyond the buffer's maximum. */
int storage_slurp(int fd, const char *path, struct strbuf *out, struct err *err);

/* storage_open and storage_slurp. */
int storage_read(const char *path, struct strbuf *out, struct err *err);

/* Write all of it at an offset. */
int storage_write(int fd, const char *path, const struct strbuf *data, off_t offset,
                  struct err *err);

/* A new private file with that content, durable but for its name; replaces an old one. Nothing
 * is left behind on failure. */
int storage_create(const char *path, const struct strbuf *data, struct err *err);

/* The same in the place of another file, whole or not at all: under a temporary name beside it,
 * then renamed, durable with its name. A path that leads to a device or a pipe is written to.
 */
int storage_replace(const char *path, const struct strbuf *data, struct err *err);

/* Make the names in the directory of path durable. */
int storage_sync_dir(const char *path, struct err *err);

/* The same file, by device and number. */
bool storage_is_same(int fd, const char *path);

#endif
