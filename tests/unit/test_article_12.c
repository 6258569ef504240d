/* The arithmetic of article 12 against the three vectors, worked out by hand; ties, shares,
 * the limits. */
#include "rubric.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct parameters defaults = {
	.weights_recognition = {1000, 1000, 1500, 1500, 1500, 1500, 1000, 1000},
	.panel_min = 5,
	.panel_trim_from = 7,
	.pass_mean = 7000,
	.pass_criterion = 6000,
	.reject_mean = 6000,
	.vote_share_numerator = 2,
	.vote_share_denominator = 3,
	.dispersion = 3000,
};

static void assert_means(const int means[CRITERIA], const int expected[CRITERIA])
{
	for (int c = 0; c < CRITERIA; c++)
		assert_int_equal(means[c], expected[c]);
}

static const struct sheet_score V1[] = {
	{"01", {90, 88, 85, 80, 82, 86, 78, 84}, VOTE_RECOGNISE, true},
	{"02", {85, 80, 78, 75, 80, 82, 70, 76}, VOTE_RECOGNISE, true},
	{"03", {92, 90, 88, 86, 84, 90, 80, 88}, VOTE_RECOGNISE, true},
	{"04", {80, 78, 75, 72, 70, 76, 68, 74}, VOTE_RECOGNISE, true},
	{"05", {75, 72, 70, 65, 68, 70, 60, 66}, VOTE_REVISE, true},
};

static void first_vector_is_recognised(void **state)
{
	(void)state;
	static const int totals[] = {8395, 7835, 8720, 7395, 6825};
	static const int means[CRITERIA] = {8440, 8160, 7920, 7560, 7680, 8080, 7120, 7760};
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(sheet_total(V1[i].scores, defaults.weights_recognition), totals[i]);
	struct evaluation_result result = evaluation_compute(V1, 5, &defaults);
	assert_int_equal(result.result, VOTE_RECOGNISE);
	assert_int_equal(result.mean, 7834);
	assert_means(result.criterion_means, means);
	assert_int_equal(result.counted, 5);
	assert_int_equal(result.kept, 5);
	assert_int_equal(result.recognise_votes, 4);
	assert_int_equal(result.revise_votes, 1);
	assert_false(result.dispersion_alert);
}

static void first_vector_with_the_weights_of_a_rereview(void **state)
{
	(void)state;
	struct parameters rereview = defaults;
	static const int weights[CRITERIA] = {500, 500, 1000, 1500, 1500, 1500, 1500, 2000};
	memcpy(rereview.weights_recognition, weights, sizeof weights);
	struct evaluation_result result = evaluation_compute(V1, 5, &rereview);
	assert_int_equal(result.mean, 7740);
	assert_int_equal(result.result, VOTE_RECOGNISE);
}

static void second_vector_is_trimmed_and_revised(void **state)
{
	(void)state;
	static const struct sheet_score sheets[] = {
		{"01", {90, 88, 85, 80, 82, 86, 58, 84}, VOTE_RECOGNISE, true},
		{"02", {85, 80, 78, 75, 80, 82, 55, 76}, VOTE_RECOGNISE, true},
		{"03", {92, 90, 88, 86, 84, 90, 62, 88}, VOTE_RECOGNISE, true},
		{"04", {80, 78, 75, 72, 70, 76, 60, 74}, VOTE_RECOGNISE, true},
		{"05", {88, 84, 82, 80, 78, 82, 59, 80}, VOTE_RECOGNISE, true},
		{"06", {100, 100, 100, 100, 100, 100, 100, 100}, VOTE_RECOGNISE, true},
		{"07", {40, 40, 40, 40, 40, 40, 40, 40}, VOTE_REJECT, false},
	};
	static const int totals[] = {8195, 7685, 8540, 7315, 7940, 10000, 4000};
	static const int means[CRITERIA] = {8700, 8400, 8160, 7860, 7880, 8320, 5880, 8040};
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(sheet_total(sheets[i].scores, defaults.weights_recognition), totals[i]);
	struct evaluation_result result = evaluation_compute(sheets, 7, &defaults);
	assert_int_equal(result.dropped_high, 5);
	assert_int_equal(result.dropped_low, 6);
	assert_int_equal(result.kept, 5);
	assert_int_equal(result.mean, 7935);
	assert_means(result.criterion_means, means);
	assert_int_equal(result.policy_objections, 1);
	assert_int_equal(result.result, VOTE_REVISE); /* C7 is below 60 */
	assert_true(result.dispersion_alert);         /* 10000 - 4000, over all sheets */
}

