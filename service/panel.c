/* Panels (articles 12, 13): experts gathered by field for one application, frozen terms, and the aggregate of
   their sheets. Nothing here shows a sheet. Who sees how much of a panel is decided by the level at which it
   is read: the bureau and the auditor, the panel's experts (without names), the parties (result and opinion).
 */
#include "evaluation.h"

#include "effects.h"
#include "json.h"
#include "operations.h"
#include "reply.h"
#include "rubric.h"
#include "text.h"
#include "transition.h"

#include <stdlib.h>
#include <string.h>

#define BUREAU ((role_set)(ROLE_officer | ROLE_leader))

/* ---- small readers ---- */

json_t *json_of(struct request *rq, const char *text)
{
	json_t *value = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
	json_own(rq->arena, value);
	return value;
}

const char *json_line(struct request *rq, json_t *value)
{
	return json_canonical(rq->arena, json_keep(rq->arena, value));
}

void weights_read(struct request *rq, const char *json, int ret_weights[8])
{
	const json_t *list = json_of(rq, json);
	for (size_t c = 0; c < CRITERIA; c++)
		ret_weights[c] = (int)json_integer_value(json_array_get(list, c));
}

static const char *integer_text(struct request *rq, long long value)
{
	return arena_printf(rq->arena, "%lld", value);
}

static const char *integers_line(struct request *rq, const int *values, size_t count)
{
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_integer(values[i]));
	return json_line(rq, list);
}

static struct date date_of(const json_t *object, const char *name)
{
	struct date date = {0};
	const char *text = json_string_value(json_object_get(object, name));
	if (text && !date_parse(text, &date))
		date = (struct date){0};
	return date;
}

static const char *key_of(struct request *rq, const char *name)
{
	return name ? text_name_key(rq->arena, name) : NULL;
}

/* ---- facts ---- */

static void employments_read(struct request *rq, const char *text, struct panel_seat *seat)
{
	const json_t *list = json_of(rq, text);
	size_t count = json_array_size(list);
	struct employment *employments = arena_alloc(rq->arena, (count + 1) * sizeof *employments);
	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_array_get(list, i);
		const char *name = json_string_value(json_object_get(item, "name"));
		employments[i] = (struct employment){
			.credit_code = json_string_value(json_object_get(item, "credit_code")),
			.name = name,
			.name_key = key_of(rq, name),
			.from_on = date_of(item, "from_on"),
			.to_on = date_of(item, "to_on"),
		};
	}
	seat->employments = employments;
	seat->employment_count = count;
}

static void seat_read(struct request *rq, const struct rows *rows, int row, struct panel_seat *seat)
{
	*seat = (struct panel_seat){
		.sheet_id = row_text(rows, row, "sheet_id"),
		.status = row_text(rows, row, "status"),
		.is_declared = row_bool(rows, row, "is_declared"),
		.expert_id = row_text(rows, row, "expert_id"),
		.name = row_text(rows, row, "name"),
		.name_key = key_of(rq, row_text(rows, row, "name")),
		.kind = row_text(rows, row, "kind"),
		.employer_credit_code = row_text(rows, row, "employer_credit_code"),
		.employer_name = row_text(rows, row, "employer_name"),
		.employer_key = key_of(rq, row_text(rows, row, "employer_name")),
		.expert_status = row_text(rows, row, "expert_status"),
		.valid_until = row_date(rows, row, "valid_until"),
		.carries_field = row_bool(rows, row, "carries_field"),
		.nominated_here = row_bool(rows, row, "nominated_here"),
		.sat_before = row_bool(rows, row, "sat_before"),
	};
	employments_read(rq, row_text(rows, row, "employments"), seat);
}

