/* 第十三条
   认定方式。按所属领域组织专家进行论证，由市科技局发文予以认定。 */
#include "article_13.h"

#include "facts.h"
#include "facts_decision.h"
#include "form.h"
#include "rules_decl.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* ---- the decision: proposal, four eyes, the official document (DE) ---- */

enum {
	OVERRIDE_REASON_MIN =
		30, /* characters by which an officer explains a proposal that is not the panel's */
	DOCUMENT_TITLE_MIN = 2,
};

/* 发文字号 (GB/T 9704): agency, year in 〔〕, number without leading zero, 号. */
static const char DOCUMENT_NO[] = "[一-龥]{2,6}〔20[0-9]{2}〕[1-9][0-9]{0,3}号";

bool document_no_is_canonical(const char *text)
{
	return pattern_matches(DOCUMENT_NO, text);
}

bool document_no_is_ours(const char *document_no)
{
	static const char BUREAU[] = "渭科";
	return !strncmp(document_no, BUREAU, strlen(BUREAU));
}

int document_no_year(const char *document_no)
{
	const char *bracket = strstr(document_no, "〔");
	return bracket ? atoi(bracket + strlen("〔")) : 0;
}

/* What people type for the brackets and digits, and what it means. */
static const struct {
	const char *typed, *meant;
} DOCUMENT_NO_FORMS[] = {
	{"[", "〔"},  {"(", "〔"},  {"（", "〔"}, {"【", "〔"}, {"［", "〔"}, {"﹝", "〔"},
	{"〔", "〔"}, {"{", "〔"},  {"]", "〕"},  {")", "〕"},  {"）", "〕"}, {"】", "〕"},
	{"］", "〕"}, {"﹞", "〕"}, {"〕", "〕"}, {"}", "〕"},  {"０", "0"},  {"１", "1"},
	{"２", "2"},  {"３", "3"},  {"４", "4"},  {"５", "5"},  {"６", "6"},  {"７", "7"},
	{"８", "8"},  {"９", "9"},  {" ", ""},    {"　", ""},   {"第", ""},
};

/* The meaning of the character at the text, NULL when it stands for itself; *ret_length is how long it is. */
static const char *document_no_form(const char *text, size_t *ret_length)
{
	for (size_t i = 0; i < sizeof DOCUMENT_NO_FORMS / sizeof *DOCUMENT_NO_FORMS; i++) {
		size_t length = strlen(DOCUMENT_NO_FORMS[i].typed);
		if (!strncmp(text, DOCUMENT_NO_FORMS[i].typed, length)) {
			*ret_length = length;
			return DOCUMENT_NO_FORMS[i].meant;
		}
	}
	return NULL;
}

const char *document_no_suggest(struct arena *arena, const char *text)
{
	/* No form is longer than three bytes; the additional ones are for 号 and the end. */
	char *canonical = arena_alloc(arena, strlen(text) * 3 + 4);
	size_t length = 0;
	bool after_bracket = false;
	while (*text) {
		size_t typed = 1;
		const char *meant = document_no_form(text, &typed);
		if (!meant && after_bracket && *text == '0') {
			text++; /* a leading zero of the number */
			continue;
		}
		if (meant && after_bracket && !strcmp(meant, "0")) {
			text += typed;
			continue;
		}
		if (meant) {
			memcpy(canonical + length, meant, strlen(meant));
			length += strlen(meant);
		} else {
			canonical[length++] = *text;
		}
		after_bracket = meant ? !strcmp(meant, "〕") || (after_bracket && !*meant) : false;
		text += typed;
	}
	canonical[length] = '\0';
	if (!document_no_is_canonical(canonical))
		memcpy(canonical + length, "号", strlen("号") + 1);
	return document_no_is_canonical(canonical) ? canonical : NULL;
}

static bool reason_is_given(const char *reason)
{
	return !text_is_blank(reason) && text_length(reason) >= OVERRIDE_REASON_MIN;
}

