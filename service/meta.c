/* What the service says about itself and its law: the measures, code lists, lifecycles, rules, the clock, the
   caller, the caller's tasks, the audit log. Everything is read from the tables that the service runs by;
   nothing is written twice. */
#include "access.h"
#include "clock.h"
#include "json.h"
#include "lifecycle.h"
#include "operations.h"
#include "reply.h"

#include <string.h>

/* {"name":…,"items":[…]} of the rows, by the operation's reply schema. */
static void reply_items(struct request *rq, const char *name, const struct rows *rows)
{
	buffer_char(&rq->reply.body, '{');
	if (name) {
		buffer_text(&rq->reply.body, "\"name\":");
		buffer_json_string(&rq->reply.body, name, strlen(name));
		buffer_char(&rq->reply.body, ',');
	}
	buffer_printf(&rq->reply.body, "\"items\":%s}",
		      rows_json(rq, rows, schema_property(rq->op->reply, "items")->items));
	rq->reply.version = -1;
}

/* ---- the measures ---- */

struct problem *get_measures(struct request *rq)
{
	const char *as_of = request_value(rq, "as_of");
	return reply_statement(rq, SQL_MEASURES_GET, P(as_of ? as_of : rq->today_text), NULL);
}

static const char *const level_names[] = {"error", "warn", "info", "flag", "calc"};

struct problem *list_rules(struct request *rq)
{
	json_t *items = json_array();
	for (int i = RULE_NONE + 1; i < RULE_COUNT; i++)
		json_array_append_new(items,
				      json_pack("{s:s, s:s, s:s, s:s, s:s}", "code", rules[i].code, "level",
						level_names[rules[i].level], "articles", rules[i].articles,
						"zh", rules[i].zh, "en", rules[i].en));
	reply_json(rq, json_pack("{s:o}", "items", items));
	return NULL;
}

/* ---- lifecycles ---- */

static json_t *step_json(const struct lifecycle_row *row)
{
	static const char *const doors[] = {"call", "effect", "system"};
	json_t *roles = json_array(), *codes = json_array();
	for (role_set left = row->roles; left; left &= left - 1)
		json_array_append_new(roles, json_string(role_name(left)));
	for (size_t i = 0; i < row->rule_count; i++)
		if (row->rules[i] != RULE_NONE)
			json_array_append_new(codes, json_string(rules[row->rules[i]].code));
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:o}", "from", row->from, "action", row->action,
			 "to", row->to, "door", doors[row->door], "roles", roles, "articles", row->articles,
			 "rules", codes);
}

static bool status_is_final(enum machine machine, const char *status)
{
	for (size_t i = 0; i < lifecycle_count; i++)
		if (lifecycle[i].machine == machine && !strcmp(lifecycle[i].from, status))
			return false;
	return true;
}

/* A status of the machine, once, in the order in which the table names it. */
static void status_add(json_t *statuses, json_t *seen, enum machine machine, const char *status)
{
	if (!strcmp(status, "new") || json_object_get(seen, status))
		return;
	json_object_set_new(seen, status, json_true());
	const char *zh = label_text("status", status, false), *en = label_text("status", status, true);
	json_array_append_new(statuses, json_pack("{s:s, s:s, s:s, s:b}", "status", status, "zh",
						  zh ? zh : status, "en", en ? en : status, "is_final",
						  status_is_final(machine, status)));
}

static json_t *machine_json(struct arena *arena, enum machine machine, const char *zh)
{
	json_t *statuses = json_array(), *steps = json_array(), *seen = json_object();
	json_own(arena, seen);
	for (size_t i = 0; i < lifecycle_count; i++) {
		if (lifecycle[i].machine != machine)
			continue;
		status_add(statuses, seen, machine, lifecycle[i].from);
		status_add(statuses, seen, machine, lifecycle[i].to);
		json_array_append_new(steps, step_json(&lifecycle[i]));
	}
	return json_pack("{s:s, s:s, s:s, s:o, s:o}", "machine", machine_name(machine), "noun",
			 machine_noun(machine), "name", zh, "statuses", statuses, "steps", steps);
}

