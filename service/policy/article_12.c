/* 第十二条
   论证内容。
   （1）重要性评价。是否为全市重点发展领域，是否符合产业、环保和能源等政策。对提升产业核心竞争力，促进产业结构优化升级的作用如何。
   （2）必要性评价。是否有利于集聚整合创新资源，是否形成产业技术创新链，能否实现产业重大技术突破、形成产业核心技术标准，能否支撑和引领产业技术发展。
   （3）创新目标评价。创新目标是否明确，研究方向是否体现产业领域的技术创新方向，是否属于产业发展共性技术或关键技术，技术路线是否切实可行，能否达到预期目标。
   （4）实施方案评价。联盟的组织管理体系、联盟内部协议、管理制度、成员单位任务分工、建设规划和年度计划等是否合理。
   （5）运行机制评价。是否建立有效的决策、执行与监督机制，利益保障机制，稳定的长效合作机制，开放共享发展机制等。
   （6）综合实力评价。联盟牵头单位是否处于行业骨干地位；高校院所在该领域是否具有较高水平。成员单位联合开展技术创新基础如何，是否拥有共享的研发平台、设施以及相对稳定、素质较高的研发团队和高水平的技术带头人。
   （7）经费管理评价。联盟单位是否具备较强的筹资、信贷能力，项目研发经费管理是否规范。
   （8）成果效益评价。取得成果、经济社会效益是否能有力地推动产业的发展，辐射带动作用是否显著。

   The criteria and their questions as data, the arithmetic over the sheets, and what a sheet and a panel need
   for it. The text names the eight criteria only; weights, limits and the counting of votes are the bureau's
   (article 20) and stand in the table of parameters. */
#include "rubric.h"

#include "facts_evaluation.h"
#include "form.h"
#include "rules_decl.h"
#include "text.h"

#include <string.h>

#define QUESTIONS(list) list, sizeof(list) / sizeof *(list)

static const struct question importance[] = {
	{"C1.1", "是否为全市重点发展领域", "Is it a key field of the city?"},
	{"C1.2", "是否符合产业政策", "Does it follow the industrial policy?"},
	{"C1.3", "是否符合环保政策", "Does it follow the environmental policy?"},
	{"C1.4", "是否符合能源政策", "Does it follow the energy policy?"},
	{"C1.5", "能否提升产业核心竞争力", "Does it raise the industry's core competitiveness?"},
	{"C1.6", "能否促进产业结构优化升级", "Does it upgrade the industry's structure?"},
};
static const struct question necessity[] = {
	{"C2.1", "是否有利于集聚整合创新资源", "Does it gather and integrate resources of innovation?"},
	{"C2.2", "是否形成产业技术创新链", "Does it form a chain of industrial innovation?"},
	{"C2.3", "能否实现产业重大技术突破", "Can it bring a major technical breakthrough?"},
	{"C2.4", "能否形成产业核心技术标准", "Can it bring core technical standards?"},
	{"C2.5", "能否支撑和引领产业技术发展", "Can it support and lead the industry's technology?"},
};
static const struct question goals[] = {
	{"C3.1", "创新目标是否明确", "Are the goals clear?"},
	{"C3.2", "研究方向是否体现产业领域的技术创新方向",
	 "Does the research follow the field's direction of innovation?"},
	{"C3.3", "是否属于产业发展共性技术或关键技术", "Is it common or key technology of the industry?"},
	{"C3.4", "技术路线是否切实可行", "Is the technical route feasible?"},
	{"C3.5", "能否达到预期目标", "Can the goals be reached?"},
};
static const struct question implementation[] = {
	{"C4.1", "组织管理体系是否合理", "Are organisation and management sound?"},
	{"C4.2", "联盟内部协议是否合理", "Is the agreement sound?"},
	{"C4.3", "管理制度是否合理", "Are the rules sound?"},
	{"C4.4", "成员单位任务分工是否合理", "Is the division of tasks sound?"},
	{"C4.5", "建设规划是否合理", "Is the construction plan sound?"},
	{"C4.6", "年度计划是否合理", "Is the annual plan sound?"},
};
static const struct question mechanism[] = {
	{"C5.1", "是否建立有效的决策机制", "Is there an effective way to decide?"},
	{"C5.2", "是否建立有效的执行机制", "Is there an effective way to carry out?"},
	{"C5.3", "是否建立有效的监督机制", "Is there effective supervision?"},
	{"C5.4", "是否建立利益保障机制", "Are the members' interests safeguarded?"},
	{"C5.5", "是否建立稳定的长效合作机制", "Is the cooperation stable and lasting?"},
	{"C5.6", "是否建立开放共享发展机制", "Is it open and does it share?"},
};
static const struct question strength[] = {
	{"C6.1", "牵头单位是否处于行业骨干地位", "Is the lead a backbone of its industry?"},
	{"C6.2", "高校院所在该领域是否具有较高水平",
	 "Do universities and institutes stand high in the field?"},
	{"C6.3", "成员单位联合开展技术创新的基础如何", "Have the members innovated together so far?"},
	{"C6.4", "是否拥有共享的研发平台", "Is there a shared platform of research?"},
	{"C6.5", "是否拥有共享的设施", "Are there shared facilities?"},
	{"C6.6", "是否拥有相对稳定、素质较高的研发团队", "Is there a stable and able team?"},
	{"C6.7", "是否拥有高水平的技术带头人", "Are there technical leaders of high standing?"},
};
static const struct question funds[] = {
	{"C7.1", "是否具备较强的筹资能力", "Can the members raise funds?"},
	{"C7.2", "是否具备较强的信贷能力", "Can the members obtain credit?"},
	{"C7.3", "项目研发经费管理是否规范", "Is the project money managed in order?"},
};
static const struct question benefit[] = {
	{"C8.1", "取得的成果能否有力地推动产业的发展", "Do the results push the industry forward?"},
	{"C8.2", "经济社会效益能否有力地推动产业的发展",
	 "Do economic and social benefit push the industry forward?"},
	{"C8.3", "辐射带动作用是否显著", "Is the radiating effect marked?"},
};

