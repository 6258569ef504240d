/* 第九条
   具体工作。（1）开展关键共性技术的合作研发。（2）推广、应用和保护知识产权。（3）制定和推广技术标准。（4）建立科技资源开放共享平台。
   （5）建立产业技术信息和标准信息交流平台。（6）开展校企合作，培养创新人才。（7）吸引创业资本投资。（8）开展科技合作与交流。
 */
#include "facts.h"
#include "form.h"
#include "rules_decl.h"

/* AP-23: the annual plan has work, each piece of one of the eight kinds. */
void rule_ap_23(const struct facts *facts, struct findings *findings)
{
	const json_t *items = form_at(facts->application->form, "plan", "work_items", NULL);
	if (!json_array_size(items))
		finding_warn(findings, RULE_AP_23, "#/form/plan/work_items", "年度计划宜有至少一项具体工作。",
			     "The annual plan has at least one piece of work.");
	for (size_t i = 0; i < json_array_size(items); i++)
		if (!form_text(json_array_get(items, i), "work"))
			finding_warn(findings, RULE_AP_23,
				     arena_printf(findings->arena, "#/form/plan/work_items/%zu/work", i),
				     "宜注明属于八项具体工作中的哪一项。",
				     "Say which of the kinds W1 to W8 it is.");
}
