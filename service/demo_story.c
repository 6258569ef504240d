/* The story of the demo: who there is, and how far each alliance has come on 2026-11-15. All of it is
 * fictitious (虚构). */
#include "demo.h"
#include "demo_play.h"

#include "article_11.h"
#include "schema.h"

#include <string.h>

/* How far an alliance comes. */
enum stage {
	STAGE_DRAFT,
	STAGE_ENDORSED,
	STAGE_CORRECTION,
	STAGE_SCORING,
	STAGE_RECTIFYING,
	STAGE_RECOGNISED,
	STAGE_PAID
};

static const struct alliance_plan {
	const char *key, *name, *field, *class;
	const char *lead_code, *lead_name, *division, *unit; /* unit: code of the recommending unit */
	const char *start;                                   /* the day of the first draft */
	enum stage stage;
	int members;             /* of the form's eleven */
	const char *document_no; /* of the recognition */
} plans[] = {
	{"additive", "渭南市增材制造产业技术创新战略联盟", "F09", "strategic_emerging", "91610500PDY0000444",
	 "渭南层境增材制造有限公司(虚构)", "610502", "Z-GX", "2026-03-02", STAGE_PAID, 11,
	 "渭科发〔2026〕31号"},
	{"molybdenum", "渭南市钼基新材料产业技术创新战略联盟", "F07", "strategic_emerging",
	 "91610500PDY000255K", "渭南秦钼复合材料有限公司(虚构)", "610503", "610503", "2026-04-01",
	 STAGE_RECOGNISED, 11, "渭科发〔2026〕47号"},
	{"vehicle", "渭南市新能源汽车产业技术创新战略联盟", "F10", "strategic_emerging", "91610500PDY000247Q",
	 "渭南驰能新能源汽车有限公司(虚构)", "610502", "Z-GX", "2026-09-01", STAGE_RECTIFYING, 11, NULL},
	{"jujube", "渭南市冬枣设施农业产业技术创新战略联盟", "F04", "pillar", "91610523PDY000263Q",
	 "大荔沙苑冬枣产业有限公司(虚构)", "610523", "610523", "2026-10-22", STAGE_SCORING, 11, NULL},
	{"medicine", "渭南市现代中药产业技术创新战略联盟", "F13", "strategic_emerging", "91610502PDY0000959",
	 "临渭沋河中药科技有限公司(虚构)", "610502", "610502", "2026-10-28", STAGE_CORRECTION, 11, NULL},
	{"aviation", "渭南市通用航空产业技术创新战略联盟", "F12", "strategic_emerging", "91610527PDY0002392",
	 "渭南卤阳湖云程通航有限公司(虚构)", "610526", "Z-LY", "2026-10-26", STAGE_ENDORSED, 11, NULL},
	{"ceramics", "渭南市陶瓷产业技术创新战略联盟", "F14", "pillar", "91610525PDY0001164",
	 "澄城尧山陶瓷有限公司(虚构)", "610525", "610525", "2026-11-05", STAGE_DRAFT, 9, NULL},
};

static const struct expert_plan {
	const char *key, *name, *employer_code, *employer, *kind;
} experts[] = {
	{"expert", "严一专家(虚构)", "12610000PDY0004156", "关中材料大学(虚构)", "technical"},
	{"expert2", "华二专家(虚构)", "12610000PDY0004231", "渭北农学院(虚构)", "technical"},
	{"expert3", "金三专家(虚构)", "12610000PDY000431U", "陕东机械研究院(虚构)", "technical"},
	{"expert4", "魏四专家(虚构)", "12610000PDY00044XK", "秦汉医药研究所(虚构)", "technical"},
	{"expert5", "陶五专家(虚构)", "12610000PDY000458K", "关中财经大学(虚构)", "finance"},
};
enum { EXPERTS = sizeof experts / sizeof *experts };

/* What of an alliance the story needs again. */
struct tale {
	const struct alliance_plan *plan;
	const char *lead_key, *unit_key, *unit_id;
	const char *organisation, *application, *document, *alliance;
};

static json_t *named(const char *name, const char *value)
{
	return json_pack("{ss}", name, value);
}

static json_t *money(const char *amount)
{
	return json_pack("{ss ss}", "amount", amount, "currency", "CNY");
}

/* day - that many days after the alliance's first. */
static void day(struct player *p, const struct tale *t, int days)
{
	struct date date;
	char text[DATE_TEXT];
	if (date_parse(t->plan->start, &date))
		play_date(p, arena_strdup(p->arena, date_format(date_add_days(date, days), text)));
}

