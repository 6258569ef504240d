/* 第二十条
   实施期限。本办法自发布之日起实施，实施过程中市科技局可根据实际情况进行适当调整。 */
#include "facts.h"
#include "facts_application.h"
#include "rules_decl.h"

static const struct date IN_FORCE_FROM = {2015, 5, 19};

/* AP-01: nothing is applied for under measures that are not in force. */
void rule_ap_01(const struct facts *facts, struct findings *findings)
{
	if (date_compare(facts->today, IN_FORCE_FROM) < 0 || !facts->application->policy_in_force)
		finding_add(findings, RULE_AP_01, NULL, "当日管理办法未在施行。",
			    "The measures are not in force on this day.");
}