struct problem *list_lifecycles(struct request *rq)
{
	static const char *const names[] = {
#define MACHINE_ZH(name, noun, zh) zh,
		MACHINES(MACHINE_ZH)
#undef MACHINE_ZH
	};
	json_t *machines = json_array();
	for (int i = 0; i < MACHINE_COUNT; i++)
		json_array_append_new(machines, machine_json(rq->arena, (enum machine)i, names[i]));
	reply_json(rq, json_pack("{s:o}", "machines", machines));
	return NULL;
}

/* ---- code lists ---- */

/* The lists that are words alone: the codes of one list of labels.def, all of them or those of one property.
 */
static const struct code_list {
	const char *name, *labels;
	const char *codes; /* space separated; NULL = all */
} code_lists[] = {
	{"actions", "action", NULL},
	{"attachment_kinds", "kind",
	 "application_form agreement charter council_resolution legal_person_proof lead_backbone_evidence "
	 "construction_plan "
	 "annual_plan technology_roadmap fund_measures recommender_opinion compliance_declaration "
	 "feasibility_report "
	 "business_licence document_scan other"},
	{"document_types", "type", "recognition fund_allocation notice"},
	{"funding_record_kinds", "kind",
	 "commitment decommitment disbursement acquittal refund_demand refund_release refund_received "
	 "reversal budget"},
	{"industry_classes", "industry_class", NULL},
	{"organisation_types", "type",
	 "enterprise university research_institute financial cooperative association government other"},
	{"origins", "origin", NULL},
	{"recommender_kinds", "role", "county dept assoc"},
	{"roles", "role", NULL},
	{"statuses", "status", NULL},
};
static const size_t code_list_count = sizeof code_lists / sizeof code_lists[0];

static bool list_has(const struct code_list *list, const char *code)
{
	if (!list->codes)
		return true;
	size_t length = strlen(code);
	for (const char *at = list->codes; *at;) {
		size_t n = strcspn(at, " ");
		if (n == length && !memcmp(at, code, n))
			return true;
		at += n + strspn(at + n, " ");
	}
	return false;
}

static void labels_reply(struct request *rq, const struct code_list *list)
{
	json_t *items = json_array();
	for (size_t i = 0; i < label_count; i++)
		if (!strcmp(labels[i].list, list->labels) && list_has(list, labels[i].code))
			json_array_append_new(items, json_pack("{s:s, s:s, s:s}", "code", labels[i].code,
							       "zh", labels[i].zh, "en", labels[i].en));
	reply_json(rq, json_pack("{s:s, s:o}", "name", list->name, "items", items));
}

struct problem *get_code_list(struct request *rq)
{
	const char *name = request_value(rq, "name");
	struct rows rows;
	for (size_t i = 0; i < code_list_count; i++)
		if (!strcmp(code_lists[i].name, name)) {
			labels_reply(rq, &code_lists[i]);
			return NULL;
		}
	bool divisions = !strcmp(name, "divisions");
	if (!divisions && strcmp(name, "industry_fields") != 0)
		return request_not_found(rq);
	TRY(db_run(rq->db, rq->arena, divisions ? SQL_DIVISION_LIST : SQL_INDUSTRY_FIELD_LIST, P0, &rows));
	reply_items(rq, name, &rows);
	return NULL;
}

static void list_add(struct arena *arena, json_t *items, const char *name)
{
	json_array_append_new(items, json_pack("{s:s, s:s}", "name", name, "href",
					       arena_printf(arena, "/v1/code-lists/%s", name)));
}

struct problem *list_code_lists(struct request *rq)
{
	json_t *items = json_array();
	list_add(rq->arena, items, "divisions");
	list_add(rq->arena, items, "industry_fields");
	for (size_t i = 0; i < code_list_count; i++)
		list_add(rq->arena, items, code_lists[i].name);
	reply_json(rq, json_pack("{s:o}", "items", items));
	return NULL;
}

