/* Articles 12, 13 and 17, the rules of panels, conflicts and experts: each passing and failing. Expected
 * values by hand from the rules. */
#include "facts.h"
#include "facts_evaluation.h"
#include "rubric.h"
#include "rules_decl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SEATS 7

static struct arena *arena;
static struct parameters parameters;
static struct employment jobs[SEATS];
static struct panel_seat seats[SEATS];
static struct evaluation_facts evaluation;
static struct facts facts;
static struct findings findings;
static json_t *input;

static const struct institution institutions[] = {
	{"91610526PDY00001X4", "蒲城云梨果业", "蒲城云梨果业", "lead"},
	{"12610000PDY000167G", "秦岭工业大学", "秦岭工业大学", "member"},
	{NULL, "蒲城县科技局", "蒲城县科技局", "recommender"},
};
static const struct governance_person persons[] = {
	{"梁顾问", "梁顾问", "12610000PDY000167G", "秦岭工业大学"},
	{"吕秘书", "吕秘书", NULL, NULL},
};

static const char *text(const char *format, size_t i)
{
	char *copy = arena_strdup(arena, format);
	copy[strlen(copy) - 1] = (char)('0' + (int)i);
	return copy;
}

/* Five experts who have accepted, four of the field, one of finance; nobody in conflict. */
static int start(void **state)
{
	(void)state;
	arena = arena_new();
	parameters = (struct parameters){.panel_min = 5,
					 .panel_field_share_percent = 60,
					 .panel_finance_min = 1,
					 .coi_months = 36,
					 .rectify_rounds = 1};
	for (size_t i = 0; i < SEATS; i++) {
		jobs[i] = (struct employment){
			text("code0", i), text("unit0", i), text("unit0", i), {2010, 7, 1}, {0}};
		seats[i] = (struct panel_seat){
			.sheet_id = text("sheet0", i),
			.expert_id = text("expert0", i),
			.name = text("name0", i),
			.name_key = text("name0", i),
			.status = "accepted",
			.kind = i == 4 ? "finance" : "technical",
			.employer_credit_code = jobs[i].credit_code,
			.employer_name = jobs[i].name,
			.employer_key = jobs[i].name_key,
			.expert_status = "active",
			.valid_until = {2027, 1, 1},
			.carries_field = i != 4,
			.is_declared = true,
			.employments = &jobs[i],
			.employment_count = 1,
		};
	}
	evaluation = (struct evaluation_facts){
		.application_status = "accepted",
		.application_kind = "recognition",
		.application_round = 1,
		.snapshot_sha256 = "aa",
		.material_sha256 = "aa",
		.panel_id = "panel",
		.panel_status = "draft",
		.weights = {1000, 1000, 1500, 1500, 1500, 1500, 1000, 1000},
		.due_on = {2026, 11, 30},
		.chair_expert_id = "expert0",
		.seats = seats,
		.seat_count = 5,
		.institutions = institutions,
		.institution_count = 3,
		.persons = persons,
		.person_count = 2,
	};
	facts = (struct facts){.today = {2026, 11, 15},
			       .parameters = &parameters,
			       .status = "draft",
			       .evaluation = &evaluation};
	input = NULL;
	findings_start(&findings, arena);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	json_decref(input);
	arena_free(arena);
	return 0;
}

/* How many faults the rule finds now. */
static size_t faults(rule_fn *rule)
{
	findings_start(&findings, arena);
	rule(&facts, &findings);
	return findings.errors;
}

static void give(json_t *value)
{
	json_decref(input);
	input = value;
	facts.input = input;
}

static void ev_01_odd_and_enough(void **state)
{
	(void)state;
	assert_int_equal(faults(rule_ev_01), 0);
	seats[4].status = "invited";
	assert_int_equal(faults(rule_ev_01), 1);
	seats[4].status = "accepted";
	evaluation.seat_count = 6;
	assert_int_equal(faults(rule_ev_01), 1);
	evaluation.seat_count = 7;
	assert_int_equal(faults(rule_ev_01), 0);
}

static void ev_01_sheets_at_closing(void **state)
{
	(void)state;
	facts.status = "scoring";
	for (size_t i = 0; i < 5; i++)
		seats[i].status = "submitted";
	assert_int_equal(faults(rule_ev_01), 0);
	seats[0].status = "recused";
	assert_int_equal(faults(rule_ev_01), 1);
	evaluation.seat_count = 7;
	seats[5].status = seats[6].status = "submitted";
	assert_int_equal(faults(rule_ev_01), 0); /* six are enough: at closing the number need not be odd */
}

