/* The one door through which a status changes. Common to all machines: what differs is the loader, the move
   statement, the guards and the effects of the row. */
#include "transition.h"

#include "history.h"
#include "policy_now.h"
#include "reply.h"

#include <stdlib.h>
#include <string.h>

static const struct machine_entry {
	subject_load_fn *load;
	enum statement move;
	bool counts_itself; /* the move does not add one to the version at every step */
} machine_table[MACHINE_COUNT] = {
	[MACHINE_APP] = {application_load, SQL_APPLICATION_MOVE},
	[MACHINE_END] = {endorsement_load, SQL_ENDORSEMENT_MOVE},
	[MACHINE_PANEL] = {panel_load, SQL_PANEL_MOVE},
	[MACHINE_SHEET] = {sheet_load, SQL_SHEET_MOVE, true},
	[MACHINE_DOC] = {document_load, SQL_DOCUMENT_MOVE},
	[MACHINE_ALL] = {alliance_load, SQL_ALLIANCE_MOVE},
	[MACHINE_EXP] = {expert_load, SQL_EXPERT_MOVE},
	[MACHINE_BUD] = {budget_line_load, SQL_BUDGET_LINE_MOVE},
	[MACHINE_AWD] = {award_load, SQL_AWARD_MOVE},
	[MACHINE_PAY] = {payment_load, SQL_PAYMENT_MOVE},
};

/* ---- the policy in force ---- */

/* keep_failure - remember the first problem of a helper that returns none; request_run answers it. */
static void keep_failure(struct request *rq, struct problem *problem)
{
	if (problem && !rq->failure)
		rq->failure = problem;
}

const struct parameters *policy_parameters(struct request *rq)
{
	if (!rq->parameters)
		keep_failure(rq, policy_load_parameters(rq));
	if (!rq->parameters)
		rq->parameters = arena_alloc(rq->arena, sizeof *rq->parameters);
	return rq->parameters;
}

const struct calendar *policy_calendar(struct request *rq)
{
	if (!rq->calendar)
		keep_failure(rq, policy_load_calendar(rq));
	if (!rq->calendar)
		rq->calendar = arena_alloc(rq->arena, sizeof *rq->calendar);
	return rq->calendar;
}

/* ---- judging ---- */

/* subject_facts - complete what the loader left to us. */
static struct problem *subject_facts(struct request *rq, struct subject *subject, role_set roles,
				     const char *status, const json_t *input)
{
	if (!subject->facts)
		subject->facts = arena_alloc(rq->arena, sizeof *subject->facts);
	struct facts *facts = subject->facts;
	facts->today = rq->today;
	facts->parameters = policy_parameters(rq);
	facts->calendar = policy_calendar(rq);
	facts->actor = rq->caller->account_id;
	facts->actor_roles = roles;
	facts->status = status;
	facts->input = input;
	return rq->failure;
}

struct problem *transition_illegal(struct request *rq, const char *status, const char *action)
{
	const char *zh = label_text("status", status, false), *en = label_text("status", status, true);
	return problem_new(
		rq->arena, PROBLEM_illegal_transition,
		arena_printf(rq->arena, "状态“%s”下不能办理 %s。", zh ? zh : status, action),
		arena_printf(rq->arena, "%s is not possible in the status %s.", action, en ? en : status));
}

static struct problem *forbidden(struct request *rq, const struct lifecycle_row *row)
{
	const char *zh = "", *en = "";
	for (int i = 0; i < ROLE_COUNT; i++) {
		role_set bit = (role_set)1 << i;
		if (!(row->roles & bit))
			continue;
		zh = arena_printf(rq->arena, "%s%s%s", zh, *zh ? "、" : "", role_label(bit, false));
		en = arena_printf(rq->arena, "%s%s%s", en, *en ? ", " : "", role_label(bit, true));
	}
	struct problem *problem =
		problem_new(rq->arena, PROBLEM_forbidden, arena_printf(rq->arena, "该操作由%s办理。", zh),
			    arena_printf(rq->arena, "This is for: %s.", en));
	problem->article = row->articles;
	return problem;
}