/* ---- the clock ---- */

static json_t *clock_json(const char *now_text, const char *today_text)
{
	return json_pack("{s:s, s:s, s:b}", "now", now_text, "today", today_text, "is_test",
			 access_is_test());
}

struct problem *get_clock(struct request *rq)
{
	reply_json(rq, clock_json(rq->now_text, rq->today_text));
	rq->reply.no_etag = true;
	return NULL;
}

struct problem *set_test_clock(struct request *rq)
{
	struct instant now;
	OPEN(rq, "clock", NULL, access_is_test() ? rq->caller->roles & rq->op->roles : 0, -1);
	if (!instant_parse(body_text(rq, "now"), &now))
		return problem_new(rq->arena, PROBLEM_invalid_request, NULL, NULL);
	char now_text[INSTANT_TEXT], today_text[DATE_TEXT];
	instant_format(now, now_text);
	date_format(instant_date(now), today_text);
	/* whole seconds, up: the clock never stands before the instant that was asked for */
	int64_t difference = now.microseconds - clock_wall().microseconds;
	int64_t offset = difference > 0 ? (difference + 999999) / 1000000 : difference / 1000000;
	const char *setting = body_bool(rq, "runs")
				      ? arena_printf(rq->arena, "offset:%cPT%lldS", offset < 0 ? '-' : '+',
						     (long long)(offset < 0 ? -offset : offset))
				      : arena_printf(rq->arena, "fixed:%s", now_text);
	if (!clock_set(setting))
		return problem_new(rq->arena, PROBLEM_invalid_request, "时钟无法设置为该时间",
				   "the clock cannot be set to that time");
	rq->reason = arena_strdup(rq->arena, now_text);
	reply_json(rq, clock_json(now_text, today_text));
	rq->reply.no_etag = true;
	return NULL;
}

/* ---- the caller ---- */

static json_t *words_json(struct arena *arena, const char *words)
{
	json_t *list = json_array();
	for (const char *at = words; *at;) {
		size_t n = strcspn(at, " ");
		if (n)
			json_array_append_new(list, json_string(arena_strndup(arena, at, n)));
		at += n + strspn(at + n, " ");
	}
	return list;
}

struct problem *get_me(struct request *rq)
{
	const struct caller *caller = rq->caller;
	json_t *roles = json_array();
	for (role_set left = caller->roles; left; left &= left - 1)
		json_array_append_new(roles, json_string(role_name(left)));
	json_t *me = json_pack("{s:o, s:o, s:s}", "roles", roles, "clock",
			       clock_json(rq->now_text, rq->today_text), "environment",
			       access_is_test() ? "test" : "live");
	struct rows rows = {0};
	if (caller->account_id) {
		json_object_set_new(me, "account",
				    json_pack("{s:s, s:s}", "id", caller->account_id, "name", caller->name));
		TRY(db_run(rq->db, rq->arena, SQL_GRANT_LIST, P(caller->account_id), &rows));
	}
	if (caller->scopes)
		json_object_set_new(me, "scopes", words_json(rq->arena, caller->scopes));
	if (caller->credential_id)
		json_object_set_new(me, "credential_id", json_string(caller->credential_id));
	const char *grants = caller->account_id
				     ? rows_json(rq, &rows, schema_property(rq->op->reply, "grants")->items)
				     : "[]";
	json_error_t error;
	json_object_set_new(me, "grants", json_loads(grants, 0, &error));
	reply_json(rq, me);
	return NULL;
}

struct problem *list_tasks(struct request *rq)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_TASK_LIST, P(rq->caller->account_id, rq->today_text), &rows));
	reply_items(rq, NULL, &rows);
	return NULL;
}

struct problem *list_audit_log(struct request *rq)
{
	return reply_page(rq, SQL_AUDIT_LIST,
			  P(request_value(rq, "account_id"), request_value(rq, "object_id"),
			    request_value(rq, "object_kind"), request_value(rq, "from"),
			    request_value(rq, "to")),
			  NULL);
}
