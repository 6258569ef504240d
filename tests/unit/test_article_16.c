/* Article 16 and 6(5): each money rule met and not met, and a ledger example. Expected
 * values by hand. */
#include "facts.h"
#include "facts_money.h"
#include "lifecycle.h"
#include "rules_decl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAKER  "01932f5e-7c00-7000-8000-00000000000a"
#define OTHER  "01932f5e-7c00-7000-8000-00000000000b"
#define BOOKER "01932f5e-7c00-7000-8000-00000000000c"
#define YUAN   INT64_C(100)

/* Everything in order: an award of 200 000 under a line of 1 000 000, approved in its year. */
static struct money_facts good(void)
{
	return (struct money_facts){
		.hands = {MAKER},
		.recognition_is_issued = true,
		.scheme_is_confirmed = true,
		.line_status = "approved",
		.line_year = 2026,
		.cap = 1000000 * YUAN,
		.available = 1000000 * YUAN,
		.alliance_is_recognised = true,
		.amount = 200000 * YUAN,
		.payee_is_host = true,
		.payee_account_is_confirmed = true,
		.alliance_status = "recognised",
		.alliance_due_on = {2029, 11, 15},
		.alliance_submit_deadline_on = {2029, 11, 15},
	};
}

/* judge - how many errors the guard finds; input is JSON with ' for ", NULL = nobody has filled in the act.
 */
static size_t judge(rule_fn *guard, const struct money_facts *money, const char *input)
{
	struct arena *arena = arena_new();
	struct facts facts = {.today = {2026, 11, 15}, .actor = OTHER, .money = money};
	struct findings findings;
	json_t *body = NULL;
	if (input) {
		char *text = arena_strdup(arena, input);
		for (char *c = text; *c; c++)
			if (*c == '\'')
				*c = '"';
		body = json_loads(text, 0, NULL);
		assert_non_null(body);
	}
	facts.input = body;
	findings_start(&findings, arena);
	guard(&facts, &findings);
	size_t errors = findings.errors;
	json_decref(body);
	arena_free(arena);
	return errors;
}

static void met(rule_fn *guard, const struct money_facts *money, const char *input)
{
	assert_int_equal(judge(guard, money, input), 0);
}

static void broken(rule_fn *guard, const struct money_facts *money, const char *input)
{
	assert_int_equal(judge(guard, money, input), 1);
}

static void test_fu_01_one_award_per_recognition(void **state)
{
	(void)state;
	struct money_facts money = good();
	met(rule_fu_01, &money, NULL);
	money.award_exists = true;
	broken(rule_fu_01, &money, NULL);
	money = good();
	money.alliance_is_recognised = false;
	broken(rule_fu_01, &money, NULL);
}

static void test_fu_02_cap(void **state)
{
	(void)state;
	struct money_facts money = good();
	money.available = 200000 * YUAN;
	met(rule_fu_02, &money, NULL);
	money.available = 200000 * YUAN - 1;
	broken(rule_fu_02, &money, NULL);
	money = good();
	money.line_status = "closed";
	broken(rule_fu_02, &money, NULL);
	money.line_status = NULL;
	broken(rule_fu_02, &money, NULL);
}

static void test_fu_03_qualified(void **state)
{
	(void)state;
	struct money_facts money = good();
	met(rule_fu_03, &money, NULL);
	money.alliance_submit_deadline_on = (struct date){2026, 11, 15};
	met(rule_fu_03, &money, NULL);
	money.alliance_submit_deadline_on = (struct date){2026, 11, 14};
	broken(rule_fu_03, &money, NULL);
	money = good();
	money.alliance_status = "forming";
	broken(rule_fu_03, &money, NULL);
}

