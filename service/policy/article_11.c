/* 第十一条
   报送资料。填报《渭南市产业技术创新战略联盟认定申请表》及相关材料，经推荐单位签署意见后报市科技局。

   Correction, return and their time limits are the practice around this sentence, inferred. */
#include "article_11.h"
#include "facts.h"
#include "form.h"
#include "rules_decl.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

/* What belongs to a file at submission. The unit's sealed opinion follows before acceptance (EN-03), the
   roadmap, without words here, may follow within a year (AP-25). */
static const struct {
	const char *kind, *zh, *en;
} FILES[FILE_KINDS] = {
	{"application_form", "缺少申请表（盖章扫描件）。", "The sealed application form is missing."},
	{"agreement", "缺少联盟协议。", "The agreement is missing."},
	{"charter", "缺少联盟章程。", "The charter is missing."},
	{"council_resolution", "缺少理事会决议。", "The council's resolution is missing."},
	{"legal_person_proof", "缺少成员单位法人证明材料。",
	 "The proof that the members are legal persons is missing."},
	{"lead_backbone_evidence", "缺少牵头单位骨干企业证明材料。",
	 "The evidence of the lead's backbone position is missing."},
	{"construction_plan", "缺少建设规划。", "The construction plan is missing."},
	{"annual_plan", "缺少第一年度计划。", "The first annual plan is missing."},
	{"technology_roadmap", NULL, NULL},
	{"fund_measures", "缺少经费内部管理办法。", "The internal fund measures are missing."},
	{"compliance_declaration", "缺少合规承诺书。", "The declaration of compliance is missing."},
};

const char *file_kind(int number)
{
	return FILES[number].kind;
}

static const char *const MEDIA_TYPES[] = {
	"application/pdf",
	"image/jpeg",
	"image/png",
	"image/tiff",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"application/ofd",
	"text/plain",
};

static bool media_type_is_allowed(const char *media_type)
{
	for (size_t i = 0; i < sizeof MEDIA_TYPES / sizeof *MEDIA_TYPES; i++)
		if (!strcmp(MEDIA_TYPES[i], media_type))
			return true;
	return false;
}

static void attachment_judge(const struct application_facts *application,
			     const struct attachment_fact *attachment, struct findings *findings)
{
	const char *pointer = arena_printf(findings->arena, "#/attachments/%s", attachment->kind);
	if (!attachment->sha256 || strlen(attachment->sha256) != SHA256_HEX - 1)
		finding_add(findings, RULE_AP_27, pointer, "附件缺少SHA-256摘要。",
			    "The attachment has no SHA-256.");
	if (!media_type_is_allowed(attachment->media_type))
		finding_add(findings, RULE_AP_27, pointer, "附件的媒体类型不在允许范围内。",
			    "The media type is not on the list.");
	if (attachment->bytes > application->attachment_max_bytes)
		finding_add(findings, RULE_AP_27, pointer, "附件过大。", "The attachment is too large.");
}

/* AP-27: the whole file is there. */
void rule_ap_27(const struct facts *facts, struct findings *findings)
{
	const struct application_facts *application = facts->application;
	for (size_t i = 0; i < FILE_KINDS; i++)
		if (FILES[i].zh && !attachment_find(application, FILES[i].kind))
			finding_add(findings, RULE_AP_27,
				    arena_printf(findings->arena, "#/attachments/%s", FILES[i].kind),
				    FILES[i].zh, FILES[i].en);
	if (!attachment_find(application, "feasibility_report"))
		finding_warn(findings, RULE_AP_27, "#/attachments/feasibility_report", "建议附可行性报告。",
			     "A feasibility report is recommended.");
	for (size_t i = 0; i < application->attachment_count; i++)
		attachment_judge(application, &application->attachments[i], findings);
}

/* AP-31: somebody can be called. */
void rule_ap_31(const struct facts *facts, struct findings *findings)
{
	const json_t *contact = form_at(facts->application->form, "contact", NULL);
	if (!form_text(contact, "name"))
		finding_add(findings, RULE_AP_31, "#/form/contact/name", "须填写联系人。",
			    "A contact person is missing.");
	if (!form_text(contact, "phone"))
		finding_add(findings, RULE_AP_31, "#/form/contact/phone", "须填写联系电话。",
			    "The contact's phone is missing.");
}

