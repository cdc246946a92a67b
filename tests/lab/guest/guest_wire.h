/* guest_wire.h: what the lab and the first process of a guest say to each other over a stream
 * socket. One request, one answer; each is a header, `text_size` bytes of strings that end with
 * NUL, and `data_size` bytes of content. The lab believes nothing that a guest says: sizes are
 * checked against the limits below, content is only stored or handed on.
 *
 * Beside it runs a pipe of notices, lines of text from the guest: "exit PID STATUS", "reboot",
 * "off", "limit WORD".
 */
#ifndef GF_LAB_GUEST_WIRE_H
#define GF_LAB_GUEST_WIRE_H

#include <stdint.h>

enum { WIRE_SOCKET = 3, WIRE_NOTICES = 4 }; /* file descriptors of the first process */
enum { WIRE_TEXT_MAX = 1 << 20, WIRE_DATA_MAX = 160 << 20 };

/* Strings of the request; strings and data of the answer. A mode is octal text. */
enum wire_op {
    WIRE_HELLO,  /* time limit in seconds, process limit */
    WIRE_UNPACK, /* directory; data: a tar archive */
    WIRE_BOOT,   /* "new" or "", then arguments for the guest's boot script, kept for reboots */
    WIRE_SAVE,   /* "running", or "" to end all programs; answer: the root as a tar archive */
    WIRE_REBOOT, /* as the guest's own reboot does it */
    WIRE_START,  /* directory, program, arguments, "env" or "", NAME=VALUE...; answer: pid */
    WIRE_KILL,   /* pid */
    WIRE_STAT,   /* path; answer: type, mode, size, modification time, path, link target */
    WIRE_LIST,   /* path; answer: the same for each entry */
    WIRE_PUT,    /* path, mode, "overwrite" or ""; data: the content */
    WIRE_GET,    /* path; answer: as STAT, and the content */
    WIRE_MKDIR,  /* path, "parents" or "" */
    WIRE_DELETE, /* path of a file */
    WIRE_TEMP,   /* prefix, suffix, directory; answer: path */
    WIRE_OP_COUNT
};

struct wire_header {
    uint32_t code; /* wire_op; of an answer: 0 or an errno */
    uint32_t text_size, data_size;
};

#endif
