/* state_section.c: see state_section.h. */
#include "state_section.h"

#include <string.h>
#include <strings.h>

#include "atom.h"
#include "config.h"
#include "schema.h"
#include "types.h"
#include "value.h"

static const char *const backends[] = {"file", "http", NULL};

static const struct attr attrs[] = {
    {"backend", &type_enum, FACET_NONE, ATTR_REQUIRED, .names = backends,
     .doc = "What keeps the state: a file, or a server that speaks the protocol of Terraform's "
            "http backend, such as GitLab."},
    {"path", &type_name, FACET_NONE, 0,
     .doc = "file: its path, relative to the manifest (default: gridform.state)."},
    {"address", &type_name, FACET_NONE, 0,
     .doc = "http: where the state is read and written; https://, or http:// on this machine."},
    {"update_method", &type_name, FACET_NONE, 0, .default_value = "POST",
     .doc = "http: method that writes."},
    {"lock_address", &type_name, FACET_NONE, 0,
     .doc = "http: where the lock is taken (default: address)."},
    {"lock_method", &type_name, FACET_NONE, 0, .default_value = "LOCK",
     .doc = "http: method that takes the lock; GitLab wants POST."},
    {"unlock_address", &type_name, FACET_NONE, 0,
     .doc = "http: where the lock is given back (default: lock_address)."},
    {"unlock_method", &type_name, FACET_NONE, 0, .default_value = "UNLOCK",
     .doc = "http: method that gives the lock back; GitLab wants DELETE."},
    {"username", &type_name, FACET_NONE, 0, .doc = "http: who logs in, with password."},
    {"password", &type_secret, FACET_NONE, ATTR_SECRET,
     .doc = "http: the password, or the token that stands for it."},
    {"token", &type_secret, FACET_NONE, ATTR_SECRET,
     .doc = "http: a token, instead of username and password."},
    {"token_header", &type_name, FACET_NONE, 0,
     .doc = "http: the header that the token is sent in, such as PRIVATE-TOKEN or JOB-TOKEN "
            "(default: Authorization, as Bearer)."},
    {"headers", &type_texts, FACET_NONE, 0,
     .doc = "http: further headers of every request, {NAME: text}; no secrets."},
    {"ca_file", &type_name, FACET_NONE, 0,
     .doc = "http: PEM file of the authorities to trust, relative to the manifest."},
    {"connect_to", &type_addresses, FACET_NONE, 0,
     .doc = "http: addresses to connect to instead of the servers' names; checks stay."},
    {"timeout", &type_duration, FACET_NONE, 0, .default_value = "60s", .min = 100,
     .max = 3600000,
     .doc = "http: how long a request may take; writing a large state has more."},
};

const struct schema state_schema = {
    .kind = "state",
    .section = "state",
    .attrs = attrs,
    .n_attrs = ARRAY_LEN(attrs),
    .doc = "Where the state is kept; a file beside the manifest without this section."};

struct reading {
    struct decoder *decoder;
    const struct entry *section;
    struct instance *state;
    bool broken;
};

static const struct entry *given(const struct reading *r, const char *key)
{
    return r->section->node.type != NODE_MAP
               ? NULL
               : node_find(&r->section->node, atom(r->decoder->atoms, key));
}

static struct diag *complain(struct reading *r, const char *key, const char *problem)
{
    const struct entry *entry = given(r, key);
    r->broken = true;
    return diag_error(r->decoder->diags,
                      entry == NULL ? entry_pos(r->section) : node_pos(&entry->node), "%s: %s",
                      key, problem);
}

static bool starts_with(const char *text, const char *prefix)
{
    return strncasecmp(text, prefix, strlen(prefix)) == 0;
}

/* What servers take as a login in a query: an address is shown in messages. */
static bool has_secret_parameter(const char *url)
{
    static const char *const names[] = {
        "private_token=", "job_token=", "access_token=", "token=", "password=", "api_key="};
    const char *at = strchr(url, '?');
    for (; at != NULL; at = strchr(at + 1, '&'))
        for (size_t i = 0; i < ARRAY_LEN(names); i++)
            if (starts_with(at + 1, names[i]))
                return true;
    return false;
}

