/* 第十三条
   认定方式。按所属领域组织专家进行论证，由市科技局发文予以认定。

   The first half of the sentence: who may sit in a panel, who may not (conflicts of interest), who leads it,
   how it is closed, replaced and concluded. The second half, the document, is in article_13.c. */
#include "facts_evaluation.h"
#include "rules_decl.h"
#include "text.h"

#include <string.h>

enum {
	OPINION_MIN = 20, /* characters of the panel's opinion */
	CONFLICT_MIN = 5, /* characters that name a conflict */
};

/* EV-03: the authority itself does not evaluate. */
static const char *const BUREAU_NAMES[] = {"渭南市科学技术局", "渭南市科技局", "市科技局", NULL};

static bool is_same(const char *a, const char *b)
{
	return a && b && *a && !strcmp(a, b);
}

static bool seat_is_accepted(const struct panel_seat *seat)
{
	return text_is(seat->status, "accepted");
}

/* A seat that was not given up: invited, accepted, scoring, submitted. */
static bool seat_is_held(const struct panel_seat *seat)
{
	return !text_is(seat->status, "declined") && !text_is(seat->status, "recused") &&
	       !text_is(seat->status, "replaced");
}

static const struct evaluation_facts *open_facts(const struct facts *facts)
{
	return facts->evaluation && !facts->evaluation->is_sealed ? facts->evaluation : NULL;
}

/* ---- the panel (EV) ---- */

static void closing_judge(const struct facts *facts, struct findings *findings)
{
	const struct evaluation_facts *evaluation = facts->evaluation;
	size_t submitted = 0;
	for (size_t i = 0; i < evaluation->seat_count; i++)
		submitted += text_is(evaluation->seats[i].status, "submitted");
	if (submitted < (size_t)facts->parameters->panel_min)
		finding_add(findings, RULE_EV_01, NULL,
			    arena_printf(findings->arena, "有效评分表须不少于 %d 份，现有 %zu 份。",
					 facts->parameters->panel_min, submitted),
			    arena_printf(findings->arena, "At least %d sheets are needed; there are %zu.",
					 facts->parameters->panel_min, submitted));
}

/* EV-01: an odd number, five at least, when the panel is set up; as many sheets when it is closed. */
void rule_ev_01(const struct facts *facts, struct findings *findings)
{
	const struct evaluation_facts *evaluation = open_facts(facts);
	size_t accepted = 0;
	if (!evaluation)
		return;
	if (text_is(facts->status, "scoring")) {
		closing_judge(facts, findings);
		return;
	}
	for (size_t i = 0; i < evaluation->seat_count; i++)
		accepted += seat_is_accepted(&evaluation->seats[i]);
	if (accepted < (size_t)facts->parameters->panel_min || accepted % 2 == 0)
		finding_add(
			findings, RULE_EV_01, NULL,
			arena_printf(findings->arena, "接受邀请的专家须为单数且不少于 %d 名，现有 %zu 名。",
				     facts->parameters->panel_min, accepted),
			arena_printf(
				findings->arena,
				"An odd number of experts, at least %d, must have accepted; there are %zu.",
				facts->parameters->panel_min, accepted));
}

static bool is_of_bureau(const struct panel_seat *seat)
{
	for (const char *const *name = BUREAU_NAMES; *name; name++)
		if (text_is(seat->employer_key, *name))
			return true;
	return false;
}

static bool is_same_employer(const struct panel_seat *a, const struct panel_seat *b)
{
	return is_same(a->employer_credit_code, b->employer_credit_code) ||
	       is_same(a->employer_key, b->employer_key);
}

static void employer_judge(const struct panel_seat *seat, const struct panel_seat *others, size_t count,
			   struct findings *findings)
{
	if (is_of_bureau(seat))
		finding_add(findings, RULE_EV_03, NULL,
			    arena_printf(findings->arena, "%s 为市科技局人员，不得担任专家。", seat->name),
			    arena_printf(findings->arena, "%s works for the bureau itself.", seat->name));
	for (size_t i = 0; i < count; i++)
		if (seat_is_held(&others[i]) && !is_same(others[i].expert_id, seat->expert_id) &&
		    is_same_employer(seat, &others[i]))
			finding_add(findings, RULE_EV_03, NULL,
				    arena_printf(findings->arena, "%s 与 %s 为同一单位（%s）。", seat->name,
						 others[i].name, seat->employer_name),
				    arena_printf(findings->arena, "%s and %s have the same employer (%s).",
						 seat->name, others[i].name, seat->employer_name));
}

