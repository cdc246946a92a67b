/* cmd_fmt.c: the canonical layout of manifest files. */
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "arena.h"
#include "command.h"
#include "format.h"
#include "line_diff.h"
#include "replace_file.h"
#include "strbuf.h"
#include "yamldoc.h"

struct fmt_run {
    struct app app; /* its options, its arena, its findings */
    size_t n_changed;
    enum exit_code code; /* of the worst failure so far */
};

/* The other files are still looked at. */
static void fail(struct fmt_run *run, enum exit_code code, const struct err *err)
{
    app_fail(code, "%s", err->message);
    if (run->code != EXIT_STORAGE)
        run->code = code;
}

static void show_diff(const struct source_file *file, const char *text)
{
    struct strbuf diff;
    strbuf_init(&diff, STRBUF_MAX_OUTPUT);
    strbuf_addf(&diff, "--- %s\n+++ %s\n", file->name, file->name);
    line_diff(file->text, text, SIZE_MAX, &diff);
    fputs(strbuf_str(&diff), stdout);
    strbuf_release(&diff);
}

static void changed(struct fmt_run *run, const char *path, const struct source_file *file,
                    const char *text, size_t size)
{
    const struct options *options = run->app.options;
    struct err err = {0};
    if (!options->check && !options->diff && path != NULL &&
        replace_file(path, text, size, &err) < 0) {
        fail(run, EXIT_STORAGE, &err);
        return;
    }
    run->n_changed++;
    if (options->diff)
        show_diff(file, text);
    else if (options->check || path != NULL)
        puts(file->name);
}

/* path NULL: from the standard input to the standard output. */
static void format_file(struct fmt_run *run, const char *path)
{
    struct arena *scratch CLEANUP(arena_freep) = arena_new();
    struct err err = {0};
    struct source_file file;
    const char *text;
    size_t size;
    if (load_file(path, run->app.arena, &file, &err) < 0) {
        fail(run, EXIT_USAGE, &err);
        return;
    }
    struct yamldoc_source source = {file.name, file.text, file.size, run->app.diags};
    if (format_yaml(&source, scratch, &text, &size, &err) < 0) {
        run->code = run->code == EXIT_OK ? EXIT_USAGE : run->code;
        if (err.code != ERR_NONE)
            fail(run, EXIT_USAGE, &err);
        return;
    }
    if (size != file.size || memcmp(text, file.text, size) != 0)
        changed(run, path, &file, text, size);
    if (path == NULL && !run->app.options->check && !run->app.options->diff)
        fwrite(text, 1, size, stdout);
}

static int format_files(struct fmt_run *run)
{
    const char *const *paths = run->app.options->arguments;
    size_t n = run->app.options->n_arguments;
    struct err err = {0};
    if (n == 0 && load_list(run->app.options->directory, run->app.arena, &paths, &n, &err) < 0)
        return app_fail(EXIT_USAGE, "%s", err.message);
    for (size_t i = 0; i < n; i++)
        format_file(run, strcmp(paths[i], "-") == 0 ? NULL : paths[i]);
    app_print_findings(&run->app);
    if (run->code != EXIT_OK)
        return run->code;
    return run->app.options->check && run->n_changed > 0 ? EXIT_DIFFERENCES : EXIT_OK;
}

static int run(const struct options *options)
{
    for (size_t i = 0; i < options->n_arguments; i++)
        if (strcmp(options->arguments[i], "-") == 0 && options->n_arguments > 1)
            return app_fail(EXIT_USAGE, "- goes with no other file");
    struct fmt_run run = {.code = EXIT_OK};
    app_init(&run.app, options);
    int code = format_files(&run);
    app_release(&run.app);
    return code;
}

static const enum option_id options[] = {OPTION_DIRECTORY, OPTION_CHECK, OPTION_DIFF,
                                         OPTION_NO_COLOR};

const struct command command_fmt = {
    .name = "fmt",
    .arguments = "[FILE...]",
    .most_arguments = 100000,
    .summary = "Lay out manifest files in the canonical way",
    .help =
        "Rewrites the files in place, or all *.yaml files of the directory, and prints the\n"
        "names of those that changed. With - it reads standard input and writes standard\n"
        "output.\n\n"
        "The layout: 2 blanks of indentation, lists below their key too; one blank after\n"
        "colons and commas; { a: b } and [a, b]; at most one empty line, none at the start\n"
        "or the end; no blanks at the ends of lines; comments at the ends of neighbouring\n"
        "lines in one column. Order, quotes, line breaks within values and literal text stay\n"
        "as they are written. Comments stay with what they stand at.\n\n"
        "What the files say never changes: both versions are read and compared before a file\n"
        "is replaced, whole or not at all. A file that cannot be read is left as it is.\n\n"
        "With --check the exit code is 2 when a file would change, and the names of such\n"
        "files are printed. With --diff the changes are shown. Either one changes nothing.",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .completion = COMPLETE_FILE,
    .run = run,
};
