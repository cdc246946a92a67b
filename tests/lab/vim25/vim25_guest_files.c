/* vim25_guest_files.c: guest operations on files (vsphere-api.md §9). */
#include <fnmatch.h>
#include <string.h>

#include "guest.h"
#include "vim25_call.h"

enum { LIST_MAX = 50 };
#define SIZE_MAX_PUT ((int64_t)128 << 20)

static int answer_fault(struct call *call, int result, const struct fault *fault)
{
    return result < 0 ? call_world_fault(call, fault) : 0;
}

static int run_mkdir(struct call *call)
{
    struct fault fault = {0};
    struct vm *vm = guest_of(call);
    if (vm == NULL)
        return -1;
    bool parents = node_flag(arg_node(call, "createParentDirectories"), false);
    return answer_fault(
        call, guest_mkdir(call->world, vm, arg_text(call, "directoryPath"), parents, &fault),
        &fault);
}

static int run_delete(struct call *call)
{
    struct fault fault = {0};
    struct vm *vm = guest_of(call);
    if (vm == NULL)
        return -1;
    return answer_fault(call, guest_delete(call->world, vm, arg_text(call, "filePath"), &fault),
                        &fault);
}

static int run_temp(struct call *call)
{
    struct fault fault = {0};
    struct vm *vm = guest_of(call);
    char *path;
    if (vm == NULL)
        return -1;
    const struct guest_temp temp = {.prefix = arg_text(call, "prefix"),
                                    .suffix = arg_text(call, "suffix"),
                                    .directory = arg_text(call, "directoryPath")};
    if (guest_temp(call->world, vm, call->arena, &temp, &path, &fault) < 0)
        return call_world_fault(call, &fault);
    call_result_text(call, "string", path);
    return 0;
}

static struct val *attributes(struct call *call, const struct guest_file *file)
{
    struct builder *b = &call->b;
    struct val *value = val_object(b, "GuestPosixFileAttributes");
    val_time(b, value, "modificationTime", file->modified_at);
    if (*file->target != '\0')
        val_text(b, value, "symlinkTarget", file->target);
    val_int(b, value, "ownerId", 0);
    val_int(b, value, "groupId", 0);
    val_int(b, value, "permissions", file->mode);
    return value;
}

static bool matches(const char *pattern, const struct guest_file *file)
{
    const char *slash = strrchr(file->path, '/');
    return pattern == NULL || fnmatch(pattern, slash == NULL ? file->path : slash + 1, 0) == 0;
}

static int run_list(struct call *call)
{
    struct builder *b = &call->b;
    struct fault fault = {0};
    struct vm *vm = guest_of(call);
    struct guest_file *files;
    size_t n;
    if (vm == NULL)
        return -1;
    if (guest_list(call->world, vm, call->arena, arg_text(call, "filePath"), &files, &n,
                   &fault) < 0)
        return call_world_fault(call, &fault);
    int64_t first = node_number(arg_node(call, "index"), 0), seen = 0, shown = 0;
    int64_t most = node_number(arg_node(call, "maxResults"), LIST_MAX);
    struct val *list = val_object(b, "GuestListFileInfo");
    for (size_t i = 0; i < n; i++) {
        if (!matches(arg_text(call, "matchPattern"), &files[i]))
            continue;
        if (seen++ < first || shown >= most)
            continue;
        struct val *info = val_add_object(b, list, "files");
        val_text(b, info, "path", files[i].path);
        val_text(b, info, "type", files[i].type);
        val_int(b, info, "size", files[i].size);
        val_set(b, info, "attributes", attributes(call, &files[i]));
        shown++;
    }
    int64_t before = first < seen ? first : seen;
    val_int(b, list, "remaining", seen - before - shown);
    call_result(call, list);
    return 0;
}

/* ---- transfers -------------------------------------------------------------------------- */

static int run_to_guest(struct call *call)
{
    const xmlNode *given = arg_node(call, "fileAttributes");
    struct fault fault = {0};
    struct vm *vm = guest_of(call);
    if (vm == NULL)
        return -1;
    bool overwrite = node_flag(arg_node(call, "overwrite"), false);
    struct transfer transfer = {.path = arg_text(call, "guestFilePath"),
                                .size = node_number(arg_node(call, "fileSize"), 0),
                                .mode = (int)node_number(node_child(given, "permissions"), -1),
                                .flags = overwrite ? GUEST_OVERWRITE : 0};
    if (transfer.size < 0 || transfer.size > SIZE_MAX_PUT)
        return call_invalid(call, "fileSize", "It is negative or too large.");
    if (guest_check_put(call->world, vm, transfer.path, transfer.flags, &fault) < 0)
        return call_world_fault(call, &fault);
    call_result_text(call, "string", transfer_url(call, vm, &transfer));
    return 0;
}

static int run_from_guest(struct call *call)
{
    struct builder *b = &call->b;
    struct fault fault = {0};
    struct guest_file file;
    struct vm *vm = guest_of(call);
    if (vm == NULL)
        return -1;
    struct transfer transfer = {.path = arg_text(call, "guestFilePath"), .size = -1};
    if (guest_get(call->world, vm, call->arena, transfer.path, NULL, &file, &fault) < 0)
        return call_world_fault(call, &fault);
    if (strcmp(file.type, "directory") == 0) {
        call_fault(call, "NotAFile", "%s is not a file", transfer.path);
        val_text(b, call->fault, "file", transfer.path);
        return -1;
    }
    struct val *info = val_object(b, "FileTransferInformation");
    val_set(b, info, "attributes", attributes(call, &file));
    val_int(b, info, "size", file.size);
    val_text(b, info, "url", transfer_url(call, vm, &transfer));
    call_result(call, info);
    return 0;
}

const struct handler guest_file_handlers[] = {
    {"MakeDirectoryInGuest", CALL_CHANGES, run_mkdir},
    {"DeleteFileInGuest", CALL_CHANGES, run_delete},
    {"CreateTemporaryFileInGuest", CALL_CHANGES, run_temp},
    {"ListFilesInGuest", 0, run_list},
    {"InitiateFileTransferToGuest", CALL_CHANGES, run_to_guest},
    {"InitiateFileTransferFromGuest", 0, run_from_guest},
    {0},
};
