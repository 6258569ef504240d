/* Article 13, the decision: the number of a document, the proposal, four eyes. Expected values by hand from
 * the rules. */
#include "article_13.h"
#include "facts.h"
#include "facts_decision.h"
#include "rules_decl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LONG_REASON "专家组意见已逐条落实，补充材料经复核齐全，技术路线调整到位，建议予以认定为市级联盟。"

static struct arena *arena;
static struct decision_facts decision;
static struct facts facts;
static struct findings findings;
static json_t *input;

static int start(void **state)
{
	(void)state;
	arena = arena_new();
	decision = (struct decision_facts){.application_id = "a",
					   .panel_result = "recognise",
					   .proposal = "recognise",
					   .proposer = "zhang"};
	facts = (struct facts){
		.today = {2026, 11, 15}, .actor = "li", .status = "evaluated", .decision = &decision};
	input = NULL;
	findings_start(&findings, arena);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	json_decref(input);
	arena_free(arena);
	return 0;
}

static void give(const char *name, const char *value)
{
	if (!input)
		input = json_object();
	json_object_set_new(input, name, json_string(value));
	facts.input = input;
}

static void expect_count(rule_fn *rule, size_t count)
{
	findings_start(&findings, arena);
	rule(&facts, &findings);
	assert_int_equal(findings.errors, count);
}

static void expect_one(rule_fn *rule, const char *pointer)
{
	expect_count(rule, 1);
	if (pointer)
		assert_string_equal(findings.first->pointer, pointer);
	else
		assert_null(findings.first->pointer);
}

/* ---- the number ---- */

