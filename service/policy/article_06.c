/* 第六条 基本条件。
   （1）突出产业需求。符合国家产业政策、节能减排等相关政策，重点发展战略性新兴产业、支柱产业。
   （2）成员组成。由企业、高校院所等多个独立法人组成，牵头单位为市域内行业骨干企业；高校院所在该技术领域具有技术优势；银行、创业投资等机构可为联盟成员，
   向联盟企业提供多样化的融资支持和金融服务。联盟核心成员不少于十家。
   （3）协议要求。成员签署具有法律约束力的联盟协议，协议应有明确的技术创新目标和任务分工，明晰成员责任权利。
   （4）组织构架。设立理事会、专家咨询委员会等常设执行机构，负责联盟决策、咨询等。联盟常设执行机构应配备专职人员，负责有关日常事务。
   （5）经费筹集管理。建立经费筹集的长效机制。制定经费内部管理办法。联盟可委托常设机构的依托单位管理联盟经费。政府资助（奖励）经费的使用要按照相关规定执行，并接受监督。
   （6）利益保障机制。联盟研发项目产生的成果和知识产权应事先通过协议明确权利归属、许可使用和转化收益分配的办法，强化违约责任追究，保护联盟成员的合法权益。
   （7）开放发展机制。根据发展需要及时吸收新成员，并积极开展与外部组织的交流与合作。建立成果扩散机制，对承担政府资助项目形成的成果有向联盟外扩散的义务。
 */
#include "facts.h"
#include "form.h"
#include "rules_decl.h"
#include "text.h"

#include <string.h>

enum {
	BACKBONE_TEXT_MIN = 50,
	CLASS_DIGITS = 2, /* 91 enterprise, 92 individual business, … */
	COUNTY_DIGITS_FROM = 2,
	COUNTY_DIGITS = 6
};

/* The rows of a list in which the text is given: an empty row is none. */
static int rows_with(const json_t *rows, const char *name)
{
	int count = 0;
	for (size_t i = 0; i < json_array_size(rows); i++)
		count += form_text(json_array_get(rows, i), name) != NULL;
	return count;
}

static const char *member_at(struct findings *findings, size_t index, const char *name)
{
	return arena_printf(findings->arena, "#/form/members/%zu%s%s", index, name ? "/" : "",
			    name ? name : "");
}

static bool code_has_class(const char *credit_code, const char *digits)
{
	return credit_code && !strncmp(credit_code, digits, CLASS_DIGITS);
}

/* 分公司、个体工商户: no legal persons of their own, whatever the form says. */
static bool member_is_dependent(const json_t *member)
{
	return form_bool(member, "is_branch") || code_has_class(form_text(member, "credit_code"), "92");
}

static bool member_has_signed(const json_t *member)
{
	const json_t *signature = json_object_get(member, "signature");
	return form_text(signature, "signer") && date_is_set(form_date(signature, "signed_on"));
}

static bool member_is_science(const json_t *member)
{
	return form_is(member, "type", "university") || form_is(member, "type", "research_institute");
}

/* ---- 6(2) 成员组成 ---- */

static void lead_member_judge(const struct application_facts *application, const json_t *lead, size_t index,
			      struct findings *findings)
{
	const char *code = form_text(lead, "credit_code"),
		   *in_section_b = form_text(form_at(application->form, "lead", NULL), "credit_code");
	if (!form_is(lead, "type", "enterprise") || !code_has_class(code, "91"))
		finding_add(findings, RULE_AP_05, member_at(findings, index, "type"),
			    "牵头单位须为企业（信用代码第2位机构类别91）。",
			    "The lead is an enterprise (class 91 of the credit code).");
	if (!form_bool(lead, "independent_legal_person") || !application->lead.is_legal_person ||
	    member_is_dependent(lead))
		finding_add(findings, RULE_AP_05, member_at(findings, index, "independent_legal_person"),
			    "牵头单位须为独立法人。", "The lead is an independent legal person.");
	if (!form_bool(lead, "is_core"))
		finding_add(findings, RULE_AP_05, member_at(findings, index, "is_core"),
			    "牵头单位须为核心成员。", "The lead is a core member.");
	if (code && application->lead.credit_code && strcmp(code, application->lead.credit_code))
		finding_add(findings, RULE_AP_05, member_at(findings, index, "credit_code"),
			    "牵头成员与申请的牵头单位不一致。",
			    "The lead member is not the lead organisation of the application.");
	if (code && in_section_b && strcmp(code, in_section_b))
		finding_add(findings, RULE_AP_05, "#/form/lead/credit_code", "牵头单位栏与成员表不一致。",
			    "Section B and the list of members name different leads.");
}