/* The seats and, in the row without a sheet, the candidate. */
static struct problem *seats_load(struct request *rq, const char *panel_id, const char *candidate,
				  struct evaluation_facts *evaluation)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_PANEL_SEATS, P(panel_id, candidate), &rows));
	struct panel_seat *seats = arena_alloc(rq->arena, ((size_t)rows.count + 1) * sizeof *seats);
	for (int i = 0; i < rows.count; i++) {
		struct panel_seat *seat = &seats[evaluation->seat_count];
		seat_read(rq, &rows, i, seat);
		if (seat->sheet_id) {
			evaluation->seat_count++;
			continue;
		}
		struct panel_seat *found = arena_alloc(rq->arena, sizeof *found);
		*found = *seat;
		evaluation->candidate = found;
	}
	evaluation->seats = seats;
	if (candidate && !evaluation->candidate)
		evaluation->candidate =
			arena_alloc(rq->arena, sizeof *evaluation->candidate); /* nobody: EX-03 says so */
	return NULL;
}

static struct problem *institutions_load(struct request *rq, struct evaluation_facts *evaluation)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_PANEL_INSTITUTIONS, P(evaluation->application_id), &rows));
	struct institution *list = arena_alloc(rq->arena, ((size_t)rows.count + 1) * sizeof *list);
	for (int i = 0; i < rows.count; i++)
		list[i] = (struct institution){
			.credit_code = row_text(&rows, i, "credit_code"),
			.name = row_text(&rows, i, "name"),
			.name_key = key_of(rq, row_text(&rows, i, "name")),
			.relation = row_text(&rows, i, "relation"),
		};
	evaluation->institutions = list;
	evaluation->institution_count = (size_t)rows.count;
	return NULL;
}

static struct problem *persons_load(struct request *rq, struct evaluation_facts *evaluation)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_PANEL_PERSONS, P(evaluation->application_id), &rows));
	struct governance_person *list = arena_alloc(rq->arena, ((size_t)rows.count + 1) * sizeof *list);
	for (int i = 0; i < rows.count; i++)
		list[i] = (struct governance_person){
			.name = row_text(&rows, i, "name"),
			.name_key = key_of(rq, row_text(&rows, i, "name")),
			.credit_code = row_text(&rows, i, "credit_code"),
			.organisation_key = key_of(rq, row_text(&rows, i, "organisation_name")),
		};
	evaluation->persons = list;
	evaluation->person_count = (size_t)rows.count;
	return NULL;
}

static struct problem *avoided_load(struct request *rq, struct evaluation_facts *evaluation)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_AVOIDED_EXPERT_LIST, P(evaluation->application_id), &rows));
	struct avoided_person *list = arena_alloc(rq->arena, ((size_t)rows.count + 1) * sizeof *list);
	for (int i = 0; i < rows.count; i++)
		list[i] = (struct avoided_person){
			.name_key = key_of(rq, row_text(&rows, i, "name")),
			.employer_key = key_of(rq, row_text(&rows, i, "employer_name")),
		};
	evaluation->avoided = list;
	evaluation->avoided_count = (size_t)rows.count;
	return NULL;
}

/* Everything about the seats and those who may be in conflict with them. */
static struct problem *members_load(struct request *rq, const char *panel_id, const char *candidate,
				    struct evaluation_facts *evaluation)
{
	TRY(seats_load(rq, panel_id, candidate, evaluation));
	TRY(institutions_load(rq, evaluation));
	TRY(persons_load(rq, evaluation));
	return candidate ? avoided_load(rq, evaluation) : NULL;
}

/* The row of panel_load as facts, without the seats. */
static struct evaluation_facts *panel_read(struct request *rq, const struct rows *rows)
{
	struct evaluation_facts *evaluation = arena_alloc(rq->arena, sizeof *evaluation);
	*evaluation = (struct evaluation_facts){
		.is_sealed = true,
		.application_id = row_text(rows, 0, "application_id"),
		.application_status = row_text(rows, 0, "application_status"),
		.application_kind = row_text(rows, 0, "application_kind"),
		.application_round = (int)row_integer(rows, 0, "application_round"),
		.snapshot_sha256 = row_text(rows, 0, "snapshot_sha256"),
		.has_other_panel = row_bool(rows, 0, "has_other_panel"),
		.panel_id = row_text(rows, 0, "id"),
		.panel_status = row_text(rows, 0, "status"),
		.panel_round = (int)row_integer(rows, 0, "round"),
		.rubric_version = row_text(rows, 0, "rubric_version"),
		.material_sha256 = row_text(rows, 0, "material_sha256"),
		.chair_expert_id = row_text(rows, 0, "chair_expert_id"),
		.due_on = row_date(rows, 0, "due_on"),
		.is_closed = row_bool(rows, 0, "is_closed"),
		.actor_is_chair = row_bool(rows, 0, "actor_is_chair"),
	};
	weights_read(rq, row_text(rows, 0, "weights"), evaluation->weights);
	if (evaluation->is_closed) {
		evaluation->result = row_text(rows, 0, "result");
		evaluation->mean_hundredths = (int)row_integer(rows, 0, "mean_hundredths");
		evaluation->has_dispersion_alert = row_bool(rows, 0, "dispersion_alert");
	}
	return evaluation;
}

