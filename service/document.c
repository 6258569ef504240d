/* Official documents (articles 3(2), 13): drafted by an officer, approved by a leader who is somebody else,
   issued under a number. A document decides its subjects: approval, recall and issue are acts on the document
   and reach every application in it in the same transaction, or none. Nothing here changes an application by
   itself: it fires the application's own step. */
#include "decision.h"
#include "effects.h"
#include "operations.h"
#include "reply.h"
#include "transition.h"

#include "article_13.h"
#include "facts_decision.h"
#include "text.h"

#include <string.h>

static const char LEGAL_BASIS[] =
	"《渭南市产业技术创新战略联盟管理办法》（渭科发〔2015〕62号）第三条第（2）项、第十三条";

enum { TITLE_NAME_MAX = 180 }; /* characters of a name that fit into a title */

/* The caller's account; the scheduler has none. */
static const char *account_of(const struct request *rq)
{
	return rq->caller->account_id;
}

/* ---- facts ---- */

const char *decision_limit(struct request *rq, struct date concluded_on)
{
	char text[DATE_TEXT];
	if (!date_is_set(concluded_on))
		return NULL;
	return arena_strdup(
		rq->arena,
		date_format(date_add_days(concluded_on, policy_parameters(rq)->decide_days), text));
}

/* Its application as the rules of its own step see it. */
static struct problem *subject_facts_load(struct request *rq, struct document_subject_fact *subject)
{
	struct subject application;
	TRY(application_load(rq, subject->application_id, false, &application));
	subject->facts = application.facts;
	return NULL;
}

static struct problem *subjects_load(struct request *rq, const char *document_id, bool is_under_decision,
				     struct decision_facts *decision)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_DOCUMENT_SUBJECT_FACTS, P(document_id), &rows));
	struct document_subject_fact *subjects =
		arena_alloc(rq->arena, sizeof *subjects * (size_t)(rows.count ? rows.count : 1));
	for (int i = 0; i < rows.count; i++)
		subjects[i] = (struct document_subject_fact){
			.application_id = row_text(&rows, i, "application_id"),
			.number = row_text(&rows, i, "number"),
			.status = row_text(&rows, i, "status"),
			.issued_elsewhere = row_bool(&rows, i, "issued_elsewhere"),
			.concluded_on = row_date(&rows, i, "concluded_on"),
		};
	for (int i = 0; is_under_decision && i < rows.count; i++)
		TRY(subject_facts_load(rq, &subjects[i]));
	decision->subjects = subjects;
	decision->subject_count = (size_t)rows.count;
	return NULL;
}

/* The document is as urgent as the subject that waits longest. */
static const char *document_limit(struct request *rq, const struct decision_facts *decision)
{
	struct date first = {0};
	for (size_t i = 0; i < decision->subject_count; i++) {
		struct date concluded_on = decision->subjects[i].concluded_on;
		if (!date_is_set(first) ||
		    (date_is_set(concluded_on) && date_compare(concluded_on, first) < 0))
			first = concluded_on;
	}
	return decision_limit(rq, first);
}

struct problem *document_load(struct request *rq, const char *id, bool lock, struct subject *ret)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, lock ? SQL_DOCUMENT_LOCK : SQL_DOCUMENT_LOAD,
		   P(id, account_of(rq), body_text(rq, "document_no")), &rows));
	struct subject subject = {.machine = MACHINE_DOC, .id = id};
	if (rows.count) {
		struct facts *facts = arena_alloc(rq->arena, sizeof *facts);
		struct decision_facts *decision = arena_alloc(rq->arena, sizeof *decision);
		decision->document_type = row_text(&rows, 0, "type");
		decision->document_status = row_text(&rows, 0, "status");
		decision->drafted_by = row_text(&rows, 0, "drafted_by");
		decision->edited_by = row_text(&rows, 0, "edited_by");
		decision->approved_on = row_date(&rows, 0, "approved_on");
		decision->number_taken = row_bool(&rows, 0, "number_taken");
		TRY(subjects_load(rq, id,
				  !strcmp(decision->document_status, "in_review") ||
					  !strcmp(decision->document_status, "approved"),
				  decision));
		facts->decision = decision;
		subject.id = row_text(&rows, 0, "id");
		subject.status = decision->document_status;
		subject.version = row_integer(&rows, 0, "version");
		subject.reach = role_set_parse_list(row_text(&rows, 0, "reach"));
		subject.due_on = document_limit(rq, decision);
		subject.facts = facts;
	}
	*ret = subject;
	return NULL;
}

/* A document id in the body of the act, if it is one. */
static const char *named_document(const struct request *rq)
{
	const char *id = body_text(rq, "document_id");
	return id && uuid_is_valid(id) ? id : NULL;
}