static void json_member(struct buffer *buffer, const char *name, const char *value)
{
	if (!value)
		return;
	if (buffer->length && buffer->text[buffer->length - 1] != '{')
		buffer_char(buffer, ',');
	buffer_printf(buffer, "\"%s\":", name);
	buffer_json_string(buffer, value, strlen(value));
}

static const char *buffer_keep(struct request *rq, struct buffer *buffer)
{
	const char *text = arena_strndup(rq->arena, buffer->text ? buffer->text : "", buffer->length);
	buffer_free(buffer);
	return text;
}

/* warnings_json - what the guards said without refusing, for the history's detail; NULL when they said
 * nothing. */
static const char *warnings_json(struct request *rq, const struct findings *findings)
{
	if (findings->warnings == 0)
		return NULL;
	struct buffer buffer = {NULL, 0, 0};
	buffer_text(&buffer, "{\"warnings\":[");
	for (const struct finding *finding = findings->first; finding; finding = finding->next) {
		if (buffer.text[buffer.length - 1] != '[')
			buffer_char(&buffer, ',');
		buffer_char(&buffer, '{');
		json_member(&buffer, "rule", rules[finding->rule].code);
		json_member(&buffer, "pointer", finding->pointer);
		buffer_char(&buffer, '}');
	}
	buffer_text(&buffer, "]}");
	return buffer_keep(rq, &buffer);
}

/* ---- firing ---- */

/* What one firing needs besides the subject. */
struct firing {
	const struct lifecycle_row *row;
	role_set roles; /* in which the caller acts */
	const json_t *input;
};

const char *input_member(const json_t *input, const char *name)
{
	return json_string_value(json_object_get(input, name));
}

static const char *input_reason(const json_t *input)
{
	const char *reason = input_member(input, "reason");
	return reason ? reason : input_member(input, "comment");
}

static struct problem *write_history(struct request *rq, const struct subject *subject,
				     const struct firing *firing, const char *detail)
{
	const struct lifecycle_row *row = firing->row;
	const char *role = role_name(firing->roles);
	struct history_line line = {.kind = machine_noun(row->machine),
				    .id = subject->id,
				    .machine = machine_name(row->machine),
				    .from = row->from,
				    .to = row->to,
				    .action = row->action,
				    .role = role ? role : "system",
				    .reason = input_reason(firing->input),
				    .articles = row->articles,
				    .detail = detail};
	return history_write(rq, &line);
}

static struct problem *run_effects(struct request *rq, struct subject *subject, const struct firing *firing)
{
	for (size_t i = 0; i < firing->row->effect_count; i++)
		TRY(effect_run(rq, firing->row->effects[i], subject, firing->row, firing->input));
	return NULL;
}

static struct problem *move(struct request *rq, struct subject *subject, const struct lifecycle_row *row)
{
	const struct machine_entry *machine = &machine_table[row->machine];
	struct rows rows;
	/* the row is locked, so the new version is known and nobody waits for the answer, which comes with
	   that to COMMIT: a subject whose loader forgot to lock would be told as an unknown outcome, never as
	   done */
	TRY(db_run(rq->db, rq->arena, machine->move,
		   P(subject->id, subject->status,
		     arena_printf(rq->arena, "%lld", (long long)subject->version), row->to, rq->now_text),
		   machine->counts_itself ? &rows : NULL));
	subject->version = machine->counts_itself ? row_integer(&rows, 0, "version") : subject->version + 1;
	subject->status = row->to;
	return NULL;
}

