/* lock_file.h: a lock that dies with its process: flock on a file that stays, with a note in it
 * about who holds it.
 *
 * The file is never removed: a second process may be about to lock it.
 */
#ifndef GF_LOCK_FILE_H
#define GF_LOCK_FILE_H

#include <stdint.h>

#include "err.h"

struct lock_info;

/* Take the lock of path; returns the descriptor that is the lock, or -1. ERR_LOCKED after
 * wait_ms, with the holder as far as known; ERR_STORAGE when the note cannot be written. */
int lock_file_take(const char *path, const struct lock_info *mine, int64_t wait_ms,
                   struct lock_info *ret_holder, struct err *err);
void lock_file_release(int fd);

/* Who holds it: 1, 0 when free, -1. */
int lock_file_holder(const char *path, struct lock_info *ret_holder, struct err *err);

#endif
