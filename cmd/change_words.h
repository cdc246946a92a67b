/* change_words.h: what the documents for reviewers (Markdown, HTML) say about a change, in one
 * place: what of it is shown, when two changes are the same, and what harm is.
 *
 * A change is harmful when any step of it reboots or empties a host, moves or powers off
 * machines, takes something out of the catalogue or destroys data, or when the resource is
 * removed.
 */
#ifndef GF_CHANGE_WORDS_H
#define GF_CHANGE_WORDS_H

#include <stdbool.h>

#include "step.h"

struct strbuf;

enum {
    EFFECTS_HARMFUL = EFFECT_MAINTENANCE | EFFECT_HOST_REBOOT | EFFECT_VM_POWER_OFF |
                      EFFECT_VM_MOVE | EFFECT_DATA_LOSS | EFFECT_SERVICE
};

/* Of what is created only what does not stand in the files: how a value was worked out. */
bool change_shows(const struct change *change, const struct attr_change *attr);

/* The version that a template gets, or that its former instance had; NULL: none. */
const char *change_version(const struct change *change, const struct instance *instance);

/* Everything about a change but its name, its wave and its place; unambiguous. Overwrites the
 * buffer and returns its text. */
const char *change_signature(const struct change *change, struct strbuf *out);

/* Both are declared, and on the same line. */
bool change_same_place(const struct change *a, const struct change *b);

/* The same question for a change and for its effects together. */
bool change_harm_of(const struct change *change, unsigned effects);

/* "reboot, maintenance window" after `before`, or nothing; each word is ours. */
void change_harm_words(const struct change *change, unsigned effects, const char *before,
                       struct strbuf *out);
/* Words of the n-th harm among the effects, or NULL: for who shows them one by one. */
const char *change_harm_word(const struct change *change, unsigned effects, size_t n);

#endif
