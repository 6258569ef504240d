/* Payments of awards (articles 6(5), 16): one person prepares, another confirms, the bank's reference books,
   a third hand reverses. The payment that is prepared reserves its amount under the award's row lock; only
   booking touches the ledger. */
#include "effects.h"
#include "money.h"
#include "operations.h"
#include "reply.h"
#include "seal.h"

#include <string.h>

#define NUMBER_SERIES "ZF"

/* What the loader keeps for the effects. */
struct payment_own {
	struct award_own award;
	const char *award_id;
};

static const char *act_member(const struct request *rq, const char *name)
{
	return rq->body ? body_text(rq, name) : NULL;
}

static void payment_facts(const struct rows *rows, struct money_facts *money)
{
	const char *status = row_text(rows, 0, "status");
	money->is_payment = true;
	money->payment_amount = row_integer(rows, 0, "amount");
	money->is_replacement = row_bool(rows, 0, "is_replacement");
	money->is_reversed = row_bool(rows, 0, "is_reversed");
	/* the account it was prepared for, not whichever is confirmed today */
	money->payee_account_is_confirmed = row_bool(rows, 0, "account_is_confirmed");
	money->reference_is_taken = row_bool(rows, 0, "reference_is_taken");
	money->award_approved_on = row_date(rows, 0, "award_approved_on");
	money->hands[0] = row_text(rows, 0, "maker_id");
	if (!strcmp(status, "paid"))
		money->hands[1] = row_text(rows, 0, "booker_id");
}

/* Award and budget line are found without a lock, then all three locked in the one order, then read. */
struct problem *payment_load(struct request *rq, const char *id, bool lock, struct subject *ret)
{
	struct money_facts *money = arena_alloc(rq->arena, sizeof *money);
	struct payment_own *own = arena_alloc(rq->arena, sizeof *own);
	struct facts *facts = arena_alloc(rq->arena, sizeof *facts);
	struct rows parent, rows;
	*ret = (struct subject){.machine = MACHINE_PAY, .id = id};
	TRY(db_run(rq->db, rq->arena, SQL_PAYMENT_PARENT, P(id), &parent));
	if (!parent.count)
		return NULL;
	own->award_id = row_text(&parent, 0, "award_id");
	if (lock) {
		TRY(award_lock(rq, row_text(&parent, 0, "budget_line_id"), own->award_id));
		TRY(db_run(rq->db, rq->arena, SQL_PAYMENT_LOCK, P(id), NULL));
	}
	TRY(award_read(rq, own->award_id, NULL, NULL, money, &own->award));
	TRY(db_run(rq->db, rq->arena, SQL_PAYMENT_FACTS,
		   P(rq->caller->account_id, id, act_member(rq, "bank_reference")), &rows));
	payment_facts(&rows, money);
	facts->money = money;
	*ret = (struct subject){.machine = MACHINE_PAY,
				.id = id,
				.status = row_text(&rows, 0, "status"),
				.version = row_integer(&rows, 0, "version"),
				.reach = role_set_parse_list(row_text(&rows, 0, "reach")),
				.facts = facts,
				.own = own};
	return NULL;
}

static struct problem *payment_reply(struct request *rq, const char *id)
{
	struct subject subject;
	TRY(payment_load(rq, id, false, &subject));
	if (!subject.reach)
		return request_not_found(rq);
	const struct reply_extra extras[] = {{"actions", transition_actions(rq, &subject)}, {NULL, NULL}};
	return reply_statement(rq, SQL_PAYMENT_GET, P(rq->caller->account_id, id), extras);
}

/* payment_prepare - the new row, judged over what the award's lock shows, before it is written. */
static struct problem *payment_prepare(struct request *rq, const struct subject *award, const char **ret_id)
{
	struct money_facts money = *award->facts->money;
	struct facts facts = {.money = &money};
	const char *id = request_new_id(rq), *number, *replaces_id = body_text(rq, "replaces_id");
	money.is_payment = true;
	if (replaces_id) {
		struct rows rows;
		TRY(db_run(rq->db, rq->arena, SQL_PAYMENT_REPLACEABLE, P(award->id, replaces_id), &rows));
		money.replaced_is_reversed = row_bool(&rows, 0, "replaceable");
	}
	TRY(creation_judge(rq, MACHINE_PAY, "prepare", &facts));
	TRY(request_next_number(rq, NUMBER_SERIES, rq->today.year, &number));
	TRY(db_run(rq->db, rq->arena, SQL_PAYMENT_CREATE,
		   P(id, number, award->id, fen_text(rq, body_money(rq, "amount")), rq->caller->account_id,
		     replaces_id, rq->now_text),
		   NULL));
	struct subject subject = creation_subject(rq, MACHINE_PAY, id, "prepared", &facts);
	*ret_id = id;
	return transition_create(rq, &subject, "prepare", rq->body);
}

struct problem *create_payment(struct request *rq)
{
	struct subject award;
	const char *id;
	TRY(award_load(rq, request_path_id(rq), true, &award));
	OPEN(rq, "award", award.id, award.reach, -1);
	if (strcmp(award.status, "committed") && strcmp(award.status, "disbursing"))
		return problem_new(rq->arena, PROBLEM_illegal_transition, "该资助当前不能支付。",
				   "The award cannot be paid in this status.");
	TRY(payment_prepare(rq, &award, &id));
	TRY(payment_reply(rq, id));
	reply_created(rq, "/v1/payments/%s", id);
	return NULL;
}

struct problem *list_payments(struct request *rq)
{
	return reply_page(rq, SQL_PAYMENT_LIST, P(request_value(rq, "award_id"), request_value(rq, "status")),
			  NULL);
}