/* DE-01: no proposal without the panel's conclusion of this round, and none against it without reasons. */
void rule_de_01(const struct facts *facts, struct findings *findings)
{
	const struct decision_facts *decision = facts->decision;
	if (!decision)
		return;
	if (!decision->panel_result) {
		finding_add(findings, RULE_DE_01, NULL, "本轮专家论证尚未形成结论。",
			    "The panel of this round has not concluded.");
		return;
	}
	if (!facts->input)
		return;
	const char *proposal = input_text(facts, "proposal");
	if (!proposal)
		finding_add(findings, RULE_DE_01, "#/proposal", "须写明拟办意见。",
			    "The proposal is missing.");
	else if (strcmp(proposal, decision->panel_result) &&
		 !reason_is_given(input_text(facts, "override_reason")))
		finding_add(findings, RULE_DE_01, "#/override_reason",
			    "拟办意见与专家组结论不一致，须说明理由（不少于30个字）。",
			    "The proposal differs from the panel's result: a reason of at least 30 "
			    "characters is needed.");
}

/* DE-02: whoever proposed does not decide. That a leader decides is said by the lifecycle. */
void rule_de_02(const struct facts *facts, struct findings *findings)
{
	const struct decision_facts *decision = facts->decision;
	if (decision && facts->actor && text_is(decision->proposer, facts->actor))
		finding_add(findings, RULE_DE_02, NULL, "拟办人不得审批本人提出的意见。",
			    "Whoever proposed it may not decide it.");
}

/* DE-03: what the panel rejected cannot be recognised; what it wants revised only with the override on
   record. Judged when it is proposed (by the input) and again when it is approved (by the record). */
void rule_de_03(const struct facts *facts, struct findings *findings)
{
	const struct decision_facts *decision = facts->decision;
	if (!decision || !decision->panel_result)
		return;
	bool proposing = text_is(facts->status, "evaluated");
	if (proposing && !facts->input)
		return;
	const char *proposal = proposing ? input_text(facts, "proposal") : decision->proposal;
	const char *reason = proposing ? input_text(facts, "override_reason") : decision->override_reason;
	if (!text_is(proposal, "recognise")) {
		if (!proposing)
			finding_add(findings, RULE_DE_03, NULL, "拟办意见不是予以认定，不能批准。",
				    "What is proposed is not a recognition: it cannot be approved.");
		return;
	}
	if (text_is(decision->panel_result, "reject"))
		finding_add(findings, RULE_DE_03, proposing ? "#/proposal" : NULL,
			    "专家组结论为不予认定，不能批准认定。",
			    "The panel rejected it: it cannot be recognised.");
	else if (text_is(decision->panel_result, "revise") && !reason_is_given(reason))
		finding_add(findings, RULE_DE_03, proposing ? "#/override_reason" : NULL,
			    "专家组结论为修改后再议，须有不少于30个字的理由方可批准。",
			    "The panel asked for a revision: only an override reason of at least 30 "
			    "characters allows approval.");
}

static void document_no_judge(const struct facts *facts, const char *document_no, struct date issued_on,
			      struct findings *findings)
{
	static const char POINTER[] = "#/document_no";
	if (!document_no) {
		finding_add(findings, RULE_DE_04, POINTER, "须登记发文字号。",
			    "The document number is missing.");
		return;
	}
	if (!document_no_is_canonical(document_no)) {
		const char *canonical = document_no_suggest(findings->arena, document_no);
		finding_add(findings, RULE_DE_04, POINTER,
			    canonical ? arena_printf(findings->arena, "发文字号不规范，应写作：%s", canonical)
				      : "发文字号不规范，例：渭科发〔2026〕12号",
			    canonical ? arena_printf(findings->arena, "Not in canonical form; write: %s",
						     canonical)
				      : "Not a document number; example: 渭科发〔2026〕12号");
		return;
	}
	if (date_is_set(issued_on) && document_no_year(document_no) != issued_on.year)
		finding_add(findings, RULE_DE_04, POINTER, "发文字号的年份须为印发日期的年份。",
			    "The year in the number must be the year of the issue date.");
	if (facts->decision->number_taken)
		finding_add(findings, RULE_DE_04, POINTER, "该发文字号已被使用。", "This number is taken.");
}

