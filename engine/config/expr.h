/* expr.h: ${var.NAME} inside texts.
 *
 * "$${" stands for a literal "${"; a "$" elsewhere is itself. Variables hold texts and do not
 * refer to each other. A variable with neither a default nor a value is an error where it is
 * declared and where it is used.
 */
#ifndef GF_EXPR_H
#define GF_EXPR_H

#include <stddef.h>

#include "map.h"
#include "node.h"

struct arena;
struct diags;

struct variables {
    struct map map; /* name -> struct variable */
    struct arena *arena;
    struct diags *diags;
};

struct variable {
    struct pos pos;
    const char *value; /* NULL: none, reported at the declaration */
};

enum { EXPR_MAX_TEXT = 1 << 20 };

/* Read the section `variables` (NULL or a null node: none) and the NAME=VALUE texts, which win
 * over defaults. What is wrong is reported; the rest is kept. */
void variables_init(struct variables *vars, struct arena *arena, struct diags *diags);
void variables_declare(struct variables *vars, const struct node *section);
void variables_set(struct variables *vars, const char *const *assignments, size_t n);
/* Report what still has no value. */
void variables_check(struct variables *vars);
void variables_release(struct variables *vars);

/* The text of a scalar with its expressions replaced: the node's own text when it has none.
 * NULL when something was reported. */
const char *expr_text(const struct variables *vars, const struct node *scalar);

#endif
