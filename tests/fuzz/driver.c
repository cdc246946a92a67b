/* driver.c: runs a fuzz target over a corpus under any compiler: every file of the given
 * directories, then every file cut short and with single bytes changed, which is cheap and
 * finds what exact replays cannot. Deterministic. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_FILE = 1 << 20, VARIANTS = 48 };

static void run(const uint8_t *data, size_t size)
{
    /* An exact heap copy: the sanitizer sees every byte read beyond. */
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    if (copy == NULL)
        abort();
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void run_variants(uint8_t *data, size_t size)
{
    static const uint8_t odd[] = {0, '\t', '"', '{', ']', ':', '*', '$', 0xff, '\n'};
    uint64_t random = 88172645463325252u;
    for (unsigned i = 0; i < VARIANTS && size > 0; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        size_t at = (size_t)(random % size);
        uint8_t kept = data[at];
        data[at] = odd[(random >> 32) % sizeof(odd)];
        run(data, size);
        data[at] = kept;
        run(data, at);
    }
}

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(MAX_FILE);
    if (file == NULL || data == NULL)
        return -1;
    size_t size = fread(data, 1, MAX_FILE, file);
    fclose(file);
    run(data, size);
    run_variants(data, size);
    free(data);
    return 0;
}

static int run_directory(const char *path)
{
    DIR *dir = opendir(path);
    int files = 0;
    if (dir == NULL)
        return -1;
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char file[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
        if (run_file(file) < 0) {
            closedir(dir);
            return -1;
        }
        files++;
    }
    closedir(dir);
    return files;
}

int main(int argc, char **argv)
{
    int total = 0;
    for (int i = 1; i < argc; i++) {
        int files = run_directory(argv[i]);
        if (files < 0) {
            fprintf(stderr, "%s cannot be read\n", argv[i]);
            return 1;
        }
        total += files;
    }
    printf("%d files\n", total);
    return total > 0 ? 0 : 1;
}
