/* options.c: options from their table: parsing and help. */
#include "command.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "names.h"
#include "num.h"
#include "strbuf.h"

const struct option_spec option_specs[OPTION_COUNT] = {
    [OPTION_DIRECTORY] = {"chdir", 'C', "DIR", "directory of the manifest (default: .)",
                          COMPLETE_DIRECTORY},
    [OPTION_REF] = {"ref", 0, "REV",
                    "read the files from this commit, not from disk (plan, apply: A..B too)",
                    COMPLETE_NOTHING},
    [OPTION_STATE] = {"state", 's', "FILE",
                      "state file, whatever the manifest says (default: DIR/gridform.state)",
                      COMPLETE_FILE},
    [OPTION_OVERLAY] = {"overlay", 'o', "FILE",
                        "patch the manifest with this file; may be given several times",
                        COMPLETE_FILE},
    [OPTION_VAR] = {"var", 0, "NAME=VALUE", "set a variable; may be given several times",
                    COMPLETE_NOTHING},
    [OPTION_ADOPT] = {"adopt", 0, "ADDRESS",
                      "take over an object that exists and is not managed; may be repeated",
                      COMPLETE_ADDRESS},
    [OPTION_JSON] = {"json", 0, NULL, "print JSON (apply: one event per line)",
                     COMPLETE_NOTHING},
    [OPTION_FORMAT] = {"format", 0, "FORMAT", "form of the output", COMPLETE_FORMAT},
    [OPTION_LIMIT] = {"limit", 0, "N",
                      "markdown: at most N bytes (default: 64000), or what one of github, "
                      "gitlab, bitbucket and azure takes",
                      COMPLETE_NOTHING},
    [OPTION_NUMBER] = {"number", 'n', "N", "at most N of them (default: 20)", COMPLETE_NOTHING},
    [OPTION_OUT] = {"out", 0, "FILE", "save the plan, for gridform apply FILE", COMPLETE_FILE},
    [OPTION_REPORT] = {"report", 0, "FILE",
                       "remember what was reported and since when in this file", COMPLETE_FILE},
    [OPTION_NEW_ONLY] = {"new-only", 0, NULL,
                         "show and exit for what is new since the last report (--report)",
                         COMPLETE_NOTHING},
    [OPTION_WATCH] = {"watch", 0, "TIME", "check again and again, this long apart",
                      COMPLETE_NOTHING},
    [OPTION_TIMEOUT] = {"timeout", 0, "TIME",
                        "watch: cut a check off that takes longer (default: 10m)",
                        COMPLETE_NOTHING},
    [OPTION_LISTEN] = {"listen", 0, "HOST:PORT", "watch: serve /metrics and /healthz there",
                       COMPLETE_NOTHING},
    [OPTION_ALLOW_REMOTE] =
        {"allow-remote", 0, NULL,
         "let --listen take an address beyond loopback: no TLS, no password", COMPLETE_NOTHING},
    [OPTION_LIVE] = {"live", 0, "FILE",
                     "take the live state from this snapshot (-: standard input)",
                     COMPLETE_FILE},
    [OPTION_MAX_AGE] = {"max-age", 0, "TIME",
                        "refuse a snapshot that is older, such as 24h (default: any age)",
                        COMPLETE_NOTHING},
    [OPTION_TRUST] = {"trust", 0, "FILE",
                      "refuse a snapshot that no public key in this PEM file signed",
                      COMPLETE_FILE},
    [OPTION_SNAPSHOT_OVERLAY] =
        {"overlay", 0, "FILE", "patch the manifest with this file; may be given several times",
         COMPLETE_FILE},
    [OPTION_SNAPSHOT_OUT] = {"out", 'o', "FILE", "where the snapshot goes (-: standard output)",
                             COMPLETE_FILE},
    [OPTION_SIGN_KEY] = {"sign-key", 0, "FILE", "sign it with this Ed25519 private key (PEM)",
                         COMPLETE_FILE},
    [OPTION_DETAILED_EXITCODE] = {"detailed-exitcode", 0, NULL, "exit 2 when changes are due",
                                  COMPLETE_NOTHING},
    [OPTION_AUTO_APPROVE] = {"yes", 'y', NULL, "do not ask", COMPLETE_NOTHING},
    [OPTION_FORCE] = {"force", 0, NULL, "also when the stored state is newer",
                      COMPLETE_NOTHING},
    [OPTION_NO_COLOR] = {"no-color", 0, NULL, "no colour, also on a terminal",
                         COMPLETE_NOTHING},
    [OPTION_CHECK] = {"check", 0, NULL, "change nothing, exit 2 when a file would change",
                      COMPLETE_NOTHING},
    [OPTION_DIFF] = {"diff", 0, NULL, "change nothing, show what would change",
                     COMPLETE_NOTHING},
    [OPTION_REQUIRE_CLEAN] = {"require-clean", 0, NULL,
                              "refuse files that differ from their commit", COMPLETE_NOTHING},
    [OPTION_REQUIRE_REF] = {"require-ref", 0, "BRANCH",
                            "refuse a commit that is not in this branch", COMPLETE_NOTHING},
    [OPTION_REQUIRE_SIGNED] = {"require-signed", 0, "FILE",
                               "refuse a commit that none of these signers signed",
                               COMPLETE_FILE},
    [OPTION_PARALLELISM] = {"parallelism", 0, "N", "steps at a time (default: 10)",
                            COMPLETE_NOTHING},
    [OPTION_LOCK_TIMEOUT] = {"lock-timeout", 0, "TIME",
                             "wait this long for the state's lock (default: 0s)",
                             COMPLETE_NOTHING},
    [OPTION_HELP] = {"help", 'h', NULL, "show this help", COMPLETE_NOTHING},
};

