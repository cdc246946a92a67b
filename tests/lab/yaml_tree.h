/* yaml_tree.h: a YAML file as a JSON tree, for the world files of the lab.
 *
 * Plain true/false and whole numbers become JSON booleans and integers, everything else text.
 * Anchors, aliases, repeated keys, more than one document, deep nesting and large files are
 * refused.
 */
#ifndef GF_LAB_YAML_TREE_H
#define GF_LAB_YAML_TREE_H

#include <stddef.h>

#include <jansson.h>

#include "err.h"

#define YAML_TREE_MAX_BYTES ((size_t)16 << 20)
#define YAML_TREE_MAX_DEPTH 32

/* ERR_NOT_FOUND when the file cannot be read, ERR_INVALID with file:line otherwise. The caller
 * decrefs the tree. */
int yaml_tree_load(const char *file, json_t **ret_tree, struct err *err);

#endif
