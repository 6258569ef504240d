/* Articles 1 to 5, 7 to 11 (with 14 and 20), and what 12, 13 and 15 say about an application: name, unit,
 * papers, opinion, correction. */
#include "application_fixture.h"
#include "form.h"

static void test_article_20_in_force(void **state)
{
	(void)state;
	met(rule_ap_01);
	fixture.application.policy_in_force = false;
	refused(rule_ap_01, NULL, 1);
	fixture.application.policy_in_force = true;
	fixture.facts.today = (struct date){2015, 5, 19};
	met(rule_ap_01);
	fixture.facts.today = (struct date){2015, 5, 18};
	refused(rule_ap_01, NULL, 1);
}

static void test_article_1_the_name(void **state)
{
	(void)state;
	silent(rule_ap_02);
	fixture.application.name_is_taken = true;
	refused(rule_ap_02, "#/name", 1);
	fixture.application.name_is_taken = false;
	fixture.application.name = "秦东果业联盟";
	warned(rule_ap_02, "#/name");
	fixture.application.name = "三个字";
	refused(rule_ap_02, "#/name", 1);
}

static void test_articles_2_4_5_warn(void **state)
{
	(void)state;
	silent(rule_ap_32);
	form_set("basic/strategic_tags", json_array());
	warned(rule_ap_32, "#/form/basic/strategic_tags");
	silent(rule_ap_29);
	fixture.application.lead_leads_other = true;
	warned(rule_ap_29, "#/lead_organisation_id");
	fixture.application.field_is_served = true;
	warned(rule_ap_29, "#/industry_field");
	silent(rule_ap_33);
	form_set("goals/objectives/0/baseline", NULL);
	warned(rule_ap_33, "#/form/goals/objectives");
}

static void test_articles_7_8_9_warn(void **state)
{
	(void)state;
	silent(rule_ap_22);
	form_set("plan/tasks/3", NULL);
	silent(rule_ap_22); /* a member has the task */
	json_t *members = json_object_get(fixture.form, "members");
	for (size_t i = 0; i < json_array_size(members); i++)
		json_object_set_new(json_array_get(members, i), "tasks", json_array());
	warned(rule_ap_22, "#/form/plan/tasks");
	silent(rule_ap_24);
	form_set("plan/work_items/2/principles", json_array());
	warned(rule_ap_24, "#/form/plan/work_items/2/principles");
	silent(rule_ap_23);
	form_set("plan/work_items/1/work", NULL);
	warned(rule_ap_23, "#/form/plan/work_items/1/work");
	form_set("plan/work_items", json_array());
	warned(rule_ap_23, "#/form/plan/work_items");
}

static void test_article_7_the_roadmap(void **state)
{
	(void)state;
	silent(rule_ap_25);
	attachment_lose("technology_roadmap");
	silent(rule_ap_25); /* promised for June */
	form_set("plan/roadmap/delivery_on", json_string("2027-11-15"));
	silent(rule_ap_25); /* twelve months to the day */
	form_set("plan/roadmap/delivery_on", json_string("2027-11-16"));
	warned(rule_ap_25, "#/form/plan/roadmap/delivery_on");
}

static void test_article_10_the_unit(void **state)
{
	(void)state;
	silent(rule_ap_28);
	fixture.unit.administers_lead = false;
	refused(rule_ap_28, "#/recommender_id", 1);
	fixture.unit.kind = "assoc";
	refused(rule_ap_28, "#/recommender_id", 1);
	fixture.unit.has_field = true;
	met(rule_ap_28);
	fixture.unit.is_active = false;
	refused(rule_ap_28, "#/recommender_id", 1);
	fixture.unit.is_active = true;
	fixture.unit.credit_code = "12610500PDY000060Y";
	refused(rule_ap_28, "#/recommender_id", 1); /* the host itself */
	fixture.unit.credit_code = "12610000PDY000167G";
	warned(rule_ap_28, "#/recommender_id"); /* a member */
	fixture.application.recommender = NULL;
	refused(rule_ap_28, "#/recommender_id", 1);
}

