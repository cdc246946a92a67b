/* files.c: the files of DIR. Each is written beside its place and renamed, so that a reader
 * never sees half of one. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab_internal.h"
#include "strbuf.h"

#define FILE_MAX ((size_t)1 << 20)

static int write_all(int fd, const char *text)
{
    size_t left = strlen(text);
    while (left) {
        ssize_t n = write(fd, text, left);
        if (n < 0)
            return -1;
        text += n;
        left -= (size_t)n;
    }
    return 0;
}

int file_write(const char *dir, const char *name, const char *text, int mode, struct err *err)
{
    char path[1024], temporary[1040];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    snprintf(temporary, sizeof(temporary), "%s.new", path);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0)
        return err_set(err, ERR_STORAGE, "%s: %s", path, strerror(errno));
    int failed = write_all(fd, text) < 0;
    failed |= close(fd) < 0;
    if (failed || rename(temporary, path) < 0)
        return err_set(err, ERR_STORAGE, "%s: %s", path, strerror(errno));
    return 0;
}

char *file_read(struct arena *arena, const char *dir, const char *name)
{
    char path[1024];
    struct stat info;
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *in = fopen(path, "rb");
    if (!in)
        return NULL;
    char *text = NULL;
    if (fstat(fileno(in), &info) == 0 && (size_t)info.st_size < FILE_MAX) {
        text = arena_alloc(arena, (size_t)info.st_size + 1);
        if (fread(text, 1, (size_t)info.st_size, in) != (size_t)info.st_size)
            text = NULL;
    }
    fclose(in);
    return text;
}

/* A world whose hosts let nobody log in is one without an ESXi provider. */
static bool has_shells(const struct world *world)
{
    VEC_EACH (struct host *, it, world->hosts)
        if ((*it)->ssh_password[0] != '\0')
            return true;
    return false;
}

static void write_shells(const struct lab *lab, struct strbuf *out)
{
    strbuf_add(out, "  esxi:\n    connect_to:\n");
    VEC_EACH (struct host *, it, lab->world->hosts)
        strbuf_addf(out, "      \"%s\": \"%s:%d\"\n", (*it)->name, (*it)->address,
                    lab->shell_port);
    strbuf_addf(out, "    known_hosts: %s/known_hosts\n    poll_interval: 20ms\n", lab->dir);
}

/* Files of guests go to the hosts: the server of the vCenter answers for them as well. */
static void write_vcenter(const struct lab *lab, struct strbuf *out)
{
    strbuf_addf(out, "  vsphere:\n    connect_to:\n      \"%s\": \"127.0.0.1:%d\"\n",
                lab->world->vcenter_name, lab->vcenter_port);
    VEC_EACH (struct host *, it, lab->world->hosts)
        strbuf_addf(out, "      \"%s\": \"127.0.0.1:%d\"\n", (*it)->name, lab->vcenter_port);
    strbuf_addf(out, "    ca_file: %s/ca.pem\n    poll_interval: 20ms\n", lab->dir);
}

int overlay_write(struct lab *lab, struct err *err)
{
    struct strbuf out;
    struct world *world = lab->world;
    strbuf_init(&out, STRBUF_MAX_OUTPUT);
    lab_lock(lab);
    strbuf_add(&out,
               "# Where the servers of the lab listen; written at every start.\nproviders:\n");
    if (lab->vcenter_port)
        write_vcenter(lab, &out);
    if (has_shells(world))
        write_shells(lab, &out);
    if (lab->vra_port)
        strbuf_addf(&out,
                    "  vra:\n    connect_to: { \"%s\": \"127.0.0.1:%d\" }\n"
                    "    ca_file: %s/ca.pem\n    poll_interval: 20ms\n",
                    world->vra_name, lab->vra_port, lab->dir);
    lab_unlock(lab);
    int result = file_write(lab->dir, "overlay.yaml", strbuf_str(&out), 0644, err);
    strbuf_release(&out);
    return result;
}
