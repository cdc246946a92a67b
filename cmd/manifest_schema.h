/* manifest_schema.h: the manifest as JSON Schema (draft 2020-12), from the tables.
 *
 * For editors and for checks before gridform is asked. It covers the form of one whole manifest
 * (all files merged); what references point to, and the rules, are validate's business. Where
 * the program takes a text for a number or a word, the schema takes ${var.NAME} only.
 */
#ifndef GF_MANIFEST_SCHEMA_H
#define GF_MANIFEST_SCHEMA_H

struct arena;
struct value;

/* The schema as a tree; value_to_json writes it. */
const struct value *manifest_schema(struct arena *arena);

#endif