struct problem *list_award_payments(struct request *rq)
{
	struct subject award;
	TRY(award_load(rq, request_path_id(rq), false, &award));
	if (!award.reach)
		return request_not_found(rq);
	return reply_page(rq, SQL_PAYMENT_LIST, P(award.id, NULL), NULL);
}

/* The whole account number is shown to finance alone, and only while the transfer is to be made. */
static struct problem *payee_account(struct request *rq, const struct subject *subject, const char **ret)
{
	struct rows rows;
	*ret = NULL;
	if (!(subject->reach & ROLE_finance))
		return NULL;
	TRY(db_run(rq->db, rq->arena, SQL_PAYMENT_ACCOUNT, P(subject->id), &rows));
	if (!rows.count)
		return NULL;
	const char *id = row_text(&rows, 0, "id");
	const char *number = seal_open(rq->arena, row_text(&rows, 0, "account_cipher"), id);
	if (!number) {
		struct problem *problem = problem_new(rq->arena, PROBLEM_internal, NULL, NULL);
		problem->cause =
			arena_printf(rq->arena, "the key does not open the number of bank account %s", id);
		return problem;
	}
	*ret = arena_printf(rq->arena, "\"%s\"", number);
	return NULL;
}

struct problem *get_payment(struct request *rq)
{
	struct subject subject;
	const char *number;
	TRY(payment_load(rq, request_path_id(rq), false, &subject));
	if (!subject.reach)
		return request_not_found(rq);
	TRY(payee_account(rq, &subject, &number));
	const struct reply_extra extras[] = {{"actions", transition_actions(rq, &subject)},
					     {number ? "payee_account_number" : NULL, number},
					     {NULL, NULL}};
	return reply_statement(rq, SQL_PAYMENT_GET, P(rq->caller->account_id, subject.id), extras);
}

struct problem *create_payment_transition(struct request *rq)
{
	return transition_post(rq, MACHINE_PAY);
}

struct problem *list_payment_transitions(struct request *rq)
{
	return transition_history(rq, MACHINE_PAY);
}

struct problem *effect_payment_confirm(struct request *rq, struct subject *subject,
				       const struct lifecycle_row *row, const json_t *input)
{
	(void)row, (void)input;
	return db_run(rq->db, rq->arena, SQL_PAYMENT_SET_CONFIRMER, P(subject->id, rq->caller->account_id),
		      NULL);
}

/* DISBURSE: dated on the day the bank paid. */
struct problem *effect_journal_disburse(struct request *rq, struct subject *subject,
					const struct lifecycle_row *row, const json_t *input)
{
	const struct payment_own *own = subject->own;
	const char *paid_on = input_member(input, "paid_on");
	struct rows payment;
	(void)row;
	TRY(db_run(rq->db, rq->arena, SQL_PAYMENT_SET_BOOKING,
		   P(subject->id, rq->caller->account_id, input_member(input, "bank_reference"), paid_on),
		   &payment));
	const struct journal_act act = {.type = "DISBURSE",
					.booked_on = paid_on,
					.maker = row_text(&payment, 0, "maker_id"),
					.checker = row_text(&payment, 0, "confirmer_id"),
					.award_id = own->award_id,
					.budget_line_id = own->award.line_id,
					.payment_id = subject->id,
					.document_no = own->award.fund_document_no,
					.reason = input_member(input, "comment"),
					.amount = row_integer(&payment, 0, "amount")};
	return journal_book(rq, &act);
}

/* REVERSAL: the entry of the payment with the opposite sign; its maker and its checker stay two persons. */
struct problem *effect_journal_reversal(struct request *rq, struct subject *subject,
					const struct lifecycle_row *row, const json_t *input)
{
	const struct payment_own *own = subject->own;
	const char *actor = rq->caller->account_id;
	struct rows entry;
	(void)row;
	TRY(db_run(rq->db, rq->arena, SQL_JOURNAL_DISBURSE_ENTRY, P(subject->id), &entry));
	TRY(db_run(rq->db, rq->arena, SQL_PAYMENT_SET_REVERSER, P(subject->id, actor), NULL));
	const struct journal_act act = {.type = "REVERSAL",
					.maker = row_text(&entry, 0, "maker_id"),
					.checker = actor,
					.award_id = own->award_id,
					.budget_line_id = own->award.line_id,
					.payment_id = subject->id,
					.document_no = row_text(&entry, 0, "document_no"),
					.reason = input_member(input, "comment"),
					.reverses_id = row_text(&entry, 0, "id")};
	return journal_book(rq, &act);
}

/* What the ledger says of the award after the entry decides its step. */
static struct problem *award_follow(struct request *rq, const struct subject *payment,
				    const char *(*step)(const struct money_facts *))
{
	const struct payment_own *own = payment->own;
	struct money_facts money = {.amount = 0};
	struct award_own award;
	TRY(award_read(rq, own->award_id, NULL, NULL, &money, &award));
	return transition_cascade(rq, MACHINE_AWD, own->award_id, step(&money), NULL);
}

static const char *step_paid(const struct money_facts *money)
{
	return money->unpaid > 0 ? "pay" : "pay_full";
}

static const char *step_reversed(const struct money_facts *money)
{
	return money->committed > money->unpaid ? "payment_reversed" : "payment_reversed_all";
}

struct problem *effect_award_paid(struct request *rq, struct subject *subject,
				  const struct lifecycle_row *row, const json_t *input)
{
	(void)row, (void)input;
	return award_follow(rq, subject, step_paid);
}

struct problem *effect_award_payment_reversed(struct request *rq, struct subject *subject,
					      const struct lifecycle_row *row, const json_t *input)
{
	(void)row, (void)input;
	return award_follow(rq, subject, step_reversed);
}
