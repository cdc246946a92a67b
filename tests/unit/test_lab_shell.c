/* test_lab_shell.c: what the simulated ESXi shell prints, against the literal samples of
 * esxi-shell.md; the line splitter; record, faults and held replies. */
#include "lab_world.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "esxi_shell.h"
#include "lab_internal.h"

struct fixture {
    struct lab lab;
    struct host *host;
    struct shell_run run;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct world *world = reference_world();
    world->speed = 1e7; /* what takes minutes takes no time */
    lab_init(&f->lab, world, "/nonexistent");
    f->host = world_host(world, HOST_1);
    f->run = (struct shell_run){
        .lab = &f->lab, .host = f->host, .user = "root", .arena = arena_new()};
    strbuf_init(&f->run.out, SHELL_OUTPUT_MAX);
    strbuf_init(&f->run.err, SHELL_OUTPUT_MAX);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    strbuf_release(&f->run.out);
    strbuf_release(&f->run.err);
    arena_free(f->run.arena);
    lab_release(&f->lab);
    world_free(f->lab.world);
    free(f);
    return 0;
}

static const char *sh(struct fixture *f, const char *line)
{
    strbuf_clear(&f->run.out);
    strbuf_clear(&f->run.err);
    f->run.status = 0;
    f->run.dropped = f->run.exited = false;
    shell_line(&f->run, line);
    return strbuf_str(&f->run.out);
}

static void install_driver(struct fixture *f, const char *version)
{
    f->host->in_maintenance = true;
    sh(f, "esxcli software vib install --no-sig-check -v " VIB_PATH);
    assert_int_equal(f->run.status, 0);
    host_driver(f->host)->loaded = true;
    host_driver(f->host)->version = world_strdup(f->lab.world, version);
}

/* ---- the splitter --------------------------------------------------------------------------------- */

static void lines_are_split_as_a_shell_does(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *line, *out, *err;
        int status;
    } cases[] = {
        {"echo a  b", "a b\n", "", 0},
        {"echo 'a  b' \"c $? \\\"d\" e\\ f", "a  b c 0 \"d e f\n", "", 0},
        {"false; echo $?", "1\n", "", 0},
        {"false && echo no || echo yes", "yes\n", "", 0},
        {"true || echo no; echo end", "end\n", "", 0},
        {"false || false && echo no", "", "", 1},
        {"echo '<<1>>'; nosuch; echo \"<<2:$?>>\"", "<<1>>\n<<2:127>>\n",
         "-sh: nosuch: not found\n", 0},
        {"nosuch 2>&1", "-sh: nosuch: not found\n", "", 127},
        {"nosuch 2>/dev/null; echo x >/dev/null", "", "", 0},
        {"exit 3; echo no", "", "", 3},
        {"", "", "", 0},
        {"echo a\necho b;", "a\nb\n", "", 0},
        {"echo a | cat", "", "-sh: syntax error: unexpected \"|\"\n", 2},
        {"echo 'a", "", "-sh: syntax error: unterminated quoted string\n", 2},
        {"echo \"a", "", "-sh: syntax error: unterminated quoted string\n", 2},
        {"&& true", "", "-sh: syntax error: unexpected end of command\n", 2},
        {"echo `id`", "", "-sh: syntax error: unexpected redirection or substitution\n", 2},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(sh(f, cases[i].line), cases[i].out);
        assert_string_equal(strbuf_str(&f->run.err), cases[i].err);
        assert_int_equal(f->run.status, cases[i].status);
    }
}

static void too_many_words_are_refused(void **state)
{
    struct fixture *f = *state;
    char line[1000] = "echo";
    for (size_t i = 0; i < SHELL_WORDS_MAX; i++)
        memcpy(line + 4 + 2 * i, " x", 3);
    sh(f, line);
    assert_int_equal(f->run.status, 2);
    assert_string_equal(strbuf_str(&f->run.err), "-sh: syntax error: too many words\n");
}

/* ---- literal samples -------------------------------------------------------------------------------- */