/* EV-03: one expert of one employer, nobody of the bureau. */
void rule_ev_03(const struct facts *facts, struct findings *findings)
{
	const struct evaluation_facts *evaluation = open_facts(facts);
	if (!evaluation)
		return;
	if (evaluation->candidate) {
		employer_judge(evaluation->candidate, evaluation->seats, evaluation->seat_count, findings);
		return;
	}
	for (size_t i = 0; i < evaluation->seat_count; i++)
		if (seat_is_accepted(&evaluation->seats[i]))
			employer_judge(&evaluation->seats[i], evaluation->seats, i, findings);
}

/* ---- conflicts of interest (COI) ---- */

static bool employment_is_recent(const struct employment *employment, const struct facts *facts)
{
	struct date since = date_add_months(facts->today, -facts->parameters->coi_months);
	return !date_is_set(employment->to_on) || date_compare(employment->to_on, since) >= 0;
}

static const struct institution *employer_in(const struct evaluation_facts *evaluation,
					     const struct employment *employment)
{
	for (size_t i = 0; i < evaluation->institution_count; i++) {
		const struct institution *institution = &evaluation->institutions[i];
		if (is_same(institution->credit_code, employment->credit_code) ||
		    is_same(institution->name_key, employment->name_key))
			return institution;
	}
	return NULL;
}

/* The employer of the last months that takes part in the application, NULL when there is none. */
static const struct institution *conflicting_employer(const struct facts *facts,
						      const struct panel_seat *seat)
{
	for (size_t i = 0; i < seat->employment_count; i++) {
		const struct employment *employment = &seat->employments[i];
		if (!employment_is_recent(employment, facts))
			continue;
		const struct institution *institution = employer_in(facts->evaluation, employment);
		if (institution)
			return institution;
	}
	return NULL;
}

/* A name in the bodies of the alliance is the expert's unless the body says that it belongs to another unit.
 */
static bool is_in_bodies(const struct evaluation_facts *evaluation, const struct panel_seat *seat)
{
	for (size_t i = 0; i < evaluation->person_count; i++) {
		const struct governance_person *person = &evaluation->persons[i];
		if (!is_same(person->name_key, seat->name_key))
			continue;
		bool is_elsewhere = person->credit_code || person->organisation_key;
		for (size_t e = 0; e < seat->employment_count; e++)
			if (is_same(person->credit_code, seat->employments[e].credit_code) ||
			    is_same(person->organisation_key, seat->employments[e].name_key))
				is_elsewhere = false;
		if (!is_elsewhere)
			return true;
	}
	return false;
}

/* An invitation names the expert; the setting up of a panel does not. */
static const char *pointer_of(enum rule rule)
{
	return rule == RULE_EV_04 ? NULL : "#/expert_id";
}

static void coi_1_judge(const struct facts *facts, const struct panel_seat *seat, enum rule rule,
			struct findings *findings)
{
	const struct institution *institution = conflicting_employer(facts, seat);
	if (institution)
		finding_add(findings, rule, pointer_of(rule),
			    arena_printf(findings->arena, "%s 在 %d 个月内任职于%s（%s）。", seat->name,
					 facts->parameters->coi_months, institution->name,
					 institution->relation),
			    arena_printf(findings->arena, "%s has worked within %d months for %s (%s).",
					 seat->name, facts->parameters->coi_months, institution->name,
					 institution->relation));
}

static void coi_2_judge(const struct facts *facts, const struct panel_seat *seat, enum rule rule,
			struct findings *findings)
{
	if (is_in_bodies(facts->evaluation, seat))
		finding_add(findings, rule, pointer_of(rule),
			    arena_printf(findings->arena,
					 "%s 在该联盟的理事会、专家咨询委员会或常设机构任职。", seat->name),
			    arena_printf(findings->arena,
					 "%s sits in the alliance's council, advisory committee or staff.",
					 seat->name));
}

static void coi_6_judge(const struct panel_seat *seat, enum rule rule, struct findings *findings)
{
	if (seat->nominated_here)
		finding_add(findings, rule, pointer_of(rule),
			    arena_printf(findings->arena, "%s 由该联盟推荐入库。", seat->name),
			    arena_printf(findings->arena,
					 "%s was nominated to the database by this alliance.", seat->name));
}

/* EV-04: when the panel is set up nobody in it has a conflict and everybody has signed. */
void rule_ev_04(const struct facts *facts, struct findings *findings)
{
	const struct evaluation_facts *evaluation = open_facts(facts);
	if (!evaluation)
		return;
	for (size_t i = 0; i < evaluation->seat_count; i++) {
		const struct panel_seat *seat = &evaluation->seats[i];
		if (!seat_is_accepted(seat))
			continue;
		coi_1_judge(facts, seat, RULE_EV_04, findings);
		coi_2_judge(facts, seat, RULE_EV_04, findings);
		coi_6_judge(seat, RULE_EV_04, findings);
		if (!seat->is_declared)
			finding_add(findings, RULE_EV_04, NULL,
				    arena_printf(findings->arena, "%s 尚未签署回避声明。", seat->name),
				    arena_printf(findings->arena,
						 "%s has not signed the declaration of conflicts.",
						 seat->name));
	}
}

