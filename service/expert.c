/* The expert database (article 17): registered by an officer, admitted by a leader, left for a reason. No
   identity number and no contact is kept, so that nothing of that kind can leak. Here too: whom an applicant
   asks to avoid (COI-7). */
#include "evaluation.h"

#include "effects.h"
#include "operations.h"
#include "reply.h"
#include "text.h"
#include "transition.h"

#include <string.h>

/* ---- facts ---- */

static const char *const *strings_of(struct request *rq, const json_t *list, size_t *ret_count)
{
	size_t count = json_array_size(list);
	const char **strings = arena_alloc(rq->arena, (count + 1) * sizeof *strings);
	for (size_t i = 0; i < count; i++)
		strings[i] = json_string_value(json_array_get(list, i));
	*ret_count = count;
	return strings;
}

static struct facts *expert_read(struct request *rq, const struct rows *rows)
{
	struct expert_facts *expert = arena_alloc(rq->arena, sizeof *expert);
	struct evaluation_facts *evaluation = arena_alloc(rq->arena, sizeof *evaluation);
	struct facts *facts = arena_alloc(rq->arena, sizeof *facts);
	*expert = (struct expert_facts){
		.id = row_text(rows, 0, "id"),
		.status = row_text(rows, 0, "status"),
		.name = row_text(rows, 0, "name"),
		.employer_credit_code = row_text(rows, 0, "employer_credit_code"),
		.employer_name = row_text(rows, 0, "employer_name"),
		.title_rank = row_text(rows, 0, "title_rank"),
		.kind = row_text(rows, 0, "kind"),
		.has_consent = row_bool(rows, 0, "has_consent"),
		.has_integrity_record = row_bool(rows, 0, "has_integrity_record"),
		.is_duplicate = row_bool(rows, 0, "is_duplicate"),
	};
	expert->fields = strings_of(rq, json_of(rq, row_text(rows, 0, "fields")), &expert->field_count);
	expert->unknown_fields = strings_of(rq, json_of(rq, row_text(rows, 0, "unknown_fields")),
					    &expert->unknown_field_count);
	evaluation->expert = expert;
	facts->evaluation = evaluation;
	return facts;
}

/* leaves - whether the act is one by which an expert leaves the open panels. */
static bool leaves(const struct request *rq)
{
	const char *action = body_text(rq, "action");
	return action && (!strcmp(action, "suspend") || !strcmp(action, "remove"));
}

struct problem *expert_load(struct request *rq, const char *id, bool lock, struct subject *ret)
{
	struct rows rows;
	struct subject subject = {.machine = MACHINE_EXP, .id = id, .version = -1};
	if (lock)
		TRY(db_run(rq->db, rq->arena, SQL_EXPERT_LOCK, P(id), NULL));
	if (lock && leaves(rq)) /* travels with the load; a new invitation waits for the lock */
		subject.own = db_ahead(rq->db, rq->arena, SQL_EXPERT_OPEN_SHEETS, P(id));
	TRY(db_run(rq->db, rq->arena, SQL_EXPERT_LOAD, P(id, rq->caller->account_id, rq->today_text), &rows));
	if (rows.count) {
		subject.status = row_text(&rows, 0, "status");
		subject.version = row_integer(&rows, 0, "version");
		subject.reach = role_set_parse_list(row_text(&rows, 0, "reach")) |
				(rq->caller->roles & (role_set)ROLE_system);
		subject.facts = expert_read(rq, &rows);
	}
	*ret = subject;
	return NULL;
}

/* ---- operations ---- */

static struct problem *expert_show(struct request *rq, const char *id)
{
	struct subject subject;
	TRY(expert_load(rq, id, false, &subject));
	if (!subject.reach)
		return request_not_found(rq);
	const struct reply_extra extras[] = {{"actions", transition_actions(rq, &subject)}, {NULL, NULL}};
	return reply_statement(rq, SQL_EXPERT_GET, P(id), extras);
}

static struct problem *employment_add(struct request *rq, const char *expert_id, const char *credit_code,
				      const char *name, const char *from_on, const char *to_on)
{
	struct rows rows;
	return db_run(rq->db, rq->arena, SQL_EXPERT_EMPLOYMENT_INSERT,
		      P(expert_id, credit_code, name, from_on, to_on), &rows);
}