static void graphics_prints_the_samples(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(sh(f, "esxcli graphics vm list"), "World ID  Name  Device Address\n"
                                                          "--------  ----  --------------\n");
    sh(f, "esxcli graphics host set --default-type SharedPassthru");
    assert_string_equal(sh(f, "esxcli graphics host get"),
                        "   Default Graphics Type: SharedPassthru\n"
                        "   Shared Passthru Assignment Policy: Performance\n");
    poke(f->lab.world, "hosts/" HOST_1 "/gpus/0",
         "{\"pci_id\": \"0000:af:00.0\", \"device_name\": \"GA100 [A100 PCIe 40GB]\"}");
    assert_string_equal(sh(f, "esxcli graphics device list"),
                        "0000:af:00.0\n"
                        "   Vendor Name: NVIDIA Corporation\n"
                        "   Device Name: GA100 [A100 PCIe 40GB]\n"
                        "   Module Name: None\n"
                        "   Graphics Type: Basic\n"
                        "   Memory Size in KB: 0\n"
                        "   Number of VMs: 0\n");
    poke(f->lab.world, "vms/LLMtest01",
         "{\"host\": \"" HOST_1 "\", \"power\": \"on\", \"moref\": \"vm-4633887\"}");
    poke(f->lab.world, "vms/LLMtest01/gpu", "\"0000:af:00.0\"");
    assert_string_equal(sh(f, "esxcli graphics vm list"),
                        "World ID  Name       Device Address\n"
                        "--------  ---------  --------------\n"
                        " 6733887  LLMtest01  0000:af:00.0\n");
}

static void hardware_and_version_print_the_samples(void **state)
{
    struct fixture *f = *state;
    f->host->memory_bytes = 136863825920;
    assert_string_equal(sh(f, "esxcli hardware cpu global get"),
                        "   CPU Packages: 2\n"
                        "   CPU Cores: 24\n"
                        "   CPU Threads: 48\n"
                        "   Hyperthreading Active: true\n"
                        "   Hyperthreading Supported: true\n"
                        "   Hyperthreading Enabled: true\n"
                        "   HV Support: 3\n");
    assert_string_equal(sh(f, "esxcli hardware memory get"),
                        "   Physical Memory: 136863825920 Bytes\n"
                        "   Reliable Memory: 0 Bytes\n"
                        "   NUMA Node Count: 2\n");
    poke(f->lab.world, "hosts/" HOST_1, "{\"version\": \"7.0.1\", \"build\": \"16850804\"}");
    assert_string_equal(sh(f, "esxcli --formatter=csv system version get"),
                        "Build,Patch,Product,Update,Version,\n"
                        "Releasebuild-16850804,0,VMware ESXi,1,7.0.1,\n");
    assert_string_equal(sh(f, "esxcli --formatter xml system version get"),
                        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
                        "<output xmlns=\"http://www.vmware.com/Products/ESX/5.0/esxcli/\">\n"
                        "<root>\n"
                        "   <structure typeName=\"VersionGet\">\n"
                        "      <field name=\"Product\"><string>VMware ESXi</string></field>\n"
                        "      <field name=\"Version\"><string>7.0.1</string></field>\n"
                        "      <field name=\"Build\"><string>Releasebuild-16850804</string></field>\n"
                        "      <field name=\"Update\"><string>1</string></field>\n"
                        "      <field name=\"Patch\"><string>0</string></field>\n"
                        "   </structure>\n"
                        "</root>\n"
                        "</output>\n");
    assert_string_equal(sh(f, "vmware -vl"),
                        "VMware ESXi 7.0.1 build-16850804\nVMware ESXi 7.0.1 Update 1\n");
    assert_non_null(strstr(sh(f, "esxcli --formatter=json hardware cpu global get"),
                           "\"CPUCores\": 24,"));
    f->host->version = world_strdup(f->lab.world, "6.5.0");
    assert_string_equal(sh(f, "esxcli --formatter=json hardware cpu global get"),
                        "Error: Unknown formatter: json\n");
}

