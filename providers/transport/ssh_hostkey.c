/* ssh_hostkey.c: known_hosts of ssh.h.
 *
 * libssh looks hosts up by the address that it connects to and by the user's own files; ours
 * are looked up by name in one file, so the file is read here, line by line with libssh's
 * parser (patterns and hashed names work).
 */
#include "ssh_private.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_KEYS 32
#define MAX_LINE 16384
#define REVOKED "@revoked"

struct host_keys {
    char *file, *name;
    ssh_key keys[MAX_KEYS], revoked[MAX_KEYS];
    size_t n_keys, n_revoked;
};

static void add_key(ssh_key *keys, size_t *n, const char *host, const char *line)
{
    struct ssh_knownhosts_entry *entry = NULL;
    if (*n == MAX_KEYS || ssh_known_hosts_parse_line(host, line, &entry) != SSH_OK)
        return;
    keys[(*n)++] = ssh_key_dup(entry->publickey);
    ssh_knownhosts_entry_free(entry);
}

static void add_line(struct host_keys *k, const char *host, const char *line)
{
    size_t n = strlen(REVOKED);
    if (strncmp(line, REVOKED, n) == 0)
        add_key(k->revoked, &k->n_revoked, host, line + n + strspn(line + n, " \t"));
    else if (line[0] != '@' && line[0] != '#' && line[strspn(line, " \t")] != '\0')
        add_key(k->keys, &k->n_keys, host, line);
}

int host_keys_read(const char *file, const char *name, unsigned port,
                   struct host_keys **ret_keys, struct err *err)
{
    char host[256], with_port[300], line[MAX_LINE];
    /* The file holds names in small letters, as ssh writes and seeks them. */
    for (size_t i = 0; i == 0 || host[i - 1] != '\0'; i++)
        host[i] = i + 1 < sizeof(host) ? (char)tolower((unsigned char)name[i]) : '\0';
    snprintf(with_port, sizeof(with_port), "[%s]:%u", host, port);
    FILE *stream = file == NULL ? NULL : fopen(file, "re");
    if (stream == NULL)
        return err_set(err, ERR_UNTRUSTED,
                       "%s: its host key cannot be checked: known_hosts file %s: %s", name,
                       file == NULL ? "(none given)" : file,
                       file == NULL ? "needed" : strerror(errno));
    struct host_keys *keys = calloc(1, sizeof(*keys));
    if (keys == NULL)
        abort();
    keys->file = strdup(file);
    keys->name = strdup(name);
    while (fgets(line, sizeof(line), stream) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        add_line(keys, host, line);
        add_line(keys, with_port, line);
    }
    fclose(stream);
    *ret_keys = keys;
    return 0;
}

void host_keys_free(struct host_keys *keys)
{
    if (keys == NULL)
        return;
    for (size_t i = 0; i < keys->n_keys; i++)
        ssh_key_free(keys->keys[i]);
    for (size_t i = 0; i < keys->n_revoked; i++)
        ssh_key_free(keys->revoked[i]);
    free(keys->file);
    free(keys->name);
    free(keys);
}

static const char *type_of(const ssh_key key)
{
    const char *type = ssh_key_type_to_char(ssh_key_type(key));
    return type == NULL ? "?" : type;
}

void host_keys_prefer(const struct host_keys *keys, ssh_session session)
{
    struct strbuf list;
    strbuf_init(&list, 1024);
    for (size_t i = 0; i < keys->n_keys; i++) {
        const char *type = type_of(keys->keys[i]);
        if (strcmp(type, "ssh-rsa") == 0) /* the key's type; SHA-1 signatures are not taken */
            type = "rsa-sha2-512,rsa-sha2-256";
        if (strstr(strbuf_str(&list), type) == NULL)
            strbuf_addf(&list, "%s%s", list.len > 0 ? "," : "", type);
    }
    if (list.len > 0)
        ssh_options_set(session, SSH_OPTIONS_HOSTKEYS, strbuf_str(&list));
    strbuf_release(&list);
}

static bool has_key(const ssh_key *keys, size_t n, const ssh_key key)
{
    for (size_t i = 0; i < n; i++)
        if (ssh_key_cmp(keys[i], key, SSH_KEY_CMP_PUBLIC) == 0)
            return true;
    return false;
}

static int judge(const struct host_keys *k, const ssh_key key, const char *fingerprint,
                 struct err *err)
{
    if (has_key(k->revoked, k->n_revoked, key))
        return err_set(err, ERR_UNTRUSTED, "%s: ITS HOST KEY IS REVOKED in %s (%s %s)", k->name,
                       k->file, type_of(key), fingerprint);
    if (has_key(k->keys, k->n_keys, key))
        return 0;
    if (k->n_keys > 0)
        return err_set(err, ERR_UNTRUSTED,
                       "%s: THE HOST KEY HAS CHANGED: it is now %s %s, %s has another one; "
                       "either somebody is in between, or the host was reinstalled: then "
                       "check the fingerprint on its console and replace the line",
                       k->name, type_of(key), fingerprint, k->file);
    return err_set(err, ERR_UNTRUSTED,
                   "%s: unknown host key %s %s; check the fingerprint on the host's console, "
                   "then add the line \"%s %s KEY\" to %s (ssh-keyscan -t prints the key)",
                   k->name, type_of(key), fingerprint, k->name, type_of(key), k->file);
}

int host_keys_check(const struct host_keys *keys, ssh_session session, struct err *err)
{
    ssh_key key = NULL;
    unsigned char *hash = NULL;
    size_t size = 0;
    char *fingerprint = NULL;
    if (ssh_get_server_publickey(session, &key) != SSH_OK)
        return err_set(err, ERR_UNTRUSTED, "%s: no host key", keys->name);
    if (ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &size) == 0)
        fingerprint = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, size);
    int rc = judge(keys, key, fingerprint == NULL ? "?" : fingerprint, err);
    ssh_string_free_char(fingerprint);
    ssh_clean_pubkey_hash(&hash);
    ssh_key_free(key);
    return rc;
}
