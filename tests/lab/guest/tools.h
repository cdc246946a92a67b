/* tools.h: the first process of a guest: what VMware Tools and init are on a real machine.
 * It is linked statically, runs inside the sandbox, and shares nothing with the lab but
 * guest_wire.h. */
#ifndef GF_LAB_GUEST_TOOLS_H
#define GF_LAB_GUEST_TOOLS_H

#include <stdbool.h>
#include <stddef.h>

#include "guest_wire.h"

enum { PROGRAMS_MAX = 256, BOOT_ARGUMENTS_MAX = 16 };

struct bytes {
    char *data;
    size_t size, capacity;
};

void bytes_add(struct bytes *bytes, const void *data, size_t size);
void bytes_text(struct bytes *bytes, const char *text); /* with its NUL */

struct request {
    enum wire_op op;
    const char **strings; /* NULL-terminated */
    size_t n_strings;
    const char *data;
    size_t data_size;
};

struct answer {
    struct bytes text, data;
};

struct tools {
    int busybox; /* open: a guest that ruins its files still shuts down */
    int programs[PROGRAMS_MAX];
    char *boot_arguments[BOOT_ARGUMENTS_MAX + 1];
    long time_limit, process_limit;
    long deadline;  /* seconds of the monotonic clock; 0: nothing runs */
    unsigned noted; /* limits that were reported since the boot */
};

void notice(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *request_string(const struct request *request, size_t i); /* "" when absent */

/* tools_programs.c: each returns 0 or an errno. */
int program_start(struct tools *tools, const struct request *request, struct answer *answer);
int program_kill(struct tools *tools, const struct request *request);
void programs_reap(struct tools *tools);
void programs_end(struct tools *tools); /* all of them, and wait until they are gone */
void limits_check(struct tools *tools);
/* busybox with input, its output into `out` (NULL: nowhere); 0 or an errno. */
int busybox_run(struct tools *tools, const char *const *argv, const struct request *input,
                struct bytes *out);

/* tools_files.c: each returns 0 or an errno. */
int file_put(const struct request *request);
int file_get(const struct request *request, struct answer *answer);
int file_stat(const struct request *request, struct answer *answer);
int file_list(const struct request *request, struct answer *answer);
int file_mkdir(const struct request *request);
int file_delete(const struct request *request);
int file_temp(const struct request *request, struct answer *answer);

#endif