/* fire - judge, move, history, effects. "new" has no move: the row was inserted in its first status. */
static struct problem *fire(struct request *rq, struct subject *subject, struct firing *firing)
{
	const struct lifecycle_row *row = firing->row;
	struct findings findings;
	findings_start(&findings, rq->arena);
	TRY(subject_facts(rq, subject, firing->roles, row->from, firing->input));
	lifecycle_judge(row, subject->facts, &findings);
	TRY(findings_problem(&findings));
	if (strcmp(row->from, "new") != 0)
		TRY(move(rq, subject, row));
	else
		subject->status = row->to;
	subject->facts->status = subject->status;
	TRY(write_history(rq, subject, firing, warnings_json(rq, &findings)));
	return run_effects(rq, subject, firing);
}

/* caused_roles - the role of the act that is under way, for what follows from it. */
static role_set caused_roles(const struct request *rq)
{
	role_set roles = rq->acting_role ? role_parse(rq->acting_role) : 0;
	return roles ? roles : (role_set)ROLE_system;
}

static struct problem *fire_act(struct request *rq, struct subject *subject, struct firing *firing)
{
	firing->roles = subject->reach & firing->row->roles;
	if (!firing->roles)
		return forbidden(rq, firing->row);
	rq->acting_role = role_name(firing->roles);
	return fire(rq, subject, firing);
}

struct problem *transition_fire(struct request *rq, struct subject *subject, const char *action,
				const json_t *input)
{
	struct firing firing = {.row = lifecycle_find(subject->machine, subject->status, action),
				.input = input};
	if (!firing.row)
		return transition_illegal(rq, subject->status, action);
	return fire_act(rq, subject, &firing);
}

struct problem *transition_cascade(struct request *rq, enum machine machine, const char *id,
				   const char *action, const json_t *input)
{
	struct subject subject = {.machine = machine, .id = id, .version = -1};
	TRY(machine_table[machine].load(rq, id, true, &subject));
	if (rq->failure)
		return rq->failure;
	if (!subject.status) {
		struct problem *problem = problem_new(rq->arena, PROBLEM_internal, NULL, NULL);
		problem->cause = arena_printf(rq->arena, "%s %s of %s: no such row", machine_noun(machine),
					      action, id);
		return problem;
	}
	struct firing firing = {.row = lifecycle_find(machine, subject.status, action),
				.input = input,
				.roles = caused_roles(rq)};
	if (!firing.row)
		return transition_illegal(rq, subject.status, action);
	return fire(rq, &subject, &firing);
}

struct problem *transition_create(struct request *rq, struct subject *subject, const char *action,
				  const json_t *input)
{
	struct firing firing = {.row = lifecycle_find(subject->machine, "new", action), .input = input};
	if (!firing.row) {
		struct problem *problem = problem_new(rq->arena, PROBLEM_internal, NULL, NULL);
		problem->cause = arena_printf(rq->arena, "%s has no row new %s",
					      machine_name(subject->machine), action);
		return problem;
	}
	/* What an effect creates (a requested endorsement, a proposed award) is nobody's own act. */
	if (subject->reach == 0 && (firing.row->door != DOOR_CALL || (firing.row->roles & ROLE_system))) {
		firing.roles = caused_roles(rq);
		return fire(rq, subject, &firing);
	}
	return fire_act(rq, subject, &firing);
}

/* ---- POST …/{id}/transitions ---- */

void transition_reply(struct request *rq, const struct subject *subject, const struct lifecycle_row *row,
		      role_set roles)
{
	struct buffer *body = &rq->reply.body;
	buffer_char(body, '{');
	json_member(body, "machine", machine_name(row->machine));
	json_member(body, "action", row->action);
	json_member(body, "from", row->from);
	json_member(body, "to", row->to);
	json_member(body, "to_label", label_text("status", row->to, rq->english));
	json_member(body, "at", rq->now_text);
	json_member(body, "role", role_name(roles));
	json_member(body, "account", rq->caller->name);
	json_member(body, "reason", input_reason(rq->body));
	json_member(body, "articles", row->articles);
	json_member(body, "request_id", rq->id);
	buffer_printf(body, ",\"version\":%lld}", (long long)subject->version);
	rq->reply.version = subject->version;
}

