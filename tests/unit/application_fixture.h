/* A whole application that meets every rule: the example of openapi.yaml as the form, with facts around it.
   Each test breaks one thing and looks for the finding. */
#ifndef APPLICATION_FIXTURE_H
#define APPLICATION_FIXTURE_H

#include "facts.h"
#include "facts_application.h"
#include "rules_decl.h"
#include "schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FIXTURE_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

struct fixture {
	struct arena *arena;
	struct parameters parameters;
	struct calendar calendar;
	struct facts facts;
	struct application_facts application;
	struct unit_facts unit, candidate;
	struct attachment_fact attachments[13];
	json_t *root, *form, *filed, *input, *divisions, *waived;
	struct findings findings;
};

static struct fixture fixture;

static const char *const FIXTURE_KINDS[] = {
	"application_form",
	"agreement",
	"charter",
	"council_resolution",
	"legal_person_proof",
	"lead_backbone_evidence",
	"construction_plan",
	"annual_plan",
	"technology_roadmap",
	"fund_measures",
	"compliance_declaration",
	"feasibility_report",
	"recommender_opinion",
};

static json_t *fixture_example(void)
{
	json_t *root = json_loadb(openapi_json, openapi_json_length, 0, NULL), *at = root;
	static const char *const PATH[] = {"paths",   "/v1/applications", "post",   "requestBody",
					   "content", "application/json", "example"};
	for (size_t i = 0; i < sizeof PATH / sizeof *PATH; i++)
		at = json_object_get(at, PATH[i]);
	assert_non_null(at);
	at = json_deep_copy(at);
	json_decref(root);
	return at;
}

static int fixture_start(void **state)
{
	struct fixture *f = &fixture;
	(void)state;
	memset(f, 0, sizeof *f);
	f->arena = arena_new();
	f->root = fixture_example();
	f->form = json_object_get(f->root, "form");
	f->filed = json_deep_copy(f->form);
	f->input = json_object();
	f->divisions = json_pack("[sss]", "610502", "610526", "610528");
	f->waived = json_array();
	for (size_t i = 0; i < sizeof FIXTURE_KINDS / sizeof *FIXTURE_KINDS; i++)
		f->attachments[i] = (struct attachment_fact){
			"a", FIXTURE_KINDS[i], "application/pdf", FIXTURE_SHA256, 1000, true};
	f->parameters = (struct parameters){.core_min = 10,
					    .core_count_financial = true,
					    .council_min_units = 3,
					    .advisory_min = 3,
					    .standing_min_full_time = 1,
					    .roadmap_months = 12,
					    .correct_wd = 10,
					    .rectify_days = 90};
	f->unit = (struct unit_facts){"u-1", "county", "蒲城县科技主管部门", true,
				      true,  false,    "11610526PDY0002049"};
	f->candidate = (struct unit_facts){"u-2", "assoc", "渭南市果业协会",    true,
					   false, true,    "51610500PDY000079T"};
	f->application = (struct application_facts){
		.kind = "recognition",
		.name = "渭南市酥梨产业技术创新战略联盟",
		.industry_field = "F02",
		.industry_class = "pillar",
		.form = f->form,
		.round = 1,
		.policy_in_force = true,
		.field_is_known = true,
		.lead = {"91610526PDY00001X4", "enterprise", "610526", true, true},
		.divisions = f->divisions,
		.waived_codes = f->waived,
		.attachments = f->attachments,
		.attachment_count = sizeof FIXTURE_KINDS / sizeof *FIXTURE_KINDS,
		.attachment_max_bytes = 20 << 20,
		.recommender = &f->unit,
		.endorsement = {"requested", "u-1", {2026, 11, 10}, {2026, 11, 24}, false},
		.filed_form = f->filed,
		.filed_agreement_sha256 = FIXTURE_SHA256,
	};
	f->facts = (struct facts){.today = {2026, 11, 15},
				  .parameters = &f->parameters,
				  .calendar = &f->calendar,
				  .actor = "acc-1",
				  .status = "draft",
				  .input = f->input,
				  .application = &f->application};
	return 0;
}