/* EN-03: the opinion bears the unit's seal; the scan belongs to this request. */
void rule_en_03(const struct facts *facts, struct findings *findings)
{
	const struct attachment_fact *scan = attachment_find(facts->application, FILE_OPINION);
	if (!scan || !scan->since_request)
		finding_add(findings, RULE_EN_03, "#/attachments/" FILE_OPINION,
			    "须上传本次推荐意见的盖章扫描件。",
			    "The sealed scan of this opinion is to be uploaded.");
}

/* TR-03: the formal check was made, point by point. */
void rule_tr_03(const struct facts *facts, struct findings *findings)
{
	static const char *const ITEMS[] = {"form_complete", "attachments_complete", "members_verified",
					    "agreement_verified", "endorsement_verified"};
	const json_t *checklist = json_object_get(facts->input, "checklist");
	for (size_t i = 0; facts->input && i < sizeof ITEMS / sizeof *ITEMS; i++)
		if (!form_bool(checklist, ITEMS[i]))
			finding_add(findings, RULE_TR_03,
				    arena_printf(findings->arena, "#/checklist/%s", ITEMS[i]), NULL, NULL);
}

/* TR-07: one open application at a time. */
void rule_tr_07(const struct facts *facts, struct findings *findings)
{
	if (facts->application->other_is_open)
		finding_add(findings, RULE_TR_07, "#/name", NULL, NULL);
}

/* ---- what a correction and a rectification may change ---- */

static bool json_is_same(const json_t *a, const json_t *b)
{
	return a && b ? json_equal(a, b) : !a && !b;
}

static const char *member_code(const json_t *form, const char *flag)
{
	size_t index = 0, count = 0;
	const char *code = form_text(form_member(form, flag, &index, &count), "credit_code");
	return code ? code : "";
}

/* Every core member of one form is a core member of the other. */
static bool core_is_within(const json_t *form, const json_t *other)
{
	const json_t *members = form_members(form), *others = form_members(other);
	for (size_t i = 0; i < json_array_size(members); i++) {
		const json_t *member = json_array_get(members, i);
		bool found = !form_bool(member, "is_core");
		for (size_t j = 0; j < json_array_size(others) && !found; j++)
			found = form_bool(json_array_get(others, j), "is_core") &&
				json_is_same(json_object_get(member, "credit_code"),
					     json_object_get(json_array_get(others, j), "credit_code"));
		if (!found)
			return false;
	}
	return true;
}

static const json_t *member_of_code(const json_t *form, const json_t *credit_code)
{
	const json_t *members = form_members(form);
	for (size_t i = 0; i < json_array_size(members); i++)
		if (json_is_same(json_object_get(json_array_get(members, i), "credit_code"), credit_code))
			return json_array_get(members, i);
	return NULL;
}

/* What every member of one form signed and undertook stands in the other form, too. A member that is there
   once only signed and undertook nothing in the other. */
static bool part_is_within(const json_t *form, const json_t *other)
{
	static const char *const PARTS[] = {"signature", "tasks"};
	const json_t *members = form_members(form);
	for (size_t i = 0; i < json_array_size(members); i++) {
		const json_t *member = json_array_get(members, i),
			     *same = member_of_code(other, json_object_get(member, "credit_code"));
		for (size_t p = 0; p < sizeof PARTS / sizeof *PARTS; p++)
			if (!json_is_same(json_object_get(member, PARTS[p]), json_object_get(same, PARTS[p])))
				return false;
	}
	return true;
}

/* The agreement (article 6(3)) is its scan, its clauses, and what each member signed and undertook in it. */
static bool agreement_is_same(const struct application_facts *application)
{
	const json_t *now = application->form, *before = application->filed_form;
	const struct attachment_fact *scan = attachment_find(application, "agreement");
	const char *filed = application->filed_agreement_sha256;
	bool same_scan = scan && filed ? !strcmp(scan->sha256, filed) : !scan && !filed;
	return same_scan &&
	       json_is_same(json_object_get(now, "agreement"), json_object_get(before, "agreement")) &&
	       part_is_within(now, before) && part_is_within(before, now);
}