const struct criterion criteria[CRITERIA] = {
	{"C1", "12(1)", "重要性", "importance", QUESTIONS(importance)},
	{"C2", "12(2)", "必要性", "necessity", QUESTIONS(necessity)},
	{"C3", "12(3)", "创新目标", "goals of innovation", QUESTIONS(goals)},
	{"C4", "12(4)", "实施方案", "plan of implementation", QUESTIONS(implementation)},
	{"C5", "12(5)", "运行机制", "mechanism of operation", QUESTIONS(mechanism)},
	{"C6", "12(6)", "综合实力", "overall strength", QUESTIONS(strength)},
	{"C7", "12(7)", "经费管理", "management of funds", QUESTIONS(funds)},
	{"C8", "12(8)", "成果效益", "results and benefit", QUESTIONS(benefit)},
};

enum {
	WEIGHTS_WHOLE = 10000, /* basis points */
	SCORE_MAX = 100,
	COMMENT_BELOW = 60, /* a score under it needs a comment */
	COMMENT_MIN = 10,   /* characters of it */
	NOTE_MIN = 10,      /* characters of the chair's note on a wide dispersion */
	ROUNDING = 50,
};

/* ---- arithmetic ---- */

static const char *const votes[] = {NULL, "recognise", "revise", "reject"};

enum vote vote_parse(const char *name)
{
	for (int i = VOTE_RECOGNISE; name && i <= VOTE_REJECT; i++)
		if (!strcmp(votes[i], name))
			return (enum vote)i;
	return VOTE_NONE;
}

const char *vote_name(enum vote vote)
{
	return votes[vote];
}

int weights_sum(const int weights[CRITERIA])
{
	int sum = 0;
	for (int c = 0; c < CRITERIA; c++)
		sum += weights[c];
	return sum;
}

/* EV-08: T = (Σ w·s + 50) / 100, integer division. */
int sheet_total(const int scores[CRITERIA], const int weights[CRITERIA])
{
	int sum = 0;
	for (int c = 0; c < CRITERIA; c++)
		sum += weights[c] * scores[c];
	return (sum + ROUNDING) / 100;
}

/* (2Σ + m) / (2m): the mean rounded half up. */
static int mean_of(long sum, size_t m)
{
	return (int)((2 * sum + (long)m) / (2 * (long)m));
}

