/* err.c: see err.h. */
#include "err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const code_names[ERR_CODE_COUNT] = {
    [ERR_NONE] = "none",
    [ERR_INVALID] = "invalid",
    [ERR_NOT_FOUND] = "not_found",
    [ERR_CONFLICT] = "conflict",
    [ERR_DENIED] = "denied",
    [ERR_UNTRUSTED] = "untrusted",
    [ERR_BUSY] = "busy",
    [ERR_TIMEOUT] = "timeout",
    [ERR_UNREACHABLE] = "unreachable",
    [ERR_UNCERTAIN] = "uncertain",
    [ERR_CANCELLED] = "cancelled",
    [ERR_STORAGE] = "storage",
    [ERR_LOCKED] = "locked",
    [ERR_INTERNAL] = "internal",
};

void err_clear(struct err *err)
{
    err->code = ERR_NONE;
    err->message[0] = '\0';
}

int(err_set)(struct err *err, enum err_code code, const char *format, ...)
{
    if (err == NULL)
        return -1;
    char text[sizeof(err->message)]; /* arguments may point into err->message */
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    err->code = code;
    memcpy(err->message, text, sizeof(text));
    return -1;
}

int(err_wrap)(struct err *err, const char *format, ...)
{
    if (err == NULL)
        return -1;
    char text[sizeof(err->message)];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    size_t used = n < 0 ? 0 : (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1;
    snprintf(text + used, sizeof(text) - used, ": %s", err->message);
    memcpy(err->message, text, sizeof(text));
    return -1;
}

const char *err_code_name(enum err_code code)
{
    return code < ERR_CODE_COUNT ? code_names[code] : "unknown";
}

int err_is_transient(enum err_code code)
{
    return code == ERR_BUSY || code == ERR_TIMEOUT || code == ERR_UNREACHABLE;
}
