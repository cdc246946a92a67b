/* canary.h: secrets that are easy to find again, in the forms in which they travel. */
#ifndef GF_TESTS_CANARY_H
#define GF_TESTS_CANARY_H

#include <stddef.h>

struct lab;
struct site;

enum { CANARIES = 50, CANARY_FORMS = 7 };

struct canary {
    char core[24];   /* letters and digits: looks the same in a URL, in XML and in JSON */
    char value[160]; /* holds the core and what needs escaping */
    char forms[CANARY_FORMS][40]; /* what to search for; ends with an empty one */
};

void canaries_make(struct canary canaries[CANARIES]);

/* The value as base64 and percent-encoded; caller frees. */
char *text_base64(const char *text);
char *text_percent(const char *text);

/* Whether the text holds any of them: its core, or NULL. */
const char *canary_in(const struct canary canaries[CANARIES], const char *text);
/* Fails the test when one is in any output, state, journal, backup, lock or plan of the site,
 * or in the lab's record of calls. */
void canaries_expect_none(const struct canary canaries[CANARIES], const struct site *site,
                          const char *what);

#endif
