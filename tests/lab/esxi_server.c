/* esxi_server.c: one SSH listener for each simulated host, on its own loopback address and all
 * on one port; opened and closed as the host and its SSH service come and go. */
#include "esxi_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lab_internal.h"

#define LOOK_MS 10           /* how often hosts are looked at */
#define ANSWER_GRACE_MS 1500 /* see enum session_state */
#define N_PORT_TRIES 50

int64_t shell_steady_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- sockets
 * ---------------------------------------------------------------------------------- */

static int open_socket(const char *address, int *port)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)*port)};
    socklen_t size = sizeof(in);
    int one = 1;
    if (inet_pton(AF_INET, address, &in.sin_addr) != 1)
        return -1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(fd, (struct sockaddr *)&in, sizeof(in)) < 0 || listen(fd, 128) < 0 ||
        getsockname(fd, (struct sockaddr *)&in, &size) < 0) {
        close(fd);
        return -1;
    }
    *port = ntohs(in.sin_port);
    return fd;
}

static void close_listener(struct listener *listener)
{
    if (listener->fd >= 0)
        close(listener->fd);
    listener->fd = -1;
}

/* A port that is free on every address. */
static int open_all(struct shell_server *server, struct err *err)
{
    for (unsigned i = 0; i < N_PORT_TRIES; i++) {
        size_t n = 0;
        int port = 0;
        for (; n < server->n_listeners; n++) {
            struct listener *listener = &server->listeners[n];
            listener->fd = open_socket(listener->host->address, &port);
            if (listener->fd < 0)
                break;
        }
        server->port = port;
        if (n == server->n_listeners)
            return 0;
        for (size_t k = 0; k < n; k++)
            close_listener(&server->listeners[k]);
    }
    return err_set(err, ERR_UNREACHABLE, "no free port on the addresses of the hosts: %s",
                   strerror(errno));
}

/* ---- the thread that watches
 * ------------------------------------------------------------------- */

static bool host_accepts(struct host *host)
{
    const struct service *ssh = host_service(host, "TSM-SSH");
    return host->state == HOST_CONNECTED && (!ssh || ssh->running);
}

static void look_at_hosts(struct shell_server *server)
{
    lab_lock(server->lab);
    for (size_t i = 0; i < server->n_listeners; i++) {
        struct listener *listener = &server->listeners[i];
        bool accepts = host_accepts(listener->host);
        int port = server->port;
        if (!accepts && listener->fd >= 0)
            close_listener(listener);
        else if (accepts && listener->fd < 0)
            listener->fd = open_socket(listener->host->address, &port);
    }
    lab_unlock(server->lab);
}

static void look_at_sessions(struct shell_server *server)
{
    int64_t now = shell_steady_ms();
    lab_lock(server->lab);
    pthread_mutex_lock(&server->lock); /* always inside the lab's lock */
    for (struct shell_session *it = server->sessions; it; it = it->next) {
        bool over = it->state == SESSION_IDLE ||
                    (it->state == SESSION_ANSWERED && now - it->answered_at > ANSWER_GRACE_MS);
        if (over && it->host->state != HOST_CONNECTED) {
            shutdown(it->fd, SHUT_RDWR);
            it->state = SESSION_CUT;
        }
    }
    pthread_mutex_unlock(&server->lock);
    lab_unlock(server->lab);
}

static bool start_session(struct shell_server *server, struct listener *listener, int fd)
{
    struct shell_session *session = calloc(1, sizeof(*session));
    pthread_attr_t attr;
    pthread_t thread;
    if (!session)
        return false;
    *session = (struct shell_session){
        .server = server, .host = listener->host, .ssh = ssh_new(), .fd = fd};
    if (!session->ssh || ssh_bind_accept_fd(listener->bind, session->ssh, fd) != SSH_OK) {
        ssh_free(session->ssh);
        free(session);
        return false;
    }
    pthread_mutex_lock(&server->lock);
    session->next = server->sessions;
    server->sessions = session;
    pthread_mutex_unlock(&server->lock);
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    int failed = pthread_create(&thread, &attr, shell_session_run, session);
    pthread_attr_destroy(&attr);
    if (failed)
        shell_session_end(session);
    return true;
}

static void accept_one(struct shell_server *server, struct listener *listener)
{
    int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    lab_lock(server->lab);
    bool accepts = host_accepts(listener->host);
    lab_unlock(server->lab);
    if (!accepts || !start_session(server, listener, fd))
        close(fd);
}

