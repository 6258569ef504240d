/* 第十四条
   报告制度。联盟须于每年11月报告当年工作总结和下年工作计划，经各县市区科技主管部门或市级部门签署推荐意见后报市科技局。

   What is here of it is the signature under a recommending unit's opinion, which article 11 asks for in the
   same words. */
#include "facts.h"
#include "form.h"
#include "rules_decl.h"
#include "text.h"

#include <string.h>

enum { OPINION_MIN = 10 };

/* EN-01: who signed, in which post, when, and for the unit that was asked. */
void rule_en_01(const struct facts *facts, struct findings *findings)
{
	const struct application_facts *application = facts->application;
	const struct endorsement_facts *endorsement = &application->endorsement;
	struct date signed_on = form_date(facts->input, "signed_on");
	if (endorsement->recommender_id &&
	    (!application->recommender || strcmp(endorsement->recommender_id, application->recommender->id)))
		finding_add(findings, RULE_EN_01, NULL, "签署单位不是被请求的推荐单位。",
			    "The unit is not the one that was asked.");
	if (!facts->input)
		return;
	if (!form_text(facts->input, "signer"))
		finding_add(findings, RULE_EN_01, "#/signer", "须填写签署人姓名。",
			    "The signer's name is missing.");
	if (!form_text(facts->input, "post"))
		finding_add(findings, RULE_EN_01, "#/post", "须填写签署人职务。",
			    "The signer's post is missing.");
	if (!date_is_set(signed_on))
		finding_add(findings, RULE_EN_01, "#/signed_on", "须填写签署日期。",
			    "The date of signing is missing.");
	else if (date_compare(signed_on, facts->today) > 0 ||
		 date_compare(signed_on, endorsement->requested_on) < 0)
		finding_add(findings, RULE_EN_01, "#/signed_on", "签署日期须在请求日期与今日之间。",
			    "The date of signing lies between the request and today.");
}

/* EN-02: an opinion says something. */
void rule_en_02(const struct facts *facts, struct findings *findings)
{
	const char *text = form_text(facts->input, "opinion_text");
	if (facts->input && (!text || text_length(text) < OPINION_MIN))
		finding_add(findings, RULE_EN_02, "#/opinion_text", "推荐意见不少于10个字。",
			    "The opinion has at least 10 characters.");
}
