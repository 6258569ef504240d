/* Applications for recognition (articles 3(2), 10, 11): started as a draft, filled in, and then moved through
   their own door only. What may be changed when is here; whether it suffices is policy. */
#include "application.h"

#include "decision.h"
#include "facts_application.h"
#include "form_mask.h"
#include "operations.h"
#include "reply.h"
#include "text.h"

#include <string.h>

/* Who may see a recommending unit's opinion: not the host, not the members. */
#define OPINION_READERS                                                                                      \
	(ROLE_officer | ROLE_leader | ROLE_county | ROLE_dept | ROLE_assoc | ROLE_lead | ROLE_council |      \
	 ROLE_expert | ROLE_auditor)

static const struct schema *shown_schema(const struct request *rq, const char *member, bool items)
{
	const struct schema *schema = rq->op->reply ? schema_property(rq->op->reply, member) : NULL;
	return schema && items ? schema->items : schema;
}

/* The first row as one JSON object; NULL when there is none. */
static const char *row_json(struct request *rq, const struct rows *rows, const struct schema *schema)
{
	const char *list = rows->count ? rows_json(rq, rows, schema) : NULL;
	return list ? arena_strndup(rq->arena, list + 1, strlen(list) - 2) : NULL;
}

/* ---- showing ---- */

static struct problem *extras_fill(struct request *rq, struct subject *subject, const char *form,
				   struct reply_extra *extras)
{
	struct rows rows;
	role_set reach = subject->reach;
	bool is_member_only = !(reach & ~(role_set)(ROLE_member | ROLE_public));
	const char *shown;
	size_t n = 0;
	TRY(form_shown(rq, reach, form, &shown));
	extras[n++] = (struct reply_extra){"form", shown};
	if (reach & OPINION_READERS) {
		TRY(db_run(rq->db, rq->arena, SQL_ENDORSEMENT_LATEST, P(subject->id), &rows));
		const char *endorsement = row_json(rq, &rows, shown_schema(rq, "endorsement", false));
		if (endorsement)
			extras[n++] = (struct reply_extra){"endorsement", endorsement};
	}
	if (!is_member_only) {
		TRY(db_run(rq->db, rq->arena, SQL_APPLICATION_POINTS, P(subject->id), &rows));
		extras[n++] = (struct reply_extra){"points",
						   rows_json(rq, &rows, shown_schema(rq, "points", true))};
		TRY(db_run(rq->db, rq->arena, SQL_ATTACHMENT_OF_APPLICATION,
			   P(subject->id, rq->caller->account_id), &rows));
		extras[n++] = (struct reply_extra){
			"attachments", rows_json(rq, &rows, shown_schema(rq, "attachments", true))};
	}
	extras[n++] =
		(struct reply_extra){"actions", is_member_only ? "[]" : transition_actions(rq, subject)};
	extras[n] = (struct reply_extra){NULL, NULL};
	return NULL;
}

static struct problem *application_show(struct request *rq, const char *id)
{
	struct subject subject;
	struct rows rows;
	struct reply_extra extras[6];
	TRY(application_load(rq, id, false, &subject));
	if (!subject.reach)
		return request_not_found(rq);
	TRY(db_run(rq->db, rq->arena, SQL_APPLICATION_GET, P(id), &rows));
	if (!rows.count)
		return request_not_found(rq);
	TRY(extras_fill(rq, &subject, row_text(&rows, 0, "_form"), extras));
	reply_row(rq, &rows, 0, extras);
	return NULL;
}

struct problem *get_application(struct request *rq)
{
	return application_show(rq, request_path_id(rq));
}

struct problem *list_applications(struct request *rq)
{
	const char *q = request_value(rq, "q");
	return reply_page(rq, SQL_APPLICATION_LIST,
			  P(request_value(rq, "status"), request_value(rq, "industry_field"),
			    request_value(rq, "recommender_id"), q ? text_name_key(rq->arena, q) : NULL, q),
			  NULL);
}

struct problem *list_application_transitions(struct request *rq)
{
	return transition_history(rq, MACHINE_APP);
}

struct problem *create_application_transition(struct request *rq)
{
	return transition_post(rq, MACHINE_APP);
}

struct problem *list_application_revisions(struct request *rq)
{
	struct subject subject;
	struct rows rows;
	TRY(application_subject(rq, request_path_id(rq), false, &subject));
	if (!(subject.reach & ~(role_set)ROLE_member))
		return request_not_found(rq);
	TRY(db_run(rq->db, rq->arena, SQL_APPLICATION_REVISIONS, P(subject.id, rq->caller->account_id),
		   &rows));
	json_t *items = json_array();
	for (int i = 0; i < rows.count; i++) {
		const char *form;
		TRY(form_shown(rq, subject.reach, row_text(&rows, i, "form"), &form));
		json_t *item =
			json_pack("{s:I, s:s, s:s, s:s*, s:O, s:O}", "revision",
				  (json_int_t)row_integer(&rows, i, "revision"), "snapshot_sha256",
				  row_text(&rows, i, "snapshot_sha256"), "at", row_text(&rows, i, "at"),
				  "name", row_text(&rows, i, "name"), "form", json_parse(rq->arena, form),
				  "attachments", json_parse(rq->arena, row_text(&rows, i, "attachments")));
		json_array_append_new(items, item);
	}
	reply_json(rq, json_pack("{s:o}", "items", items));
	return NULL;
}