static void third_vector_is_rejected(void **state)
{
	(void)state;
	static const struct sheet_score sheets[] = {
		{"01", {60, 58, 55, 50, 52, 56, 48, 54}, VOTE_REJECT, true},
		{"02", {62, 60, 58, 55, 57, 60, 50, 56}, VOTE_REVISE, true},
		{"03", {55, 50, 52, 48, 50, 54, 45, 50}, VOTE_REJECT, true},
		{"04", {70, 66, 64, 60, 62, 66, 58, 60}, VOTE_REVISE, true},
		{"05", {58, 56, 54, 50, 52, 55, 50, 52}, VOTE_REJECT, true},
	};
	static const int totals[] = {5395, 5730, 5060, 6320, 5325};
	static const int means[CRITERIA] = {6100, 5800, 5660, 5260, 5460, 5820, 5020, 5440};
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(sheet_total(sheets[i].scores, defaults.weights_recognition), totals[i]);
	struct evaluation_result result = evaluation_compute(sheets, 5, &defaults);
	assert_int_equal(result.mean, 5566);
	assert_means(result.criterion_means, means);
	assert_int_equal(result.result, VOTE_REJECT);
	assert_int_equal(result.reject_votes, 3);
	assert_false(result.dispersion_alert);
}

/* n sheets of one score each; the id of sheet i is given. */
static void flat(struct sheet_score *sheets, const int *scores, const char *const *ids, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		sheets[i] = (struct sheet_score){ids[i], {0}, VOTE_RECOGNISE, true};
		for (int c = 0; c < CRITERIA; c++)
			sheets[i].scores[c] = scores[i];
	}
}

static void a_tie_drops_the_lowest_sheet_id(void **state)
{
	(void)state;
	static const char *const ids[] = {"0c", "0a", "0b", "0d", "0g", "0f", "0e"};
	static const int scores[] = {90, 90, 80, 80, 70, 70, 75};
	struct sheet_score sheets[7];
	flat(sheets, scores, ids, 7);
	struct evaluation_result result = evaluation_compute(sheets, 7, &defaults);
	assert_int_equal(result.dropped_high, 1); /* 0a before 0c */
	assert_int_equal(result.dropped_low, 5);  /* 0f before 0g */
	assert_int_equal(result.mean, 7900);      /* 90 80 80 70 75 */
}

static void seven_equal_sheets_lose_two_distinct_ones(void **state)
{
	(void)state;
	static const char *const ids[] = {"07", "06", "05", "04", "03", "02", "01"};
	static const int scores[] = {80, 80, 80, 80, 80, 80, 80};
	struct sheet_score sheets[7];
	flat(sheets, scores, ids, 7);
	struct evaluation_result result = evaluation_compute(sheets, 7, &defaults);
	assert_int_equal(result.dropped_high, 6);
	assert_int_equal(result.dropped_low, 5);
	assert_int_equal(result.kept, 5);
	assert_int_equal(result.mean, 8000);
}

static void six_sheets_are_not_trimmed(void **state)
{
	(void)state;
	static const char *const ids[] = {"01", "02", "03", "04", "05", "06"};
	static const int scores[] = {100, 80, 80, 80, 80, 60};
	struct sheet_score sheets[6];
	flat(sheets, scores, ids, 6);
	struct evaluation_result result = evaluation_compute(sheets, 6, &defaults);
	assert_int_equal(result.kept, 6);
	assert_int_equal(result.dropped_high, SIZE_MAX);
	assert_int_equal(result.mean, 8000);
	assert_true(result.dispersion_alert); /* 4000 > 3000 */
}

/* Two thirds are rounded up: 4 of 5, 5 of 7. */
static void votes_are_rounded_up(void **state)
{
	(void)state;
	static const char *const ids[] = {"01", "02", "03", "04", "05", "06", "07"};
	static const int scores[] = {80, 80, 80, 80, 80, 80, 80};
	struct sheet_score sheets[7];
	flat(sheets, scores, ids, 5);
	sheets[0].vote = VOTE_REVISE;
	assert_int_equal(evaluation_compute(sheets, 5, &defaults).result, VOTE_RECOGNISE);
	sheets[1].vote = VOTE_REVISE;
	assert_int_equal(evaluation_compute(sheets, 5, &defaults).result, VOTE_REVISE);
	flat(sheets, scores, ids, 7);
	sheets[0].vote = sheets[1].vote = VOTE_REVISE;
	assert_int_equal(evaluation_compute(sheets, 7, &defaults).result, VOTE_RECOGNISE);
	sheets[2].vote = VOTE_REVISE;
	assert_int_equal(evaluation_compute(sheets, 7, &defaults).result, VOTE_REVISE);
}

