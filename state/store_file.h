/* store_file.h: the inside of the file backend, shared by its reading and its writing half. */
#ifndef GF_STORE_FILE_H
#define GF_STORE_FILE_H

#include <sys/types.h>

#include "journal.h"
#include "store.h"
#include "strbuf.h"

struct arena;

struct file_store {
    struct store base;
    struct arena *arena;
    const char *given;                           /* path as the user wrote it */
    const struct seal *seal;                     /* NULL: plain */
    char *path, *journal, *lock, *backup, *temp; /* NULL until the directory exists */
    char *history;                               /* the directory of former states */
    int lock_fd, journal_fd;                     /* -1: not held, not open */
    uint64_t journal_n;
    char *journal_start; /* its first line as in the file, while it is open; from malloc */
    size_t journal_start_size;
    off_t journal_size;
    bool journal_broken; /* its end on the disk is not known: nothing may be appended */
};

/* Settle the paths. 1, or 0 when the directory is not there (and `create` is false). */
int store_file_resolve(struct file_store *file, bool create, struct err *err);

/* store_file_read.c */
int store_file_read(struct store *store, struct arena *arena,
                    const struct schema_source *schemas, struct state **ret_state,
                    struct err *err);
/* The stored document, unsealed, with its lineage (33 bytes) and serial; 0 when there is none.
 */
int store_file_stored(struct file_store *file, struct strbuf *text, char *ret_lineage,
                      int64_t *ret_serial, struct err *err);
/* The journal's file, unsealed and looked at. */
struct stored_journal {
    struct strbuf raw, plain;
    struct journal journal; /* borrows from the texts */
    size_t start, good; /* in raw: length of the first line, offset behind the last whole one */
};
void stored_journal_release(struct stored_journal *stored);
int store_file_scan(const struct file_store *file, struct stored_journal *stored,
                    struct err *err);
/* Says which state the journal belongs to, and what to do; always -1. */
int store_file_refuse_journal(const struct file_store *file, const struct journal *journal,
                              struct err *err);

/* store_file_history.c */
/* Keep the stored state, which has this serial, durably. After a write of that serial: drop
 * what is too old, and bring backup and history into the form of the seal. What fails is done
 * with the next write. */
int store_file_keep(const struct file_store *file, int64_t serial, struct err *err);
void store_file_tidy(const struct file_store *file, int64_t serial);
int store_file_history(struct store *store, struct arena *arena, size_t most,
                       struct history *ret_history, struct err *err);
int store_file_read_former(struct store *store, int64_t serial, struct arena *arena,
                           const struct schema_source *schemas, struct state **ret_state,
                           struct err *err);

/* store_file_write.c */
/* A second name for a file, or a copy where the file system has no such names. */
int store_file_link(const char *from, const char *to, struct err *err);
int store_file_record(struct store *store, const struct record *record, struct err *err);
int store_file_write(struct store *store, const struct state *state, struct err *err);

#endif