static role_set reach_of(const struct request *rq, const struct rows *rows)
{
	return role_set_parse_list(row_text(rows, 0, "reach")) | (rq->caller->roles & (role_set)ROLE_system);
}

struct problem *panel_load(struct request *rq, const char *id, bool lock, struct subject *ret)
{
	struct rows rows;
	struct subject subject = {.machine = MACHINE_PANEL, .id = id, .version = -1};
	if (lock)
		TRY(db_run(rq->db, rq->arena, SQL_PANEL_LOCK, P(id), NULL));
	TRY(db_run(rq->db, rq->arena, SQL_PANEL_LOAD, P(id, rq->caller->account_id), &rows));
	if (rows.count) {
		struct evaluation_facts *evaluation = panel_read(rq, &rows);
		subject.reach = reach_of(rq, &rows);
		if (subject.reach & (BUREAU | ROLE_system)) {
			evaluation->is_sealed = false;
			TRY(members_load(rq, id, NULL, evaluation));
		}
		subject.status = evaluation->panel_status;
		subject.version = row_integer(&rows, 0, "version");
		subject.due_on = row_text(&rows, 0, "due_on");
		subject.own = evaluation;
		subject.facts = arena_alloc(rq->arena, sizeof *subject.facts);
		subject.facts->evaluation = evaluation;
	}
	*ret = subject;
	return NULL;
}

struct problem *panel_candidate_load(struct request *rq, const char *panel_id, const char *expert_id,
				     struct facts **ret)
{
	struct rows rows;
	struct facts *facts = arena_alloc(rq->arena, sizeof *facts);
	TRY(db_run(rq->db, rq->arena, SQL_PANEL_LOAD, P(panel_id, rq->caller->account_id), &rows));
	if (!rows.count)
		return request_not_found(rq);
	struct evaluation_facts *evaluation = panel_read(rq, &rows);
	evaluation->is_sealed = false;
	TRY(members_load(rq, panel_id, expert_id, evaluation));
	facts->evaluation = evaluation;
	*ret = facts;
	return NULL;
}

/* What is known of an application that has no panel yet. */
static struct problem *application_facts_read(struct request *rq, const char *application_id,
					      struct facts *facts)
{
	struct rows rows;
	struct evaluation_facts *evaluation = arena_alloc(rq->arena, sizeof *evaluation);
	TRY(db_run(rq->db, rq->arena, SQL_PANEL_APPLICATION, P(application_id), &rows));
	evaluation->is_sealed = true;
	evaluation->application_id = application_id;
	if (rows.count) {
		evaluation->application_status = row_text(&rows, 0, "application_status");
		evaluation->application_kind = row_text(&rows, 0, "application_kind");
		evaluation->application_round = (int)row_integer(&rows, 0, "application_round");
		evaluation->snapshot_sha256 = row_text(&rows, 0, "snapshot_sha256");
		evaluation->has_other_panel = row_bool(&rows, 0, "has_other_panel");
	}
	facts->evaluation = evaluation;
	return NULL;
}

struct problem *evaluation_facts_load(struct request *rq, const char *application_id, struct facts *facts)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_PANEL_NEWEST, P(application_id), &rows));
	if (!rows.count)
		return application_facts_read(rq, application_id, facts);
	const char *panel_id = row_text(&rows, 0, "id");
	TRY(db_run(rq->db, rq->arena, SQL_PANEL_LOAD, P(panel_id, rq->caller->account_id), &rows));
	if (!rows.count)
		return application_facts_read(rq, application_id, facts);
	struct evaluation_facts *evaluation = panel_read(rq, &rows);
	if (rq->caller->roles & (BUREAU | ROLE_system)) {
		evaluation->is_sealed = false;
		TRY(members_load(rq, panel_id, NULL, evaluation));
	}
	facts->evaluation = evaluation;
	return NULL;
}

