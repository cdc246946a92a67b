/* replace_file.h: new content for a file that is there, whole or not at all. */
#ifndef GF_REPLACE_FILE_H
#define GF_REPLACE_FILE_H

#include <stddef.h>

struct err;

/* A temporary file beside it, written to the disk, takes its place, its mode and, where we may
 * give it, its owner. Behind a symbolic link the file that it means is replaced. -1
 * (ERR_STORAGE): the file is as it was. */
int replace_file(const char *path, const char *text, size_t size, struct err *err);

#endif