/* EV-05: the chair is one of the experts who hold a seat. */
void rule_ev_05(const struct facts *facts, struct findings *findings)
{
	const struct evaluation_facts *evaluation = open_facts(facts);
	if (!evaluation)
		return;
	const char *chair = facts->input ? input_text(facts, "chair_expert_id") : NULL;
	if (!chair)
		chair = evaluation->chair_expert_id;
	if (!chair && !facts->input)
		return; /* nobody has been named yet, and nobody is asked to */
	for (size_t i = 0; i < evaluation->seat_count; i++) {
		const struct panel_seat *seat = &evaluation->seats[i];
		if (is_same(seat->expert_id, chair) && seat_is_held(seat) &&
		    !text_is(seat->status, "invited"))
			return;
	}
	finding_add(findings, RULE_EV_05, "#/chair_expert_id", "组长须为已接受邀请的专家。",
		    "The chair must be one of the experts who have accepted.");
}

/* COI-1: employed by a party or by the recommender, now or lately. */
void rule_coi_1(const struct facts *facts, struct findings *findings)
{
	const struct evaluation_facts *evaluation = open_facts(facts);
	if (evaluation && evaluation->candidate)
		coi_1_judge(facts, evaluation->candidate, RULE_COI_1, findings);
}

/* COI-2: sits in the alliance itself. */
void rule_coi_2(const struct facts *facts, struct findings *findings)
{
	const struct evaluation_facts *evaluation = open_facts(facts);
	if (evaluation && evaluation->candidate)
		coi_2_judge(facts, evaluation->candidate, RULE_COI_2, findings);
}

/* What the expert declares when accepting. A conflict that is declared makes the acceptance impossible:
 * decline instead. */
static void declaration_judge(const struct facts *facts, const char *member, enum rule rule, const char *zh,
			      const char *en, struct findings *findings)
{
	if (!facts->input)
		return;
	const json_t *answer = json_object_get(json_object_get(facts->input, "declaration"), member);
	const char *pointer = arena_printf(findings->arena, "#/declaration/%s", member);
	if (!json_is_boolean(answer))
		finding_add(findings, rule, pointer, "须签署回避声明。",
			    "The declaration of conflicts must be signed.");
	else if (json_is_true(answer))
		finding_add(findings, rule, pointer, zh, en);
}

/* COI-3: a relative of a principal. */
void rule_coi_3(const struct facts *facts, struct findings *findings)
{
	declaration_judge(facts, "relative", RULE_COI_3,
			  "声明与主要负责人有近亲属关系，不能接受邀请，请选择谢绝。",
			  "A close relative of a principal cannot accept: please decline.", findings);
}

/* COI-4: shares, fees or consulting. */
void rule_coi_4(const struct facts *facts, struct findings *findings)
{
	declaration_judge(facts, "shares_or_fees", RULE_COI_4,
			  "声明与成员单位有持股、取酬或咨询关系，不能接受邀请，请选择谢绝。",
			  "Shares, fees or consulting with a member: please decline.", findings);
}

/* COI-5: joint projects or papers. */
void rule_coi_5(const struct facts *facts, struct findings *findings)
{
	declaration_judge(facts, "joint_work", RULE_COI_5,
			  "声明与牵头单位主要负责人有合作项目或论文，不能接受邀请，请选择谢绝。",
			  "A joint project or paper with the lead's principals: please decline.", findings);
}

/* COI-7: the applicant's wish is shown, and the officer decides. */
void rule_coi_7(const struct facts *facts, struct findings *findings)
{
	const struct evaluation_facts *evaluation = open_facts(facts);
	if (!evaluation || !evaluation->candidate)
		return;
	for (size_t i = 0; i < evaluation->avoided_count; i++)
		if (is_same(evaluation->avoided[i].name_key, evaluation->candidate->name_key) &&
		    (!evaluation->avoided[i].employer_key ||
		     is_same(evaluation->avoided[i].employer_key, evaluation->candidate->employer_key)))
			finding_warn(findings, RULE_COI_7, "#/expert_id",
				     "申请单位请求该专家回避，由经办人员决定。",
				     "The applicant asks to avoid this expert; the officer decides.");
}