/* form_of - the worked example of openapi.yaml, whose rules are all met, with this alliance's lead and dates
 * in it. */
static json_t *form_of(struct player *p, const struct alliance_plan *plan)
{
	json_t *spec = play_own(p, json_loadb(openapi_json, openapi_json_length, 0, NULL));
	json_t *post =
		json_object_get(json_object_get(json_object_get(spec, "paths"), "/v1/applications"), "post");
	json_t *content = json_object_get(json_object_get(json_object_get(post, "requestBody"), "content"),
					  "application/json");
	json_t *form = json_deep_copy(json_object_get(json_object_get(content, "example"), "form"));
	json_t *lead = json_object_get(form, "lead"), *members = json_object_get(form, "members");
	json_object_set_new(lead, "name", json_string(plan->lead_name));
	json_object_set_new(lead, "credit_code", json_string(plan->lead_code));
	json_object_set_new(json_object_get(form, "basic"), "founding_agreement_on",
			    json_string(plan->start));
	while (json_array_size(members) > (size_t)plan->members)
		json_array_remove(members, json_array_size(members) - 1);
	size_t index;
	json_t *member;
	json_array_foreach(members, index, member) json_object_set_new(json_object_get(member, "signature"),
								       "signed_on", json_string(plan->start));
	member = json_array_get(members, 0);
	json_object_set_new(member, "name", json_string(plan->lead_name));
	json_object_set_new(member, "credit_code", json_string(plan->lead_code));
	json_object_set_new(member, "division_code", json_string(plan->division));
	return form;
}

static struct problem *unit_find(struct player *p, const char *code, const char **ret)
{
	const json_t *page;
	TRY(play(p, "officer", "list_recommenders", NULL, NULL, &page));
	size_t index;
	json_t *unit;
	json_array_foreach(json_object_get(page, "items"), index,
			   unit) if (!strcmp(json_string_value(json_object_get(unit, "code")), code))
	{
		*ret = json_string_value(json_object_get(unit, "id"));
		return NULL;
	}
	return problem_new(p->arena, PROBLEM_not_found, code, code);
}

/* The first alliance's people carry the plain role names: their tokens are the ones that are printed. */
static const char *key_of(struct player *p, const struct tale *t, const char *role)
{
	return t->plan == plans ? role : arena_printf(p->arena, "%s_%s", role, t->plan->key);
}

static struct problem *tale_begin(struct player *p, struct tale *t)
{
	const struct alliance_plan *plan = t->plan;
	day(p, t, 0);
	TRY(unit_find(p, plan->unit, &t->unit_id));
	TRY(play_create(p, "officer", "create_organisation", NULL,
			json_pack("{ss ss ss ss ss sb ss sb}", "credit_code", plan->lead_code, "name",
				  plan->lead_name, "type", "enterprise", "division_code", plan->division,
				  "administering_unit_id", t->unit_id, "independent_legal_person", 1,
				  "legal_representative", "张示例", "is_fictitious", 1),
			&t->organisation));
	t->lead_key = key_of(p, t, "lead");
	t->unit_key = key_of(p, t, "county");
	TRY(play_person(p, t->lead_key, arena_printf(p->arena, "%s 经办", plan->lead_name), "lead",
			t->organisation));
	TRY(play_person(p, t->unit_key, arena_printf(p->arena, "推荐单位 %s 经办（虚构）", plan->unit),
			"county", t->unit_id));
	return play_create(p, t->lead_key, "create_application", NULL,
			   json_pack("{ss ss ss ss ss so}", "lead_organisation_id", t->organisation,
				     "recommender_id", t->unit_id, "name", plan->name, "industry_field",
				     plan->field, "industry_class", plan->class, "form", form_of(p, plan)),
			   &t->application);
}

static struct problem *tale_submit(struct player *p, struct tale *t)
{
	for (int i = 0; i < FILE_KINDS; i++)
		TRY(play_attach(p, t->lead_key, "application", t->application, file_kind(i)));
	day(p, t, 1);
	return play_act(p, t->lead_key, "application", t->application, "submit", NULL);
}

