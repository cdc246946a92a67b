/* markdown.h: outside text in a Markdown document, so that it can be nothing but text.
 *
 * Names, values and messages come from files and systems that the reader of a pull request
 * does not control: none may open a tag, close a fence, mention a person or refer to an issue.
 * What is appended is well-formed UTF-8 whatever came in; control characters and those that
 * turn the direction of writing become U+FFFD.
 */
#ifndef GF_MARKDOWN_H
#define GF_MARKDOWN_H

struct strbuf;

/* Running text. Everything that Markdown would act on is escaped; a text that a forge would find
 * a link in (mention, issue, address) becomes a code span. Secrets are still found in what comes
 * out (redact.h). */
void md_text(const char *text, struct strbuf *out);

/* A code span: in running text, not in HTML. */
void md_code(const char *text, struct strbuf *out);

/* Within an element of raw HTML; put it into <code>, where forges look for no mentions. */
void md_html(const char *text, struct strbuf *out);

/* A fenced block longer than any run of backticks in the content. Lines of the content end in
 * newlines; info is ours: "diff". */
void md_fence(const char *info, const char *content, struct strbuf *out);

/* The text itself, made safe; newlines and tabs stay. For the content of fences. */
void md_safe(const char *text, struct strbuf *out);

/* The inside of a comment: other than letters, digits, ".", "_" and single "-" become %XX. */
void md_comment(const char *text, struct strbuf *out);

#endif
