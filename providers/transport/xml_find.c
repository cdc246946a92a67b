/* xml_find.c: walking the trees of xml.h. */
#include "xml.h"

#include <string.h>

#include "num.h"

static const struct xml_node *find(const struct xml_node *node, const char *name, size_t size)
{
    for (; node != NULL; node = node->next)
        if (strncmp(node->name, name, size) == 0 && node->name[size] == '\0')
            return node;
    return NULL;
}

const struct xml_node *xml_child(const struct xml_node *node, const char *name)
{
    return node == NULL ? NULL : find(node->children, name, strlen(name));
}

const struct xml_node *xml_next(const struct xml_node *node)
{
    return node == NULL ? NULL : find(node->next, node->name, strlen(node->name));
}

const struct xml_node *xml_path(const struct xml_node *node, const char *path)
{
    while (node != NULL && *path != '\0') {
        size_t n = strcspn(path, "/");
        node = find(node->children, path, n);
        path += n + (path[n] == '/');
    }
    return node;
}

size_t xml_count(const struct xml_node *node, const char *name)
{
    size_t n = 0;
    XML_EACH(it, node, name)
    n++;
    return n;
}

const char *xml_attr(const struct xml_node *node, const char *name)
{
    const struct xml_attr *attr = node == NULL ? NULL : node->attrs;
    for (; attr != NULL; attr = attr->next)
        if (attr->ns[0] == '\0' && strcmp(attr->name, name) == 0)
            return attr->value;
    return NULL;
}

const char *xml_text(const struct xml_node *node)
{
    return node == NULL ? NULL : node->text;
}

const char *xml_text_at(const struct xml_node *node, const char *path)
{
    return xml_text(xml_path(node, path));
}

/* The text without blanks around it, in room for the longest number; false when it is longer.
 */
static bool trimmed(const struct xml_node *node, char room[32])
{
    if (node == NULL)
        return false;
    const char *text = node->text + strspn(node->text, " \t\r\n");
    size_t n = strlen(text);
    while (n > 0 && strchr(" \t\r\n", text[n - 1]) != NULL)
        n--;
    if (n >= 32)
        return false;
    memcpy(room, text, n);
    room[n] = '\0';
    return true;
}

int xml_i64(const struct xml_node *node, int64_t *ret)
{
    char text[32];
    return trimmed(node, text) ? num_i64(text, ret) : -1;
}

int xml_i32(const struct xml_node *node, int32_t *ret)
{
    int64_t value = 0;
    if (xml_i64(node, &value) < 0 || value < INT32_MIN || value > INT32_MAX)
        return -1;
    *ret = (int32_t)value;
    return 0;
}

int xml_bool(const struct xml_node *node, bool *ret)
{
    char text[32];
    if (!trimmed(node, text))
        return -1;
    bool is_true = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
    if (!is_true && strcmp(text, "false") != 0 && strcmp(text, "0") != 0)
        return -1;
    *ret = is_true;
    return 0;
}

bool xml_is_type(const struct xml_node *node, const char *name)
{
    return node != NULL && node->type != NULL && strcmp(node->type, name) == 0;
}
