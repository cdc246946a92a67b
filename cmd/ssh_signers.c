/* ssh_signers.c: see ssh_signers.h. */
#include "ssh_signers.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include "arena.h"
#include "err.h"
#include "num.h"
#include "vec.h"

enum { LINE_MAX_LEN = 64 << 10, LINES_MAX = 100000 };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* ---- one line -----------------------------------------------------------------------------
 */

/* The next word up to a blank; blanks in double quotes belong to it. Advances *at. */
static const char *take_word(const char **at, struct arena *arena)
{
    const char *start = *at;
    bool quoted = false;
    while (**at != '\0' && (quoted || !is_blank(**at))) {
        if (**at == '"')
            quoted = !quoted;
        (*at)++;
    }
    const char *word = quoted ? NULL : arena_memdup(arena, start, (size_t)(*at - start));
    while (is_blank(**at))
        (*at)++;
    return word == NULL || word[0] == '\0' ? NULL : word;
}

static const char *without_quotes(const char *word, struct arena *arena)
{
    size_t len = strlen(word);
    if (len < 2 || word[0] != '"' || word[len - 1] != '"')
        return strchr(word, '"') == NULL ? word : NULL;
    const char *inner = arena_memdup(arena, word + 1, len - 2);
    return strchr(inner, '"') == NULL ? inner : NULL;
}

static bool two_digits(const char *text, int *ret)
{
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
        return false;
    *ret = (text[0] - '0') * 10 + text[1] - '0';
    return true;
}

/* YYYYMMDD[HHMM[SS]][Z]; without Z in the time zone of the machine, as ssh-keygen has it. */
static int parse_time(const char *text, int64_t *ret)
{
    int parts[7] = {0}; /* century, year, month, day, hour, minute, second */
    size_t len = strlen(text);
    bool utc = len > 0 && (text[len - 1] == 'Z' || text[len - 1] == 'z');
    len -= utc ? 1 : 0;
    if (len != 8 && len != 12 && len != 14)
        return -1;
    for (size_t i = 0; i < len / 2; i++)
        if (!two_digits(text + 2 * i, &parts[i]))
            return -1;
    struct tm tm = {.tm_year = parts[0] * 100 + parts[1] - 1900,
                    .tm_mon = parts[2] - 1,
                    .tm_mday = parts[3],
                    .tm_hour = parts[4],
                    .tm_min = parts[5],
                    .tm_sec = parts[6],
                    .tm_isdst = -1};
    const struct tm said = tm;
    time_t seconds = utc ? timegm(&tm) : mktime(&tm);
    if (seconds <= 0 || tm.tm_mon != said.tm_mon || tm.tm_mday != said.tm_mday ||
        parts[4] > 23 || parts[5] > 59 || parts[6] > 59)
        return -1;
    *ret = (int64_t)seconds;
    return 0;
}

/* One option out of "name" or "name="value"". */
static int set_option(struct ssh_signer *signer, const char *name, const char *value,
                      struct err *err)
{
    if (strcasecmp(name, "cert-authority") == 0 && value == NULL) {
        signer->authority = true;
        return 0;
    }
    if (strcasecmp(name, "namespaces") == 0 && value != NULL && signer->name_spaces == NULL) {
        signer->name_spaces = value;
        return 0;
    }
    bool after = strcasecmp(name, "valid-after") == 0;
    int64_t *to = after ? &signer->after : &signer->before;
    if ((after || strcasecmp(name, "valid-before") == 0) && value != NULL && *to == 0)
        return parse_time(value, to) == 0
                   ? 0
                   : err_set(err, ERR_INVALID,
                             "%s: a time such as 20261231 or 20261231235959Z, "
                             "not %.60s",
                             name, value);
    return err_set(err, ERR_INVALID,
                   "%.60s is no option, is there twice, or lacks its value: namespaces=\"…\", "
                   "valid-after=\"…\" and valid-before=\"…\" are known",
                   name);
}

/* "namespaces="git,file",valid-before="20270101"". */
static int parse_options(struct ssh_signer *signer, const char *at, struct arena *arena,
                         struct err *err)
{
    while (*at != '\0') {
        size_t len = strcspn(at, "=,\"");
        const char *name = arena_memdup(arena, at, len), *value = NULL;
        at += len;
        if (*at == '=') {
            const char *end = at[1] == '"' ? strchr(at + 2, '"') : NULL;
            if (end == NULL)
                return err_set(err, ERR_INVALID, "the value of %.60s is not in quotes", name);
            value = arena_memdup(arena, at + 2, (size_t)(end - at - 2));
            at = end + 1;
        }
        if (*at != ',' && *at != '\0')
            return err_set(err, ERR_INVALID, "the options are not divided by commas");
        if (set_option(signer, name, value, err) < 0)
            return -1;
        at += *at == ',' ? 1 : 0;
    }
    if (signer->after != 0 && signer->before != 0 && signer->after >= signer->before)
        return err_set(err, ERR_INVALID, "valid-after is not before valid-before");
    return 0;
}

/* Does a word name the type of the key that follows? */
static bool is_key(const char *type, const char *text, struct arena *arena,
                   struct ssh_bytes *ret)
{
    struct err ignored = {0};
    struct ssh_bytes key;
    const char *inside;
    if (text == NULL || ssh_base64(text, strlen(text), arena, &key, &ignored) < 0 ||
        (inside = ssh_signature_key_type(key, arena)) == NULL || strcmp(inside, type) != 0)
        return false;
    *ret = key;
    return true;
}

