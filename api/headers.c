/* Reading header fields. */
#include "headers.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_token_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static size_t token_length(const char *text)
{
	size_t length = 0;
	while (is_token_character(text[length]))
		length++;
	return length;
}

bool header_is_token(const char *text)
{
	size_t length = token_length(text);
	return length > 0 && text[length] == 0;
}

bool header_is_safe(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 32 || *text == 127)
			return false;
	return true;
}

static const char *skip_space(const char *text)
{
	return text + strspn(text, " \t");
}

bool entity_tag_version(const char *value, int64_t *ret)
{
	bool weak = strncmp(value, "W/", 2) == 0;
	const char *text = weak ? value + 2 : value;
	size_t length = strlen(text);
	if (length < 2 || text[0] != '"' || text[length - 1] != '"' || memchr(text + 1, '"', length - 2))
		return false;
	size_t digits = strspn(text + 1, "0123456789");
	char after = text[1 + digits];
	*ret = ENTITY_TAG_FOREIGN;
	if (!weak && digits > 0 && digits < 19 && (after == '.' || after == '"'))
		*ret = strtoll(text + 1, NULL, 10);
	return true;
}

bool entity_tag_listed(const char *value, const char *tag)
{
	size_t length = strlen(tag);
	for (const char *at = skip_space(value); *at; at = skip_space(at)) {
		if (*at == '*')
			return true;
		if (strncmp(at, "W/", 2) == 0)
			at += 2;
		if (*at != '"')
			return false;
		const char *end = strchr(at + 1, '"');
		if (!end)
			return false;
		if ((size_t)(end + 1 - at) == length && memcmp(at, tag, length) == 0)
			return true;
		at = skip_space(end + 1);
		at += *at == ',';
	}
	return false;
}

const char *idempotency_key_parse(struct arena *arena, const char *value)
{
	size_t length = strlen(value), used = 0;
	char *out = arena_alloc(arena, length + 1);
	bool quoted = value[0] == '"';
	for (size_t at = quoted; at < length - quoted; at++) {
		char c = value[at];
		if (quoted && c == '\\') {
			c = value[++at];
			if (at >= length - 1 || (c != '"' && c != '\\'))
				return NULL;
		} else if (c == '"' || c < 32 || c > 126 || (!quoted && strchr(" ,;\\", c))) {
			return NULL;
		}
		out[used++] = c;
	}
	if (quoted && (length < 2 || value[length - 1] != '"'))
		return NULL;
	return used >= 8 && used <= 128 ? out : NULL;
}

/* One element of a comma separated field with q: its end, its quality in thousandths (0 for a malformed one).
 */
static const char *element_end(const char *from, size_t *ret_name_length, int *ret_quality)
{
	size_t all = strcspn(from, ",");
	size_t name = strcspn(from, ",; \t");
	*ret_name_length = name;
	*ret_quality = 1000;
	for (const char *at = from + name; at < from + all; at++) {
		if (*at != ';')
			continue;
		const char *parameter = skip_space(at + 1);
		if ((parameter[0] == 'q' || parameter[0] == 'Q') && parameter[1] == '=') {
			double quality = strtod(parameter + 2, NULL);
			*ret_quality = quality >= 0 && quality <= 1 ? (int)(quality * 1000) : 0;
		}
	}
	return from + all + (from[all] == ',');
}

bool language_is_english(const char *value)
{
	int chinese = -1, english = -1, any = -1;
	for (const char *at = value ? skip_space(value) : ""; *at;) {
		size_t length;
		int quality;
		const char *next = element_end(at, &length, &quality);
		bool main_tag = length == 2 || (length > 2 && at[2] == '-');
		if (main_tag && strncasecmp(at, "zh", 2) == 0)
			chinese = quality > chinese ? quality : chinese;
		else if (main_tag && strncasecmp(at, "en", 2) == 0)
			english = quality > english ? quality : english;
		else if (length == 1 && *at == '*')
			any = quality;
		at = skip_space(next);
	}
	if (english <= 0)
		return false;
	return english > (chinese < 0 ? any : chinese);
}

bool coding_takes_gzip(const char *value)
{
	int gzip = -1, identity = -1, any = -1;
	for (const char *at = value ? skip_space(value) : ""; *at;) {
		size_t length;
		int quality;
		const char *next = element_end(at, &length, &quality);
		if ((length == 4 && strncasecmp(at, "gzip", 4) == 0) ||
		    (length == 6 && strncasecmp(at, "x-gzip", 6) == 0))
			gzip = quality > gzip ? quality : gzip;
		else if (length == 8 && strncasecmp(at, "identity", 8) == 0)
			identity = quality;
		else if (length == 1 && *at == '*')
			any = quality;
		at = skip_space(next);
	}
	if (gzip < 0)
		gzip = any;
	return gzip > 0 && gzip >= identity;
}