static struct problem *tale_endorse(struct player *p, struct tale *t)
{
	const json_t *ignored;
	day(p, t, 4);
	TRY(play_attach(p, t->unit_key, "application", t->application, FILE_OPINION));
	json_t *checklist = json_pack("{sb sb sb sb}", "market_law", 1, "industry_demand", 1,
				      "government_guidance", 1, "backbone_confirmed", 1);
	return play(p, t->unit_key, "endorse_application", t->application,
		    json_pack("{ss ss ss ss ss so}", "opinion", "sign", "opinion_text",
			      "该联盟符合区域经济转型升级方向，同意推荐。", "signer", "韩示例", "post",
			      "局长", "signed_on", p->date, "checklist", checklist),
		    &ignored);
}

static struct problem *tale_correct(struct player *p, struct tale *t)
{
	day(p, t, 9);
	return play_act(p, "officer", "application", t->application, "request_correction",
			json_pack("{s[{ss ss}{ss}]}", "points", "text",
				  "请补充联盟协议第三章的违约责任条款页。", "pointer", "#/form/agreement",
				  "text", "请更正成员单位通讯地址。"));
}

static struct problem *tale_accept(struct player *p, struct tale *t)
{
	day(p, t, 9);
	return play_act(p, "officer", "application", t->application, "accept",
			json_pack("{s{sb sb sb sb sb}}", "checklist", "form_complete", 1,
				  "attachments_complete", 1, "members_verified", 1, "agreement_verified", 1,
				  "endorsement_verified", 1));
}

/* Scores that end in RECOGNISE, or in REVISE because criterion 7 stays below 60. */
static json_t *scores_of(bool good, size_t expert)
{
	json_t *scores = json_object(),
	       *body = json_pack("{ss sb}", "vote", "recognise", "policy_compliant", 1);
	static const char *const criteria[] = {"C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8"};
	for (size_t i = 0; i < 8; i++)
		json_object_set_new(
			scores, criteria[i],
			json_integer(!good && i == 6 ? 55 : 78 + (json_int_t)((expert * 3 + i) % 9)));
	json_object_set_new(body, "scores", scores);
	if (!good)
		json_object_set_new(body, "comments",
				    named("C7", "项目经费管理制度尚不完善，需补充实施细则。"));
	return body;
}

static struct problem *sheet_fill(struct player *p, const char *who, const char *sheet, bool good,
				  size_t expert)
{
	TRY(play_change(p, who, "put_sheet_scores", "sheet", sheet, scores_of(good, expert)));
	return play_act(p, who, "sheet", sheet, "submit", NULL);
}

/* A panel of the five experts; the first "sheets" of them hand in their sheets. */
static struct problem *tale_panel(struct player *p, struct tale *t, const char *const *expert_ids,
				  size_t sheets, bool good, const char **ret_panel)
{
	const char *sheet[EXPERTS];
	day(p, t, 14);
	TRY(play_create(p, "officer", "create_panel", NULL, named("application_id", t->application),
			ret_panel));
	for (size_t i = 0; i < EXPERTS; i++) {
		TRY(play_create(p, "officer", "create_sheet", *ret_panel, named("expert_id", expert_ids[i]),
				&sheet[i]));
		TRY(play_act(p, experts[i].key, "sheet", sheet[i], "accept",
			     json_pack("{s{sb sb sb ss}}", "declaration", "relative", 0, "shares_or_fees", 0,
				       "joint_work", 0, "statement", "本人与申请单位无利害关系。")));
	}
	TRY(play_act(p, "officer", "panel", *ret_panel, "constitute",
		     named("chair_expert_id", expert_ids[0])));
	TRY(play_act(p, "officer", "panel", *ret_panel, "open_scoring", NULL));
	day(p, t, 18);
	for (size_t i = 0; i < sheets; i++)
		TRY(sheet_fill(p, experts[i].key, sheet[i], good, i));
	return NULL;
}

static struct problem *tale_conclude(struct player *p, struct tale *t, const char *panel)
{
	day(p, t, 20);
	TRY(play_act(p, "officer", "panel", panel, "close", NULL));
	return play_act(p, experts[0].key, "panel", panel, "conclude",
			named("opinion", "专家组听取汇报并审阅材料，形成一致论证意见，详见各项评分。"));
}

static struct problem *tale_rectify(struct player *p, struct tale *t)
{
	day(p, t, 24);
	return play_act(p, "leader", "application", t->application, "require_rectification",
			json_pack("{s[{ss}] ss}", "points", "text", "请完善项目经费管理制度并补充实施细则。",
				  "due_on", "2026-12-20"));
}

