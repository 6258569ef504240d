/* Application facts: what the rules may know of an application's file, read under its row's lock (articles 1
 * to 11). Judges nothing. */
#include "application.h"

#include "decision.h"
#include "evaluation.h"
#include "facts_application.h"
#include "facts_decision.h"
#include "json.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

json_t *json_parse(struct arena *arena, const char *text)
{
	json_t *value = text ? json_loads(text, JSON_DECODE_ANY, NULL) : json_object();
	return json_keep(arena, value);
}

static json_t *json_list(struct arena *arena, const char *text)
{
	return text ? json_parse(arena, text) : json_keep(arena, json_array());
}

/* ---- the parts of the facts ---- */

static void attachments_fill(struct request *rq, const struct rows *rows, struct application_facts *ret,
			     struct application *own)
{
	json_t *list = json_list(rq->arena, row_text(rows, 0, "attachments"));
	size_t count = json_array_size(list);
	struct attachment_fact *facts = arena_alloc(rq->arena, (count + 1) * sizeof *facts);
	for (size_t i = 0; i < count; i++) {
		json_t *item = json_array_get(list, i);
		facts[i] = (struct attachment_fact){
			.id = json_string_value(json_object_get(item, "id")),
			.kind = json_string_value(json_object_get(item, "kind")),
			.media_type = json_string_value(json_object_get(item, "media_type")),
			.sha256 = json_string_value(json_object_get(item, "sha256")),
			.bytes = json_integer_value(json_object_get(item, "bytes")),
			.since_request = json_is_true(json_object_get(item, "since_request")),
		};
		json_object_del(item, "since_request"); /* no part of what is frozen */
	}
	ret->attachments = facts;
	ret->attachment_count = count;
	own->attachments = list;
}

/* A unit stands in columns of one prefix; no id, no unit. */
static const struct unit_facts *unit_fill(struct request *rq, const struct rows *rows, const char *prefix)
{
#define COLUMN(name) arena_printf(rq->arena, "%s_" name, prefix)
	if (row_is_null(rows, 0, COLUMN("id")))
		return NULL;
	struct unit_facts *unit = arena_alloc(rq->arena, sizeof *unit);
	*unit = (struct unit_facts){
		.id = row_text(rows, 0, COLUMN("id")),
		.kind = row_text(rows, 0, COLUMN("kind")),
		.name = row_text(rows, 0, COLUMN("name")),
		.credit_code = row_text(rows, 0, COLUMN("credit_code")),
		.is_active = row_bool(rows, 0, COLUMN("is_active")),
		.administers_lead = row_bool(rows, 0, COLUMN("administers_lead")),
		.has_field = row_bool(rows, 0, COLUMN("has_field")),
	};
#undef COLUMN
	return unit;
}

static void lead_fill(const struct rows *rows, struct lead_facts *ret)
{
	*ret = (struct lead_facts){
		.credit_code = row_text(rows, 0, "lead_credit_code"),
		.type = row_text(rows, 0, "lead_type"),
		.division_code = row_text(rows, 0, "lead_division_code"),
		.is_legal_person = row_bool(rows, 0, "lead_is_legal_person"),
		.is_in_city = row_bool(rows, 0, "lead_is_in_city"),
	};
}

static void endorsement_fill(const struct rows *rows, struct endorsement_facts *ret)
{
	*ret = (struct endorsement_facts){
		.status = row_text(rows, 0, "endorsement_status"),
		.recommender_id = row_text(rows, 0, "endorsement_recommender_id"),
		.requested_on = row_date(rows, 0, "endorsement_requested_on"),
		.due_on = row_date(rows, 0, "endorsement_due_on"),
		.is_overdue = row_bool(rows, 0, "endorsement_overdue"),
	};
}

/* The unit that the act names in place of the present one (reassign_recommender). */
static const char *candidate_id(const struct request *rq)
{
	const char *action = body_text(rq, "action");
	return action && !strcmp(action, "reassign_recommender") ? body_text(rq, "recommender_id") : NULL;
}

