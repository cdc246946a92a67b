/* report_place.h: where a directory lies within its repository. */
#ifndef GF_REPORT_PLACE_H
#define GF_REPORT_PLACE_H

struct arena;

/* The directory as seen from the top of its repository (the nearest directory upwards with a
 * .git in it), ending in a slash; "" for the top itself. Outside of any repository: as seen
 * from the current directory, or else absolute. In the arena. */
const char *report_place(const char *directory, struct arena *arena);

#endif
