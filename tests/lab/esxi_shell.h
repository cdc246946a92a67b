/* esxi_shell.h: inside the simulated ESXi shell: one running command line, and the commands.
 * What they print follows esxi-shell.md. */
#ifndef GF_LAB_ESXI_SHELL_H
#define GF_LAB_ESXI_SHELL_H

#include "lab.h"
#include "strbuf.h"

/* Limits of what a client sends and a command prints. */
#define SHELL_LINE_MAX ((size_t)64 << 10)
#define SHELL_WORDS_MAX 128
#define SHELL_OUTPUT_MAX ((size_t)16 << 20)

struct shell_run {
    struct lab *lab;
    struct host *host;
    const char *user;
    struct arena *arena; /* of this line */
    struct strbuf out, err;
    int status;   /* of the last command: $? */
    bool dropped; /* close the connection instead of answering */
    bool exited;  /* `exit` */
};

/* Run a whole line (esxi_line.c); the result is in out, err, status, dropped. */
void shell_line(struct shell_run *run, const char *line);

/* One simple command (esxi_command.c), faults and record included; sets run->status. */
void shell_command(struct shell_run *run, char **words, size_t n);

/* Commands print and return their exit status. They are called without the lab's lock and
 * take it themselves. */
int esxcli_command(struct shell_run *run, char **words, size_t n);
int nvidia_smi_command(struct shell_run *run, char **words, size_t n);
/* Whether an esxcli command line can alter the host; fills `operation` with its first words. */
bool esxcli_is_changing(char **words, size_t n, struct strbuf *operation);
bool nvidia_smi_is_changing(char **words, size_t n);

/* Update number of the release (esxi_command.c). */
unsigned esxi_update(const struct host *host);

/* Wait for simulated time to pass, or for a task to end; false: the host went away or the lab
 * stops, and the command is cut off. */
bool shell_wait_ms(struct shell_run *run, int64_t simulated_ms);
bool shell_wait_task(struct shell_run *run, const struct task *task);

#endif