static struct problem *facts_fill(struct request *rq, const struct rows *row, struct ahead *facts,
				  struct application_facts *ret, struct application *own)
{
	struct rows rows;
	TRY(db_take(rq->db, rq->arena, facts, &rows));
	*ret = (struct application_facts){
		.kind = own->kind,
		.name = own->name,
		.industry_field = row_text(row, 0, "industry_field"),
		.industry_class = row_text(row, 0, "industry_class"),
		.form = own->form,
		.round = (int)own->round,
		.policy_in_force = row_bool(&rows, 0, "policy_in_force"),
		.name_is_taken = row_bool(&rows, 0, "name_is_taken"),
		.field_is_known = row_bool(&rows, 0, "field_is_known"),
		.lead_leads_other = row_bool(&rows, 0, "lead_leads_other"),
		.field_is_served = row_bool(&rows, 0, "field_is_served"),
		.other_is_open = row_bool(&rows, 0, "other_is_open"),
		.divisions = json_list(rq->arena, row_text(&rows, 0, "divisions")),
		.waived_codes = json_list(rq->arena, row_text(&rows, 0, "waived_codes")),
		.attachment_max_bytes = (int64_t)policy_parameters(rq)->attachment_max_mib << 20,
		.recommender = unit_fill(rq, &rows, "unit"),
		.candidate = unit_fill(rq, &rows, "candidate"),
		.actor_is_applicant = row_bool(&rows, 0, "actor_is_applicant"),
		.filed_agreement_sha256 = row_text(&rows, 0, "filed_agreement_sha256"),
		.point_count = (size_t)row_integer(&rows, 0, "point_count"),
		.panel_is_scoring = row_bool(&rows, 0, "panel_is_scoring"),
	};
	/* what was filed comes only where it differs */
	if (row_bool(&rows, 0, "is_filed"))
		ret->filed_form = row_is_null(&rows, 0, "filed_form")
					  ? own->form
					  : json_parse(rq->arena, row_text(&rows, 0, "filed_form"));
	own->endorsed_on = row_date(&rows, 0, "endorsed_on");
	lead_fill(&rows, &ret->lead);
	endorsement_fill(&rows, &ret->endorsement);
	attachments_fill(rq, &rows, ret, own);
	return NULL;
}

/* What is frozen beside the form. */
static json_t *head_fields(struct request *rq, const struct rows *rows)
{
	static const char *const NAMES[] = {"number",
					    "kind",
					    "name",
					    "industry_field",
					    "industry_class",
					    "recommender_id",
					    "lead_organisation_id"};
	json_t *head = json_keep(rq->arena, json_object());
	for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
		if (!row_is_null(rows, 0, NAMES[i]))
			json_object_set_new(head, NAMES[i], json_string(row_text(rows, 0, NAMES[i])));
	return head;
}

struct problem *application_subject(struct request *rq, const char *id, bool lock, struct subject *ret)
{
	struct rows rows;
	/* behind the lock in the same journey: what it sees is what stands once the row is ours */
	struct ahead *ahead = db_ahead(rq->db, rq->arena, SQL_APPLICATION_FACTS,
				       P(id, rq->today_text, rq->caller->account_id, candidate_id(rq)));
	TRY(db_run(rq->db, rq->arena, lock ? SQL_APPLICATION_LOCK : SQL_APPLICATION_FIND,
		   P(id, rq->caller->account_id), &rows));
	struct subject subject = {.machine = MACHINE_APP, .id = id, .version = -1};
	if (rows.count) {
		struct facts *facts = arena_alloc(rq->arena, sizeof *facts);
		struct application_facts *application = arena_alloc(rq->arena, sizeof *application);
		struct application *own = arena_alloc(rq->arena, sizeof *own);
		*own = (struct application){
			.id = row_text(&rows, 0, "id"),
			.number = row_text(&rows, 0, "number"),
			.kind = row_text(&rows, 0, "kind"),
			.name = row_text(&rows, 0, "name"),
			.recommender_id = row_text(&rows, 0, "recommender_id"),
			.lead_organisation_id = row_text(&rows, 0, "lead_organisation_id"),
			.round = row_integer(&rows, 0, "round"),
			.revision = row_integer(&rows, 0, "revision"),
			.head = head_fields(rq, &rows),
			.form = json_parse(rq->arena, row_text(&rows, 0, "form")),
		};
		TRY(facts_fill(rq, &rows, ahead, application, own));
		facts->application = application;
		facts->due_on = row_date(&rows, 0, "due_on");
		subject.id = own->id;
		subject.status = row_text(&rows, 0, "status");
		subject.version = row_integer(&rows, 0, "version");
		subject.reach = role_set_parse_list(row_text(&rows, 0, "reach"));
		subject.due_on = row_text(&rows, 0, "due_on");
		subject.facts = facts;
		subject.own = own;
	}
	*ret = subject;
	return NULL;
}

const char *acceptance_limit(struct request *rq, const struct application *application)
{
	char text[DATE_TEXT];
	if (!date_is_set(application->endorsed_on))
		return NULL;
	struct date last = calendar_add_workdays(policy_calendar(rq), application->endorsed_on,
						 policy_parameters(rq)->accept_wd);
	return arena_strdup(rq->arena, date_format(last, text));
}

struct problem *application_load(struct request *rq, const char *id, bool lock, struct subject *ret)
{
	static const char *const EVALUATED[] = {"accepted", "evaluating", "evaluated", "rectifying", NULL};
	static const char *const DECIDED[] = {"evaluated", "decision_pending", "approved", NULL};
	TRY(application_subject(rq, id, lock, ret));
	if (!ret->status)
		return NULL;
	if (text_is_one_of(ret->status, EVALUATED))
		TRY(evaluation_facts_load(rq, ret->id, ret->facts));
	if (text_is_one_of(ret->status, DECIDED))
		TRY(decision_facts_load(rq, ret->id, ret->facts));
	if (text_is(ret->status, "endorsed"))
		ret->due_on = acceptance_limit(rq, ret->own);
	if (ret->facts->decision)
		ret->due_on = decision_limit(rq, ret->facts->decision->concluded_on);
	return NULL;
}
