/* markdown.c: see markdown.h. */
#include "markdown.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "safe_text.h"
#include "strbuf.h"

void md_safe(const char *text, struct strbuf *out)
{
    while (*text != '\0')
        text += safe_char(text, true, out);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* GitLab looks for "!12", "$12", "&12", "%name", "~label" and "[issue:12]" in the text of the
 * finished page, where what was escaped is a plain character again. */
static bool is_gitlab_reference(const char *at)
{
    switch (*at) {
    case '!':
    case '$':
    case '&':
        return is_digit(at[1]);
    case '%':
    case '~':
        return is_word(at[1]) || at[1] == '"';
    case '[':
        at += 1 + strspn(at + 1, "abcdefghijklmnopqrstuvwxyz_");
        return *at == ':' && is_digit(at[1]);
    default:
        return false;
    }
}

/* "@name", "#12", "GH-12" and "http://" become links of a forge whatever is escaped. */
static bool has_link(const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        if (*at == '@' || *at == '#' || strncmp(at, "://", 3) == 0 ||
            strncasecmp(at, "www.", 4) == 0 || strncasecmp(at, "gh-", 3) == 0 ||
            is_gitlab_reference(at))
            return true;
    return false;
}

/* Written as references, which readers of secrets (redact.h) see through. */
void md_text(const char *text, struct strbuf *out)
{
    if (has_link(text)) {
        md_code(text, out);
        return;
    }
    for (const char *at = text; *at != '\0';) {
        bool inner = *at == '_' && at > text && is_word(at[-1]) && is_word(at[1]);
        if (inner || strchr("\\`*_{}[]<>!|~&$", *at) == NULL)
            at += safe_char(at, false, out);
        else
            strbuf_addf(out, "&#%d;", *at++);
    }
}

void md_html(const char *text, struct strbuf *out)
{
    while (*text != '\0') {
        const char *entity = *text == '&'   ? "&amp;"
                             : *text == '<' ? "&lt;"
                             : *text == '>' ? "&gt;"
                             : *text == '"' ? "&quot;"
                                            : NULL;
        if (entity == NULL) {
            text += safe_char(text, false, out);
            continue;
        }
        strbuf_add(out, entity);
        text++;
    }
}

static size_t longest_run(const char *text)
{
    size_t longest = 0;
    while (*text != '\0') {
        size_t run = strspn(text, "`");
        longest = run > longest ? run : longest;
        text += run + strcspn(text + run, "`");
    }
    return longest;
}

void md_code(const char *text, struct strbuf *out)
{
    size_t ticks = longest_run(text) + 1, n = strlen(text);
    bool pad = n == 0 || text[0] == '`' || text[n - 1] == '`' ||
               (text[0] == ' ' && text[n - 1] == ' ');
    strbuf_add_repeat(out, '`', ticks);
    strbuf_add(out, pad ? " " : "");
    while (*text != '\0')
        text += safe_char(text, false, out);
    strbuf_add(out, pad ? " " : "");
    strbuf_add_repeat(out, '`', ticks);
}

void md_fence(const char *info, const char *content, struct strbuf *out)
{
    size_t run = longest_run(content), ticks = run < 3 ? 3 : run + 1;
    strbuf_add_repeat(out, '`', ticks);
    strbuf_addf(out, "%s\n", info);
    md_safe(content, out);
    strbuf_add_repeat(out, '`', ticks);
    strbuf_add_char(out, '\n');
}

void md_comment(const char *text, struct strbuf *out)
{
    char last = '-'; /* ours ends in a blank; no "--" may come up at either end */
    for (; *text != '\0'; text++) {
        char c = *text;
        bool kept = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                    (c >= 'a' && c <= 'z') || c == '.' || c == '_' || (c == '-' && last != '-');
        if (kept)
            strbuf_add_char(out, c);
        else
            strbuf_addf(out, "%%%02X", (unsigned char)c);
        last = kept ? c : '%';
    }
}
