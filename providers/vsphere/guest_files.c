/* guest_files.c: files into a guest and out of it: through its host, or without.
 *
 * Without: content goes base64-encoded in the arguments of programs, in chunks that may be
 * written twice without harm; the end of a file comes back as names of empty files, which
 * ListFilesInGuest lists. Both are slow and meant for scripts and their output.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "base64.h"
#include "guest.h"
#include "shell_quote.h"
#include "strbuf.h"
#include "vec.h"

enum {
    CHUNK = 24 * 1024,           /* of content, in one argument */
    ARGUMENTS_MAX = 1024 * 1024, /* of a file that travels so */
    NAME_LEN = 180,              /* base64 in the name of one file */
    NAMES_MAX = 1000,
    TRIES = 3 /* of a transfer, each with a URL of its own */
};

/* ---- through the host ---- */

static int put_once(struct guest *guest, const struct wire_guest_file *file, const void *data,
                    struct err *err)
{
    struct soap_reply reply;
    CLEANUP(wire_release) struct wire wire;
    guest->host_away = false;
    wire_guest_put(&wire, guest->files, &guest->login, file);
    if (guest_call(guest, &wire, &reply, err) < 0)
        return -1;
    const char *url = xml_text_at(reply.response, "returnval");
    return guest_hosts_transfer(guest, url == NULL ? "" : url, data == NULL ? "" : data,
                                (size_t)file->size, NULL, err);
}

static int get_once(struct guest *guest, const char *path, struct strbuf *out, struct err *err)
{
    struct soap_reply reply;
    CLEANUP(wire_release) struct wire wire;
    guest->host_away = false;
    wire_guest_get(&wire, guest->files, &guest->login, path);
    if (guest_call(guest, &wire, &reply, err) < 0)
        return -1;
    const struct xml_node *info = xml_child(reply.response, "returnval");
    const char *url = xml_text_at(info, "url");
    return guest_hosts_transfer(guest, url == NULL ? "" : url, NULL, 0, out, err);
}

/* A connection broke, or the host has no time: once more, from the start. */
static bool try_again(struct guest *guest, struct pause *pause, int tries, struct err *err)
{
    struct err ignored;
    bool passing = err->code == ERR_UNREACHABLE || err->code == ERR_BUSY;
    if (!passing || guest->host_away || tries >= TRIES)
        return false;
    return pause_next(guest->vc, pause, &ignored) == 0;
}

static int put(struct guest *guest, const struct wire_guest_file *file, const void *data,
               struct err *err)
{
    struct pause pause = pause_until(guest->vc, 0);
    int tries = 1;
    while (put_once(guest, file, data, err) < 0)
        if (!try_again(guest, &pause, tries++, err))
            return -1;
    return 0;
}

static int get(struct guest *guest, const char *path, struct strbuf *out, struct err *err)
{
    struct pause pause = pause_until(guest->vc, 0);
    int tries = 1;
    while (get_once(guest, path, out, err) < 0)
        if (!try_again(guest, &pause, tries++, err))
            return -1;
    return 0;
}

/* Once in a session is enough. */
static void note_arguments(const struct guest *guest, const struct err *err)
{
    if (!guest->host_known)
        guest_note(guest, arena_printf(guest->vc->arena,
                                       "the ESXi host cannot be reached (%s): scripts travel "
                                       "in arguments",
                                       err->message));
}

/* After a failure of the way through the host: is there another? */
static bool turns_to_arguments(struct guest *guest, struct err *err)
{
    bool untrusted = err->code == ERR_UNTRUSTED;
    if (!guest->host_away && !untrusted)
        return false;
    if (guest->transfer == TRANSFER_HOSTS || untrusted) {
        err_wrap(err,
                 "files of guests go to port 443 of the ESXi host, or with guest.transfer: "
                 "arguments through vCenter alone");
        return false;
    }
    note_arguments(guest, err);
    guest->transfer = TRANSFER_ARGUMENTS;
    err_clear(err);
    return true;
}

/* ---- in arguments ---- */

/* A short program that must end well. */
static int must_run(struct guest *guest, const struct strbuf *script, const char *what,
                    struct err *err)
{
    int status = 0;
    if (guest_shell(guest, strbuf_str(script), &status, err) < 0)
        return err_wrap(err, "%s", what);
    if (status != 0)
        return err_set(err, ERR_INVALID, "%s: the guest's shell ends with %d", what, status);
    return 0;
}

/* Chunks lie in the step's directory, where no other file has such a name. */
static int put_chunk(struct guest *guest, size_t number, const void *data, size_t size,
                     struct err *err)
{
    struct strbuf script;
    strbuf_init(&script, STRBUF_MAX_OUTPUT);
    strbuf_add(&script, "umask 077; printf %s ");
    base64_encode(&script, data, size);
    strbuf_addf(&script, " >%s/part.%06zu", guest->directory, number);
    int result = must_run(guest, &script, "a file for the guest", err);
    explicit_bzero(script.data, script.len);
    strbuf_release(&script);
    return result;
}

/* May run a second time, when the answer to the first was lost, and beside it: the file is
 * only touched while the chunks are whole, and they go last. */
static int join_chunks(struct guest *guest, const struct wire_guest_file *file, struct err *err)
{
    struct strbuf script;
    strbuf_init(&script, STRBUF_MAX_OUTPUT);
    strbuf_addf(&script,
                "cd %s; [ -e part.000000 ] || exit 0; umask 077; "
                "cat part.?????? | base64 -d >whole.$$ && [ $(wc -c <whole.$$) -eq %" PRId64
                " ] || { r=$?; rm -f whole.$$; [ -e part.000000 ] || r=0; exit $r; }; "
                "cat whole.$$ >",
                guest->directory, file->size);
    shell_quote(&script, file->path);
    strbuf_addf(&script, " && chmod %o ", file->mode);
    shell_quote(&script, file->path);
    strbuf_add(&script, "; r=$?; rm -f whole.$$; [ $r = 0 ] && rm -f part.??????; exit $r");
    int result = must_run(guest, &script, "a file for the guest", err);
    strbuf_release(&script);
    return result;
}