/* DE-04: the number and the day under which a document goes out. */
void rule_de_04(const struct facts *facts, struct findings *findings)
{
	static const char POINTER[] = "#/issued_on";
	struct date issued_on = {0};
	if (!facts->input || !facts->decision)
		return;
	const char *text = input_text(facts, "issued_on");
	if (!text || !date_parse(text, &issued_on))
		finding_add(findings, RULE_DE_04, POINTER, "须登记印发日期。", "The issue date is missing.");
	else if (date_compare(issued_on, facts->today) > 0)
		finding_add(findings, RULE_DE_04, POINTER, "印发日期不得晚于今日。",
			    "The issue date is in the future.");
	else if (date_is_set(facts->decision->approved_on) &&
		 date_compare(issued_on, facts->decision->approved_on) < 0)
		finding_add(findings, RULE_DE_04, POINTER, "印发日期不得早于批准日期。",
			    "The issue date is before the approval.");
	document_no_judge(facts, input_text(facts, "document_no"), issued_on, findings);
}

static void document_named_judge(const struct decision_facts *decision, struct findings *findings)
{
	static const char POINTER[] = "#/document_id";
	if (!decision->named_document_exists)
		finding_add(findings, RULE_DE_05, POINTER, "所指公文不存在。", "There is no such document.");
	else if (!text_is(decision->named_document_type, "recognition"))
		finding_add(findings, RULE_DE_05, POINTER, "认定申请只能列入认定文种的公文。",
			    "An application for recognition goes into a document of type recognition only.");
	else if (!text_is(decision->named_document_status, "draft"))
		finding_add(findings, RULE_DE_05, POINTER, "所指公文已不在起草中。",
			    "That document is no longer a draft.");
}

/* DE-05: one document carries subjects of one type; a subject is decided once in a round. */
void rule_de_05(const struct facts *facts, struct findings *findings)
{
	const struct decision_facts *decision = facts->decision;
	if (!decision)
		return;
	if (decision->application_id && (decision->issued_this_round || decision->in_document))
		finding_add(findings, RULE_DE_05, NULL, "本轮已列入另一份同类公文。",
			    "Another document of this type has it as a subject in this round.");
	if (decision->application_id && facts->input && input_text(facts, "document_id"))
		document_named_judge(decision, findings);
	for (size_t i = 0; i < decision->subject_count; i++)
		if (decision->subjects[i].issued_elsewhere)
			finding_add(findings, RULE_DE_05, arena_printf(findings->arena, "#/subjects/%zu", i),
				    arena_printf(findings->arena, "%s 本轮已由另一份公文决定。",
						 decision->subjects[i].number),
				    arena_printf(findings->arena,
						 "%s was decided by another document in this round.",
						 decision->subjects[i].number));
}

void document_draft_judge(const char *title, const char *legal_basis, struct findings *findings)
{
	if (text_is_blank(title) || text_length(title) < DOCUMENT_TITLE_MIN)
		finding_add(findings, RULE_DE_06, "#/title", "须有标题。", "The title is missing.");
	if (text_is_blank(legal_basis))
		finding_add(findings, RULE_DE_06, "#/legal_basis", "须写明依据。",
			    "The legal basis is missing.");
}

/* DE-06: a draft says what it is and on what ground. */
void rule_de_06(const struct facts *facts, struct findings *findings)
{
	if (facts->input)
		document_draft_judge(input_text(facts, "title"), input_text(facts, "legal_basis"), findings);
}

/* DE-07: a document of recognition decides something, and everything in it can be decided now. */
void rule_de_07(const struct facts *facts, struct findings *findings)
{
	const struct decision_facts *decision = facts->decision;
	if (!decision || !text_is(decision->document_type, "recognition"))
		return;
	if (!decision->subject_count)
		finding_add(findings, RULE_DE_07, "#/subjects", "公文尚无事项。",
			    "The document has no subject.");
	for (size_t i = 0; i < decision->subject_count; i++)
		if (!text_is(decision->subjects[i].status, "decision_pending"))
			finding_add(findings, RULE_DE_07, arena_printf(findings->arena, "#/subjects/%zu", i),
				    arena_printf(findings->arena, "%s 不在待审批状态。",
						 decision->subjects[i].number),
				    arena_printf(findings->arena, "%s is not waiting for a decision.",
						 decision->subjects[i].number));
}

