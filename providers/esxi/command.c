/* command.c: several commands in one line, and telling their outputs apart.
 *
 * After each command the line prints a marker with its exit status. The marker holds a random
 * word, so that nothing a host has to say about itself can be taken for one.
 */
#include "esxi.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "arena.h"
#include "shell_quote.h"
#include "ssh.h"
#include "strbuf.h"

enum { LINE_MAX_SIZE = 64 << 10, OUTPUT_MAX = 4 << 20, EXCERPT = 600 };

void script_line(const struct script *script, const char *marker, struct strbuf *out)
{
    for (size_t i = 0; i < script->n; i++) {
        strbuf_add(out, i == 0 ? "" : "; ");
        shell_quote_all(out, script->commands[i]);
        strbuf_addf(out, " 2>&1; echo \"%s:%zu:$?\"", marker, i);
    }
}

/* The status behind a marker, up to the end of its line; NULL when it is cut off. */
static const char *read_status(const char *at, const char *end, int *ret)
{
    int status = 0, digits = 0;
    for (; at < end && isdigit((unsigned char)*at) && digits < 3; at++, digits++)
        status = status * 10 + (*at - '0');
    if (at < end && *at == '\r')
        at++;
    if (digits == 0 || at >= end || *at != '\n')
        return NULL;
    *ret = status;
    return at + 1;
}

int script_split(const char *output, size_t size, const char *marker, size_t n,
                 struct arena *arena, struct part *parts, struct err *err)
{
    const char *at = output, *end = output + size;
    for (size_t i = 0; i < n; i++) {
        const char *word = arena_printf(arena, "%s:%zu:", marker, i);
        const char *found = memmem(at, (size_t)(end - at), word, strlen(word));
        const char *next =
            found == NULL ? NULL : read_status(found + strlen(word), end, &parts[i].status);
        if (next == NULL)
            return err_set(err, ERR_INVALID,
                           "the answer of the shell is cut off or not a shell's: \"%s\"",
                           one_line(arena, at, (size_t)(end - at)));
        parts[i].size = (size_t)(found - at);
        char *copy = arena_memdup(arena, at, parts[i].size);
        for (char *nul = copy; (nul = memchr(nul, '\0', parts[i].size - (size_t)(nul - copy)));)
            *nul = ' ';
        parts[i].output = copy;
        at = next;
    }
    return 0;
}

static int new_marker(char marker[static 24], struct err *err)
{
    uint64_t random;
    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return err_set(err, ERR_INTERNAL, "no random numbers");
    snprintf(marker, 24, "gf-%016llx", (unsigned long long)random);
    return 0;
}

int shell_run(struct shell *shell, const struct script *script, struct part *parts,
              struct err *err)
{
    char marker[24];
    if (new_marker(marker, err) < 0)
        return -1;
    struct strbuf line;
    struct ssh_result result;
    strbuf_init(&line, LINE_MAX_SIZE);
    ssh_result_init(&result);
    script_line(script, marker, &line);
    const struct ssh_command command = {
        .command = strbuf_str(&line),
        .max_output = OUTPUT_MAX,
        .timeout_ms = script->timeout_ms > 0 ? script->timeout_ms : shell->session->timeout_ms,
        .idempotent = !script->changes};
    op_env_call(shell->env, "esxi", "exec");
    int rc = strbuf_overflowed(&line) ? err_set(err, ERR_INVALID, "the command is too long")
                                      : ssh_client_exec(shell->client, &command, &result, err);
    if (rc == 0) {
        const struct strbuf *out = &result.out;
        if (strbuf_len(out) == 0 && strbuf_len(&result.errors) > 0)
            out = &result.errors; /* the shell itself refused the line */
        rc = script_split(strbuf_str(out), strbuf_len(out), marker, script->n, shell->arena,
                          parts, err);
        if (rc < 0 && script->changes)
            err->code = ERR_UNCERTAIN;
    }
    strbuf_release(&line);
    ssh_result_release(&result);
    return rc;
}

/* ---- what went wrong -------------------------------------------------------------------- */

const char *one_line(struct arena *arena, const char *text, size_t size)
{
    char *line = arena_alloc(arena, EXCERPT + 4);
    size_t n = 0;
    for (size_t i = 0; i < size && n < EXCERPT; i++) {
        unsigned char c = (unsigned char)text[i];
        bool blank = c <= ' ' || c == 0x7f;
        if (!blank)
            line[n++] = (char)c;
        else if (n > 0 && line[n - 1] != ' ')
            line[n++] = ' ';
    }
    while (n > 0 && line[n - 1] == ' ')
        n--;
    memcpy(line + n, n >= EXCERPT ? "..." : "", n >= EXCERPT ? 4 : 1);
    return line;
}

bool esxcli_no_hostd(const struct part *part)
{
    return part->status != 0 && strcasestr(part->output, "Connect to localhost failed") != NULL;
}

static const struct {
    const char *class;
    enum err_code code;
} classes[] = {
    {"MaintenanceModeError", ERR_DENIED},     {"AcceptanceConfigError", ERR_DENIED},
    {"NoMatchError", ERR_NOT_FOUND},          {"VibDownloadError", ERR_NOT_FOUND},
    {"MetadataDownloadError", ERR_NOT_FOUND}, {"LockingError", ERR_BUSY},
};

static enum err_code class_code(const char *text, const char **ret_class, size_t *ret_size)
{
    const char *open = strchr(text, '[');
    size_t n = open == NULL ? 0
                            : strspn(open + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                               "abcdefghijklmnopqrstuvwxyz");
    *ret_size = 0;
    if (n < 6 || open[1 + n] != ']' || memcmp(open + 1 + n - 5, "Error", 5) != 0)
        return ERR_INVALID;
    *ret_class = open + 1;
    *ret_size = n;
    for (size_t i = 0; i < ARRAY_LEN(classes); i++)
        if (strlen(classes[i].class) == n && memcmp(classes[i].class, open + 1, n) == 0)
            return classes[i].code;
    return ERR_INVALID;
}

int esxcli_error(const struct part *part, const char *what, struct err *err)
{
    struct arena *arena = arena_new();
    const char *text = one_line(arena, part->output, part->size), *class = "";
    size_t size;
    enum err_code code = class_code(text, &class, &size);
    if (esxcli_no_hostd(part))
        err_set(err, ERR_UNREACHABLE, "%s: hostd is not up yet (%s)", what, text);
    else if (size > 0)
        err_set(err, code, "%s: %.*s:%s", what, (int)size, class, class + size + 1);
    else
        err_set(err, part->status == 127 ? ERR_NOT_FOUND : code, "%s: %s (status %d)", what,
                text[0] == '\0' ? "no message" : text, part->status);
    arena_free(arena);
    return -1;
}
