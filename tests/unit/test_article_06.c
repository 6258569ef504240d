/* Article 6, rule by rule: the whole application meets it, and each fault is found where it is. */
#include "application_fixture.h"

static void test_the_lead(void **state)
{
	(void)state;
	met(rule_ap_05);
	form_set("members/0/is_core", json_false());
	refused(rule_ap_05, "#/form/members/0/is_core", 1);
	form_set("members/0/type", json_string("cooperative"));
	refused(rule_ap_05, "#/form/members/0/type", 2);
	form_set("members/0/is_core", json_true());
	form_set("members/0/type", json_string("enterprise"));
	fixture.application.lead.is_legal_person = false;
	refused(rule_ap_05, "#/form/members/0/independent_legal_person", 1);
	fixture.application.lead.is_legal_person = true;
	form_set("lead/credit_code", json_string("91610528PDY0000281"));
	refused(rule_ap_05, "#/form/lead/credit_code", 1);
	form_set("members/1/is_lead", json_true());
	refused(rule_ap_05, "#/form/members", 1);
}

static void test_a_cooperative_cannot_lead(void **state)
{
	(void)state;
	form_set("members/0/credit_code", json_string("93610527PDY000052W"));
	fixture.application.lead.credit_code = "93610527PDY000052W";
	form_set("lead/credit_code", json_string("93610527PDY000052W"));
	refused(rule_ap_05, "#/form/members/0/type", 1);
}

static void test_the_domicile_of_the_lead(void **state)
{
	(void)state;
	silent(rule_ap_06);
	form_set("members/0/division_code", json_string("610502"));
	warned(rule_ap_06, "#/form/members/0/credit_code"); /* registered elsewhere: a warning only */
	form_set("members/0/division_code", json_string("610100"));
	refused(rule_ap_06, "#/form/members/0/division_code", 1);
	form_set("members/0/division_code", json_string("610526"));
	fixture.application.lead.is_in_city = false;
	refused(rule_ap_06, "#/lead_organisation_id", 1);
}

static void test_the_backbone_evidence(void **state)
{
	(void)state;
	met(rule_ap_07);
	attachment_lose("lead_backbone_evidence");
	refused(rule_ap_07, "#/attachments/lead_backbone_evidence", 1);
	form_set("lead/backbone/text", json_string("行业龙头"));
	refused(rule_ap_07, "#/form/lead/backbone/text", 2);
}

static void test_science_is_on_board(void **state)
{
	(void)state;
	met(rule_ap_08);
	form_set("members/2/advantage", json_string("　"));
	refused(rule_ap_08, "#/form/members/2/advantage", 1);
	json_t *members = json_object_get(fixture.form, "members");
	for (size_t i = 0; i < json_array_size(members); i++)
		json_object_set_new(json_array_get(members, i), "type", json_string("enterprise"));
	refused(rule_ap_08, "#/form/members", 1);
}

/* Eleven core members; each way of not counting takes one away. */
static void test_ten_core_members(void **state)
{
	(void)state;
	met(rule_ap_09);
	form_set("members/10/is_core", json_false());
	met(rule_ap_09); /* ten */
	form_set("members/9/is_core", json_false());
	refused(rule_ap_09, "#/form/members", 1); /* nine */
	form_set("members/9/is_core", json_true());
	form_set("members/8/independent_legal_person", json_false());
	refused(rule_ap_09, "#/form/members", 1);
	form_set("members/8/independent_legal_person", json_true());
	form_set("members/8/is_branch", json_true());
	refused(rule_ap_09, "#/form/members", 1);
	form_set("members/8/is_branch", NULL);
	form_set("members/8/signature", NULL);
	refused(rule_ap_09, "#/form/members", 1);
}

static void test_core_members_are_counted_by_credit_code(void **state)
{
	(void)state;
	form_set("members/10/is_core", json_false());
	form_set("members/9/credit_code", json_string("91610524PDY000124G"));
	form_set("members/8/credit_code", json_string("91610524PDY000124G"));
	refused(rule_ap_09, "#/form/members", 1); /* ten rows, nine codes */
	form_set("members/8/credit_code", json_string("92610502PDY000220T"));
	refused(rule_ap_09, "#/form/members", 1); /* 个体工商户 never counts */
}

static void test_financial_members_count_by_parameter(void **state)
{
	(void)state;
	form_set("members/10/is_core", json_false());
	met(rule_ap_09);
	fixture.parameters.core_count_financial = false;
	refused(rule_ap_09, "#/form/members", 1);
}

static void test_financial_members_state_their_service(void **state)
{
	(void)state;
	met(rule_ap_10);
	form_set("members/4/financing_service", NULL);
	refused(rule_ap_10, "#/form/members/4/financing_service", 1);
}