static int put_in_arguments(struct guest *guest, const struct wire_guest_file *file,
                            const void *data, struct err *err)
{
    size_t size = (size_t)file->size, n = 0;
    if (size > ARGUMENTS_MAX)
        return err_set(err, ERR_INVALID,
                       "%s is larger than what can travel in arguments (%d KiB): this machine "
                       "needs a way to port 443 of the ESXi host",
                       file->path, ARGUMENTS_MAX / 1024);
    for (size_t at = 0; at < size || n == 0; at += CHUNK)
        if (put_chunk(guest, n++, size == 0 ? "" : (const char *)data + at,
                      size - at < CHUNK ? size - at : CHUNK, err) < 0)
            return -1;
    return join_chunks(guest, file, err);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "…/1003-BASE64": in the order of the numbers. */
static int decode_names(struct guest *guest, const struct xml_node *list, struct strbuf *out,
                        struct err *err)
{
    VEC(const char *) names = {0};
    XML_EACH_CHILD(it, list)
    {
        const char *path = strcmp(it->name, "files") == 0 ? xml_text_at(it, "path") : NULL;
        const char *slash = path == NULL ? NULL : strrchr(path, '/');
        const char *name = slash == NULL ? path : slash + 1;
        if (name != NULL && name[0] >= '1' && name[0] <= '9' && strlen(name) > 5 &&
            name[4] == '-')
            VEC_PUSH(guest->vc->arena, &names, name);
    }
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    if (names.n > 1)
        qsort(names.items, names.n, sizeof names.items[0], compare_names);
    for (size_t i = 0; i < names.n; i++)
        strbuf_add(&text, names.items[i] + 5);
    int result = base64_decode(out, strbuf_str(&text), strbuf_len(&text));
    strbuf_release(&text);
    return result < 0
               ? err_set(err, ERR_INVALID, "the names that the guest lists are no base64")
               : 0;
}

static int get_in_names(struct guest *guest, const char *path, size_t most, struct strbuf *out,
                        struct err *err)
{
    struct strbuf script, quoted;
    struct soap_reply reply;
    const char *names = arena_printf(guest->vc->arena, "%s/names", guest->directory);
    strbuf_init(&quoted, 4096);
    shell_quote(&quoted, path);
    strbuf_init(&script, 8192);
    strbuf_addf(&script,
                "rm -rf %s; mkdir %s && tail -c %zu %s | base64 | tr -d '\\n' | tr '+/' '-_' | "
                "fold -w %d | { i=1000; while read -r l || [ -n \"$l\" ]; do : >%s/$i-$l; "
                "i=$((i+1)); done; }",
                names, names, most < GUEST_TAIL_MAX ? most : GUEST_TAIL_MAX,
                strbuf_str(&quoted), NAME_LEN, names);
    int result = must_run(guest, &script, "output of the guest", err);
    strbuf_release(&script);
    strbuf_release(&quoted);
    if (result < 0)
        return -1;
    CLEANUP(wire_release) struct wire wire;
    wire_guest_list(&wire, guest->files, &guest->login, names, NAMES_MAX);
    if (guest_call(guest, &wire, &reply, err) < 0)
        return -1;
    return decode_names(guest, xml_child(reply.response, "returnval"), out, err);
}

/* ---- either way ---- */

int guest_write(struct guest *guest, const struct wire_guest_file *file, const void *data,
                struct err *err)
{
    if (guest->transfer != TRANSFER_ARGUMENTS) {
        if (put(guest, file, data, err) == 0)
            return 0;
        if (!turns_to_arguments(guest, err))
            return -1;
    }
    return put_in_arguments(guest, file, data, err);
}

/* A file that is short enough is fetched itself: on a full disk there is no room for a copy. */
static int cut_tail(struct guest *guest, const char *path, size_t most, const char **ret_path,
                    struct err *err)
{
    enum { SHORT_ENOUGH = 100 };
    struct strbuf script;
    int status = 0;
    const char *tail = arena_printf(guest->vc->arena, "%s/tail", guest->directory);
    strbuf_init(&script, 8192);
    strbuf_addf(&script, "f=");
    shell_quote(&script, path);
    strbuf_addf(&script, "; [ $(wc -c <\"$f\") -gt %zu ] || exit %d; tail -c %zu \"$f\" >%s",
                most, SHORT_ENOUGH, most, tail);
    int result = guest_shell(guest, strbuf_str(&script), &status, err);
    strbuf_release(&script);
    *ret_path = status == SHORT_ENOUGH ? path : tail;
    if (result == 0 && status != 0 && status != SHORT_ENOUGH)
        result = err_set(err, ERR_INVALID, "the guest's shell ends with %d", status);
    return result;
}

int guest_read_tail(struct guest *guest, const char *path, size_t most, struct strbuf *out,
                    struct err *err)
{
    if (guest->transfer != TRANSFER_ARGUMENTS) {
        const char *tail;
        guest->host_away = false;
        if (cut_tail(guest, path, most, &tail, err) == 0 && get(guest, tail, out, err) == 0)
            return 0;
        if (!turns_to_arguments(guest, err))
            return -1;
    }
    return get_in_names(guest, path, most, out, err);
}
