/* test_e2e_windows.c: a customization specification for Windows: made, found moved and put
 * right, its passwords changed, and never seen. And what is refused before anything is touched.
 */
#include <stdlib.h>
#include <string.h>

#include "../harness/unit.h"
#include "digest.h"
#include "site.h"
#include "still.h"
#include "worlds.h"

#define ADMIN "Kanarie81Adm<&>\"x"
#define JOIN "Kanarie82Join"

static const char windows[] =
    "  win-ml:\n"
    "    os: windows\n"
    "    hostname: { prefix: ml- }\n"
    "    full_name: Machine Learning\n"
    "    organization: Lab\n"
    "    time_zone: Europe/Berlin\n"
    "    product_key: { env: PRODUCT_KEY }\n"
    "    administrator_password: { env: ADMINISTRATOR_PASSWORD }\n"
    "    auto_logon: 1\n"
    "    run_once: [ 'powershell -File C:\\setup.ps1' ]\n"
    "    join: { domain: lab.local, user: joiner@lab.local, password: { env: JOIN_PASSWORD } "
    "}\n"
    "    domain: ml.lab.local\n"
    "    dns_servers: [ 10.0.0.53 ]\n"
    "    cards:\n"
    "      - network: dhcp\n"
    "      - { network: static, address: 10.1.0.10, netmask: 255.255.0.0 }\n";

static void edit(const struct site *site, const char *old, const char *new)
{
    char path[300];
    snprintf(path, sizeof(path), "%s/specs.yaml", site->manifest);
    edit_text(path, old, new);
}

static void start(struct site *site, const char *specs)
{
    const struct world_shape shape = {
        .n_hosts = 1, .hosts = {host_as_wanted()}, .only_hosts = true};
    char path[300], text[2000];
    site_start_shape(site, &shape, 0);
    site->env[0] = "ADMINISTRATOR_PASSWORD=" ADMIN;
    site->env[1] = "JOIN_PASSWORD=" JOIN;
    site->env[2] = "PRODUCT_KEY=AAAAA-BBBBB-Kanarie83";
    snprintf(path, sizeof(path), "%s/specs.yaml", site->manifest);
    snprintf(text, sizeof(text), "gridform: 1\ncustomization_specs:\n%s", specs);
    write_text(path, text);
}

/* What the server has of it, as XML; caller frees. */
static char *stored(const struct site *site)
{
    json_t *spec = lab_look(&site->lab, "specs/win-ml/spec");
    char *text = strdup(json_string_value(spec));
    json_decref(spec);
    return text;
}

/* The server holds exactly this password in that element: it keeps it sealed. */
static void expect_password(const struct site *site, const char *element, const char *password)
{
    char sealed[100], wanted[200];
    snprintf(sealed, sizeof(sealed), "sealed %s", password);
    snprintf(wanted, sizeof(wanted), "<%s><value>sealed-%s</value>", element,
             digest_bytes(sealed, strlen(sealed)).hex);
    char *text = stored(site);
    if (strstr(text, wanted) == NULL)
        fail_long("%s is not in %s", wanted, text);
    free(text);
}

/* No word of a secret in what gridform wrote or printed, nor in the server's record. */
static void expect_unseen(const struct site *site)
{
    char *found = find_in_files(site->dir, "Kanarie");
    if (found != NULL)
        fail_long("a secret is in %s", found);
    json_t *calls = lab_calls(&site->lab);
    char *record = json_dumps(calls, 0);
    assert_null(strstr(record, "Kanarie"));
    free(record);
    json_decref(calls);
}

