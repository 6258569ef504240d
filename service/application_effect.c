/* Effects of an application's steps: the frozen revision, the points to be mended, the records of acceptance.
   They write columns only; the status is moved by transition.c. */
#include "application.h"
#include "effects.h"
#include "facts_application.h"
#include "text.h"

#include <string.h>

static const char *number_text(struct request *rq, int64_t value)
{
	return arena_printf(rq->arena, "%lld", (long long)value);
}

static const char *day_text(struct request *rq, struct date date)
{
	char text[DATE_TEXT];
	return arena_strdup(rq->arena, date_format(date, text));
}

/* The answers of the act, each to its point of the list that the present revision was sent back with. */
static struct problem *answers_keep(struct request *rq, const struct application *application,
				    const char *kind, const json_t *input)
{
	const json_t *answers = json_object_get(input, "answers");
	for (size_t i = 0; i < json_array_size(answers); i++) {
		const json_t *answer = json_array_get(answers, i);
		TRY(db_run(rq->db, rq->arena, SQL_APPLICATION_POINT_ANSWER,
			   P(application->id, kind, number_text(rq, application->revision),
			     number_text(rq, json_integer_value(json_object_get(answer, "position"))),
			     json_string_value(json_object_get(answer, "answer")), rq->now_text),
			   NULL));
	}
	return NULL;
}

/* One canonical text of all that is filed; its SHA-256 is what the experts' panel freezes later. */
void application_snapshot(struct arena *arena, const char *attachments, const char *form, const char *head,
			  char hex[SHA256_HEX])
{
	const char *text =
		arena_printf(arena, "{\"attachments\":%s,\"form\":%s,\"head\":%s}", attachments, form, head);
	sha256_hex(text, strlen(text), hex);
}

static const char *snapshot_sha256(struct request *rq, const struct application *application)
{
	char hex[SHA256_HEX];
	application_snapshot(rq->arena, json_canonical(rq->arena, application->attachments),
			     json_canonical(rq->arena, application->form),
			     json_canonical(rq->arena, application->head), hex);
	return arena_strdup(rq->arena, hex);
}

struct problem *effect_revision_freeze(struct request *rq, struct subject *subject,
				       const struct lifecycle_row *row, const json_t *input)
{
	struct application *application = subject->own;
	const char *sha256 = snapshot_sha256(rq, application);
	struct rows rows;
	if (!strcmp(row->from, "correction"))
		TRY(answers_keep(rq, application, "correction", input));
	if (!strcmp(row->from, "rectifying"))
		TRY(answers_keep(rq, application, "rectification", input));
	TRY(db_run(rq->db, rq->arena, SQL_APPLICATION_FREEZE,
		   P(subject->id, sha256, strcmp(row->to, "submitted") ? "false" : "true", rq->today_text,
		     rq->now_text),
		   &rows));
	application->revision = row_integer(&rows, 0, "revision");
	return db_run(rq->db, rq->arena, SQL_APPLICATION_REVISION_INSERT,
		      P(subject->id, row_text(&rows, 0, "revision"),
			json_canonical(rq->arena, application->form),
			json_canonical(rq->arena, application->head),
			json_canonical(rq->arena, application->attachments), sha256, rq->now_text),
		      NULL);
}

/* The time limit of the act, or the longest that is allowed. */
static const char *due_text(struct request *rq, const json_t *input, struct date longest)
{
	const char *named = json_string_value(json_object_get(input, "due_on"));
	return named ? named : day_text(rq, longest);
}

static struct problem *points_keep(struct request *rq, const struct application *application,
				   const char *kind, const json_t *input)
{
	const json_t *points = json_object_get(input, "points");
	for (size_t i = 0; i < json_array_size(points); i++) {
		const json_t *point = json_array_get(points, i);
		TRY(db_run(rq->db, rq->arena, SQL_APPLICATION_POINT_INSERT,
			   P(request_new_id(rq), application->id, kind,
			     number_text(rq, application->revision), number_text(rq, (int64_t)i + 1),
			     json_string_value(json_object_get(point, "text")),
			     json_string_value(json_object_get(point, "pointer")), rq->now_text),
			   NULL));
	}
	return NULL;
}

static struct problem *send_back(struct request *rq, struct subject *subject, const char *kind,
				 const json_t *input, struct date longest)
{
	const char *due_on = due_text(rq, input, longest);
	subject->due_on = due_on;
	TRY(points_keep(rq, subject->own, kind, input));
	return db_run(rq->db, rq->arena, SQL_APPLICATION_DUE, P(subject->id, due_on, rq->now_text), NULL);
}

struct problem *effect_correction_record(struct request *rq, struct subject *subject,
					 const struct lifecycle_row *row, const json_t *input)
{
	(void)row;
	return send_back(
		rq, subject, "correction", input,
		calendar_add_workdays(policy_calendar(rq), rq->today, policy_parameters(rq)->correct_wd));
}

struct problem *effect_rectification_record(struct request *rq, struct subject *subject,
					    const struct lifecycle_row *row, const json_t *input)
{
	(void)row;
	return send_back(rq, subject, "rectification", input,
			 date_add_days(rq->today, policy_parameters(rq)->rectify_days));
}

struct problem *effect_round_advance(struct request *rq, struct subject *subject,
				     const struct lifecycle_row *row, const json_t *input)
{
	(void)row;
	(void)input;
	return db_run(rq->db, rq->arena, SQL_APPLICATION_ROUND, P(subject->id, rq->now_text), NULL);
}

/* Later than five working days after the endorsement is a flag, never a block (article 3(2)). */
struct problem *effect_acceptance_record(struct request *rq, struct subject *subject,
					 const struct lifecycle_row *row, const json_t *input)
{
	const char *last = acceptance_limit(rq, subject->own);
	const json_t *checklist = json_object_get(input, "checklist");
	(void)row;
	return db_run(rq->db, rq->arena, SQL_APPLICATION_ACCEPT,
		      P(subject->id, rq->today_text, last,
			checklist ? json_canonical(rq->arena, checklist) : NULL, rq->now_text),
		      NULL);
}
