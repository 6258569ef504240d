/* JSON values and texts tied to an arena, so that nobody releases them by hand. */
#ifndef JSON_H
#define JSON_H

#include "arena.h"

#include <jansson.h>

/* json_own - the arena takes over the reference; NULL is allowed. */
void json_own(struct arena *arena, json_t *value);

/* json_keep - the same for a value that must be there: NULL (out of memory) aborts. */
json_t *json_keep(struct arena *arena, json_t *value);

/* json_canonical - compact text with sorted keys, the form that is hashed; lives as long as the arena. */
const char *json_canonical(struct arena *arena, const json_t *value);

#endif