/* document_of - the draft that the proposal went into. */
static struct problem *document_of(struct player *p, struct tale *t)
{
	const json_t *page;
	TRY(play(p, "officer", "list_documents", NULL, NULL, &page));
	size_t index;
	json_t *document;
	json_array_foreach(
		json_object_get(page, "items"), index,
		document) if (!strcmp(json_string_value(json_object_get(document, "status")), "draft"))
		t->document = json_string_value(json_object_get(document, "id"));
	return t->document ? NULL : problem_new(p->arena, PROBLEM_not_found, "公文", "document");
}

static struct problem *tale_recognise(struct player *p, struct tale *t)
{
	day(p, t, 25);
	TRY(play_act(p, "officer", "application", t->application, "propose", named("proposal", "recognise")));
	TRY(document_of(p, t));
	TRY(play_act(p, "officer", "document", t->document, "submit", NULL));
	day(p, t, 28);
	TRY(play_act(p, "leader", "document", t->document, "approve", NULL));
	day(p, t, 30);
	return play_act(p, "officer", "document", t->document, "issue",
			json_pack("{ss ss}", "document_no", t->plan->document_no, "issued_on", p->date));
}

/* The host's account and its bank account, proposed by the officer and confirmed by finance. */
static struct problem *host_prepare(struct player *p, struct tale *t, const char **ret_award)
{
	const json_t *awards, *ignored;
	const char *bank;
	TRY(play(p, "finance", "list_awards", NULL, NULL, &awards));
	json_t *award = json_array_get(json_object_get(awards, "items"), 0);
	const char *host = json_string_value(json_object_get(json_object_get(award, "payee"), "id"));
	*ret_award = json_string_value(json_object_get(award, "id"));
	if (!host || !*ret_award)
		return problem_new(p->arena, PROBLEM_not_found, "资助", "award");
	TRY(play_person(p, "host", "渭南农林技术研究院(虚构) 财务", "host", host));
	TRY(play_person(p, "council", "联盟理事会秘书长（虚构）", "council", t->organisation));
	TRY(play_person(p, "member", "成员单位经办（虚构）", "member", t->organisation));
	TRY(play_create(p, "host", "create_bank_account", host,
			json_pack("{ss ss}", "bank", "示例银行渭南分行（虚构）", "account_number",
				  "6100000000000000018"),
			&bank));
	return play_inner(p, "finance", "confirm_bank_account", host, bank, NULL, &ignored);
}

/* The document that allocates the money. */
static struct problem *allocation_issue(struct player *p)
{
	const char *document;
	TRY(play_create(p, "officer", "draft_document", NULL,
			json_pack("{ss ss ss}", "type", "fund_allocation", "title",
				  "关于下达联盟认定奖励经费的通知（虚构）", "legal_basis", "管理办法第16条"),
			&document));
	TRY(play_act(p, "officer", "document", document, "submit", NULL));
	TRY(play_act(p, "leader", "document", document, "approve", NULL));
	return play_act(p, "officer", "document", document, "issue",
			json_pack("{ss ss}", "document_no", "渭科发〔2026〕38号", "issued_on", p->date));
}

static struct problem *tale_pay(struct player *p, struct tale *t, const char *budget)
{
	const char *award, *payment;
	day(p, t, 40);
	TRY(host_prepare(p, t, &award));
	TRY(allocation_issue(p));
	TRY(play_act(p, "leader", "award", award, "approve",
		     json_pack("{ss ss}", "document_no", "渭科发〔2026〕38号", "budget_line_id", budget)));
	day(p, t, 45);
	TRY(play_create(p, "finance", "create_payment", award,
			json_pack("{so}", "amount", money("200000.00")), &payment));
	TRY(play_act(p, "leader", "payment", payment, "confirm", NULL));
	day(p, t, 47);
	return play_act(p, "finance", "payment", payment, "book",
			json_pack("{ss ss}", "bank_reference", "DEMO-2026-000001", "paid_on", p->date));
}

static struct problem *tale_tell(struct player *p, struct tale *t, const char *const *expert_ids,
				 const char *budget)
{
	const char *panel;
	enum stage stage = t->plan->stage;
	TRY(tale_begin(p, t));
	if (stage == STAGE_DRAFT)
		return NULL;
	TRY(tale_submit(p, t));
	TRY(tale_endorse(p, t));
	if (stage == STAGE_ENDORSED)
		return NULL;
	if (stage == STAGE_CORRECTION)
		return tale_correct(p, t);
	TRY(tale_accept(p, t));
	TRY(tale_panel(p, t, expert_ids, stage == STAGE_SCORING ? 3 : EXPERTS, stage != STAGE_RECTIFYING,
		       &panel));
	if (stage == STAGE_SCORING)
		return NULL;
	TRY(tale_conclude(p, t, panel));
	if (stage == STAGE_RECTIFYING)
		return tale_rectify(p, t);
	TRY(tale_recognise(p, t));
	return stage == STAGE_PAID ? tale_pay(p, t, budget) : NULL;
}