struct problem *evaluation_judge(struct request *rq, const struct lifecycle_row *row, struct facts *facts,
				 const json_t *input)
{
	struct findings findings;
	findings_start(&findings, rq->arena);
	facts->today = rq->today;
	facts->parameters = policy_parameters(rq);
	facts->calendar = policy_calendar(rq);
	facts->actor = rq->caller->account_id;
	facts->actor_roles = rq->caller->roles;
	facts->status = row->from;
	facts->input = input;
	lifecycle_judge(row, facts, &findings);
	return findings_problem(&findings);
}

/* ---- operations ---- */

static const char *level_of(role_set reach)
{
	if (reach & BUREAU)
		return "bureau";
	if (reach & ROLE_auditor)
		return "auditor";
	return reach & ROLE_expert ? "expert" : "party";
}

static struct problem *panel_show(struct request *rq, const char *id)
{
	struct subject subject;
	TRY(panel_load(rq, id, false, &subject));
	if (!subject.reach)
		return request_not_found(rq);
	const struct reply_extra extras[] = {{"actions", transition_actions(rq, &subject)}, {NULL, NULL}};
	return reply_statement(rq, SQL_PANEL_GET, P(id, level_of(subject.reach), rq->caller->account_id),
			       extras);
}

struct problem *create_panel(struct request *rq)
{
	struct rows rows;
	struct facts *facts = arena_alloc(rq->arena, sizeof *facts);
	const char *application_id = body_text(rq, "application_id");
	OPEN_NEW(rq, "panel");
	TRY(application_facts_read(rq, application_id, facts));
	TRY(evaluation_judge(rq, lifecycle_find(MACHINE_PANEL, "new", "draft"), facts, rq->body));
	const char *id = request_new_id(rq);
	TRY(db_run(rq->db, rq->arena, SQL_PANEL_INSERT,
		   P(id, application_id, RUBRIC_VERSION,
		     integers_line(rq, policy_parameters(rq)->weights_recognition, CRITERIA),
		     rq->caller->account_id, rq->now_text),
		   &rows));
	struct subject subject = {.machine = MACHINE_PANEL,
				  .id = id,
				  .status = "draft",
				  .version = 1,
				  .reach = rq->caller->roles,
				  .facts = facts};
	TRY(transition_create(rq, &subject, "draft", rq->body));
	TRY(panel_show(rq, id));
	reply_created(rq, "/v1/panels/%s", id);
	return NULL;
}

struct problem *list_panels(struct request *rq)
{
	return reply_page(rq, SQL_PANEL_LIST,
			  P(request_value(rq, "application_id"), request_value(rq, "status")), NULL);
}

struct problem *get_panel(struct request *rq)
{
	return panel_show(rq, request_path_id(rq));
}

struct problem *create_panel_transition(struct request *rq)
{
	return transition_post(rq, MACHINE_PANEL);
}

struct problem *list_panel_transitions(struct request *rq)
{
	return transition_history(rq, MACHINE_PANEL);
}

/* ---- the rubric ---- */

json_t *panel_parameters(const struct parameters *p)
{
	return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "panel_min", p->panel_min,
			 "panel_trim_from", p->panel_trim_from, "pass_mean", p->pass_mean, "pass_criterion",
			 p->pass_criterion, "reject_mean", p->reject_mean, "vote_share_numerator",
			 p->vote_share_numerator, "vote_share_denominator", p->vote_share_denominator,
			 "dispersion", p->dispersion);
}

static json_t *criterion_json(const struct criterion *criterion, int weight)
{
	json_t *questions = json_array();
	for (size_t q = 0; q < criterion->question_count; q++)
		json_array_append_new(questions,
				      json_pack("{s:s, s:s, s:s}", "code", criterion->questions[q].code,
						"text", criterion->questions[q].zh, "text_en",
						criterion->questions[q].en));
	return json_pack("{s:s, s:s, s:s, s:s, s:i, s:o}", "code", criterion->code, "article",
			 criterion->article, "name", criterion->zh, "name_en", criterion->en, "weight",
			 weight, "questions", questions);
}

