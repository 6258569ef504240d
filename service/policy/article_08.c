/* 第八条
   活动原则。
   （1）围绕重点产业发展领域和区域战略重点领域开展科技创新活动。
   （2）创新活动体现产业领域重大技术需求，有利于推动产业重大技术突破、形成核心技术标准，支撑和引领产业发展。
   （3）创新活动具有较强的带动作用，有利于集聚创新资源，推动产学研用相结合，形成产业技术创新链。
   （4）创新活动有利于解决产业发展的关键和共性技术问题，提升产业核心竞争力，促进产业结构优化升级。 */
#include "facts.h"
#include "form.h"
#include "rules_decl.h"

static bool principle_is_affirmed(const json_t *item)
{
	const json_t *principles = json_object_get(item, "principles");
	for (size_t i = 0; i < json_array_size(principles); i++)
		if (form_text(json_array_get(principles, i), "text"))
			return true;
	return false;
}

/* AP-24: each planned piece of work affirms a principle with a sentence. */
void rule_ap_24(const struct facts *facts, struct findings *findings)
{
	const json_t *items = form_at(facts->application->form, "plan", "work_items", NULL);
	for (size_t i = 0; i < json_array_size(items); i++)
		if (!principle_is_affirmed(json_array_get(items, i)))
			finding_warn(
				findings, RULE_AP_24,
				arena_printf(findings->arena, "#/form/plan/work_items/%zu/principles", i),
				"宜写明符合至少一项活动原则并加以说明。",
				"Affirm at least one of the principles P1 to P4 with a sentence.");
}
