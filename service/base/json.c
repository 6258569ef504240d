/* The releases that an arena runs for Jansson. */
#include "json.h"

#include <stdlib.h>

static void release(void *value)
{
	json_decref(value);
}

void json_own(struct arena *arena, json_t *value)
{
	if (value)
		arena_defer(arena, release, value);
}

json_t *json_keep(struct arena *arena, json_t *value)
{
	if (!value)
		abort();
	json_own(arena, value);
	return value;
}

const char *json_canonical(struct arena *arena, const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	if (!text)
		abort();
	arena_defer(arena, free, text);
	return text;
}