static void ev_02_field_and_finance(void **state)
{
	(void)state;
	assert_int_equal(faults(rule_ev_02), 0);
	seats[0].carries_field = false;
	assert_int_equal(faults(rule_ev_02), 0); /* 3 of 5 are 60 % */
	seats[1].carries_field = false;
	assert_int_equal(faults(rule_ev_02), 1);
	seats[4].kind = "technical";
	assert_int_equal(faults(rule_ev_02), 2);
	seats[4].kind = "management";
	assert_int_equal(faults(rule_ev_02), 1);
}

static void ev_03_employers(void **state)
{
	(void)state;
	assert_int_equal(faults(rule_ev_03), 0);
	seats[1].employer_credit_code = seats[0].employer_credit_code;
	assert_int_equal(faults(rule_ev_03), 1);
	seats[1].status = "recused";
	assert_int_equal(faults(rule_ev_03), 0);
	seats[2].employer_key = "渭南市科学技术局";
	assert_int_equal(faults(rule_ev_03), 1);
	evaluation.candidate = &seats[5];
	assert_int_equal(faults(rule_ev_03), 0);
	seats[5].employer_key = seats[3].employer_key;
	assert_int_equal(faults(rule_ev_03), 1);
}

static void ev_04_no_conflict_and_signed(void **state)
{
	(void)state;
	assert_int_equal(faults(rule_ev_04), 0);
	seats[0].is_declared = false;
	assert_int_equal(faults(rule_ev_04), 1);
	jobs[1].credit_code = "12610000PDY000167G";
	assert_int_equal(faults(rule_ev_04), 2);
	seats[2].name_key = "吕秘书";
	assert_int_equal(faults(rule_ev_04), 3);
	seats[3].nominated_here = true;
	assert_int_equal(faults(rule_ev_04), 4);
	for (size_t i = 0; i < 4; i++)
		seats[i].status = "declined";
	assert_int_equal(faults(rule_ev_04), 0);
}

static void ev_05_chair_holds_a_seat(void **state)
{
	(void)state;
	assert_int_equal(faults(rule_ev_05), 0);
	give(json_pack("{s:s}", "chair_expert_id", "expert3"));
	assert_int_equal(faults(rule_ev_05), 0);
	seats[3].status = "invited";
	assert_int_equal(faults(rule_ev_05), 1);
	give(json_pack("{s:s}", "chair_expert_id", "somebody"));
	assert_int_equal(faults(rule_ev_05), 1);
	evaluation.chair_expert_id = NULL;
	give(json_object());
	assert_int_equal(faults(rule_ev_05), 1);
}

static void ev_06_weights(void **state)
{
	(void)state;
	assert_int_equal(faults(rule_ev_06), 0);
	evaluation.weights[7] = 999;
	assert_int_equal(faults(rule_ev_06), 1);
	evaluation.weights[7] = -1000;
	evaluation.weights[6] = 3000;
	assert_int_equal(faults(rule_ev_06), 1); /* the sum alone is not enough */
	evaluation.panel_id = NULL;
	assert_int_equal(faults(rule_ev_06), 1); /* the parameters have none */
}

static void ev_07_complete_sheet(void **state)
{
	(void)state;
	json_t *scores = json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "C1", 60, "C2", 0, "C3", 100,
				   "C4", 80, "C5", 80, "C6", 80, "C7", 80, "C8", 80);
	json_t *comments = json_pack("{s:s}", "C2", "创新链条尚不完整须补充说明");
	struct sheet_facts sheet = {
		.scores = scores, .comments = comments, .vote = "revise", .has_policy_compliant = true};
	evaluation.sheet = &sheet;
	assert_int_equal(faults(rule_ev_07), 0);
	assert_int_equal(findings.warnings, 1); /* the check questions are open: remarked, not refused */
	json_object_set_new(comments, "C2", json_string("不完整"));
	assert_int_equal(faults(rule_ev_07), 1);
	json_object_del(scores, "C3");
	assert_int_equal(faults(rule_ev_07), 2);
	sheet.vote = NULL;
	sheet.has_policy_compliant = false;
	assert_int_equal(faults(rule_ev_07), 4);
	json_decref(scores);
	json_decref(comments);
}

static void ev_12_note(void **state)
{
	(void)state;
	give(json_object());
	evaluation.is_closed = true;
	assert_int_equal(faults(rule_ev_12), 0);
	evaluation.has_dispersion_alert = true;
	assert_int_equal(faults(rule_ev_12), 1);
	give(json_pack("{s:s}", "dispersion_note", "差异源于对机制成熟度的不同判断"));
	assert_int_equal(faults(rule_ev_12), 0);
}