static void test_fu_04_never_below_zero(void **state)
{
	(void)state;
	struct money_facts money = good();
	money.committed = money.unpaid = 200000 * YUAN;
	met(rule_fu_04, &money, NULL);
	met(rule_fu_04, &money, "{'amount': {'amount': '200000.00', 'currency': 'CNY'}}");
	broken(rule_fu_04, &money, "{'amount': {'amount': '200000.01', 'currency': 'CNY'}}");
	money.reserved = 120000 * YUAN;
	met(rule_fu_04, &money, "{'amount': {'amount': '80000.00', 'currency': 'CNY'}}");
	broken(rule_fu_04, &money, "{'amount': {'amount': '120000.00', 'currency': 'CNY'}}");
	money.is_payment = true;
	money.payment_amount = 120000 * YUAN;
	met(rule_fu_04, &money, NULL);
	money.unpaid = 80000 * YUAN;
	broken(rule_fu_04, &money, NULL);
}

static void test_fu_05_payee(void **state)
{
	(void)state;
	struct money_facts money = good();
	met(rule_fu_05, &money, NULL);
	money.payee_is_host = false;
	broken(rule_fu_05, &money, NULL);
}

static void test_fu_06_more_than_nothing(void **state)
{
	(void)state;
	struct money_facts money = good();
	met(rule_fu_06, &money, NULL);
	met(rule_fu_06, &money, "{'cap': {'amount': '0.01', 'currency': 'CNY'}}");
	broken(rule_fu_06, &money, "{'cap': {'amount': '0.00', 'currency': 'CNY'}}");
	broken(rule_fu_06, &money, "{'amount': {'amount': '-1.00', 'currency': 'CNY'}}");
}

static void test_fu_08_one_reversal(void **state)
{
	(void)state;
	struct money_facts money = good();
	met(rule_fu_08, &money, NULL);
	money.is_reversed = true;
	broken(rule_fu_08, &money, NULL);
	money = good();
	broken(rule_fu_08, &money, "{'replaces_id': '" MAKER "'}");
	money.replaced_is_reversed = true;
	met(rule_fu_08, &money, "{'replaces_id': '" MAKER "'}");
}

static void test_fu_09_four_eyes(void **state)
{
	(void)state;
	struct money_facts money = good();
	met(rule_fu_09, &money, NULL);
	money.hands[1] = OTHER;
	broken(rule_fu_09, &money, NULL);
	money.hands[0] = OTHER;
	broken(rule_fu_09, &money, NULL);
	money.hands[0] = MAKER;
	money.hands[1] = BOOKER;
	met(rule_fu_09, &money, NULL);
}

static void test_fu_11_fiscal_year(void **state)
{
	(void)state;
	struct money_facts money = good();
	met(rule_fu_11, &money, NULL);
	money.line_year = 2025;
	broken(rule_fu_11, &money, NULL);
	money.line_carry_over = true;
	met(rule_fu_11, &money, NULL);
	money = good();
	money.is_payment = true;
	met(rule_fu_11, &money, "{'paid_on': '2026-01-01'}");
	broken(rule_fu_11, &money, "{'paid_on': '2025-12-31'}");
	money.line_status = "closed";
	broken(rule_fu_11, &money, "{'paid_on': '2026-11-15'}");
	money.is_replacement = true;
	met(rule_fu_11, &money, "{'paid_on': '2026-11-15'}");
}

static void test_fu_12_one_line_per_year(void **state)
{
	(void)state;
	struct money_facts money = good();
	met(rule_fu_12, &money, NULL);
	money.line_exists = true;
	broken(rule_fu_12, &money, NULL);
}

