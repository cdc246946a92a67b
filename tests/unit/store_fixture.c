/* store_fixture.c: see store_fixture.h. */
#include "store_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "../harness/unit.h"
#include "arena.h"

const struct lock_info fixture_holder = {.id = "1",
                                         .who = "jane@build-7",
                                         .operation = "apply",
                                         .pid = 42,
                                         .job_url = "https://ci.example/job/9",
                                         .since_ms = 1762092120000};

int fixture_setup(void **fixture)
{
    struct fixture *f = calloc(1, sizeof(*f));
    sample_directory(f->directory, sizeof(f->directory));
    snprintf(f->path, sizeof(f->path), "%s/state.json", f->directory);
    f->arena = arena_new();
    *fixture = f;
    return store_file_open(f->path, NULL, &f->store, NULL);
}

int fixture_setup_mem(void **fixture)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->arena = arena_new();
    f->store = store_mem_open(-1);
    *fixture = f;
    return 0;
}

int fixture_teardown(void **fixture)
{
    struct fixture *f = *fixture;
    f->store->ops->close(f->store);
    if (f->directory[0] != '\0')
        sample_remove(f->directory);
    arena_free(f->arena);
    free(f);
    return 0;
}

/* ---- calls that must succeed ------------------------------------------------------------ */

static void must(int result, const struct err *err)
{
    if (result < 0)
        fail_msg("%s", err->message);
}

void fixture_lock(struct store *store)
{
    struct err err = {0};
    struct lock_info holder;
    must(store->ops->lock(store, &fixture_holder, 0, &holder, &err), &err);
}

struct state *fixture_read(struct fixture *f)
{
    struct err err = {0};
    struct state *state = NULL;
    must(f->store->ops->read(f->store, f->arena, &sample_schemas, &state, &err), &err);
    return state;
}

void fixture_write(struct fixture *f, const struct state *state)
{
    struct err err = {0};
    must(f->store->ops->write(f->store, state, &err), &err);
}

void fixture_record(struct fixture *f, struct record record)
{
    struct err err = {0};
    must(f->store->ops->record(f->store, &record, &err), &err);
}

void fixture_record_graphics(struct fixture *f, const char *graphics)
{
    fixture_record(f,
                   (struct record){.kind = RECORD_RESOURCE,
                                   .address = "host/a",
                                   .resource = sample_instance(f->arena, "host/a", graphics)});
}

const char *fixture_graphics(const struct state *state)
{
    return instance_text(instances_find(&state->resources, "host/a"), "graphics");
}

void fixture_write_first(struct fixture *f)
{
    fixture_lock(f->store);
    fixture_write(f, sample_state(f->arena));
}
