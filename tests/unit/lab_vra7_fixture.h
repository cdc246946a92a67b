/* lab_vra7_fixture.h: a small world with the simulated vRealize Automation, and a client that
 * goes past HTTP; shared by the tests of lab_vra7. */
#ifndef GF_TESTS_LAB_VRA7_FIXTURE_H
#define GF_TESTS_LAB_VRA7_FIXTURE_H

#include "../harness/unit.h"

#include "vra7.h"

#define SOFTWARE "/software-service/api/softwarecomponenttypes"
#define DOCUMENTS "/composition-service/api/blueprintdocuments"
#define BLUEPRINTS "/composition-service/api/blueprints"
#define CATALOG "/catalog-service/api"

struct answer {
    unsigned status;
    json_t *json;
    char *text, *location;
    bool drop, truncate;
};

struct fixture {
    struct lab lab;
    struct vra7 vra7;
    char authorization[600];
    char guid[37]; /* of the template */
    struct answer last;
};

/* For cmocka: a world with one host, a template, tenant ml; logged in as the architect. */
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* As a client would send it: a draft named "Jupyter Lab" with one secret. */
extern const char software_body[];

/* Send one message; url is "path?key=value&…", nothing encoded. The answer is in f->last. */
unsigned call(struct fixture *f, const char *method, const char *url, const char *body);
/* The value at a/b/0/c of the last answer; text_at never returns NULL. */
json_t *at(struct fixture *f, const char *path);
const char *text_at(struct fixture *f, const char *path);
/* Elements of errors[] in the last answer. */
size_t problems(struct fixture *f);
/* Let simulated time pass. */
void advance(struct fixture *f, int64_t ms);
void set_switch(struct fixture *f, const char *name, json_t *take_value);
unsigned login_as(struct fixture *f, const char *user, const char *password);
int setup(void **state);
int teardown(void **state);
/* The document WebServer: machine, network, software; free it. */
char *document(const char *status, const char *prefix, const char *profile,
               const char *template);
unsigned put_document(struct fixture *f, const char *status);
void put_published(struct fixture *f);
/* The id of WebServer's catalogue item; false when it is not there. */
bool find_item(struct fixture *f, char id[64]);
void post_service(struct fixture *f, const char *name);
/* An entitlement body; free it. */
char *entitlement(struct fixture *f, const char *status, const char *principals,
                  const char *service);

#endif
