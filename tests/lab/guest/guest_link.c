/* guest_link.c: one request to the first process of a guest, and its answer. What comes is
 * bounded and never believed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "guest_internal.h"

static int send_all(int fd, const void *data, size_t size)
{
    const char *at = data;
    while (size > 0) {
        ssize_t n = send(fd, at, size, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        at += n;
        size -= (size_t)n;
    }
    return 0;
}

static int receive_all(int fd, void *data, size_t size)
{
    char *at = data;
    while (size > 0) {
        ssize_t n = recv(fd, at, size, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        at += n;
        size -= (size_t)n;
    }
    return 0;
}

static int send_request(const struct guest *guest, const struct exchange *exchange)
{
    struct strbuf text;
    strbuf_init(&text, WIRE_TEXT_MAX);
    for (size_t i = 0; i < exchange->n_strings + exchange->n_more; i++) {
        const char *string = i < exchange->n_strings ? exchange->strings[i]
                                                     : exchange->more[i - exchange->n_strings];
        strbuf_add_mem(&text, string, strlen(string) + 1);
    }
    struct wire_header header = {.code = exchange->op,
                                 .text_size = (uint32_t)strbuf_len(&text),
                                 .data_size = (uint32_t)exchange->size};
    int result = strbuf_overflowed(&text) || exchange->size > WIRE_DATA_MAX ? -1 : 0;
    if (result == 0)
        result = send_all(guest->socket, &header, sizeof(header));
    if (result == 0)
        result = send_all(guest->socket, strbuf_str(&text), header.text_size);
    if (result == 0)
        result = send_all(guest->socket, exchange->data, exchange->size);
    strbuf_release(&text);
    return result;
}

static int receive_part(const struct guest *guest, size_t size, char **ret)
{
    char *part = malloc(size + 1);
    if (part == NULL)
        abort();
    part[size] = '\0';
    *ret = part;
    return receive_all(guest->socket, part, size);
}

int guest_exchange(struct guest *guest, const struct exchange *exchange, struct answer *ret)
{
    struct wire_header header;
    *ret = (struct answer){.status = -1};
    if (send_request(guest, exchange) < 0 ||
        receive_all(guest->socket, &header, sizeof(header)) < 0 ||
        header.text_size > WIRE_TEXT_MAX || header.data_size > WIRE_DATA_MAX ||
        receive_part(guest, header.text_size, &ret->text) < 0 ||
        receive_part(guest, header.data_size, &ret->data) < 0)
        return -1;
    ret->text_size = header.text_size;
    ret->data_size = header.data_size;
    ret->status = (int)(header.code & 0xffff);
    return 0;
}

void answer_release(struct answer *answer)
{
    free(answer->text);
    free(answer->data);
    *answer = (struct answer){0};
}
