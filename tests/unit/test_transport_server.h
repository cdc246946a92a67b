/* test_transport_server.h: loopback counterparts for the transport tests.
 *
 * Certificates are made when the test starts; a raw server runs a function per connection, so
 * that a test can cut an answer wherever it wants to.
 */
#ifndef GF_TEST_TRANSPORT_SERVER_H
#define GF_TEST_TRANSPORT_SERVER_H

#include <stdbool.h>
#include <stddef.h>

/* A CA, a stranger's CA, and a server certificate of the first for SERVER_NAME. */
#define SERVER_NAME "vc.example.test"

struct pki {
    char dir[64];
    char ca_file[96], stranger_file[96];
    char *cert_pem, *key_pem;
};

void pki_make(struct pki *pki);
void pki_remove(struct pki *pki);

/* One accepted connection; the function returns to have it closed. */
typedef void raw_serve(int fd, unsigned n_connection, void *context);

struct raw_server;
struct raw_server *raw_start(raw_serve *serve, void *context);
void raw_stop(struct raw_server *server);
unsigned raw_port(const struct raw_server *server);
unsigned raw_connections(const struct raw_server *server);

/* Read one request, head and body by Content-Length; false at the end of the connection. The
 * text is cut to size and NUL-terminated. */
bool raw_read_request(int fd, char *buffer, size_t size);
void raw_write(int fd, const char *text);

/* Answers in order, over any number of connections; the last one repeats. */
struct script {
    struct {
        unsigned status;
        const char *headers, *body; /* headers: whole lines with line ends, or NULL */
    } replies[8];
    unsigned n_replies, n_served;
    char request[65536]; /* the last one */
};

raw_serve serve_script; /* context: struct script */

/* A port on which nobody listens. */
unsigned unused_port(void);

#endif