static void coi_1_employers_of_the_last_months(void **state)
{
	(void)state;
	evaluation.candidate = &seats[5];
	assert_int_equal(faults(rule_coi_1), 0);
	jobs[5].credit_code = "91610526PDY00001X4";
	assert_int_equal(faults(rule_coi_1), 1);
	jobs[5].to_on = (struct date){2023, 11, 15};
	assert_int_equal(faults(rule_coi_1), 1);
	jobs[5].to_on = (struct date){2023, 11, 14};
	assert_int_equal(faults(rule_coi_1), 0);
	jobs[5] = (struct employment){"other", "蒲城县科技局", "蒲城县科技局", {2020, 1, 1}, {0}};
	assert_int_equal(faults(rule_coi_1), 1); /* the recommender, by its name */
}

static void coi_2_bodies_of_the_alliance(void **state)
{
	(void)state;
	evaluation.candidate = &seats[5];
	assert_int_equal(faults(rule_coi_2), 0);
	seats[5].name_key = "吕秘书";
	assert_int_equal(faults(rule_coi_2), 1);
	seats[5].name_key = "梁顾问";
	assert_int_equal(faults(rule_coi_2), 0); /* the adviser is of another unit: a namesake */
	jobs[5].credit_code = "12610000PDY000167G";
	assert_int_equal(faults(rule_coi_2), 1);
}

static void coi_3_4_5_declared(void **state)
{
	(void)state;
	rule_fn *const rules_of[] = {rule_coi_3, rule_coi_4, rule_coi_5};
	static const char *const members[] = {"relative", "shares_or_fees", "joint_work"};
	for (size_t i = 0; i < 3; i++) {
		facts.input = NULL;
		assert_int_equal(faults(rules_of[i]), 0);
		give(json_object());
		assert_int_equal(faults(rules_of[i]), 1);
		give(json_pack("{s:{s:b}}", "declaration", members[i], 1));
		assert_int_equal(faults(rules_of[i]), 1);
		give(json_pack("{s:{s:b}}", "declaration", members[i], 0));
		assert_int_equal(faults(rules_of[i]), 0);
	}
}

static void coi_6_nominated_by_this_alliance(void **state)
{
	(void)state;
	evaluation.candidate = &seats[5];
	assert_int_equal(faults(rule_coi_6), 0);
	seats[5].nominated_here = true;
	assert_int_equal(faults(rule_coi_6), 1);
}

static void coi_7_is_only_remarked(void **state)
{
	(void)state;
	struct avoided_person avoided[] = {{"name5", NULL}};
	evaluation.candidate = &seats[5];
	assert_int_equal(faults(rule_coi_7), 0);
	assert_int_equal(findings.warnings, 0);
	evaluation.avoided = avoided;
	evaluation.avoided_count = 1;
	assert_int_equal(faults(rule_coi_7), 0);
	assert_int_equal(findings.warnings, 1);
}

static void coi_8_at_most_half_sat_before(void **state)
{
	(void)state;
	evaluation.candidate = &seats[5];
	seats[0].sat_before = seats[1].sat_before = seats[2].sat_before = seats[5].sat_before = true;
	assert_int_equal(faults(rule_coi_8), 0); /* a recognition: no panel before */
	evaluation.application_kind = "rereview";
	assert_int_equal(faults(rule_coi_8), 1); /* 4 of 6 */
	seats[0].sat_before = false;
	assert_int_equal(faults(rule_coi_8), 0); /* 3 of 6 */
}

static void ex_01_who_may_be_entered(void **state)
{
	(void)state;
	const char *const unknown[] = {"F99"};
	struct expert_facts expert = {.name = "林专家",
				      .employer_name = "秦岭工业大学",
				      .employer_credit_code = "12610000PDY000167G",
				      .title_rank = "associate_senior",
				      .field_count = 1,
				      .has_consent = true};
	evaluation.expert = &expert;
	assert_int_equal(faults(rule_ex_01), 0);
	expert.title_rank = "intermediate";
	assert_int_equal(faults(rule_ex_01), 1);
	expert.has_consent = false;
	expert.field_count = 0;
	assert_int_equal(faults(rule_ex_01), 3);
	expert.unknown_fields = unknown;
	expert.unknown_field_count = 1;
	expert.employer_credit_code = "12610000PDY000167X";
	expert.name = " ";
	expert.employer_name = NULL;
	assert_int_equal(faults(rule_ex_01), 7);
}

static void ex_02_record_and_twin(void **state)
{
	(void)state;
	struct expert_facts expert = {.name = "林专家"};
	evaluation.expert = &expert;
	assert_int_equal(faults(rule_ex_02), 0);
	expert.has_integrity_record = true;
	assert_int_equal(faults(rule_ex_02), 1);
	expert.is_duplicate = true;
	assert_int_equal(faults(rule_ex_02), 2);
}

static void ex_03_active_and_valid(void **state)
{
	(void)state;
	evaluation.candidate = &seats[5];
	assert_int_equal(faults(rule_ex_03), 0);
	seats[5].valid_until = facts.today;
	assert_int_equal(faults(rule_ex_03), 0);
	seats[5].valid_until = (struct date){2026, 11, 14};
	assert_int_equal(faults(rule_ex_03), 1);
	seats[5].valid_until = (struct date){2027, 1, 1};
	seats[5].expert_status = "suspended";
	assert_int_equal(faults(rule_ex_03), 1);
}

