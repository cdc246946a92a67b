/* json_write.h: a JSON document written from top to bottom into a buffer.
 *
 *     struct json_writer w = {.out = &text};
 *     json_write_object(&w, NULL);
 *     json_write_text(&w, "name", name);
 *     json_write_array(&w, "items");
 *     json_write_end(&w);
 *     json_write_end(&w);
 *
 * Commas and escapes are the writer's; names are NULL for members of arrays and for the whole
 * document. Members come out in the order of the calls.
 */
#ifndef GF_JSON_WRITE_H
#define GF_JSON_WRITE_H

#include <stdbool.h>
#include <stdint.h>

struct strbuf;
struct value;

enum { JSON_WRITE_MAX_DEPTH = 32 };

struct json_writer {
    struct strbuf *out;
    unsigned depth;
    bool filled[JSON_WRITE_MAX_DEPTH + 1]; /* has members already, by depth */
    char closing[JSON_WRITE_MAX_DEPTH + 1];
};

void json_write_object(struct json_writer *writer, const char *name);
void json_write_array(struct json_writer *writer, const char *name);
void json_write_end(struct json_writer *writer); /* of what was opened last */

void json_write_text(struct json_writer *writer, const char *name,
                     const char *text); /* NULL: null */
void json_write_int(struct json_writer *writer, const char *name, int64_t number);
void json_write_bool(struct json_writer *writer, const char *name, bool boolean);
void json_write_value(struct json_writer *writer, const char *name, const struct value *value);

/* What comes next stands on a line of its own: for long documents that people look into. */
void json_write_line(struct json_writer *writer);

#endif
