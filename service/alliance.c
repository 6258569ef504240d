/* Alliances (articles 1, 13, 15): forming with the application, recognised by the issue of a document, their
   terms and their public card. Nobody acts on an alliance here: it is made and moved by what happens to its
   application and its document. */
#include "admission.h"
#include "decision.h"
#include "effects.h"
#include "operations.h"
#include "public_card.h"
#include "reply.h"
#include "transition.h"

#include "article_15.h"
#include "facts_decision.h"
#include "text.h"

#include <string.h>

/* ---- facts ---- */

struct problem *alliance_load(struct request *rq, const char *id, bool lock, struct subject *ret)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, lock ? SQL_ALLIANCE_LOCK : SQL_ALLIANCE_LOAD,
		   P(id, rq->caller->account_id), &rows));
	struct subject subject = {.machine = MACHINE_ALL, .id = id};
	if (rows.count) {
		subject.id = row_text(&rows, 0, "id");
		subject.status = row_text(&rows, 0, "status");
		subject.version = row_integer(&rows, 0, "version");
		subject.reach = role_set_parse_list(row_text(&rows, 0, "reach"));
		if (row_bool(&rows, 0, "is_public"))
			subject.reach |= ROLE_public;
		subject.facts = arena_alloc(rq->arena, sizeof *subject.facts);
	}
	*ret = subject;
	return NULL;
}

/* The decision facts that are there already, or none yet, as a copy to add to. */
static struct decision_facts *decision_copy(struct request *rq, struct facts *facts)
{
	struct decision_facts *decision = arena_alloc(rq->arena, sizeof *decision);
	if (facts->decision)
		*decision = *facts->decision;
	facts->decision = decision;
	return decision;
}

struct problem *predecessor_facts_load(struct request *rq, const char *alliance_id, struct facts *facts)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_ALLIANCE_PREDECESSOR, P(alliance_id), &rows));
	struct decision_facts *decision = decision_copy(rq, facts);
	decision->predecessor_status = rows.count ? row_text(&rows, 0, "status") : "";
	if (rows.count)
		decision->predecessor_ended_on = row_date(&rows, 0, "ended_on");
	return NULL;
}

/* ---- the public card, the status, the lists ---- */

/* What everybody gets: from memory, or read and kept for the next. */
static struct problem *public_answer(struct request *rq, enum public_kind kind, const char *id,
				     const char *number)
{
	struct public_reading reading;
	if (public_card_give(rq, kind, id ? id : number, &reading))
		return NULL;
	TRY(admission_enter(rq));
	TRY(reply_statement(rq, kind == PUBLIC_CARD ? SQL_ALLIANCE_CARD : SQL_ALLIANCE_STATUS,
			    P(id, number, rq->today_text), NULL));
	public_card_keep(rq, &reading);
	return NULL;
}

static struct problem *alliance_show(struct request *rq, const char *id, const char *number)
{
	struct rows rows;
	if (!rq->caller->account_id)
		return public_answer(rq, PUBLIC_CARD, id, number);
	TRY(db_run(rq->db, rq->arena, SQL_ALLIANCE_GET,
		   P(id, number, rq->today_text, rq->caller->account_id,
		     arena_printf(rq->arena, "%d", policy_parameters(rq)->core_min)),
		   &rows));
	if (!rows.count)
		return request_not_found(rq);
	if (!row_text(&rows, 0, "_reach")) {
		reply_row(rq, &rows, 0, NULL);
		return NULL;
	}
	struct subject subject;
	TRY(alliance_load(rq, row_text(&rows, 0, "id"), false, &subject));
	const struct reply_extra extras[] = {{"actions", transition_actions(rq, &subject)}, {NULL, NULL}};
	reply_row(rq, &rows, 0, extras);
	return NULL;
}

struct problem *get_alliance(struct request *rq)
{
	return alliance_show(rq, request_path_id(rq), NULL);
}

struct problem *get_alliance_by_number(struct request *rq)
{
	return alliance_show(rq, NULL, request_value(rq, "number"));
}

struct problem *get_alliance_status(struct request *rq)
{
	return public_answer(rq, PUBLIC_STATUS, request_path_id(rq), NULL);
}

struct problem *get_alliance_status_by_number(struct request *rq)
{
	return public_answer(rq, PUBLIC_STATUS, NULL, request_value(rq, "number"));
}

/* One value, not several of them. */
static bool is_one(const char *value)
{
	return value && !strchr(value, ',');
}

