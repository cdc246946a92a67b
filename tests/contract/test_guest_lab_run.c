/* test_guest_lab_run.c: scripts, commands and uploads in guests of the lab, through the host
 * and in arguments: what comes out, what the exit code is, and that nothing is left behind. */
#include "../harness/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../harness/files.h"
#include "../harness/guest_lab.h"
#include "arena.h"
#include "base64.h"
#include "digest.h"
#include "ops.h"
#include "upload.h"

static const char *const ways[] = {"hosts", "arguments"};

static int setup(void **state)
{
    static struct guest_lab lab;
    guest_lab_start(&lab, NULL);
    *state = &lab;
    return 0;
}

static int teardown(void **state)
{
    guest_lab_stop(*state);
    return 0;
}

/* ---- scripts and commands ---- */

struct run {
    const char *script, *command, *exit_codes; /* JSON */
    enum err_code code;
    const char *text; /* of the output, or of the error */
};

static void run(struct guest_lab *g, const struct run *run)
{
    json_t *args = json_object();
    if (run->script != NULL)
        json_object_set_new(args, "script", json_string(run->script));
    if (run->command != NULL)
        json_object_set_new(args, "command", json_string(run->command));
    if (run->exit_codes != NULL)
        json_object_set_new(args, "exit_codes", json_parse(run->exit_codes));
    print_message("%s: %s\n", g->transfer, run->script == NULL ? run->command : run->script);
    if (run->code != ERR_NONE) {
        guest_lab_must_fail(g, OP_GUEST_RUN, args, run->code, run->text);
        return;
    }
    guest_lab_must(g, OP_GUEST_RUN, args);
    if (strstr(strbuf_str(&g->client.output), run->text) == NULL)
        fail_msg("no \"%s\" in: %s", run->text, strbuf_str(&g->client.output));
}

static void run_all(struct guest_lab *g, const struct run *runs, size_t n)
{
    for (size_t way = 0; way < ARRAY_LEN(ways); way++) {
        g->transfer = ways[way];
        for (size_t i = 0; i < n; i += 1 + 3 * way) /* the way matters little: some of them */
            run(g, &runs[i]);
        guest_lab_clean(g);
    }
    g->transfer = ways[0];
}

static void test_scripts(void **state)
{
    static const struct run runs[] = {
        {.script = "echo to the one; echo to the other >&2",
         .text = "to the one\nto the other"},
        {.script = "#!/bin/sh -e\necho before\nfalse\necho after\n",
         .code = ERR_INVALID,
         .text = "guest step 1: exit code 1, wanted 0: before"},
        {.script = "#! \t/bin/bash  -u \necho shell ${BASH:+bash}", .text = "shell bash"},
        {.script = "#!/usr/bin/env bash\necho $0 of ${BASH:+bash}", .text = "./script of bash"},
        {.script = "#!/bin/sh\r\necho carriage\r\n", .text = "carriage"},
        {.script = "#!\necho no interpreter", .text = "no interpreter"},
        {.script = "#!/no/such\necho x",
         .code = ERR_INVALID,
         .text = "exit code 127 (a command was not found), wanted 0"},
        {.script = "#!/bin/sh", .text = ""},
        {.script = "echo $((1 + $(printf '\\062')))\npwd", .text = "3\n/var/tmp/gridform-"},
        {.script = "cat; echo nothing to read", .text = "nothing to read"},
    };
    run_all(guest_lab_of(state), runs, ARRAY_LEN(runs));
}

static void test_commands(void **state)
{
    static const struct run runs[] = {
        {.command =
             "printf '%s|' \"a  b\" 'c\"d' \\$HOME '$(id)' \"\\`id\\`\" '*' \"it's\" \\\\ '\n'",
         .text = "a  b|c\"d|$HOME|$(id)|`id`|*|it's|\\|\n|"},
        {.command = "printf %s 'é<&>\"]]>%n\t'; exit 0 # '", .text = "é<&>\"]]>%n\t"},
        {.command = "# nothing", .text = ""},
        {.command = "exit 3",
         .code = ERR_INVALID,
         .text = "guest step 1: exit code 3, wanted 0"},
        {.command = "exit 3", .exit_codes = "[0,3]", .text = ""},
        {.command = "exit 0",
         .exit_codes = "[3,4]",
         .code = ERR_INVALID,
         .text = "exit code 0, wanted"},
        {.command = "no-such-command",
         .code = ERR_INVALID,
         .text = "exit code 127 (a command was not found), wanted 0: "},
        {.command = "/etc", .code = ERR_INVALID, .text = "exit code 126"},
        {.command = "exit 100", .exit_codes = "[100]", .text = ""},
        {.command = "echo mine; exit 125", .exit_codes = "[125]", .text = "mine"},
        {.command = "exit 137", .code = ERR_INVALID, .text = "exit code 137, wanted 0"},
        {.command = "kill -KILL $$", .code = ERR_INVALID, .text = "exit code 137, wanted 0"},
        {.command = "for i in 1 2 3 4 5 6 7; do echo line $i; done; exit 2",
         .code = ERR_INVALID,
         .text = "wanted 0: line 7"},
    };
    run_all(guest_lab_of(state), runs, ARRAY_LEN(runs));
}

