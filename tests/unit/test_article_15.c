/* Article 15: terms and their days, row by row, and whether a qualification holds. Expected
 * values by hand. */
#include "article_15.h"
#include "facts.h"
#include "facts_decision.h"
#include "facts_money.h"
#include "rules_decl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct calendar NO_ROWS = {NULL, 0};

static struct date day(const char *text)
{
	struct date date = {0};
	assert_true(date_parse(text, &date));
	return date;
}

static void expect_date(struct date date, const char *expected)
{
	char text[DATE_TEXT];
	assert_string_equal(date_format(date, text), expected);
}

static void test_the_calendar_table(void **state)
{
	(void)state;
	static const struct {
		const char *recognised_on;
		int n;
		const char *due_on, *deadline_on;
	} table[] = {
		{"2015-05-19", 1, "2018-05-19", "2018-05-21"}, /* a Saturday */
		{"2020-02-29", 1, "2023-02-28", "2023-02-28"}, /* a Tuesday */
		{"2020-02-29", 2, "2026-02-28", "2026-03-02"}, /* a Saturday, no calendar loaded */
		{"2023-10-16", 1, "2026-10-16", "2026-10-16"}, /* a Friday */
		{"2023-11-30", 1, "2026-11-30", "2026-11-30"}, /* a Monday */
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct date due_on = term_due_on(day(table[i].recognised_on), table[i].n, 3);
		expect_date(due_on, table[i].due_on);
		expect_date(term_submit_deadline_on(&NO_ROWS, due_on, true), table[i].deadline_on);
		expect_date(term_submit_deadline_on(&NO_ROWS, due_on, false), table[i].due_on);
	}
}

/* Anchored at the recognition, not rolled from term to term: the leap day comes back in 2028. */
static void test_terms_are_anchored(void **state)
{
	(void)state;
	static const char *const due[] = {"2019-02-28", "2022-02-28", "2025-02-28", "2028-02-29"};
	for (int n = 1; n <= 4; n++)
		expect_date(term_due_on(day("2016-02-29"), n, 3), due[n - 1]);
	expect_date(term_due_on(day("2013-03-01"), 1, 3), "2018-05-19"); /* legacy: from the measures on */
	expect_date(term_due_on(day("2015-05-20"), 1, 3), "2018-05-20");
}

/* 2026-02-28 was an adjusted working Saturday. */
static void test_the_official_calendar_wins(void **state)
{
	(void)state;
	const struct calendar_day days[] = {
		{{2026, 2, 28}, true}, {{2026, 10, 1}, false}, {{2026, 10, 2}, false}};
	const struct calendar calendar = {days, 3};
	expect_date(term_submit_deadline_on(&calendar, day("2026-02-28"), true), "2026-02-28");
	expect_date(term_submit_deadline_on(&calendar, day("2026-10-01"), true), "2026-10-05");
	assert_false(calendar_is_assumed(&calendar, day("2026-12-31")));
	assert_true(calendar_is_assumed(&calendar, day("2027-01-01")));
	assert_true(calendar_is_assumed(&NO_ROWS, day("2026-02-28")));
}

static bool qualified(const char *status, const char *as_of)
{
	return alliance_is_qualified(status, day("2018-05-19"), day("2018-05-21"), day(as_of));
}

static void test_qualified(void **state)
{
	(void)state;
	assert_true(qualified("recognised", "2018-05-19"));
	assert_true(qualified("recognised", "2018-05-21"));
	assert_false(qualified("recognised", "2018-05-22")); /* no job has to run first */
	assert_true(qualified("rereview_due", "2018-05-21"));
	assert_false(qualified("rereview_due", "2018-05-22"));
	assert_true(qualified("in_rereview", "2018-09-01"));
	assert_true(qualified("rectifying", "2018-09-01"));
	assert_true(qualified("failed", "2018-05-19"));
	assert_false(qualified("failed", "2018-05-20"));
	static const char *const without[] = {"forming", "discarded", "lapsed",  "revocation_pending",
					      "revoked", "dissolved", "annulled"};
	for (size_t i = 0; i < sizeof without / sizeof *without; i++)
		assert_false(qualified(without[i], "2016-01-01"));
}

static size_t errors_of(rule_fn *rule, const struct facts *given)
{
	struct arena *arena = arena_new();
	struct findings findings;
	struct facts facts = *given;
	facts.today = (struct date){2026, 11, 15};
	findings_start(&findings, arena);
	rule(&facts, &findings);
	arena_free(arena);
	return findings.errors;
}

static void test_al_05(void **state)
{
	(void)state;
	struct money_facts money = {.alliance_status = "recognised",
				    .alliance_due_on = {2026, 11, 14},
				    .alliance_submit_deadline_on = {2026, 11, 15}};
	struct facts facts = {.money = NULL};
	assert_int_equal(errors_of(rule_al_05, &facts), 0);
	facts.money = &money;
	assert_int_equal(errors_of(rule_al_05, &facts), 0);
	money.alliance_submit_deadline_on = (struct date){2026, 11, 14};
	assert_int_equal(errors_of(rule_al_05, &facts), 1);
	money.alliance_status = "lapsed";
	assert_int_equal(errors_of(rule_al_05, &facts), 1);
}

static void test_al_07(void **state)
{
	(void)state;
	struct decision_facts decision = {.predecessor_status = NULL};
	struct parameters parameters = {0};
	const struct facts facts = {.decision = &decision, .parameters = &parameters};
	assert_int_equal(errors_of(rule_al_07, &facts), 0);
	decision.predecessor_status = "";
	assert_int_equal(errors_of(rule_al_07, &facts), 1);
	decision.predecessor_status = "recognised";
	assert_int_equal(errors_of(rule_al_07, &facts), 1);
	decision.predecessor_status = "revoked";
	decision.predecessor_ended_on = (struct date){2026, 10, 15};
	assert_int_equal(errors_of(rule_al_07, &facts), 0);
	parameters.reapply_cooling_months = 2;
	assert_int_equal(errors_of(rule_al_07, &facts), 1);
	parameters.reapply_cooling_months = 1;
	assert_int_equal(errors_of(rule_al_07, &facts), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_calendar_table),
		cmocka_unit_test(test_terms_are_anchored),
		cmocka_unit_test(test_the_official_calendar_wins),
		cmocka_unit_test(test_qualified),
		cmocka_unit_test(test_al_05),
		cmocka_unit_test(test_al_07),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
