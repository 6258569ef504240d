/* The rows of an execution for several: each gets his own, in his place, and what is not in order is seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASKED 3

static char name_value[] = "value", name_asked[] = "_asked";

/* Rows for these, a character each: "113" are two for the first and one for the third. */
static struct answer *answer_for(const char *asked)
{
	PGresAttDesc columns[2] = {{.name = name_value}, {.name = name_asked}};
	PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	assert_int_equal(PQsetResultAttrs(result, 2, columns), 1);
	for (int row = 0; row < (int)strlen(asked); row++) {
		char value[8], number[2] = {asked[row], 0};
		int length = snprintf(value, sizeof value, "v%d", row);
		assert_int_equal(PQsetvalue(result, row, 0, value, length), 1);
		assert_int_equal(PQsetvalue(result, row, 1, number, 1), 1);
	}
	return part_whole(result).answer;
}

/* Whether they divide; counts: how many rows each then has. */
static bool divides(const char *asked, int counts[ASKED])
{
	struct answer *answer = answer_for(asked);
	struct part parts[ASKED];
	bool divided = part_divide(answer, ASKED, parts);
	for (int i = 0, next = 0; i < ASKED; i++) {
		assert_ptr_equal(parts[i].answer, answer);
		assert_int_equal(parts[i].first, next);
		next += counts[i] = parts[i].count;
	}
	assert_int_equal(atomic_load(&answer->holders), 1 + ASKED);
	for (int i = 0; i < ASKED; i++)
		answer_release(parts[i].answer);
	answer_release(answer);
	return divided;
}

static void assert_divided(const char *asked, int first, int second, int third)
{
	int counts[ASKED];
	assert_true(divides(asked, counts));
	assert_int_equal(counts[0], first);
	assert_int_equal(counts[1], second);
	assert_int_equal(counts[2], third);
}

static void test_each_gets_his_rows(void **state)
{
	(void)state;
	assert_divided("123", 1, 1, 1);
	assert_divided("112333", 2, 1, 3);
	assert_divided("222", 0, 3, 0);
	assert_divided("3", 0, 0, 1);
	assert_divided("13", 1, 0, 1);
	assert_divided("", 0, 0, 0);
}

static void test_rows_out_of_order_are_nobodys(void **state)
{
	(void)state;
	static const char *const wrong[] = {"213", "132", "121", "1231", "0", "01", "4", "1234"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		int counts[ASKED];
		assert_false(divides(wrong[i], counts));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_gets_his_rows),
					   cmocka_unit_test(test_rows_out_of_order_are_nobodys)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
