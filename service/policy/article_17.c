/* 第十七条
   计划项目奖励。联盟可作为项目承担单位，按程序承担市级科技计划项目；在人才培养和引进、科技合作等方面给予优先支持。鼓励联盟向市科技局专家库推荐专家。

   Of it here: the expert database, as far as panels need it. Projects and nominations come with their own
   machines. */
#include "facts_evaluation.h"
#include "rules_decl.h"
#include "text.h"

#include <string.h>

/* EX-01: 副高级职称以上或相当. */
static const char *const RANKS[] = {"senior", "associate_senior", "equivalent", NULL};

/* EX-01: who may be entered at all. */
void rule_ex_01(const struct facts *facts, struct findings *findings)
{
	const struct expert_facts *expert = facts->evaluation ? facts->evaluation->expert : NULL;
	if (!expert)
		return;
	if (text_is_blank(expert->name))
		finding_add(findings, RULE_EX_01, "#/name", "须填写姓名。", "The name is missing.");
	if (text_is_blank(expert->employer_name))
		finding_add(findings, RULE_EX_01, "#/employer_name", "须填写工作单位。",
			    "The employer is missing.");
	if (!expert->employer_credit_code || credit_code_check(expert->employer_credit_code))
		finding_add(findings, RULE_EX_01, "#/employer_credit_code", "工作单位统一社会信用代码有误。",
			    "The employer's credit code is not valid.");
	if (!text_is_one_of(expert->title_rank, RANKS))
		finding_add(findings, RULE_EX_01, "#/title_rank", "须具有副高级以上职称或相当水平。",
			    "An associate senior title or its equivalent is needed.");
	if (!expert->field_count)
		finding_add(findings, RULE_EX_01, "#/fields", "须填写所属领域。", "The fields are missing.");
	for (size_t i = 0; i < expert->unknown_field_count; i++)
		finding_add(
			findings, RULE_EX_01, "#/fields",
			arena_printf(findings->arena, "没有领域代码 %s。", expert->unknown_fields[i]),
			arena_printf(findings->arena, "There is no field %s.", expert->unknown_fields[i]));
	if (!expert->has_consent)
		finding_add(findings, RULE_EX_01, "#/consent_on", "须经本人同意。",
			    "The person's consent is missing.");
}

/* EX-02: nobody with a record, nobody twice. */
void rule_ex_02(const struct facts *facts, struct findings *findings)
{
	const struct expert_facts *expert = facts->evaluation ? facts->evaluation->expert : NULL;
	if (!expert)
		return;
	if (expert->has_integrity_record)
		finding_add(findings, RULE_EX_02, NULL, "有科研诚信不良记录。",
			    "There is an integrity record.");
	if (expert->is_duplicate)
		finding_add(findings, RULE_EX_02, NULL, "该专家已在库。",
			    "The same person is in the database already.");
}

/* EX-03: only experts of the database evaluate, while their entry is valid. */
void rule_ex_03(const struct facts *facts, struct findings *findings)
{
	const struct evaluation_facts *evaluation = facts->evaluation;
	if (!evaluation || evaluation->is_sealed || !evaluation->candidate)
		return;
	const struct panel_seat *expert = evaluation->candidate;
	if (!expert->expert_status || strcmp(expert->expert_status, "active") ||
	    !date_is_set(expert->valid_until) || date_compare(expert->valid_until, facts->today) < 0)
		finding_add(findings, RULE_EX_03, "#/expert_id", NULL, NULL);
}

/* COI-6 (with article 13): an alliance is not judged by the expert whom it recommended. */
void rule_coi_6(const struct facts *facts, struct findings *findings)
{
	const struct evaluation_facts *evaluation = facts->evaluation;
	if (evaluation && !evaluation->is_sealed && evaluation->candidate &&
	    evaluation->candidate->nominated_here)
		finding_add(findings, RULE_COI_6, "#/expert_id", "该专家由本联盟推荐入库。",
			    "The expert was nominated to the database by this alliance.");
}
