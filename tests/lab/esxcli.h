/* esxcli.h: one esxcli command: its options as given, and its answer. */
#ifndef GF_LAB_ESXCLI_H
#define GF_LAB_ESXCLI_H

#include "esxi_doc.h"
#include "esxi_shell.h"

#define ESXCLI_OPTIONS_MAX 12

struct esxcli_option {
    const char *name; /* long, without dashes */
    char letter;      /* or '\0' */
    bool flag;        /* takes no value */
    bool required;
};

struct esxcli_call {
    struct shell_run *run;
    struct host *host;
    const struct esxcli_command *command;
    const char
        *values[ESXCLI_OPTIONS_MAX]; /* by position in the command's options; "" of a flag */
    struct doc doc;
};

/* Handlers run under the lab's lock, except those marked `waits`, which take it themselves.
 * They return the exit status; what went wrong they have printed to run->out. */
struct esxcli_command {
    const char *path; /* graphics host get */
    int (*handle)(struct esxcli_call *call);
    struct esxcli_option options[ESXCLI_OPTIONS_MAX]; /* ends with a NULL name */
    bool changing, waits;
};

/* The value of an option, NULL when it was not given. */
const char *esxcli_value(const struct esxcli_call *call, const char *name);
/* Print a message of its own and return 1. */
int esxcli_fail(struct esxcli_call *call, const char *format, ...) PRINTF_LIKE(2, 3);
/* " [Class]", the text, and where to look, as the software commands do; returns 1. */
int esxcli_software_error(struct esxcli_call *call, const char *class, const char *text);

extern const struct esxcli_command esxcli_graphics[], esxcli_software[], esxcli_system[],
    esxcli_hardware[];
extern const size_t n_esxcli_graphics, n_esxcli_software, n_esxcli_system, n_esxcli_hardware;

#endif