static void software_prints_the_samples(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(sh(f, "esxcli software vib install -n x -v " VIB_PATH),
                        " [InstallationError]\n VIB " VIB_ID
                        " does not contain a signature that can be verified.\n"
                        " Please refer to the log file for more details.\n");
    assert_int_equal(f->run.status, 1);
    assert_non_null(strstr(sh(f, "esxcli software vib install --no-sig-check -v " VIB_PATH),
                           " [MaintenanceModeError]\n"));
    assert_non_null(strstr(sh(f, "esxcli software vib install -v some.vib"),
                           " [VibDownloadError]\n"));
    assert_non_null(strstr(sh(f, "esxcli software vib install"), "Missing required parameter"));
    f->host->in_maintenance = true;
    assert_string_equal(sh(f, "esxcli software vib install --no-sig-check -v " VIB_PATH),
                        "Installation Result\n"
                        "   Message: Operation finished successfully.\n"
                        "   Reboot Required: false\n"
                        "   VIBs Installed: " VIB_ID "\n"
                        "   VIBs Removed: \n"
                        "   VIBs Skipped: \n");
    assert_string_equal(sh(f, "nvidia-smi"),
                        "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA "
                        "driver. Make sure that the latest NVIDIA driver is installed and "
                        "running.\n\n");
    assert_int_equal(f->run.status, 9);
    f->host->version = world_strdup(f->lab.world, "8.0.3");
    assert_string_equal(sh(f, "esxcli software vib install --no-sig-check -v=" VIB_PATH),
                        "Installation Result\n"
                        "   Message: Host is not changed.\n"
                        "   VIBs Installed: \n"
                        "   VIBs Removed: \n"
                        "   VIBs Skipped: " VIB_ID "\n"
                        "   Reboot Required: false\n"
                        "   DPU Results: \n");
    const char *keyvalue = sh(f, "esxcli --formatter=keyvalue software vib remove -n nvidia-vmware");
    assert_non_null(strstr(keyvalue, "InstallationResult.RebootRequired.boolean=false\n"));
    assert_non_null(strstr(keyvalue, "InstallationResult.VIBsInstalled.string[] = \n"));
    assert_string_equal(sh(f, "esxcli software vib get -n nvidia-vmware"),
                        " [NoMatchError]\n"
                        " No VIB matching VIB search specification 'nvidia-vmware'.\n"
                        " Please refer to the log file for more details.\n");
}

static void acceptance_and_maintenance(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(sh(f, "esxcli software acceptance get"), "PartnerSupported\n");
    assert_string_equal(sh(f, "esxcli software acceptance set --level=CommunitySupported"),
                        "Host acceptance level changed to 'CommunitySupported'.\n");
    assert_string_equal(sh(f, "esxcli software acceptance set --level=Any"),
                        "Invalid data constraint for parameter 'level'.\n");
    assert_string_equal(sh(f, "esxcli system maintenanceMode get"), "Disabled\n");
    assert_string_equal(sh(f, "esxcli system shutdown reboot -r x"),
                        "The host must be in maintenance mode for this operation.\n");
    assert_string_equal(sh(f, "esxcli system maintenanceMode set -e true -t 60"), "");
    assert_string_equal(sh(f, "esxcli system maintenanceMode set -e true"),
                        "Maintenance mode is already enabled.\n");
    assert_int_equal(f->run.status, 1);
    assert_true(f->host->in_maintenance);
    assert_string_equal(f->host->maintenance_by, "root");
    assert_string_equal(sh(f, "esxcli system maintenanceMode set --enable=false"), "");
    poke(f->lab.world, "vms/centos72-base/power", "\"on\"");
    assert_string_equal(sh(f, "esxcli system maintenanceMode set -e true -t 60"),
                        "Operation timed out.\n");
    assert_non_null(strstr(sh(f, "esxcli system shutdown reboot"),
                           "Error: Missing required parameter -r|--reason\n"));
}

