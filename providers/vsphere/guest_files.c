/* guest_files.c: files into a guest and out of it: through its host, or without.
 *
 * Without: content goes base64-encoded in the arguments of programs, in chunks that may be
 * written twice without harm; the end of a file comes back as names of empty files, which
 * ListFilesInGuest lists. Both are slow and meant for scripts and their output.
 */
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
    TAIL_MAX = 24 * 1024,        /* of output that comes back so */
    NAMES_MAX = 1000
};

/* ---- through the host ---- */

static int put(struct guest *guest, const struct wire_guest_file *file, const void *data,
               struct err *err)
{
    struct soap_reply reply;
    CLEANUP(wire_release) struct wire wire;
    wire_guest_put(&wire, guest->files, &guest->login, file);
    if (session_call(guest->vc, &wire, &reply, err) < 0)
        return -1;
    const char *url = xml_text_at(reply.response, "returnval");
    return guest_hosts_transfer(guest->vc, url == NULL ? "" : url, data == NULL ? "" : data,
                                (size_t)file->size, NULL, err);
}

static int get(struct guest *guest, const char *path, struct strbuf *out, struct err *err)
{
    struct soap_reply reply;
    CLEANUP(wire_release) struct wire wire;
    wire_guest_get(&wire, guest->files, &guest->login, path);
    if (session_call(guest->vc, &wire, &reply, err) < 0)
        return -1;
    const struct xml_node *info = xml_child(reply.response, "returnval");
    const char *url = xml_text_at(info, "url");
    return guest_hosts_transfer(guest->vc, url == NULL ? "" : url, NULL, 0, out, err);
}

/* After a failure of the way through the host: is there another? */
static bool turns_to_arguments(struct guest *guest, struct err *err)
{
    if (err->code != ERR_UNREACHABLE && err->code != ERR_TIMEOUT && err->code != ERR_UNTRUSTED)
        return false;
    if (guest->transfer == TRANSFER_HOSTS || err->code == ERR_UNTRUSTED) {
        err_wrap(err,
                 "files of guests go to port 443 of the ESXi host, or with guest.transfer: "
                 "arguments through vCenter alone");
        return false;
    }
    const struct event event = {
        .kind = EVENT_NOTE,
        .address = guest->call->step->address,
        .op = guest->call->step->op,
        .text = arena_printf(
            guest->vc->arena,
            "the ESXi host cannot be reached (%s): scripts travel in arguments", err->message),
        .percent = -1};
    if (guest->vc->env->emit != NULL)
        guest->vc->env->emit(guest->vc->env->context, &event);
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

static int put_chunk(struct guest *guest, const char *path, size_t number, const void *data,
                     size_t size, struct err *err)
{
    struct strbuf script;
    strbuf_init(&script, STRBUF_MAX_OUTPUT);
    strbuf_add(&script, "umask 077; printf %s ");
    base64_encode(&script, data, size);
    strbuf_add(&script, " >");
    shell_quote(&script, path);
    strbuf_addf(&script, ".%06zu", number);
    int result = must_run(guest, &script, "a file for the guest", err);
    explicit_bzero(script.data, script.len);
    strbuf_release(&script);
    return result;
}

static int join_chunks(struct guest *guest, const struct wire_guest_file *file, size_t n,
                       struct err *err)
{
    struct strbuf script, path;
    strbuf_init(&path, 4096);
    shell_quote(&path, file->path);
    const char *p = strbuf_str(&path);
    strbuf_init(&script, STRBUF_MAX_OUTPUT);
    strbuf_add(&script, "umask 077; ");
    if (n == 0)
        strbuf_addf(&script, ": >%s", p);
    else
        strbuf_addf(&script, "cat %s.?????? | base64 -d >%s && rm -f %s.??????", p, p, p);
    strbuf_addf(&script, " && chmod %o %s", file->mode, p);
    int result = must_run(guest, &script, "a file for the guest", err);
    strbuf_release(&script);
    strbuf_release(&path);
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
    for (size_t at = 0; at < size; at += CHUNK)
        if (put_chunk(guest, file->path, n++, (const char *)data + at,
                      size - at < CHUNK ? size - at : CHUNK, err) < 0)
            return -1;
    return join_chunks(guest, file, n, err);
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
                names, names, most < TAIL_MAX ? most : TAIL_MAX, strbuf_str(&quoted), NAME_LEN,
                names);
    int result = must_run(guest, &script, "output of the guest", err);
    strbuf_release(&script);
    strbuf_release(&quoted);
    if (result < 0)
        return -1;
    CLEANUP(wire_release) struct wire wire;
    wire_guest_list(&wire, guest->files, &guest->login, names, NAMES_MAX);
    if (session_call(guest->vc, &wire, &reply, err) < 0)
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

static int get_tail(struct guest *guest, const char *path, size_t most, struct strbuf *out,
                    struct err *err)
{
    struct strbuf script;
    const char *tail = arena_printf(guest->vc->arena, "%s/tail", guest->directory);
    strbuf_init(&script, 8192);
    strbuf_addf(&script, "tail -c %zu ", most);
    shell_quote(&script, path);
    strbuf_add(&script, " >");
    shell_quote(&script, tail);
    int result = must_run(guest, &script, "output of the guest", err);
    strbuf_release(&script);
    return result < 0 ? -1 : get(guest, tail, out, err);
}

int guest_read_tail(struct guest *guest, const char *path, size_t most, struct strbuf *out,
                    struct err *err)
{
    if (guest->transfer != TRANSFER_ARGUMENTS) {
        if (get_tail(guest, path, most, out, err) == 0)
            return 0;
        if (!turns_to_arguments(guest, err))
            return -1;
    }
    return get_in_names(guest, path, most, out, err);
}