static int fixture_end(void **state)
{
	(void)state;
	json_decref(fixture.root);
	json_decref(fixture.filed);
	json_decref(fixture.input);
	json_decref(fixture.divisions);
	json_decref(fixture.waived);
	arena_free(fixture.arena);
	return 0;
}

/* The place "members/3/name" of a value: its parent, and the last step in *ret_last. */
static json_t *fixture_parent(json_t *value, const char *path, char ret_last[64])
{
	const char *step = path;
	for (;;) {
		size_t length = strcspn(step, "/");
		assert_true(length < 64);
		memcpy(ret_last, step, length);
		ret_last[length] = '\0';
		if (!step[length])
			return value;
		value = json_is_array(value) ? json_array_get(value, (size_t)atoi(ret_last))
					     : json_object_get(value, ret_last);
		assert_non_null(value);
		step += length + 1;
	}
}

/* set - put a value at a place; NULL removes what is there. Takes the reference over. */
static void set(json_t *in, const char *path, json_t *value)
{
	char last[64];
	json_t *parent = fixture_parent(in, path, last);
	if (json_is_array(parent))
		assert_int_equal(value ? json_array_set_new(parent, (size_t)atoi(last), value)
				       : json_array_remove(parent, (size_t)atoi(last)),
				 0);
	else if (value)
		assert_int_equal(json_object_set_new(parent, last, value), 0);
	else
		assert_int_equal(json_object_del(parent, last), 0);
}

static void form_set(const char *path, json_t *value)
{
	set(fixture.form, path, value);
}

#define input_set(path, value) set(fixture.input, path, value)

/* An attachment disappears. */
static void attachment_lose(const char *kind)
{
	for (size_t i = 0; i < sizeof FIXTURE_KINDS / sizeof *FIXTURE_KINDS; i++)
		if (!strcmp(fixture.attachments[i].kind, kind))
			fixture.attachments[i].kind = "other";
}

static void judge(rule_fn *guard)
{
	findings_start(&fixture.findings, fixture.arena);
	guard(&fixture.facts, &fixture.findings);
}

/* met - the rule is met: no error (warnings are counted by warned). */
static void met(rule_fn *guard)
{
	judge(guard);
	if (fixture.findings.errors)
		fail_msg("%s at %s: %s", rules[fixture.findings.first->rule].code,
			 fixture.findings.first->pointer ? fixture.findings.first->pointer : "-",
			 fixture.findings.first->detail_en);
}

static bool found(const char *pointer, enum rule_level level)
{
	for (const struct finding *f = fixture.findings.first; f; f = f->next)
		if (f->level == level &&
		    (pointer ? f->pointer && !strcmp(f->pointer, pointer) : !f->pointer)) {
			assert_non_null(f->detail_zh);
			assert_non_null(f->detail_en);
			return true;
		}
	return false;
}

/* refused - the rule finds exactly count errors, one of them at the pointer (NULL: of no place). */
static void refused(rule_fn *guard, const char *pointer, size_t count)
{
	judge(guard);
	assert_int_equal(fixture.findings.errors, count);
	assert_true(found(pointer, LEVEL_error));
}

/* warned - the rule warns at the pointer and refuses nothing. */
static void warned(rule_fn *guard, const char *pointer)
{
	judge(guard);
	assert_int_equal(fixture.findings.errors, 0);
	assert_true(found(pointer, LEVEL_warn));
}

/* silent - the rule says nothing at all. */
static void silent(rule_fn *guard)
{
	judge(guard);
	assert_null(fixture.findings.first);
}

#define RULE_TEST(function) cmocka_unit_test_setup_teardown(function, fixture_start, fixture_end)

#endif
