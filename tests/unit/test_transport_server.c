/* test_transport_server.c: see test_transport_server.h. */
#include "test_transport_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

static void must(bool good)
{
    if (!good)
        abort();
}

/* ---- Certificates ---- */

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    must(extension != NULL);
    X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);
}

static X509 *make_cert(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key)
{
    static long serial = 1;
    X509 *cert = X509_new();
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    X509_NAME *subject = X509_get_subject_name(cert);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1,
                               0);
    X509_set_issuer_name(cert, X509_get_subject_name(issuer == NULL ? cert : issuer));
    if (issuer == NULL)
        add_extension(cert, cert, NID_basic_constraints, "critical,CA:TRUE");
    else
        add_extension(cert, issuer, NID_subject_alt_name, "DNS:" SERVER_NAME);
    must(X509_sign(cert, issuer_key, EVP_sha256()) > 0);
    return cert;
}

static char *pem_text(BIO *bio)
{
    char *data = NULL;
    long size = BIO_get_mem_data(bio, &data);
    char *text = strndup(data, (size_t)size);
    BIO_free(bio);
    return text;
}

static void write_ca(const char *path, X509 *cert)
{
    FILE *file = fopen(path, "w");
    must(file != NULL);
    PEM_write_X509(file, cert);
    fclose(file);
}

void pki_make(struct pki *pki)
{
    snprintf(pki->dir, sizeof(pki->dir), "/tmp/gf-transport-XXXXXX");
    must(mkdtemp(pki->dir) != NULL);
    snprintf(pki->ca_file, sizeof(pki->ca_file), "%s/ca.pem", pki->dir);
    snprintf(pki->stranger_file, sizeof(pki->stranger_file), "%s/stranger.pem", pki->dir);
    EVP_PKEY *ca_key = EVP_EC_gen("P-256"), *other_key = EVP_EC_gen("P-256");
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *ca = make_cert("test CA", ca_key, NULL, ca_key);
    X509 *other = make_cert("stranger CA", other_key, NULL, other_key);
    X509 *cert = make_cert(SERVER_NAME, key, ca, ca_key);
    write_ca(pki->ca_file, ca);
    write_ca(pki->stranger_file, other);
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, cert);
    pki->cert_pem = pem_text(bio);
    bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    pki->key_pem = pem_text(bio);
    X509_free(ca);
    X509_free(other);
    X509_free(cert);
    EVP_PKEY_free(ca_key);
    EVP_PKEY_free(other_key);
    EVP_PKEY_free(key);
}

void pki_remove(struct pki *pki)
{
    unlink(pki->ca_file);
    unlink(pki->stranger_file);
    rmdir(pki->dir);
    free(pki->cert_pem);
    free(pki->key_pem);
}

/* ---- Raw server ---- */

struct raw_server {
    int fd;
    unsigned port;
    atomic_uint n;
    raw_serve *serve;
    void *context;
    pthread_t thread;
};

static int listen_loopback(unsigned *ret_port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    must(bind(fd, (struct sockaddr *)&address, size) == 0);
    must(getsockname(fd, (struct sockaddr *)&address, &size) == 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static void *accept_loop(void *context)
{
    struct raw_server *server = context;
    for (;;) {
        int fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            return NULL;
        unsigned n = atomic_fetch_add(&server->n, 1);
        server->serve(fd, n, server->context);
        close(fd);
    }
}

struct raw_server *raw_start(raw_serve *serve, void *context)
{
    struct raw_server *server = calloc(1, sizeof(*server));
    server->serve = serve;
    server->context = context;
    server->fd = listen_loopback(&server->port);
    must(listen(server->fd, 16) == 0);
    must(pthread_create(&server->thread, NULL, accept_loop, server) == 0);
    return server;
}

void raw_stop(struct raw_server *server)
{
    shutdown(server->fd, SHUT_RDWR); /* wakes accept */
    pthread_join(server->thread, NULL);
    close(server->fd);
    free(server);
}

unsigned raw_port(const struct raw_server *server)
{
    return server->port;
}

unsigned raw_connections(const struct raw_server *server)
{
    return atomic_load(&server->n);
}

bool raw_read_request(int fd, char *buffer, size_t size)
{
    size_t len = 0, want = 0;
    buffer[0] = '\0';
    while (len + 1 < size) {
        char *body = strstr(buffer, "\r\n\r\n");
        if (body != NULL && want == 0) {
            const char *length = strcasestr(buffer, "content-length:");
            want = (size_t)(body + 4 - buffer);
            want += length == NULL ? 0 : (size_t)strtoul(length + 15, NULL, 10);
        }
        if (want != 0 && len >= want)
            return true;
        ssize_t n = read(fd, buffer + len, size - len - 1);
        if (n <= 0)
            return false;
        len += (size_t)n;
        buffer[len] = '\0';
    }
    return true;
}

void raw_write(int fd, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        ssize_t n = send(fd, text, left, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        text += n;
        left -= (size_t)n;
    }
}

void serve_script(int fd, unsigned n_connection, void *context)
{
    (void)n_connection;
    struct script *script = context;
    char request[sizeof(script->request)];
    while (raw_read_request(fd, request, sizeof(request))) {
        memcpy(script->request, request, sizeof(request));
        unsigned i = script->n_served++;
        i = i < script->n_replies ? i : script->n_replies - 1;
        const char *headers = script->replies[i].headers, *body = script->replies[i].body;
        char head[4096];
        snprintf(head, sizeof(head), "HTTP/1.1 %u Status\r\nContent-Length: %zu\r\n%s\r\n",
                 script->replies[i].status, strlen(body), headers == NULL ? "" : headers);
        raw_write(fd, head);
        raw_write(fd, body);
    }
}

unsigned unused_port(void)
{
    unsigned port = 0;
    close(listen_loopback(&port));
    return port;
}