static struct problem *bureau(struct player *p)
{
	static const char *const people[][2] = {
		{"officer", "王经办（虚构）"},   {"leader", "李局长（虚构）"},
		{"finance", "赵财务（虚构）"},   {"finance2", "钱财务（虚构）"},
		{"auditor", "孙审计（虚构）"},   {"sysadmin", "周管理（虚构）"},
		{"province", "省级门户（虚构）"}};
	for (size_t i = 0; i < sizeof people / sizeof *people; i++) {
		const char *role = strcmp(people[i][0], "finance2") ? people[i][0] : "finance";
		TRY(play_person(p, people[i][0], people[i][1], role, NULL));
	}
	return NULL;
}

static struct problem *other_units(struct player *p)
{
	const char *dept, *assoc;
	TRY(play_create(p, "sysadmin", "create_recommender", NULL,
			json_pack("{ss ss ss ss s[ss] sb}", "code", "D-DEMO", "kind", "dept", "name",
				  "市级部门(示例)(虚构)", "credit_code", "11610500PDY000212E", "fields",
				  "F09", "F10", "is_fictitious", 1),
			&dept));
	TRY(play_create(p, "sysadmin", "create_recommender", NULL,
			json_pack("{ss ss ss ss s[ss] sb}", "code", "A-DEMO", "kind", "assoc", "name",
				  "渭南市果业协会(虚构)", "credit_code", "51610500PDY000079T", "fields",
				  "F01", "F02", "is_fictitious", 1),
			&assoc));
	TRY(play_person(p, "dept", "市级部门经办（虚构）", "dept", dept));
	return play_person(p, "assoc", "协会经办（虚构）", "assoc", assoc);
}

static struct problem *panel_of_experts(struct player *p, const char **ret_ids)
{
	for (size_t i = 0; i < EXPERTS; i++) {
		const struct expert_plan *e = &experts[i];
		TRY(play_create(p, "officer", "create_expert", NULL,
				json_pack("{ss ss ss ss ss s[sssssss] ss ss}", "name", e->name,
					  "employer_name", e->employer, "employer_credit_code",
					  e->employer_code, "title_rank", "senior", "title", "教授", "fields",
					  "F04", "F07", "F09", "F10", "F12", "F13", "F14", "kind", e->kind,
					  "consent_on", p->date),
				&ret_ids[i]));
		TRY(play_act(p, "leader", "expert", ret_ids[i], "admit", NULL));
		TRY(play_person(p, e->key, e->name, "expert", ret_ids[i]));
	}
	return NULL;
}

static struct problem *scheme_and_budget(struct player *p, const char **ret_budget)
{
	const json_t *ignored;
	const char *scheme;
	TRY(play_create(p, "finance", "create_award_scheme", NULL,
			json_pack("{ss si so ss}", "kind", "recognition", "fiscal_year", 2026, "amount",
				  money("200000.00"), "document_no", "渭财发〔2026〕5号"),
			&scheme));
	TRY(play(p, "leader", "confirm_award_scheme", scheme, NULL, &ignored));
	TRY(play_create(p, "finance", "create_budget_line", NULL,
			json_pack("{si ss so}", "fiscal_year", 2026, "kind", "recognition_award", "cap",
				  money("1000000.00")),
			ret_budget));
	return play_act(p, "leader", "budget_line", *ret_budget, "approve",
			named("document_no", "渭财发〔2026〕12号"));
}

struct problem *demo_load(struct arena *arena, struct pool *pool, void (*say)(const char *),
			  const json_t **ret_tokens)
{
	struct player p = {.arena = arena, .pool = pool};
	p.tokens = play_own(&p, json_object());
	const char *expert_ids[EXPERTS], *budget;
	play_date(&p, "2026-02-09");
	TRY(bureau(&p));
	TRY(other_units(&p));
	TRY(panel_of_experts(&p, expert_ids));
	TRY(scheme_and_budget(&p, &budget));
	for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
		struct tale tale = {.plan = &plans[i]};
		TRY(tale_tell(&p, &tale, expert_ids, budget));
		if (say)
			say(plans[i].name);
	}
	*ret_tokens = p.tokens;
	return NULL;
}
