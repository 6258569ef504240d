/* 第十条
   推荐方式。由县市区科技主管部门围绕区域经济转型升级设计和推荐联盟；市级部门、行业协会可围绕产业技术创新问题，设计和推荐联盟。
 */
#include "facts.h"
#include "form.h"
#include "rules_decl.h"

#include <string.h>

/* In the status "submitted" the only act upon the unit is its replacement: then the new unit is judged, and
 * without one nothing. */
static bool unit_is_replaced(const struct facts *facts)
{
	return facts->status && !strcmp(facts->status, "submitted");
}

static const struct unit_facts *unit_judged(const struct facts *facts)
{
	return unit_is_replaced(facts) ? facts->application->candidate : facts->application->recommender;
}

static bool unit_is_eligible(const struct unit_facts *unit)
{
	return unit->is_active && (strcmp(unit->kind, "county") ? unit->has_field : unit->administers_lead);
}

/* Whether the unit is the member of the form that bears the flag. */
static bool unit_is_member(const struct application_facts *application, const struct unit_facts *unit,
			   const char *flag)
{
	size_t index = 0, count = 0;
	const json_t *member = form_member(application->form, flag, &index, &count);
	return unit->credit_code && form_is(member, "credit_code", unit->credit_code);
}

static bool unit_is_party(const struct application_facts *application, const struct unit_facts *unit)
{
	const char *lead = application->lead.credit_code;
	return unit_is_member(application, unit, "is_lead") || unit_is_member(application, unit, "is_host") ||
	       (unit->credit_code && lead && !strcmp(unit->credit_code, lead));
}

/* AP-28: a county recommends the alliances whose lead it administers, a department or association those of
 * its fields. */
void rule_ap_28(const struct facts *facts, struct findings *findings)
{
	static const char POINTER[] = "#/recommender_id";
	const struct application_facts *application = facts->application;
	const struct unit_facts *unit = unit_judged(facts);
	if (unit_is_replaced(facts) && !input_text(facts, "recommender_id"))
		return;
	if (!unit) {
		finding_add(findings, RULE_AP_28, POINTER, "须选择推荐单位。",
			    "A recommending unit is chosen.");
		return;
	}
	if (!unit->is_active)
		finding_add(findings, RULE_AP_28, POINTER, "该推荐单位已停用。", "This unit is not active.");
	else if (!unit_is_eligible(unit) && !strcmp(unit->kind, "county"))
		finding_add(findings, RULE_AP_28, POINTER, "牵头单位不属于该县市区（园区）管辖。",
			    "The lead is not under this unit's jurisdiction.");
	else if (!unit_is_eligible(unit))
		finding_add(findings, RULE_AP_28, POINTER, "该领域不在推荐单位的业务范围内。",
			    "The industry field is not in this unit's scope.");
	if (unit_is_party(application, unit))
		finding_add(findings, RULE_AP_28, POINTER, "推荐单位不得为牵头单位或依托单位。",
			    "The recommending unit is neither the lead nor the host.");
	else if (form_has_code(application->form, unit->credit_code))
		finding_warn(findings, RULE_AP_28, POINTER, "推荐单位同时是联盟成员，已记录。",
			     "The recommending unit is a member; this is on record.");
}

/* EN-04: who signs is not who applies. */
void rule_en_04(const struct facts *facts, struct findings *findings)
{
	const struct unit_facts *unit = unit_is_replaced(facts) && input_text(facts, "recommender_id")
						? facts->application->candidate
						: facts->application->recommender;
	if (unit && unit_is_party(facts->application, unit))
		finding_add(findings, RULE_EN_04, NULL, "推荐单位是本申请的牵头单位或依托单位。",
			    "The recommending unit is the lead or the host of this application.");
	if (facts->actor && facts->application->actor_is_applicant)
		finding_add(findings, RULE_EN_04, NULL, "签署人账户属于申请方，不得签署推荐意见。",
			    "The signing account belongs to the applicant.");
}

/* EN-05: the three phrases of article 4, and the lead's backbone position, are answered. */
void rule_en_05(const struct facts *facts, struct findings *findings)
{
	static const struct {
		const char *name, *zh, *en;
	} ITEMS[] = {
		{"market_law", "须回答：是否遵循市场经济规律。",
		 "Not answered: does it follow the law of the market?"},
		{"industry_demand", "须回答：是否突出产业发展需求。",
		 "Not answered: does it serve the demand of the industry?"},
		{"government_guidance", "须回答：是否发挥政府引导作用。",
		 "Not answered: is government guidance given its part?"},
	};
	const json_t *checklist = json_object_get(facts->input, "checklist");
	if (!facts->input)
		return;
	for (size_t i = 0; i < sizeof ITEMS / sizeof *ITEMS; i++)
		if (!json_is_boolean(json_object_get(checklist, ITEMS[i].name)))
			finding_add(findings, RULE_EN_05,
				    arena_printf(findings->arena, "#/checklist/%s", ITEMS[i].name),
				    ITEMS[i].zh, ITEMS[i].en);
	if (!form_bool(checklist, "backbone_confirmed"))
		finding_add(findings, RULE_EN_05, "#/checklist/backbone_confirmed",
			    "须确认牵头单位为市域内行业骨干（龙头）企业。",
			    "The backbone position of the lead is to be confirmed.");
}

/* TR-06: a unit is replaced only when it is late or may not act. */
void rule_tr_06(const struct facts *facts, struct findings *findings)
{
	const struct application_facts *application = facts->application;
	const struct unit_facts *old = application->recommender;
	const struct endorsement_facts *endorsement = &application->endorsement;
	const char *chosen = input_text(facts, "recommender_id");
	bool is_late = endorsement->is_overdue || (date_is_set(endorsement->due_on) &&
						   date_compare(facts->today, endorsement->due_on) > 0);
	bool is_conflicted = old && (!unit_is_eligible(old) || unit_is_party(application, old) ||
				     form_has_code(application->form, old->credit_code));
	if (!is_late && !is_conflicted)
		finding_add(findings, RULE_TR_06, NULL, "原推荐单位既未超期，也无利害关系。",
			    "The present unit is neither overdue nor in conflict.");
	if (facts->input && !chosen)
		finding_add(findings, RULE_TR_06, "#/recommender_id", "须指定新的推荐单位。",
			    "The new unit is missing.");
	if (chosen && old && !strcmp(chosen, old->id))
		finding_add(findings, RULE_TR_06, "#/recommender_id", "新的推荐单位须不同于原单位。",
			    "The new unit differs from the present one.");
}
