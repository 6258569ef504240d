/* 第七条
   主要任务。
   （1）制定产业发展技术路线图，发挥联盟在产业技术创新政策研究和制定中的重要作用。
   （2）提升产业核心竞争力，培育形成自主知识产权、核心技术和标准，推进价值链向高端发展。
   （3）建立公共技术平台，实现创新资源的有效聚集和合理分工，加速科技成果的商业化运用。
   （4）联合培养人才，加强科技人员的交流互动，为产业持续创新提供人才支撑。 */
#include "facts.h"
#include "form.h"
#include "rules_decl.h"

/* A row of the plan, or of a member, that takes the task up; "not this year" counts with its reason. */
static bool task_is_addressed(const json_t *form, const char *task)
{
	const json_t *rows = form_at(form, "plan", "tasks", NULL), *members = form_members(form);
	for (size_t i = 0; i < json_array_size(rows); i++)
		if (form_is(json_array_get(rows, i), "task", task) &&
		    form_text(json_array_get(rows, i), "text"))
			return true;
	for (size_t m = 0; m < json_array_size(members); m++) {
		const json_t *own = json_object_get(json_array_get(members, m), "tasks");
		for (size_t i = 0; i < json_array_size(own); i++)
			if (form_is(json_array_get(own, i), "task", task))
				return true;
	}
	return false;
}

/* AP-22: each of the four main tasks is in the plan. */
void rule_ap_22(const struct facts *facts, struct findings *findings)
{
	static const char *const TASKS[] = {"T1", "T2", "T3", "T4"};
	for (size_t i = 0; i < sizeof TASKS / sizeof *TASKS; i++)
		if (!task_is_addressed(facts->application->form, TASKS[i]))
			finding_warn(findings, RULE_AP_22, "#/form/plan/tasks",
				     arena_printf(findings->arena, "规划未涉及主要任务（%zu）。", i + 1),
				     arena_printf(findings->arena, "The plan does not address main task %s.",
						  TASKS[i]));
}

/* AP-25: the roadmap is there, or promised within the time allowed. */
void rule_ap_25(const struct facts *facts, struct findings *findings)
{
	struct date delivery_on =
		form_date(form_at(facts->application->form, "plan", "roadmap", NULL), "delivery_on");
	struct date last = date_add_months(facts->today, facts->parameters->roadmap_months);
	if (attachment_find(facts->application, "technology_roadmap"))
		return;
	if (!date_is_set(delivery_on) || date_compare(delivery_on, last) > 0)
		finding_warn(findings, RULE_AP_25, "#/form/plan/roadmap/delivery_on",
			     arena_printf(findings->arena, "未附产业技术路线图，也未承诺在%d个月内完成。",
					  facts->parameters->roadmap_months),
			     arena_printf(findings->arena,
					  "No technology roadmap, and none promised within %d months.",
					  facts->parameters->roadmap_months));
}
