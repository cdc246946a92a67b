/* wire_guest.c: guest operations (vsphere-api.md §9). See wire.h. */
#include "wire.h"

/* Method, machine, login: what every operation begins with. */
static void open_guest(struct wire *wire, const char *method, struct ref manager,
                       const struct wire_login *login)
{
    wire_open(wire, method, manager);
    wire_ref(wire, "vm", login->vm);
    xml_write_open(&wire->x, "auth");
    xml_write_attr_type(&wire->x, "NamePasswordAuthentication");
    xml_write_bool(&wire->x, "interactiveSession", false);
    xml_write_text_element(&wire->x, "username", login->user);
    xml_write_text_element(&wire->x, "password", login->password);
    xml_write_close(&wire->x);
}

void wire_guest_validate(struct wire *wire, struct ref manager, const struct wire_login *login)
{
    open_guest(wire, "ValidateCredentialsInGuest", manager, login);
    xml_write_close(&wire->x);
    wire->idempotent = true;
}

void wire_guest_start(struct wire *wire, struct ref manager, const struct wire_login *login,
                      const char *program, const char *arguments)
{
    open_guest(wire, "StartProgramInGuest", manager, login);
    xml_write_open(&wire->x, "spec");
    xml_write_attr_type(&wire->x, "GuestProgramSpec");
    xml_write_text_element(&wire->x, "programPath", program);
    xml_write_text_element(&wire->x, "arguments", arguments);
    xml_write_close(&wire->x);
    xml_write_close(&wire->x);
}

void wire_guest_processes(struct wire *wire, struct ref manager, const struct wire_login *login,
                          int64_t pid)
{
    open_guest(wire, "ListProcessesInGuest", manager, login);
    xml_write_i64(&wire->x, "pids", pid);
    xml_write_close(&wire->x);
    wire->idempotent = true;
}

void wire_guest_put(struct wire *wire, struct ref manager, const struct wire_login *login,
                    const struct wire_guest_file *file)
{
    open_guest(wire, "InitiateFileTransferToGuest", manager, login);
    xml_write_text_element(&wire->x, "guestFilePath", file->path);
    xml_write_open(&wire->x, "fileAttributes");
    xml_write_attr_type(&wire->x, "GuestPosixFileAttributes");
    xml_write_i64(&wire->x, "permissions", file->mode);
    xml_write_close(&wire->x);
    xml_write_i64(&wire->x, "fileSize", file->size);
    xml_write_bool(&wire->x, "overwrite", true);
    xml_write_close(&wire->x);
    wire->idempotent = true; /* it hands out a URL, and no more */
}

void wire_guest_get(struct wire *wire, struct ref manager, const struct wire_login *login,
                    const char *path)
{
    open_guest(wire, "InitiateFileTransferFromGuest", manager, login);
    xml_write_text_element(&wire->x, "guestFilePath", path);
    xml_write_close(&wire->x);
    wire->idempotent = true;
}

void wire_guest_list(struct wire *wire, struct ref manager, const struct wire_login *login,
                     const char *path, int64_t most)
{
    open_guest(wire, "ListFilesInGuest", manager, login);
    xml_write_text_element(&wire->x, "filePath", path);
    xml_write_i64(&wire->x, "index", 0);
    xml_write_i64(&wire->x, "maxResults", most);
    xml_write_close(&wire->x);
    wire->idempotent = true;
}

void wire_reboot_guest(struct wire *wire, struct ref vm)
{
    wire_open(wire, "RebootGuest", vm);
    xml_write_close(&wire->x);
}