/* Employments that have ended must say so: there is one present employer, the one of the record itself. */
static struct problem *former_employments_add(struct request *rq, const char *expert_id)
{
	const json_t *list = json_object_get(rq->body, "former_employments");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		const char *from_on = json_string_value(json_object_get(item, "from_on"));
		const char *to_on = json_string_value(json_object_get(item, "to_on"));
		if (!to_on || strcmp(to_on, from_on) < 0) {
			struct problem *problem = problem_new(rq->arena, PROBLEM_rule_not_met, NULL, NULL);
			problem_error(rq->arena, problem,
				      arena_printf(rq->arena, "#/former_employments/%zu/to_on", i), "EX-01",
				      "17", "以往任职须有结束日期，且不早于开始日期。",
				      "A former employment needs its last day, not before its first.");
			return problem;
		}
		TRY(employment_add(rq, expert_id, json_string_value(json_object_get(item, "credit_code")),
				   json_string_value(json_object_get(item, "employer_name")), from_on,
				   to_on));
	}
	return NULL;
}

struct problem *create_expert(struct request *rq)
{
	struct rows rows;
	struct subject subject;
	const char *name = body_text(rq, "name"), *from_on = body_text(rq, "employed_from");
	OPEN_NEW(rq, "expert");
	const char *id = request_new_id(rq);
	TRY(db_run(rq->db, rq->arena, SQL_EXPERT_INSERT,
		   P(id, name, text_name_key(rq->arena, name), body_text(rq, "employer_credit_code"),
		     body_text(rq, "employer_name"), body_text(rq, "title_rank"), body_text(rq, "title"),
		     body_json(rq, "fields"), body_text(rq, "kind"), body_text(rq, "consent_on"),
		     body_text(rq, "integrity_record"), rq->caller->account_id, rq->now_text),
		   &rows));
	TRY(employment_add(rq, id, body_text(rq, "employer_credit_code"), body_text(rq, "employer_name"),
			   from_on ? from_on : rq->today_text, NULL));
	TRY(former_employments_add(rq, id));
	TRY(expert_load(rq, id, false, &subject));
	subject.reach = rq->caller->roles;
	TRY(transition_create(rq, &subject, "register", rq->body));
	TRY(expert_show(rq, id));
	reply_created(rq, "/v1/experts/%s", id);
	return NULL;
}

struct problem *list_experts(struct request *rq)
{
	return reply_page(rq, SQL_EXPERT_LIST,
			  P(request_value(rq, "industry_field"), request_value(rq, "kind"),
			    request_value(rq, "status"), request_value(rq, "q")),
			  NULL);
}

struct problem *get_expert(struct request *rq)
{
	return expert_show(rq, request_path_id(rq));
}

/* Another employer ends the present employment and begins a new one: COI-1 looks at both. */
static struct problem *employer_change(struct request *rq, const struct subject *before)
{
	struct rows rows;
	const struct expert_facts *expert = before->facts->evaluation->expert;
	const char *credit_code = body_text(rq, "employer_credit_code");
	if (!credit_code || !strcmp(credit_code, expert->employer_credit_code))
		return NULL;
	TRY(db_run(rq->db, rq->arena, SQL_EXPERT_EMPLOYMENT_END, P(before->id, rq->today_text), &rows));
	const char *name = body_text(rq, "employer_name");
	return employment_add(rq, before->id, credit_code, name ? name : expert->employer_name,
			      rq->today_text, NULL);
}

struct problem *update_expert(struct request *rq)
{
	struct rows rows;
	struct subject before, after;
	const char *id = request_path_id(rq), *name = body_text(rq, "name");
	TRY(expert_load(rq, id, true, &before));
	OPEN(rq, "expert", id, before.reach, before.version);
	if (!strcmp(before.status, "removed") || !strcmp(before.status, "rejected"))
		return problem_new(rq->arena, PROBLEM_conflict, "该专家已不在库，不能修改。",
				   "The expert has left the database.");
	TRY(db_run(rq->db, rq->arena, SQL_EXPERT_UPDATE,
		   P(id, rq->now_text, json_line(rq, json_incref(rq->body)),
		     name ? text_name_key(rq->arena, name) : NULL),
		   &rows));
	TRY(employer_change(rq, &before));
	TRY(expert_load(rq, id, false, &after));
	TRY(evaluation_judge(rq, lifecycle_find(MACHINE_EXP, "new", "register"), after.facts, rq->body));
	return expert_show(rq, id);
}

struct problem *create_expert_transition(struct request *rq)
{
	return transition_post(rq, MACHINE_EXP);
}

