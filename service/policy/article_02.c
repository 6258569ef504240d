/* 第二条
   联盟是推进我市实施科技创新工程、加快科技资源统筹步伐的重要载体。构建联盟是整合产业创新资源，引导创新要素向企业集聚的迫切要求，是促进产业技术集成创新、
   提高产业技术创新能力、提升产业核心竞争力的有效途径。 */
#include "facts.h"
#include "form.h"
#include "rules_decl.h"

/* AP-32: the application says which of these it serves. */
void rule_ap_32(const struct facts *facts, struct findings *findings)
{
	const json_t *tags = form_at(facts->application->form, "basic", "strategic_tags", NULL);
	for (size_t i = 0; i < json_array_size(tags); i++)
		if (form_text(json_array_get(tags, i), "text"))
			return;
	finding_warn(findings, RULE_AP_32, "#/form/basic/strategic_tags",
		     "宜写明至少一项战略作用并加以说明。",
		     "Name at least one of the purposes of article 2 with a sentence.");
}
