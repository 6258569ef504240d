/* 第五条
   主要目标。运用市场机制集聚创新资源，实现企业、高校院所有效合作，共同突破产业发展的技术瓶颈，形成一批特征明显、引领产业技术创新的联合舰队，提升企业自主创新能力和
   产业核心竞争力。 */
#include "facts.h"
#include "form.h"
#include "rules_decl.h"

static bool objective_is_whole(const json_t *objective)
{
	return form_text(objective, "bottleneck") && form_text(objective, "indicator") &&
	       form_text(objective, "baseline") && form_text(objective, "target_value") &&
	       json_is_integer(json_object_get(objective, "due_year"));
}

/* AP-33: one objective that can be measured later. */
void rule_ap_33(const struct facts *facts, struct findings *findings)
{
	const json_t *objectives = form_at(facts->application->form, "goals", "objectives", NULL);
	for (size_t i = 0; i < json_array_size(objectives); i++)
		if (objective_is_whole(json_array_get(objectives, i)))
			return;
	finding_warn(
		findings, RULE_AP_33, "#/form/goals/objectives",
		"宜有至少一项目标：技术瓶颈、指标、基线、目标值、完成年度。",
		"State at least one objective: bottleneck, indicator, baseline, target value, due year.");
}