struct problem *decision_facts_load(struct request *rq, const char *application_id, struct facts *facts)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_DECISION_FACTS_GET,
		   P(application_id, named_document(rq), body_text(rq, "document_no")), &rows));
	if (!rows.count)
		return NULL;
	struct decision_facts *decision = arena_alloc(rq->arena, sizeof *decision);
	*decision = (struct decision_facts){
		.application_id = application_id,
		.panel_result = row_text(&rows, 0, "panel_result"),
		.concluded_on = row_date(&rows, 0, "concluded_on"),
		.proposal = row_text(&rows, 0, "proposal"),
		.proposer = row_text(&rows, 0, "proposer"),
		.override_reason = row_text(&rows, 0, "override_reason"),
		.issued_this_round = row_bool(&rows, 0, "issued_this_round"),
		.in_document = row_bool(&rows, 0, "in_document"),
		.named_document_exists = row_bool(&rows, 0, "named_exists"),
		.named_document_status = row_text(&rows, 0, "named_status"),
		.named_document_type = row_text(&rows, 0, "named_type"),
		.document_type = row_text(&rows, 0, "document_type"),
		.document_status = row_text(&rows, 0, "document_status"),
		.drafted_by = row_text(&rows, 0, "drafted_by"),
		.edited_by = row_text(&rows, 0, "edited_by"),
		.approved_on = row_date(&rows, 0, "approved_on"),
		.number_taken = row_bool(&rows, 0, "number_taken"),
	};
	facts->decision = decision;
	return NULL;
}

/* ---- operations ---- */

/* The document as its reader sees it, with what he can do now. */
static struct problem *document_show(struct request *rq, const char *id)
{
	struct subject subject;
	struct rows rows;
	TRY(document_load(rq, id, false, &subject));
	if (!subject.reach)
		return request_not_found(rq);
	TRY(db_run(rq->db, rq->arena, SQL_DOCUMENT_GET, P(id), &rows));
	if (!rows.count)
		return request_not_found(rq);
	const struct reply_extra extras[] = {{"actions", transition_actions(rq, &subject)}, {NULL, NULL}};
	reply_row(rq, &rows, 0, extras);
	return NULL;
}

/* The row and its first history line; the input is what DE-06 judges. */
static struct problem *document_create(struct request *rq, const char *id, const char *type,
				       const char *title, const char *legal_basis, const char *body,
				       const json_t *input)
{
	struct rows rows;
	struct decision_facts *decision = arena_alloc(rq->arena, sizeof *decision);
	struct facts *facts = arena_alloc(rq->arena, sizeof *facts);
	TRY(db_run(rq->db, rq->arena, SQL_DOCUMENT_INSERT,
		   P(id, type, title, legal_basis, body, account_of(rq), rq->now_text), &rows));
	decision->document_type = type;
	decision->document_status = "draft";
	decision->drafted_by = account_of(rq);
	facts->decision = decision;
	struct subject subject = {
		.machine = MACHINE_DOC,
		.id = id,
		.status = "draft",
		.version = 1,
		.reach = rq->caller->roles,
		.facts = facts,
	};
	return transition_create(rq, &subject, "draft", input);
}

/* DE-06 before the row is written: the database refuses the same, but without the words. */
static struct problem *document_words_judge(struct request *rq, const char *title, const char *legal_basis)
{
	struct findings findings;
	findings_start(&findings, rq->arena);
	document_draft_judge(title, legal_basis, &findings);
	return findings_problem(&findings);
}

struct problem *draft_document(struct request *rq)
{
	OPEN_NEW(rq, "document");
	TRY(document_words_judge(rq, body_text(rq, "title"), body_text(rq, "legal_basis")));
	const char *id = request_new_id(rq);
	TRY(document_create(rq, id, body_text(rq, "type"), body_text(rq, "title"),
			    body_text(rq, "legal_basis"), body_text(rq, "body"), rq->body));
	TRY(document_show(rq, id));
	reply_created(rq, "/v1/documents/%s", id);
	return NULL;
}

struct problem *list_documents(struct request *rq)
{
	return reply_page(rq, SQL_DOCUMENT_PAGE,
			  P(request_value(rq, "status"), request_value(rq, "type"),
			    request_value(rq, "application_id")),
			  NULL);
}

struct problem *get_document(struct request *rq)
{
	return document_show(rq, request_path_id(rq));
}

struct problem *update_document(struct request *rq)
{
	struct subject subject;
	struct rows rows;
	const char *id = request_path_id(rq);
	TRY(document_load(rq, id, true, &subject));
	OPEN(rq, "document", id, subject.reach, subject.version);
	if (strcmp(subject.status, "draft"))
		return problem_new(rq->arena, PROBLEM_illegal_transition, "只有草稿可以修改。",
				   "Only a draft can be changed.");
	const char *title = body_text(rq, "title"), *legal_basis = body_text(rq, "legal_basis");
	TRY(document_words_judge(rq, title ? title : LEGAL_BASIS, legal_basis ? legal_basis : LEGAL_BASIS));
	TRY(db_run(rq->db, rq->arena, SQL_DOCUMENT_UPDATE,
		   P(id, arena_printf(rq->arena, "%lld", (long long)subject.version), title, legal_basis,
		     body_text(rq, "body"), account_of(rq), rq->now_text),
		   &rows));
	return document_show(rq, id);
}

struct problem *create_document_transition(struct request *rq)
{
	return transition_post(rq, MACHINE_DOC);
}