static void nvidia_smi_prints_the_samples(void **state)
{
    struct fixture *f = *state;
    install_driver(f, "384.99-1OEM");
    poke(f->lab.world, "hosts/" HOST_1 "/gpus/0", "{\"pci_id\": \"0000:02:00.0\"}");
    const char *ecc = strstr(sh(f, "nvidia-smi -q -d ECC"), "Driver Version");
    assert_string_equal(ecc, "Driver Version                            : 384.99\n"
                             "\n"
                             "Attached GPUs                             : 1\n"
                             "GPU 0000:02:00.0\n"
                             "    Ecc Mode\n"
                             "        Current                           : Enabled\n"
                             "        Pending                           : Enabled\n"
                             "\n");
    assert_string_equal(sh(f, "nvidia-smi -i 0 -e 0"),
                        "Disabled ECC support for GPU 0000:02:00.0.\n"
                        "All done.\nReboot required.\n");
    assert_string_equal(sh(f, "nvidia-smi -e 0"),
                        "ECC support is already Disabled for GPU 0000:02:00.0.\nAll done.\n");
    assert_true(f->host->gpus.items[0].ecc_current);
    assert_string_equal(sh(f, "nvidia-smi --query-gpu=ecc.mode.current --format=csv"),
                        "ecc.mode.current\nEnabled\n");
    assert_string_equal(sh(f, "nvidia-smi --query-gpu=index,ecc.mode.pending,memory.total "
                              "--format=csv,noheader,nounits"),
                        "0, Disabled, 16384\n");
    assert_string_equal(sh(f, "nvidia-smi --query-gpu=name,mig.mode.current --format=csv"),
                        "Field \"mig.mode.current\" is not a valid field to query.\n\n");
    assert_int_equal(f->run.status, 2);
    assert_string_equal(sh(f, "nvidia-smi vgpu -s"), "No supported devices in vGPU mode\n");
    assert_non_null(strstr(sh(f, "nvidia-smi -q -x"),
                           "<pending_ecc>Disabled</pending_ecc>"));
    assert_string_equal(sh(f, "nvidia-smi --nonsense"),
                        "ERROR: Option --nonsense is not recognized. Please run 'nvidia-smi -h' "
                        "for help.\n");
    f->host->gpus.items[0].passthru_active = true;
    sh(f, "nvidia-smi");
    assert_int_equal(f->run.status, 9);
}

static void vgpu_types_follow_what_runs(void **state)
{
    struct fixture *f = *state;
    install_driver(f, "384.73-1OEM");
    sh(f, "esxcli graphics host set --default-type SharedPassthru && /etc/init.d/xorg restart");
    assert_string_equal(strbuf_str(&f->run.out), "Getting Exclusive access, please wait...\n"
                                                 "Exclusive access granted.\n");
    const char *verbose = sh(f, "nvidia-smi vgpu -s -v");
    assert_non_null(strstr(verbose, "    vGPU Type ID            : 0x55\n"
                                    "        Name                : GRID P100-4Q\n"
                                    "        Class               : Quadro\n"
                                    "        Max Instances       : 4\n"
                                    "        Device ID           : 0x15f810de\n"
                                    "        Sub System ID       : 0x15f81224\n"
                                    "        FB Memory           : 4096 MiB\n"));
    poke(f->lab.world, "vms/ml-vm-1",
         "{\"host\": \"" HOST_1 "\", \"devices\": [{\"key\": 13000, \"kind\": \"vgpu\", "
         "\"vgpu_profile\": \"grid_p100-4q\"}], \"power\": \"on\"}");
    poke(f->lab.world, "vms/ml-vm-1/gpu", "\"0000:3b:00.0\"");
    assert_string_equal(sh(f, "nvidia-smi vgpu -c"), "GPU 0000:3B:00.0\n    GRID P100-4Q\n");
    assert_non_null(strstr(sh(f, "nvidia-smi vgpu"), "GRID P100-4Q"));
}

static void wrong_esxcli_lines_are_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const cases[][2] = {
        {"esxcli graphics host refreshh",
         "Error: Unknown command or namespace graphics host refreshh\n"},
        {"esxcli graphics host set --default-type Foo",
         "Invalid data constraint for parameter 'default-type'.\n"},
        {"esxcli --formatter=yaml graphics host get", "Error: Unknown formatter: yaml\n"},
    };
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(sh(f, cases[i][0]), cases[i][1]);
        assert_int_equal(f->run.status, 1);
    }
    assert_non_null(strstr(sh(f, "esxcli graphics host get --x"), "Error: Unknown option --x\n"));
}

/* ---- record, faults, holding --------------------------------------------------------------------------- */

