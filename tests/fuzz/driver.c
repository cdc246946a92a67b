/* driver.c: replays corpora through a fuzz target, for every test run and every compiler.
 *
 *     fuzz_NAME DIRECTORY|FILE...
 *
 * Under libFuzzer (-fsanitize=fuzzer) this file is left out.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { INPUT_MAX = 1 << 24 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Exactly as large as the input, so that reading past its end is noticed. */
static int feed_file(const char *path)
{
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        perror(path);
        return -1;
    }
    uint8_t *buffer = malloc(INPUT_MAX);
    size_t size = buffer == NULL ? 0 : fread(buffer, 1, INPUT_MAX, stream);
    fclose(stream);
    uint8_t *input = realloc(buffer, size > 0 ? size : 1);
    if (input == NULL)
        abort();
    LLVMFuzzerTestOneInput(input, size);
    free(input);
    return 1;
}

static int feed_directory(const char *path)
{
    struct dirent **entries;
    int found = scandir(path, &entries, NULL, alphasort), fed = 0;
    if (found < 0)
        perror(path);
    for (int i = 0; i < found; i++) {
        char name[4096];
        snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && feed_file(name) > 0)
            fed++;
        free(entries[i]);
    }
    if (found >= 0)
        free(entries);
    return fed;
}

int main(int argc, char **argv)
{
    int fed = 0;
    for (int i = 1; i < argc; i++) {
        struct stat st;
        int n = stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode) ? feed_directory(argv[i])
                                                               : feed_file(argv[i]);
        if (n <= 0) {
            fprintf(stderr, "%s: nothing to replay\n", argv[i]);
            return 1;
        }
        fed += n;
    }
    printf("%d inputs\n", fed);
    return fed > 0 ? 0 : 1;
}