/* AP-05: one lead, an enterprise, a legal person, a core member. */
void rule_ap_05(const struct facts *facts, struct findings *findings)
{
	const struct application_facts *application = facts->application;
	size_t index = 0, count = 0;
	const json_t *lead = form_member(application->form, "is_lead", &index, &count);
	if (count != 1) {
		finding_add(findings, RULE_AP_05, "#/form/members",
			    arena_printf(findings->arena, "须有且只有一家牵头单位，现有%zu家。", count),
			    arena_printf(findings->arena, "There is exactly one lead; here are %zu.", count));
		return;
	}
	lead_member_judge(application, lead, index, findings);
}

/* AP-06: the lead lives in the city today; where it was registered only warns. */
void rule_ap_06(const struct facts *facts, struct findings *findings)
{
	const struct application_facts *application = facts->application;
	size_t index = 0, count = 0;
	const json_t *lead = form_member(application->form, "is_lead", &index, &count);
	const char *division = form_text(lead, "division_code"), *code = form_text(lead, "credit_code");
	if (!application->lead.is_in_city)
		finding_add(findings, RULE_AP_06, "#/lead_organisation_id", "牵头单位住所地不在渭南市域内。",
			    "The lead is not domiciled in Weinan.");
	if (!lead)
		return;
	if (!division || (!json_has_text(application->divisions, division) &&
			  !(application->lead.is_in_city && application->lead.division_code &&
			    !strcmp(division, application->lead.division_code))))
		finding_add(findings, RULE_AP_06, member_at(findings, index, "division_code"),
			    "牵头单位住所地须在渭南市域内。", "The lead's domicile is a division of Weinan.");
	if (division && code && strlen(code) > COUNTY_DIGITS_FROM + COUNTY_DIGITS &&
	    strncmp(code + COUNTY_DIGITS_FROM, division, COUNTY_DIGITS))
		finding_warn(findings, RULE_AP_06, member_at(findings, index, "credit_code"),
			     "信用代码的登记机关区划与住所地不同。",
			     "The credit code was given by the registry of another division.");
}

/* AP-07: why the lead is a backbone of its industry. */
void rule_ap_07(const struct facts *facts, struct findings *findings)
{
	const char *text = form_text(form_at(facts->application->form, "lead", "backbone", NULL), "text");
	if (!text || text_length(text) < BACKBONE_TEXT_MIN)
		finding_add(findings, RULE_AP_07, "#/form/lead/backbone/text",
			    "骨干（龙头）地位说明不少于50个字。",
			    "The statement of its backbone position has at least 50 characters.");
	if (!attachment_find(facts->application, "lead_backbone_evidence"))
		finding_add(findings, RULE_AP_07, "#/attachments/lead_backbone_evidence",
			    "须附骨干企业证明材料。", "Evidence of the backbone position is attached.");
}

/* AP-08: science is on board, and says what it is good at. */
void rule_ap_08(const struct facts *facts, struct findings *findings)
{
	const json_t *members = form_members(facts->application->form);
	size_t count = 0;
	for (size_t i = 0; i < json_array_size(members); i++) {
		const json_t *member = json_array_get(members, i);
		if (!member_is_science(member))
			continue;
		count++;
		if (!form_text(member, "advantage"))
			finding_add(findings, RULE_AP_08, member_at(findings, i, "advantage"),
				    "高校院所须说明在该技术领域的技术优势。",
				    "A university or institute states its technical advantage.");
	}
	if (!count)
		finding_add(findings, RULE_AP_08, "#/form/members", "须有至少一家高校或院所成员。",
			    "At least one university or research institute is a member.");
}

static bool member_counts(const struct facts *facts, const json_t *member)
{
	if (form_is(member, "type", "financial") && !facts->parameters->core_count_financial)
		return false;
	return form_text(member, "credit_code") && form_bool(member, "is_core") &&
	       form_bool(member, "independent_legal_person") && !member_is_dependent(member) &&
	       member_has_signed(member);
}

static bool member_is_repeated(const json_t *members, size_t index)
{
	const char *code = form_text(json_array_get(members, index), "credit_code");
	for (size_t i = 0; code && i < index; i++)
		if (form_is(json_array_get(members, i), "credit_code", code))
			return true;
	return false;
}