static void test_fu_13_document(void **state)
{
	(void)state;
	struct money_facts money = good();
	met(rule_fu_13, &money, NULL);
	met(rule_fu_13, &money, "{'document_no': '渭财发〔2026〕12号'}");
	broken(rule_fu_13, &money, "{}");
	broken(rule_fu_13, &money, "{'document_no': '渭财发[2026]12号'}");
	broken(rule_fu_13, &money, "{'document_no': '渭财发〔2026〕012号'}");
	broken(rule_fu_13, &money, "{'document_no': '渭财发〔2026〕12号。'}");
	money.document_no = "渭财发〔2026〕11号";
	met(rule_fu_13, &money, "{}");
	broken(rule_fu_13, &money, "{'document_no': '渭财发〔2027〕12号'}");
	broken(rule_fu_13, &money, "{'document_no': '渭科函〔2026〕12号'}");
	money.document_is_issued = true;
	broken(rule_fu_13, &money, "{'document_no': '渭科发〔2026〕12号'}");
	money.document_allocates = true;
	met(rule_fu_13, &money, "{'document_no': '渭科发〔2026〕12号'}");
	money.document_allocates = money.document_is_issued = false;
	money.adjustment_document_no = "渭财发〔2027〕1号";
	broken(rule_fu_13, &money, "{'document_no': '渭财发〔2026〕12号'}");
}

static void test_fu_14_cap_not_below_commitments(void **state)
{
	(void)state;
	struct money_facts money = good();
	money.line_committed = 400000 * YUAN;
	broken(rule_fu_14, &money, NULL);
	broken(rule_fu_14, &money, "{}");
	met(rule_fu_14, &money, "{'cap': {'amount': '400000.00', 'currency': 'CNY'}}");
	broken(rule_fu_14, &money, "{'cap': {'amount': '399999.99', 'currency': 'CNY'}}");
	broken(rule_fu_14, &money, "{'cap': {'amount': '1000000.00', 'currency': 'CNY'}}");
	broken(rule_fu_14, &money, "{'cap': {'amount': '0.00', 'currency': 'CNY'}}");
	money.adjustment_cap = 400000 * YUAN;
	met(rule_fu_14, &money, NULL);
	met(rule_fu_14, &money, "{}");
	money.adjustment_cap = 399999 * YUAN;
	broken(rule_fu_14, &money, "{}");
}

static void test_fu_15_close(void **state)
{
	(void)state;
	struct money_facts money = good();
	money.line_year = 2025;
	met(rule_fu_15, &money, NULL);
	money.line_pending = 1;
	broken(rule_fu_15, &money, NULL);
	money.line_pending = 0;
	money.line_year = 2026;
	broken(rule_fu_15, &money, NULL);
}

static void test_fu_16_amount_of_the_scheme(void **state)
{
	(void)state;
	struct money_facts money = good();
	met(rule_fu_16, &money, NULL);
	money.amount = 0;
	broken(rule_fu_16, &money, NULL);
	money = good();
	money.scheme_is_confirmed = false;
	broken(rule_fu_16, &money, NULL);
}

static void test_fu_17_nothing_paid(void **state)
{
	(void)state;
	struct money_facts money = good();
	money.committed = money.unpaid = 200000 * YUAN;
	met(rule_fu_17, &money, NULL);
	money.reserved = 1;
	broken(rule_fu_17, &money, NULL);
	money.reserved = 0;
	money.unpaid -= 1;
	broken(rule_fu_17, &money, NULL);
}

static void test_fu_18_to_fu_20_what_payment_needs(void **state)
{
	(void)state;
	struct money_facts money = good();
	met(rule_fu_18, &money, NULL);
	met(rule_fu_19, &money, NULL);
	met(rule_fu_20, &money, NULL);
	money.payee_account_is_confirmed = false;
	money.recognition_is_issued = false;
	money.hold = "资质逾期";
	broken(rule_fu_18, &money, NULL);
	broken(rule_fu_19, &money, NULL);
	broken(rule_fu_20, &money, NULL);
}

