/* secret.c: see secret.h. */
#include "secret.h"

#include <string.h>
#include <strings.h>

#include "compiler.h"
#include "diag.h"

static const char *const words[] = {"password", "passwd", "passphrase", "secret",
                                    "token",    "apikey", "api_key",    "private_key"};

enum { LINES_ABOVE = 5 };

/* The key is the word, or ends with it after a separator or in camel case. */
bool secret_key(const char *key)
{
    size_t len = strlen(key);
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        size_t n = strlen(words[i]);
        if (len >= n && strcasecmp(key + len - n, words[i]) == 0)
            return true;
    }
    return false;
}

void secret_report(struct diags *diags, struct pos pos, const char *key)
{
    struct diag *diag = diag_error(diags, pos, "\"%.60s\" is a literal secret", key);
    diag->hide_source = true;
    diag_hint(diags, diag,
              "refer to it: { env: NAME }, { file: PATH }, { command: [PROGRAM, ARG] } or "
              "{ credential: NAME }");
}

/* The depth of a tree is bounded by the parser. */
void secret_scan(const struct node *node, struct diags *diags)
{
    if (node->type == NODE_SCALAR)
        return;
    for (size_t i = 0; i < node->n; i++) {
        const struct entry *entry = &node->entries[i];
        if (entry->node.type != NODE_SCALAR)
            secret_scan(&entry->node, diags);
        else if (entry->key != NULL && secret_key(entry->key) && !node_is_null(&entry->node))
            secret_report(diags, node_pos(&entry->node), entry->key);
    }
}

/* A line that cannot be trusted: a secret-looking word, a colon, and something behind it that
 * does not begin a reference; with `open`, also nothing. Errs on the side of hiding. */
static bool line_may_hold_secret(const char *line, size_t len, bool open)
{
    for (size_t at = 0; at < len; at++) {
        for (size_t i = 0; i < ARRAY_LEN(words); i++) {
            size_t n = strlen(words[i]);
            if (len - at < n || strncasecmp(line + at, words[i], n) != 0)
                continue;
            const char *colon = memchr(line + at + n, ':', len - at - n);
            if (colon == NULL)
                continue;
            const char *value = colon + 1, *end = line + len;
            while (value < end && (*value == ' ' || *value == '\t'))
                value++;
            if (value == end ? open : *value != '{')
                return true;
        }
    }
    return false;
}

/* An address with a user name before its host, and maybe a password. */
static bool line_has_userinfo(const char *line, size_t len)
{
    const char *at = memmem(line, len, "://", 3);
    if (at == NULL)
        return false;
    size_t left = len - (size_t)(at + 3 - line), host = 0;
    while (host < left && strchr("/?# \"'", at[3 + host]) == NULL)
        if (at[3 + host++] == '@')
            return true;
    return false;
}

bool secret_near(const struct diags *diags, struct pos pos)
{
    for (unsigned above = 0; above <= LINES_ABOVE && above < pos.line; above++) {
        struct pos at = {.file = pos.file, .line = pos.line - above};
        size_t len;
        const char *line = diag_source_line(diags, at, &len);
        if (line != NULL && line_may_hold_secret(line, len, true))
            return true;
    }
    return false;
}

void secret_hide_lines(struct diags *diags)
{
    for (size_t i = 0; i < diags_total(diags); i++) {
        struct diag *diag = (struct diag *)diags_at(diags, i);
        size_t len;
        const char *line = diag->hide_source ? NULL : diag_source_line(diags, diag->pos, &len);
        if (line != NULL &&
            (line_may_hold_secret(line, len, false) || line_has_userinfo(line, len)))
            diag->hide_source = true;
    }
}
