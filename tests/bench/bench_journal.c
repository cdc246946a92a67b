/* bench_journal.c: intents, results and resources recorded durably through the file store. */
#include "bench.h"

#include <stdio.h>
#include <unistd.h>

#include "arena.h"
#include "kinds.h"
#include "store.h"

static void must(int result, const struct err *err)
{
    if (result < 0)
        bench_die(err->message);
}

static struct store *open_empty(const char *path, struct arena *arena)
{
    struct store *store;
    struct lock_info mine = {.id = "bench", .who = "bench", .operation = "apply"}, holder;
    struct err err = {0};
    static const char *const ends[] = {"", ".journal", ".backup", ".lock"};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        unlink(arena_printf(arena, "%s%s", path, ends[i]));
    must(store_file_open(path, NULL, &store, &err), &err);
    must(store->ops->lock(store, &mine, 0, &holder, &err), &err);
    struct state *state = state_new(arena, "11112222333344445555666677778888", "bench");
    state->serial = 1;
    must(store->ops->write(store, state, &err), &err);
    const struct record plan = {.kind = RECORD_PLAN, .plan = "p"};
    must(store->ops->record(store, &plan, &err), &err);
    return store;
}

static void record_step(struct store *store, struct arena *arena, size_t i)
{
    struct err err = {0};
    const char *address = arena_printf(arena, "host/esx-%06zu.lab.local", i);
    const struct record intent = {.kind = RECORD_INTENT,
                                  .intent = {.address = address,
                                             .op = "host.reboot",
                                             .plan = "p",
                                             .nonce = "n",
                                             .step = 1,
                                             .at_ms = 1}};
    struct record result = intent;
    result.kind = RECORD_RESULT;
    result.outcome = "done";
    struct instance *host =
        instance_new(arena, &kind_host.schema, address, address + sizeof("host/") - 1);
    host->presence = PRESENCE_PRESENT;
    instance_set(host, "graphics", value_string(arena, "shared_passthru"));
    instance_set(host, "driver", value_string(arena, "384.73"));
    const struct record resource = {
        .kind = RECORD_RESOURCE, .address = address, .resource = host};
    must(store->ops->record(store, &intent, &err), &err);
    must(store->ops->record(store, &result, &err), &err);
    must(store->ops->record(store, &resource, &err), &err);
}

void bench_journal(const char *directory, size_t n)
{
    struct arena *arena = arena_new();
    const char *path = arena_printf(arena, "%s/journal-state.json", directory);
    struct store *store = open_empty(path, arena);
    double begin = bench_now();
    for (size_t i = 0; i < n; i++) {
        struct arena *step = arena_new();
        record_step(store, step, i);
        arena_free(step);
    }
    printf("%.4f 0\n", bench_now() - begin);
    store->ops->unlock(store, NULL);
    store->ops->close(store);
    arena_free(arena);
}
