/* Awards (article 16): proposed when an alliance is recognised, approved by the leader under the cap of a
   budget line, then paid. What has become of the money is read from the ledger, never kept here; the
   reservation of payments is the database's own. */
#include "effects.h"
#include "money.h"
#include "operations.h"
#include "reply.h"

#include <string.h>

#define NUMBER_SERIES "ZZ"

static const char *act_member(const struct request *rq, const char *name)
{
	return rq->body ? body_text(rq, name) : NULL;
}

/* award_ledger - what the ledger, the budget line and the alliance's standing say of an award. */
static void award_ledger(const struct rows *rows, struct money_facts *money)
{
	money->document_is_issued = row_bool(rows, 0, "document_is_issued");
	money->document_allocates = row_bool(rows, 0, "document_allocates");
	money->recognition_is_issued = row_bool(rows, 0, "recognition_is_issued");
	money->scheme_is_confirmed = row_bool(rows, 0, "scheme_is_confirmed");
	money->line_status = row_text(rows, 0, "line_status");
	money->line_year = (int)row_integer(rows, 0, "line_year");
	money->line_carry_over = row_bool(rows, 0, "line_carry_over");
	money->cap = row_integer(rows, 0, "line_cap");
	money->available = row_integer(rows, 0, "line_available");
	money->line_committed = row_integer(rows, 0, "line_committed");
	money->amount = row_integer(rows, 0, "amount");
	money->committed = row_integer(rows, 0, "committed");
	money->reserved = row_integer(rows, 0, "reserved");
	money->unpaid = row_integer(rows, 0, "unpaid");
	money->advance = row_integer(rows, 0, "advance");
	money->payee_is_host = row_bool(rows, 0, "payee_is_host");
	money->payee_account_is_confirmed = row_bool(rows, 0, "payee_account_is_confirmed");
	money->hold = row_text(rows, 0, "hold");
	money->alliance_status = row_text(rows, 0, "alliance_status");
	money->alliance_due_on = row_date(rows, 0, "alliance_due_on");
	money->alliance_submit_deadline_on = row_date(rows, 0, "alliance_submit_deadline_on");
	money->alliance_is_recognised = true;
}

struct problem *award_read(struct request *rq, const char *id, const char *line_id, const char *document_no,
			   struct money_facts *money, struct award_own *ret)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_AWARD_FACTS, P(rq->caller->account_id, id, line_id, document_no),
		   &rows));
	if (!rows.count)
		return NULL;
	award_ledger(&rows, money);
	*ret = (struct award_own){
		.number = row_text(&rows, 0, "number"),
		.proposed_by = row_text(&rows, 0, "proposed_by"),
		.line_id = row_text(&rows, 0, "line_id"),
		.fund_document_no = row_text(&rows, 0, "fund_document_no"),
		.status = row_text(&rows, 0, "status"),
		.reach = role_set_parse_list(row_text(&rows, 0, "reach")),
		.version = row_integer(&rows, 0, "version"),
	};
	return NULL;
}

struct problem *award_lock(struct request *rq, const char *line_id, const char *award_id)
{
	struct rows rows;
	if (line_id) /* many wait for it: waited for alone, it has the whole deadline of a statement */
		TRY(db_run(rq->db, rq->arena, SQL_BUDGET_LINE_LOCK, P(line_id), &rows));
	return db_run(rq->db, rq->arena, SQL_AWARD_LOCK, P(award_id), NULL);
}

/* The line to judge by: the award's own, that which the act names, or the year's. */
static struct problem *award_line(struct request *rq, const char *id, const char **ret)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_AWARD_PARENT, P(id, fen_text(rq, rq->today.year)), &rows));
	if (!rows.count)
		return NULL;
	const char *own = row_text(&rows, 0, "budget_line_id"), *named = act_member(rq, "budget_line_id");
	*ret = own ? own : named ? named : row_text(&rows, 0, "current_line_id");
	return NULL;
}

struct problem *award_load(struct request *rq, const char *id, bool lock, struct subject *ret)
{
	struct money_facts *money = arena_alloc(rq->arena, sizeof *money);
	struct award_own *own = arena_alloc(rq->arena, sizeof *own);
	struct facts *facts = arena_alloc(rq->arena, sizeof *facts);
	const char *line_id = NULL;
	*ret = (struct subject){.machine = MACHINE_AWD, .id = id};
	TRY(award_line(rq, id, &line_id));
	if (lock)
		TRY(award_lock(rq, line_id, id));
	TRY(award_read(rq, id, line_id, act_member(rq, "document_no"), money, own));
	if (!own->status)
		return NULL;
	money->hands[0] = own->proposed_by;
	facts->money = money;
	*ret = (struct subject){.machine = MACHINE_AWD,
				.id = id,
				.status = own->status,
				.version = own->version,
				.reach = own->reach,
				.facts = facts,
				.own = own};
	return NULL;
}

