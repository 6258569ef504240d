/* 6（5）经费筹集管理。……政府资助（奖励）经费的使用要按照相关规定执行，并接受监督。
   16.认定和复审奖励。对新认定或通过复审的联盟常设机构依托单位，给予一定的科研经费资助。

   The text says that the host unit gets an award and that its use is supervised. How much, under which cap,
   by which hands and in which books (FU-01 to FU-22) is the practice of public money, inferred. Everything
   here is pure: facts in, findings out. */
#include "article_13.h"
#include "article_15.h"
#include "facts.h"
#include "facts_money.h"
#include "form.h"
#include "rules_decl.h"
#include "text.h"

#include <string.h>

/* Who reads budget lines; the units that follow their own award do not learn what a line has left. */
#define BUREAU (ROLE_officer | ROLE_leader | ROLE_finance | ROLE_auditor)

static bool input_money(const struct facts *facts, const char *name, int64_t *ret)
{
	const char *amount =
		json_string_value(json_object_get(json_object_get(facts->input, name), "amount"));
	return amount && money_parse(amount, ret);
}

static const char *yuan(const struct findings *findings, int64_t fen)
{
	char text[MONEY_TEXT];
	return arena_strdup(findings->arena, money_format(fen, text));
}

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

/* One award per recognition, and none without a recognition. */
void rule_fu_01(const struct facts *facts, struct findings *findings)
{
	const struct money_facts *money = facts->money;
	if (!money->alliance_is_recognised)
		finding_add(findings, RULE_FU_01, "#/alliance_id", "该联盟没有可资助的认定。",
			    "The alliance has no recognition to award.");
	else if (money->award_exists)
		finding_add(findings, RULE_FU_01, "#/alliance_id", "该次认定已有资助。",
			    "This recognition has its award already.");
}

/* The cap of the budget line, which the caller holds locked. */
void rule_fu_02(const struct facts *facts, struct findings *findings)
{
	const struct money_facts *money = facts->money;
	if (!money->line_status) {
		finding_add(findings, RULE_FU_02, "#/budget_line_id", "没有可用的预算。",
			    "There is no such budget line.");
		return;
	}
	if (strcmp(money->line_status, "approved"))
		finding_add(findings, RULE_FU_02, "#/budget_line_id", "预算未批准或已关闭。",
			    "The budget line is not approved or is closed.");
	else if (money->amount > money->available && !(facts->actor_roles & BUREAU))
		finding_add(findings, RULE_FU_02, "#/budget_line_id", "资助超出预算余额。",
			    "The award exceeds what the budget line has left.");
	else if (money->amount > money->available)
		finding_add(findings, RULE_FU_02, "#/budget_line_id",
			    arena_printf(findings->arena, "资助 %s 元超出预算余额 %s 元。",
					 yuan(findings, money->amount), yuan(findings, money->available)),
			    arena_printf(
				    findings->arena,
				    "The award of %s yuan exceeds the %s yuan that the budget line has left.",
				    yuan(findings, money->amount), yuan(findings, money->available)));
}

/* 资质有效 (article 15) on the day of approval; while it is not, the proposal waits. */
void rule_fu_03(const struct facts *facts, struct findings *findings)
{
	const struct money_facts *money = facts->money;
	if (!money->alliance_status ||
	    !alliance_is_qualified(money->alliance_status, money->alliance_due_on,
				   money->alliance_submit_deadline_on, facts->today))
		finding_add(findings, RULE_FU_03, NULL, NULL, NULL);
}

/* What is reserved for an award, this payment included, is never more than its commitment; what is booked
 * never more than is left. */
void rule_fu_04(const struct facts *facts, struct findings *findings)
{
	const struct money_facts *money = facts->money;
	int64_t amount = money->payment_amount, room = money->unpaid;
	if (!amount) {
		if (!input_money(facts, "amount", &amount))
			return;
		room = money->committed - money->reserved;
	}
	if (amount > room)
		finding_add(findings, RULE_FU_04, "#/amount",
			    arena_printf(findings->arena, "支付 %s 元超出该资助尚可支付的 %s 元。",
					 yuan(findings, amount), yuan(findings, room)),
			    arena_printf(findings->arena,
					 "The payment of %s yuan exceeds the %s yuan that may still be paid.",
					 yuan(findings, amount), yuan(findings, room)));
}

void rule_fu_05(const struct facts *facts, struct findings *findings)
{
	if (!facts->money->payee_is_host)
		finding_add(findings, RULE_FU_05, NULL, "收款单位不是发文之日的常设机构依托单位。",
			    "The payee was not the host unit on the issue date of the document.");
}