/* ---- environment ---- */

static void assert_variable(struct guest_lab *g, const char *expected)
{
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    base64_encode(&text, expected, strlen(expected));
    assert_non_null(strstr(strbuf_str(&g->client.output), strbuf_str(&text)));
    strbuf_release(&text);
}

/* Every character of ASCII, some of UTF-8, and a secret: base64 brings them back. */
static void test_environment(void **state)
{
    struct guest_lab *g = guest_lab_of(state);
    static const char show[] = "printf %s \"$NASTY\" | base64 | tr -d '\\n'; echo; "
                               "printf %s \"$KEY\" | base64 | tr -d '\\n'; echo; "
                               "echo \"empty=${EMPTY-unset} path=$PATH home=$HOME\"";
    char nasty[200] = "";
    for (int c = 1; c < 128; c++)
        nasty[c - 1] = (char)c;
    memcpy(nasty + 127, "é\xf0\x9f\x98\x80\n\n", 9);
    for (size_t way = 0; way < ARRAY_LEN(ways); way++) {
        g->transfer = ways[way];
        guest_lab_must(g, OP_GUEST_RUN,
                       json_pack("{ss, s{ss, ss, s{ss}}}", "command", show, "environment",
                                 "NASTY", nasty, "EMPTY", "", "KEY", "env", "KEY"));
        assert_variable(g, nasty);
        assert_variable(g, "canary-k3y '\"$(id)`\\ \n*");
        const char *output = strbuf_str(&g->client.output);
        assert_non_null(strstr(output, "empty= path=/"));
        assert_non_null(strstr(output, "/usr/sbin"));
        assert_non_null(strstr(output, "home=/root"));
        guest_lab_no_trace(g, "canary");
        guest_lab_no_trace(g, GUEST_PASSWORD);
        /* A secret of several lines, of which a message would show the last. */
        guest_lab_must_fail(g, OP_GUEST_RUN,
                            json_pack("{ss, s{s{ss}}}", "command",
                                      "printf 'x %s\n' \"$LINES_\"; exit 3", "environment",
                                      "LINES_", "env", "LINES"),
                            ERR_INVALID, "exit code 3");
        guest_lab_no_trace(g, "canary");
        guest_lab_must_fail(g, OP_GUEST_RUN,
                            json_pack("{ss, s{s{ss}}}", "command", "true", "environment",
                                      "NONE", "env", "NONE"),
                            ERR_NOT_FOUND, "environment: NONE: ");
        guest_lab_clean(g);
    }
    g->transfer = ways[0];
}

/* ---- output ---- */

static void test_long_output(void **state)
{
    struct guest_lab *g = guest_lab_of(state);
    static const char many[] = "i=0; while [ $i -lt 30000 ]; do "
                               "echo \"$i 0123456789012345678901234567890123456789\"; "
                               "i=$((i+1)); done; echo the end";
    static const size_t most[] = {1 << 20, 24 * 1024};
    for (size_t way = 0; way < ARRAY_LEN(ways); way++) {
        g->transfer = ways[way];
        guest_lab_shell(g, many);
        const struct strbuf *output = &g->client.output;
        assert_int_equal(strbuf_len(output), most[way]);
        assert_non_null(strstr(strbuf_str(&g->client.notes), "of its output are kept"));
        assert_string_equal(strbuf_str(output) + most[way] - 8, "the end\n");
        assert_null(strstr(strbuf_str(output), "\n100 0"));
        guest_lab_clean(g);
    }
    g->transfer = ways[0];
}

/* All that a program may write: a NUL does not hide what comes behind it. */
static void test_binary_output(void **state)
{
    struct guest_lab *g = guest_lab_of(state);
    for (size_t way = 0; way < ARRAY_LEN(ways); way++) {
        g->transfer = ways[way];
        const char *output =
            guest_lab_shell(g, "printf 'a\\000b\\377\\033[31m\\001c\\n\\000'; echo behind");
        assert_non_null(strstr(output, "behind"));
        guest_lab_must_fail(g, OP_GUEST_RUN,
                            json_pack("{ss}", "command", "printf 'a\\000b\\n'; exit 9"),
                            ERR_INVALID, "b");
    }
    g->transfer = ways[0];
}

/* ---- uploads ---- */