static int parse_line(const char *at, struct arena *arena, struct ssh_signer *signer,
                      struct err *err)
{
    const char *principals = take_word(&at, arena);
    if (principals == NULL || (principals = without_quotes(principals, arena)) == NULL ||
        principals[0] == '\0')
        return err_set(err, ERR_INVALID, "it does not begin with principals");
    signer->principals = principals;
    const char *word = take_word(&at, arena), *rest = at;
    const char *next = take_word(&at, arena);
    if (word != NULL && is_key(word, next, arena, &signer->key))
        return 0;
    at = rest;
    if (word == NULL || parse_options(signer, word, arena, err) < 0)
        return word == NULL ? err_set(err, ERR_INVALID, "it names no key") : -1;
    word = take_word(&at, arena);
    next = take_word(&at, arena);
    if (word == NULL || !is_key(word, next, arena, &signer->key))
        return err_set(err, ERR_INVALID, "it names no key: TYPE and base64 are wanted");
    return 0;
}

/* ---- the file -----------------------------------------------------------------------------
 */

int ssh_signers_parse(const char *text, size_t size, struct arena *arena,
                      struct ssh_signers *ret, struct err *err)
{
    VEC(struct ssh_signer) list = {0};
    const char *end = text + size;
    unsigned number = 0;
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t len = (size_t)((stop == NULL ? end : stop) - text);
        if (++number > LINES_MAX || len > LINE_MAX_LEN || memchr(text, '\0', len) != NULL)
            return err_set(err, ERR_INVALID, "line %u: this is no file of allowed signers",
                           number);
        const char *line =
            arena_memdup(arena, text, len > 0 && text[len - 1] == '\r' ? len - 1 : len);
        text += len + (stop == NULL ? 0 : 1);
        line += strspn(line, " \t");
        if (line[0] == '\0' || line[0] == '#')
            continue;
        struct ssh_signer signer = {.line = number};
        if (parse_line(line, arena, &signer, err) < 0)
            return err_wrap(err, "line %u", number);
        VEC_PUSH(arena, &list, signer);
    }
    *ret = (struct ssh_signers){list.items, list.n};
    return 0;
}

/* ---- looking up ---------------------------------------------------------------------------
 */

/* '*' and '?' of a pattern that ends at `end`. Iterative: back to the last star, once a time.
 */
static bool matches(const char *pattern, const char *end, const char *text)
{
    const char *star = NULL, *mark = NULL;
    while (*text != '\0') {
        if (pattern < end && *pattern == '*') {
            star = pattern++;
            mark = text;
        } else if (pattern < end && (*pattern == '?' || *pattern == *text)) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star + 1;
            text = ++mark;
        } else {
            return false;
        }
    }
    while (pattern < end && *pattern == '*')
        pattern++;
    return pattern == end;
}

/* A list with commas; what a pattern behind '!' matches is out. */
static bool list_matches(const char *list, const char *text)
{
    bool found = false;
    while (*list != '\0') {
        size_t len = strcspn(list, ",");
        bool no = list[0] == '!';
        if (matches(list + (no ? 1 : 0), list + len, text)) {
            if (no)
                return false;
            found = true;
        }
        list += len + (list[len] == ',' ? 1 : 0);
    }
    return found;
}

static bool same_bytes(struct ssh_bytes a, struct ssh_bytes b)
{
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

/* Why a signer with the right key does not count; NULL when it does. */
static const char *objection(const struct ssh_signer *signer, const char *name_space,
                             int64_t time)
{
    if (signer->authority)
        return "is a cert-authority, and certificates are not taken";
    if (signer->name_spaces != NULL && !list_matches(signer->name_spaces, name_space))
        return "is not meant for commits (namespaces)";
    if (signer->after != 0 && time < signer->after)
        return "was not valid yet when the commit was made (valid-after)";
    if (signer->before != 0 && time > signer->before)
        return "was no longer valid when the commit was made (valid-before)";
    return NULL;
}

int ssh_signers_find(const struct ssh_signers *signers, struct ssh_bytes key,
                     const char *name_space, int64_t time, const struct ssh_signer **ret,
                     struct err *err)
{
    const struct ssh_signer *near = NULL, *authority = NULL;
    const char *why = NULL;
    for (size_t i = 0; i < signers->n; i++) {
        const struct ssh_signer *it = &signers->items[i];
        authority = authority == NULL && it->authority ? it : authority;
        if (!same_bytes(it->key, key))
            continue;
        const char *problem = objection(it, name_space, time);
        if (problem == NULL) {
            *ret = it;
            return 0;
        }
        near = near == NULL ? it : near;
        why = why == NULL ? problem : why;
    }
    if (near != NULL)
        return err_set(err, ERR_DENIED, "the key of %.100s in line %u %s", near->principals,
                       near->line, why);
    if (authority != NULL)
        return err_set(err, ERR_DENIED,
                       "no line has the key that signed; line %u is a cert-authority, and "
                       "certificates are not taken",
                       authority->line);
    return err_set(err, ERR_DENIED, "no line has the key that signed");
}
