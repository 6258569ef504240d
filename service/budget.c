/* Budget lines (articles 16, 17, 20): what may be committed in a fiscal year. Finance drafts, the leader
   approves by document; every change of the cap is an entry of the journal, and the line's row lock is the
   first of the money locks. */
#include "effects.h"
#include "money.h"
#include "operations.h"
#include "reply.h"

#include <string.h>

/* What the loader keeps for the effects. */
struct budget_line_own {
	const char *drafted_by, *document_no;
	int64_t cap;
};

static const char *act_document_no(const struct request *rq)
{
	return rq->body ? body_text(rq, "document_no") : NULL;
}

static void facts_fill(struct request *rq, const struct rows *rows, struct subject *ret)
{
	struct money_facts *money = arena_alloc(rq->arena, sizeof *money);
	struct budget_line_own *own = arena_alloc(rq->arena, sizeof *own);
	struct facts *facts = arena_alloc(rq->arena, sizeof *facts);
	own->drafted_by = row_text(rows, 0, "drafted_by");
	own->document_no = row_text(rows, 0, "document_no");
	own->cap = row_integer(rows, 0, "cap");
	*money = (struct money_facts){
		.hands = {own->drafted_by},
		.document_no = own->document_no,
		.document_is_issued = row_bool(rows, 0, "document_is_issued"),
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

struct problem *budget_line_load(struct request *rq, const char *id, bool lock, struct subject *ret)
{
	struct rows rows;
	*ret = (struct subject){.machine = MACHINE_BUD, .id = id};
	if (lock)
		TRY(db_run(rq->db, rq->arena, SQL_BUDGET_LINE_LOCK, P(id), &rows));
	TRY(db_run(rq->db, rq->arena, SQL_BUDGET_LINE_FACTS,
		   P(rq->caller->account_id, id, act_document_no(rq)), &rows));
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
	const struct reply_extra extras[] = {
		{"actions", transition_actions(rq, &subject)},
                {NULL,         NULL                          }
        };
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

struct problem *create_budget_line_transition(struct request *rq)
{
	return transition_post(rq, MACHINE_BUD);
}

struct problem *list_budget_line_transitions(struct request *rq)
{
	return transition_history(rq, MACHINE_BUD);
}

/* BUDGET: the cap at approval, the difference at an adjustment. */
struct problem *effect_journal_budget(struct request *rq, struct subject *subject,
				      const struct lifecycle_row *row, const json_t *input)
{
	const struct budget_line_own *own = subject->own;
	const char *actor = rq->caller->account_id, *document_no = input_member(input, "document_no");
	struct journal_act act = {
		.type = "BUDGET", .budget_line_id = subject->id, .reason = input_member(input, "comment")};
	act.document_no = document_no ? document_no : own->document_no;
	if (!strcmp(row->action, "approve")) {
		act.maker = own->drafted_by;
		act.checker = actor;
		act.amount = own->cap;
		TRY(db_run(rq->db, rq->arena, SQL_BUDGET_LINE_APPROVE, P(subject->id, actor, document_no),
			   NULL));
	} else {
		int64_t cap = input_fen(input, "cap");
		act.maker = actor;
		act.amount = cap - own->cap;
		TRY(db_run(rq->db, rq->arena, SQL_BUDGET_LINE_ADJUST,
			   P(subject->id, fen_text(rq, cap), act.document_no), NULL));
	}
	return journal_book(rq, &act);
}