/* The four things that were endorsed; each changed one is reported under the rule. A correction has another
   way for them, a rectification has none: it is not endorsed anew. */
static size_t material_changes(const struct facts *facts, enum rule rule, struct findings *findings)
{
	const struct application_facts *application = facts->application;
	const json_t *now = application->form, *filed = application->filed_form;
	bool is_correction = facts->status && !strcmp(facts->status, "correction");
	const struct {
		bool changed;
		const char *pointer, *zh, *en;
	} CHANGES[] = {
		{strcmp(member_code(now, "is_lead"), member_code(filed, "is_lead")) != 0, "#/form/members",
		 "牵头单位已变更。", "The lead has changed."},
		{strcmp(member_code(now, "is_host"), member_code(filed, "is_host")) != 0, "#/form/members",
		 "依托单位已变更。", "The host has changed."},
		{!core_is_within(now, filed) || !core_is_within(filed, now), "#/form/members",
		 "核心成员已变更。", "The core members have changed."},
		{!agreement_is_same(application), "#/form/agreement", "联盟协议已变更。",
		 "The agreement has changed."},
	};
	size_t changed = 0;
	for (size_t i = 0; i < sizeof CHANGES / sizeof *CHANGES; i++) {
		if (!CHANGES[i].changed)
			continue;
		changed++;
		if (rule != RULE_NONE)
			finding_add(findings, rule, CHANGES[i].pointer,
				    arena_printf(findings->arena, "%s%s", CHANGES[i].zh,
						 is_correction ? "重大变更请用 correct_material。" : ""),
				    arena_printf(findings->arena, "%s%s", CHANGES[i].en,
						 is_correction
							 ? " A material change goes through correct_material."
							 : ""));
	}
	return changed;
}

/* TR-08: a correction and a rectification leave alone what was endorsed. */
void rule_tr_08(const struct facts *facts, struct findings *findings)
{
	material_changes(facts, RULE_TR_08, findings);
}

/* TR-09: without a material change there is nothing to endorse anew. */
void rule_tr_09(const struct facts *facts, struct findings *findings)
{
	if (!material_changes(facts, RULE_NONE, findings))
		finding_add(findings, RULE_TR_09, NULL, NULL, NULL);
}

/* TR-10: a formal rejection names the rules. */
void rule_tr_10(const struct facts *facts, struct findings *findings)
{
	const json_t *codes = json_object_get(facts->input, "rules");
	if (!facts->input)
		return;
	if (!json_array_size(codes))
		finding_add(findings, RULE_TR_10, "#/rules", NULL, NULL);
	for (size_t i = 0; i < json_array_size(codes); i++) {
		const char *code = json_string_value(json_array_get(codes, i));
		if (!code || rule_find(code) == RULE_NONE)
			finding_add(findings, RULE_TR_10, arena_printf(findings->arena, "#/rules/%zu", i),
				    "没有这一规则代码。", "There is no rule of this code.");
	}
}

/* TR-12: nobody leaves once the experts are scoring. */
void rule_tr_12(const struct facts *facts, struct findings *findings)
{
	if (facts->application->panel_is_scoring)
		finding_add(findings, RULE_TR_12, NULL, NULL, NULL);
}

/* TR-20: a time limit acts when its last day is over. */
void rule_tr_20(const struct facts *facts, struct findings *findings)
{
	if (!date_is_set(facts->due_on) || date_compare(facts->today, facts->due_on) <= 0)
		finding_add(findings, RULE_TR_20, NULL, NULL, NULL);
}

/* TR-32: a returned application says what was done about it. */
void rule_tr_32(const struct facts *facts, struct findings *findings)
{
	if (facts->input && text_is_blank(input_text(facts, "comment")))
		finding_add(findings, RULE_TR_32, "#/comment", NULL, NULL);
}
