/* The header fields as values (api/headers.c). */
#include "headers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;

static int set_up(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void if_match_gives_the_version_before_the_dot(void **state)
{
	static const struct {
		const char *value;
		int64_t version;
	} good[] = {{"\"7.0a1b2c3d\"", 7},
		    {"\"7\"", 7},
		    {"\"0.x\"", 0},
		    {"W/\"7.0a1b2c3d\"", ENTITY_TAG_FOREIGN},
		    {"\"abc\"", ENTITY_TAG_FOREIGN},
		    {"\"7abc\"", ENTITY_TAG_FOREIGN},
		    {"\"99999999999999999999.a\"", ENTITY_TAG_FOREIGN},
		    {"\"\"", ENTITY_TAG_FOREIGN}};
	static const char *const bad[] = {"*", "7", "\"7", "7\"", "\"1.a\", \"2.b\"", "", "\""};
	int64_t version;
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_true(entity_tag_version(good[i].value, &version));
		assert_int_equal(version, good[i].version);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(entity_tag_version(bad[i], &version));
}

static void if_none_match_compares_weakly(void **state)
{
	(void)state;
	assert_true(entity_tag_listed("\"1.a\"", "\"1.a\""));
	assert_true(entity_tag_listed("\"0.b\", W/\"1.a\"", "\"1.a\""));
	assert_true(entity_tag_listed("*", "\"1.a\""));
	assert_false(entity_tag_listed("\"1.ab\"", "\"1.a\""));
	assert_false(entity_tag_listed("1.a", "\"1.a\""));
	assert_false(entity_tag_listed("\"1.a", "\"1.a\""));
}

static void a_key_is_a_string_in_quotes_or_a_token(void **state)
{
	static const char *const bad[] = {"short",
					  "\"short\"",
					  "",
					  "\"",
					  "with space",
					  "\"unfinished8",
					  "comma,comma",
					  "\"inner\"quote\"",
					  "\"bad\\escape\"",
					  "umlaut-\xc3\xa4\xc3\xb6"};
	char longest[131];
	(void)state;
	assert_string_equal(idempotency_key_parse(arena, "8e03978e-40d5"), "8e03978e-40d5");
	assert_string_equal(idempotency_key_parse(arena, "\"8e03978e-40d5\""), "8e03978e-40d5");
	assert_string_equal(idempotency_key_parse(arena, "\"with \\\"quotes\\\"\""), "with \"quotes\"");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_null(idempotency_key_parse(arena, bad[i]));
	memset(longest, 'a', 129);
	longest[128] = 0;
	assert_non_null(idempotency_key_parse(arena, longest));
	longest[128] = 'a';
	longest[129] = 0;
	assert_null(idempotency_key_parse(arena, longest));
}

static void chinese_is_the_language_unless_english_is_preferred(void **state)
{
	(void)state;
	assert_false(language_is_english(NULL));
	assert_false(language_is_english(""));
	assert_false(language_is_english("fr"));
	assert_false(language_is_english("zh-CN,zh;q=0.9,en;q=0.8"));
	assert_false(language_is_english("*"));
	assert_true(language_is_english("en"));
	assert_true(language_is_english("en-GB,en;q=0.9"));
	assert_true(language_is_english("fr, en;q=0.5"));
	assert_true(language_is_english("zh;q=0.2, EN-us;q=0.7"));
	assert_false(language_is_english("en;q=0"));
}

static void accept_chooses_by_quality_and_nearness(void **state)
{
	static const char *const offered[] = {"application/json", "text/csv", "application/x-ndjson", NULL};
	(void)state;
	assert_string_equal(media_type_choose(NULL, offered), "application/json");
	assert_string_equal(media_type_choose("*/*", offered), "application/json");
	assert_string_equal(media_type_choose("text/csv", offered), "text/csv");
	assert_string_equal(media_type_choose("text/*", offered), "text/csv");
	assert_string_equal(media_type_choose("application/json;q=0.5, text/csv", offered), "text/csv");
	assert_string_equal(media_type_choose("text/csv;q=0.4, */*;q=0.9", offered), "application/json");
	assert_string_equal(media_type_choose("application/json;q=0, */*", offered), "text/csv");
	assert_string_equal(media_type_choose("image/png", offered), "application/json");
}

static void content_type_is_a_type_and_utf8(void **state)
{
	static const char *const bad[] = {"",
					  "json",
					  "/json",
					  "application/",
					  "application/json/x",
					  "application/json; charset=utf-16",
					  "application/json x",
					  "application/json, text/plain"};
	const char *type;
	(void)state;
	assert_true(media_type_parse(arena, "Application/JSON ; charset=UTF-8", &type));
	assert_string_equal(type, "application/json");
	assert_true(media_type_parse(arena, "application/json;charset=\"utf-8\"", &type));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(media_type_parse(arena, bad[i], &type));
}

static void preferences_are_known_or_named(void **state)
{
	(void)state;
	assert_true(preferences_parse(arena, "return=minimal").minimal);
	assert_true(preferences_parse(arena, "handling=strict, return=representation").representation);
	struct preferences both =
		preferences_parse(arena, "return=minimal, return=representation, wait=5, handling=strict");
	assert_true(both.minimal && !both.representation && both.strict);
	assert_string_equal(both.unknown, "wait=5");
	assert_null(preferences_parse(arena, NULL).unknown);
}

static void a_trace_is_taken_over_when_it_is_good(void **state)
{
	static const char *const bad[] = {"",
					  "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
					  "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
					  "00-00000000000000000000000000000000-b7ad6b7169203331-01",
					  "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
					  "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
					  "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"};
	char id[TRACE_ID_TEXT];
	(void)state;
	assert_true(trace_parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", id));
	assert_string_equal(id, "0af7651916cd43dd8448eb211c80319c");
	assert_true(trace_parse("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", id));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(trace_parse(bad[i], id));
}

static void names_and_values_cannot_break_a_line(void **state)
{
	(void)state;
	assert_true(header_is_token("Content-Length"));
	assert_false(header_is_token("Content-Length "));
	assert_false(header_is_token(""));
	assert_true(header_is_safe("filename*=UTF-8''%E6"));
	assert_false(header_is_safe("a\r\nSet-Cookie: b"));
	assert_false(header_is_safe("a\x7f"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(if_match_gives_the_version_before_the_dot),
		cmocka_unit_test(if_none_match_compares_weakly),
		cmocka_unit_test(a_key_is_a_string_in_quotes_or_a_token),
		cmocka_unit_test(chinese_is_the_language_unless_english_is_preferred),
		cmocka_unit_test(accept_chooses_by_quality_and_nearness),
		cmocka_unit_test(content_type_is_a_type_and_utf8),
		cmocka_unit_test(preferences_are_known_or_named),
		cmocka_unit_test(a_trace_is_taken_over_when_it_is_good),
		cmocka_unit_test(names_and_values_cannot_break_a_line),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
