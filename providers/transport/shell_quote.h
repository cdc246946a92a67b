/* shell_quote.h: the one function that makes a word safe for a POSIX shell (ESXi: busybox ash).
 *
 * Nothing else in the tree may put text into a command line.
 */
#ifndef GF_SHELL_QUOTE_H
#define GF_SHELL_QUOTE_H

struct strbuf;

/* Append word so that a shell reads back exactly its bytes as one word. Words of harmless
 * characters stay as they are; the empty word becomes ''. */
void shell_quote(struct strbuf *out, const char *word);

/* Append a whole command: every word quoted, one space between. words ends with NULL. */
void shell_quote_all(struct strbuf *out, const char *const *words);

#endif
