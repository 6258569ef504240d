/* Award schemes (article 16): what a recognition is worth in a year. Finance proposes, the leader confirms;
   on confirmation the proposals of that year that waited for an amount get it. A confirmed scheme does not
   change. */
#include "money.h"
#include "operations.h"
#include "reply.h"
#include "rules_decl.h"

#include <string.h>

static struct problem *award_scheme_reply(struct request *rq, const char *id)
{
	return reply_statement(rq, SQL_AWARD_SCHEME_GET, P(id), NULL);
}

struct problem *create_award_scheme(struct request *rq)
{
	static rule_fn *const guards[] = {rule_fu_06, rule_fu_13, NULL};
	struct money_facts money = {.document_no = NULL};
	const char *document_no = body_text(rq, "document_no"), *id = request_new_id(rq);
	OPEN_NEW(rq, "award_scheme");
	TRY(document_is_issued(rq, document_no, &money.document_is_issued));
	/* a standard may be set by a notice: of our own series any issued document serves */
	money.document_allocates = money.document_is_issued;
	TRY(rules_judge(rq, guards, &money));
	rq->subject_id = id;
	TRY(db_run(rq->db, rq->arena, SQL_AWARD_SCHEME_CREATE,
		   P(id, body_text(rq, "kind"), fen_text(rq, body_integer(rq, "fiscal_year")),
		     fen_text(rq, body_money(rq, "amount")), document_no, rq->caller->account_id,
		     rq->now_text),
		   NULL));
	TRY(award_scheme_reply(rq, id));
	reply_created(rq, "/v1/award-schemes/%s", id);
	return NULL;
}

struct problem *list_award_schemes(struct request *rq)
{
	return reply_page(rq, SQL_AWARD_SCHEME_LIST,
			  P(request_value(rq, "fiscal_year"), request_value(rq, "status")), NULL);
}

struct problem *get_award_scheme(struct request *rq)
{
	return award_scheme_reply(rq, request_path_id(rq));
}

/* Why a scheme cannot be confirmed now, NULL when it can. */
static struct problem *confirmation_refused(struct request *rq, const struct rows *scheme)
{
	static rule_fn *const guards[] = {rule_fu_09, NULL};
	struct money_facts money = {.hands = {row_text(scheme, 0, "proposed_by")}};
	if (strcmp(row_text(scheme, 0, "status"), "proposed"))
		return problem_new(rq->arena, PROBLEM_illegal_transition, "该资助标准已确认。",
				   "The scheme is confirmed already.");
	if (row_bool(scheme, 0, "year_is_taken"))
		return problem_new(rq->arena, PROBLEM_conflict, "该年度已有确认的资助标准。",
				   "The year has a confirmed scheme already.");
	return rules_judge(rq, guards, &money);
}

struct problem *confirm_award_scheme(struct request *rq)
{
	const char *id = request_path_id(rq);
	struct rows scheme, moved;
	TRY(db_run(rq->db, rq->arena, SQL_AWARD_SCHEME_LOCK, P(id), &scheme));
	OPEN(rq, "award_scheme", id, scheme.count ? rq->caller->roles : 0, -1);
	TRY(confirmation_refused(rq, &scheme));
	TRY(db_run(rq->db, rq->arena, SQL_AWARD_SCHEME_CONFIRM, P(id, rq->caller->account_id, rq->now_text),
		   &moved));
	TRY(db_run(rq->db, rq->arena, SQL_AWARD_TAKE_AMOUNT,
		   P(id, row_text(&scheme, 0, "kind"), row_text(&scheme, 0, "fiscal_year"),
		     row_text(&scheme, 0, "amount"), rq->now_text),
		   NULL));
	TRY(award_scheme_reply(rq, id));
	reply_created(rq, "/v1/award-schemes/%s", id);
	return NULL;
}