struct problem *list_expert_transitions(struct request *rq)
{
	return transition_history(rq, MACHINE_EXP);
}

/* ---- whom the applicant asks to avoid ---- */

/* The application as far as this wish needs it: who may write it, and when. */
static struct problem *application_subject(struct request *rq, const char *id, role_set *ret_reach,
					   const char **ret_status)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_AVOIDED_EXPERT_SUBJECT, P(id, rq->caller->account_id), &rows));
	*ret_reach = rows.count ? role_set_parse_list(row_text(&rows, 0, "reach")) & rq->op->roles : 0;
	*ret_status = rows.count ? row_text(&rows, 0, "status") : "";
	return NULL;
}

static struct problem *avoided_show(struct request *rq, const char *id)
{
	struct rows rows;
	const struct schema *items = schema_property(rq->op->reply, "items");
	TRY(db_run(rq->db, rq->arena, SQL_AVOIDED_EXPERT_LIST, P(id), &rows));
	buffer_printf(&rq->reply.body, "{\"items\":%s}", rows_json(rq, &rows, items ? items->items : NULL));
	rq->reply.version = -1;
	return NULL;
}

struct problem *list_avoided_experts(struct request *rq)
{
	role_set reach;
	const char *status;
	TRY(application_subject(rq, request_path_id(rq), &reach, &status));
	return reach ? avoided_show(rq, request_path_id(rq)) : request_not_found(rq);
}

/* The wish can be changed until the experts begin to score. */
static bool is_before_scoring(const char *status)
{
	static const char *const open[] = {"draft",      "submitted", "returned", "endorsed",
					   "correction", "accepted",  NULL};
	for (const char *const *name = open; *name; name++)
		if (!strcmp(*name, status))
			return true;
	return false;
}

struct problem *put_avoided_experts(struct request *rq)
{
	struct rows rows;
	role_set reach;
	const char *status, *id = request_path_id(rq);
	const json_t *items = json_object_get(rq->body, "items");
	TRY(application_subject(rq, id, &reach, &status));
	OPEN(rq, "application", id, reach, -1);
	if (!is_before_scoring(status))
		return problem_new(rq->arena, PROBLEM_conflict, "评分已开始或申请已结束，不能再提出。",
				   "Scoring has begun or the application has ended.");
	TRY(db_run(rq->db, rq->arena, SQL_AVOIDED_EXPERT_WITHDRAW, P(id, rq->now_text), &rows));
	for (size_t i = 0; i < json_array_size(items); i++) {
		const json_t *item = json_array_get(items, i);
		const char *name = json_string_value(json_object_get(item, "name"));
		TRY(db_run(rq->db, rq->arena, SQL_AVOIDED_EXPERT_INSERT,
			   P(request_new_id(rq), id, arena_printf(rq->arena, "%zu", i + 1), name,
			     text_name_key(rq->arena, name),
			     json_string_value(json_object_get(item, "employer_name")),
			     json_string_value(json_object_get(item, "reason")), rq->caller->account_id,
			     rq->now_text),
			   &rows));
	}
	return avoided_show(rq, id);
}

/* ---- effects ---- */

/* Admitted for so many years from today. */
struct problem *effect_expert_validity(struct request *rq, struct subject *subject,
				       const struct lifecycle_row *row, const json_t *input)
{
	(void)row;
	(void)input;
	struct rows rows;
	char valid_until[DATE_TEXT];
	date_format(date_add_years(rq->today, policy_parameters(rq)->expert_years), valid_until);
	return db_run(rq->db, rq->arena, SQL_EXPERT_VALID, P(subject->id, valid_until), &rows);
}

/* Suspended or removed: the seats in panels that are still open are given up. A sheet that is already
   submitted stays; whether it taints the panel is for the leader to decide, who can void the panel. */
struct problem *effect_expert_leaves_panels(struct request *rq, struct subject *subject,
					    const struct lifecycle_row *row, const json_t *input)
{
	(void)row;
	struct rows rows;
	TRY(subject->own ? db_take(rq->db, rq->arena, subject->own, &rows)
			 : db_run(rq->db, rq->arena, SQL_EXPERT_OPEN_SHEETS, P(subject->id), &rows));
	for (int i = 0; i < rows.count; i++) {
		bool is_invited = !strcmp(row_text(&rows, i, "status"), "invited");
		TRY(transition_cascade(rq, MACHINE_SHEET, row_text(&rows, i, "id"),
				       is_invited ? "decline" : "recuse", input));
	}
	return NULL;
}
