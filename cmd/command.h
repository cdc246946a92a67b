/* command.h: the table of commands, and what they all share.
 *
 * A command is one file cmd_<verb>.c with one struct command, and one row in main.c. Options
 * are a table too: parsing, --help and the manual are made from it.
 */
#ifndef GF_COMMAND_H
#define GF_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strbuf;

/* Exit codes (README.md, "Exit codes"); the first that applies, from the top. */
enum exit_code {
    EXIT_STORAGE = 8,   /* nothing can be recorded: stopped */
    EXIT_WORK_LEFT = 3, /* something was changed and work is left */
    EXIT_INTERRUPTED = 130,
    EXIT_USAGE = 1, /* wrong usage, or anything wrong in the files */
    EXIT_LOCKED = 4,
    EXIT_STALE = 5,    /* the plan is stale or was applied before */
    EXIT_REFUSED = 6,  /* a check or a protection refuses */
    EXIT_PROVIDER = 7, /* a provider was unreachable, refused us or could not be trusted */
    EXIT_DIFFERENCES = 2,
    EXIT_OK = 0,
};

enum output_format {
    FORMAT_TEXT,
    FORMAT_JSON,
    FORMAT_MARKDOWN,
    FORMAT_DOT,
    FORMAT_MERMAID,
    FORMAT_HTML,
    FORMAT_TERRAFORM,
    FORMAT_GITLAB,
    FORMAT_SARIF,
    FORMAT_JUNIT,
    FORMAT_GITHUB,
    FORMAT_AZURE,
    FORMAT_COUNT
};

/* Those that show what checks found (report.h), as bits of struct command. */
#define FORMATS_OF_REPORTS                                                                     \
    (1u << FORMAT_SARIF | 1u << FORMAT_JUNIT | 1u << FORMAT_GITHUB | 1u << FORMAT_AZURE)

extern const char *const format_names[FORMAT_COUNT];

enum {
    OPTIONS_LIST_MAX = 256,
    OPTIONS_LIMIT = 64000, /* below GitHub's 65,536, with room for a word around it */
    OPTIONS_LIMIT_LEAST = 4000,
    OPTIONS_LIMIT_MOST = 1 << 30,
    OPTIONS_NUMBER = 20,
    OPTIONS_NUMBER_MOST = 1000,
    OPTIONS_TIME_LEAST_MS = 1000,
    OPTIONS_TIMEOUT_MS = 600000,
};

#define OPTIONS_TIME_MOST_MS ((int64_t)30 * 24 * 3600 * 1000)

/* Values of all options of all commands; a command sees those that its table names. */
struct options {
    const char *directory;                    /* of the manifest */
    const char *state;                        /* path of the state file */
    const char *ref;                          /* commit or range that the files are read from */
    const char *require_ref, *require_signed; /* apply: branch; file of allowed signers */
    bool require_clean;
    const char *overlays[OPTIONS_LIST_MAX], *vars[OPTIONS_LIST_MAX], *adopt[OPTIONS_LIST_MAX];
    size_t n_overlays, n_vars, n_adopt;
    enum output_format format;
    const char *report, *listen;  /* drift: file of the last report; address of the metrics */
    bool new_only, allow_remote;  /* drift */
    int64_t watch_ms, timeout_ms; /* drift: 0: once; of one check */
    const char *out;              /* plan: file for the saved plan; snapshot: where it goes */
    const char *live, *trust, *sign_key; /* snapshot to plan with, public and private keys */
    int64_t max_age_ms;                  /* of the snapshot; 0: any */
    bool detailed_exitcode, auto_approve, no_color, help, force;
    bool check, diff; /* fmt: change nothing, and tell */
    int64_t parallelism, lock_timeout_ms, limit;
    int64_t number; /* state history: of states */
    bool limit_given;
    bool no_html; /* markdown, for a forge that shows none */
    const char *const *arguments;
    size_t n_arguments;
};

enum option_id {
    OPTION_DIRECTORY,
    OPTION_REF,
    OPTION_STATE,
    OPTION_OVERLAY,
    OPTION_VAR,
    OPTION_ADOPT,
    OPTION_JSON,
    OPTION_FORMAT,
    OPTION_LIMIT,
    OPTION_NUMBER,
    OPTION_OUT,
    OPTION_REPORT,
    OPTION_NEW_ONLY,
    OPTION_WATCH,
    OPTION_TIMEOUT,
    OPTION_LISTEN,
    OPTION_ALLOW_REMOTE,
    OPTION_LIVE,
    OPTION_MAX_AGE,
    OPTION_TRUST,
    OPTION_SNAPSHOT_OVERLAY, /* without a letter: -o is the snapshot's file there */
    OPTION_SNAPSHOT_OUT,
    OPTION_SIGN_KEY,
    OPTION_DETAILED_EXITCODE,
    OPTION_AUTO_APPROVE,
    OPTION_FORCE,
    OPTION_NO_COLOR,
    OPTION_CHECK,
    OPTION_DIFF,
    OPTION_REQUIRE_CLEAN,
    OPTION_REQUIRE_REF,
    OPTION_REQUIRE_SIGNED,
    OPTION_PARALLELISM,
    OPTION_LOCK_TIMEOUT,
    OPTION_HELP,
    OPTION_COUNT
};

/* What a shell may offer for a word. */
enum completion {
    COMPLETE_NOTHING,
    COMPLETE_FILE,
    COMPLETE_DIRECTORY,
    COMPLETE_ADDRESS, /* of the resources in the state */
    COMPLETE_FORMAT,  /* those of the command */
    COMPLETE_SHELL,
    COMPLETE_TOPIC, /* rules and kinds */
    COMPLETE_COMMAND,
    COMPLETION_COUNT
};

struct option_spec {
    const char *name;     /* "lock-timeout" */
    char letter;          /* 'C', or 0 */
    const char *argument; /* "DIR", or NULL */
    const char *help;
    enum completion completion; /* of its argument */
};

extern const struct option_spec option_specs[OPTION_COUNT];

struct command {
    const char *name;
    const char *arguments; /* "[PLAN]" for the usage line, or "" */
    size_t least_arguments, most_arguments;
    const char *summary; /* one line for the list */
    const char *help;    /* paragraphs, wrapped at 80 */
    const enum option_id *options;
    size_t n_options;
    unsigned formats;           /* 1 << enum output_format, of those that take OPTION_FORMAT */
    enum completion completion; /* of its arguments */
    bool hidden;                /* works, and is not listed */
    bool ranges;                /* --ref takes A..B as well */
    int (*run)(const struct options *options); /* an enum exit_code */
};

extern const struct command *const all_commands[]; /* NULL-terminated */

extern const struct command command_init, command_validate, command_fmt, command_plan,
    command_apply, command_drift, command_show, command_graph, command_state_list,
    command_state_show, command_state_pull, command_state_push, command_state_mv,
    command_state_rm, command_state_history, command_state_rollback, command_template_list,
    command_template_rollback, command_explain, command_schema, command_snapshot,
    command_completion, command_force_unlock, command_man, command_version;

/* Parse argv (without the program's and the command's name). 0, or -1 after a message. */
int options_parse(const struct command *command, int argc, char **argv, const char **arguments,
                  struct options *ret);
void command_print_help(const struct command *command);
/* "text, json or markdown" */
void command_list_formats(const struct command *command, struct strbuf *out);
/* What an option of a command does, in a line without its end. */
void option_print_help(const struct command *command, enum option_id id, struct strbuf *out);
void commands_print_help(void);

#endif