/* AP-09: 核心成员不少于十家: distinct credit codes of core members that are legal persons and have signed. */
void rule_ap_09(const struct facts *facts, struct findings *findings)
{
	const json_t *members = form_members(facts->application->form);
	int count = 0;
	for (size_t i = 0; i < json_array_size(members); i++) {
		bool seen = false;
		const json_t *member = json_array_get(members, i);
		if (!member_counts(facts, member))
			continue;
		for (size_t j = 0; j < i && !seen; j++)
			seen = member_counts(facts, json_array_get(members, j)) &&
			       form_is(json_array_get(members, j), "credit_code",
				       form_text(member, "credit_code"));
		count += !seen;
	}
	if (count < facts->parameters->core_min)
		finding_add(findings, RULE_AP_09, "#/form/members",
			    arena_printf(findings->arena, "核心成员不少于%d家，现有%d家。",
					 facts->parameters->core_min, count),
			    arena_printf(findings->arena, "At least %d core members are needed; %d count.",
					 facts->parameters->core_min, count));
}

/* AP-10: a bank or an investor says what it does for the others. */
void rule_ap_10(const struct facts *facts, struct findings *findings)
{
	const json_t *members = form_members(facts->application->form);
	for (size_t i = 0; i < json_array_size(members); i++) {
		const json_t *member = json_array_get(members, i);
		if (form_is(member, "type", "financial") && !form_text(member, "financing_service"))
			finding_add(findings, RULE_AP_10, member_at(findings, i, "financing_service"),
				    "金融机构成员须说明提供的融资支持和金融服务。",
				    "A financial member states the services that it gives.");
	}
}

static void code_judge(const struct facts *facts, const char *code, const char *pointer,
		       struct findings *findings)
{
	static const struct {
		const char *reason, *zh, *en;
	} WORDS[] = {
		{"length", "信用代码须为18位。", "A credit code has 18 characters."},
		{"character", "信用代码含有不允许的字符（无I、O、S、V、Z）。",
		 "The credit code has a character that is not allowed (no I, O, S, V, Z)."},
		{"division", "信用代码第3至8位须为数字。", "Places 3 to 8 of the credit code are digits."},
		{"check_digit", "信用代码校验位不符。", "The check digit of the credit code is wrong."},
	};
	const char *reason = credit_code_check(code);
	if (!reason) {
		if (!credit_code_body_is_valid(code))
			finding_warn(findings, RULE_AP_11, pointer, "信用代码中的主体标识码校验不符。",
				     "The body code inside the credit code has a wrong check character.");
		return;
	}
	if (json_has_text(facts->application->waived_codes, code))
		return;
	for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
		if (!strcmp(WORDS[i].reason, reason))
			finding_add(findings, RULE_AP_11, pointer, WORDS[i].zh, WORDS[i].en);
}

/* AP-11: every credit code is right, or waived with the licence; nobody is listed twice. */
void rule_ap_11(const struct facts *facts, struct findings *findings)
{
	const json_t *form = facts->application->form, *members = form_members(form);
	for (size_t i = 0; i < json_array_size(members); i++) {
		const char *code = form_text(json_array_get(members, i), "credit_code");
		if (code)
			code_judge(facts, code, member_at(findings, i, "credit_code"), findings);
		if (member_is_repeated(members, i))
			finding_add(findings, RULE_AP_11, member_at(findings, i, "credit_code"),
				    "该信用代码在成员表中重复。",
				    "This credit code stands twice among the members.");
	}
	static const char *const SECTIONS[] = {"lead", "host"};
	for (size_t i = 0; i < sizeof SECTIONS / sizeof *SECTIONS; i++) {
		const char *code = form_text(json_object_get(form, SECTIONS[i]), "credit_code");
		if (code && !form_has_code(form, code))
			code_judge(facts, code,
				   arena_printf(findings->arena, "#/form/%s/credit_code", SECTIONS[i]),
				   findings);
	}
}