struct problem *transition_post(struct request *rq, enum machine machine)
{
	struct subject subject = {.machine = machine, .id = request_path_id(rq), .version = -1};
	TRY(machine_table[machine].load(rq, subject.id, true, &subject));
	if (rq->failure)
		return rq->failure;
	OPEN(rq, machine_noun(machine), subject.id, subject.reach, subject.version);
	const char *action = body_text(rq, "action");
	struct firing firing = {.row = lifecycle_find(machine, subject.status, action ? action : ""),
				.input = rq->body};
	if (!firing.row || firing.row->door != DOOR_CALL)
		return transition_illegal(rq, subject.status, action ? action : "");
	TRY(fire_act(rq, &subject, &firing));
	transition_reply(rq, &subject, firing.row, firing.roles);
	reply_created(rq, "%.*s", (int)strcspn(rq->target ? rq->target : "", "?"),
		      rq->target ? rq->target : "");
	return NULL;
}

/* ---- actions: why not yet ---- */

static void write_findings(struct buffer *buffer, const char *name, const struct findings *findings,
			   bool errors)
{
	buffer_printf(buffer, ",\"%s\":[", name);
	for (const struct finding *finding = findings->first; finding; finding = finding->next) {
		const struct rule_text *rule = &rules[finding->rule];
		if ((finding->level == LEVEL_error) != errors)
			continue;
		if (buffer->text[buffer->length - 1] != '[')
			buffer_char(buffer, ',');
		buffer_char(buffer, '{');
		json_member(buffer, "code", rule->code);
		json_member(buffer, "articles", rule->articles);
		json_member(buffer, "pointer", finding->pointer);
		json_member(buffer, "message_zh", finding->detail_zh ? finding->detail_zh : rule->zh);
		json_member(buffer, "message_en", finding->detail_en ? finding->detail_en : rule->en);
		buffer_char(buffer, '}');
	}
	buffer_char(buffer, ']');
}

static void write_roles(struct buffer *buffer, role_set roles)
{
	buffer_text(buffer, ",\"roles\":[");
	for (int i = 0; i < ROLE_COUNT; i++) {
		role_set bit = (role_set)1 << i;
		if (!(roles & bit))
			continue;
		if (buffer->text[buffer->length - 1] != '[')
			buffer_char(buffer, ',');
		buffer_printf(buffer, "\"%s\"", role_name(bit));
	}
	buffer_char(buffer, ']');
}

/* is_sealed - what blocks a step of a panel or a sheet may tell of other experts' sheets: only who may take
 * the step learns it. */
static bool is_sealed(enum machine machine)
{
	return machine == MACHINE_PANEL || machine == MACHINE_SHEET;
}

static void write_action(struct request *rq, struct buffer *buffer, const struct subject *subject,
			 const struct lifecycle_row *row)
{
	bool role = (subject->reach & row->roles) != 0;
	struct findings findings;
	findings_start(&findings, rq->arena);
	if (role || !is_sealed(subject->machine))
		lifecycle_judge(row, subject->facts, &findings);
	buffer_char(buffer, '{');
	json_member(buffer, "action", row->action);
	buffer_printf(buffer, ",\"allowed\":%s", role && findings.errors == 0 ? "true" : "false");
	json_member(buffer, "articles", row->articles);
	write_roles(buffer, row->roles);
	json_member(buffer, "door", row->door == DOOR_CALL ? "call" : "effect");
	json_member(buffer, "due_on", subject->due_on);
	write_findings(buffer, "blockers", &findings, true);
	write_findings(buffer, "warnings", &findings, false);
	buffer_char(buffer, '}');
}

const char *transition_actions(struct request *rq, struct subject *subject)
{
	struct buffer buffer = {NULL, 0, 0};
	if (subject_facts(rq, subject, subject->reach, subject->status, NULL))
		return "[]"; /* rq->failure is answered in place of this reply */
	buffer_char(&buffer, '[');
	for (size_t i = 0; i < lifecycle_count; i++) {
		const struct lifecycle_row *row = &lifecycle[i];
		if (row->machine != subject->machine || row->door == DOOR_SYSTEM ||
		    strcmp(row->from, subject->status) != 0)
			continue;
		if (buffer.length > 1)
			buffer_char(&buffer, ',');
		write_action(rq, &buffer, subject, row);
	}
	buffer_char(&buffer, ']');
	return buffer_keep(rq, &buffer);
}