const char *const format_names[FORMAT_COUNT] = {
    [FORMAT_TEXT] = "text",
    [FORMAT_JSON] = "json",
    [FORMAT_MARKDOWN] = "markdown",
    [FORMAT_DOT] = "dot",
    [FORMAT_MERMAID] = "mermaid",
    [FORMAT_HTML] = "html",
    /* for other programs */
    [FORMAT_TERRAFORM] = "terraform-json",
    [FORMAT_GITLAB] = "gitlab-terraform",
    [FORMAT_SARIF] = "sarif",
    [FORMAT_JUNIT] = "junit",
    [FORMAT_GITHUB] = "github",
    [FORMAT_AZURE] = "azure",
};

static int PRINTF_LIKE(2, 3) usage_error(const struct command *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "gridform %s: ", command->name);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\nTry: gridform %s --help\n", command->name);
    return -1;
}

static bool command_takes(const struct command *command, enum option_id id)
{
    for (size_t i = 0; i < command->n_options; i++)
        if (command->options[i] == id)
            return true;
    return id == OPTION_HELP;
}

/* The option that a word such as --state or -s names for this command; -1: none. */
static int find_option(const struct command *command, const char *word, size_t len)
{
    for (int id = 0; id < OPTION_COUNT; id++) {
        const struct option_spec *spec = &option_specs[id];
        bool is_long = len > 2 && word[1] == '-' && strlen(spec->name) == len - 2 &&
                       memcmp(spec->name, word + 2, len - 2) == 0;
        bool is_short = len == 2 && word[1] != '-' && word[1] == spec->letter;
        if ((is_long || is_short) && command_takes(command, (enum option_id)id))
            return id;
    }
    return -1;
}

static int add_text(const struct command *command, const char **list, size_t *n,
                    const char *text)
{
    if (*n + 1 >= OPTIONS_LIST_MAX)
        return usage_error(command, "too many: %s", text);
    list[(*n)++] = text;
    return 0;
}

void command_list_formats(const struct command *command, struct strbuf *out)
{
    size_t n = 0;
    for (unsigned i = 0; i < FORMAT_COUNT; i++)
        n += (command->formats >> i) & 1u;
    for (unsigned i = 0; i < FORMAT_COUNT; i++)
        if (command->formats >> i & 1u)
            strbuf_addf(out, "%s%s", format_names[i], --n == 0 ? "" : n == 1 ? " or " : ", ");
}

