/* journal_seal.c: see journal_seal.h. */
#include "journal_seal.h"

#include <string.h>

#include "seal.h"
#include "strbuf.h"

bool journal_is_sealed(const struct seal *seal, const char *text, size_t size)
{
    if (seal_check_plain(seal, NULL) < 0)
        return true;
    for (const char *at = text, *end = text + size; at != NULL && at < end;) {
        if (seal_is_sealed(at, (size_t)(end - at)))
            return true;
        at = memchr(at, '\n', (size_t)(end - at));
        at = at == NULL ? NULL : at + 1;
    }
    return false;
}

static struct seal_label label_of(struct journal_start start, uint64_t n)
{
    return (struct seal_label){.purpose = SEAL_JOURNAL,
                               .serial = (int64_t)n,
                               .context = n == 0 ? NULL : start.line,
                               .context_size = n == 0 ? 0 : start.size};
}

int journal_seal_line(const struct seal *seal, struct journal_start start, uint64_t n,
                      const struct strbuf *line, struct strbuf *out, struct err *err)
{
    const struct seal_label label = label_of(start, n);
    return seal_document(seal, &label, strbuf_str(line), strbuf_len(line), out, err);
}

/* A line that only lacks the right end was not cut by a death: its end was altered. */
static int check_torn(const struct seal *seal, struct journal_start start, uint64_t n,
                      const char *text, size_t size, struct err *err)
{
    struct strbuf whole CLEANUP(strbuf_release), ignored CLEANUP(strbuf_release);
    strbuf_init(&whole, size + 1);
    strbuf_init(&ignored, size + 1);
    if (size < 2 || !seal_is_sealed(text, size))
        return 0;
    const struct seal_label label = label_of(start, n);
    strbuf_add_mem(&whole, text, size - 1);
    strbuf_add_char(&whole, '\n');
    if (unseal_text(seal, &label, strbuf_str(&whole), strbuf_len(&whole), &ignored, NULL) == 0)
        return err_set(err, ERR_INVALID, "line %llu: its end was altered",
                       (unsigned long long)n + 1);
    return 0;
}

static int unseal_line(const struct seal *seal, const struct seal_label *label,
                       const char *line, size_t size, struct strbuf *out, struct err *err)
{
    if (seal_is_sealed(line, size))
        return unseal_text(seal, label, line, size, out, err);
    if (seal_check_plain(seal, err) < 0)
        return -1;
    strbuf_add_mem(out, line, size);
    return 0;
}

int journal_unseal(const struct seal *seal, const char *text, size_t size, struct strbuf *out,
                   size_t *ret_good, struct err *err)
{
    struct journal_start start = {text, 0};
    uint64_t n = 0;
    size_t at = 0;
    for (const char *newline;
         at < size && (newline = memchr(text + at, '\n', size - at)) != NULL; n++) {
        size_t length = (size_t)(newline + 1 - (text + at));
        const struct seal_label label = label_of(start, n);
        if (unseal_line(seal, &label, text + at, length, out, err) < 0)
            return err_wrap(err, "line %llu", (unsigned long long)n + 1);
        start.size = n == 0 ? length : start.size;
        at += length;
    }
    *ret_good = at;
    if (check_torn(seal, start, n, text + at, size - at, err) < 0)
        return -1;
    strbuf_add_mem(out, text + at, size - at);
    return 0;
}