/* How well the element of Accept fits the type: 0 not, 1 by anything, 2 by its main type, 3 exactly. */
static int media_type_fit(const char *element, size_t length, const char *type)
{
	size_t whole = strcspn(type, "; "), main_type = strcspn(type, "/") + 1;
	if (length == whole && strncasecmp(element, type, length) == 0)
		return 3;
	if (length == main_type + 1 && element[length - 1] == '*' &&
	    strncasecmp(element, type, main_type) == 0)
		return 2;
	return length == 3 && strncmp(element, "*/*", 3) == 0;
}

const char *media_type_choose(const char *accept, const char *const *offered)
{
	const char *best = offered[0];
	int best_quality = 0;
	for (const char *const *type = offered; accept && *type; type++) {
		int fit = 0, quality = 0;
		for (const char *at = skip_space(accept); *at;) {
			size_t length;
			int element_quality;
			const char *next = element_end(at, &length, &element_quality);
			int element_fit = media_type_fit(at, length, *type);
			if (element_fit > fit) {
				fit = element_fit;
				quality = element_quality;
			}
			at = skip_space(next);
		}
		if (fit && quality > best_quality) {
			best = *type;
			best_quality = quality;
		}
	}
	return best;
}

static bool parameter_is_utf8(const char *from, size_t length)
{
	static const char *const good[] = {"charset=utf-8", "charset=\"utf-8\""};
	if (length < 8 || strncasecmp(from, "charset=", 8) != 0)
		return true;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		if (length == strlen(good[i]) && strncasecmp(from, good[i], length) == 0)
			return true;
	return false;
}

bool media_type_parse(struct arena *arena, const char *value, const char **ret)
{
	const char *text = skip_space(value);
	size_t type = token_length(text);
	size_t subtype = text[type] == '/' ? token_length(text + type + 1) : 0;
	if (!type || !subtype)
		return false;
	size_t length = type + 1 + subtype;
	char *out = arena_strndup(arena, text, length);
	for (char *c = out; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	for (const char *at = skip_space(text + length); *at;) {
		if (*at != ';')
			return false;
		at = skip_space(at + 1);
		size_t part = strcspn(at, ";");
		size_t trimmed = part;
		while (trimmed && (at[trimmed - 1] == ' ' || at[trimmed - 1] == '\t'))
			trimmed--;
		if (!parameter_is_utf8(at, trimmed))
			return false;
		at += part;
	}
	*ret = out;
	return true;
}

struct preferences preferences_parse(struct arena *arena, const char *value)
{
	struct preferences preferences = {0};
	for (const char *at = value ? skip_space(value) : ""; *at;) {
		size_t length = strcspn(at, ",");
		size_t name = strcspn(at, ",; \t");
		char *word = arena_strndup(arena, at, name);
		if (strcasecmp(word, "return=minimal") == 0)
			preferences.minimal = !preferences.representation;
		else if (strcasecmp(word, "return=representation") == 0)
			preferences.representation = !preferences.minimal;
		else if (strcasecmp(word, "handling=strict") == 0)
			preferences.strict = true;
		else if (strcasecmp(word, "handling=lenient") != 0 && *word && !preferences.unknown)
			preferences.unknown = word;
		at = skip_space(at + length + (at[length] == ','));
	}
	return preferences;
}

bool trace_parse(const char *value, char trace_id[TRACE_ID_TEXT])
{
	static const char hex[] = "0123456789abcdef";
	size_t length = strlen(value);
	if (length < 55 || strspn(value, hex) != 2 || strncmp(value, "ff", 2) == 0 || value[2] != '-' ||
	    strspn(value + 3, hex) != 32 || value[35] != '-' || strspn(value + 36, hex) != 16 ||
	    value[52] != '-' || strspn(value + 53, hex) != 2)
		return false;
	if (strncmp(value, "00", 2) == 0 ? length != 55 : (length > 55 && value[55] != '-'))
		return false;
	if (strspn(value + 3, "0") >= 32 || strspn(value + 36, "0") >= 16)
		return false;
	memcpy(trace_id, value + 3, 32);
	trace_id[32] = 0;
	return true;
}