static const char *digest_of_file(struct guest_lab *g, const char *name)
{
    char *path = arena_printf(g->client.arena, "%s/%s", g->lab.dir, name);
    struct upload upload;
    struct err err = {0};
    /* what it is not: the error says what it is */
    assert_int_equal(upload_open(path, "none", &upload, &err), -1);
    const char *hex = strrchr(err.message, ' ') + 1;
    assert_int_equal(strlen(hex), 64);
    return arena_strdup(g->client.arena, hex);
}

static json_t *upload_args(struct guest_lab *g, const char *file, const char *to,
                           const char *mode)
{
    json_t *upload = json_pack("{ss, ss}", "file", file, "sha256", digest_of_file(g, file));
    if (to != NULL)
        json_object_set_new(upload, "to", json_string(to));
    if (mode != NULL)
        json_object_set_new(upload, "mode", json_string(mode));
    return json_pack("{so}", "upload", upload);
}

static void write_file(struct guest_lab *g, const char *name, size_t size)
{
    char *path = arena_printf(g->client.arena, "%s/%s", g->lab.dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (size_t i = 0; i < size; i++)
        fputc((int)(i * 31 + i / 255) & 255, file);
    assert_int_equal(fclose(file), 0);
}

static void expect_file(struct guest_lab *g, const char *path, const char *mode,
                        const char *name)
{
    const char *show =
        arena_printf(g->client.arena, "stat -c 'mode %%a' %s; sha256sum <%s", path, path);
    const char *output = guest_lab_shell(g, show);
    const char *wanted =
        arena_printf(g->client.arena, "mode %s\n%s", mode, digest_of_file(g, name));
    if (strncmp(output, wanted, strlen(wanted)) != 0)
        fail_msg("%s\n-- not --\n%s", output, wanted);
}

static void test_uploads(void **state)
{
    struct guest_lab *g = guest_lab_of(state);
    write_file(g, "small's file", 1000);
    write_file(g, "large", 100 * 1024 + 1);
    write_file(g, "none", 0);
    for (size_t way = 0; way < ARRAY_LEN(ways); way++) {
        g->transfer = ways[way];
        guest_lab_must(g, OP_GUEST_RUN, upload_args(g, "small's file", "/opt/it's here", NULL));
        expect_file(g, "\"/opt/it's here\"", "644", "small's file");
        guest_lab_shell(g, "echo kept >/opt/large.backup");
        guest_lab_must(g, OP_GUEST_RUN, upload_args(g, "large", "/opt/large", "0750"));
        expect_file(g, "/opt/large", "750", "large");
        /* over what is there */
        guest_lab_must(g, OP_GUEST_RUN, upload_args(g, "none", "/opt/large", "600"));
        expect_file(g, "/opt/large", "600", "none");
        json_t *args = upload_args(g, "small's file", NULL, NULL);
        json_object_set_new(args, "command",
                            json_string("stat -c 'mode %a' \"small's file\"; "
                                        "sha256sum <\"small's file\""));
        guest_lab_must(g, OP_GUEST_RUN, args);
        assert_non_null(strstr(strbuf_str(&g->client.output), "mode 700"));
        assert_non_null(
            strstr(strbuf_str(&g->client.output), digest_of_file(g, "small's file")));
        assert_string_equal(guest_lab_shell(g, "ls /opt; cat /opt/large.backup"),
                            "it's here\nlarge\nlarge.backup\nkept\n");
        guest_lab_shell(g, "rm -rf /opt/*");
        guest_lab_clean(g);
    }
    g->transfer = ways[0];
}

static void test_uploads_refused(void **state)
{
    struct guest_lab *g = guest_lab_of(state);
    write_file(g, "huge", (1 << 20) + 1);
    json_t *args = upload_args(g, "huge", "/opt/huge", NULL);
    write_file(g, "huge", (1 << 20) + 2);
    guest_lab_must_fail(g, OP_GUEST_RUN, args, ERR_INVALID, "another SHA-256");
    guest_lab_must_fail(g, OP_GUEST_RUN, upload_args(g, "huge", "/no/such/huge", NULL),
                        ERR_NOT_FOUND, "upload of huge");
    g->transfer = "arguments";
    guest_lab_must_fail(g, OP_GUEST_RUN, upload_args(g, "huge", "/opt/huge", NULL), ERR_INVALID,
                        "larger than what can travel in arguments (1024 KiB)");
    g->transfer = "hosts";
    guest_lab_must(g, OP_GUEST_RUN, upload_args(g, "huge", "/opt/huge", NULL));
    expect_file(g, "/opt/huge", "644", "huge");
    guest_lab_shell(g, "rm /opt/huge");
    guest_lab_clean(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scripts),         cmocka_unit_test(test_commands),
        cmocka_unit_test(test_environment),     cmocka_unit_test(test_long_output),
        cmocka_unit_test(test_binary_output),   cmocka_unit_test(test_uploads),
        cmocka_unit_test(test_uploads_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
