/* Budget lines (articles 16, 17, 20): what may be committed in a fiscal year. Finance drafts a line
   and proposes each change of its cap, the leader approves by document; both are entries of the journal, and
   the line's row lock is the first of the money locks. */
#include "effects.h"
#include "money.h"
#include "operations.h"
#include "reply.h"
#include "rules_decl.h"

#include <string.h>

/* What the loader keeps for the effects. */
struct budget_line_own {
	const char *drafted_by, *document_no;
	int64_t cap;
	/* the adjustment that the act names; id NULL = none */
	const char *adjustment_id, *proposed_by, *adjustment_document_no, *adjustment_reason;
	int64_t adjustment_cap;
};

static const char *act_member(const struct request *rq, const char *name)
{
	return rq->body ? body_text(rq, name) : NULL;
}

static void facts_fill(struct request *rq, const struct rows *rows, struct subject *ret)
{
	struct money_facts *money = arena_alloc(rq->arena, sizeof *money);
	struct budget_line_own *own = arena_alloc(rq->arena, sizeof *own);
	struct facts *facts = arena_alloc(rq->arena, sizeof *facts);
	own->drafted_by = row_text(rows, 0, "drafted_by");
	own->document_no = row_text(rows, 0, "document_no");
	own->cap = row_integer(rows, 0, "cap");
	own->adjustment_id = row_text(rows, 0, "adjustment_id");
	own->proposed_by = row_text(rows, 0, "adjustment_proposed_by");
	own->adjustment_document_no = row_text(rows, 0, "adjustment_document_no");
	own->adjustment_reason = row_text(rows, 0, "adjustment_reason");
	own->adjustment_cap = own->adjustment_id ? row_integer(rows, 0, "adjustment_cap") : 0;
	bool is_draft = !strcmp(row_text(rows, 0, "status"), "draft");
	*money = (struct money_facts){
		.hands = {is_draft ? own->drafted_by : own->proposed_by},
		.document_no = own->document_no,
		.document_is_issued = row_bool(rows, 0, "document_is_issued"),
		.document_allocates = row_bool(rows, 0, "document_allocates"),
		.adjustment_cap = own->adjustment_cap,
		.adjustment_document_no = own->adjustment_document_no,
		.line_status = row_text(rows, 0, "status"),
		.line_year = (int)row_integer(rows, 0, "fiscal_year"),
		.line_carry_over = row_bool(rows, 0, "carry_over"),
		.cap = own->cap,
		.available = row_integer(rows, 0, "available"),
		.line_committed = row_integer(rows, 0, "committed"),
		.line_pending = row_integer(rows, 0, "pending"),
	};
	facts->money = money;
	ret->facts = facts;
	ret->own = own;
}

/* An act is judged by the adjustment that it names, a reader is shown the one that waits. */
struct problem *budget_line_load(struct request *rq, const char *id, bool lock, struct subject *ret)
{
	struct rows rows;
	*ret = (struct subject){.machine = MACHINE_BUD, .id = id};
	if (lock)
		TRY(db_run(rq->db, rq->arena, SQL_BUDGET_LINE_LOCK, P(id), NULL));
	TRY(db_run(rq->db, rq->arena, SQL_BUDGET_LINE_FACTS,
		   P(rq->caller->account_id, id, act_member(rq, "document_no"),
		     lock ? act_member(rq, "adjustment_id") : NULL, lock ? "false" : "true"),
		   &rows));
	if (!rows.count)
		return NULL;
	ret->status = row_text(&rows, 0, "status");
	ret->version = row_integer(&rows, 0, "version");
	ret->reach = role_set_parse_list(row_text(&rows, 0, "reach"));
	facts_fill(rq, &rows, ret);
	return NULL;
}

static struct problem *budget_line_reply(struct request *rq, const char *id)
{
	struct subject subject;
	TRY(budget_line_load(rq, id, false, &subject));
	if (!subject.reach)
		return request_not_found(rq);
	const struct reply_extra extras[] = {{"actions", transition_actions(rq, &subject)}, {NULL, NULL}};
	return reply_statement(rq, SQL_BUDGET_LINE_GET, P(id), extras);
}