/* The sheet with the highest (or lowest) total but for one; among equal totals the lowest sheet id. */
static size_t extreme(const struct sheet_score *sheets, size_t n, const int weights[CRITERIA], bool highest,
		      size_t but)
{
	size_t best = SIZE_MAX;
	int best_total = 0;
	for (size_t i = 0; i < n; i++) {
		if (i == but)
			continue;
		int total = sheet_total(sheets[i].scores, weights);
		bool better = highest ? total > best_total : total < best_total;
		bool tie = total == best_total && best != SIZE_MAX &&
			   strcmp(sheets[i].sheet_id, sheets[best].sheet_id) < 0;
		if (best == SIZE_MAX || better || tie) {
			best = i;
			best_total = total;
		}
	}
	return best;
}

static void votes_count(const struct sheet_score *sheets, size_t n, struct evaluation_result *result)
{
	for (size_t i = 0; i < n; i++) {
		result->recognise_votes += sheets[i].vote == VOTE_RECOGNISE;
		result->revise_votes += sheets[i].vote == VOTE_REVISE;
		result->reject_votes += sheets[i].vote == VOTE_REJECT;
		result->policy_objections += !sheets[i].policy_compliant;
	}
}

/* EV-09 */
static void means_compute(const struct sheet_score *sheets, size_t n, const int weights[CRITERIA],
			  struct evaluation_result *result)
{
	long sum = 0, criterion_sums[CRITERIA] = {0};
	for (size_t i = 0; i < n; i++) {
		if (i == result->dropped_high || i == result->dropped_low)
			continue;
		result->kept++;
		sum += sheet_total(sheets[i].scores, weights);
		for (int c = 0; c < CRITERIA; c++)
			criterion_sums[c] += sheets[i].scores[c] * 100L;
	}
	result->mean = mean_of(sum, result->kept);
	for (int c = 0; c < CRITERIA; c++)
		result->criterion_means[c] = mean_of(criterion_sums[c], result->kept);
}

/* EV-10 */
static bool is_recognised(const struct evaluation_result *result, const struct parameters *p)
{
	size_t numerator = (size_t)p->vote_share_numerator, denominator = (size_t)p->vote_share_denominator;
	size_t needed = (result->counted * numerator + denominator - 1) / denominator;
	for (int c = 0; c < CRITERIA; c++)
		if (result->criterion_means[c] < p->pass_criterion)
			return false;
	return result->mean >= p->pass_mean && result->recognise_votes >= needed &&
	       2 * result->policy_objections < result->counted;
}

/* EV-11 */
static bool is_rejected(const struct evaluation_result *result, const struct parameters *p)
{
	return result->mean < p->reject_mean || 2 * result->reject_votes > result->counted;
}

struct evaluation_result evaluation_compute(const struct sheet_score *sheets, size_t n,
					    const struct parameters *p)
{
	const int *weights = p->weights_recognition;
	struct evaluation_result result = {.counted = n, .dropped_high = SIZE_MAX, .dropped_low = SIZE_MAX};
	size_t highest = extreme(sheets, n, weights, true, SIZE_MAX);
	size_t lowest = extreme(sheets, n, weights, false, SIZE_MAX);
	/* EV-12, over all sheets */
	result.dispersion_alert =
		sheet_total(sheets[highest].scores, weights) - sheet_total(sheets[lowest].scores, weights) >
		p->dispersion;
	if (n >= (size_t)p->panel_trim_from && n > 2) {
		result.dropped_high = highest;
		result.dropped_low = extreme(sheets, n, weights, false, highest);
	}
	votes_count(sheets, n, &result);
	means_compute(sheets, n, weights, &result);
	if (is_recognised(&result, p))
		result.result = VOTE_RECOGNISE;
	else
		result.result = is_rejected(&result, p) ? VOTE_REJECT : VOTE_REVISE;
	return result;
}

/* ---- rules ---- */

