/* Endorsements (articles 10, 11): the opinion of the recommending unit, one record for each request. There is
   one door, POST applications/{id}/endorsements; it settles the record and moves the application in the same
   transaction. A signed opinion is never changed here or anywhere. */
#include "application.h"
#include "effects.h"
#include "facts_application.h"
#include "operations.h"
#include "reply.h"

#include <string.h>

/* The endorsement's facts are its application's, with this record as the one that is judged. The application
 * is locked first, always. */
struct problem *endorsement_load(struct request *rq, const char *id, bool lock, struct subject *ret)
{
	struct rows rows;
	struct subject application, subject = {.machine = MACHINE_END, .id = id, .version = -1};
	*ret = subject;
	TRY(db_run(rq->db, rq->arena, SQL_ENDORSEMENT_FIND, P(id, rq->caller->account_id), &rows));
	if (!rows.count)
		return NULL;
	TRY(application_subject(rq, row_text(&rows, 0, "application_id"), lock, &application));
	if (lock)
		TRY(db_run(rq->db, rq->arena, SQL_ENDORSEMENT_LOCK, P(id, rq->caller->account_id), &rows));
	struct application_facts *facts = arena_alloc(rq->arena, sizeof *facts);
	*facts = *application.facts->application;
	facts->endorsement = (struct endorsement_facts){
		.status = row_text(&rows, 0, "status"),
		.recommender_id = row_text(&rows, 0, "recommender_id"),
		.requested_on = row_date(&rows, 0, "requested_on"),
		.due_on = row_date(&rows, 0, "due_on"),
		.is_overdue = row_bool(&rows, 0, "overdue"),
	};
	application.facts->application = facts;
	application.facts->due_on = facts->endorsement.due_on;
	subject.id = row_text(&rows, 0, "id");
	subject.status = facts->endorsement.status;
	subject.version = row_integer(&rows, 0, "version");
	subject.reach = role_set_parse_list(row_text(&rows, 0, "reach"));
	subject.due_on = row_text(&rows, 0, "due_on");
	subject.facts = application.facts;
	subject.own = application.own;
	*ret = subject;
	return NULL;
}

static struct problem *endorsement_show(struct request *rq, const char *id)
{
	struct subject subject;
	struct rows rows;
	TRY(endorsement_load(rq, id, false, &subject));
	if (!subject.reach)
		return request_not_found(rq);
	TRY(db_run(rq->db, rq->arena, SQL_ENDORSEMENT_GET, P(id), &rows));
	if (!rows.count)
		return request_not_found(rq);
	const struct reply_extra extras[] = {{"actions", transition_actions(rq, &subject)}, {NULL, NULL}};
	reply_row(rq, &rows, 0, extras);
	return NULL;
}

struct problem *get_endorsement(struct request *rq)
{
	return endorsement_show(rq, request_path_id(rq));
}

struct problem *list_endorsements(struct request *rq)
{
	return reply_page(rq, SQL_ENDORSEMENT_LIST,
			  P(request_value(rq, "status"), request_value(rq, "application_id"),
			    request_value(rq, "recommender_id"), request_value(rq, "overdue")),
			  NULL);
}

struct problem *list_endorsement_transitions(struct request *rq)
{
	return transition_history(rq, MACHINE_END);
}

/* ---- the one door ---- */

/* What the unit says, written while the record is still requested; the step after it judges. */
static struct problem *opinion_write(struct request *rq, const char *id)
{
	return db_run(rq->db, rq->arena, SQL_ENDORSEMENT_WRITE,
		      P(id, body_text(rq, "opinion"), body_text(rq, "opinion_text"), body_text(rq, "signer"),
			body_text(rq, "post"), body_text(rq, "signed_on"), body_json(rq, "checklist"),
			rq->caller->account_id, rq->now_text),
		      NULL);
}

struct problem *endorse_application(struct request *rq)
{
	struct subject application, endorsement = {0};
	struct rows rows;
	const char *id = request_path_id(rq);
	TRY(application_subject(rq, id, true, &application));
	TRY(db_run(rq->db, rq->arena, SQL_ENDORSEMENT_LATEST, P(id), &rows));
	if (rows.count)
		TRY(endorsement_load(rq, row_text(&rows, 0, "id"), true, &endorsement));
	/* A unit that was asked before and replaced since has no reach any more; one that designed a draft
	 * has, but was not asked yet. */
	role_set reach = (rows.count ? endorsement.reach : application.reach) & rq->op->roles;
	OPEN(rq, "endorsement", rows.count ? endorsement.id : id, application.reach & reach, -1);
	if (!rows.count || !endorsement.status)
		return problem_new(rq->arena, PROBLEM_illegal_transition,
				   "本申请尚未提交，没有待签署的推荐意见。",
				   "The application is not submitted: no opinion is asked for yet.");
	if (!strcmp(endorsement.status, "requested"))
		TRY(opinion_write(rq, endorsement.id));
	TRY(transition_fire(rq, &endorsement, body_text(rq, "opinion"), rq->body));
	TRY(endorsement_show(rq, endorsement.id));
	reply_created(rq, "/v1/endorsements/%s", endorsement.id);
	return NULL;
}

