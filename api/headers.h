/* Headers: the header fields of a request as values. Pure functions; what a field means for an operation is
 * the pipeline's. */
#ifndef HEADERS_H
#define HEADERS_H

#include "arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct header {
	const char *name, *value;
};

/* header_is_token - the characters that a field name may have (RFC 9110 5.6.2). */
bool header_is_token(const char *text);

/* header_is_safe - a value that may be sent: no control character, so nobody can add a line of his own. */
bool header_is_safe(const char *text);

/* entity_tag_version - If-Match: one strong tag "<version>.<hash>" gives its version; one that cannot be ours
   (a weak or a foreign one) gives ENTITY_TAG_FOREIGN, which matches nothing. False for *, a list, or what is
   no tag. */
#define ENTITY_TAG_FOREIGN INT64_MAX
bool entity_tag_version(const char *value, int64_t *ret);

/* entity_tag_listed - If-None-Match: whether the tag (with its quotes) is among them, compared weakly; * is
 * any. */
bool entity_tag_listed(const char *value, const char *tag);

/* idempotency_key_parse - a structured field string in quotes, or the bare token; 8 to 128 characters. NULL
 * when it is neither. */
const char *idempotency_key_parse(struct arena *arena, const char *value);

/* language_is_english - Accept-Language: the better of zh and en; zh-CN when nothing is said or neither is
 * wanted. */
bool language_is_english(const char *value);

/* coding_takes_gzip - Accept-Encoding: whether gzip is wanted, and not less than the bytes as they are. */
bool coding_takes_gzip(const char *value);

/* media_type_choose - Accept: the best of those offered (NULL-terminated, the first is the default). */
const char *media_type_choose(const char *accept, const char *const *offered);

/* media_type_parse - Content-Type: the type in lower case without parameters; false when it is malformed or
   has a charset other than UTF-8. */
bool media_type_parse(struct arena *arena, const char *value, const char **ret);

/* Prefer (RFC 7240): what we know of it. unknown is the first preference that we do not. */
struct preferences {
	bool minimal, representation, strict;
	const char *unknown;
};
struct preferences preferences_parse(struct arena *arena, const char *value);

/* trace_parse - traceparent (W3C): the trace id when it is a good one, else false. */
#define TRACE_ID_TEXT 33
bool trace_parse(const char *value, char trace_id[TRACE_ID_TEXT]);

#endif
