/* Target: the request target as it came over the wire, cut and decoded strictly: a bad escape, an encoded
   zero byte or invalid UTF-8 is an error, never a guess. The HTTP library's own decoding (which loses bytes)
   is not used. */
#ifndef TARGET_H
#define TARGET_H

#include "arena.h"

#include <stdbool.h>
#include <stddef.h>

#define TARGET_LENGTH_MAX   2083 /* bytes, as api conventions say; longer is 414 */
#define TARGET_SEGMENTS_MAX 12
#define TARGET_PAIRS_MAX    32 /* of a query, of a form */

struct query_pair {
	const char *name, *value; /* decoded; value "" when there is no = */
};

struct target {
	const char *origin;                        /* path and query as sent */
	const char *path;                          /* the same without the query */
	const char *segments[TARGET_SEGMENTS_MAX]; /* decoded; "/" alone has none */
	size_t segment_count;
	bool is_asterisk;   /* OPTIONS * */
	bool has_slash;     /* a segment contains an encoded slash: it names nothing here */
	bool is_unroutable; /* an empty segment, a slash at the end, too many segments: it names nothing here
			     */
	const struct query_pair *pairs;
	size_t pair_count;
};

/* target_parse - false when the target is not one: what RFC 3986 does not allow in a path or query, or an
   absolute form that is not http or https, or more pairs than anybody needs. */
bool target_parse(struct arena *arena, const char *raw, struct target *ret);

/* form_parse - application/x-www-form-urlencoded: pairs as in a query. */
bool form_parse(struct arena *arena, const char *bytes, size_t length, const struct query_pair **ret,
		size_t *ret_count);

#endif