/* ---- GET …/{id}/transitions ---- */

#define BUREAU (ROLE_officer | ROLE_leader | ROLE_auditor)

/* sheet_is_open - until its panel is closed a sheet's history is its author's alone. */
static struct problem *sheet_is_open(struct request *rq, const struct subject *subject, bool *ret)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_SHEET_HISTORY_OPEN, P(subject->id), &rows));
	bool closed = rows.count == 1 && row_bool(&rows, 0, "closed");
	*ret = (subject->reach & ROLE_expert) || (closed && (subject->reach & BUREAU));
	return NULL;
}

static void write_public_line(struct request *rq, const struct rows *rows, int row)
{
	struct buffer *body = &rq->reply.body;
	const char *to = row_text(rows, row, "to_status");
	buffer_char(body, '{');
	json_member(body, "to", to);
	json_member(body, "to_label", label_text("status", to, rq->english));
	json_member(body, "at",
		    arena_printf(rq->arena, "%.10sT00:00:00.000+08:00", row_text(rows, row, "at")));
	buffer_char(body, '}');
}

/* names_expert - an expert's act, but not the reader's own: experts do not learn of each other either. */
static bool names_expert(const struct request *rq, const struct rows *rows, int row)
{
	const char *account = row_text(rows, row, "account_id");
	return strcmp(row_text(rows, row, "role"), "expert") == 0 &&
	       !(account && rq->caller->account_id && strcmp(account, rq->caller->account_id) == 0);
}

static void write_line(struct request *rq, const struct rows *rows, int row, role_set reach)
{
	static const char *const members[] = {"machine", "action", NULL};
	struct buffer *body = &rq->reply.body;
	const char *role = row_text(rows, row, "role"), *to = row_text(rows, row, "to_status");
	bool hide_name = names_expert(rq, rows, row) && !(reach & BUREAU);
	buffer_char(body, '{');
	for (int i = 0; members[i]; i++)
		json_member(body, members[i], row_text(rows, row, members[i]));
	json_member(body, "from", row_text(rows, row, "from_status"));
	json_member(body, "to", to);
	json_member(body, "to_label", label_text("status", to, rq->english));
	json_member(body, "at", row_text(rows, row, "at_text"));
	json_member(body, "role", role);
	json_member(body, "account", hide_name ? NULL : row_text(rows, row, "account"));
	json_member(body, "reason", row_text(rows, row, "reason"));
	json_member(body, "articles", row_text(rows, row, "articles"));
	json_member(body, "request_id", row_text(rows, row, "request_id"));
	buffer_char(body, '}');
}

struct problem *transition_history(struct request *rq, enum machine machine)
{
	struct subject subject = {.machine = machine, .id = request_path_id(rq), .version = -1};
	TRY(machine_table[machine].load(rq, subject.id, false, &subject));
	bool open = subject.reach != 0;
	if (open && machine == MACHINE_SHEET)
		TRY(sheet_is_open(rq, &subject, &open));
	if (!open)
		return request_not_found(rq);
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_HISTORY_LIST, P(subject.id, machine_name(machine)), &rows));
	bool only_public = (subject.reach & ~(role_set)ROLE_public) == 0;
	buffer_text(&rq->reply.body, "{\"items\":[");
	for (int i = 0; i < rows.count; i++) {
		if (i)
			buffer_char(&rq->reply.body, ',');
		if (only_public)
			write_public_line(rq, &rows, i);
		else
			write_line(rq, &rows, i, subject.reach);
	}
	buffer_text(&rq->reply.body, "]}");
	rq->reply.version = subject.version;
	return NULL;
}