static bool is_stopping(struct shell_server *server)
{
    pthread_mutex_lock(&server->lock);
    bool stopping = server->stopping;
    pthread_mutex_unlock(&server->lock);
    return stopping;
}

static void *watch(void *argument)
{
    struct shell_server *server = argument;
    struct pollfd *fds = calloc(server->n_listeners + 1, sizeof(*fds));
    while (fds && !is_stopping(server)) {
        look_at_hosts(server);
        look_at_sessions(server);
        for (size_t i = 0; i < server->n_listeners; i++)
            fds[i] = (struct pollfd){.fd = server->listeners[i].fd, .events = POLLIN};
        if (poll(fds, server->n_listeners, LOOK_MS) <= 0)
            continue;
        for (size_t i = 0; i < server->n_listeners; i++) {
            if (fds[i].revents & POLLIN)
                accept_one(server, &server->listeners[i]);
        }
    }
    free(fds);
    return NULL;
}

/* ---- sessions
 * ------------------------------------------------------------------------------------ */

void shell_session_set_state(struct shell_session *session, enum session_state state)
{
    pthread_mutex_lock(&session->server->lock);
    if (session->state != SESSION_CUT)
        session->state = state;
    session->answered_at = shell_steady_ms();
    pthread_mutex_unlock(&session->server->lock);
}

void shell_session_end(struct shell_session *session)
{
    struct shell_server *server = session->server;
    pthread_mutex_lock(&server->lock);
    struct shell_session **at = &server->sessions;
    while (*at != session)
        at = &(*at)->next;
    *at = session->next;
    ssh_free(session->ssh); /* closes fd: not while the watcher could still cut it */
    free(session);
    if (!server->sessions)
        pthread_cond_broadcast(&server->idle);
    pthread_mutex_unlock(&server->lock);
}

/* ---- life
 * ------------------------------------------------------------------------------------------ */

static int add_listener(struct listener *listener, struct host *host, struct err *err)
{
    ssh_key key = NULL;
    bool no = false;
    *listener = (struct listener){.host = host, .bind = ssh_bind_new(), .fd = -1};
    if (!listener->bind ||
        ssh_pki_import_privkey_file(host->ssh_key_file, NULL, NULL, NULL, &key) != SSH_OK)
        return err_set(err, ERR_INTERNAL, "%s: no host key", host->name);
    ssh_bind_options_set(listener->bind, SSH_BIND_OPTIONS_PROCESS_CONFIG, &no);
    if (ssh_bind_options_set(listener->bind, SSH_BIND_OPTIONS_IMPORT_KEY, key) != SSH_OK) {
        ssh_key_free(key);
        return err_set(err, ERR_INTERNAL, "%s: unusable host key", host->name);
    }
    return 0;
}

static void server_free(struct shell_server *server)
{
    for (size_t i = 0; i < server->n_listeners; i++) {
        close_listener(&server->listeners[i]);
        ssh_bind_free(server->listeners[i].bind);
    }
    pthread_cond_destroy(&server->idle);
    pthread_mutex_destroy(&server->lock);
    free(server->listeners);
    free(server);
}

int shell_start(struct lab *lab, struct shell_server **ret, struct err *err)
{
    struct shell_server *server = calloc(1, sizeof(*server));
    size_t n = lab->world->hosts.n;
    int result = 0;
    if (!server)
        return err_set(err, ERR_INTERNAL, "out of memory");
    server->lab = lab;
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->idle, NULL);
    server->listeners = calloc(n + 1, sizeof(*server->listeners));
    for (size_t i = 0; result == 0 && i < n; i++) {
        result = add_listener(&server->listeners[i], lab->world->hosts.items[i], err);
        server->n_listeners++;
    }
    if (result == 0)
        result = open_all(server, err);
    if (result == 0 && pthread_create(&server->thread, NULL, watch, server))
        result = err_set(err, ERR_INTERNAL, "no thread for the shells");
    if (result < 0) {
        server_free(server);
        return -1;
    }
    lab->shell_port = server->port;
    *ret = server;
    return 0;
}

void shell_stop(struct shell_server *server)
{
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    pthread_mutex_unlock(&server->lock);
    pthread_join(server->thread, NULL);
    pthread_mutex_lock(&server->lock);
    for (struct shell_session *it = server->sessions; it; it = it->next)
        shutdown(it->fd, SHUT_RDWR);
    while (server->sessions)
        pthread_cond_wait(&server->idle, &server->lock);
    pthread_mutex_unlock(&server->lock);
    server_free(server);
}