/* ---- effects on endorsements, of an application's step ---- */

struct problem *effect_endorsement_request(struct request *rq, struct subject *subject,
					   const struct lifecycle_row *row, const json_t *input)
{
	struct application *application = subject->own;
	struct subject endorsement = {
		.machine = MACHINE_END, .id = request_new_id(rq), .status = "new", .own = application};
	struct application_facts *facts = arena_alloc(rq->arena, sizeof *facts);
	char due_on[DATE_TEXT];
	*facts = *subject->facts->application;
	if (!strcmp(row->action, "reassign_recommender")) {
		application->recommender_id = json_string_value(json_object_get(input, "recommender_id"));
		facts->recommender = facts->candidate;
		TRY(db_run(rq->db, rq->arena, SQL_APPLICATION_RECOMMENDER,
			   P(subject->id, application->recommender_id, rq->now_text), NULL));
	}
	date_format(calendar_add_workdays(policy_calendar(rq), rq->today, policy_parameters(rq)->endorse_wd),
		    due_on);
	TRY(db_run(rq->db, rq->arena, SQL_ENDORSEMENT_INSERT,
		   P(endorsement.id, subject->id,
		     arena_printf(rq->arena, "%lld", (long long)application->revision),
		     application->recommender_id, rq->today_text, due_on, rq->now_text),
		   NULL));
	endorsement.facts = arena_alloc(rq->arena, sizeof *endorsement.facts);
	endorsement.facts->application = facts;
	endorsement.version = 1;
	return transition_create(rq, &endorsement, "request", NULL);
}

static struct problem *each_endorsement(struct request *rq, const char *application_id, const char *status,
					const char *action)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_APPLICATION_ENDORSEMENTS, P(application_id, status), &rows));
	for (int i = 0; i < rows.count; i++)
		TRY(transition_cascade(rq, MACHINE_END, row_text(&rows, i, "id"), action, NULL));
	return NULL;
}

struct problem *effect_endorsement_cancel(struct request *rq, struct subject *subject,
					  const struct lifecycle_row *row, const json_t *input)
{
	(void)row;
	(void)input;
	return each_endorsement(rq, subject->id, "requested", "cancel");
}

/* Being late blocks nothing: a time limit of an official is a flag, never a guard. */
struct problem *effect_endorsement_mark_overdue(struct request *rq, struct subject *subject,
						const struct lifecycle_row *row, const json_t *input)
{
	(void)row;
	(void)input;
	return db_run(rq->db, rq->arena, SQL_ENDORSEMENT_MARK_OVERDUE, P(subject->id), NULL);
}

struct problem *effect_endorsement_supersede(struct request *rq, struct subject *subject,
					     const struct lifecycle_row *row, const json_t *input)
{
	(void)row;
	(void)input;
	return each_endorsement(rq, subject->id, "signed", "supersede");
}

/* ---- effects on the application, of an endorsement's step ---- */

static const char *application_of(const struct subject *subject)
{
	const struct application *application = subject->own;
	return application->id;
}

struct problem *effect_application_endorse(struct request *rq, struct subject *subject,
					   const struct lifecycle_row *row, const json_t *input)
{
	(void)row;
	return transition_cascade(rq, MACHINE_APP, application_of(subject), "endorse", input);
}

struct problem *effect_application_return(struct request *rq, struct subject *subject,
					  const struct lifecycle_row *row, const json_t *input)
{
	char due_on[DATE_TEXT];
	(void)row;
	date_format(date_add_days(rq->today, policy_parameters(rq)->resubmit_days), due_on);
	TRY(db_run(rq->db, rq->arena, SQL_APPLICATION_DUE, P(application_of(subject), due_on, rq->now_text),
		   NULL));
	return transition_cascade(rq, MACHINE_APP, application_of(subject), "return", input);
}

struct problem *effect_application_decline(struct request *rq, struct subject *subject,
					   const struct lifecycle_row *row, const json_t *input)
{
	(void)row;
	return transition_cascade(rq, MACHINE_APP, application_of(subject), "decline", input);
}
