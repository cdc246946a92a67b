/* shell_quote.c: see shell_quote.h. */
#include "shell_quote.h"

#include <string.h>

#include "strbuf.h"

/* Characters that no shell gives a meaning, at any place in a word. */
static const char harmless[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                               "0123456789-._/:,+@%";

void shell_quote(struct strbuf *out, const char *word)
{
    size_t n = strlen(word);
    if (n > 0 && strspn(word, harmless) == n) {
        strbuf_add(out, word);
        return;
    }
    strbuf_add_char(out, '\'');
    for (; *word != '\0'; word++) {
        if (*word == '\'')
            strbuf_add(out, "'\\''");
        else
            strbuf_add_char(out, *word);
    }
    strbuf_add_char(out, '\'');
}

void shell_quote_all(struct strbuf *out, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        if (i > 0)
            strbuf_add_char(out, ' ');
        shell_quote(out, words[i]);
    }
}
