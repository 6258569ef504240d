/* The schema validator (api/validate.c): every fault, each with its place. */
#include "validate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define NO_LENGTH .min_length = -1, .max_length = -1
#define NO_ITEMS  .min_items = -1, .max_items = -1
#define NO_RANGE  .minimum = INT64_MIN, .maximum = INT64_MAX
#define NO_LIMITS NO_LENGTH, NO_ITEMS, NO_RANGE

static const char *const kinds[] = {"lead", "member", NULL};
static const char *const first[] = {"first", NULL}, *const second[] = {"second", NULL};
static const struct schema name = {NO_ITEMS, NO_RANGE, .types = SCHEMA_STRING, .min_length = 2,
				   .max_length = 4};
static const struct schema code = {NO_LIMITS, .types = SCHEMA_STRING, .pattern = "[0-9]{3}"};
static const struct schema kind = {NO_LIMITS, .types = SCHEMA_STRING, .enumeration = kinds};
static const struct schema day = {NO_LIMITS, .types = SCHEMA_STRING, .format = FORMAT_DATE};
static const struct schema count = {
	NO_LENGTH, NO_ITEMS, .types = SCHEMA_INTEGER, .format = FORMAT_INT32, .minimum = 0, .maximum = 100};
static const struct schema note = {NO_LIMITS, .types = SCHEMA_STRING | SCHEMA_NULL};
static const struct property member_properties[] = {{"code", &code, true}, {"kind", &kind, false}};
static const struct schema member = {NO_LIMITS, .types = SCHEMA_OBJECT, .closed = true,
				     .properties = member_properties, .property_count = 2};
static const struct schema members = {NO_LENGTH,           NO_RANGE,        .types = SCHEMA_ARRAY,
				      .items = &member,    .min_items = -1, .max_items = 3,
				      .unique_items = true};
static const struct property amount_properties[] = {{"amount", &name, true}, {"currency", &name, true}};
static const struct schema amount = {NO_LIMITS,        .types = SCHEMA_OBJECT,          .closed = true,
				     .is_money = true, .properties = amount_properties, .property_count = 2};
static const struct property form_properties[] = {{"amount", &amount, false}, {"count", &count, false},
						  {"day", &day, false},       {"members", &members, false},
						  {"name", &name, true},      {"note", &note, false}};
static const struct schema form = {NO_LIMITS, .types = SCHEMA_OBJECT, .closed = true,
				   .properties = form_properties, .property_count = 6};

static const struct schema is_first = {NO_LIMITS, .types = SCHEMA_STRING, .enumeration = first};
static const struct schema is_second = {NO_LIMITS, .types = SCHEMA_STRING, .enumeration = second};
static const struct property one_properties[] = {{"a", &name, true}, {"kind", &is_first, true}};
static const struct property two_properties[] = {{"b", &name, true}, {"kind", &is_second, true}};
static const struct schema one = {NO_LIMITS, .types = SCHEMA_OBJECT, .closed = true,
				  .properties = one_properties, .property_count = 2};
static const struct schema two = {NO_LIMITS, .types = SCHEMA_OBJECT, .closed = true,
				  .properties = two_properties, .property_count = 2};
static const struct schema *const branches[] = {&one, &two, NULL};
static const struct schema either = {NO_LIMITS, .one_of = branches};

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

/* The faults as "pointer code; …". */
static const char *faults(const struct schema *schema, const char *text, enum validation mode)
{
	struct problem *problem = NULL;
	const char *out = "";
	json_t *value = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
	assert_non_null(value);
	validate_json(arena, schema, value, mode, &problem);
	json_decref(value);
	for (struct problem_error *error = problem ? problem->errors : NULL; error; error = error->next)
		out = arena_printf(arena, "%s%s %s; ", out, error->pointer, error->code);
	return out;
}

static void a_good_form_has_no_fault(void **state)
{
	(void)state;
	assert_string_equal(
		faults(&form,
		       "{\"name\":\"渭南联盟\",\"count\":100,\"day\":\"2026-02-28\",\"note\":null,"
		       "\"members\":[{\"code\":\"001\",\"kind\":\"lead\"}]}",
		       VALIDATE_REQUEST),
		"");
}

static void all_faults_are_told_with_their_places(void **state)
{
	(void)state;
	assert_string_equal(faults(&form,
				   "{\"count\":101,\"day\":\"2026-02-29\",\"members\":[{\"code\":\"12\"},{"
				   "\"kind\":\"x\"},3],"
				   "\"no/such~one\":1,\"note\":7}",
				   VALIDATE_REQUEST),
			    "#/name required; #/count maximum; #/day format; #/members/0/code pattern; "
			    "#/members/1/code required; #/members/1/kind enum; #/members/2 type; "
			    "#/no~1such~0one unknown_member; #/note type; ");
}

