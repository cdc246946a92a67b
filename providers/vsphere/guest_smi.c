/* guest_smi.c: the few words of nvidia-smi -q that a verification asks for. */
#include <string.h>

#include "arena.h"
#include "guest.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* "    Driver Version                  : 384.73" */
static const char *value_on_line(const char *line, size_t len, const char *key,
                                 struct arena *arena)
{
    const char *end = line + len, *colon = memchr(line, ':', len);
    size_t key_len = strlen(key);
    while (line < end && is_blank(*line))
        line++;
    if (colon == NULL || (size_t)(colon - line) < key_len || strncmp(line, key, key_len) != 0)
        return NULL;
    for (const char *at = line + key_len; at < colon; at++)
        if (!is_blank(*at))
            return NULL;
    for (colon++; colon < end && is_blank(*colon);)
        colon++;
    while (end > colon && is_blank(end[-1]))
        end--;
    return arena_memdup(arena, colon, (size_t)(end - colon));
}

const char *smi_value(const char *text, const char *key, struct arena *arena)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        const char *value = value_on_line(text, len, key, arena);
        if (value != NULL)
            return value;
        text += len + (text[len] == '\n');
    }
    return NULL;
}
