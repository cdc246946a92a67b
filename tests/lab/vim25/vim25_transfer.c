/* vim25_transfer.c: files into guests and out of them over HTTP: one PUT of exactly the size
 * that was announced, or one GET; the token in the URL is all that is asked for, and is void
 * afterwards (vsphere-api.md §9). */
#include "vim25_transfer.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "guest.h"
#include "num.h"

char *transfer_url(struct call *call, const struct vm *vm, const struct transfer *transfer)
{
    struct arena *arena = call->server->arena;
    struct transfer *copy = ARENA_NEW(arena, struct transfer);
    *copy = *transfer;
    copy->token = arena_strdup(arena, world_guid(call->world));
    copy->moref = arena_strdup(arena, vm->moref);
    copy->path = arena_strdup(arena, transfer->path);
    VEC_PUSH(arena, &call->server->transfers, copy);
    return arena_printf(call->arena, "https://%s:%d/guestFile?id=%zu&token=%s",
                        call->world->guest_transfer_star ? "*" : vm->host,
                        call->lab->vcenter_port, call->server->transfers.n, copy->token);
}

static struct transfer *find(struct vim25_server *server, const char *token)
{
    VEC_EACH (struct transfer *, it, server->transfers)
        if (token != NULL && !(*it)->used && strcmp((*it)->token, token) == 0)
            return *it;
    return NULL;
}

static void put(struct world *world, struct vm *vm, const struct transfer_request *request,
                const struct transfer *transfer, struct transfer_reply *reply)
{
    const struct guest_content content = {.data = request->body,
                                          .size = request->size,
                                          .mode = transfer->mode,
                                          .flags = transfer->flags};
    struct fault fault;
    int64_t length = -1;
    if (request->length == NULL) {
        reply->status = 411;
    } else if (num_i64(request->length, &length) < 0 || length != transfer->size ||
               (size_t)length != request->size) {
        reply->status = 400;
    } else if (guest_put(world, vm, transfer->path, &content, &fault) < 0) {
        reply->status = 500;
        strbuf_addf(&reply->body, "%s\n", fault.message);
    } else {
        reply->status = 200;
    }
}

static void get(struct world *world, struct vm *vm, const struct transfer *transfer,
                struct transfer_reply *reply)
{
    struct arena *arena = arena_new();
    struct guest_content content;
    struct guest_file file;
    struct fault fault;
    if (guest_get(world, vm, arena, transfer->path, &content, &file, &fault) < 0) {
        reply->status = 500;
        strbuf_addf(&reply->body, "%s\n", fault.message);
    } else {
        reply->status = 200;
        strbuf_add_mem(&reply->body, content.data, content.size);
    }
    arena_free(arena);
}

static void carry_out(struct vim25_server *server, const struct transfer_request *request,
                      struct transfer_reply *reply)
{
    struct world *world = server->lab->world;
    struct transfer *transfer = find(server, request->token);
    struct vm *vm = transfer == NULL ? NULL : world_vm_by_moref(world, transfer->moref);
    if (vm == NULL || request->put != (transfer->size >= 0)) {
        reply->status = 404;
        return;
    }
    transfer->used = true;
    if (!guest_tools_run(world, vm))
        reply->status = 500;
    else if (request->put)
        put(world, vm, request, transfer, reply);
    else
        get(world, vm, transfer, reply);
}

void transfer_serve(struct vim25_server *server, const struct transfer_request *request,
                    struct transfer_reply *ret_reply)
{
    struct lab *lab = server->lab;
    char moref[64] = "";
    *ret_reply = (struct transfer_reply){.status = 500};
    strbuf_init(&ret_reply->body, TRANSFER_MAX);
    lab_lock(lab);
    const struct transfer *transfer = find(server, request->token);
    if (transfer != NULL)
        snprintf(moref, sizeof(moref), "%s", transfer->moref);
    lab_unlock(lab);
    struct lab_call record = {.system = SYSTEM_VCENTER,
                              .operation = request->put ? "PutGuestFile" : "GetGuestFile",
                              .object = moref,
                              .changing = request->put};
    lab_call_begin(lab, &record);
    if (record.fault.kind == FAULT_STATUS) {
        ret_reply->status = record.fault.status;
    } else if (record.fault.kind != FAULT_DROP_BEFORE) {
        lab_lock(lab);
        carry_out(server, request, ret_reply);
        lab_unlock(lab);
    }
    if (record.fault.kind == FAULT_DELAY)
        poll(NULL, 0, record.fault.milliseconds);
    ret_reply->cut = record.fault.kind == FAULT_TRUNCATE;
    if (!lab_call_end(lab, &record) || record.fault.kind == FAULT_DROP_BEFORE ||
        record.fault.kind == FAULT_DROP_AFTER)
        ret_reply->status = 0;
}
