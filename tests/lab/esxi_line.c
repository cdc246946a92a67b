/* esxi_line.c: the few rules of a POSIX shell that a client needs for one compound line: words,
 * quotes, $?, `;`, `&&`, `||`, 2>&1 and redirections to /dev/null. */
#include "esxi_shell.h"

#include <string.h>

#include "compiler.h"

enum joint { JOINT_END, JOINT_SEQUENCE, JOINT_AND, JOINT_OR };

struct reader {
    struct shell_run *run;
    const char *at;
    struct strbuf word;
    bool has_word;
    bool out_null, err_null, err_to_out; /* redirections of the command being read */
    char *words[SHELL_WORDS_MAX + 1];
    size_t n;
    const char *problem;
};

static void add_status(struct reader *reader)
{
    strbuf_addf(&reader->word, "%d", reader->run->status);
    reader->at += 2;
}

static void read_single_quotes(struct reader *reader)
{
    const char *end = strchr(reader->at, '\'');
    if (!end) {
        reader->problem = "unterminated quoted string";
        return;
    }
    strbuf_add_mem(&reader->word, reader->at, (size_t)(end - reader->at));
    reader->at = end + 1;
}

static void read_double_quotes(struct reader *reader)
{
    while (*reader->at != '"') {
        if (!*reader->at) {
            reader->problem = "unterminated quoted string";
            return;
        }
        if (reader->at[0] == '\\' && reader->at[1] && strchr("\"\\$`", reader->at[1]))
            reader->at++;
        else if (reader->at[0] == '$' && reader->at[1] == '?') {
            add_status(reader);
            continue;
        }
        strbuf_add_char(&reader->word, *reader->at++);
    }
    reader->at++;
}

static void end_word(struct reader *reader)
{
    if (!reader->has_word)
        return;
    if (reader->n == SHELL_WORDS_MAX)
        reader->problem = "too many words";
    else
        reader->words[reader->n++] =
            arena_strdup(reader->run->arena, strbuf_str(&reader->word));
    strbuf_clear(&reader->word);
    reader->has_word = false;
}

/* A redirection at the start of a word; true when there was one. */
static bool read_redirection(struct reader *reader)
{
    static const struct {
        const char *text;
        bool out, err, join;
    } known[] = {{"2>&1", false, false, true},         {"2>/dev/null", false, true, false},
                 {"2> /dev/null", false, true, false}, {">/dev/null", true, false, false},
                 {"> /dev/null", true, false, false},  {"1>/dev/null", true, false, false}};
    for (size_t i = 0; !reader->has_word && i < ARRAY_LEN(known); i++) {
        size_t size = strlen(known[i].text);
        if (strncmp(reader->at, known[i].text, size))
            continue;
        reader->at += size;
        reader->out_null |= known[i].out;
        reader->err_null |= known[i].err;
        reader->err_to_out |= known[i].join;
        return true;
    }
    return false;
}

static enum joint read_joint(struct reader *reader)
{
    char c = *reader->at;
    if (c == '\0')
        return JOINT_END;
    reader->at++;
    if (c == ';' || c == '\n')
        return JOINT_SEQUENCE;
    if ((c == '&' || c == '|') && *reader->at == c) {
        reader->at++;
        return c == '&' ? JOINT_AND : JOINT_OR;
    }
    reader->problem = c == '|' ? "unexpected \"|\"" : "unexpected \"&\"";
    return JOINT_END;
}

static void read_char(struct reader *reader)
{
    char c = *reader->at;
    if (strchr("<>()`", c) || (c == '$' && reader->at[1] == '(')) {
        reader->problem = "unexpected redirection or substitution";
        return;
    }
    reader->has_word = true;
    if (c == '$' && reader->at[1] == '?') {
        add_status(reader);
        return;
    }
    reader->at++;
    if (c == '\'') {
        read_single_quotes(reader);
    } else if (c == '"') {
        read_double_quotes(reader);
    } else {
        if (c == '\\' && *reader->at)
            c = *reader->at++;
        strbuf_add_char(&reader->word, c);
    }
}

/* One simple command up to its joint. */
static enum joint read_command(struct reader *reader)
{
    reader->n = 0;
    reader->out_null = reader->err_null = reader->err_to_out = false;
    while (*reader->at && !strchr(";&|\n", *reader->at) && !reader->problem) {
        if (*reader->at == ' ' || *reader->at == '\t') {
            end_word(reader);
            reader->at++;
        } else if (!read_redirection(reader)) {
            read_char(reader);
        }
    }
    end_word(reader);
    reader->words[reader->n] = NULL;
    return reader->problem ? JOINT_END : read_joint(reader);
}

static void perform(struct reader *reader)
{
    struct shell_run *run = reader->run;
    size_t out = strbuf_len(&run->out), err = strbuf_len(&run->err);
    shell_command(run, reader->words, reader->n);
    if (reader->out_null)
        strbuf_truncate(&run->out, out);
    if (reader->err_to_out && !reader->err_null)
        strbuf_add(&run->out, strbuf_str(&run->err) + err);
    if (reader->err_to_out || reader->err_null)
        strbuf_truncate(&run->err, err);
}

/* Read all commands; perform them unless `dry`. */
static void walk(struct reader *reader, const char *line, bool dry)
{
    enum joint before = JOINT_SEQUENCE, after;
    reader->at = line;
    do {
        after = read_command(reader);
        if (!reader->n && !reader->problem &&
            (after > JOINT_SEQUENCE || before > JOINT_SEQUENCE))
            reader->problem = "unexpected end of command";
        if (reader->problem)
            return;
        bool skip = (before == JOINT_AND && reader->run->status != 0) ||
                    (before == JOINT_OR && reader->run->status == 0);
        if (!dry && !skip && reader->n)
            perform(reader);
        before = after;
    } while (after != JOINT_END && !reader->run->dropped && !reader->run->exited);
}

void shell_line(struct shell_run *run, const char *line)
{
    struct reader reader = {.run = run};
    strbuf_init(&reader.word, SHELL_LINE_MAX);
    walk(&reader, line, true);
    if (reader.problem) {
        strbuf_addf(&run->err, "-sh: syntax error: %s\n", reader.problem);
        run->status = 2;
    } else {
        walk(&reader, line, false);
    }
    strbuf_release(&reader.word);
}