/* COI-8 (with article 15): a re-review is not judged by the panel of last time. */
void rule_coi_8(const struct facts *facts, struct findings *findings)
{
	const struct evaluation_facts *evaluation = open_facts(facts);
	size_t held = 1, before;
	if (!evaluation || !evaluation->candidate || !text_is(evaluation->application_kind, "rereview"))
		return;
	before = evaluation->candidate->sat_before;
	for (size_t i = 0; i < evaluation->seat_count; i++) {
		held += seat_is_held(&evaluation->seats[i]);
		before += seat_is_held(&evaluation->seats[i]) && evaluation->seats[i].sat_before;
	}
	/* Seats are filled one by one: half of the least panel is free before the share of those present
	 * counts. */
	size_t allowed =
		(held > (size_t)facts->parameters->panel_min ? held : (size_t)facts->parameters->panel_min) /
		2;
	if (evaluation->candidate->sat_before && before > allowed)
		finding_add(findings, RULE_COI_8, "#/expert_id", NULL, NULL);
}

/* ---- what the steps ask for (TR) ---- */

/* TR-13: one panel at a time, for an application that was accepted. */
void rule_tr_13(const struct facts *facts, struct findings *findings)
{
	const struct evaluation_facts *evaluation = facts->evaluation;
	if (!evaluation)
		return;
	if (!text_is(evaluation->application_status, "accepted"))
		finding_add(findings, RULE_TR_13, "#/application_id", "申请尚未受理或已进入下一环节。",
			    "The application is not in the status accepted.");
	if (evaluation->has_other_panel)
		finding_add(findings, RULE_TR_13, "#/application_id", "本轮已有专家组。",
			    "There is a panel of this round already.");
}

/* TR-16: a chair who still holds the seat is not put aside. */
void rule_tr_16(const struct facts *facts, struct findings *findings)
{
	const struct evaluation_facts *evaluation = open_facts(facts);
	if (!evaluation)
		return;
	for (size_t i = 0; i < evaluation->seat_count; i++)
		if (is_same(evaluation->seats[i].expert_id, evaluation->chair_expert_id) &&
		    seat_is_held(&evaluation->seats[i]))
			finding_add(findings, RULE_TR_16, NULL, "组长未回避也未被更换。",
				    "The chair has neither recused nor been replaced.");
}

/* TR-17 */
void rule_tr_17(const struct facts *facts, struct findings *findings)
{
	if (facts->evaluation && !facts->evaluation->actor_is_chair)
		finding_add(findings, RULE_TR_17, NULL, NULL, NULL);
}

/* TR-18 */
void rule_tr_18(const struct facts *facts, struct findings *findings)
{
	if (!facts->input)
		return;
	const char *opinion = input_text(facts, "opinion");
	if (text_is_blank(opinion) || text_length(opinion) < OPINION_MIN)
		finding_add(findings, RULE_TR_18, "#/opinion", NULL, NULL);
}

/* TR-19 */
void rule_tr_19(const struct facts *facts, struct findings *findings)
{
	if (!facts->input)
		return;
	const char *conflict = input_text(facts, "comment");
	if (text_is_blank(conflict) || text_length(conflict) < CONFLICT_MIN)
		finding_add(findings, RULE_TR_19, "#/comment", "须写明回避事由（不少于5个字）。",
			    "The conflict must be named (comment, at least 5 characters).");
}

/* TR-21: an expert is replaced for being late, and only then. */
void rule_tr_21(const struct facts *facts, struct findings *findings)
{
	const struct evaluation_facts *evaluation = facts->evaluation;
	if (evaluation &&
	    (!date_is_set(evaluation->due_on) || date_compare(facts->today, evaluation->due_on) <= 0))
		finding_add(findings, RULE_TR_21, NULL, NULL, NULL);
}

/* TR-23: seats are filled until the panel is closed. */
void rule_tr_23(const struct facts *facts, struct findings *findings)
{
	const struct evaluation_facts *evaluation = facts->evaluation;
	if (evaluation && !text_is(evaluation->panel_status, "draft") &&
	    !text_is(evaluation->panel_status, "constituted") &&
	    !text_is(evaluation->panel_status, "scoring"))
		finding_add(findings, RULE_TR_23, NULL, NULL, NULL);
}

/* TR-24: an invitation lapses when its working days are over. */
void rule_tr_24(const struct facts *facts, struct findings *findings)
{
	const struct sheet_facts *sheet = facts->evaluation ? facts->evaluation->sheet : NULL;
	if (sheet && date_compare(facts->today, sheet->answer_due_on) <= 0)
		finding_add(findings, RULE_TR_24, NULL, NULL, NULL);
}