static void complain_of_secret(struct reading *r, const char *key, const char *problem)
{
    struct diag *diag = complain(r, key, problem);
    diag->hide_source = true;
    diag_hint(r->decoder->diags, diag, "use username and password, or token");
}

/* Only what must not get further; the rest is the transport's. */
static void check_address(struct reading *r, const char *key)
{
    const char *url = instance_text(r->state, key);
    if (url == NULL)
        return;
    bool plain = starts_with(url, "http://");
    if (!plain && !starts_with(url, "https://")) {
        complain(r, key, "expected an address that begins with https://");
        return;
    }
    const char *authority = strchr(url, ':') + 3;
    size_t len = strcspn(authority, "/?#");
    if (memchr(authority, '@', len) != NULL)
        complain_of_secret(r, key, "holds a user name or a password");
    if (has_secret_parameter(url))
        complain_of_secret(r, key, "holds a token or a password");
    if (strpbrk(url, " #") != NULL)
        complain(r, key, "holds a blank or a \"#\"");
    if (plain && !starts_with(authority, "127.") && !starts_with(authority, "localhost") &&
        !starts_with(authority, "[::1]"))
        complain(r, key, "unencrypted http:// is for addresses of this machine only");
}

static void check_method(struct reading *r, const char *key)
{
    const char *method = instance_text(r->state, key);
    if (method != NULL && strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != strlen(method))
        complain(r, key, "expected a method such as POST");
}

/* The names of headers that gridform itself sets. */
static void check_headers(struct reading *r)
{
    static const char *const own[] = {"authorization", "content-type", "content-length",
                                      "content-md5",   "host",         "expect"};
    const struct value *headers = instance_get(r->state, "headers");
    const char *token_header = instance_text(r->state, "token_header");
    for (size_t i = 0; i < value_count(headers); i++) {
        const char *name = headers->map.fields[i].key;
        bool good = name[0] != '\0' && strpbrk(name, " :\t\"(),/;<=>?@[\\]{}") == NULL;
        for (size_t k = 0; k < ARRAY_LEN(own); k++)
            good = good && strcasecmp(name, own[k]) != 0;
        if (!good)
            complain(r, "headers", "a name that no header has, or that gridform sets itself");
    }
    if (token_header != NULL && strpbrk(token_header, " :\t\"(),/;<=>?@[\\]{}") != NULL)
        complain(r, "token_header", "is no name of a header");
}

static void check_http(struct reading *r)
{
    bool username = instance_text(r->state, "username") != NULL;
    bool password = given(r, "password") != NULL;
    bool token = given(r, "token") != NULL;
    if (given(r, "address") == NULL)
        complain(r, "address", "is missing: backend http needs it");
    if (given(r, "path") != NULL)
        complain(r, "path", "goes with backend: file");
    if (username != password)
        complain(r, username ? "username" : "password", "username and password go together");
    if (token && password)
        complain(r, "token", "either a token, or username and password");
    if (!token && given(r, "token_header") != NULL)
        complain(r, "token_header", "goes with token");
    static const char *const addresses[] = {"address", "lock_address", "unlock_address"};
    static const char *const methods[] = {"update_method", "lock_method", "unlock_method"};
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
        check_address(r, addresses[i]);
        check_method(r, methods[i]);
    }
    check_headers(r);
}

static void check_file(struct reading *r)
{
    for (size_t i = 0; i < r->section->node.n && r->section->node.type == NODE_MAP; i++) {
        const char *key = r->section->node.entries[i].key;
        if (strcmp(key, "backend") != 0 && strcmp(key, "path") != 0)
            complain(r, key, "goes with backend: http");
    }
}

struct instance *state_section_read(struct decoder *decoder, const struct entry *section,
                                    bool *ret_broken)
{
    struct reading r = {.decoder = decoder, .section = section};
    r.state = instance_new(decoder->arena, &state_schema, "state", "state");
    r.state->presence = PRESENCE_PRESENT;
    r.state->pos = entry_pos(section);
    struct form *form = form_new(decoder, &state_schema, 0, NULL);
    r.broken = form_read(form, &section->node, r.state) < 0;
    const char *backend = instance_text(r.state, "backend");
    if (backend != NULL && strcmp(backend, "http") == 0)
        check_http(&r);
    else if (backend != NULL)
        check_file(&r);
    *ret_broken = r.broken;
    return r.state;
}
