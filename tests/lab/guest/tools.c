/* tools.c: the first process of a guest: serves the lab, starts programs, boots, ends. */
#include "tools.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TICK_MS = 200 };

/* ---- memory and wire ------------------------------------------------------------------ */

void bytes_add(struct bytes *bytes, const void *data, size_t size)
{
    if (bytes->size + size > bytes->capacity) {
        bytes->capacity = (bytes->size + size) * 2;
        bytes->data = realloc(bytes->data, bytes->capacity);
        if (bytes->data == NULL)
            _exit(1);
    }
    if (size > 0)
        memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
}

void bytes_text(struct bytes *bytes, const char *text)
{
    bytes_add(bytes, text, strlen(text) + 1);
}

const char *request_string(const struct request *request, size_t i)
{
    return i < request->n_strings ? request->strings[i] : "";
}

void notice(const char *format, ...)
{
    char line[128];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof(line) - 1, format, args);
    va_end(args);
    line[n++] = '\n';
    if (write(WIRE_NOTICES, line, (size_t)n) < 0)
        return; /* the pipe is full: nobody listens */
}

static int transfer(char *data, size_t size, bool out)
{
    while (size > 0) {
        ssize_t n = out ? write(WIRE_SOCKET, data, size) : read(WIRE_SOCKET, data, size);
        if (n == 0 || (n < 0 && errno != EINTR))
            return -1;
        if (n > 0) {
            data += n;
            size -= (size_t)n;
        }
    }
    return 0;
}

static void split(struct request *request, char *text, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < size; i++)
        n += text[i] == '\0';
    request->strings = calloc(n + 1, sizeof(*request->strings));
    if (request->strings == NULL)
        _exit(1);
    for (char *at = text; request->n_strings < n; at += strlen(at) + 1)
        request->strings[request->n_strings++] = at;
}

/* ---- the machine ---------------------------------------------------------------------- */

static int run_boot(struct tools *tools)
{
    const char *argv[BOOT_ARGUMENTS_MAX + 4] = {"sh", "/.lab/boot"};
    for (size_t i = 0; tools->boot_arguments[i] != NULL; i++)
        argv[i + 2] = tools->boot_arguments[i];
    tools->noted = 0;
    tools->deadline = 0;
    return busybox_run(tools, argv, NULL, NULL);
}

static int boot(struct tools *tools, const struct request *request)
{
    static const char *const install[] = {"sh", "/.lab/install", NULL};
    for (size_t i = 1; i < request->n_strings && i <= BOOT_ARGUMENTS_MAX; i++)
        tools->boot_arguments[i - 1] = strdup(request->strings[i]);
    if (strcmp(request_string(request, 0), "new") == 0) {
        int status = busybox_run(tools, install, NULL, NULL);
        if (status != 0)
            return status;
    }
    return run_boot(tools);
}

static void reboot_machine(struct tools *tools)
{
    programs_end(tools);
    run_boot(tools);
    notice("reboot");
}

static int unpack(struct tools *tools, const struct request *request)
{
    const char *argv[] = {"tar", "-x", "-f", "-", "-C", request_string(request, 0), NULL};
    return busybox_run(tools, argv, request, NULL);
}

/* What is mounted or made anew at each boot stays out. */
static int save(struct tools *tools, const struct request *request, struct answer *answer)
{
    static const char *const argv[] = {"sh", "-c",
                                       "b=/.lab/busybox; IFS='\n'; cd / && "
                                       "set -- $($b ls -A | $b grep -vxE 'proc|dev|run|.lab')"
                                       " && exec $b tar -c -f - -- \"$@\"",
                                       NULL};
    if (*request_string(request, 0) == '\0')
        programs_end(tools);
    return busybox_run(tools, argv, NULL, &answer->data);
}

static int hello(struct tools *tools, const struct request *request)
{
    tools->time_limit = strtol(request_string(request, 0), NULL, 10);
    tools->process_limit = strtol(request_string(request, 1), NULL, 10);
    return 0;
}