struct problem *create_budget_line(struct request *rq)
{
	const char *id = request_new_id(rq), *kind = body_text(rq, "kind"),
		   *year = fen_text(rq, body_integer(rq, "fiscal_year"));
	const char *carry_over = body_bool(rq, "carry_over") ? "true" : "false";
	struct money_facts money = {.document_no = body_text(rq, "document_no")};
	struct facts facts = {.money = &money};
	struct rows rows;
	OPEN_NEW(rq, "budget_line");
	TRY(db_run(rq->db, rq->arena, SQL_BUDGET_LINE_TAKEN, P(year, kind), &rows));
	money.line_exists = row_bool(&rows, 0, "taken");
	TRY(creation_judge(rq, MACHINE_BUD, "draft", &facts));
	TRY(db_run(rq->db, rq->arena, SQL_BUDGET_LINE_CREATE,
		   P(id, year, kind, fen_text(rq, body_money(rq, "cap")), carry_over, money.document_no,
		     rq->caller->account_id, rq->now_text),
		   NULL));
	struct subject subject = creation_subject(rq, MACHINE_BUD, id, "draft", &facts);
	TRY(transition_create(rq, &subject, "draft", rq->body));
	TRY(budget_line_reply(rq, id));
	reply_created(rq, "/v1/budget-lines/%s", id);
	return NULL;
}

struct problem *list_budget_lines(struct request *rq)
{
	return reply_page(rq, SQL_BUDGET_LINE_LIST,
			  P(request_value(rq, "fiscal_year"), request_value(rq, "status")), NULL);
}

struct problem *get_budget_line(struct request *rq)
{
	return budget_line_reply(rq, request_path_id(rq));
}

/* A proposal by finance; what waited before is superseded. The leader books it with the act adjust. */
struct problem *create_budget_line_adjustment(struct request *rq)
{
	static rule_fn *const guards[] = {rule_fu_13, rule_fu_14, NULL};
	struct subject line;
	TRY(budget_line_load(rq, request_path_id(rq), true, &line));
	OPEN(rq, "budget_line", line.id, line.reach, -1);
	if (strcmp(line.status, "approved"))
		return problem_new(rq->arena, PROBLEM_illegal_transition, "只有已批准的预算可以调整。",
				   "Only an approved budget line is adjusted.");
	struct money_facts money = *line.facts->money;
	TRY(rules_judge(rq, guards, &money));
	TRY(db_run(rq->db, rq->arena, SQL_BUDGET_ADJUSTMENT_SUPERSEDE, P(line.id), NULL));
	TRY(db_run(rq->db, rq->arena, SQL_BUDGET_ADJUSTMENT_CREATE,
		   P(request_new_id(rq), line.id, fen_text(rq, body_money(rq, "cap")),
		     body_text(rq, "document_no"), act_member(rq, "comment"), rq->caller->account_id,
		     rq->now_text),
		   NULL));
	TRY(budget_line_reply(rq, line.id));
	reply_created(rq, "/v1/budget-lines/%s", line.id);
	return NULL;
}

struct problem *create_budget_line_transition(struct request *rq)
{
	return transition_post(rq, MACHINE_BUD);
}

struct problem *list_budget_line_transitions(struct request *rq)
{
	return transition_history(rq, MACHINE_BUD);
}

static struct problem *approval_book(struct request *rq, struct subject *line, struct journal_act *act)
{
	const struct budget_line_own *own = line->own;
	act->maker = own->drafted_by;
	act->amount = own->cap;
	if (!act->document_no)
		act->document_no = own->document_no;
	TRY(db_run(rq->db, rq->arena, SQL_BUDGET_LINE_APPROVE, P(line->id, act->checker, act->document_no),
		   NULL));
	return journal_book(rq, act);
}

static struct problem *adjustment_book(struct request *rq, struct subject *line, struct journal_act *act)
{
	const struct budget_line_own *own = line->own;
	struct rows booked;
	act->maker = own->proposed_by;
	act->amount = own->adjustment_cap - own->cap;
	act->document_no = own->adjustment_document_no;
	if (!act->reason)
		act->reason = own->adjustment_reason;
	TRY(db_run(rq->db, rq->arena, SQL_BUDGET_ADJUSTMENT_BOOK,
		   P(own->adjustment_id, act->checker, rq->now_text), &booked));
	TRY(db_run(rq->db, rq->arena, SQL_BUDGET_LINE_ADJUST,
		   P(line->id, fen_text(rq, own->adjustment_cap), act->document_no), NULL));
	return journal_book(rq, act);
}

/* BUDGET: the cap at approval, the difference at an adjustment; finance made it, the leader checks it. */
struct problem *effect_journal_budget(struct request *rq, struct subject *subject,
				      const struct lifecycle_row *row, const json_t *input)
{
	struct journal_act act = {.type = "BUDGET",
				  .budget_line_id = subject->id,
				  .checker = rq->caller->account_id,
				  .document_no = input_member(input, "document_no"),
				  .reason = input_member(input, "comment")};
	return strcmp(row->action, "approve") ? adjustment_book(rq, subject, &act)
					      : approval_book(rq, subject, &act);
}
