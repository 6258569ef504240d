/* Parameters in force on a date, and the lifecycle's look-ups. */
#include "facts.h"
#include "lifecycle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define FROM                                                                                                 \
	{                                                                                                    \
		2015, 5, 19                                                                                  \
	}
#define OPEN_END                                                                                             \
	{                                                                                                    \
		0, 0, 0                                                                                      \
	}
#define INTEGER_KEYS(ROW)                                                                                    \
	ROW("council.min_units", "3")                                                                        \
	ROW("advisory.min", "3")                                                                             \
	ROW("standing.min_full_time", "1")                                                                   \
	ROW("roadmap.months", "12")                                                                          \
	ROW("endorse.wd", "10")                                                                              \
	ROW("accept.wd", "5")                                                                                \
	ROW("correct.wd", "10")                                                                              \
	ROW("invite.wd", "3")                                                                                \
	ROW("resubmit.days", "30")                                                                           \
	ROW("panel.min", "5")                                                                                \
	ROW("panel.field_share", "60")                                                                       \
	ROW("panel.finance_min", "1")                                                                        \
	ROW("panel.trim_from", "7")                                                                          \
	ROW("panel.days", "15")                                                                              \
	ROW("coi.months", "36")                                                                              \
	ROW("pass.mean", "7000")                                                                             \
	ROW("pass.criterion", "6000")                                                                        \
	ROW("reject.mean", "6000")                                                                           \
	ROW("dispersion", "3000")                                                                            \
	ROW("rectify.days", "90")                                                                            \
	ROW("rectify.rounds", "1")                                                                           \
	ROW("decide.days", "30")                                                                             \
	ROW("rereview.years", "3")                                                                           \
	ROW("rereview.window_days", "180")                                                                   \
	ROW("rereview.grace_days", "30")                                                                     \
	ROW("expert.years", "3")                                                                             \
	ROW("reapply.cooling_months", "0")                                                                   \
	ROW("attachment.max_mib", "20")

static struct parameter_row rows[] = {
#define ROW(key, value) {key, value, FROM, OPEN_END},
	INTEGER_KEYS(ROW)
#undef ROW
		{"core.count_financial", "true", FROM, OPEN_END},
	{"deadline.roll_to_workday", "true", FROM, OPEN_END},
	{"vote.share", "2/3", FROM, OPEN_END},
	{"weights.recognition", "1000,1000,1500,1500,1500,1500,1000,1000", FROM, OPEN_END},
	{"core.min", "10", FROM, {2026, 12, 31}},
	{"core.min", "12", {2027, 1, 1}, OPEN_END},
};
enum { ROWS = sizeof rows / sizeof *rows };

static void resolves_by_date(void **state)
{
	(void)state;
	struct parameters parameters;
	assert_null(parameters_resolve(rows, ROWS, (struct date){2026, 12, 31}, &parameters));
	assert_int_equal(parameters.core_min, 10);
	assert_null(parameters_resolve(rows, ROWS, (struct date){2027, 1, 1}, &parameters));
	assert_int_equal(parameters.core_min, 12);
	assert_true(parameters.core_count_financial);
	assert_int_equal(parameters.vote_share_numerator, 2);
	assert_int_equal(parameters.vote_share_denominator, 3);
	assert_int_equal(parameters.weights_recognition[2], 1500);
	assert_int_equal(parameters.weights_recognition[7], 1000);
}

static void names_the_key_that_is_missing_or_unreadable(void **state)
{
	(void)state;
	struct parameters parameters;
	assert_string_equal(parameters_resolve(rows, ROWS, (struct date){2015, 5, 18}, &parameters),
			    "core.min");
	struct parameter_row *share = &rows[ROWS - 4];
	assert_string_equal(share->key, "vote.share");
	const char *const wrong[] = {"2", "2/0", "two/3", "2/3x", ""};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		share->value = wrong[i];
		assert_string_equal(parameters_resolve(rows, ROWS, (struct date){2026, 1, 1}, &parameters),
				    "vote.share");
	}
	share->value = "2/3";
}

static void finds_only_lawful_steps(void **state)
{
	(void)state;
	const struct lifecycle_row *row = lifecycle_find(MACHINE_APP, "draft", "submit");
	assert_non_null(row);
	assert_string_equal(row->to, "submitted");
	assert_int_equal(row->roles, ROLE_lead);
	assert_null(lifecycle_find(MACHINE_APP, "draft", "issue"));
	assert_null(lifecycle_find(MACHINE_END, "draft", "submit"));
	assert_true(lifecycle_has_action(MACHINE_APP, "issue"));
	assert_false(lifecycle_has_action(MACHINE_APP, "open_scoring"));
	assert_int_equal(rule_find("AP-09"), RULE_AP_09);
	assert_int_equal(rule_find("XX-01"), RULE_NONE);
}

static void makes_one_problem_of_all_errors(void **state)
{
	(void)state;
	struct arena *arena = arena_new();
	struct findings findings;
	findings_start(&findings, arena);
	assert_null(findings_problem(&findings));
	finding_warn(&findings, RULE_AP_29, NULL, NULL, NULL);
	assert_null(findings_problem(&findings));
	finding_add(&findings, RULE_AP_09, "#/form/members", "九家", "nine");
	finding_add(&findings, RULE_AP_05, "#/form/members", NULL, NULL);
	struct problem *problem = findings_problem(&findings);
	assert_non_null(problem);
	assert_int_equal(problem_status(problem), 422);
	assert_string_equal(problem->errors->code, "AP-09");
	assert_string_equal(problem->errors->article, "6(2)");
	assert_string_equal(problem->errors->next->code, "AP-05");
	assert_string_equal(problem->errors->next->detail_en, rules[RULE_AP_05].en);
	assert_null(problem->errors->next->next);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resolves_by_date),
		cmocka_unit_test(names_the_key_that_is_missing_or_unreadable),
		cmocka_unit_test(finds_only_lawful_steps),
		cmocka_unit_test(makes_one_problem_of_all_errors),
	};
	return cmocka_run_group_tests_name("parameters", tests, NULL, NULL);
}