static void test_article_10_another_unit(void **state)
{
	(void)state;
	fixture.facts.status = "submitted";
	fixture.facts.input = NULL;
	silent(rule_ap_28);
	refused(rule_tr_06, NULL, 1); /* neither late nor conflicted */
	fixture.facts.today = (struct date){2026, 11, 24};
	refused(rule_tr_06, NULL, 1); /* the last day */
	fixture.facts.today = (struct date){2026, 11, 25};
	silent(rule_tr_06);
	fixture.facts.input = fixture.input;
	refused(rule_tr_06, "#/recommender_id", 1);
	input_set("recommender_id", json_string("u-1"));
	refused(rule_tr_06, "#/recommender_id", 1);
	input_set("recommender_id", json_string("u-2"));
	fixture.application.candidate = &fixture.candidate;
	silent(rule_tr_06);
	silent(rule_ap_28);
	silent(rule_en_04);
	fixture.candidate.credit_code = "91610526PDY00001X4";
	refused(rule_ap_28, "#/recommender_id", 1);
	refused(rule_en_04, NULL, 1);
	fixture.candidate.has_field = false;
	refused(rule_ap_28, "#/recommender_id", 2);
}

static void test_article_10_a_conflicted_unit_is_replaced(void **state)
{
	(void)state;
	fixture.facts.status = "submitted";
	fixture.facts.input = NULL;
	fixture.unit.credit_code = "12610000PDY000167G"; /* a member */
	silent(rule_tr_06);
}

static void opinion_fill(void)
{
	fixture.facts.status = "requested";
	input_set("signer", json_string("王示例"));
	input_set("post", json_string("局长"));
	input_set("signed_on", json_string("2026-11-15"));
	input_set("opinion_text", json_string("该联盟符合条件，同意推荐。"));
	input_set("checklist", json_pack("{s:b,s:b,s:b,s:b}", "market_law", 1, "industry_demand", 0,
					 "government_guidance", 1, "backbone_confirmed", 1));
}

static void test_article_11_the_opinion(void **state)
{
	static rule_fn *const ALL[] = {rule_en_01, rule_en_02, rule_en_03, rule_en_04, rule_en_05};
	(void)state;
	opinion_fill();
	for (size_t i = 0; i < sizeof ALL / sizeof *ALL; i++)
		met(ALL[i]);
	input_set("signed_on", json_string("2026-11-16"));
	refused(rule_en_01, "#/signed_on", 1);
	input_set("signed_on", json_string("2026-11-09"));
	refused(rule_en_01, "#/signed_on", 1); /* before it was asked for */
	input_set("post", json_string(""));
	refused(rule_en_01, "#/post", 2);
	input_set("opinion_text", json_string("同意推荐该联盟哦啊")); /* nine characters */
	refused(rule_en_02, "#/opinion_text", 1);
	fixture.attachments[12].since_request = false;
	refused(rule_en_03, "#/attachments/recommender_opinion", 1); /* the scan of an earlier opinion */
	attachment_lose("recommender_opinion");
	refused(rule_en_03, "#/attachments/recommender_opinion", 1);
	fixture.application.actor_is_applicant = true;
	refused(rule_en_04, NULL, 1);
	input_set("checklist/backbone_confirmed", json_false());
	refused(rule_en_05, "#/checklist/backbone_confirmed", 1);
	input_set("checklist/market_law", NULL);
	refused(rule_en_05, "#/checklist/market_law", 2);
	fixture.application.endorsement.recommender_id = "u-9";
	refused(rule_en_01, NULL, 3);
}

static void test_rules_of_the_input_are_silent_without_one(void **state)
{
	static rule_fn *const ALL[] = {rule_en_01, rule_en_02, rule_en_05, rule_tr_01, rule_tr_02,
				       rule_tr_03, rule_tr_04, rule_tr_05, rule_tr_10, rule_tr_32};
	(void)state;
	fixture.facts.input = NULL;
	fixture.application.point_count = 2;
	for (size_t i = 0; i < sizeof ALL / sizeof *ALL; i++)
		silent(ALL[i]);
}

