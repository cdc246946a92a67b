/* hostkeys.c: SSH host keys of the simulated hosts. ECDSA P-256, which every ESXi release
 * accepts (esxi-shell.md §12). */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <libssh/libssh.h>

#include "lab_internal.h"
#include "strbuf.h"

static ssh_key load_or_make(const char *path)
{
    ssh_key key = NULL;
    if (ssh_pki_import_privkey_file(path, NULL, NULL, NULL, &key) == SSH_OK)
        return key;
    if (ssh_pki_generate(SSH_KEYTYPE_ECDSA_P256, 256, &key) != SSH_OK)
        return NULL;
    if (ssh_pki_export_privkey_file(key, NULL, NULL, NULL, path) == SSH_OK)
        return key;
    ssh_key_free(key);
    return NULL;
}

static int add_host(struct lab *lab, struct host *host, struct strbuf *known, struct err *err)
{
    host->ssh_key_file = arena_printf(lab->world->arena, "%s/ssh/%s.key", lab->dir, host->name);
    ssh_key key = load_or_make(host->ssh_key_file);
    if (!key)
        return err_set(err, ERR_STORAGE, "%s: no host key", host->ssh_key_file);
    char *text = NULL;
    int failed = ssh_pki_export_pubkey_base64(key, &text) != SSH_OK;
    if (!failed)
        strbuf_addf(known, "%s %s %s\n", host->name, ssh_key_type_to_char(ssh_key_type(key)),
                    text);
    ssh_string_free_char(text);
    ssh_key_free(key);
    return failed ? err_set(err, ERR_INTERNAL, "%s: unusable host key", host->name) : 0;
}

int hostkeys_make(struct lab *lab, struct err *err)
{
    struct strbuf known;
    char path[1024];
    int result = 0;
    snprintf(path, sizeof(path), "%s/ssh", lab->dir);
    mkdir(path, 0700);
    strbuf_init(&known, STRBUF_MAX_OUTPUT);
    VEC_EACH (struct host *, it, lab->world->hosts) {
        if (result == 0)
            result = add_host(lab, *it, &known, err);
    }
    if (result == 0)
        result = file_write(lab->dir, "known_hosts", strbuf_str(&known), 0644, err);
    strbuf_release(&known);
    return result;
}
