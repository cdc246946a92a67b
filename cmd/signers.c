/* signers.c: see signers.h. */
#include "signers.h"

#include <string.h>

#include "arena.h"
#include "err.h"
#include "vec.h"

#define BEGIN "-----BEGIN PGP "
#define BEGIN_KEYS "-----BEGIN PGP PUBLIC KEY BLOCK-----"
#define END_KEYS "-----END PGP PUBLIC KEY BLOCK-----"

struct line {
    const char *text;
    size_t len;  /* without the blanks and the newline at its end */
    size_t size; /* with them */
    unsigned number;
};

static bool next_line(const char **at, const char *end, struct line *line)
{
    if (*at == end)
        return false;
    const char *stop = memchr(*at, '\n', (size_t)(end - *at));
    line->text = *at;
    line->size = (size_t)((stop == NULL ? end : stop + 1) - *at);
    line->len = line->size;
    while (line->len > 0 && memchr(" \t\r\n", line->text[line->len - 1], 4) != NULL)
        line->len--;
    line->number++;
    *at += line->size;
    return true;
}

static bool line_is(const struct line *line, const char *text)
{
    return line->len == strlen(text) && memcmp(line->text, text, line->len) == 0;
}

static bool line_begins(const struct line *line, const char *text)
{
    return line->len >= strlen(text) && memcmp(line->text, text, strlen(text)) == 0;
}

/* From the line that begins a block to the one that ends it. */
static int take_block(const char **at, const char *end, struct line *line,
                      struct pgp_block *ret, struct err *err)
{
    *ret = (struct pgp_block){.text = line->text, .line = line->number};
    while (next_line(at, end, line) && !line_begins(line, BEGIN))
        if (line_is(line, END_KEYS)) {
            ret->size = (size_t)(*at - ret->text);
            return 0;
        }
    return err_set(err, ERR_INVALID, "line %u: the block has no line %s", ret->line, END_KEYS);
}

/* The rest for OpenSSH's reader, in which every line keeps its number. */
static void blank_out(char *rest, const char *text, const struct pgp_block *block)
{
    for (size_t i = 0; i < block->size; i++)
        if (block->text[i] != '\n')
            rest[(size_t)(block->text - text) + i] = ' ';
}

int signers_parse(const char *text, size_t size, struct arena *arena, struct signers *ret,
                  struct err *err)
{
    VEC(struct pgp_block) blocks = {0};
    char *rest = arena_memdup(arena, text, size);
    const char *at = text, *end = text + size;
    struct line line = {0};
    while (next_line(&at, end, &line)) {
        struct pgp_block block;
        if (!line_begins(&line, BEGIN))
            continue;
        if (!line_is(&line, BEGIN_KEYS))
            return err_set(err, ERR_INVALID,
                           "line %u: of OpenPGP, only public keys belong here (%s)",
                           line.number, BEGIN_KEYS);
        if (take_block(&at, end, &line, &block, err) < 0)
            return -1;
        blank_out(rest, text, &block);
        VEC_PUSH(arena, &blocks, block);
    }
    ret->pgp = (struct pgp_keys){blocks.items, blocks.n};
    return ssh_signers_parse(rest, size, arena, &ret->ssh, err);
}
