/* completion.h: scripts with which shells complete gridform's command line, from the tables of
 * commands and options.
 *
 * All three ask the program itself for addresses (gridform state list, with the directory and
 * state of the line), and never connect to anything.
 */
#ifndef GF_COMPLETION_H
#define GF_COMPLETION_H

#include "command.h"

struct strbuf;

void completion_bash(struct strbuf *out);
void completion_zsh(struct strbuf *out);
void completion_fish(struct strbuf *out);

/* ---- shared by the three ------------------------------------------------------------------ */

extern const char *const completion_shells[]; /* NULL-terminated */

/* In single quotes, for any of the shells. */
void completion_quote(const char *text, struct strbuf *out);
/* What can be explained: rules, kinds, providers; with a blank in front of each. */
void completion_topics(struct strbuf *out);
/* The formats of a command; with a blank in front of each. */
void completion_formats(const struct command *command, struct strbuf *out);
/* First word of the name; its length. */
size_t completion_word(const struct command *command);
/* Visible, and the first of the table with its first word. */
bool completion_is_first(size_t index);

#endif