static int set_format(const struct command *command, const char *text, enum output_format *ret)
{
    int format = names_value(format_names, FORMAT_COUNT, text);
    if (format >= 0 && (command->formats >> format & 1u)) {
        *ret = (enum output_format)format;
        return 0;
    }
    struct strbuf known;
    strbuf_init(&known, 200);
    command_list_formats(command, &known);
    usage_error(command, "--format: %s, not %s", strbuf_str(&known), text);
    strbuf_release(&known);
    return -1;
}

/* What a comment may hold there, in characters, of which none takes less than a byte, with some
 * room for words around the plan. */
static const struct {
    const char *name;
    int64_t limit;
    bool no_html;
} forges[] = {
    {"github", 64000, false},   /* of 65,536 */
    {"gitlab", 980000, false},  /* of 1,000,000 */
    {"bitbucket", 32000, true}, /* of 32,768 */
    {"azure", 147000, false},   /* of 150,000 */
};

static int set_limit(const struct command *command, const char *text, struct options *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(forges); i++)
        if (strcmp(text, forges[i].name) == 0) {
            ret->limit = forges[i].limit;
            ret->no_html = forges[i].no_html;
            return 0;
        }
    if (num_i64(text, &ret->limit) == 0 && ret->limit >= OPTIONS_LIMIT_LEAST &&
        ret->limit <= OPTIONS_LIMIT_MOST)
        return 0;
    return usage_error(
        command,
        "--limit: a number from %d to %d, github, gitlab, bitbucket or azure, not "
        "%s",
        OPTIONS_LIMIT_LEAST, OPTIONS_LIMIT_MOST, text);
}

static int set_parallelism(const struct command *command, const char *text, struct options *ret)
{
    if (num_i64(text, &ret->parallelism) == 0 && ret->parallelism >= 1 &&
        ret->parallelism <= 256)
        return 0;
    return usage_error(command, "--parallelism: a number from 1 to 256, not %s", text);
}

static int set_number(const struct command *command, const char *text, struct options *ret)
{
    if (num_i64(text, &ret->number) == 0 && ret->number >= 1 &&
        ret->number <= OPTIONS_NUMBER_MOST)
        return 0;
    return usage_error(command, "--number: a number from 1 to %d, not %s", OPTIONS_NUMBER_MOST,
                       text);
}

static int set_time(const struct command *command, enum option_id id, const char *text,
                    struct options *ret)
{
    int64_t least = id == OPTION_WATCH || id == OPTION_TIMEOUT ? OPTIONS_TIME_LEAST_MS : 0;
    int64_t *const times[OPTION_COUNT] = {[OPTION_WATCH] = &ret->watch_ms,
                                          [OPTION_TIMEOUT] = &ret->timeout_ms,
                                          [OPTION_MAX_AGE] = &ret->max_age_ms,
                                          [OPTION_LOCK_TIMEOUT] = &ret->lock_timeout_ms};
    int64_t ms;
    if (num_duration(text, &ms) < 0 || (id == OPTION_MAX_AGE && ms == 0) ||
        (least > 0 && (ms < least || ms > OPTIONS_TIME_MOST_MS)))
        return usage_error(command, "--%s: a time such as 30s or 5m%s, not %s",
                           option_specs[id].name, least > 0 ? ", from 1s to 30d" : "", text);
    *times[id] = ms;
    return 0;
}

static int set_flag(enum option_id id, struct options *ret)
{
    bool *const flags[OPTION_COUNT] = {
        [OPTION_REQUIRE_CLEAN] = &ret->require_clean,
        [OPTION_DETAILED_EXITCODE] = &ret->detailed_exitcode,
        [OPTION_AUTO_APPROVE] = &ret->auto_approve,
        [OPTION_FORCE] = &ret->force,
        [OPTION_NO_COLOR] = &ret->no_color,
        [OPTION_CHECK] = &ret->check,
        [OPTION_DIFF] = &ret->diff,
        [OPTION_NEW_ONLY] = &ret->new_only,
        [OPTION_ALLOW_REMOTE] = &ret->allow_remote,
        [OPTION_HELP] = &ret->help,
    };
    *flags[id] = true;
    return 0;
}

