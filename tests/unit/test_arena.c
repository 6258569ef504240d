/* Arena and buffer: releases run newest first, memory is zeroed and aligned, JSON strings are escaped. */
#include "arena.h"
#include "buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char order[8];

static void note(void *object)
{
	strcat(order, object);
}

static void releases_newest_first(void **state)
{
	(void)state;
	char a[] = "a", b[] = "b", c[] = "c";
	order[0] = '\0';
	struct arena *arena = arena_new();
	arena_defer(arena, note, a);
	arena_defer(arena, note, b);
	arena_defer(arena, note, c);
	arena_free(arena);
	assert_string_equal(order, "cba");
	arena_free(NULL);
}

static void gives_zeroed_aligned_memory(void **state)
{
	(void)state;
	struct arena *arena = arena_new();
	for (size_t size = 1; size < 100000; size = size * 3 + 1) {
		unsigned char *memory = arena_alloc(arena, size);
		assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(memory[i], 0);
		memset(memory, 0xff, size);
	}
	assert_string_equal(arena_printf(arena, "%s-%d", "x", 7), "x-7");
	assert_string_equal(arena_strndup(arena, "abcdef", 3), "abc");
	arena_free(arena);
}

static void escapes_json(void **state)
{
	(void)state;
	struct buffer buffer = {0};
	const char text[] = "渭\"\\\n\t\x01z";
	buffer_json_string(&buffer, text, strlen(text));
	assert_string_equal(buffer.text, "\"渭\\\"\\\\\\n\\t\\u0001z\"");
	buffer_clear(&buffer);
	buffer_integer(&buffer, INT64_MIN);
	assert_string_equal(buffer.text, "-9223372036854775808");
	size_t length;
	char *taken = buffer_take(&buffer, &length);
	assert_int_equal(length, 20);
	free(taken);
	assert_null(buffer.text);
}

/* assert_escaped - the text stands in memory of its own, without a byte behind it. */
static void assert_escaped(const char *text, int length, const char *expected)
{
	char *exact = malloc((size_t)length);
	struct buffer buffer = {0};
	memcpy(exact, text, (size_t)length);
	buffer_json_string(&buffer, exact, (size_t)length);
	assert_string_equal(buffer.text, expected);
	buffer_free(&buffer);
	free(exact);
}

static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

/* Wherever the one character stands that must be escaped, and however long the text is: it is looked at in
 * words. */
static void escapes_json_at_every_place(void **state)
{
	(void)state;
	static const char specials[] = {'"', '\\', 0x1f};
	static const char *const escaped[] = {"\\\"", "\\\\", "\\u001f"};
	for (int length = 1; length <= 25; length++) {
		for (int place = 0; place < length; place++) {
			for (size_t i = 0; i < sizeof specials; i++) {
				char expected[64], text[sizeof letters];
				memcpy(text, letters, sizeof text);
				text[place] = specials[i];
				snprintf(expected, sizeof expected, "\"%.*s%s%.*s\"", place, letters,
					 escaped[i], length - place - 1, letters + place + 1);
				assert_escaped(text, length, expected);
			}
		}
	}
}

static void leaves_clean_text_as_it_is(void **state)
{
	(void)state;
	for (int length = 1; length <= 26; length++) {
		char expected[64];
		snprintf(expected, sizeof expected, "\"%.*s\"", length, letters);
		assert_escaped(letters, length, expected);
	}
	assert_escaped("", 0, "\"\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(releases_newest_first),
		cmocka_unit_test(gives_zeroed_aligned_memory),
		cmocka_unit_test(escapes_json),
		cmocka_unit_test(escapes_json_at_every_place),
		cmocka_unit_test(leaves_clean_text_as_it_is),
	};
	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