/* EV-02: most of the panel is of the field; somebody can judge the money (criterion 7). */
void rule_ev_02(const struct facts *facts, struct findings *findings)
{
	const struct evaluation_facts *evaluation = facts->evaluation;
	size_t experts = 0, of_field = 0, of_finance = 0;
	if (!evaluation || evaluation->is_sealed)
		return;
	for (size_t i = 0; i < evaluation->seat_count; i++) {
		const struct panel_seat *seat = &evaluation->seats[i];
		if (!text_is(seat->status, "accepted"))
			continue;
		experts++;
		of_field += seat->carries_field;
		of_finance += text_is(seat->kind, "finance") || text_is(seat->kind, "management");
	}
	if (100 * of_field < (size_t)facts->parameters->panel_field_share_percent * experts)
		finding_add(
			findings, RULE_EV_02, NULL,
			arena_printf(findings->arena, "本领域专家须不少于 %d%%：%zu 名专家中仅 %zu 名。",
				     facts->parameters->panel_field_share_percent, experts, of_field),
			arena_printf(findings->arena,
				     "At least %d%% of the experts must carry the field: only %zu of %zu do.",
				     facts->parameters->panel_field_share_percent, of_field, experts));
	if (of_finance < (size_t)facts->parameters->panel_finance_min)
		finding_add(findings, RULE_EV_02, NULL,
			    arena_printf(findings->arena, "财务或管理类专家须不少于 %d 名。",
					 facts->parameters->panel_finance_min),
			    arena_printf(findings->arena,
					 "At least %d expert of finance or management is needed.",
					 facts->parameters->panel_finance_min));
}

/* EV-06: the panel's own weights once it has any, else those in force. */
void rule_ev_06(const struct facts *facts, struct findings *findings)
{
	const struct evaluation_facts *evaluation = facts->evaluation;
	if (!evaluation)
		return;
	const int *weights =
		evaluation->panel_id ? evaluation->weights : facts->parameters->weights_recognition;
	bool is_negative = false;
	for (int c = 0; c < CRITERIA; c++)
		is_negative |= weights[c] < 0;
	if (weights_sum(weights) != WEIGHTS_WHOLE || is_negative)
		finding_add(findings, RULE_EV_06, NULL,
			    arena_printf(findings->arena, "八项权重之和须为 %d，现为 %d。", WEIGHTS_WHOLE,
					 weights_sum(weights)),
			    arena_printf(findings->arena, "The eight weights must sum to %d; they sum to %d.",
					 WEIGHTS_WHOLE, weights_sum(weights)));
}

static void score_judge(const struct sheet_facts *sheet, const struct criterion *criterion,
			struct findings *findings)
{
	const json_t *score = json_object_get(sheet->scores, criterion->code);
	const char *comment = json_string_value(json_object_get(sheet->comments, criterion->code));
	if (!json_is_integer(score) || json_integer_value(score) < 0 || json_integer_value(score) > SCORE_MAX)
		finding_add(findings, RULE_EV_07,
			    arena_printf(findings->arena, "#/scores/%s", criterion->code),
			    arena_printf(findings->arena, "“%s”尚未评分。", criterion->zh),
			    arena_printf(findings->arena, "The criterion %s has no score.", criterion->code));
	else if (json_integer_value(score) < COMMENT_BELOW &&
		 (text_is_blank(comment) || text_length(comment) < COMMENT_MIN))
		finding_add(findings, RULE_EV_07,
			    arena_printf(findings->arena, "#/comments/%s", criterion->code),
			    arena_printf(findings->arena, "“%s”低于 %d 分，须说明理由（不少于 %d 个字）。",
					 criterion->zh, COMMENT_BELOW, COMMENT_MIN),
			    arena_printf(findings->arena,
					 "%s is below %d: a comment of at least %d characters is needed.",
					 criterion->code, COMMENT_BELOW, COMMENT_MIN));
}

/* EV-07: a complete sheet. A check question left open is only remarked: the questions are not scored. */
void rule_ev_07(const struct facts *facts, struct findings *findings)
{
	const struct sheet_facts *sheet = facts->evaluation ? facts->evaluation->sheet : NULL;
	if (!sheet || !sheet->scores)
		return;
	for (int c = 0; c < CRITERIA; c++)
		score_judge(sheet, &criteria[c], findings);
	if (vote_parse(sheet->vote) == VOTE_NONE)
		finding_add(findings, RULE_EV_07, "#/vote", "须作出表决。", "The vote is missing.");
	if (!sheet->has_policy_compliant)
		finding_add(findings, RULE_EV_07, "#/policy_compliant", "须判断是否符合相关政策。",
			    "Whether it follows the policies is not answered.");
	size_t answered = json_object_size(sheet->answers);
	if (answered < QUESTION_COUNT)
		finding_warn(findings, RULE_EV_07, "#/answers",
			     arena_printf(findings->arena, "尚有 %zu 个论证要点未作答。",
					  QUESTION_COUNT - answered),
			     arena_printf(findings->arena, "%zu check questions are not answered.",
					  QUESTION_COUNT - answered));
}