static int set_text(enum option_id id, const char *text, struct options *ret)
{
    const char **const texts[OPTION_COUNT] = {
        [OPTION_DIRECTORY] = &ret->directory,
        [OPTION_STATE] = &ret->state,
        [OPTION_REQUIRE_REF] = &ret->require_ref,
        [OPTION_REQUIRE_SIGNED] = &ret->require_signed,
        [OPTION_OUT] = &ret->out,
        [OPTION_SNAPSHOT_OUT] = &ret->out,
        [OPTION_LIVE] = &ret->live,
        [OPTION_TRUST] = &ret->trust,
        [OPTION_SIGN_KEY] = &ret->sign_key,
        [OPTION_REPORT] = &ret->report,
        [OPTION_LISTEN] = &ret->listen,
    };
    *texts[id] = text;
    return 0;
}

static int set_ref(const struct command *command, const char *text, struct options *ret)
{
    if (!command->ranges && strstr(text, "..") != NULL)
        return usage_error(command, "--ref: one commit; a range is for plan and apply");
    ret->ref = text;
    return 0;
}

static int set_option(const struct command *command, enum option_id id, const char *text,
                      struct options *ret)
{
    switch (id) {
    case OPTION_DIRECTORY:
    case OPTION_STATE:
    case OPTION_REQUIRE_REF:
    case OPTION_REQUIRE_SIGNED:
    case OPTION_OUT:
    case OPTION_SNAPSHOT_OUT:
    case OPTION_LIVE:
    case OPTION_TRUST:
    case OPTION_SIGN_KEY:
    case OPTION_REPORT:
    case OPTION_LISTEN:
        return set_text(id, text, ret);
    case OPTION_REQUIRE_CLEAN:
    case OPTION_DETAILED_EXITCODE:
    case OPTION_AUTO_APPROVE:
    case OPTION_FORCE:
    case OPTION_NO_COLOR:
    case OPTION_CHECK:
    case OPTION_DIFF:
    case OPTION_NEW_ONLY:
    case OPTION_ALLOW_REMOTE:
    case OPTION_HELP:
        return set_flag(id, ret);
    case OPTION_REF:
        return set_ref(command, text, ret);
    case OPTION_OVERLAY:
    case OPTION_SNAPSHOT_OVERLAY:
        return add_text(command, ret->overlays, &ret->n_overlays, text);
    case OPTION_VAR:
        return add_text(command, ret->vars, &ret->n_vars, text);
    case OPTION_ADOPT:
        return add_text(command, ret->adopt, &ret->n_adopt, text);
    case OPTION_JSON:
        ret->format = FORMAT_JSON;
        return 0;
    case OPTION_FORMAT:
        return set_format(command, text, &ret->format);
    case OPTION_LIMIT:
        ret->limit_given = true;
        return set_limit(command, text, ret);
    case OPTION_NUMBER:
        return set_number(command, text, ret);
    case OPTION_PARALLELISM:
        return set_parallelism(command, text, ret);
    case OPTION_LOCK_TIMEOUT:
    case OPTION_WATCH:
    case OPTION_TIMEOUT:
    case OPTION_MAX_AGE:
        return set_time(command, id, text, ret);
    case OPTION_COUNT:
        break;
    }
    return -1;
}

static int unknown_option(const struct command *command, const char *word)
{
    const char *names[OPTION_COUNT];
    size_t n = 0;
    for (int id = 0; id < OPTION_COUNT; id++)
        if (command_takes(command, (enum option_id)id))
            names[n++] = option_specs[id].name;
    const char *near = word[1] == '-' ? names_nearest(word + 2, names, n) : NULL;
    return near == NULL
               ? usage_error(command, "unknown option %s", word)
               : usage_error(command, "unknown option %s\nDid you mean --%s?", word, near);
}

/* One word that begins with '-'. Returns how many words were used, or -1. */
static int parse_option(const struct command *command, char **argv, int left,
                        struct options *ret)
{
    const char *word = argv[0], *equals = strchr(word, '=');
    size_t len = word[1] == '-' && equals != NULL ? (size_t)(equals - word) : strlen(word);
    int id = find_option(command, word, len);
    if (id < 0)
        return unknown_option(command, word);
    bool inline_value = word[len] == '=';
    if (option_specs[id].argument == NULL) {
        if (inline_value)
            return usage_error(command, "%s takes no value", word);
        return set_option(command, (enum option_id)id, NULL, ret) < 0 ? -1 : 1;
    }
    if (!inline_value && left < 2)
        return usage_error(command, "%s needs a value", word);
    const char *value = inline_value ? word + len + 1 : argv[1];
    if (set_option(command, (enum option_id)id, value, ret) < 0)
        return -1;
    return inline_value ? 1 : 2;
}

