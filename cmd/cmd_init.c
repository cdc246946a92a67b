/* cmd_init.c: a first manifest to edit, in an empty directory. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app.h"
#include "command.h"

static const char manifest[] =
    "# A first manifest. gridform validate checks it, gridform plan shows what it would do.\n"
    "gridform: 1\n"
    "site: my-private-cloud\n"
    "\n"
    "# Secrets are references, never values: env, file, command or credential.\n"
    "providers:\n"
    "  vsphere:\n"
    "    server: vcenter.example.com\n"
    "    username: svc-gridform@vsphere.local\n"
    "    password: { env: VSPHERE_PASSWORD }\n"
    "    # ca_file: ca.pem              # when the certificate is not from a public authority\n"
    "  esxi:\n"
    "    username: root\n"
    "    password: { env: ESXI_PASSWORD }\n"
    "    known_hosts: known_hosts  # as ssh-keyscan prints it; compare the keys at the console\n"
    "\n"
    "# The state is kept in gridform.state beside this file; gridform explain state tells how a\n"
    "# server such as GitLab keeps it for several people and pipelines.\n"
    "# state: { backend: http, address: https://gitlab.example.com/... }\n"
    "\n"
    "vgpu_modes:\n"
    "  p100-4q:\n"
    "    method: vgpu\n"
    "    profile: grid_p100-4q\n"
    "    assignment_policy: performance\n"
    "    ecc: disabled  # drivers below 430 start no vGPU with ECC on\n"
    "    driver:\n"
    "      vib: NVIDIA-VMware-384.73-1OEM.650.0.0.4598673.x86_64.vib\n"
    "      from: /vmfs/volumes/images/\n"
    "\n"
    "pools:\n"
    "  gpu:\n"
    "    cluster: GPU\n"
    "    hosts: [\"esx-gpu-{01..04}.example.com\"]\n"
    "    vgpu_mode: p100-4q\n"
    "    power_policy: balanced\n"
    "    rollout: { max_unavailable: 1, on_failure: stop }\n";

static int run(const struct options *options)
{
    char path[4096];
    if (mkdir(options->directory, 0777) < 0 && errno != EEXIST)
        return app_fail(EXIT_USAGE, "%s: %s", options->directory, strerror(errno));
    if (snprintf(path, sizeof(path), "%s/site.yaml", options->directory) >= (int)sizeof(path))
        return app_fail(EXIT_USAGE, "%s: the name is too long", options->directory);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return app_fail(EXIT_USAGE, "%s: %s", path,
                        errno == EEXIST ? "is there already; it is left as it is"
                                        : strerror(errno));
    size_t size = sizeof(manifest) - 1;
    bool good = write(fd, manifest, size) == (ssize_t)size && fsync(fd) == 0;
    int error = errno;
    close(fd);
    if (!good) {
        unlink(path);
        return app_fail(EXIT_STORAGE, "%s: %s", path, strerror(error));
    }
    printf("Wrote %s. Edit it, then: gridform validate -C %s\n", path, options->directory);
    return EXIT_OK;
}

static const enum option_id options[] = {OPTION_DIRECTORY};

const struct command command_init = {
    .name = "init",
    .arguments = "",
    .summary = "Write a first manifest to edit",
    .help = "Writes site.yaml into the directory: a commented example of providers, a vGPU mode\n"
            "and a pool of hosts. A file that is there already is never touched.",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .run = run,
};