/* Business amounts are more than nothing; that they are fen and CNY is the form of the number itself. */
void rule_fu_06(const struct facts *facts, struct findings *findings)
{
	static const struct {
		const char *name, *pointer;
	} members[] = {{"amount", "#/amount"}, {"cap", "#/cap"}};
	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		int64_t fen;
		if (input_money(facts, members[i].name, &fen) && fen <= 0)
			finding_add(findings, RULE_FU_06, members[i].pointer, "金额必须大于零。",
				    "The amount must be more than 0.");
	}
}

/* A correction is one reversal of an entry that is none itself; what replaces a payment names one that was
 * reversed. */
void rule_fu_08(const struct facts *facts, struct findings *findings)
{
	const struct money_facts *money = facts->money;
	if (money->is_reversed)
		finding_add(findings, RULE_FU_08, NULL, "该笔支付已冲正。",
			    "The payment is reversed already.");
	if (input_text(facts, "replaces_id") && !money->replaced_is_reversed)
		finding_add(
			findings, RULE_FU_08, "#/replaces_id", "只能替换本资助已冲正且尚未替换的支付。",
			"Only a reversed payment of this award that has no replacement yet can be replaced.");
}

/* 经办与复核分离: whoever made a thing does not check it. */
void rule_fu_09(const struct facts *facts, struct findings *findings)
{
	const struct money_facts *money = facts->money;
	for (size_t i = 0; i < sizeof money->hands / sizeof *money->hands; i++)
		if (same(facts->actor, money->hands[i])) {
			finding_add(findings, RULE_FU_09, NULL, "经办人不得复核自己经办的事项。",
				    "Whoever made this cannot be the one who checks it.");
			return;
		}
}

/* The accounting date lies in the fiscal year of the line; a closed line takes no new payment. What replaces
   a reversed payment may be booked in the open year, with its reference. */
void rule_fu_11(const struct facts *facts, struct findings *findings)
{
	const struct money_facts *money = facts->money;
	if (!money->line_status || money->line_carry_over || money->is_replacement)
		return;
	struct date date = facts->today;
	const char *paid_on = money->is_payment ? input_text(facts, "paid_on") : NULL;
	if (paid_on && !date_parse(paid_on, &date))
		return;
	const char *pointer = money->is_payment ? "#/paid_on" : "#/budget_line_id";
	if (date.year != money->line_year)
		finding_add(findings, RULE_FU_11, pointer,
			    arena_printf(findings->arena, "入账日期不在预算年度 %d 内。", money->line_year),
			    arena_printf(findings->arena, "The entry's date is not in the fiscal year %d.",
					 money->line_year));
	else if (money->is_payment && same(money->line_status, "closed"))
		finding_add(findings, RULE_FU_11, NULL, "该预算年度已关闭。", "The budget line is closed.");
}

void rule_fu_12(const struct facts *facts, struct findings *findings)
{
	if (facts->money->line_exists)
		finding_add(findings, RULE_FU_12, "#/fiscal_year", NULL, NULL);
}

/* 发文 is the authority for money: an issued document of ours, or the number of another authority's. A number
 * of our own agency does not change a budget unless it is that of an issued allocation. */
static bool document_serves(const struct money_facts *money, const char *document_no, struct date today)
{
	if (!document_no)
		return false;
	if (document_no_is_ours(document_no))
		return money->document_allocates;
	return money->document_is_issued ||
	       (document_no_is_canonical(document_no) && document_no_year(document_no) <= today.year);
}

void rule_fu_13(const struct facts *facts, struct findings *findings)
{
	const struct money_facts *money = facts->money;
	if (!facts->input)
		return;
	const char *document_no = money->adjustment_document_no;
	if (!document_no)
		document_no = input_text(facts, "document_no");
	if (!document_no)
		document_no = money->document_no;
	if (!document_serves(money, document_no, facts->today))
		finding_add(findings, RULE_FU_13, "#/document_no", NULL, NULL);
}

static void cap_judge(const struct money_facts *money, int64_t cap, const char *pointer,
		      struct findings *findings)
{
	if (cap <= 0)
		finding_add(findings, RULE_FU_14, pointer, "额度必须大于零。",
			    "The cap must be more than 0.");
	else if (cap == money->cap)
		finding_add(findings, RULE_FU_14, pointer, "额度没有变化。", "The cap does not change.");
	else if (cap < money->line_committed)
		finding_add(findings, RULE_FU_14, pointer,
			    arena_printf(findings->arena, "额度低于已承诺的 %s 元。",
					 yuan(findings, money->line_committed)),
			    arena_printf(findings->arena, "The cap is below the %s yuan that are committed.",
					 yuan(findings, money->line_committed)));
}

/* The new cap is that of the proposal being made, or of the one that waits for the leader. */
void rule_fu_14(const struct facts *facts, struct findings *findings)
{
	const struct money_facts *money = facts->money;
	int64_t cap = 0;
	if (input_money(facts, "cap", &cap))
		cap_judge(money, cap, "#/cap", findings);
	else if (money->adjustment_cap)
		cap_judge(money, money->adjustment_cap, "#/adjustment_id", findings);
	else
		finding_add(findings, RULE_FU_14, "#/adjustment_id",
			    "没有待批准的额度调整建议，须由财务先提出。",
			    "No such adjustment waits: finance proposes it first.");
}