static void test_canonical_numbers(void **state)
{
	(void)state;
	assert_true(document_no_is_canonical("渭科发〔2015〕62号"));
	assert_true(document_no_is_canonical("陕科计发〔2011〕259号"));
	assert_true(document_no_is_canonical("渭市字〔2014〕47号"));
	assert_true(document_no_is_canonical("渭科〔2026〕1号"));
	assert_true(document_no_is_canonical("渭科发〔2026〕9999号"));
	static const char *const wrong[] = {"渭科发[2015]62号",
					    "渭科发〔2015〕062号",
					    "渭科发〔2015〕62",
					    "渭〔2015〕62号",
					    "渭科发〔1999〕62号",
					    "渭科发〔2015〕10000号",
					    "渭科发〔2015〕0号",
					    "渭科发〔15〕62号",
					    "渭科发〔2015〕第62号",
					    "渭科发〔2015〕62号\n",
					    "WKF〔2015〕62号",
					    "渭科发〔２０１５〕62号",
					    "",
					    "渭南市科学局〔2015〕62号x",
					    "一二三四五六七〔2015〕62号"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (document_no_is_canonical(wrong[i]))
			fail_msg("canonical: %s", wrong[i]);
	assert_int_equal(document_no_year("渭科发〔2015〕62号"), 2015);
	assert_int_equal(document_no_year("渭科发〔2026〕9号"), 2026);
}

static void test_suggestions(void **state)
{
	(void)state;
	static const char *const typed[] = {
		"渭科发[2015]062号",  "渭科发(2015)62号",         "渭科发（2015）62号",
		"渭科发【2015】62号", "渭科发〔２０１５〕６２号", "渭科发〔2015〕第62号",
		"渭科发〔2015〕62",   " 渭科发 〔2015〕 62 号",   "渭科发［2015］０６２号",
		"渭科发﹝2015﹞62号", "渭科发〔2015〕62号"};
	for (size_t i = 0; i < sizeof typed / sizeof *typed; i++) {
		const char *canonical = document_no_suggest(arena, typed[i]);
		if (!canonical || strcmp(canonical, "渭科发〔2015〕62号"))
			fail_msg("%s became %s", typed[i], canonical ? canonical : "nothing");
	}
	static const char *const hopeless[] = {
		"", "62", "渭科发2015年62号", "〔2015〕62号", "渭科发〔2015〕000号", "hello", "%s%n"};
	for (size_t i = 0; i < sizeof hopeless / sizeof *hopeless; i++)
		assert_null(document_no_suggest(arena, hopeless[i]));
	assert_string_equal(document_no_suggest(arena, "渭科发〔2015〕100号"), "渭科发〔2015〕100号");
	assert_string_equal(document_no_suggest(arena, "渭科发〔2015〕0100号"), "渭科发〔2015〕100号");
}

/* ---- DE-01, DE-03: the proposal ---- */

static void test_de_01(void **state)
{
	(void)state;
	expect_count(rule_de_01, 0);
	give("proposal", "recognise");
	expect_count(rule_de_01, 0);
	give("proposal", "reject");
	expect_one(rule_de_01, "#/override_reason");
	give("override_reason", "不足三十字的理由");
	expect_one(rule_de_01, "#/override_reason");
	give("override_reason", LONG_REASON);
	expect_count(rule_de_01, 0);
	json_object_del(input, "proposal");
	expect_one(rule_de_01, "#/proposal");
	decision.panel_result = NULL;
	expect_one(rule_de_01, NULL);
}

static void test_de_03_when_proposed(void **state)
{
	(void)state;
	decision.panel_result = "reject";
	expect_count(rule_de_03, 0);
	give("proposal", "recognise");
	give("override_reason", LONG_REASON);
	expect_one(rule_de_03, "#/proposal");
	give("proposal", "reject");
	expect_count(rule_de_03, 0);
	decision.panel_result = "revise";
	give("proposal", "recognise");
	expect_count(rule_de_03, 0);
	json_object_del(input, "override_reason");
	expect_one(rule_de_03, "#/override_reason");
}

static void test_de_03_when_approved(void **state)
{
	(void)state;
	facts.status = "decision_pending";
	expect_count(rule_de_03, 0);
	decision.panel_result = "reject";
	decision.override_reason = LONG_REASON;
	expect_one(rule_de_03, NULL);
	decision.panel_result = "revise";
	expect_count(rule_de_03, 0);
	decision.override_reason = "太短";
	expect_one(rule_de_03, NULL);
	decision.panel_result = "recognise";
	decision.proposal = "reject";
	expect_one(rule_de_03, NULL);
}

/* ---- DE-02, DE-08: four eyes ---- */

static void test_four_eyes(void **state)
{
	(void)state;
	expect_count(rule_de_02, 0);
	facts.actor = "zhang";
	expect_one(rule_de_02, NULL);
	facts.actor = NULL;
	expect_count(rule_de_02, 0);
	decision.drafted_by = "wang";
	decision.edited_by = "zhao";
	facts.actor = "li";
	expect_count(rule_de_08, 0);
	facts.actor = "wang";
	expect_one(rule_de_08, NULL);
	facts.actor = "zhao";
	expect_one(rule_de_08, NULL);
}

/* ---- DE-04 ---- */

static void test_de_04(void **state)
{
	(void)state;
	decision.approved_on = (struct date){2026, 11, 10};
	expect_count(rule_de_04, 0);
	give("document_no", "渭科发〔2026〕62号");
	give("issued_on", "2026-11-15");
	expect_count(rule_de_04, 0);
	give("issued_on", "2026-11-10");
	expect_count(rule_de_04, 0);
	give("issued_on", "2026-11-09");
	expect_one(rule_de_04, "#/issued_on");
	give("issued_on", "2026-11-16");
	expect_one(rule_de_04, "#/issued_on");
	give("issued_on", "2026-11-15");
	give("document_no", "渭科发〔2025〕62号");
	expect_one(rule_de_04, "#/document_no");
	give("document_no", "渭科发[2026]062号");
	expect_one(rule_de_04, "#/document_no");
	assert_non_null(strstr(findings.first->detail_zh, "渭科发〔2026〕62号"));
	assert_non_null(strstr(findings.first->detail_en, "渭科发〔2026〕62号"));
	give("document_no", "没有编号");
	expect_one(rule_de_04, "#/document_no");
	give("document_no", "渭科发〔2026〕62号");
	decision.number_taken = true;
	expect_one(rule_de_04, "#/document_no");
	json_object_clear(input);
	expect_count(rule_de_04, 2);
}

/* ---- DE-05 to DE-09 ---- */

static void test_de_05(void **state)
{
	(void)state;
	expect_count(rule_de_05, 0);
	give("document_id", "d");
	expect_one(rule_de_05, "#/document_id");
	decision.named_document_exists = true;
	decision.named_document_type = "recognition";
	decision.named_document_status = "in_review";
	expect_one(rule_de_05, "#/document_id");
	decision.named_document_status = "draft";
	expect_count(rule_de_05, 0);
	decision.named_document_type = "notice";
	expect_one(rule_de_05, "#/document_id");
	decision.named_document_type = "recognition";
	decision.issued_this_round = true;
	expect_one(rule_de_05, NULL);
	decision.issued_this_round = false;
	decision.in_document = true;
	expect_one(rule_de_05, NULL);
}

static void test_de_05_of_a_document(void **state)
{
	(void)state;
	struct document_subject_fact subjects[] = {{"a1", "SQ2026-0001", "approved", false, {0}, NULL},
						   {"a2", "SQ2026-0002", "approved", true, {0}, NULL}};
	decision = (struct decision_facts){
		.document_type = "recognition", .subjects = subjects, .subject_count = 2};
	expect_one(rule_de_05, "#/subjects/1");
}

static void test_de_06(void **state)
{
	(void)state;
	expect_count(rule_de_06, 0);
	give("title", "关于认定的通知");
	give("legal_basis", "第十三条");
	expect_count(rule_de_06, 0);
	give("legal_basis", "　 ");
	expect_one(rule_de_06, "#/legal_basis");
	give("title", "");
	expect_count(rule_de_06, 2);
}

static void test_de_07_and_de_09(void **state)
{
	(void)state;
	struct document_subject_fact subjects[] = {
		{"a1", "SQ2026-0001", "decision_pending", false, {0}, NULL},
		{"a2", "SQ2026-0002", "refused", false, {0}, NULL}};
	decision = (struct decision_facts){.document_type = "recognition"};
	expect_one(rule_de_07, "#/subjects");
	expect_count(rule_de_09, 0);
	decision.subjects = subjects;
	decision.subject_count = 1;
	expect_count(rule_de_07, 0);
	expect_one(rule_de_09, "#/subjects");
	decision.subject_count = 2;
	expect_one(rule_de_07, "#/subjects/1");
	decision = (struct decision_facts){.document_type = "fund_allocation"};
	expect_count(rule_de_07, 0);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, start, stop)
	const struct CMUnitTest tests[] = {
		CASE(test_canonical_numbers),
		CASE(test_suggestions),
		CASE(test_de_01),
		CASE(test_de_03_when_proposed),
		CASE(test_de_03_when_approved),
		CASE(test_four_eyes),
		CASE(test_de_04),
		CASE(test_de_05),
		CASE(test_de_05_of_a_document),
		CASE(test_de_06),
		CASE(test_de_07_and_de_09),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