struct problem *get_rubric(struct request *rq)
{
	const struct parameters *parameters = policy_parameters(rq);
	json_t *list = json_array();
	for (int c = 0; c < CRITERIA; c++)
		json_array_append_new(list, criterion_json(&criteria[c], parameters->weights_recognition[c]));
	reply_json(rq, json_pack("{s:s, s:o, s:o}", "version", RUBRIC_VERSION, "criteria", list, "parameters",
				 panel_parameters(parameters)));
	return NULL;
}

/* ---- effects ---- */

static struct problem *chair_record(struct request *rq, const struct subject *subject, const json_t *input)
{
	struct rows rows;
	return db_run(rq->db, rq->arena, SQL_PANEL_CHAIR_INSERT,
		      P(subject->id, json_string_value(json_object_get(input, "chair_expert_id")),
			rq->caller->account_id, rq->now_text,
			json_string_value(json_object_get(input, "comment"))),
		      &rows);
}

/* Constitution: the chair, the material that will be read, the weights and the numbers by which it will be
 * counted. */
struct problem *effect_panel_freeze(struct request *rq, struct subject *subject,
				    const struct lifecycle_row *row, const json_t *input)
{
	(void)row;
	struct rows rows;
	const struct parameters *parameters = policy_parameters(rq);
	TRY(db_run(rq->db, rq->arena, SQL_PANEL_FREEZE,
		   P(subject->id, json_string_value(json_object_get(input, "chair_expert_id")),
		     json_line(rq, panel_parameters(parameters)),
		     integers_line(rq, parameters->weights_recognition, CRITERIA), rq->today_text),
		   &rows));
	return chair_record(rq, subject, input);
}

struct problem *effect_panel_chair_set(struct request *rq, struct subject *subject,
				       const struct lifecycle_row *row, const json_t *input)
{
	(void)row;
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_PANEL_CHAIR_SET,
		   P(subject->id, json_string_value(json_object_get(input, "chair_expert_id"))), &rows));
	return chair_record(rq, subject, input);
}

/* The application is evaluated from the day on which scoring opens; the sheets are due so many days later. */
struct problem *effect_application_start_evaluation(struct request *rq, struct subject *subject,
						    const struct lifecycle_row *row, const json_t *input)
{
	(void)row;
	(void)input;
	struct rows rows;
	char due_on[DATE_TEXT];
	const struct evaluation_facts *evaluation = subject->own;
	date_format(date_add_days(rq->today, policy_parameters(rq)->panel_days), due_on);
	TRY(db_run(rq->db, rq->arena, SQL_PANEL_OPEN, P(subject->id, due_on), &rows));
	return transition_cascade(rq, MACHINE_APP, evaluation->application_id, "start_evaluation", NULL);
}

static int frozen(const json_t *parameters, const char *name, int otherwise)
{
	const json_t *value = json_object_get(parameters, name);
	return json_is_integer(value) ? (int)json_integer_value(value) : otherwise;
}

/* The numbers as they were at constitution. */
static struct problem *parameters_frozen(struct request *rq, const char *panel_id, struct parameters *ret)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_PANEL_LOAD, P(panel_id, NULL), &rows));
	const json_t *stored = json_of(rq, row_text(&rows, 0, "parameters"));
	*ret = *policy_parameters(rq);
	ret->panel_trim_from = frozen(stored, "panel_trim_from", ret->panel_trim_from);
	ret->pass_mean = frozen(stored, "pass_mean", ret->pass_mean);
	ret->pass_criterion = frozen(stored, "pass_criterion", ret->pass_criterion);
	ret->reject_mean = frozen(stored, "reject_mean", ret->reject_mean);
	ret->vote_share_numerator = frozen(stored, "vote_share_numerator", ret->vote_share_numerator);
	ret->vote_share_denominator = frozen(stored, "vote_share_denominator", ret->vote_share_denominator);
	ret->dispersion = frozen(stored, "dispersion", ret->dispersion);
	weights_read(rq, row_text(&rows, 0, "weights"), ret->weights_recognition);
	return NULL;
}

