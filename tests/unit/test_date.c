/* Calendar arithmetic of article 15, worked out by hand. */
#include "date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct date day(const char *text)
{
	struct date date = {0};
	assert_true(date_parse(text, &date));
	return date;
}

static void assert_date(struct date date, const char *expected)
{
	char text[DATE_TEXT];
	assert_string_equal(date_format(date, text), expected);
}

static void parses_only_real_days(void **state)
{
	(void)state;
	struct date date;
	assert_true(date_parse("2020-02-29", &date));
	const char *const wrong[] = {"2019-02-29", "2015-13-01", "2015-00-10", "2015-5-19",  "2015-05-19 ",
				     "15-05-19",   "",           "2015-05-32", "0000-01-01", "2015/05/19"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(date_parse(wrong[i], &date));
	assert_false(date_parse(NULL, &date));
}

static void counts_days(void **state)
{
	(void)state;
	assert_int_equal(date_days(day("1970-01-01")), 0);
	assert_int_equal(date_days(day("2000-03-01")), 11017);
	for (int32_t days = -200000; days < 200000; days += 37)
		assert_int_equal(date_days(date_from_days(days)), days);
}

static void adds_years_anchored_and_clamped(void **state)
{
	(void)state;
	assert_date(date_add_years(day("2015-05-19"), 3), "2018-05-19");
	assert_date(date_add_years(day("2020-02-29"), 3), "2023-02-28");
	assert_date(date_add_years(day("2016-02-29"), 9), "2025-02-28");
	assert_date(date_add_years(day("2016-02-29"), 12), "2028-02-29");
	assert_date(date_add_months(day("2026-11-30"), 3), "2027-02-28");
	assert_date(date_add_months(day("2026-11-15"), -36), "2023-11-15");
}

static void knows_weekdays(void **state)
{
	(void)state;
	assert_int_equal(date_weekday(day("2018-05-19")), 6);
	assert_int_equal(date_weekday(day("2026-10-16")), 5);
	assert_int_equal(date_weekday(day("2026-11-30")), 1);
	assert_int_equal(date_weekday(day("1969-12-28")), 7);
}

static void rolls_to_working_days(void **state)
{
	(void)state;
	assert_date(calendar_roll(NULL, day("2018-05-19")), "2018-05-21");
	assert_date(calendar_roll(NULL, day("2026-02-28")), "2026-03-02");
	assert_date(calendar_roll(NULL, day("2026-10-16")), "2026-10-16");
	/* with the official calendar Saturday 2026-02-28 is a working day */
	const struct calendar_day adjusted[] = {{day("2026-02-28"), true}};
	const struct calendar official = {adjusted, 1};
	assert_date(calendar_roll(&official, day("2026-02-28")), "2026-02-28");
}

static void adds_working_days_without_the_first(void **state)
{
	(void)state;
	/* Friday 2026-11-13 + 1 = Monday the 16th; + 10 = Friday the 27th */
	assert_date(calendar_add_workdays(NULL, day("2026-11-13"), 1), "2026-11-16");
	assert_date(calendar_add_workdays(NULL, day("2026-11-13"), 10), "2026-11-27");
	assert_date(calendar_add_workdays(NULL, day("2026-11-14"), 5), "2026-11-20");
}

static void reads_and_writes_instants(void **state)
{
	(void)state;
	struct instant instant;
	char text[INSTANT_TEXT];
	assert_true(instant_parse("2026-11-30T16:00:00Z", &instant));
	assert_string_equal(instant_format(instant, text), "2026-12-01T00:00:00.000+08:00");
	assert_date(instant_date(instant), "2026-12-01");
	assert_true(instant_parse("2026-11-30T23:59:59.999+08:00", &instant));
	assert_date(instant_date(instant), "2026-11-30");
	assert_string_equal(instant_format(instant, text), "2026-11-30T23:59:59.999+08:00");
	const char *const wrong[] = {"2026-11-30",           "2026-11-30T24:00:00Z",
				     "2026-11-30T16:00:00",  "2026-11-30T16:00:00+8:00",
				     "2026-11-30T16:00:60Z", "2026-11-30T16:00:00.Z",
				     "2026-02-29T16:00:00Z"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(instant_parse(wrong[i], &instant));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_only_real_days),
		cmocka_unit_test(counts_days),
		cmocka_unit_test(adds_years_anchored_and_clamped),
		cmocka_unit_test(knows_weekdays),
		cmocka_unit_test(rolls_to_working_days),
		cmocka_unit_test(adds_working_days_without_the_first),
		cmocka_unit_test(reads_and_writes_instants),
	};
	return cmocka_run_group_tests_name("date", tests, NULL, NULL);
}
