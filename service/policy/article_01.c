/* 第一条
   本办法所称产业技术创新战略联盟（以下简称联盟），是指以企业发展需求和各方共同利益为基础，以提升产业技术创新能力为目标，以具有法律约束力的契约为保障，
   由企业、高校院所等形成联合开发、优势互补、利益共享、风险共担的技术创新合作组织。

   What is here of it: an alliance has a name of its own. */
#include "facts.h"
#include "facts_application.h"
#include "rules_decl.h"
#include "text.h"

enum { NAME_MIN = 4, NAME_MAX = 100 };

/* The usual form of the name; another one only warns. */
static const char NAME_USUAL[] = "渭南市.+产业技术创新战略联盟";

/* AP-02: the name has a length, and nobody else bears it. */
void rule_ap_02(const struct facts *facts, struct findings *findings)
{
	const struct application_facts *application = facts->application;
	size_t length = text_is_blank(application->name) ? 0 : text_length(application->name);
	if (length < NAME_MIN || length > NAME_MAX) {
		finding_add(findings, RULE_AP_02, "#/name", "联盟名称应为4至100个字。",
			    "The name has 4 to 100 characters.");
		return;
	}
	if (application->name_is_taken)
		finding_add(findings, RULE_AP_02, "#/name", "已有在办申请或有效联盟使用该名称。",
			    "A filed application or a live alliance bears this name.");
	if (!pattern_matches(NAME_USUAL, application->name))
		finding_warn(findings, RULE_AP_02, "#/name", "名称一般写作“渭南市……产业技术创新战略联盟”。",
			     "The usual form is 渭南市…产业技术创新战略联盟.");
}
