/* vsphere_lab.h: the vSphere provider and the simulated vCenter's process, for contract tests:
 * a fixture for all tests of a program (setup and teardown of the group), and what they share.
 */
#ifndef GF_TESTS_VSPHERE_LAB_H
#define GF_TESTS_VSPHERE_LAB_H

#include "../harness/unit.h"

#include "../harness/vsphere_client.h"
#include "kinds.h"

#define HOST1 "esx-gpu-01.lab.local"
#define HOST2 "esx-gpu-02.lab.local"
#define TEMPLATE "tmpl"
#define VERSION "tmpl-0a1b2c3d"
#define CLONE                                                                                  \
    "{\"base\":\"centos72-base\",\"name\":\"" VERSION "\",\"host\":\"" HOST1                   \
    "\",\"cluster\":\"GPU\"}"
#define NAMED "{\"name\":\"" VERSION "\"}"

extern const struct provider provider_vsphere;

struct fixture {
    struct server_process lab;
    struct vsphere_client client;
    char control[64], ca_file[96], address[64];
};

/* A call of the lab's control server; the answer is the caller's to free. */
char *control(struct fixture *f, const char *method, const char *path, const char *body);
unsigned count_calls(struct fixture *f);
void fault(struct fixture *f, const char *operation, const char *kind);
/* A session of its own; password NULL: the right one. 0, or -1 with client->err. */
int open_as(struct fixture *f, struct vsphere_client *client, const char *password,
            const char *datacenter);
int setup(void **state);
int teardown(void **state);
struct instance *read_host(struct fixture *f, const char *name);
/* Perform a step and expect its outcome; twice: done, then nothing left to do. */
void must(struct fixture *f, const struct vsphere_step *step, enum outcome_kind kind);
void must_twice(struct fixture *f, const struct vsphere_step *step);
void must_fail(struct fixture *f, const struct vsphere_step *step, enum err_code code,
               const char *text);
void assert_attr(const struct instance *live, const char *attr, const char *text);
struct instance *read_template(struct fixture *f, const struct value *ids);

#endif