static void policy_objections_of_half_the_sheets_block(void **state)
{
	(void)state;
	static const char *const ids[] = {"01", "02", "03", "04", "05", "06"};
	static const int scores[] = {80, 80, 80, 80, 80, 80};
	struct sheet_score sheets[6];
	flat(sheets, scores, ids, 6);
	sheets[0].policy_compliant = sheets[1].policy_compliant = false;
	assert_int_equal(evaluation_compute(sheets, 6, &defaults).result, VOTE_RECOGNISE);
	sheets[2].policy_compliant = false;
	assert_int_equal(evaluation_compute(sheets, 6, &defaults).result, VOTE_REVISE);
	flat(sheets, scores, ids, 5);
	sheets[0].policy_compliant = sheets[1].policy_compliant = false;
	assert_int_equal(evaluation_compute(sheets, 5, &defaults).result, VOTE_RECOGNISE); /* 2 < 2.5 */
}

static void more_than_half_against_rejects(void **state)
{
	(void)state;
	static const char *const ids[] = {"01", "02", "03", "04", "05", "06"};
	static const int scores[] = {80, 80, 80, 80, 80, 80};
	struct sheet_score sheets[6];
	flat(sheets, scores, ids, 6);
	sheets[0].vote = sheets[1].vote = sheets[2].vote = VOTE_REJECT;
	assert_int_equal(evaluation_compute(sheets, 6, &defaults).result, VOTE_REVISE);
	sheets[3].vote = VOTE_REJECT;
	assert_int_equal(evaluation_compute(sheets, 6, &defaults).result, VOTE_REJECT);
}

static void limits_are_inclusive(void **state)
{
	(void)state;
	static const char *const ids[] = {"01", "02", "03", "04", "05"};
	int scores[] = {70, 70, 70, 70, 70};
	struct sheet_score sheets[5];
	flat(sheets, scores, ids, 5);
	assert_int_equal(evaluation_compute(sheets, 5, &defaults).result, VOTE_RECOGNISE); /* 7000 and 7000 */
	scores[0] = 69;
	flat(sheets, scores, ids, 5);
	assert_int_equal(evaluation_compute(sheets, 5, &defaults).mean, 6980);
	assert_int_equal(evaluation_compute(sheets, 5, &defaults).result, VOTE_REVISE);
	static const int sixty[] = {60, 60, 60, 60, 60};
	flat(sheets, sixty, ids, 5);
	assert_int_equal(evaluation_compute(sheets, 5, &defaults).result,
			 VOTE_REVISE); /* 6000 is not below 6000 */
	static const int spread[] = {90, 60, 75, 75, 75};
	flat(sheets, spread, ids, 5);
	assert_false(evaluation_compute(sheets, 5, &defaults).dispersion_alert); /* 3000 is not above 3000 */
}

static void the_rubric_is_article_12(void **state)
{
	(void)state;
	static const size_t counts[CRITERIA] = {6, 5, 5, 6, 6, 7, 3, 3};
	size_t questions = 0;
	for (size_t c = 0; c < CRITERIA; c++) {
		assert_int_equal(criteria[c].question_count, counts[c]);
		questions += criteria[c].question_count;
		for (size_t q = 0; q < criteria[c].question_count; q++) {
			assert_true(!strncmp(criteria[c].questions[q].code, criteria[c].code, 2));
			assert_int_equal(criteria[c].questions[q].code[3], (int)('1' + (int)q));
		}
	}
	assert_int_equal(questions, QUESTION_COUNT);
	assert_int_equal(weights_sum(defaults.weights_recognition), 10000);
}

static void votes_have_names(void **state)
{
	(void)state;
	assert_int_equal(vote_parse("recognise"), VOTE_RECOGNISE);
	assert_int_equal(vote_parse("revise"), VOTE_REVISE);
	assert_int_equal(vote_parse("reject"), VOTE_REJECT);
	assert_int_equal(vote_parse("abstain"), VOTE_NONE);
	assert_int_equal(vote_parse(NULL), VOTE_NONE);
	assert_string_equal(vote_name(VOTE_REJECT), "reject");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_vector_is_recognised),
		cmocka_unit_test(first_vector_with_the_weights_of_a_rereview),
		cmocka_unit_test(second_vector_is_trimmed_and_revised),
		cmocka_unit_test(third_vector_is_rejected),
		cmocka_unit_test(a_tie_drops_the_lowest_sheet_id),
		cmocka_unit_test(seven_equal_sheets_lose_two_distinct_ones),
		cmocka_unit_test(six_sheets_are_not_trimmed),
		cmocka_unit_test(votes_are_rounded_up),
		cmocka_unit_test(policy_objections_of_half_the_sheets_block),
		cmocka_unit_test(more_than_half_against_rejects),
		cmocka_unit_test(limits_are_inclusive),
		cmocka_unit_test(the_rubric_is_article_12),
		cmocka_unit_test(votes_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