/* MB-01: who a member is, and that it stands on its own. */
void rule_mb_01(const struct facts *facts, struct findings *findings)
{
	static const struct {
		const char *name, *zh, *en;
	} FIELDS[] = {
		{"name", "须填写单位名称。", "The legal name is missing."},
		{"credit_code", "须填写统一社会信用代码。", "The credit code is missing."},
		{"type", "须填写单位类型。", "The type is missing."},
		{"division_code", "须填写住所地区划代码。", "The division is missing."},
		{"legal_representative", "须填写法定代表人。", "The legal representative is missing."},
	};
	const json_t *members = form_members(facts->application->form);
	for (size_t i = 0; i < json_array_size(members); i++) {
		const json_t *member = json_array_get(members, i);
		for (size_t f = 0; f < sizeof FIELDS / sizeof *FIELDS; f++)
			if (!form_text(member, FIELDS[f].name))
				finding_add(findings, RULE_MB_01, member_at(findings, i, FIELDS[f].name),
					    FIELDS[f].zh, FIELDS[f].en);
		if (member_is_dependent(member))
			finding_add(findings, RULE_MB_01, member_at(findings, i, "credit_code"),
				    "分公司、个体工商户不是独立法人，不得作为核心成员。",
				    "A branch or an individual business is no legal person and cannot be a "
				    "core member.");
		else if (!form_bool(member, "independent_legal_person"))
			finding_add(findings, RULE_MB_01, member_at(findings, i, "independent_legal_person"),
				    "成员须为独立法人。", "A member is an independent legal person.");
	}
}

/* MB-02: one membership for each unit. */
void rule_mb_02(const struct facts *facts, struct findings *findings)
{
	const json_t *members = form_members(facts->application->form);
	for (size_t i = 0; i < json_array_size(members); i++)
		if (member_is_repeated(members, i))
			finding_add(findings, RULE_MB_02, member_at(findings, i, NULL),
				    "该单位已是联盟成员。", "This unit is a member already.");
}

/* ---- 6(3) 协议要求 ---- */

static void signature_judge(const struct facts *facts, const json_t *member, size_t index,
			    struct findings *findings)
{
	const json_t *signature = json_object_get(member, "signature");
	struct date signed_on = form_date(signature, "signed_on");
	if (!form_text(signature, "signer") || !form_text(signature, "capacity"))
		finding_add(findings, RULE_AP_12, member_at(findings, index, "signature"),
			    "须由法定代表人或受权代理人签署协议。",
			    "The legal representative or an authorised proxy signs the agreement.");
	if (!date_is_set(signed_on) || date_compare(signed_on, facts->today) > 0)
		finding_add(findings, RULE_AP_12, member_at(findings, index, "signature/signed_on"),
			    "签署日期缺失或晚于今日。",
			    "The date of the signature is missing or in the future.");
	if (!form_bool(signature, "sealed"))
		finding_add(findings, RULE_AP_12, member_at(findings, index, "signature/sealed"),
			    "协议须加盖公章。", "The agreement bears the member's seal.");
}

/* AP-12: a binding agreement: attached, and signed and sealed by everybody. */
void rule_ap_12(const struct facts *facts, struct findings *findings)
{
	const json_t *members = form_members(facts->application->form);
	if (!attachment_find(facts->application, "agreement"))
		finding_add(findings, RULE_AP_12, "#/attachments/agreement", "须附成员签署的联盟协议。",
			    "The signed agreement is attached.");
	for (size_t i = 0; i < json_array_size(members); i++)
		signature_judge(facts, json_array_get(members, i), i, findings);
}

/* AP-13: goals, tasks, rights and duties. */
void rule_ap_13(const struct facts *facts, struct findings *findings)
{
	const json_t *form = facts->application->form, *members = form_members(form);
	if (!form_text(form_at(form, "agreement", NULL), "goals"))
		finding_add(findings, RULE_AP_13, "#/form/agreement/goals", "协议须有明确的技术创新目标。",
			    "The agreement states the goals of innovation.");
	if (!form_text(form_at(form, "agreement", "clauses", NULL), "rights"))
		finding_add(findings, RULE_AP_13, "#/form/agreement/clauses/rights",
			    "协议须明晰成员责任权利（条款号）。",
			    "The clause on rights and obligations is missing.");
	for (size_t i = 0; i < json_array_size(members); i++) {
		const json_t *tasks = json_object_get(json_array_get(members, i), "tasks");
		if (!rows_with(tasks, "text"))
			finding_add(findings, RULE_AP_13, member_at(findings, i, "tasks"),
				    "每个成员须有任务分工。", "Every member has a task.");
	}
}

static void clause_judge(const struct facts *facts, enum rule rule, const char *clause, const char *zh,
			 const char *en, struct findings *findings)
{
	const char *pointer = arena_printf(findings->arena, "#/form/agreement/clauses/%s", clause);
	if (form_text(form_at(facts->application->form, "agreement", "clauses", NULL), clause))
		return;
	if (rules[rule].level == LEVEL_warn)
		finding_warn(findings, rule, pointer, zh, en);
	else
		finding_add(findings, rule, pointer, zh, en);
}