/* ---- the form: merge patch (RFC 7396), capitals in codes ---- */

/* A copy of the target with the patch merged into it; null removes. */
static void merge_into(json_t *target, const json_t *patch)
{
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)patch, name, value)
	{
		json_t *member = json_object_get(target, name);
		if (json_is_null(value)) {
			json_object_del(target, name);
		} else if (json_is_object(value)) {
			if (!json_is_object(member)) {
				json_object_set_new(target, name, json_object());
				member = json_object_get(target, name);
			}
			merge_into(member, value);
		} else {
			json_object_set_new(target, name, json_deep_copy(value));
		}
	}
}

/* Every credit code of the form in capitals, wherever it stands. */
static void codes_fold(struct request *rq, json_t *value)
{
	const char *name;
	json_t *member;
	size_t i;
	if (json_is_array(value)) {
		json_array_foreach(value, i, member) codes_fold(rq, member);
		return;
	}
	json_object_foreach(value, name, member)
	{
		if (json_is_string(member) &&
		    (!strcmp(name, "credit_code") || !strcmp(name, "custodian_credit_code")))
			json_string_set(member, credit_code_fold(rq->arena, json_string_value(member)));
		else if (json_is_object(member) || json_is_array(member))
			codes_fold(rq, member);
	}
}

/* The credit code of the host: of the member so marked, which is what the articles go by. */
static const char *host_code(const json_t *form)
{
	const json_t *members = json_object_get(form, "members");
	for (size_t i = 0; i < json_array_size(members); i++)
		if (json_is_true(json_object_get(json_array_get(members, i), "is_host")))
			return json_string_value(json_object_get(json_array_get(members, i), "credit_code"));
	return NULL;
}

static struct problem *unknown_code(struct request *rq, const char *pointer, const char *zh, const char *en)
{
	struct problem *problem = problem_new(rq->arena, PROBLEM_invalid_request, NULL, NULL);
	problem_error(rq->arena, problem, pointer, "unknown", NULL, zh, en);
	return problem;
}

/* Codes that point into other tables; whether they suit is for the rules. */
static struct problem *references_check(struct request *rq, const char *recommender_id,
					const char *industry_field)
{
	struct rows rows;
	if (recommender_id) {
		TRY(db_run(rq->db, rq->arena, SQL_RECOMMENDER_KNOWN, P(recommender_id), &rows));
		if (!rows.count)
			return unknown_code(rq, "#/recommender_id", "没有这个推荐单位。",
					    "There is no such recommending unit.");
	}
	if (industry_field) {
		TRY(db_run(rq->db, rq->arena, SQL_INDUSTRY_FIELD_KNOWN, P(industry_field), &rows));
		if (!rows.count)
			return unknown_code(rq, "#/industry_field", "没有这个产业领域代码。",
					    "There is no such industry field.");
	}
	return NULL;
}

/* ---- creation ---- */

/* Who starts the draft: the lead for itself, or the unit that designs the alliance. */
struct author {
	const char *origin; /* self, county, dept, assoc; NULL = out of reach */
	const char *designed_by_id;
	role_set role;
};

static struct problem *author_find(struct request *rq, const char *lead_id, struct author *ret)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_ORGANISATION_FIND, P(lead_id), &rows));
	*ret = (struct author){NULL, NULL, 0};
	for (size_t i = 0; rows.count && i < rq->caller->grant_count; i++) {
		const struct grant *grant = &rq->caller->grants[i];
		const char *unit = grant->recommender_id,
			   *administering = row_text(&rows, 0, "administering_unit_id");
		if (grant->role == ROLE_lead && grant->organisation_id &&
		    !strcmp(grant->organisation_id, lead_id)) {
			*ret = (struct author){"self", NULL, ROLE_lead};
			return NULL;
		}
		if (ret->origin || !unit)
			continue;
		/* A county designs in its jurisdiction; departments and associations by field, which AP-28
		 * judges at submission. */
		if (grant->role == ROLE_county ? administering && !strcmp(unit, administering)
					       : (grant->role & (ROLE_dept | ROLE_assoc)) != 0)
			*ret = (struct author){role_name(grant->role), unit, grant->role};
	}
	return NULL;
}