static void test_fu_21_bank_reference(void **state)
{
	(void)state;
	struct money_facts money = good();
	met(rule_fu_21, &money, NULL);
	met(rule_fu_21, &money, "{'bank_reference': 'B1', 'paid_on': '2026-11-15'}");
	broken(rule_fu_21, &money, "{'bank_reference': 'B1', 'paid_on': '2026-11-16'}");
	money.award_approved_on = (struct date){2026, 11, 14};
	met(rule_fu_21, &money, "{'bank_reference': 'B1', 'paid_on': '2026-11-14'}");
	broken(rule_fu_21, &money, "{'bank_reference': 'B1', 'paid_on': '2026-11-13'}");
	broken(rule_fu_21, &money, "{'bank_reference': 'B1'}");
	broken(rule_fu_21, &money, "{'bank_reference': '　', 'paid_on': '2026-11-15'}");
	assert_int_equal(judge(rule_fu_21, &money, "{}"), 2);
	money.reference_is_taken = true;
	broken(rule_fu_21, &money, "{'bank_reference': 'B1', 'paid_on': '2026-11-15'}");
}

static void test_fu_22_not_acquitted(void **state)
{
	(void)state;
	struct money_facts money = good();
	money.payment_amount = money.advance = 70000 * YUAN;
	met(rule_fu_22, &money, NULL);
	money.advance = 69999 * YUAN;
	broken(rule_fu_22, &money, NULL);
}

/* The ledger example, as far as this journey's entries go: COMMIT 200 000, DISBURSE 120 000,
   DISBURSE 70 000 (a typing error), REVERSAL, DISBURSE 80 000. A second 120 000 would drive COMMITTED to -40
   000. */
static void test_the_ledger_example(void **state)
{
	(void)state;
	struct money_facts money = good();
	met(rule_fu_02, &money, NULL);
	money.available = 800000 * YUAN;
	money.committed = money.unpaid = 200000 * YUAN;
	met(rule_fu_04, &money, "{'amount': {'amount': '120000.00', 'currency': 'CNY'}}");
	money.unpaid = 80000 * YUAN;
	money.reserved = money.advance = 120000 * YUAN;
	broken(rule_fu_04, &money, "{'amount': {'amount': '120000.00', 'currency': 'CNY'}}");
	met(rule_fu_04, &money, "{'amount': {'amount': '70000.00', 'currency': 'CNY'}}");
	money.unpaid = 10000 * YUAN;
	money.reserved = money.advance = 190000 * YUAN;
	broken(rule_fu_04, &money, "{'amount': {'amount': '80000.00', 'currency': 'CNY'}}");
	money.payment_amount = 70000 * YUAN;
	met(rule_fu_22, &money, NULL);
	money.payment_amount = 0;
	money.unpaid = 80000 * YUAN;
	money.reserved = money.advance = 120000 * YUAN;
	met(rule_fu_04, &money, "{'amount': {'amount': '80000.00', 'currency': 'CNY'}}");
	broken(rule_fu_17, &money, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fu_01_one_award_per_recognition),
		cmocka_unit_test(test_fu_02_cap),
		cmocka_unit_test(test_fu_03_qualified),
		cmocka_unit_test(test_fu_04_never_below_zero),
		cmocka_unit_test(test_fu_05_payee),
		cmocka_unit_test(test_fu_06_more_than_nothing),
		cmocka_unit_test(test_fu_08_one_reversal),
		cmocka_unit_test(test_fu_09_four_eyes),
		cmocka_unit_test(test_fu_11_fiscal_year),
		cmocka_unit_test(test_fu_12_one_line_per_year),
		cmocka_unit_test(test_fu_13_document),
		cmocka_unit_test(test_fu_14_cap_not_below_commitments),
		cmocka_unit_test(test_fu_15_close),
		cmocka_unit_test(test_fu_16_amount_of_the_scheme),
		cmocka_unit_test(test_fu_17_nothing_paid),
		cmocka_unit_test(test_fu_18_to_fu_20_what_payment_needs),
		cmocka_unit_test(test_fu_21_bank_reference),
		cmocka_unit_test(test_fu_22_not_acquitted),
		cmocka_unit_test(test_the_ledger_example),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