/* AP-14: who answers to the outside, and how it ends. */
void rule_ap_14(const struct facts *facts, struct findings *findings)
{
	if (!form_text(form_at(facts->application->form, "agreement", NULL), "liability_unit"))
		finding_warn(findings, RULE_AP_14, "#/form/agreement/liability_unit",
			     "协议宜明确对外承担责任的主体。",
			     "The agreement names who bears liability to the outside.");
	clause_judge(facts, RULE_AP_14, "exit", "协议宜有退出条款。", "A clause on exit is missing.",
		     findings);
	clause_judge(facts, RULE_AP_14, "breach", "协议宜有违约条款。", "A clause on breach is missing.",
		     findings);
	clause_judge(facts, RULE_AP_14, "dissolution", "协议宜有解散条款。",
		     "A clause on dissolution is missing.", findings);
}

/* ---- 6(4) 组织构架 ---- */

static const json_t *body_find(const json_t *form, const char *kind, size_t *ret_index)
{
	const json_t *bodies = form_at(form, "governance", "bodies", NULL);
	for (size_t i = 0; i < json_array_size(bodies); i++)
		if (form_is(json_array_get(bodies, i), "kind", kind)) {
			*ret_index = i;
			return json_array_get(bodies, i);
		}
	return NULL;
}

static const char *person_unit(const json_t *person)
{
	const char *code = form_text(person, "credit_code");
	return code ? code : form_text(person, "organisation_name");
}

static int body_units(const json_t *persons)
{
	int units = 0;
	for (size_t i = 0; i < json_array_size(persons); i++) {
		const char *unit = person_unit(json_array_get(persons, i));
		bool seen = !unit;
		for (size_t j = 0; j < i && !seen; j++) {
			const char *other = person_unit(json_array_get(persons, j));
			seen = other && !strcmp(other, unit);
		}
		units += !seen;
	}
	return units;
}

static void council_judge(const struct facts *facts, struct findings *findings)
{
	size_t index = 0;
	const json_t *council = body_find(facts->application->form, "council", &index);
	const json_t *persons = json_object_get(council, "persons");
	bool has_chair = false;
	if (!council) {
		finding_add(findings, RULE_AP_15, "#/form/governance/bodies", "须设立理事会。",
			    "There is a council.");
		return;
	}
	for (size_t i = 0; i < json_array_size(persons); i++)
		has_chair = has_chair || form_is(json_array_get(persons, i), "post", "chair");
	if (!has_chair)
		finding_add(findings, RULE_AP_15,
			    arena_printf(findings->arena, "#/form/governance/bodies/%zu/persons", index),
			    "理事会须有理事长。", "The council has a chair.");
	if (body_units(persons) < facts->parameters->council_min_units)
		finding_add(findings, RULE_AP_15,
			    arena_printf(findings->arena, "#/form/governance/bodies/%zu/persons", index),
			    arena_printf(findings->arena, "理事会至少由%d家单位组成。",
					 facts->parameters->council_min_units),
			    arena_printf(findings->arena, "The council has persons of at least %d units.",
					 facts->parameters->council_min_units));
}

static int full_time_count(const json_t *form)
{
	const json_t *bodies = form_at(form, "governance", "bodies", NULL);
	int count = rows_with(form_at(form, "host", "full_time_staff", NULL), "name");
	for (size_t b = 0; b < json_array_size(bodies); b++) {
		const json_t *persons = json_object_get(json_array_get(bodies, b), "persons");
		for (size_t i = 0; i < json_array_size(persons); i++)
			count += form_bool(json_array_get(persons, i), "full_time") &&
				 form_text(json_array_get(persons, i), "name");
	}
	return count;
}

/* AP-15: council, expert advisory committee, and somebody whose job it is. */
void rule_ap_15(const struct facts *facts, struct findings *findings)
{
	size_t index = 0;
	const json_t *advisory = body_find(facts->application->form, "advisory", &index);
	council_judge(facts, findings);
	if ((int)json_array_size(json_object_get(advisory, "persons")) < facts->parameters->advisory_min)
		finding_add(findings, RULE_AP_15,
			    advisory ? arena_printf(findings->arena, "#/form/governance/bodies/%zu/persons",
						    index)
				     : "#/form/governance/bodies",
			    arena_printf(findings->arena, "须设立专家咨询委员会，不少于%d人。",
					 facts->parameters->advisory_min),
			    arena_printf(findings->arena,
					 "There is an expert advisory committee of at least %d persons.",
					 facts->parameters->advisory_min));
	if (full_time_count(facts->application->form) < facts->parameters->standing_min_full_time)
		finding_add(findings, RULE_AP_15, "#/form/host/full_time_staff",
			    arena_printf(findings->arena, "常设机构须配备专职人员不少于%d人。",
					 facts->parameters->standing_min_full_time),
			    arena_printf(findings->arena,
					 "The standing bodies have at least %d full-time persons.",
					 facts->parameters->standing_min_full_time));
}

