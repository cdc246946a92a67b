/* files.c: see files.h. */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <dirent.h>

#include "unit.h"

void make_directory(char *ret_path, size_t size, const char *purpose)
{
    snprintf(ret_path, size, "/tmp/gf-%s-XXXXXX", purpose);
    if (mkdtemp(ret_path) == NULL)
        fail_msg("%s: %s", ret_path, strerror(errno));
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *ftw)
{
    (void)info, (void)type, (void)ftw;
    return remove(path);
}

void remove_directory(const char *path)
{
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) < 0)
        fail_msg("%s cannot be removed: %s", path, strerror(errno));
}

void copy_file(const char *from, const char *to)
{
    char *text = file_text("%s", from);
    if (text == NULL)
        fail_msg("%s cannot be read", from);
    write_text(to, text);
    free(text);
}

void copy_directory(const char *from, const char *to)
{
    DIR *dir = opendir(from);
    if (dir == NULL)
        fail_msg("%s: %s", from, strerror(errno));
    mkdir(to, 0700);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char source[1024], target[1024];
        struct stat info;
        if (entry->d_name[0] == '.')
            continue;
        snprintf(source, sizeof(source), "%s/%s", from, entry->d_name);
        snprintf(target, sizeof(target), "%s/%s", to, entry->d_name);
        if (stat(source, &info) == 0 && S_ISDIR(info.st_mode))
            copy_directory(source, target);
        else
            copy_file(source, target);
    }
    closedir(dir);
}

char *file_text(const char *path, ...)
{
    char name[1024];
    va_list args;
    va_start(args, path);
    vsnprintf(name, sizeof(name), path, args);
    va_end(args);
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) < 0)
        return NULL;
    size_t size = (size_t)info.st_size, have = 0;
    char *text = calloc(1, size + 1);
    for (ssize_t n = 1; text != NULL && have < size && n > 0; have += (size_t)(n > 0 ? n : 0))
        n = read(fd, text + have, size - have);
    close(fd);
    return text;
}

bool file_exists(const char *path, ...)
{
    char name[1024];
    va_list args;
    va_start(args, path);
    vsnprintf(name, sizeof(name), path, args);
    va_end(args);
    return access(name, F_OK) == 0;
}

void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
        fail_msg("%s cannot be written: %s", path, strerror(errno));
}

void edit_text(const char *path, const char *old, const char *new)
{
    char *text = file_text("%s", path);
    char *at = text == NULL ? NULL : strstr(text, old);
    if (at == NULL || strstr(at + 1, old) != NULL)
        fail_msg("%s does not hold this exactly once: %s", path, old);
    FILE *file = fopen(path, "we");
    if (file == NULL)
        fail_msg("%s cannot be written", path);
    fprintf(file, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
    fclose(file);
    free(text);
}

char *find_in_files(const char *directory, const char *needle)
{
    DIR *dir = opendir(directory);
    char *found = NULL;
    for (struct dirent *entry;
         dir != NULL && found == NULL && (entry = readdir(dir)) != NULL;) {
        char path[1024];
        struct stat info;
        snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            lstat(path, &info) < 0)
            continue;
        if (S_ISDIR(info.st_mode)) {
            found = find_in_files(path, needle);
        } else if (S_ISREG(info.st_mode)) {
            char *text = file_text("%s", path);
            if (text != NULL &&
                memmem(text, (size_t)info.st_size, needle, strlen(needle)) != NULL)
                found = strdup(path);
            free(text);
        }
    }
    if (dir != NULL)
        closedir(dir);
    return found;
}

void pause_ms(int64_t ms)
{
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};
    nanosleep(&time, NULL);
}

int64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- chance -------------------------------------------------------------------------------
 */

/* The same by default, so that an ordinary run can be repeated; "clock" explores. */
uint64_t chance_seed(const char *what)
{
    const char *given = getenv("GRIDFORM_SEED");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t seed = 20171219;
    if (given != NULL && strcmp(given, "clock") == 0)
        seed = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    else if (given != NULL)
        seed = strtoull(given, NULL, 0);
    print_message("%s: GRIDFORM_SEED=%llu\n", what, (unsigned long long)seed);
    return seed;
}

struct chance chance_new(uint64_t seed)
{
    return (struct chance){seed * 0x9E3779B97F4A7C15u | 1};
}

static uint64_t next(struct chance *chance)
{
    uint64_t x = chance->state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    chance->state = x;
    return x * 0x2545F4914F6CDD1Du;
}

unsigned chance_below(struct chance *chance, unsigned limit)
{
    return (unsigned)((next(chance) >> 33) % limit);
}

bool chance_yes(struct chance *chance, unsigned percent)
{
    return chance_below(chance, 100) < percent;
}

void chance_shuffle(struct chance *chance, size_t *items, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = chance_below(chance, (unsigned)i), kept = items[i - 1];
        items[i - 1] = items[j];
        items[j] = kept;
    }
}