static struct problem *draft_insert(struct request *rq, const char *id, const struct author *author)
{
	const char *number, *name = body_text(rq, "name"), *kind = body_text(rq, "kind"),
			    *field = body_text(rq, "industry_field");
	const char *unit = author->designed_by_id ? author->designed_by_id : body_text(rq, "recommender_id");
	json_t *given = json_object_get(rq->body, "form"), *form = json_keep(rq->arena, json_object());
	if (given)
		merge_into(form, given);
	codes_fold(rq, form);
	TRY(references_check(rq, unit, field));
	TRY(request_next_number(rq, "SQ", rq->today.year, &number));
	return db_run(rq->db, rq->arena, SQL_APPLICATION_INSERT,
		      P(id, number, kind ? kind : "recognition", body_text(rq, "predecessor_id"),
			author->origin, author->designed_by_id, unit, body_text(rq, "lead_organisation_id"),
			host_code(form), name, text_name_key(rq->arena, name), field,
			body_text(rq, "industry_class"), json_canonical(rq->arena, form),
			rq->caller->account_id, rq->now_text),
		      NULL);
}

struct problem *create_application(struct request *rq)
{
	struct author author;
	struct subject subject;
	const char *id = request_new_id(rq), *predecessor = body_text(rq, "predecessor_id");
	TRY(author_find(rq, body_text(rq, "lead_organisation_id"), &author));
	OPEN(rq, "application", id, author.role, -1);
	TRY(draft_insert(rq, id, &author));
	TRY(application_subject(rq, id, true, &subject));
	if (predecessor)
		TRY(predecessor_facts_load(rq, predecessor, subject.facts));
	subject.status = "new";
	subject.reach = author.role;
	TRY(transition_create(rq, &subject, "create", rq->body));
	TRY(application_show(rq, id));
	reply_created(rq, "/v1/applications/%s", id);
	return NULL;
}

/* ---- PATCH ---- */

static bool status_is_editable(const char *status)
{
	static const char *const EDITABLE[] = {"draft", "returned", "correction", "rectifying"};
	for (size_t i = 0; i < sizeof EDITABLE / sizeof *EDITABLE; i++)
		if (!strcmp(status, EDITABLE[i]))
			return true;
	return false;
}

/* In a correction the unit is asked already: another one is the officer's act (reassign_recommender). */
static bool status_may_choose_unit(const char *status)
{
	return !strcmp(status, "draft") || !strcmp(status, "returned");
}

static struct problem *not_editable(struct request *rq, const char *pointer)
{
	struct problem *problem =
		problem_new(rq->arena, PROBLEM_illegal_transition, "当前状态不能修改申请内容。",
			    "The application cannot be changed in this status.");
	problem_error(rq->arena, problem, pointer, "status", "11", problem->detail_zh, problem->detail_en);
	return problem;
}

/* A head field: of the patch when it names it, null clears; otherwise as it was. */
static const char *head_patched(const struct request *rq, const char *name, const char *present)
{
	const json_t *member = json_object_get(rq->body, name);
	return member ? json_string_value(member) : present;
}

static struct problem *patch_store(struct request *rq, const struct subject *subject)
{
	const struct application *own = subject->own;
	const struct application_facts *facts = subject->facts->application;
	const char *unit = head_patched(rq, "recommender_id", own->recommender_id);
	const char *field = head_patched(rq, "industry_field", facts->industry_field);
	const char *name = head_patched(rq, "name", own->name);
	const json_t *patch = json_object_get(rq->body, "form");
	json_t *form = json_keep(rq->arena, json_deep_copy(own->form));
	if (!name)
		return unknown_code(rq, "#/name", "名称不能清空。", "The name cannot be cleared.");
	if (json_is_null(patch))
		json_object_clear(form);
	else if (patch)
		merge_into(form, patch);
	codes_fold(rq, form);
	TRY(references_check(rq, unit, field));
	return db_run(rq->db, rq->arena, SQL_APPLICATION_UPDATE,
		      P(subject->id, name, text_name_key(rq->arena, name), unit, field,
			head_patched(rq, "industry_class", facts->industry_class),
			json_canonical(rq->arena, form), host_code(form), rq->now_text),
		      NULL);
}

struct problem *update_application(struct request *rq)
{
	struct subject subject;
	TRY(application_subject(rq, request_path_id(rq), true, &subject));
	/* The form belongs to the lead: another role's reach is a role that may not do this, as the operation
	 * says. */
	OPEN(rq, "application", request_path_id(rq), subject.reach & rq->op->roles, subject.version);
	if (!status_is_editable(subject.status))
		return not_editable(rq, NULL);
	if (json_object_get(rq->body, "recommender_id") && !status_may_choose_unit(subject.status))
		return not_editable(rq, "#/recommender_id");
	TRY(patch_store(rq, &subject));
	return application_show(rq, subject.id);
}