static void calls_are_recorded_by_their_first_words(void **state)
{
    struct fixture *f = *state;
    sh(f, "echo x; esxcli --formatter=xml graphics host get; "
          "esxcli graphics host set --default-type Shared; nvidia-smi -e 0");
    assert_int_equal(f->lab.calls.n, 3);
    static const struct {
        const char *operation;
        bool changing;
    } wanted[] = {{"esxcli graphics host get", false},
                  {"esxcli graphics host set", true},
                  {"nvidia-smi -e", true}};
    for (size_t i = 0; i < 3; i++) {
        const json_t *call = f->lab.calls.items[i];
        assert_string_equal(json_string_value(json_object_get(call, "operation")),
                            wanted[i].operation);
        assert_int_equal(json_is_true(json_object_get(call, "changing")), wanted[i].changing);
        assert_string_equal(json_string_value(json_object_get(call, "object")), HOST_1);
    }
}

static void faults_are_played(void **state)
{
    struct fixture *f = *state;
    static const struct {
        enum lab_fault_kind kind;
        const char *out;
        int status;
        bool dropped, done;
    } cases[] = {
        {FAULT_DROP_BEFORE, "a\n", 0, true, false},
        {FAULT_DROP_AFTER, "a\n", 0, true, true},
        {FAULT_ERROR_TEXT, "a\nboom\nb\n", 0, false, false},
        {FAULT_STATUS, "a\nboom\nb\n", 0, false, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        f->host->default_configured = GRAPHICS_SHARED;
        struct lab_fault fault = {.system = SYSTEM_SHELL,
                                  .operation = world_strdup(f->lab.world,
                                                            "esxcli graphics host set"),
                                  .kind = cases[i].kind,
                                  .skip = 1,
                                  .times = 1,
                                  .status = 5,
                                  .text = world_strdup(f->lab.world, "boom")};
        VEC_PUSH(f->lab.world->arena, &f->lab.faults, fault);
        const char *set = "esxcli graphics host set --default-type SharedPassthru";
        sh(f, "esxcli graphics host set --default-type Shared");
        assert_false(f->run.dropped);
        char line[256];
        snprintf(line, sizeof(line), "echo a; %s; echo b", set);
        assert_string_equal(sh(f, line), cases[i].out);
        assert_int_equal(f->run.dropped, cases[i].dropped);
        assert_int_equal(f->host->default_configured == GRAPHICS_SHARED_PASSTHRU,
                         cases[i].done);
        assert_int_equal(f->lab.faults.items[i].times, 0);
    }
}

static void *run_held(void *argument)
{
    sh(argument, "esxcli graphics host set --default-type SharedPassthru; echo after");
    return NULL;
}

static void a_held_call_is_done_but_not_answered(void **state)
{
    struct fixture *f = *state;
    for (int answer = 0; answer < 2; answer++) {
        pthread_t thread;
        f->host->default_configured = GRAPHICS_SHARED;
        f->lab.n_changing = 0;
        f->lab.hold_at = 1;
        assert_int_equal(pthread_create(&thread, NULL, run_held, f), 0);
        pthread_mutex_lock(&f->lab.lock);
        while (!f->lab.held)
            pthread_cond_wait(&f->lab.changed, &f->lab.lock);
        assert_int_equal(f->host->default_configured, GRAPHICS_SHARED_PASSTHRU);
        f->lab.released = true;
        f->lab.release_answers = answer;
        pthread_cond_broadcast(&f->lab.changed);
        pthread_mutex_unlock(&f->lab.lock);
        pthread_join(thread, NULL);
        assert_int_equal(f->run.dropped, !answer);
        assert_string_equal(strbuf_str(&f->run.out), answer ? "after\n" : "");
    }
}

#define SHELL(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHELL(lines_are_split_as_a_shell_does),
        SHELL(too_many_words_are_refused),
        SHELL(graphics_prints_the_samples),
        SHELL(hardware_and_version_print_the_samples),
        SHELL(software_prints_the_samples),
        SHELL(acceptance_and_maintenance),
        SHELL(nvidia_smi_prints_the_samples),
        SHELL(vgpu_types_follow_what_runs),
        SHELL(wrong_esxcli_lines_are_refused),
        SHELL(calls_are_recorded_by_their_first_words),
        SHELL(faults_are_played),
        SHELL(a_held_call_is_done_but_not_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