int options_parse(const struct command *command, int argc, char **argv, const char **arguments,
                  struct options *ret)
{
    *ret = (struct options){.directory = ".",
                            .parallelism = 10,
                            .limit = OPTIONS_LIMIT,
                            .number = OPTIONS_NUMBER,
                            .timeout_ms = OPTIONS_TIMEOUT_MS,
                            .arguments = arguments};
    bool only_arguments = false;
    for (int i = 0; i < argc;) {
        if (only_arguments || argv[i][0] != '-' || argv[i][1] == '\0') {
            arguments[ret->n_arguments++] = argv[i++];
            continue;
        }
        if (strcmp(argv[i], "--") == 0) {
            only_arguments = true;
            i++;
            continue;
        }
        int used = parse_option(command, argv + i, argc - i, ret);
        if (used < 0)
            return -1;
        i += used;
    }
    if (ret->help)
        return 0;
    if (ret->limit_given && ret->format != FORMAT_MARKDOWN)
        return usage_error(command, "--limit is for --format markdown");
    if (ret->n_arguments < command->least_arguments)
        return usage_error(command, "too few arguments: wants %s", command->arguments);
    if (ret->n_arguments > command->most_arguments)
        return usage_error(command, "unexpected argument %s",
                           arguments[command->most_arguments]);
    return 0;
}

static void print_option(const struct command *command, enum option_id id)
{
    const struct option_spec *spec = &option_specs[id];
    struct strbuf help;
    strbuf_init(&help, 400);
    option_print_help(command, id, &help);
    char left[64];
    snprintf(left, sizeof(left), "--%s%s%s", spec->name, spec->argument ? " " : "",
             spec->argument ? spec->argument : "");
    if (spec->letter != 0)
        printf("  -%c, %-26s %s\n", spec->letter, left, strbuf_str(&help));
    else
        printf("      %-26s %s\n", left, strbuf_str(&help));
    strbuf_release(&help);
}

void option_print_help(const struct command *command, enum option_id id, struct strbuf *out)
{
    strbuf_add(out, option_specs[id].help);
    if (id != OPTION_FORMAT)
        return;
    strbuf_add(out, ": ");
    command_list_formats(command, out);
}

void command_print_help(const struct command *command)
{
    printf("%s\n\nUsage: gridform %s [options]%s%s\n\n%s\n\nOptions:\n", command->summary,
           command->name, command->arguments[0] != '\0' ? " " : "", command->arguments,
           command->help);
    for (size_t i = 0; i < command->n_options; i++)
        print_option(command, command->options[i]);
    print_option(command, OPTION_HELP);
}

void commands_print_help(void)
{
    printf("gridform keeps a VMware private cloud for machine learning in the shape that a\n"
           "directory of YAML files describes: hosts, vGPU modes, templates, software and\n"
           "blueprints.\n\n"
           "Usage: gridform COMMAND [options]\n\nCommands:\n");
    int width = 0;
    for (size_t i = 0; all_commands[i] != NULL; i++)
        if ((int)strlen(all_commands[i]->name) > width)
            width = (int)strlen(all_commands[i]->name);
    for (size_t i = 0; all_commands[i] != NULL; i++)
        if (!all_commands[i]->hidden)
            printf("  %-*s  %s\n", width, all_commands[i]->name, all_commands[i]->summary);
    printf(
        "\ngridform COMMAND --help tells more. Exit codes: 0 done or no difference,\n"
        "1 wrong usage or files, 2 differences (drift; plan --detailed-exitcode), 3 changed\n"
        "and work is left, 4 locked, 5 stale plan, 6 refused by a check, 7 provider\n"
        "trouble, 8 cannot record, 130 interrupted.\n");
}
