/* Bank accounts of organisations that are paid awards (article 16): named by the unit itself or by the
   officer, confirmed by the leader or by finance, never by the one who named it. The number is sealed; only
   its last four digits are ever shown in a list. */
#include "bank_account.h"

#include "money.h"
#include "operations.h"
#include "reply.h"
#include "rules_decl.h"
#include "seal.h"

#include <string.h>

/* The oldest: what was sealed while a wrong key was in place does not lock out the right one. */
struct problem *bank_account_start(struct arena *arena, struct pool *pool, const char *key_file)
{
	struct rows rows;
	TRY(db_run(db_lane(pool), arena, SQL_BANK_ACCOUNT_OLDEST, P0, &rows));
	if (!rows.count)
		return seal_start(arena, key_file, NULL, NULL);
	return seal_start(arena, key_file, row_text(&rows, 0, "account_cipher"), row_text(&rows, 0, "id"));
}

/* oldest - none only where nobody else is about to commit one. */
static struct problem *oldest(struct request *rq, struct rows *ret)
{
	TRY(db_run(rq->db, rq->arena, SQL_BANK_ACCOUNT_OLDEST, P0, ret));
	if (ret->count)
		return NULL;
	TRY(db_run(rq->db, rq->arena, SQL_BANK_ACCOUNT_FIRST_LOCK, P0, NULL));
	return db_run(rq->db, rq->arena, SQL_BANK_ACCOUNT_OLDEST, P0, ret);
}

/* key_judge - two instances with keys of their own would each seal what the other cannot open. */
static struct problem *key_judge(struct request *rq)
{
	struct rows rows;
	TRY(oldest(rq, &rows));
	if (!rows.count ||
	    seal_open(rq->arena, row_text(&rows, 0, "account_cipher"), row_text(&rows, 0, "id")))
		return NULL;
	struct problem *problem = problem_new(rq->arena, PROBLEM_internal, NULL, NULL);
	problem->cause =
		"the key at hand does not open the stored account numbers: nothing is sealed with it";
	return problem;
}

static struct problem *bank_account_reply(struct request *rq, const char *id)
{
	return reply_statement(rq, SQL_BANK_ACCOUNT_GET, P(id), NULL);
}

/* The caller's roles that reach the organisation in money matters. */
static struct problem *organisation_reach(struct request *rq, role_set *ret)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_BANK_ACCOUNT_ORGANISATION,
		   P(rq->caller->account_id, request_path_id(rq)), &rows));
	*ret = rows.count ? role_set_parse_list(row_text(&rows, 0, "reach")) & rq->op->roles : 0;
	return NULL;
}

struct problem *create_bank_account(struct request *rq)
{
	role_set reach;
	const char *id = request_new_id(rq), *organisation_id = request_path_id(rq),
		   *number = body_text(rq, "account_number");
	TRY(organisation_reach(rq, &reach));
	OPEN(rq, "organisation", organisation_id, reach, -1);
	TRY(key_judge(rq));
	const char *cipher = seal_close(rq->arena, number, id);
	if (!cipher) {
		struct problem *problem = problem_new(rq->arena, PROBLEM_internal, NULL, NULL);
		problem->cause = "no key for account numbers";
		return problem;
	}
	TRY(db_run(rq->db, rq->arena, SQL_BANK_ACCOUNT_CREATE,
		   P(id, organisation_id, body_text(rq, "bank"), cipher, number + strlen(number) - 4,
		     rq->caller->account_id, rq->now_text),
		   NULL));
	TRY(bank_account_reply(rq, id));
	reply_created(rq, "/v1/organisations/%s/bank-accounts", organisation_id);
	return NULL;
}

struct problem *confirm_bank_account(struct request *rq)
{
	static rule_fn *const guards[] = {rule_fu_09, NULL};
	const char *id = request_value(rq, "account_id"), *organisation_id = request_path_id(rq);
	struct rows rows, moved;
	TRY(db_run(rq->db, rq->arena, SQL_BANK_ACCOUNT_LOCK, P(rq->caller->account_id, id, organisation_id),
		   &rows));
	role_set reach = rows.count ? role_set_parse_list(row_text(&rows, 0, "reach")) & rq->op->roles : 0;
	OPEN(rq, "bank_account", id, reach, -1);
	if (strcmp(row_text(&rows, 0, "status"), "proposed"))
		return problem_new(rq->arena, PROBLEM_illegal_transition, "该账户已核实。",
				   "The account is confirmed already.");
	struct money_facts money = {.hands = {row_text(&rows, 0, "proposed_by")}};
	TRY(rules_judge(rq, guards, &money));
	TRY(db_run(rq->db, rq->arena, SQL_BANK_ACCOUNT_SUPERSEDE, P(organisation_id, rq->now_text), NULL));
	TRY(db_run(rq->db, rq->arena, SQL_BANK_ACCOUNT_CONFIRM, P(id, rq->caller->account_id, rq->now_text),
		   &moved));
	TRY(bank_account_reply(rq, id));
	reply_created(rq, "/v1/organisations/%s/bank-accounts", organisation_id);
	return NULL;
}

struct problem *list_bank_accounts(struct request *rq)
{
	role_set reach;
	TRY(organisation_reach(rq, &reach));
	if (!reach)
		return request_not_found(rq);
	return reply_page(rq, SQL_BANK_ACCOUNT_LIST, P(request_path_id(rq)), NULL);
}
