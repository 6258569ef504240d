/* The reader of the database's JSON gives what Jansson's reader gives, for the usual and for what it leaves
 * to it. */
#include "json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void same(const char *text)
{
	json_t *ours = json_read(text), *theirs = json_loads(text, JSON_DECODE_ANY, NULL);
	if (!theirs)
		assert_null(ours);
	else
		assert_true(json_equal(ours, theirs));
	json_decref(ours);
	json_decref(theirs);
}

static void reads_what_jansson_reads(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"{}",
		"[]",
		" { \"a\" : [ 1 , -2, 0 ] , \"b\" : { } } ",
		"{\"name\": \"渭南市\", \"open\": true, \"closed\": false, \"none\": null}",
		"\"a \\\"quoted\\\" word, a \\\\ and \\n\\t\\r\\b\\f\\/\"",
		"\"\\u6e2d\\u5357 \\ud83d\\ude00\"",
		"[1.5, 1e3, -0.25, 1E2, 123456789012345678, 9223372036854775807]",
		"{\"a\\\"b\": 1}",
		"\"\"",
		"[\"\", {\"\": \"\"}]",
		"true",
		"-7",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		same(texts[i]);
}

static void refuses_what_is_none(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",         "{",       "[1,",     "[1 2]",     "{\"a\"}", "{\"a\":}",  "{1:2}", "\"open",
		"\"open\\", "tru",     "nul",     "[1],",      "{} {}",   "{\"a\":1,", "[,]",   "{,}",
		"-",        "\"\\x\"", "[true]x", "{\"a\" 1}", "[[[[",    "\"\\u12\""};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_null(json_read(texts[i]));
}

static json_t *drawn(unsigned *seed, int depth)
{
	static const char *const words[] = {
		"", "渭南", "a\"b\\c", "line\nfeed", "plain words of some length", "\x01"};
	*seed = *seed * 1103515245U + 12345U;
	unsigned kind = *seed >> 16;
	if (depth > 4 || kind % 7 < 3)
		return kind % 5 == 0   ? json_integer((json_int_t)kind - 30000)
		       : kind % 5 == 1 ? json_boolean(kind & 8)
		       : kind % 5 == 2 ? json_null()
				       : json_string(words[kind / 7 % 6]);
	json_t *many = kind & 1 ? json_array() : json_object();
	for (unsigned i = 0; i < kind / 16 % 6; i++) {
		char name[12] = {(char)('a' + i), (char)('a' + kind % 26)};
		if (kind & 1)
			json_array_append_new(many, drawn(seed, depth + 1));
		else
			json_object_set_new(many, name, drawn(seed, depth + 1));
	}
	return many;
}

static void reads_whatever_is_drawn(void **state)
{
	(void)state;
	unsigned seed = 20150519;
	for (int i = 0; i < 3000; i++) {
		json_t *value = drawn(&seed, 0);
		char *text = json_dumps(value, JSON_ENCODE_ANY | (i & 1 ? JSON_COMPACT : 0));
		json_t *back = json_read(text);
		assert_true(json_equal(value, back));
		json_decref(value);
		json_decref(back);
		free(text);
	}
}

static void stops_at_a_depth(void **state)
{
	(void)state;
	enum { DEPTH = 3000 };
	char text[DEPTH + 1];
	memset(text, '[', DEPTH);
	text[DEPTH] = '\0';
	assert_null(json_read(text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_jansson_reads),
		cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(reads_whatever_is_drawn),
		cmocka_unit_test(stops_at_a_depth),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
