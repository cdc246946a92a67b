/* esxi_server.h: inside the SSH server of the simulated hosts: listeners and sessions. */
#ifndef GF_LAB_ESXI_SERVER_H
#define GF_LAB_ESXI_SERVER_H

#include <pthread.h>

#include <libssh/libssh.h>
#include <libssh/server.h>

#include "lab.h"

/* A session whose host goes down is cut at once while it is idle; one that has just answered is
 * left until the client closes, or for a moment (an SSH client that is cut before it closed
 * loses the exit status). */
enum session_state { SESSION_IDLE, SESSION_BUSY, SESSION_ANSWERED, SESSION_CUT };

struct shell_session {
    struct shell_server *server;
    struct host *host;
    ssh_session ssh;
    int fd;
    enum session_state state; /* under the server's lock */
    int64_t answered_at;      /* ms of the steady clock */
    struct shell_session *next;
};

struct listener {
    struct host *host;
    ssh_bind bind; /* holds the host key */
    int fd;        /* -1 while the host refuses connections */
};

struct shell_server {
    struct lab *lab;
    pthread_mutex_t lock;
    pthread_cond_t idle; /* the last session ended */
    struct shell_session *sessions;
    struct listener *listeners;
    size_t n_listeners;
    pthread_t thread;
    int port;
    bool stopping; /* under the lock */
};

/* The life of one session, on a thread of its own; frees it (esxi_session.c). */
void *shell_session_run(void *session);
void shell_session_set_state(struct shell_session *session, enum session_state state);
void shell_session_end(struct shell_session *session); /* leaves the list */
int64_t shell_steady_ms(void);

#endif
