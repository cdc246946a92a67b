/* guest_log.c: see guest_log.h. */
#include "guest_log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "redact.h"
#include "strbuf.h"
#include "value.h"

enum { OUTPUT_MAX = 2 << 20 }; /* of one step; providers keep less */

/* The output of a step under way. */
struct pending {
    struct pending *next;
    char *address;
    struct strbuf text;
};

struct guest_log {
    pthread_mutex_t lock;
    const char *path;
    const struct secrets *secrets;
    struct pending *pending;
    bool written, broken;
};

struct guest_log *guest_log_new(const char *path, const struct secrets *secrets)
{
    struct guest_log *log = calloc(1, sizeof(*log));
    if (log == NULL)
        abort();
    pthread_mutex_init(&log->lock, NULL);
    log->path = path;
    log->secrets = secrets;
    return log;
}

static void pending_free(struct pending *pending)
{
    strbuf_release(&pending->text);
    free(pending->address);
    free(pending);
}

void guest_log_free(struct guest_log *log)
{
    if (log == NULL)
        return;
    while (log->pending != NULL) {
        struct pending *first = log->pending;
        log->pending = first->next;
        pending_free(first);
    }
    pthread_mutex_destroy(&log->lock);
    free(log);
}

static struct pending **find(struct guest_log *log, const char *address)
{
    struct pending **at = &log->pending;
    while (*at != NULL && strcmp((*at)->address, address) != 0)
        at = &(*at)->next;
    return at;
}

void guest_log_add(struct guest_log *log, const struct event *event)
{
    if (event->address == NULL || event->text == NULL)
        return;
    pthread_mutex_lock(&log->lock);
    struct pending **at = find(log, event->address);
    if (*at == NULL) {
        *at = calloc(1, sizeof(**at));
        if (*at == NULL || ((*at)->address = strdup(event->address)) == NULL)
            abort();
        strbuf_init(&(*at)->text, OUTPUT_MAX);
    }
    strbuf_add(&(*at)->text, event->text);
    pthread_mutex_unlock(&log->lock);
}

static void print_heading(FILE *file, const struct step *step, const char *outcome)
{
    char when[32] = "";
    time_t now = time(NULL);
    struct tm utc;
    if (gmtime_r(&now, &utc) != NULL)
        strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &utc);
    const char *label = value_get_text(step->args, "label");
    fprintf(file, "=== %s %s %s: %s\n", when, step->address,
            label == NULL ? step->title : label, outcome);
}

static void write_out(struct guest_log *log, const struct step *step, const char *outcome,
                      const struct strbuf *text)
{
    int fd = open(log->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "ae");
    bool bad = file == NULL;
    if (file != NULL) {
        size_t len = strbuf_len(text);
        print_heading(file, step, outcome);
        fwrite(strbuf_str(text), 1, len, file);
        if (len > 0 && strbuf_str(text)[len - 1] != '\n')
            fputc('\n', file);
        bad = ferror(file) != 0;
        bad = fclose(file) != 0 || bad;
    } else if (fd >= 0) {
        close(fd);
    }
    if (bad && !log->broken)
        fprintf(stderr,
                "gridform: note: %s cannot be written (%s): output of guests is not kept\n",
                log->path, strerror(errno));
    log->broken = log->broken || bad;
    log->written = log->written || !bad;
}

bool guest_log_end(struct guest_log *log, const struct step *step, const char *outcome,
                   struct strbuf *out)
{
    pthread_mutex_lock(&log->lock);
    struct pending **at = find(log, step->address), *ended = *at;
    if (ended != NULL) {
        *at = ended->next;
        secrets_redact(log->secrets, &ended->text);
        write_out(log, step, outcome, &ended->text);
        strbuf_add(out, strbuf_str(&ended->text));
        pending_free(ended);
    }
    pthread_mutex_unlock(&log->lock);
    return ended != NULL;
}

const char *guest_log_path(struct guest_log *log)
{
    pthread_mutex_lock(&log->lock);
    const char *path = log->written && !log->broken ? log->path : NULL;
    pthread_mutex_unlock(&log->lock);
    return path;
}
