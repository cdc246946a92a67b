/* live_file.h: planning with a snapshot (--live FILE) instead of the systems.
 *
 * No provider is opened and no secret resolved. What the snapshot knows of a resource is the
 * same as what the systems said when it was taken, so the same files give the same plan. What
 * it does not know is unreadable, never absent.
 */
#ifndef GF_LIVE_FILE_H
#define GF_LIVE_FILE_H

#include <stddef.h>

struct app;
struct strbuf;

/* Read and judge the snapshot, and take the state from it. Where there is a state file as well,
 * that is read, and the two must be the same. Returns an exit code: EXIT_USAGE when it cannot
 * be read, EXIT_REFUSED when it is damaged, not signed as --trust wants it, or of another site
 * or lineage, EXIT_STALE when it is too old, from the future, or the state has moved on. */
int live_file_read_state(struct app *app);

/* After it: what the snapshot knows of the resources of the files and the state. */
void live_file_read_live(struct app *app);

/* A digest of all that the kinds say about attributes: a snapshot is good for one such set. 32
 * hex digits in the app's arena. */
const char *live_file_schemas(struct app *app);
/* Map: provider -> server, of the files. */
const struct value *live_file_servers(struct app *app);

/* A whole file, or standard input for "-"; an exit code. */
int live_file_read_text(const char *path, size_t max, struct strbuf *out);

#endif