static void test_credit_codes(void **state)
{
	(void)state;
	silent(rule_ap_11);
	form_set("members/5/credit_code", json_string("91350100M000100Y42"));
	refused(rule_ap_11, "#/form/members/5/credit_code", 1);
	json_array_append_new(fixture.waived, json_string("91350100M000100Y42"));
	met(rule_ap_11); /* waived with the licence, by two people */
	form_set("members/6/credit_code", json_string("91610526pdy00001x4"));
	refused(rule_ap_11, "#/form/members/6/credit_code", 1);
	form_set("members/6/credit_code", json_string("12610500PDY000060Y"));
	refused(rule_ap_11, "#/form/members/6/credit_code", 1); /* twice */
	form_set("host/credit_code", json_string("91610526PDY00001X"));
	refused(rule_ap_11, "#/form/host/credit_code", 2);
}

static void test_the_body_code_only_warns(void **state)
{
	(void)state;
	/* PDY00002 has the check character 8; with 0 in its place, one of the 31 last characters makes the
	 * code right outside again. */
	static const char ALPHABET[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
	for (const char *c = ALPHABET; *c; c++) {
		char code[] = "91610528PDY000020?";
		code[17] = *c;
		form_set("members/6/credit_code", json_string(code));
		judge(rule_ap_11);
		if (!fixture.findings.errors)
			break;
	}
	warned(rule_ap_11, "#/form/members/6/credit_code");
}

static void test_the_agreement_is_signed_and_sealed(void **state)
{
	(void)state;
	met(rule_ap_12);
	form_set("members/3/signature/sealed", json_false());
	refused(rule_ap_12, "#/form/members/3/signature/sealed", 1);
	form_set("members/3/signature", NULL);
	refused(rule_ap_12, "#/form/members/3/signature", 3);
	form_set("members/4/signature/signed_on", json_string("2026-11-16"));
	refused(rule_ap_12, "#/form/members/4/signature/signed_on", 4);
	attachment_lose("agreement");
	refused(rule_ap_12, "#/attachments/agreement", 5);
}

static void test_the_agreement_says_what_and_who(void **state)
{
	(void)state;
	met(rule_ap_13);
	form_set("agreement/goals", json_string(""));
	form_set("agreement/clauses/rights", NULL);
	form_set("members/7/tasks", json_array());
	refused(rule_ap_13, "#/form/members/7/tasks", 3);
	assert_true(found("#/form/agreement/goals", LEVEL_error));
	assert_true(found("#/form/agreement/clauses/rights", LEVEL_error));
	form_set("members/7/tasks", json_pack("[{s:s},{s:s}]", "text", " ", "text", "承担中试"));
	assert_int_equal((judge(rule_ap_13), fixture.findings.errors), 2); /* any row that says something */
	silent(rule_ap_14);
	form_set("agreement/clauses/dissolution", NULL);
	form_set("agreement/liability_unit", NULL);
	warned(rule_ap_14, "#/form/agreement/clauses/dissolution");
	assert_int_equal(fixture.findings.warnings, 2);
}

static void test_the_standing_bodies(void **state)
{
	(void)state;
	met(rule_ap_15);
	form_set("governance/bodies/0/persons/0/post", json_string("member"));
	refused(rule_ap_15, "#/form/governance/bodies/0/persons", 1);
	form_set("governance/bodies/0/persons/2/credit_code", json_string("12610500PDY000060Y"));
	refused(rule_ap_15, "#/form/governance/bodies/0/persons", 2); /* two units of the three */
	form_set("governance/bodies/1/persons/2", NULL);
	refused(rule_ap_15, "#/form/governance/bodies/1/persons", 3);
	form_set("governance/bodies/2/persons/0/full_time", json_false());
	refused(rule_ap_15, "#/form/governance/bodies/1/persons", 3); /* the host's staff is full-time */
	form_set("host/full_time_staff", json_pack("[{s:s}]", "name", " ")); /* nobody */
	refused(rule_ap_15, "#/form/host/full_time_staff", 4);
	form_set("governance", NULL);
	refused(rule_ap_15, "#/form/governance/bodies", 3);
}

static void test_the_host(void **state)
{
	(void)state;
	met(rule_ap_16);
	form_set("members/1/independent_legal_person", json_false());
	refused(rule_ap_16, "#/form/members/1/independent_legal_person", 1);
	form_set("members/1/independent_legal_person", json_true());
	form_set("host/credit_code", json_string("12610000PDY000167G"));
	refused(rule_ap_16, "#/form/host/credit_code", 1);
	form_set("members/2/is_host", json_true());
	refused(rule_ap_16, "#/form/members", 1);
}

static void test_the_funds(void **state)
{
	(void)state;
	met(rule_ap_17);
	attachment_lose("fund_measures");
	form_set("funds/raising_mechanism", json_string(" "));
	refused(rule_ap_17, "#/form/funds/raising_mechanism", 2);
	met(rule_ap_18);
	form_set("funds/custodian_credit_code", json_string("91610526PDY00001X4"));
	refused(rule_ap_18, "#/form/funds/custodian_credit_code", 1);
	form_set("funds/entrusted", json_false());
	met(rule_ap_18);
	met(rule_ap_19);
	form_set("declarations/supervision_accepted", json_false());
	refused(rule_ap_19, "#/form/declarations/supervision_accepted", 1);
}

static void test_rights_and_openness(void **state)
{
	static const char *const CLAUSES[] = {"ip_ownership", "ip_licence", "ip_revenue", "breach"};
	(void)state;
	met(rule_ap_20);
	for (size_t i = 0; i < sizeof CLAUSES / sizeof *CLAUSES; i++) {
		form_set(arena_printf(fixture.arena, "agreement/clauses/%s", CLAUSES[i]), NULL);
		refused(rule_ap_20, arena_printf(fixture.arena, "#/form/agreement/clauses/%s", CLAUSES[i]),
			i + 1);
	}
	met(rule_ap_21);
	form_set("mechanism/admission_rule", NULL);
	form_set("mechanism/external_cooperation", NULL);
	form_set("mechanism/diffusion", NULL);
	form_set("declarations/diffusion_duty", json_false());
	refused(rule_ap_21, "#/form/declarations/diffusion_duty", 4);
}

static void test_every_member_is_somebody(void **state)
{
	(void)state;
	met(rule_mb_01);
	form_set("members/5/legal_representative", NULL);
	form_set("members/5/name", NULL);
	refused(rule_mb_01, "#/form/members/5/name", 2);
	form_set("members/6/credit_code", json_string("92610502PDY000220T"));
	refused(rule_mb_01, "#/form/members/6/credit_code", 3);
	form_set("members/7/independent_legal_person", json_false());
	refused(rule_mb_01, "#/form/members/7/independent_legal_person", 4);
	silent(rule_mb_02);
	form_set("members/9/credit_code", json_string("12610500PDY000060Y"));
	refused(rule_mb_02, "#/form/members/9", 1);
}

static void test_an_empty_form_never_breaks_a_rule_of_ours(void **state)
{
	static rule_fn *const ALL[] = {rule_ap_02, rule_ap_03, rule_ap_04, rule_ap_05, rule_ap_06, rule_ap_07,
				       rule_ap_08, rule_ap_09, rule_ap_10, rule_ap_11, rule_ap_12, rule_ap_13,
				       rule_ap_14, rule_ap_15, rule_ap_16, rule_ap_17, rule_ap_18, rule_ap_19,
				       rule_ap_20, rule_ap_21, rule_ap_22, rule_ap_23, rule_ap_24, rule_ap_25,
				       rule_ap_26, rule_ap_27, rule_ap_28, rule_ap_29, rule_ap_31, rule_ap_32,
				       rule_ap_33, rule_mb_01, rule_mb_02, rule_tr_08, rule_tr_09};
	(void)state;
	json_object_clear(fixture.form);
	fixture.application.recommender = NULL;
	fixture.application.attachment_count = 0;
	fixture.application.industry_class = fixture.application.industry_field = NULL;
	fixture.application.filed_form = NULL;
	fixture.facts.input = NULL;
	for (size_t i = 0; i < sizeof ALL / sizeof *ALL; i++)
		judge(ALL[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE_TEST(test_the_lead),
		RULE_TEST(test_a_cooperative_cannot_lead),
		RULE_TEST(test_the_domicile_of_the_lead),
		RULE_TEST(test_the_backbone_evidence),
		RULE_TEST(test_science_is_on_board),
		RULE_TEST(test_ten_core_members),
		RULE_TEST(test_core_members_are_counted_by_credit_code),
		RULE_TEST(test_financial_members_count_by_parameter),
		RULE_TEST(test_financial_members_state_their_service),
		RULE_TEST(test_credit_codes),
		RULE_TEST(test_the_body_code_only_warns),
		RULE_TEST(test_the_agreement_is_signed_and_sealed),
		RULE_TEST(test_the_agreement_says_what_and_who),
		RULE_TEST(test_the_standing_bodies),
		RULE_TEST(test_the_host),
		RULE_TEST(test_the_funds),
		RULE_TEST(test_rights_and_openness),
		RULE_TEST(test_every_member_is_somebody),
		RULE_TEST(test_an_empty_form_never_breaks_a_rule_of_ours),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
