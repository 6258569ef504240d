/* Score sheets (articles 12, 13): invitation, declaration, scoring, submission; sealed until the panel is
   closed (EV-13). How the seal holds:
   - Its author alone reads a sheet and its history before that. The officer, who invites and replaces, sees
   the seat: invited, accepted, or given up. "accepted", "scoring" and "submitted" look the same to the
   officer.
   - A row has two versions. `version` moves with what the officer may see; `autosave_version` moves with
   everything, and is the author's. So neither an ETag nor a precondition of anybody else changes when a score
   is written or the sheet is submitted.
   - What an officer tries is judged first as if every sheet that was accepted stood at "accepted": a refused
   or dry run tells nothing. Only an act that is lawful in full meets the true status. */
#include "evaluation.h"

#include "effects.h"
#include "json.h"
#include "operations.h"
#include "reply.h"
#include "rubric.h"
#include "text.h"
#include "transition.h"

#include <string.h>

/* What the loader keeps for the operations and effects. */
struct sheet_own {
	const char *panel_id, *material_sha256;
	bool is_author, is_blind; /* blind: neither the author nor entitled to read it yet */
	bool policy_compliant;
	int weights[CRITERIA];
};

/* ---- facts ---- */

static const struct sheet_facts *contents_read(struct request *rq, const struct rows *rows, bool may_read)
{
	struct sheet_facts *sheet = arena_alloc(rq->arena, sizeof *sheet);
	sheet->id = row_text(rows, 0, "id");
	sheet->status = row_text(rows, 0, "status");
	sheet->answer_due_on = row_date(rows, 0, "answer_due_on");
	if (!may_read)
		return sheet;
	sheet->scores = json_of(rq, row_text(rows, 0, "scores"));
	sheet->comments = json_of(rq, row_text(rows, 0, "comments"));
	sheet->answers = json_of(rq, row_text(rows, 0, "answers"));
	sheet->vote = row_text(rows, 0, "vote");
	sheet->has_policy_compliant = !row_is_null(rows, 0, "policy_compliant");
	return sheet;
}

static struct facts *facts_read(struct request *rq, const struct rows *rows, const struct sheet_own *own)
{
	struct facts *facts = arena_alloc(rq->arena, sizeof *facts);
	struct evaluation_facts *evaluation = arena_alloc(rq->arena, sizeof *evaluation);
	*evaluation = (struct evaluation_facts){
		.is_sealed = true,
		.application_id = row_text(rows, 0, "application_id"),
		.panel_id = own->panel_id,
		.panel_status = row_text(rows, 0, "panel_status"),
		.due_on = row_date(rows, 0, "due_on"),
		.sheet = contents_read(rq, rows, !own->is_blind),
	};
	facts->evaluation = evaluation;
	return facts;
}

/* The status as somebody sees it who may not look into the sheet. */
static const char *status_seen(const char *status)
{
	return text_is(status, "scoring") || text_is(status, "submitted") ? "accepted" : status;
}

/* Without a lock (somebody reads) a sealed sheet shows the status of its seat; with one (somebody acts) the
 * true status. */
struct problem *sheet_load(struct request *rq, const char *id, bool lock, struct subject *ret)
{
	struct rows rows;
	struct subject subject = {.machine = MACHINE_SHEET, .id = id, .version = -1};
	if (lock)
		TRY(db_run(rq->db, rq->arena, SQL_SHEET_LOCK, P(id), NULL));
	TRY(db_run(rq->db, rq->arena, SQL_SHEET_LOAD, P(id, rq->caller->account_id), &rows));
	if (rows.count) {
		struct sheet_own *own = arena_alloc(rq->arena, sizeof *own);
		own->panel_id = row_text(&rows, 0, "panel_id");
		own->material_sha256 = row_text(&rows, 0, "material_sha256");
		own->is_author = row_bool(&rows, 0, "is_author");
		own->is_blind = !own->is_author && !row_bool(&rows, 0, "is_closed");
		own->policy_compliant = row_bool(&rows, 0, "policy_compliant");
		weights_read(rq, row_text(&rows, 0, "weights"), own->weights);
		const char *status = row_text(&rows, 0, "status");
		subject.status = own->is_blind && !lock ? status_seen(status) : status;
		subject.version = row_integer(&rows, 0, own->is_author ? "autosave_version" : "version");
		subject.reach = role_set_parse_list(row_text(&rows, 0, "reach")) |
				(rq->caller->roles & (role_set)ROLE_system);
		subject.due_on = row_text(&rows, 0, text_is(status, "invited") ? "answer_due_on" : "due_on");
		subject.facts = facts_read(rq, &rows, own);
		subject.own = own;
	}
	*ret = subject;
	return NULL;
}

static const char *view_of(const struct subject *subject)
{
	const struct sheet_own *own = subject->own;
	if (own->is_author)
		return "author";
	return own->is_blind ? "blind" : "open";
}

/* ---- operations ---- */

