/* excerpt.c: see excerpt.h. */
#include "excerpt.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "redact.h"
#include "strbuf.h"

/* More is never looked at: what is shown comes from the beginning. */
#define LOOK_AT ((size_t)16 * 1024)

static bool is_markup(const char *text)
{
    text += strspn(text, " \t\r\n\xef\xbb\xbf");
    return strncasecmp(text, "<!doctype html", 14) == 0 || strncasecmp(text, "<html", 5) == 0 ||
           strncasecmp(text, "<?xml", 5) == 0 || strncasecmp(text, "<head", 5) == 0 ||
           strncasecmp(text, "<body", 5) == 0;
}

/* Past the tag that text begins with, and past the content that goes with it. */
static const char *skip_tag(const char *text)
{
    static const struct {
        const char *open, *close;
    } dropped[] = {{"<script", "</script"}, {"<style", "</style"}, {"<!--", "-->"}};
    for (size_t i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++) {
        if (strncasecmp(text, dropped[i].open, strlen(dropped[i].open)) != 0)
            continue;
        text = strcasestr(text, dropped[i].close);
        if (text == NULL)
            return "";
    }
    const char *end = strchr(text, '>');
    return end == NULL ? "" : end + 1;
}

static void strip_tags(struct strbuf *text)
{
    struct strbuf plain;
    strbuf_init(&plain, LOOK_AT);
    for (const char *c = strbuf_str(text); *c != '\0';) {
        if (*c == '<') {
            c = skip_tag(c);
            strbuf_add_char(&plain, ' ');
        } else {
            strbuf_add_char(&plain, *c++);
        }
    }
    strbuf_clear(text);
    strbuf_add(text, strbuf_str(&plain));
    strbuf_release(&plain);
}

/* The largest length up to max that ends between two UTF-8 characters. */
static size_t cut_length(const char *text, size_t len, size_t max)
{
    if (len <= max)
        return len;
    while (max > 0 && ((unsigned char)text[max] & 0xc0) == 0x80)
        max--;
    return max;
}

static void add_visible(struct strbuf *out, const char *text, size_t size)
{
    struct strbuf line;
    strbuf_init(&line, LOOK_AT);
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        bool blank = c <= 0x20 || c == 0x7f;
        bool after_blank = line.len == 0 || line.data[line.len - 1] == ' ';
        if (!blank)
            strbuf_add_char(&line, (char)c);
        else if (!after_blank)
            strbuf_add_char(&line, ' ');
    }
    while (line.len > 0 && line.data[line.len - 1] == ' ')
        strbuf_truncate(&line, line.len - 1);
    size_t n = cut_length(strbuf_str(&line), line.len, EXCERPT_MAX - 3);
    strbuf_add_mem(out, strbuf_str(&line), n);
    if (n < line.len)
        strbuf_add(out, "...");
    strbuf_release(&line);
}

void excerpt_add(struct strbuf *out, const char *data, size_t size,
                 const struct secrets *secrets)
{
    struct strbuf text;
    strbuf_init(&text, LOOK_AT);
    strbuf_add_mem(&text, data, size < LOOK_AT ? size : LOOK_AT);
    secrets_redact(secrets, &text);
    if (is_markup(strbuf_str(&text)))
        strip_tags(&text);
    add_visible(out, strbuf_str(&text), strbuf_len(&text));
    strbuf_release(&text);
}
