/* The releases that an arena runs for Jansson, and a reader for the database's own JSON. */
#include "json.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

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

/* ---- the database's own JSON ----
   What jsonb gives is known to be good: UTF-8, no member twice, few escapes. Reading it so is several times
   as fast as Jansson's reader, which looks at each character. Whatever is out of the ordinary (a fraction, a
   great number, an escape by number) is left to Jansson. */

#define DEPTH_MAX 64

static json_t *read_value(const char **at, int depth);

static const char *skip_space(const char *at)
{
	while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')
		at++;
	return at;
}

static char unescaped(char c)
{
	switch (c) {
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 'r':
		return '\r';
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case '"':
	case '\\':
	case '/':
		return c;
	default:
		return '\0';
	}
}

/* read_escaped - a string with escapes, from its opening quote on. */
static json_t *read_escaped(const char **at)
{
	const char *from = *at + 1;
	size_t room = 0;
	while (from[room] && from[room] != '"')
		room += from[room] == '\\' && from[room + 1] ? 2 : 1;
	char *text = from[room] ? malloc(room + 1) : NULL;
	size_t length = 0;
	bool good = text != NULL;
	for (const char *c = from; good && c < from + room; c++) {
		text[length] = *c == '\\' ? unescaped(*++c) : *c;
		good = text[length++] != '\0';
	}
	json_t *value = good ? json_stringn_nocheck(text, length) : NULL;
	free(text);
	*at = from + room + 1;
	return value;
}

static json_t *read_string(const char **at)
{
	const char *from = *at + 1, *end = from + strcspn(from, "\"\\");
	if (*end == '\\')
		return read_escaped(at);
	if (!*end)
		return NULL;
	*at = end + 1;
	return json_stringn_nocheck(from, (size_t)(end - from));
}

static json_t *read_integer(const char **at)
{
	const char *digits = *at + (**at == '-');
	size_t count = strspn(digits, "0123456789");
	if (count == 0 || count > 18 || strchr(".eE", digits[count]))
		return NULL;
	json_t *value = json_integer(strtoll(*at, NULL, 10));
	*at = digits + count;
	return value;
}

static json_t *read_word(const char **at, const char *word, json_t *value)
{
	size_t length = strlen(word);
	if (strncmp(*at, word, length) != 0)
		return NULL;
	*at += length;
	return value;
}

/* read_member - "name": value into the object; names with escapes are out of the ordinary. */
static bool read_member(const char **at, json_t *object, int depth)
{
	if (**at != '"')
		return false;
	const char *name = *at + 1;
	size_t length = strcspn(name, "\"\\");
	const char *after = name[length] == '"' ? skip_space(name + length + 1) : "";
	if (*after != ':')
		return false;
	*at = skip_space(after + 1);
	json_t *value = read_value(at, depth);
	return value && json_object_setn_new_nocheck(object, name, length, value) == 0;
}

static bool read_element(const char **at, json_t *array, int depth)
{
	json_t *value = read_value(at, depth);
	return value && json_array_append_new(array, value) == 0;
}

static json_t *read_many(const char **at, json_t *into, char end, int depth)
{
	*at = skip_space(*at + 1);
	bool good = depth < DEPTH_MAX, done = **at == end;
	while (good && !done) {
		good = end == '}' ? read_member(at, into, depth + 1) : read_element(at, into, depth + 1);
		*at = skip_space(*at);
		done = **at == end;
		if (good && !done) {
			good = **at == ',';
			*at = skip_space(*at + good);
		}
	}
	*at += good;
	if (good)
		return into;
	json_decref(into);
	return NULL;
}

static json_t *read_value(const char **at, int depth)
{
	switch (**at) {
	case '{':
		return read_many(at, json_object(), '}', depth);
	case '[':
		return read_many(at, json_array(), ']', depth);
	case '"':
		return read_string(at);
	case 't':
		return read_word(at, "true", json_true());
	case 'f':
		return read_word(at, "false", json_false());
	case 'n':
		return read_word(at, "null", json_null());
	default:
		return read_integer(at);
	}
}

json_t *json_read(const char *text)
{
	const char *at = skip_space(text);
	json_t *value = read_value(&at, 0);
	if (value && !*skip_space(at))
		return value;
	json_decref(value);
	return json_loads(text, JSON_DECODE_ANY, NULL);
}