static void tr_11_revision_and_rounds(void **state)
{
	(void)state;
	evaluation.result = "revise";
	assert_int_equal(faults(rule_tr_11), 0);
	evaluation.application_round = 2;
	assert_int_equal(faults(rule_tr_11), 1);
	evaluation.result = "reject";
	assert_int_equal(faults(rule_tr_11), 2);
}

static void tr_13_to_tr_16(void **state)
{
	(void)state;
	assert_int_equal(faults(rule_tr_13), 0);
	evaluation.application_status = "evaluating";
	evaluation.has_other_panel = true;
	assert_int_equal(faults(rule_tr_13), 2);
	assert_int_equal(faults(rule_tr_14), 0);
	evaluation.snapshot_sha256 = "bb";
	assert_int_equal(faults(rule_tr_14), 1);
	assert_int_equal(faults(rule_tr_15), 1);
	for (size_t i = 0; i < 4; i++)
		seats[i].status = "submitted";
	assert_int_equal(faults(rule_tr_16), 1);
	seats[4].status = "replaced";
	assert_int_equal(faults(rule_tr_15), 0);
	seats[0].status = "recused";
	assert_int_equal(faults(rule_tr_16), 0);
}

static void tr_17_to_tr_24(void **state)
{
	(void)state;
	struct sheet_facts sheet = {.answer_due_on = {2026, 11, 14}};
	assert_int_equal(faults(rule_tr_17), 1);
	evaluation.actor_is_chair = true;
	assert_int_equal(faults(rule_tr_17), 0);
	give(json_pack("{s:s, s:s}", "opinion", "同意", "comment", "亲属"));
	assert_int_equal(faults(rule_tr_18), 1);
	assert_int_equal(faults(rule_tr_19), 1);
	give(json_pack("{s:s, s:s}", "opinion", "专家组一致认为该联盟符合认定条件，建议予以认定。", "comment",
		       "与成员单位存在合作"));
	assert_int_equal(faults(rule_tr_18), 0);
	assert_int_equal(faults(rule_tr_19), 0);
	evaluation.due_on = facts.today;
	assert_int_equal(faults(rule_tr_21), 1);
	evaluation.due_on = (struct date){2026, 11, 14};
	assert_int_equal(faults(rule_tr_21), 0);
	assert_int_equal(faults(rule_tr_22), 1);
	assert_int_equal(faults(rule_tr_23), 0);
	evaluation.panel_status = "scoring";
	assert_int_equal(faults(rule_tr_22), 0);
	evaluation.panel_status = "closed";
	assert_int_equal(faults(rule_tr_23), 1);
	evaluation.sheet = &sheet;
	assert_int_equal(faults(rule_tr_24), 0);
	sheet.answer_due_on = facts.today;
	assert_int_equal(faults(rule_tr_24), 1);
}

/* EV-13: whoever may not learn about the seats learns nothing from a rule either. */
static void sealed_facts_say_nothing(void **state)
{
	(void)state;
	rule_fn *const all[] = {rule_ev_01, rule_ev_02, rule_ev_03, rule_ev_04, rule_ev_05,
				rule_coi_1, rule_coi_2, rule_coi_6, rule_coi_7, rule_coi_8,
				rule_ex_03, rule_tr_15, rule_tr_16};
	evaluation.is_sealed = true;
	evaluation.candidate = &seats[5];
	evaluation.seat_count = 0;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		assert_int_equal(faults(all[i]) + findings.warnings, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
	const struct CMUnitTest tests[] = {
		TEST(ev_01_odd_and_enough),
		TEST(ev_01_sheets_at_closing),
		TEST(ev_02_field_and_finance),
		TEST(ev_03_employers),
		TEST(ev_04_no_conflict_and_signed),
		TEST(ev_05_chair_holds_a_seat),
		TEST(ev_06_weights),
		TEST(ev_07_complete_sheet),
		TEST(ev_12_note),
		TEST(coi_1_employers_of_the_last_months),
		TEST(coi_2_bodies_of_the_alliance),
		TEST(coi_3_4_5_declared),
		TEST(coi_6_nominated_by_this_alliance),
		TEST(coi_7_is_only_remarked),
		TEST(coi_8_at_most_half_sat_before),
		TEST(ex_01_who_may_be_entered),
		TEST(ex_02_record_and_twin),
		TEST(ex_03_active_and_valid),
		TEST(tr_11_revision_and_rounds),
		TEST(tr_13_to_tr_16),
		TEST(tr_17_to_tr_24),
		TEST(sealed_facts_say_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