/* DE-08: four eyes on the document itself. */
void rule_de_08(const struct facts *facts, struct findings *findings)
{
	const struct decision_facts *decision = facts->decision;
	if (!decision || !facts->actor)
		return;
	if (text_is(decision->drafted_by, facts->actor) || text_is(decision->edited_by, facts->actor))
		finding_add(findings, RULE_DE_08, NULL, "拟稿人不得批准本人拟写的公文。",
			    "Whoever drafted or changed the document may not approve it.");
}

/* What its own row of the lifecycle says of one subject, under the document's "#/subjects/2" and its number.
   The number and date of the document are judged once, by the document's row. */
static void subject_judge(const struct facts *facts, const char *action, size_t position,
			  struct findings *findings)
{
	const struct document_subject_fact *subject = &facts->decision->subjects[position];
	const struct lifecycle_row *row = lifecycle_find(MACHINE_APP, subject->status, action);
	if (!row || !subject->facts)
		return; /* DE-07 tells of a subject that is not to be decided */
	struct findings found;
	struct facts own = *subject->facts;
	own.today = facts->today;
	own.parameters = facts->parameters;
	own.calendar = facts->calendar;
	own.actor = facts->actor;
	own.actor_roles = facts->actor_roles;
	own.status = subject->status;
	own.input = NULL;
	findings_start(&found, findings->arena);
	lifecycle_judge(row, &own, &found);
	for (const struct finding *f = found.first; f; f = f->next)
		(f->level == LEVEL_error ? finding_add : finding_warn)(
			findings, f->rule,
			arena_printf(findings->arena, "#/subjects/%zu%s", position,
				     f->pointer && !strncmp(f->pointer, "#/", 2) ? f->pointer + 1 : ""),
			arena_printf(findings->arena, "%s：%s", subject->number, f->detail_zh),
			arena_printf(findings->arena, "%s: %s", subject->number, f->detail_en));
}

/* DE-10: the document takes its subjects along, or none: each must be able to take the same step. */
void rule_de_10(const struct facts *facts, struct findings *findings)
{
	const char *action = text_is(facts->status, "approved") ? "issue" : "approve";
	for (size_t i = 0; facts->decision && i < facts->decision->subject_count; i++)
		subject_judge(facts, action, i, findings);
}

/* DE-09: a draft is given up only when it decides nothing any more. */
void rule_de_09(const struct facts *facts, struct findings *findings)
{
	if (facts->decision && facts->decision->subject_count)
		finding_add(findings, RULE_DE_09, "#/subjects", "公文仍有事项，须先退回或不予认定。",
			    "The document still has subjects: they must leave it first.");
}

/* ---- 按所属领域; reasons in writing ---- */

/* AP-03: the industry, by which the experts are gathered; 6(1) 重点发展战略性新兴产业、支柱产业 is a
 * priority, not an exclusion. */
void rule_ap_03(const struct facts *facts, struct findings *findings)
{
	const struct application_facts *application = facts->application;
	if (!application->field_is_known)
		finding_add(findings, RULE_AP_03, "#/industry_field", "须选择产业领域。",
			    "An industry field of the table is chosen.");
	if (!application->industry_class) {
		finding_add(findings, RULE_AP_03, "#/industry_class", "须选择产业类别。",
			    "The industry class is chosen.");
		return;
	}
	if (strcmp(application->industry_class, "other"))
		return;
	if (form_text(form_at(application->form, "basic", NULL), "industry_class_reason"))
		finding_warn(findings, RULE_AP_03, "#/industry_class",
			     "不属于战略性新兴产业或支柱产业，已说明理由。",
			     "Neither a strategic emerging nor a pillar industry; a reason is given.");
	else
		finding_add(findings, RULE_AP_03, "#/form/basic/industry_class_reason",
			    "类别为“其他”时须说明理由。", "The class “other” needs a reason.");
}

/* TR-01: who refuses or sends back says why. */
void rule_tr_01(const struct facts *facts, struct findings *findings)
{
	enum { REASON_MIN = 5 };
	const char *comment = input_text(facts, "comment");
	if (facts->input && (text_is_blank(comment) || text_length(comment) < REASON_MIN))
		finding_add(findings, RULE_TR_01, "#/comment", NULL, NULL);
}