static void test_article_11_the_papers(void **state)
{
	(void)state;
	silent(rule_ap_27);
	attachment_lose("feasibility_report");
	warned(rule_ap_27, "#/attachments/feasibility_report");
	attachment_lose("charter");
	attachment_lose("council_resolution");
	refused(rule_ap_27, "#/attachments/charter", 2);
	fixture.attachments[0].bytes = (20 << 20) + 1;
	fixture.attachments[1].media_type = "text/html";
	fixture.attachments[3].sha256 = NULL;
	refused(rule_ap_27, "#/attachments/application_form", 5);
	silent(rule_ap_31);
	form_set("contact/phone", NULL);
	refused(rule_ap_31, "#/form/contact/phone", 1);
	form_set("contact", NULL);
	refused(rule_ap_31, "#/form/contact/name", 2);
	silent(rule_tr_07);
	fixture.application.other_is_open = true;
	refused(rule_tr_07, "#/name", 1);
	silent(rule_tr_12);
	fixture.application.panel_is_scoring = true;
	refused(rule_tr_12, NULL, 1);
}

static void test_article_12_13_class_and_plans(void **state)
{
	(void)state;
	silent(rule_ap_03);
	fixture.application.industry_class = "other";
	refused(rule_ap_03, "#/form/basic/industry_class_reason", 1);
	form_set("basic/industry_class_reason", json_string("区域特色产业，带动作用明显。"));
	warned(rule_ap_03, "#/industry_class");
	fixture.application.industry_class = NULL;
	fixture.application.field_is_known = false;
	refused(rule_ap_03, "#/industry_field", 2);
	silent(rule_ap_04);
	form_set("declarations/energy_saving", json_false());
	form_set("declarations/truthful", NULL);
	refused(rule_ap_04, "#/form/declarations/energy_saving", 2);
	silent(rule_ap_26);
	attachment_lose("construction_plan");
	attachment_lose("annual_plan");
	refused(rule_ap_26, "#/attachments/annual_plan", 2);
	silent(rule_tr_34);
	fixture.application.kind = "rereview";
	refused(rule_tr_34, "#/kind", 1);
}

static void test_reasons_points_and_answers(void **state)
{
	(void)state;
	refused(rule_tr_01, "#/comment", 1);
	input_set("comment", json_string("四个字呀"));
	refused(rule_tr_01, "#/comment", 1);
	input_set("comment", json_string("理由五个字"));
	silent(rule_tr_01);
	silent(rule_tr_32);
	refused(rule_tr_04, "#/points", 1);
	input_set("points", json_pack("[{s:s},{s:s}]", "text", "请补充材料", "text", " "));
	refused(rule_tr_04, "#/points/1/text", 1);
	fixture.application.point_count = 2;
	refused(rule_tr_05, "#/answers", 2);
	input_set("answers", json_pack("[{s:i,s:s}]", "position", 2, "answer", "已补充"));
	refused(rule_tr_05, "#/answers", 1);
	refused(rule_tr_10, "#/rules", 1);
	input_set("rules", json_pack("[s,s]", "AP-09", "AP-99"));
	refused(rule_tr_10, "#/rules/1", 1);
	refused(rule_tr_03, "#/checklist/form_complete", 5);
}

/* Correction: ten working days from Sunday 15 November end on Friday the 27th; rectification: ninety days end
 * on 13 February. */
