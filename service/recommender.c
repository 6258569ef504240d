/* Recommending units (article 10): counties and zones are reference data; municipal departments and
   associations are registered with the fields in which they may recommend. */
#include "operations.h"
#include "reply.h"
#include "text.h"

struct problem *list_recommenders(struct request *rq)
{
	const char *as_of = request_value(rq, "as_of");
	return reply_page(
		rq, SQL_RECOMMENDER_LIST,
		P(as_of ? as_of : rq->today_text, request_value(rq, "kind"), request_value(rq, "field")),
		NULL);
}

struct problem *get_recommender(struct request *rq)
{
	return reply_statement(rq, SQL_RECOMMENDER_GET, P(request_path_id(rq)), NULL);
}

/* Every field must be one of the table; all that are not are named at once. */
static struct problem *fields_judge(struct request *rq, const char *fields, struct problem *problem)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_RECOMMENDER_FIELDS_UNKNOWN, P(fields), &rows));
	for (int i = 0; i < rows.count; i++)
		problem_error(rq->arena, problem,
			      arena_printf(rq->arena, "#/fields/%s", row_text(&rows, i, "position")),
			      "unknown_reference", "13", "没有这个领域", "there is no such field");
	return NULL;
}

struct problem *create_recommender(struct request *rq)
{
	OPEN_NEW(rq, "recommender");
	const char *code = body_text(rq, "credit_code"), *from = body_text(rq, "valid_from"),
		   *fields = body_json(rq, "fields");
	struct problem *problem = problem_new(rq->arena, PROBLEM_rule_not_met, NULL, NULL);
	if (code && credit_code_check(code))
		problem_error(rq->arena, problem, "#/credit_code", "AP-11", "10", "统一社会信用代码有误",
			      "the unified social credit code is wrong");
	TRY(fields_judge(rq, fields, problem));
	if (problem->errors)
		return problem;
	const char *id = request_new_id(rq);
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_RECOMMENDER_INSERT,
		   P(id, body_text(rq, "code"), body_text(rq, "kind"), body_text(rq, "name"), code,
		     from ? from : rq->today_text, body_bool(rq, "is_fictitious") ? "true" : "false", fields),
		   &rows));
	rq->subject_id = id;
	TRY(reply_statement(rq, SQL_RECOMMENDER_GET, P(id), NULL));
	reply_created(rq, "/v1/recommenders/%s", id);
	return NULL;
}