/* EV-12: experts who differ that much need the chair's explanation. */
void rule_ev_12(const struct facts *facts, struct findings *findings)
{
	const struct evaluation_facts *evaluation = facts->evaluation;
	if (!evaluation || !evaluation->is_closed || !evaluation->has_dispersion_alert || !facts->input)
		return;
	const char *note = input_text(facts, "dispersion_note");
	if (text_is_blank(note) || text_length(note) < NOTE_MIN)
		finding_add(
			findings, RULE_EV_12, "#/dispersion_note",
			"评分差异过大，组长须作说明（不少于10个字）。",
			"The totals differ widely: the chair must write a note of at least 10 characters.");
}

/* TR-11: only a result of revision leads to a rectification, and only so often. */
void rule_tr_11(const struct facts *facts, struct findings *findings)
{
	const struct evaluation_facts *evaluation = facts->evaluation;
	if (!evaluation)
		return;
	if (!text_is(evaluation->result, "revise"))
		finding_add(findings, RULE_TR_11, NULL, "论证结论不是“修改完善”。",
			    "The panel's result is not a revision.");
	if (evaluation->application_round > facts->parameters->rectify_rounds)
		finding_add(findings, RULE_TR_11, NULL, "整改次数已用完。",
			    "There is no further round of rectification.");
}

/* TR-14: what the experts read is what the applicant has filed. */
void rule_tr_14(const struct facts *facts, struct findings *findings)
{
	const struct evaluation_facts *evaluation = facts->evaluation;
	if (!evaluation || !evaluation->panel_id)
		return;
	if (!evaluation->material_sha256 || !evaluation->snapshot_sha256 ||
	    strcmp(evaluation->material_sha256, evaluation->snapshot_sha256))
		finding_add(findings, RULE_TR_14, NULL, NULL, NULL);
}

/* Sheets that still count: not declined (which an expired invitation becomes), recused or replaced. */
static bool seat_is_live(const struct panel_seat *seat)
{
	return !text_is(seat->status, "declined") && !text_is(seat->status, "recused") &&
	       !text_is(seat->status, "replaced");
}

/* TR-15: how many are in is for the bureau to know; which ones is not (EV-13). */
void rule_tr_15(const struct facts *facts, struct findings *findings)
{
	const struct evaluation_facts *evaluation = facts->evaluation;
	size_t live = 0, submitted = 0;
	if (!evaluation || evaluation->is_sealed)
		return;
	for (size_t i = 0; i < evaluation->seat_count; i++) {
		live += seat_is_live(&evaluation->seats[i]);
		submitted += text_is(evaluation->seats[i].status, "submitted");
	}
	if (submitted < live)
		finding_add(
			findings, RULE_TR_15, NULL,
			arena_printf(findings->arena, "%zu 份有效评分表中已提交 %zu 份。", live, submitted),
			arena_printf(findings->arena, "%zu of %zu live sheets are submitted.", submitted,
				     live));
}

/* TR-22: a sheet is written while its panel is scoring, at no other time. */
void rule_tr_22(const struct facts *facts, struct findings *findings)
{
	if (facts->evaluation && !text_is(facts->evaluation->panel_status, "scoring"))
		finding_add(findings, RULE_TR_22, NULL, NULL, NULL);
}

/* ---- what an application brings along for these criteria ---- */

