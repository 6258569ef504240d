/* 第四条
   基本原则。按照“遵循市场经济规律、突出产业发展需求、发挥政府引导作用”原则，以市域内行业龙头企业为牵头单位，整合利用市域内外资源，围绕经济社会发展需求构建联盟。

   What the lead must be is judged with article 6(2) in article_06.c; the three phrases are answered by the
   recommending unit (article_10.c). Here: resources are to be integrated, not doubled. */
#include "facts.h"
#include "facts_application.h"
#include "rules_decl.h"

/* AP-29: a second alliance of one lead, or of one field in one county, is allowed and noticed. */
void rule_ap_29(const struct facts *facts, struct findings *findings)
{
	if (facts->application->lead_leads_other)
		finding_warn(findings, RULE_AP_29, "#/lead_organisation_id",
			     "该牵头单位已牵头另一个有效联盟。",
			     "The lead already leads another live alliance.");
	if (facts->application->field_is_served)
		finding_warn(findings, RULE_AP_29, "#/industry_field", "同一县市区同一领域已有有效联盟。",
			     "A live alliance serves this field in this county.");
}