struct problem *list_document_transitions(struct request *rq)
{
	return transition_history(rq, MACHINE_DOC);
}

struct problem *list_issued_documents(struct request *rq)
{
	return reply_page(rq, SQL_ISSUED_DOCUMENT_PAGE,
			  P(request_value(rq, "type"), request_value(rq, "issued_on_gte"),
			    request_value(rq, "issued_on_lt"), request_value(rq, "document_no")),
			  NULL);
}

/* ---- effects on the application: it enters and leaves a document ---- */

static struct problem *document_for(struct request *rq, const char *name, const char **ret_id)
{
	const char *id = request_new_id(rq);
	const char *title = text_length(name) > TITLE_NAME_MAX
				    ? "关于认定市级产业技术创新战略联盟的通知"
				    : arena_printf(rq->arena, "关于认定%s的通知", name);
	TRY(document_create(rq, id, "recognition", title, LEGAL_BASIS, NULL, NULL));
	*ret_id = id;
	return NULL;
}

struct problem *effect_document_subject_add(struct request *rq, struct subject *subject,
					    const struct lifecycle_row *row, const json_t *input)
{
	(void)row;
	struct rows rows;
	const char *document_id = input_member(input, "document_id");
	TRY(db_run(rq->db, rq->arena, SQL_APPLICATION_PROPOSE,
		   P(subject->id, account_of(rq), input_member(input, "proposal"),
		     input_member(input, "override_reason"), rq->now_text),
		   &rows));
	if (!document_id)
		TRY(document_for(rq, row_text(&rows, 0, "name"), &document_id));
	TRY(db_run(rq->db, rq->arena, SQL_DOCUMENT_SUBJECT_ADD,
		   P(request_new_id(rq), document_id, subject->id, account_of(rq), rq->now_text), &rows));
	if (rows.count)
		return NULL;
	/* It was a draft when it was judged: somebody has just submitted or discarded it. */
	struct problem *problem = problem_new(rq->arena, PROBLEM_conflict, NULL, NULL);
	problem_error(rq->arena, problem, "#/document_id", "document_not_open", "13",
		      "所指公文已不在起草中。", "That document is no longer a draft.");
	return problem;
}

struct problem *effect_document_subject_remove(struct request *rq, struct subject *subject,
					       const struct lifecycle_row *row, const json_t *input)
{
	(void)row;
	(void)input;
	struct rows rows;
	return db_run(rq->db, rq->arena, SQL_DOCUMENT_SUBJECT_REMOVE, P(subject->id, rq->now_text), &rows);
}

/* ---- effects of the document on its subjects ---- */

/* Say of which subject each fault is: "#/subjects/2" and its number before the words. */
static void subject_name(struct request *rq, struct problem *problem, size_t position, const char *number)
{
	for (struct problem_error *error = problem->errors; error; error = error->next) {
		const char *place =
			error->pointer && !strncmp(error->pointer, "#/", 2) ? error->pointer + 1 : "";
		error->pointer = arena_printf(rq->arena, "#/subjects/%zu%s", position, place);
		error->detail_zh =
			arena_printf(rq->arena, "%s：%s", number, error->detail_zh ? error->detail_zh : "");
		error->detail_en =
			arena_printf(rq->arena, "%s: %s", number, error->detail_en ? error->detail_en : "");
	}
}

/* The same step for every subject, or for none. DE-10 has told of every rule that any of them does not meet;
   what fails here changed since. */
static struct problem *subjects_fire(struct request *rq, const struct subject *subject, const char *action,
				     const json_t *input)
{
	const struct decision_facts *decision = subject->facts->decision;
	for (size_t i = 0; i < decision->subject_count; i++) {
		struct problem *problem = transition_cascade(
			rq, MACHINE_APP, decision->subjects[i].application_id, action, input);
		if (!problem)
			continue;
		subject_name(rq, problem, i, decision->subjects[i].number);
		return problem;
	}
	return NULL;
}

struct problem *effect_subjects_approve(struct request *rq, struct subject *subject,
					const struct lifecycle_row *row, const json_t *input)
{
	(void)row;
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_DOCUMENT_APPROVE, P(subject->id, account_of(rq), rq->today_text),
		   &rows));
	return subjects_fire(rq, subject, "approve", input);
}

struct problem *effect_document_issue(struct request *rq, struct subject *subject,
				      const struct lifecycle_row *row, const json_t *input)
{
	(void)row;
	struct rows rows;
	return db_run(rq->db, rq->arena, SQL_DOCUMENT_REGISTER,
		      P(subject->id, input_member(input, "document_no"), input_member(input, "issued_on"),
			account_of(rq)),
		      &rows);
}

struct problem *effect_subjects_issue(struct request *rq, struct subject *subject,
				      const struct lifecycle_row *row, const json_t *input)
{
	(void)row;
	return subjects_fire(rq, subject, "issue", input);
}

struct problem *effect_subjects_recall(struct request *rq, struct subject *subject,
				       const struct lifecycle_row *row, const json_t *input)
{
	(void)row;
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_DOCUMENT_UNAPPROVE, P(subject->id), &rows));
	return subjects_fire(rq, subject, "recall", input);
}