/* AP-04: 12(1) 是否符合产业、环保和能源等政策; 6(1) 节能减排: each policy is declared. */
void rule_ap_04(const struct facts *facts, struct findings *findings)
{
	static const struct {
		const char *name, *zh, *en;
	} POLICIES[] = {
		{"industrial_policy", "须承诺符合国家产业政策。",
		 "Compliance with industrial policy is declared."},
		{"energy_saving", "须承诺符合节能减排政策。",
		 "Compliance with energy saving and emission reduction is declared."},
		{"environmental_policy", "须承诺符合环保政策。",
		 "Compliance with environmental policy is declared."},
		{"energy_policy", "须承诺符合能源政策。", "Compliance with energy policy is declared."},
		{"other_policies", "须承诺符合其他相关政策。",
		 "Compliance with other related policies is declared."},
		{"truthful", "须承诺所报材料真实。", "The truth of the papers is declared."},
	};
	const json_t *declarations = form_at(facts->application->form, "declarations", NULL);
	for (size_t i = 0; i < sizeof POLICIES / sizeof *POLICIES; i++)
		if (!form_bool(declarations, POLICIES[i].name))
			finding_add(findings, RULE_AP_04,
				    arena_printf(findings->arena, "#/form/declarations/%s", POLICIES[i].name),
				    POLICIES[i].zh, POLICIES[i].en);
}

/* AP-26: 12(4) 建设规划和年度计划. */
void rule_ap_26(const struct facts *facts, struct findings *findings)
{
	if (!attachment_find(facts->application, "construction_plan"))
		finding_add(findings, RULE_AP_26, "#/attachments/construction_plan", "须附建设规划。",
			    "The construction plan is attached.");
	if (!attachment_find(facts->application, "annual_plan"))
		finding_add(findings, RULE_AP_26, "#/attachments/annual_plan", "须附第一年度计划。",
			    "The first annual plan is attached.");
}

/* ---- correction and rectification: one list, one time limit, every point answered ---- */

/* TR-02: the time limit lies ahead and within what is allowed; without one the longest holds. */
void rule_tr_02(const struct facts *facts, struct findings *findings)
{
	const char *text = input_text(facts, "due_on");
	bool is_rectification = facts->status && !strcmp(facts->status, "evaluated");
	struct date due_on = {0},
		    last = is_rectification ? date_add_days(facts->today, facts->parameters->rectify_days)
					    : calendar_add_workdays(facts->calendar, facts->today,
								    facts->parameters->correct_wd);
	if (!text)
		return;
	if (!date_parse(text, &due_on) || date_compare(due_on, facts->today) <= 0 ||
	    date_compare(due_on, last) > 0) {
		char day[DATE_TEXT];
		date_format(last, day);
		finding_add(findings, RULE_TR_02, "#/due_on",
			    arena_printf(findings->arena, "期限须在今日之后，最迟%s。", day),
			    arena_printf(findings->arena, "The due date is after today and at the latest %s.",
					 day));
	}
}

/* TR-04: everything that is to be mended, in one list. */
void rule_tr_04(const struct facts *facts, struct findings *findings)
{
	enum { POINT_MIN = 2 };
	const json_t *points = json_object_get(facts->input, "points");
	if (!facts->input)
		return;
	if (!json_array_size(points))
		finding_add(findings, RULE_TR_04, "#/points", NULL, NULL);
	for (size_t i = 0; i < json_array_size(points); i++) {
		const char *text = form_text(json_array_get(points, i), "text");
		if (!text || text_length(text) < POINT_MIN)
			finding_add(findings, RULE_TR_04,
				    arena_printf(findings->arena, "#/points/%zu/text", i), "事项内容为空。",
				    "This point says nothing.");
	}
}

static bool point_is_answered(const json_t *answers, size_t position)
{
	for (size_t i = 0; i < json_array_size(answers); i++) {
		const json_t *answer = json_array_get(answers, i);
		if (json_integer_value(json_object_get(answer, "position")) == (json_int_t)position &&
		    form_text(answer, "answer"))
			return true;
	}
	return false;
}

/* TR-05: no point is left without an answer. */
void rule_tr_05(const struct facts *facts, struct findings *findings)
{
	const json_t *answers = json_object_get(facts->input, "answers");
	for (size_t position = 1; facts->input && position <= facts->application->point_count; position++)
		if (!point_is_answered(answers, position))
			finding_add(findings, RULE_TR_05, "#/answers",
				    arena_printf(findings->arena, "第%zu项未答复。", position),
				    arena_printf(findings->arena, "Point %zu is not answered.", position));
}