static void lengths_are_counted_in_characters(void **state)
{
	(void)state;
	assert_string_equal(faults(&name, "\"渭南联盟\"", VALIDATE_REQUEST), "");
	assert_string_equal(faults(&name, "\"渭南联盟了\"", VALIDATE_REQUEST), "# max_length; ");
	assert_string_equal(faults(&name, "\"渭\"", VALIDATE_REQUEST), "# min_length; ");
}

static void numbers_are_what_they_are(void **state)
{
	(void)state;
	assert_string_equal(faults(&count, "1.0", VALIDATE_REQUEST), "# type; ");
	assert_string_equal(faults(&count, "\"1\"", VALIDATE_REQUEST), "# type; ");
	assert_string_equal(faults(&count, "4294967297", VALIDATE_REQUEST), "# maximum; ");
	assert_string_equal(faults(&count, "-1", VALIDATE_REQUEST), "# minimum; ");
}

static void arrays_have_an_end_and_no_repeats(void **state)
{
	(void)state;
	assert_string_equal(faults(&members, "[{\"code\":\"001\"},{\"code\":\"001\"}]", VALIDATE_REQUEST),
			    "#/1 unique_items; ");
	assert_string_equal(faults(&members, "[1,2,3,4]", VALIDATE_REQUEST), "# max_items; ");
}

static void a_merge_patch_removes_by_null_and_needs_nothing(void **state)
{
	(void)state;
	assert_string_equal(faults(&form, "{}", VALIDATE_PATCH), "");
	assert_string_equal(faults(&form, "{\"name\":null,\"day\":null}", VALIDATE_PATCH), "");
	assert_string_equal(faults(&form, "{\"other\":null}", VALIDATE_PATCH), "#/other unknown_member; ");
	assert_string_equal(faults(&form, "{\"members\":[{\"code\":null}]}", VALIDATE_PATCH),
			    "#/members/0/code type; ");
	assert_string_equal(faults(&form, "{\"members\":[{}]}", VALIDATE_PATCH),
			    "#/members/0/code required; ");
	assert_string_equal(faults(&form, "{\"amount\":{\"amount\":\"1.00\"}}", VALIDATE_PATCH),
			    "#/amount/currency required; ");
}

static void one_of_tells_the_faults_of_the_branch_that_was_meant(void **state)
{
	(void)state;
	assert_string_equal(faults(&either, "{\"kind\":\"second\",\"b\":\"bb\"}", VALIDATE_REQUEST), "");
	assert_string_equal(faults(&either, "{\"kind\":\"second\",\"a\":\"aa\"}", VALIDATE_REQUEST),
			    "#/b required; #/a unknown_member; ");
}

static void a_thousand_faults_are_told_as_a_hundred(void **state)
{
	struct problem *problem = NULL;
	json_t *value = json_object();
	int told = 0;
	(void)state;
	for (int i = 0; i < 1000; i++)
		json_object_set_new(value, arena_printf(arena, "m%d", i), json_null());
	validate_json(arena, &form, value, VALIDATE_REQUEST, &problem);
	json_decref(value);
	for (struct problem_error *error = problem->errors; error; error = error->next)
		told++;
	assert_int_equal(told, 100);
}

static int text_faults(const struct schema *schema, const char *text)
{
	struct problem *problem = NULL;
	int told = 0;
	validate_text(arena, schema, "parameter", text, &problem);
	for (struct problem_error *error = problem ? problem->errors : NULL; error; error = error->next)
		told++;
	return told;
}

static void parameters_are_read_strictly(void **state)
{
	static const struct schema yes = {NO_LIMITS, .types = SCHEMA_BOOLEAN};
	static const char *const bad[] = {
		"", "+1", "01", "1 ", " 1", "0x1", "1e1", "101", "-1", "99999999999999999999", "--1"};
	(void)state;
	assert_int_equal(text_faults(&count, "0"), 0);
	assert_int_equal(text_faults(&count, "100"), 0);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(text_faults(&count, bad[i]), 1);
	assert_int_equal(text_faults(&yes, "true"), 0);
	assert_int_equal(text_faults(&yes, "TRUE"), 1);
	assert_int_equal(text_faults(&yes, "1"), 1);
	assert_int_equal(text_faults(&day, "2026-11-15"), 0);
	assert_int_equal(text_faults(&day, "2026-11-31"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_form_has_no_fault),
		cmocka_unit_test(all_faults_are_told_with_their_places),
		cmocka_unit_test(lengths_are_counted_in_characters),
		cmocka_unit_test(numbers_are_what_they_are),
		cmocka_unit_test(arrays_have_an_end_and_no_repeats),
		cmocka_unit_test(a_merge_patch_removes_by_null_and_needs_nothing),
		cmocka_unit_test(one_of_tells_the_faults_of_the_branch_that_was_meant),
		cmocka_unit_test(a_thousand_faults_are_told_as_a_hundred),
		cmocka_unit_test(parameters_are_read_strictly),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
