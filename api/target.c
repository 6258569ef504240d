/* Cutting and decoding request targets. */
#include "target.h"

#include "text.h"

#include <string.h>
#include <strings.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Characters that RFC 3986 allows unescaped in a path segment, all of them ASCII; a query may have / and ?
 * besides. */
static bool is_plain(char c, bool in_query)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return true;
	if (c == 0)
		return false;
	return strchr("-._~!$&'()*+,;=:@", c) || (in_query && strchr("/?[]|\"", c));
}

static const char *decode(struct arena *arena, const char *from, size_t length, bool in_query)
{
	char *out = arena_alloc(arena, length + 1);
	size_t used = 0;
	bool is_escaped = false;
	for (size_t at = 0; at < length; at++) {
		if (from[at] == '%') {
			is_escaped = true;
			int high = at + 1 < length ? hex_digit(from[at + 1]) : -1;
			int low = at + 2 < length ? hex_digit(from[at + 2]) : -1;
			if (high < 0 || low < 0 || (high == 0 && low == 0))
				return NULL;
			out[used++] = (char)(high * 16 + low);
			at += 2;
		} else if (!is_plain(from[at], in_query)) {
			return NULL;
		} else {
			out[used++] = in_query && from[at] == '+' ? ' ' : from[at];
		}
	}
	return !is_escaped || text_is_utf8(out, used) ? out : NULL;
}

static bool split_pairs(struct arena *arena, const char *text, size_t length, const struct query_pair **ret,
			size_t *ret_count)
{
	*ret = NULL;
	*ret_count = 0;
	if (length == 0)
		return true;
	size_t count = 1;
	for (size_t at = 0; at < length; at++)
		count += text[at] == '&';
	if (count > TARGET_PAIRS_MAX)
		return false;
	struct query_pair *pairs = arena_alloc(arena, count * sizeof *pairs);
	const char *from = text, *end = text + length;
	for (size_t index = 0; index < count; index++) {
		const char *stop = memchr(from, '&', (size_t)(end - from));
		stop = stop ? stop : end;
		const char *equals = memchr(from, '=', (size_t)(stop - from));
		const char *name_end = equals ? equals : stop;
		const char *value = equals ? equals + 1 : stop;
		pairs[index].name = decode(arena, from, (size_t)(name_end - from), true);
		pairs[index].value = decode(arena, value, (size_t)(stop - value), true);
		if (!pairs[index].name || !*pairs[index].name || !pairs[index].value)
			return false;
		from = stop + 1;
	}
	*ret = pairs;
	*ret_count = count;
	return true;
}

bool form_parse(struct arena *arena, const char *bytes, size_t length, const struct query_pair **ret,
		size_t *ret_count)
{
	return split_pairs(arena, bytes, length, ret, ret_count);
}

/* The absolute form (RFC 9112 3.2.2) is what a proxy is sent; a server must understand it too. */
static const char *skip_authority(const char *raw)
{
	size_t scheme = strncasecmp(raw, "http://", 7) == 0    ? 7
			: strncasecmp(raw, "https://", 8) == 0 ? 8
							       : 0;
	if (!scheme)
		return raw;
	const char *path = raw + scheme + strcspn(raw + scheme, "/?#");
	return *path == '/' ? path : NULL;
}

static bool split_path(struct arena *arena, struct target *target)
{
	const char *from = target->path + 1;
	if (!*from)
		return true;
	for (;;) {
		size_t length = strcspn(from, "/");
		const char *segment = decode(arena, from, length, false);
		if (!segment)
			return false;
		if (!*segment || target->segment_count == TARGET_SEGMENTS_MAX)
			target->is_unroutable = true;
		else
			target->segments[target->segment_count++] = segment;
		if (strchr(segment, '/'))
			target->has_slash = true;
		if (!from[length])
			return true;
		from += length + 1;
	}
}

bool target_parse(struct arena *arena, const char *raw, struct target *ret)
{
	struct target target = {0};
	if (strcmp(raw, "*") == 0) {
		target.origin = target.path = "*";
		target.is_asterisk = true;
		*ret = target;
		return true;
	}
	const char *path = skip_authority(raw);
	if (!path || *path != '/')
		return false;
	size_t length = strcspn(path, "?");
	target.origin = path;
	target.path = arena_strndup(arena, path, length);
	if (!split_path(arena, &target))
		return false;
	const char *query = path[length] ? path + length + 1 : "";
	if (!split_pairs(arena, query, strlen(query), &target.pairs, &target.pair_count))
		return false;
	*ret = target;
	return true;
}