/* ---- 6(5) 经费筹集管理 ---- */

/* AP-17: money comes in for long, and rules of the alliance's own govern it. */
void rule_ap_17(const struct facts *facts, struct findings *findings)
{
	if (!form_text(form_at(facts->application->form, "funds", NULL), "raising_mechanism"))
		finding_add(findings, RULE_AP_17, "#/form/funds/raising_mechanism",
			    "须说明经费筹集的长效机制。", "The long-term funding mechanism is stated.");
	if (!attachment_find(facts->application, "fund_measures"))
		finding_add(findings, RULE_AP_17, "#/attachments/fund_measures", "须附经费内部管理办法。",
			    "The internal fund measures are attached.");
}

/* AP-18: funds are entrusted to the host unit or to nobody. */
void rule_ap_18(const struct facts *facts, struct findings *findings)
{
	const json_t *funds = form_at(facts->application->form, "funds", NULL);
	size_t index = 0, count = 0;
	const json_t *host = form_member(facts->application->form, "is_host", &index, &count);
	const char *custodian = form_text(funds, "custodian_credit_code"),
		   *code = form_text(host, "credit_code");
	if (!form_bool(funds, "entrusted"))
		return;
	if (!custodian || !code || strcmp(custodian, code))
		finding_add(findings, RULE_AP_18, "#/form/funds/custodian_credit_code",
			    "经费只能委托常设机构的依托单位管理。",
			    "Funds are entrusted to the host unit only.");
}

/* AP-19: government money is used by the rules and under supervision. */
void rule_ap_19(const struct facts *facts, struct findings *findings)
{
	if (!form_bool(form_at(facts->application->form, "declarations", NULL), "supervision_accepted"))
		finding_add(
			findings, RULE_AP_19, "#/form/declarations/supervision_accepted",
			"须承诺政府资助经费按规定使用并接受监督。",
			"It is declared that government money is used by the rules and open to supervision.");
}

/* ---- 6(6) 利益保障机制 ---- */

/* AP-20: results and intellectual property are settled beforehand. */
void rule_ap_20(const struct facts *facts, struct findings *findings)
{
	clause_judge(facts, RULE_AP_20, "ip_ownership", "协议须明确成果和知识产权的权利归属。",
		     "A clause on ownership is missing.", findings);
	clause_judge(facts, RULE_AP_20, "ip_licence", "协议须明确许可使用办法。",
		     "A clause on licences is missing.", findings);
	clause_judge(facts, RULE_AP_20, "ip_revenue", "协议须明确转化收益分配办法。",
		     "A clause on the distribution of returns is missing.", findings);
	clause_judge(facts, RULE_AP_20, "breach", "协议须明确违约责任。",
		     "A clause on liability for breach is missing.", findings);
}

/* ---- 6(7) 开放发展机制 ---- */

/* AP-21: open to new members, to others, and with its results. */
void rule_ap_21(const struct facts *facts, struct findings *findings)
{
	static const struct {
		const char *name, *zh, *en;
	} FIELDS[] = {
		{"admission_rule", "须说明吸收新成员的办法。", "The rule of admission is missing."},
		{"external_cooperation", "须说明与外部组织交流合作的安排。",
		 "The plan of outside cooperation is missing."},
		{"diffusion", "须说明成果扩散机制。", "The mechanism of diffusion is missing."},
	};
	const json_t *mechanism = form_at(facts->application->form, "mechanism", NULL);
	for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++)
		if (!form_text(mechanism, FIELDS[i].name))
			finding_add(findings, RULE_AP_21,
				    arena_printf(findings->arena, "#/form/mechanism/%s", FIELDS[i].name),
				    FIELDS[i].zh, FIELDS[i].en);
	if (!form_bool(form_at(facts->application->form, "declarations", NULL), "diffusion_duty"))
		finding_add(findings, RULE_AP_21, "#/form/declarations/diffusion_duty",
			    "须承诺政府资助项目成果向联盟外扩散。",
			    "The duty to spread results of government-funded projects is accepted.");
}