static void test_time_limits(void **state)
{
	(void)state;
	fixture.facts.status = "endorsed";
	silent(rule_tr_02);
	input_set("due_on", json_string("2026-11-27"));
	silent(rule_tr_02);
	input_set("due_on", json_string("2026-11-28"));
	refused(rule_tr_02, "#/due_on", 1);
	input_set("due_on", json_string("2026-11-15"));
	refused(rule_tr_02, "#/due_on", 1);
	fixture.facts.status = "evaluated";
	input_set("due_on", json_string("2027-02-13"));
	silent(rule_tr_02);
	input_set("due_on", json_string("2027-02-14"));
	refused(rule_tr_02, "#/due_on", 1);
	refused(rule_tr_20, NULL, 1);
	fixture.facts.due_on = (struct date){2026, 11, 15};
	refused(rule_tr_20, NULL, 1); /* the last day is not over */
	fixture.facts.due_on = (struct date){2026, 11, 14};
	silent(rule_tr_20);
}

static void test_what_a_correction_may_change(void **state)
{
	(void)state;
	form_set("contact/phone", json_string("13900001234"));
	form_set("members/5/main_business", json_string("其他业务"));
	silent(rule_tr_08);
	refused(rule_tr_09, NULL, 1);
	form_set("members/10/is_core", json_false());
	refused(rule_tr_08, "#/form/members", 1);
	silent(rule_tr_09);
	form_set("members/1/is_host", json_false());
	form_set("members/2/is_host", json_true());
	refused(rule_tr_08, "#/form/members", 2);
	form_set("agreement/goals", json_string("另一项目标"));
	refused(rule_tr_08, "#/form/agreement", 3);
}

static void test_a_new_scan_of_the_agreement_is_material(void **state)
{
	(void)state;
	fixture.attachments[1].sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	refused(rule_tr_08, "#/form/agreement", 1);
}

/* What a member signed and undertook is part of the agreement (6(3)). */
static void test_signatures_and_tasks_are_the_agreement(void **state)
{
	(void)state;
	form_set("members/4/signature/signer", json_string("另一签署人"));
	refused(rule_tr_08, "#/form/agreement", 1);
	silent(rule_tr_09);
	form_set("members/4/signature",
		 json_deep_copy(form_at(json_array_get(form_members(fixture.filed), 4), "signature", NULL)));
	silent(rule_tr_08);
	form_set("members/9/tasks", json_array());
	refused(rule_tr_08, "#/form/agreement", 1);
	form_set("members/9", NULL);
	refused(rule_tr_08, "#/form/agreement", 2); /* and a core member has left */
}

/* The way out of a material change is a correction's; a rectification has none. */
static void test_what_a_rectification_may_change(void **state)
{
	(void)state;
	fixture.facts.status = "rectifying";
	silent(rule_tr_08);
	form_set("agreement/goals", json_string("另一项目标"));
	refused(rule_tr_08, "#/form/agreement", 1);
	assert_null(strstr(fixture.findings.first->detail_en, "correct_material"));
	fixture.facts.status = "correction";
	refused(rule_tr_08, "#/form/agreement", 1);
	assert_non_null(strstr(fixture.findings.first->detail_en, "correct_material"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE_TEST(test_article_20_in_force),
		RULE_TEST(test_article_1_the_name),
		RULE_TEST(test_articles_2_4_5_warn),
		RULE_TEST(test_articles_7_8_9_warn),
		RULE_TEST(test_article_7_the_roadmap),
		RULE_TEST(test_article_10_the_unit),
		RULE_TEST(test_article_10_another_unit),
		RULE_TEST(test_article_10_a_conflicted_unit_is_replaced),
		RULE_TEST(test_article_11_the_opinion),
		RULE_TEST(test_rules_of_the_input_are_silent_without_one),
		RULE_TEST(test_article_11_the_papers),
		RULE_TEST(test_article_12_13_class_and_plans),
		RULE_TEST(test_reasons_points_and_answers),
		RULE_TEST(test_time_limits),
		RULE_TEST(test_what_a_correction_may_change),
		RULE_TEST(test_a_new_scan_of_the_agreement_is_material),
		RULE_TEST(test_signatures_and_tasks_are_the_agreement),
		RULE_TEST(test_what_a_rectification_may_change),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