/* Somebody edits it in vCenter. */
static void edit_stored(const struct site *site, const char *old, const char *new)
{
    char *text = stored(site), *at = strstr(text, old);
    assert_non_null(at);
    json_t *edited = json_sprintf("%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
    char *quoted = json_dumps(edited, JSON_ENCODE_ANY);
    lab_poke(&site->lab, quoted, "specs/win-ml/spec");
    free(quoted);
    json_decref(edited);
    free(text);
}

/* The server refuses, and repeats the password while it does so. */
static void fail_overwrites(const struct site *site, const char *password)
{
    json_t *fault =
        json_pack("{s:s, s:s, s:s, s:i, s:i, s:o}", "system", "vcenter", "operation",
                  "OverwriteCustomizationSpec", "kind", "error_text", "times", 1000, "status",
                  500, "text", json_sprintf("refused: password '%s'", password));
    char *text = json_dumps(fault, 0);
    lab_fault(&site->lab, text);
    free(text);
    json_decref(fault);
}

/* ---- its life -----------------------------------------------------------------------------
 */

static void made_moved_and_put_right(void **state)
{
    (void)state;
    struct site site;
    start(&site, windows);
    site_converge(&site);
    expect_password(&site, "password", ADMIN);
    expect_password(&site, "domainAdminPassword", JOIN);
    json_t *type = lab_look(&site.lab, "specs/win-ml/type");
    assert_string_equal(json_string_value(type), "Windows");
    json_decref(type);
    GRIDFORM_EXPECT(&site, 0, "drift");
    edit_stored(&site, "<orgName>Lab<", "<orgName>Another<");
    edit_stored(&site, "<timeZone>110<", "<timeZone>35<");
    edit_stored(&site, "10.1.0.10", "10.1.0.99");
    struct run *run = run_expect(GRIDFORM(&site, "drift"), 2);
    run_says(run, "Another");
    run_says(run, "Eastern Standard Time");
    run_says(run, "10.1.0.99/255.255.0.0");
    run_free(run);
    site_converge(&site);
    char *text = stored(&site);
    assert_non_null(strstr(text, "<orgName>Lab<"));
    assert_non_null(strstr(text, "<timeZone>110<"));
    assert_non_null(strstr(text, "10.1.0.10"));
    free(text);
    expect_password(&site, "password", ADMIN);
    expect_unseen(&site);
    site_stop(&site);
}

/* Another password under the same reference, then another reference. */
static void passwords_change(void **state)
{
    (void)state;
    struct site site;
    start(&site, windows);
    site_converge(&site);
    site.env[0] = "ADMINISTRATOR_PASSWORD=Kanarie84";
    struct run *run = STILL(&site, 0, "apply", "--yes");
    run_free(run);
    expect_password(&site, "password", ADMIN);
    edit(&site, "    auto_logon: 1\n", "    auto_logon: 1\n    password_version: 2\n");
    run = run_expect(GRIDFORM(&site, "plan", "--detailed-exitcode"), 2);
    run_says(run, "password_version changes");
    run_free(run);
    site_converge(&site);
    expect_password(&site, "password", "Kanarie84");
    expect_password(&site, "domainAdminPassword", JOIN);
    edit(&site, "password: { env: JOIN_PASSWORD }", "password: { env: OTHER_PASSWORD }");
    site.env[1] = "OTHER_PASSWORD=Kanarie85";
    run = run_expect(GRIDFORM(&site, "plan"), 0);
    run_says(run, "join.password has another reference");
    run_free(run);
    fail_overwrites(&site, "Kanarie85");
    run = run_expect(GRIDFORM(&site, "apply", "--yes", "--json"), 7);
    run_says(run, "refused: password");
    run_free(run);
    lab_no_faults(&site.lab);
    expect_password(&site, "domainAdminPassword", JOIN);
    site_converge(&site);
    expect_password(&site, "domainAdminPassword", "Kanarie85");
    expect_unseen(&site);
    site_stop(&site);
}

/* ---- refusals -----------------------------------------------------------------------------
 */

static void refused_while_planning(void **state)
{
    (void)state;
    struct site site;
    start(&site, "  win-ml: { os: linux, domain: lab.local }\n");
    site_converge(&site);
    edit(&site, "win-ml: { os: linux, domain: lab.local }",
         "win-ml: { os: windows, full_name: A, organization: B }");
    struct run *run = STILL(&site, 6, "apply", "--yes");
    run_says(run, "give the new one another name");
    run_free(run);
    edit(&site, "win-ml: { os: windows, full_name: A, organization: B }",
         "win-ml: { os: linux, domain: lab.local, script: \"#!/bin/sh\" }");
    run = STILL(&site, 6, "apply", "--yes");
    run_says(run, "GF024");
    run_says(run, "this vCenter (API 6.");
    run_says(run, "specs.yaml:");
    run_free(run);
    site_stop(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(made_moved_and_put_right),
        cmocka_unit_test(passwords_change),
        cmocka_unit_test(refused_while_planning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
