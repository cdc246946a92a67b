/* store_file.h: the inside of the file backend, shared by its reading and its writing half. */
#ifndef GF_STORE_FILE_H
#define GF_STORE_FILE_H

#include <sys/types.h>

#include "journal.h"
#include "store.h"

struct arena;
struct strbuf;

struct file_store {
    struct store base;
    struct arena *arena;
    const char *given;                           /* path as the user wrote it */
    char *path, *journal, *lock, *backup, *temp; /* NULL until the directory exists */
    int lock_fd, journal_fd;                     /* -1: not held, not open */
    uint64_t journal_n;
    off_t journal_size;
    bool journal_broken; /* its end on the disk is not known: nothing may be appended */
};

/* Settle the paths. 1, or 0 when the directory is not there (and `create` is false). */
int store_file_resolve(struct file_store *file, bool create, struct err *err);

/* store_file_read.c */
int store_file_read(struct store *store, struct arena *arena,
                    const struct schema_source *schemas, struct state **ret_state,
                    struct err *err);
/* The stored document as text with its lineage (33 bytes) and serial; 0 when there is none. */
int store_file_stored(struct file_store *file, struct strbuf *text, char *ret_lineage,
                      int64_t *ret_serial, struct err *err);
/* Says which state the journal belongs to, and what to do; always -1. */
int store_file_refuse_journal(const struct file_store *file, const struct journal *journal,
                              struct err *err);

/* store_file_write.c */
int store_file_record(struct store *store, const struct record *record, struct err *err);
int store_file_write(struct store *store, const struct state *state, struct err *err);

#endif