/* What is asked most, the list of a status and of one field or one division, has statements of its own, whose
 * plans need no values and are made once; whatever else is searched for is planned for its values. */
struct problem *list_alliances(struct request *rq)
{
	const char *q = request_value(rq, "q");
	const char *const filters[] = {
		rq->today_text,
		request_value(rq, "status"),
		request_value(rq, "industry_field"),
		request_value(rq, "division_code"),
		request_value(rq, "industry_class"),
		request_value(rq, "recommender_id"),
		q ? text_name_key(rq->arena, q) : NULL,
		request_value(rq, "recognised_on_gte"),
		request_value(rq, "recognised_on_lt"),
		request_value(rq, "mine"),
	};
	size_t count = sizeof filters / sizeof *filters, first = 2, given = 0, which = 0;
	for (size_t i = first; i < count; i++)
		if (filters[i]) {
			given++;
			which = i;
		}
	/* nearly all are recognised: a page of them is near; one of a rare status may be at the very end */
	if (!given && (!filters[1] || strstr(filters[1], "recognised")))
		return reply_page(rq, SQL_ALLIANCE_PAGE, filters, first, NULL);
	const char *const few[] = {filters[0], filters[1], filters[which]};
	if (given == 1 && which == first && is_one(filters[which]))
		return reply_page(rq, SQL_ALLIANCE_FIELD, few, 3, NULL);
	if (given == 1 && which == first + 1 && is_one(filters[which]))
		return reply_page(rq, SQL_ALLIANCE_DIVISION, few, 3, NULL);
	return reply_page(rq, SQL_ALLIANCE_SEARCH, filters, count, NULL);
}

struct problem *list_alliance_members(struct request *rq)
{
	return reply_statement(rq, SQL_ALLIANCE_MEMBERS, P(request_path_id(rq), rq->caller->account_id),
			       NULL);
}

/* What everybody may know: what it became and on which day, from the recognition on. */
static struct problem *history_public(struct request *rq)
{
	struct rows rows;
	struct buffer *body = &rq->reply.body;
	TRY(db_run(rq->db, rq->arena, SQL_ALLIANCE_HISTORY_PUBLIC, P(request_path_id(rq)), &rows));
	buffer_text(body, "{\"items\":[");
	for (int i = 0; i < rows.count; i++) {
		const char *to = row_text(&rows, i, "to_status"),
			   *label = label_text("status", to, rq->english);
		buffer_printf(body, "%s{\"to\":\"%s\",\"to_label\":\"%s\",\"at\":\"%sT00:00:00.000+08:00\"}",
			      i ? "," : "", to, label ? label : to, row_text(&rows, i, "on_day"));
	}
	buffer_text(body, "]}");
	return NULL;
}

struct problem *list_alliance_transitions(struct request *rq)
{
	struct subject subject;
	TRY(alliance_load(rq, request_path_id(rq), false, &subject));
	if (subject.reach != ROLE_public)
		return transition_history(rq, MACHINE_ALL);
	rq->reply.version = subject.version;
	return history_public(rq);
}

/* ---- effects of the application on its alliance ---- */

/* The alliance of an application for recognition; status NULL when it has none or is of another kind. */
static struct problem *alliance_of(struct request *rq, const char *application_id, const char **ret_id,
				   const char **ret_status, bool *ret_is_recognition)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_ALLIANCE_OF_APPLICATION, P(application_id), &rows));
	*ret_id = rows.count ? row_text(&rows, 0, "id") : NULL;
	*ret_status = rows.count ? row_text(&rows, 0, "status") : NULL;
	*ret_is_recognition = rows.count && !strcmp(row_text(&rows, 0, "kind"), "recognition");
	return NULL;
}

struct problem *effect_alliance_form(struct request *rq, struct subject *subject,
				     const struct lifecycle_row *row, const json_t *input)
{
	(void)row;
	(void)input;
	struct rows rows;
	const char *id, *status;
	bool is_recognition;
	TRY(alliance_of(rq, subject->id, &id, &status, &is_recognition));
	if (!is_recognition || id)
		return NULL;
	id = request_new_id(rq);
	TRY(db_run(rq->db, rq->arena, SQL_ALLIANCE_INSERT, P(id, subject->id, rq->now_text), &rows));
	struct subject alliance = {
		.machine = MACHINE_ALL,
		.id = id,
		.status = "forming",
		.version = 1,
		.reach = ROLE_system,
		.facts = arena_alloc(rq->arena, sizeof(struct facts)),
	};
	return transition_create(rq, &alliance, "form", NULL);
}

