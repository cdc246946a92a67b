/* test_lab_source.c: the world says at every call which published blueprints have lost the
 * template that they clone, and says nothing of others. */
#include "lab_vra7_fixture.h"

#include <string.h>

/* Events since the last question, after one call that changes nothing. */
static size_t sources_gone(struct fixture *f)
{
    struct world *world = f->lab.world;
    size_t from = world->events.n, n = 0;
    assert_int_equal(call(f, "GET", CATALOG "/catalogItems?limit=100", NULL), 200);
    for (size_t i = from; i < world->events.n; i++) {
        const json_t *event = world->events.items[i];
        if (strcmp(json_string_value(json_object_get(event, "event")), "vra_source_gone") != 0)
            continue;
        assert_string_equal(json_string_value(json_object_get(event, "object")), "WebServer");
        n++;
    }
    return n;
}

static struct vm *template_vm(struct fixture *f)
{
    struct vm *vm = world_vm(f->lab.world, "tpl-gpu");
    assert_non_null(vm);
    return vm;
}

static void unmark(struct fixture *f)
{
    struct fault fault;
    struct host *host = world_host(f->lab.world, template_vm(f)->host);
    assert_int_equal(vm_mark_vm(f->lab.world, template_vm(f), host, &fault), 0);
}

static void destroy(struct fixture *f)
{
    struct fault fault;
    struct task *task;
    assert_int_equal(vm_destroy(f->lab.world, template_vm(f), "u", &task, &fault), 0);
    advance(f, 600000);
    world_tick(f->lab.world);
    assert_null(world_vm(f->lab.world, "tpl-gpu"));
}

static void test_unmarked(void **state)
{
    struct fixture *f = *state;
    struct fault fault;
    put_published(f);
    assert_int_equal(sources_gone(f), 0);
    unmark(f);
    assert_int_equal(sources_gone(f), 1);
    assert_int_equal(sources_gone(f), 1); /* as long as it is so */
    assert_int_equal(vm_mark_template(f->lab.world, template_vm(f), &fault), 0);
    assert_int_equal(sources_gone(f), 0);
}

static void test_destroyed(void **state)
{
    struct fixture *f = *state;
    put_published(f);
    destroy(f);
    assert_int_equal(sources_gone(f), 1);
}

/* Nobody can request a draft; a blueprint that is gone asks for nothing. */
static void test_drafts(void **state)
{
    struct fixture *f = *state;
    put_published(f);
    assert_int_equal(put_document(f, "DRAFT"), 200);
    unmark(f);
    assert_int_equal(sources_gone(f), 0);
}

static void test_deleted(void **state)
{
    struct fixture *f = *state;
    put_published(f);
    unmark(f);
    assert_int_equal(sources_gone(f), 1);
    assert_int_equal(call(f, "PUT", BLUEPRINTS "/WebServer/status", "\"DRAFT\"") / 100, 2);
    assert_int_equal(call(f, "DELETE", BLUEPRINTS "/WebServer", NULL) / 100, 2);
    assert_int_equal(sources_gone(f), 0);
}

/* Another machine, made of the template, comes and goes. */
static void test_other_machine(void **state)
{
    struct fixture *f = *state;
    struct world *world = f->lab.world;
    struct fault fault;
    struct task *task;
    put_published(f);
    assert_int_equal(vm_clone(world, template_vm(f), NULL, "copy",
                              world_host(world, "esx-01.lab.local"), "u", &task, &fault),
                     0);
    advance(f, 3600000);
    world_tick(world);
    assert_non_null(world_vm(world, "copy"));
    assert_int_equal(sources_gone(f), 0);
    assert_int_equal(vm_destroy(world, world_vm(world, "copy"), "u", &task, &fault), 0);
    advance(f, 600000);
    world_tick(world);
    assert_null(world_vm(world, "copy"));
    assert_int_equal(sources_gone(f), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_unmarked), TEST(test_destroyed),
                                       TEST(test_drafts), TEST(test_deleted),
                                       TEST(test_other_machine)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