static struct problem *sheets_load(struct request *rq, const char *panel_id, struct sheet_score **ret,
				   size_t *ret_count)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_PANEL_SHEETS_SUBMITTED, P(panel_id), &rows));
	struct sheet_score *sheets = arena_alloc(rq->arena, ((size_t)rows.count + 1) * sizeof *sheets);
	for (int i = 0; i < rows.count; i++) {
		const json_t *scores = json_of(rq, row_text(&rows, i, "scores"));
		sheets[i].sheet_id = row_text(&rows, i, "id");
		sheets[i].vote = vote_parse(row_text(&rows, i, "vote"));
		sheets[i].policy_compliant = row_bool(&rows, i, "policy_compliant");
		for (int c = 0; c < CRITERIA; c++)
			sheets[i].scores[c] =
				(int)json_integer_value(json_object_get(scores, criteria[c].code));
	}
	*ret = sheets;
	*ret_count = (size_t)rows.count;
	return NULL;
}

/* Closing: EV-08 to EV-12 over the submitted sheets, stored once and for all. EV-01 has seen to it that there
 * are some. */
struct problem *effect_panel_aggregate(struct request *rq, struct subject *subject,
				       const struct lifecycle_row *row, const json_t *input)
{
	(void)row;
	(void)input;
	struct rows rows;
	struct parameters parameters;
	struct sheet_score *sheets;
	size_t count;
	TRY(parameters_frozen(rq, subject->id, &parameters));
	TRY(sheets_load(rq, subject->id, &sheets, &count));
	struct evaluation_result result = evaluation_compute(sheets, count, &parameters);
	return db_run(rq->db, rq->arena, SQL_PANEL_AGGREGATE,
		      P(subject->id, rq->now_text, vote_name(result.result), integer_text(rq, result.mean),
			integers_line(rq, result.criterion_means, CRITERIA),
			integer_text(rq, (long long)result.counted), integer_text(rq, (long long)result.kept),
			integer_text(rq, (long long)result.recognise_votes),
			integer_text(rq, (long long)result.revise_votes),
			integer_text(rq, (long long)result.reject_votes),
			integer_text(rq, (long long)result.policy_objections),
			result.dispersion_alert ? "true" : "false"),
		      &rows);
}

struct problem *effect_application_panel_concluded(struct request *rq, struct subject *subject,
						   const struct lifecycle_row *row, const json_t *input)
{
	(void)row;
	struct rows rows;
	const struct evaluation_facts *evaluation = subject->own;
	TRY(db_run(rq->db, rq->arena, SQL_PANEL_CONCLUDE,
		   P(subject->id, json_string_value(json_object_get(input, "opinion")),
		     json_string_value(json_object_get(input, "dispersion_note")), rq->today_text),
		   &rows));
	return transition_cascade(rq, MACHINE_APP, evaluation->application_id, "panel_concluded", NULL);
}

struct problem *effect_application_panel_voided(struct request *rq, struct subject *subject,
						const struct lifecycle_row *row, const json_t *input)
{
	(void)row;
	const struct evaluation_facts *evaluation = subject->own;
	return transition_cascade(rq, MACHINE_APP, evaluation->application_id, "panel_voided", input);
}

/* The application is withdrawn: a panel that does not score yet has nothing left to judge. */
struct problem *effect_panel_void(struct request *rq, struct subject *subject,
				  const struct lifecycle_row *row, const json_t *input)
{
	(void)row;
	(void)input;
	struct rows rows;
	json_t *reason = json_pack("{s:s}", "comment", "申请已撤回 application withdrawn");
	json_own(rq->arena, reason);
	TRY(db_run(rq->db, rq->arena, SQL_PANEL_OPEN_OF, P(subject->id), &rows));
	for (int i = 0; i < rows.count; i++)
		TRY(transition_cascade(rq, MACHINE_PANEL, row_text(&rows, i, "id"), "void", reason));
	return NULL;
}
