/* AP-11: GB 32100-2015 against 22 codes worked out by hand, and against every single slip of the pen in
 * them. */
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char ALPHABET[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
static const char *const RIGHT[] = {
	"91610526PDY00001X4", "91610528PDY0000281", "91610503PDY000036L", "91610500PDY0000444",
	"93610527PDY000052W", "12610500PDY000060Y", "51610500PDY000079T", "91610581PDY000087U",
	"91610502PDY0000959", "52610523PDY000108D", "91610525PDY0001164", "91610524PDY000124G",
	"91610582PDY000132B", "91610522PDY0001409", "91610000PDY000159G", "12610000PDY000167G",
	"12100000PDY000175M", "91610100PDY0001836", "91440300PDY000191A", "92610502PDY000220T",
	"11610526PDY0002049", "11610500PDY000212E",
};

enum { CODES = sizeof RIGHT / sizeof *RIGHT, PLACES = 18 };

static void test_the_codes_are_right(void **state)
{
	(void)state;
	assert_int_equal(CODES, 22);
	for (int i = 0; i < CODES; i++) {
		assert_null(credit_code_check(RIGHT[i]));
		assert_true(credit_code_body_is_valid(RIGHT[i]));
	}
	assert_null(credit_code_check("91350100M000100Y43")); /* the worked example of the standard */
}

static void test_the_codes_that_must_fail(void **state)
{
	(void)state;
	static const char *const WRONG[] = {"91350100M000100Y4Z",
					    "91350100M000100Y42",
					    "9161052OPDY00001X4",
					    "91610526pdy00001x4",
					    "91610526PDY00001X",
					    "91610526PDY00001X44",
					    "",
					    "916105A6PDY00001X4"};
	for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++)
		assert_non_null(credit_code_check(WRONG[i]));
	assert_string_equal(credit_code_check("91350100M000100Y42"), "check_digit");
	assert_string_equal(credit_code_check("916105A6PDY00001X4"), "division");
}

/* 22 codes, 18 places, 30 other characters: every one of the 11 880 substitutions is found. */
static void test_every_substitution_is_found(void **state)
{
	int tried = 0;
	(void)state;
	for (int i = 0; i < CODES; i++)
		for (int place = 0; place < PLACES; place++)
			for (const char *c = ALPHABET; *c; c++) {
				char code[PLACES + 1];
				memcpy(code, RIGHT[i], sizeof code);
				if (code[place] == *c)
					continue;
				code[place] = *c;
				tried++;
				assert_non_null(credit_code_check(code));
			}
	assert_int_equal(tried, 11880);
}

static void test_every_swap_of_neighbours_is_found(void **state)
{
	int tried = 0;
	(void)state;
	for (int i = 0; i < CODES; i++)
		for (int place = 0; place + 1 < PLACES; place++) {
			char code[PLACES + 1];
			memcpy(code, RIGHT[i], sizeof code);
			if (code[place] == code[place + 1])
				continue;
			code[place] = RIGHT[i][place + 1];
			code[place + 1] = RIGHT[i][place];
			tried++;
			assert_non_null(credit_code_check(code));
		}
	assert_true(tried > 250);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_codes_are_right),
		cmocka_unit_test(test_the_codes_that_must_fail),
		cmocka_unit_test(test_every_substitution_is_found),
		cmocka_unit_test(test_every_swap_of_neighbours_is_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
