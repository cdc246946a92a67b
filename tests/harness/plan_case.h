/* plan_case.h: planner inputs written as text: a manifest and what the world looks like.
 *
 * A case is one file of sections. A section starts with a line "@word …"; the lines until the
 * next one are its text. "#" lines before the first section say what the case shows.
 *
 *     @include FILE        the sections of another file of the same directory come first
 *     @manifest            YAML; several are merged as files of a directory are
 *     @overlay             YAML that patches the manifest
 *     @file PATH           content of a file that the manifest names
 *     @live ADDRESS WORDS  what was read of a resource; ADDRESS may be a pattern (fnmatch)
 *     @prior ADDRESS WORDS what the state holds of it
 *     @adopt ADDRESS       --adopt
 *     @intent ADDRESS OP NONCE   left by an interrupted run
 *     @commit ID
 *     @base                YAML that patches the manifest to what it was where a range begins,
 * and
 *     @base-file PATH      what a file was then: the plan is of what the range changes. "@base
 * none": there was no manifest yet
 *     @plan, @findings, @drift   what must come out, to the letter
 *
 * WORDS: absent | unreadable: REASON | unknown | same (as wanted) | present, then optionally a
 * JSON object whose members are put over the attributes; "$absent" takes one away, and "$ids",
 * "$meta" and "$mark" set those.
 * Later lines add to earlier ones. Live is absent and prior nothing until a line says so. An
 * address that no manifest declares takes its attributes from JSON alone.
 */
#ifndef GF_TESTS_PLAN_CASE_H
#define GF_TESTS_PLAN_CASE_H

#include "config.h"
#include "plan.h"
#include "vec.h"

#define CASE_LINEAGE "11112222333344445555666677778888"

struct case_section {
    const char *word, *rest, *body; /* rest of the line; text until the next section */
};

struct plan_case {
    struct arena *arena;
    const char *directory, *path;
    VEC(struct case_section) sections;
    struct diags *diags;
    struct config *config;
    struct facts facts;
    const char *const *adopt;
    const char *commit;
    struct config *base; /* of a range, or NULL */
    bool has_base;
};

/* Read and set up; fails the running test when the case itself is wrong. */
void plan_case_load(struct plan_case *c, struct arena *arena, const char *directory,
                    const char *name);
/* The same from a text; includes come from the directory. */
void plan_case_parse(struct plan_case *c, struct arena *arena, const char *directory,
                     const char *text);
void plan_case_release(struct plan_case *c);

/* The body of the last section of that word; NULL when there is none. */
const char *plan_case_body(const struct plan_case *c, const char *word);

struct plan_input plan_case_input(const struct plan_case *c);
/* The same, narrowed to the range when the case has one. */
struct plan_input plan_case_narrowed(const struct plan_case *c);

/* The content of a file, in the arena; fails the test when it cannot be read. */
const char *plan_case_slurp(struct arena *arena, const char *path);
/* The file holds this text, to the letter. GRIDFORM_UPDATE_CASES writes it. */
void plan_case_golden(struct arena *arena, const char *path, const char *text);

#endif
