/* drift_watch.h: gridform drift --watch, a service. */
#ifndef GF_DRIFT_WATCH_H
#define GF_DRIFT_WATCH_H

struct options;

/* Until it is stopped. Returns an exit code, 0 when a signal ended it. */
int drift_watch_run(const struct options *options);

#endif
