/* The request target: cut and decoded strictly (api/target.c). */
#include "target.h"

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

static void segments_are_decoded_one_by_one(void **state)
{
	struct target target;
	(void)state;
	assert_true(target_parse(arena, "/v1/a%62c/%E6%B8%AD?x=1", &target));
	assert_int_equal(target.segment_count, 3);
	assert_string_equal(target.segments[0], "v1");
	assert_string_equal(target.segments[1], "abc");
	assert_string_equal(target.segments[2], "渭");
	assert_string_equal(target.path, "/v1/a%62c/%E6%B8%AD");
	assert_false(target.is_unroutable || target.has_slash || target.is_asterisk);
}

static void the_root_has_no_segment(void **state)
{
	struct target target;
	(void)state;
	assert_true(target_parse(arena, "/", &target));
	assert_int_equal(target.segment_count, 0);
	assert_false(target.is_unroutable);
}

static void what_names_nothing_is_marked(void **state)
{
	static const char *const targets[] = {"/a/", "//a", "/a//b", "/1/2/3/4/5/6/7/8/9/10/11/12/13"};
	struct target target;
	(void)state;
	for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
		assert_true(target_parse(arena, targets[i], &target));
		assert_true(target.is_unroutable);
	}
	assert_true(target_parse(arena, "/a%2Fb", &target));
	assert_true(target.has_slash);
	assert_true(target_parse(arena, "*", &target));
	assert_true(target.is_asterisk);
}

static void what_cannot_be_read_for_certain_is_refused(void **state)
{
	static const char *const targets[] = {
		"",        "a",       "/%",        "/%4",  "/%zz",      "/a%00b",    "/%ff",
		"/%c0%ae", "/a b",    "/\xc3\xa9", "/a#b", "/a\\b",     "/a?b=%0",   "/a?=1",
		"/a?&",    "/a?b&&c", "/a?%00",    "/<a>", "http://h?", "ftp://h/a", "/a?b=\xc3\xa9",
		"/a?\xff", "/a?b=%ff"};
	struct target target;
	(void)state;
	for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
		assert_false(target_parse(arena, targets[i], &target));
}

static void the_absolute_form_is_its_path(void **state)
{
	struct target target;
	(void)state;
	assert_true(target_parse(arena, "HTTP://host:80/v1?a=b", &target));
	assert_string_equal(target.path, "/v1");
	assert_string_equal(target.origin, "/v1?a=b");
	assert_int_equal(target.pair_count, 1);
}

static void pairs_are_decoded_and_keep_their_order(void **state)
{
	struct target target;
	(void)state;
	assert_true(target_parse(arena, "/a?q=%E6%A2%A8+b%2B&flag&q=2", &target));
	assert_int_equal(target.pair_count, 3);
	assert_string_equal(target.pairs[0].value, "梨 b+");
	assert_string_equal(target.pairs[1].name, "flag");
	assert_string_equal(target.pairs[1].value, "");
	assert_string_equal(target.pairs[2].name, "q");
}

static void a_form_is_read_like_a_query(void **state)
{
	const struct query_pair *pairs;
	size_t count;
	(void)state;
	assert_true(form_parse(arena, "grant_type=client_credentials&scope=a%3Ab", 41, &pairs, &count));
	assert_int_equal(count, 2);
	assert_string_equal(pairs[1].value, "a:b");
	assert_false(form_parse(arena, "a=%", 3, &pairs, &count));
	assert_true(form_parse(arena, "", 0, &pairs, &count));
	assert_int_equal(count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(segments_are_decoded_one_by_one),
		cmocka_unit_test(the_root_has_no_segment),
		cmocka_unit_test(what_names_nothing_is_marked),
		cmocka_unit_test(what_cannot_be_read_for_certain_is_refused),
		cmocka_unit_test(the_absolute_form_is_its_path),
		cmocka_unit_test(pairs_are_decoded_and_keep_their_order),
		cmocka_unit_test(a_form_is_read_like_a_query),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