struct problem *effect_alliance_discard(struct request *rq, struct subject *subject,
					const struct lifecycle_row *row, const json_t *input)
{
	(void)row;
	(void)input;
	const char *id, *status;
	bool is_recognition;
	TRY(alliance_of(rq, subject->id, &id, &status, &is_recognition));
	if (!is_recognition || !status || strcmp(status, "forming"))
		return NULL;
	return transition_cascade(rq, MACHINE_ALL, id, "discard", NULL);
}

/* ---- recognition ---- */

/* The host's organisation: the record with its credit code, or a new one from the form (it has no bank
 * account yet). */
static struct problem *host_resolve(struct request *rq, const struct rows *source, const char **ret_id)
{
	struct rows rows;
	const char *id = row_text(source, 0, "host_organisation_id");
	if (id) {
		*ret_id = id;
		return NULL;
	}
	const char *name = row_text(source, 0, "host_name");
	id = request_new_id(rq);
	TRY(db_run(rq->db, rq->arena, SQL_ORGANISATION_INSERT_HOST,
		   P(id, row_text(source, 0, "host_credit_code"), name,
		     name ? text_name_key(rq->arena, name) : NULL, row_text(source, 0, "host_type"),
		     row_text(source, 0, "host_division_code"),
		     row_bool(source, 0, "host_independent") ? "true" : "false",
		     row_text(source, 0, "host_representative"), rq->caller->account_id, rq->now_text),
		   &rows));
	*ret_id = id;
	return NULL;
}

/* What was filed and decided becomes the alliance's own: members, agreement, bodies. */
static struct problem *revision_copy(struct request *rq, const char *application_id,
				     const char *recognised_on)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_ALLIANCE_MEMBER_COPY, P(application_id, recognised_on), &rows));
	TRY(db_run(rq->db, rq->arena, SQL_ALLIANCE_AGREEMENT_COPY, P(application_id, recognised_on), &rows));
	return db_run(rq->db, rq->arena, SQL_ALLIANCE_BODY_COPY, P(application_id, recognised_on), &rows);
}

/* The number comes last before the step: the row of its series is locked until the commit. */
struct problem *effect_alliance_recognise(struct request *rq, struct subject *subject,
					  const struct lifecycle_row *row, const json_t *input)
{
	(void)row;
	struct rows source, rows;
	const char *host_id, *number;
	TRY(db_run(rq->db, rq->arena, SQL_RECOGNITION_SOURCE, P(subject->id), &source));
	const char *alliance_id = row_text(&source, 0, "alliance_id");
	const char *recognised_on = row_text(&source, 0, "issued_on");
	TRY(host_resolve(rq, &source, &host_id));
	TRY(revision_copy(rq, subject->id, recognised_on));
	TRY(request_next_number(rq, "WNLM", row_date(&source, 0, "issued_on").year, &number));
	TRY(db_run(rq->db, rq->arena, SQL_ALLIANCE_RECOGNISE,
		   P(alliance_id, subject->id, number, host_id, row_text(&source, 0, "document_id"),
		     recognised_on),
		   &rows));
	return transition_cascade(rq, MACHINE_ALL, alliance_id, "recognise", input);
}

/* Article 15: the first term and its dates, by the parameters and the calendar of today. */
struct problem *effect_term_start(struct request *rq, struct subject *subject,
				  const struct lifecycle_row *row, const json_t *input)
{
	(void)row;
	(void)input;
	struct rows rows;
	char due_text[DATE_TEXT], deadline_text[DATE_TEXT];
	const struct parameters *parameters = policy_parameters(rq);
	const struct calendar *calendar = policy_calendar(rq);
	TRY(db_run(rq->db, rq->arena, SQL_ALLIANCE_RECOGNISED_ON, P(subject->id), &rows));
	struct date due_on = term_due_on(row_date(&rows, 0, "recognised_on"), 1, parameters->rereview_years);
	struct date deadline_on = term_submit_deadline_on(calendar, due_on, parameters->roll_to_workday);
	return db_run(rq->db, rq->arena, SQL_RECOGNITION_TERM_INSERT,
		      P(request_new_id(rq), subject->id, "1", date_format(due_on, due_text),
			date_format(deadline_on, deadline_text),
			calendar_is_assumed(calendar, due_on) ? "true" : "false", rq->now_text),
		      &rows);
}