static int serve(struct tools *tools, const struct request *request, struct answer *answer)
{
    switch (request->op) {
    case WIRE_HELLO:
        return hello(tools, request);
    case WIRE_UNPACK:
        return unpack(tools, request);
    case WIRE_BOOT:
        return boot(tools, request);
    case WIRE_SAVE:
        return save(tools, request, answer);
    case WIRE_REBOOT:
        reboot_machine(tools);
        return 0;
    case WIRE_START:
        return program_start(tools, request, answer);
    case WIRE_KILL:
        return program_kill(tools, request);
    case WIRE_STAT:
        return file_stat(request, answer);
    case WIRE_LIST:
        return file_list(request, answer);
    case WIRE_PUT:
        return file_put(request);
    case WIRE_GET:
        return file_get(request, answer);
    case WIRE_MKDIR:
        return file_mkdir(request);
    case WIRE_DELETE:
        return file_delete(request);
    case WIRE_TEMP:
        return file_temp(request, answer);
    case WIRE_OP_COUNT:
        break;
    }
    return ENOSYS;
}

/* One request; -1: the lab is gone. */
static int converse(struct tools *tools)
{
    struct wire_header header;
    struct answer answer = {0};
    if (transfer((char *)&header, sizeof(header), false) < 0)
        return -1;
    char *text = malloc((size_t)header.text_size + 1), *data = malloc(header.data_size + 1u);
    if (text == NULL || data == NULL || transfer(text, header.text_size, false) < 0 ||
        transfer(data, header.data_size, false) < 0)
        return -1;
    struct request request = {.op = header.code, .data = data, .data_size = header.data_size};
    split(&request, text, header.text_size);
    programs_reap(tools);
    header.code = (uint32_t)serve(tools, &request, &answer);
    header.text_size = (uint32_t)answer.text.size;
    header.data_size = (uint32_t)answer.data.size;
    int result = transfer((char *)&header, sizeof(header), true);
    if (result == 0)
        result = transfer(answer.text.data, answer.text.size, true);
    if (result == 0)
        result = transfer(answer.data.data, answer.data.size, true);
    free(request.strings);
    free(answer.text.data);
    free(answer.data.data);
    free(text);
    free(data);
    return result;
}

/* Signals mean what they mean to busybox's init: TERM reboots, USR1 and USR2 end. */
static void on_signal(struct tools *tools, int fd)
{
    struct signalfd_siginfo info;
    if (read(fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return;
    if (info.ssi_signo == SIGTERM) {
        reboot_machine(tools);
    } else if (info.ssi_signo == SIGUSR1 || info.ssi_signo == SIGUSR2) {
        programs_end(tools);
        notice("off");
    }
    programs_reap(tools);
}

static int signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

int main(void)
{
    struct tools tools = {.busybox = open("/.lab/busybox", O_PATH | O_CLOEXEC),
                          .time_limit = 60,
                          .process_limit = 64};
    struct pollfd fds[] = {{.fd = WIRE_SOCKET, .events = POLLIN},
                           {.fd = signals(), .events = POLLIN}};
    /* Programs of the guest have the same account: none may look into this one or take its
     * place. */
    prctl(PR_SET_DUMPABLE, 0);
    signal(SIGPIPE, SIG_IGN);
    fcntl(WIRE_SOCKET, F_SETFD, FD_CLOEXEC);
    fcntl(WIRE_NOTICES, F_SETFD, FD_CLOEXEC);
    fcntl(WIRE_NOTICES, F_SETFL, O_NONBLOCK);
    umask(022);
    for (;;) {
        if (poll(fds, 2, tools.deadline != 0 ? TICK_MS : -1) < 0 && errno != EINTR)
            return 1;
        if (fds[1].revents != 0)
            on_signal(&tools, fds[1].fd);
        if (fds[0].revents != 0 && converse(&tools) < 0)
            return 0;
        limits_check(&tools);
    }
}