static struct problem *sheet_show(struct request *rq, const char *id)
{
	struct subject subject;
	TRY(sheet_load(rq, id, false, &subject));
	if (!subject.reach)
		return request_not_found(rq);
	const struct reply_extra extras[] = {{"actions", transition_actions(rq, &subject)}, {NULL, NULL}};
	return reply_statement(rq, SQL_SHEET_GET, P(id, view_of(&subject)), extras);
}

/* POST panels/{id}/sheets: an invitation. Judged before it is stored, since an unknown expert would already
 * break a reference. */
struct problem *create_sheet(struct request *rq)
{
	struct rows rows;
	struct subject panel;
	struct facts *facts;
	char answer_due_on[DATE_TEXT];
	const char *panel_id = request_path_id(rq), *expert_id = body_text(rq, "expert_id");
	TRY(panel_load(rq, panel_id, true, &panel));
	OPEN(rq, "panel", panel_id, panel.reach, -1);
	TRY(db_run(rq->db, rq->arena, SQL_EXPERT_SHARE, P(expert_id), NULL));
	TRY(panel_candidate_load(rq, panel_id, expert_id, &facts));
	TRY(evaluation_judge(rq, lifecycle_find(MACHINE_SHEET, "new", "invite"), facts, rq->body));
	const char *id = request_new_id(rq);
	date_format(calendar_add_workdays(policy_calendar(rq), rq->today, policy_parameters(rq)->invite_wd),
		    answer_due_on);
	TRY(db_run(rq->db, rq->arena, SQL_SHEET_INSERT,
		   P(id, panel_id, expert_id, rq->today_text, answer_due_on, rq->now_text), &rows));
	struct subject subject = {.machine = MACHINE_SHEET,
				  .id = id,
				  .status = "invited",
				  .version = 1,
				  .reach = panel.reach,
				  .facts = facts};
	TRY(transition_create(rq, &subject, "invite", rq->body));
	TRY(sheet_show(rq, id));
	reply_created(rq, "/v1/sheets/%s", id);
	return NULL;
}

/* GET panels/{id}/sheets */
struct problem *list_panel_sheets(struct request *rq)
{
	struct subject panel;
	struct rows rows;
	struct buffer *body = &rq->reply.body;
	const char *id = request_path_id(rq);
	const struct schema *items = schema_property(rq->op->reply, "items");
	TRY(panel_load(rq, id, false, &panel));
	if (!panel.reach)
		return request_not_found(rq);
	buffer_char(body, '{');
	if (panel.reach & (role_set)(ROLE_officer | ROLE_leader)) {
		TRY(db_run(rq->db, rq->arena, SQL_PANEL_COUNTS, P(id), &rows));
		buffer_printf(body, "\"counts\":{\"invited\":%s,\"live\":%s,\"submitted\":%s},",
			      row_text(&rows, 0, "invited"), row_text(&rows, 0, "live"),
			      row_text(&rows, 0, "submitted"));
	}
	TRY(db_run(rq->db, rq->arena, SQL_PANEL_SHEET_LIST, P(id, rq->caller->account_id), &rows));
	buffer_printf(body, "\"items\":%s}", rows_json(rq, &rows, items ? items->items : NULL));
	rq->reply.version = -1;
	return NULL;
}

struct problem *list_sheets(struct request *rq)
{
	return reply_page(rq, SQL_SHEET_LIST, P(request_value(rq, "status")), NULL);
}

struct problem *get_sheet(struct request *rq)
{
	return sheet_show(rq, request_path_id(rq));
}

/* PUT sheets/{id}/scores: SHEET.score at its own door. To anybody but the author the sheet does not exist
 * here. */
struct problem *put_sheet_scores(struct request *rq)
{
	struct subject subject;
	const char *id = request_path_id(rq);
	TRY(sheet_load(rq, id, true, &subject));
	const struct sheet_own *own = subject.own;
	OPEN(rq, "sheet", id, own && own->is_author ? subject.reach : 0, subject.version);
	TRY(transition_fire(rq, &subject, "score", rq->body));
	return sheet_show(rq, id);
}

/* An officer's act on a sealed sheet. The reply is made from the row as it looks to somebody who may not know
   whether the expert has begun or finished. */
static struct problem *blind_act(struct request *rq, struct subject *subject)
{
	const char *action = body_text(rq, "action"), *seen = status_seen(subject->status);
	OPEN(rq, "sheet", subject->id, subject->reach, subject->version);
	const struct lifecycle_row *row = lifecycle_find(MACHINE_SHEET, seen, action);
	if (!row)
		return transition_illegal(rq, seen, action);
	role_set roles = subject->reach & row->roles;
	if (!roles)
		return problem_new(rq->arena, PROBLEM_forbidden, NULL, NULL);
	TRY(evaluation_judge(rq, row, subject->facts, rq->body));
	if (!rq->dry_run)
		TRY(transition_fire(rq, subject, action, rq->body));
	transition_reply(rq, subject, row, roles);
	reply_created(rq, "/v1/sheets/%s/transitions", subject->id);
	return NULL;
}