static struct problem *award_reply(struct request *rq, const char *id)
{
	struct subject subject;
	TRY(award_load(rq, id, false, &subject));
	if (!subject.reach)
		return request_not_found(rq);
	const struct reply_extra extras[] = {{"actions", transition_actions(rq, &subject)}, {NULL, NULL}};
	return reply_statement(rq, SQL_AWARD_GET, P(id), extras);
}

/* award_propose - FU-01: for the recognition of that alliance, to its host on the issue date; the amount is
   that of the scheme of the year of issue, none while there is no scheme. reach 0: the consequence of another
   act. */
static struct problem *award_propose(struct request *rq, const char *alliance_id, role_set reach,
				     const char **ret_id)
{
	struct money_facts money = {.award_exists = false};
	struct facts facts = {.money = &money};
	struct rows rows;
	const char *id = request_new_id(rq), *number;
	TRY(db_run(rq->db, rq->arena, SQL_AWARD_RECOGNITION, P(alliance_id), &rows));
	money.alliance_is_recognised = rows.count && row_bool(&rows, 0, "is_recognised");
	money.award_exists = rows.count && row_bool(&rows, 0, "award_exists");
	TRY(creation_judge(rq, MACHINE_AWD, "propose", &facts));
	TRY(request_next_number(rq, NUMBER_SERIES, rq->today.year, &number));
	TRY(db_run(rq->db, rq->arena, SQL_AWARD_CREATE,
		   P(id, number, alliance_id, row_text(&rows, 0, "application_id"),
		     row_text(&rows, 0, "document_id"), row_text(&rows, 0, "scheme_id"),
		     row_text(&rows, 0, "host_organisation_id"), row_text(&rows, 0, "fiscal_year"),
		     row_text(&rows, 0, "amount"), rq->caller->account_id, rq->now_text),
		   NULL));
	struct subject subject = creation_subject(rq, MACHINE_AWD, id, "proposed", &facts);
	subject.reach = reach;
	*ret_id = id;
	return transition_create(rq, &subject, "propose", NULL);
}

struct problem *create_award(struct request *rq)
{
	const char *id;
	OPEN_NEW(rq, "award");
	TRY(award_propose(rq, body_text(rq, "alliance_id"), rq->caller->roles, &id));
	TRY(award_reply(rq, id));
	reply_created(rq, "/v1/awards/%s", id);
	return NULL;
}

struct problem *list_awards(struct request *rq)
{
	return reply_page(rq, SQL_AWARD_LIST,
			  P(request_value(rq, "status"), request_value(rq, "fiscal_year"),
			    request_value(rq, "alliance_id"), request_value(rq, "payee_id")),
			  NULL);
}

struct problem *get_award(struct request *rq)
{
	return award_reply(rq, request_path_id(rq));
}

struct problem *create_award_transition(struct request *rq)
{
	return transition_post(rq, MACHINE_AWD);
}

struct problem *list_award_transitions(struct request *rq)
{
	return transition_history(rq, MACHINE_AWD);
}

struct problem *get_award_list(struct request *rq)
{
	return reply_page(rq, SQL_AWARD_PUBLISHED, P(request_value(rq, "year")), NULL);
}

struct problem *effect_award_propose(struct request *rq, struct subject *subject,
				     const struct lifecycle_row *row, const json_t *input)
{
	const char *id;
	(void)row, (void)input;
	return award_propose(rq, subject->id, 0, &id);
}

/* COMMIT: from the budget line to the award. */
struct problem *effect_award_commit(struct request *rq, struct subject *subject,
				    const struct lifecycle_row *row, const json_t *input)
{
	const struct award_own *own = subject->own;
	const char *actor = rq->caller->account_id, *document_no = input_member(input, "document_no");
	(void)row;
	TRY(db_run(rq->db, rq->arena, SQL_AWARD_COMMIT,
		   P(subject->id, own->line_id, document_no, actor, rq->today_text), NULL));
	const struct journal_act act = {.type = "COMMIT",
					.maker = own->proposed_by,
					.checker = actor,
					.award_id = subject->id,
					.budget_line_id = own->line_id,
					.document_no = document_no,
					.reason = input_member(input, "comment"),
					.amount = subject->facts->money->amount};
	return journal_book(rq, &act);
}

/* DECOMMIT: back to the budget line; nothing was paid (FU-17). */
struct problem *effect_journal_decommit(struct request *rq, struct subject *subject,
					const struct lifecycle_row *row, const json_t *input)
{
	const struct award_own *own = subject->own;
	(void)row;
	const struct journal_act act = {.type = "DECOMMIT",
					.maker = rq->caller->account_id,
					.award_id = subject->id,
					.budget_line_id = own->line_id,
					.document_no = own->fund_document_no,
					.reason = input_member(input, "comment"),
					.amount = subject->facts->money->committed};
	return journal_book(rq, &act);
}