void rule_fu_15(const struct facts *facts, struct findings *findings)
{
	const struct money_facts *money = facts->money;
	if (facts->today.year <= money->line_year)
		finding_add(
			findings, RULE_FU_15, NULL,
			arena_printf(findings->arena, "预算年度 %d 尚未结束。", money->line_year),
			arena_printf(findings->arena, "The fiscal year %d is not over.", money->line_year));
	if (money->line_pending > 0)
		finding_add(findings, RULE_FU_15, NULL, "尚有在途支付。",
			    "A payment of the line is still pending.");
}

void rule_fu_16(const struct facts *facts, struct findings *findings)
{
	const struct money_facts *money = facts->money;
	if (money->amount <= 0 || !money->scheme_is_confirmed)
		finding_add(findings, RULE_FU_16, NULL, NULL, NULL);
}

void rule_fu_17(const struct facts *facts, struct findings *findings)
{
	const struct money_facts *money = facts->money;
	if (money->reserved > 0 || money->unpaid != money->committed)
		finding_add(findings, RULE_FU_17, NULL, NULL, NULL);
}

void rule_fu_18(const struct facts *facts, struct findings *findings)
{
	if (!facts->money->payee_account_is_confirmed)
		finding_add(findings, RULE_FU_18, NULL, NULL, NULL);
}

void rule_fu_19(const struct facts *facts, struct findings *findings)
{
	if (!facts->money->recognition_is_issued)
		finding_add(findings, RULE_FU_19, NULL, NULL, NULL);
}

void rule_fu_20(const struct facts *facts, struct findings *findings)
{
	const char *hold = facts->money->hold;
	if (hold)
		finding_add(findings, RULE_FU_20, NULL, arena_printf(findings->arena, "资助暂缓：%s", hold),
			    arena_printf(findings->arena, "The award is on hold: %s", hold));
}

void rule_fu_21(const struct facts *facts, struct findings *findings)
{
	struct date paid_on;
	if (!facts->input)
		return;
	const char *reference = input_text(facts, "bank_reference"), *day = input_text(facts, "paid_on");
	if (text_is_blank(reference))
		finding_add(findings, RULE_FU_21, "#/bank_reference", "须写明银行流水号。",
			    "The bank reference is missing.");
	else if (facts->money->reference_is_taken)
		finding_add(findings, RULE_FU_21, "#/bank_reference", "银行流水号已用于另一笔支付。",
			    "The bank reference stands on another payment.");
	if (!day || !date_parse(day, &paid_on))
		finding_add(findings, RULE_FU_21, "#/paid_on", "须写明支付日期。",
			    "The date of payment is missing.");
	else if (date_compare(paid_on, facts->today) > 0)
		finding_add(findings, RULE_FU_21, "#/paid_on", "支付日期晚于今日。",
			    "The date of payment is after today.");
	else if (date_compare(paid_on, facts->money->award_approved_on) < 0)
		finding_add(findings, RULE_FU_21, "#/paid_on", "支付日期早于资助批准日期。",
			    "The date of payment is before the award was approved.");
}

void rule_fu_22(const struct facts *facts, struct findings *findings)
{
	const struct money_facts *money = facts->money;
	if (money->advance < money->payment_amount)
		finding_add(findings, RULE_FU_22, NULL, NULL, NULL);
}

/* AP-16: 常设机构依托单位: exactly one, a member, a legal person; its bank account is asked for before
 * payment only. */
void rule_ap_16(const struct facts *facts, struct findings *findings)
{
	const struct application_facts *application = facts->application;
	size_t index = 0, count = 0;
	const json_t *host = form_member(application->form, "is_host", &index, &count);
	const char *in_section_c = form_text(form_at(application->form, "host", NULL), "credit_code");
	const char *code = form_text(host, "credit_code");
	if (count != 1) {
		finding_add(
			findings, RULE_AP_16, "#/form/members",
			arena_printf(findings->arena, "须有且只有一家常设机构依托单位，现有%zu家。", count),
			arena_printf(findings->arena, "There is exactly one host unit; here are %zu.",
				     count));
		return;
	}
	if (!form_bool(host, "independent_legal_person") || form_bool(host, "is_branch"))
		finding_add(
			findings, RULE_AP_16,
			arena_printf(findings->arena, "#/form/members/%zu/independent_legal_person", index),
			"依托单位须为独立法人。", "The host is an independent legal person.");
	if (in_section_c && code && strcmp(in_section_c, code))
		finding_add(findings, RULE_AP_16, "#/form/host/credit_code", "依托单位栏与成员表不一致。",
			    "Section C and the list of members name different hosts.");
}