struct problem *create_sheet_transition(struct request *rq)
{
	struct subject subject;
	TRY(sheet_load(rq, request_path_id(rq), true, &subject));
	const struct sheet_own *own = subject.own;
	if (subject.reach && own->is_blind)
		return blind_act(rq, &subject);
	return transition_post(rq, MACHINE_SHEET);
}

/* The history without what the author did alone. */
static struct problem *history_seen(struct request *rq, const char *id, int64_t version)
{
	struct rows rows;
	const struct schema *items = schema_property(rq->op->reply, "items");
	TRY(db_run(rq->db, rq->arena, SQL_SHEET_HISTORY_BLIND, P(id), &rows));
	buffer_printf(&rq->reply.body, "{\"items\":%s}", rows_json(rq, &rows, items ? items->items : NULL));
	rq->reply.version = version;
	return NULL;
}

struct problem *list_sheet_transitions(struct request *rq)
{
	struct subject subject;
	TRY(sheet_load(rq, request_path_id(rq), false, &subject));
	if (!subject.reach)
		return request_not_found(rq);
	const struct sheet_own *own = subject.own;
	if (own->is_blind)
		return history_seen(rq, subject.id, subject.version);
	return transition_history(rq, MACHINE_SHEET);
}

/* ---- effects ---- */

struct problem *effect_sheet_declare(struct request *rq, struct subject *subject,
				     const struct lifecycle_row *row, const json_t *input)
{
	(void)row;
	struct rows rows;
	const char *declaration = json_line(rq, json_incref(json_object_get(input, "declaration")));
	return db_run(rq->db, rq->arena, SQL_SHEET_DECLARE, P(subject->id, declaration, rq->now_text), &rows);
}

/* A member of the input as JSON text; NULL when it is absent. */
static const char *member_line(struct request *rq, const json_t *input, const char *name)
{
	json_t *value = json_object_get(input, name);
	return value ? json_line(rq, json_incref(value)) : NULL;
}

struct problem *effect_sheet_scores_store(struct request *rq, struct subject *subject,
					  const struct lifecycle_row *row, const json_t *input)
{
	(void)row;
	struct rows rows;
	const json_t *compliant = json_object_get(input, "policy_compliant");
	const char *compliant_text = json_is_true(compliant) ? "true" : "false";
	return db_run(rq->db, rq->arena, SQL_SHEET_SCORES_STORE,
		      P(subject->id, member_line(rq, input, "scores"), member_line(rq, input, "comments"),
			member_line(rq, input, "answers"), json_string_value(json_object_get(input, "vote")),
			compliant ? compliant_text : NULL, rq->now_text),
		      &rows);
}

/* What is hashed: the content, its panel and the material it judges, as canonical JSON. */
void sheet_digest(struct arena *arena, const struct sheet_content *c, char hex[SHA256_HEX])
{
	const char *text =
		arena_printf(arena,
			     "{\"answers\":%s,\"comments\":%s,\"material_sha256\":\"%s\",\"panel_id\":\"%s\","
			     "\"policy_compliant\":%s,\"scores\":%s,\"sheet_id\":\"%s\",\"vote\":\"%s\"}",
			     c->answers, c->comments, c->material_sha256, c->panel_id,
			     c->policy_compliant ? "true" : "false", c->scores, c->sheet_id, c->vote);
	sha256_hex(text, strlen(text), hex);
}

static const char *content_digest(struct request *rq, const struct subject *subject, char hex[SHA256_HEX])
{
	const struct sheet_own *own = subject->own;
	const struct sheet_facts *sheet = subject->facts->evaluation->sheet;
	const struct sheet_content content = {subject->id,
					      own->panel_id,
					      own->material_sha256,
					      json_canonical(rq->arena, sheet->scores),
					      json_canonical(rq->arena, sheet->comments),
					      json_canonical(rq->arena, sheet->answers),
					      sheet->vote,
					      own->policy_compliant};
	sheet_digest(rq->arena, &content, hex);
	return hex;
}

/* EV-07 has found it complete: the total by EV-08, the time, the hash; from here on the database refuses any
 * change. */
struct problem *effect_sheet_freeze(struct request *rq, struct subject *subject,
				    const struct lifecycle_row *row, const json_t *input)
{
	(void)row;
	(void)input;
	struct rows rows;
	int scores[CRITERIA];
	char hash[SHA256_HEX];
	const struct sheet_own *own = subject->own;
	const struct sheet_facts *sheet = subject->facts->evaluation->sheet;
	for (int c = 0; c < CRITERIA; c++)
		scores[c] = (int)json_integer_value(json_object_get(sheet->scores, criteria[c].code));
	return db_run(rq->db, rq->arena, SQL_SHEET_FREEZE,
		      P(subject->id, arena_printf(rq->arena, "%d", sheet_total(scores, own->weights)),
			rq->now_text, content_digest(rq, subject, hash)),
		      &rows);
}
