/* Organisations (article 6(2)): legal persons with their credit code and domicile, and the waiver of a code
   whose check digit is wrong on the licence itself. Whose jurisdiction an organisation is under is the
   bureau's word, not its own. */
#include "application.h"
#include "history.h"
#include "lifecycle.h"
#include "operations.h"
#include "reply.h"

#include "text.h"

#include <ctype.h>
#include <string.h>

const char *credit_code_fold(struct arena *arena, const char *code)
{
	if (!code)
		return NULL;
	char *folded = arena_strdup(arena, code);
	for (char *c = folded; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	return folded;
}

static struct problem *organisation_show(struct request *rq, const char *id)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_ORGANISATION_GET, P(id, rq->caller->account_id), &rows));
	if (!rows.count || !role_set_parse_list(row_text(&rows, 0, "_reach")))
		return request_not_found(rq);
	reply_row(rq, &rows, 0, NULL);
	return NULL;
}

struct problem *list_organisations(struct request *rq)
{
	const char *q = request_value(rq, "q");
	return reply_page(rq, SQL_ORGANISATION_LIST,
			  P(request_value(rq, "type"), request_value(rq, "division_code"),
			    request_value(rq, "credit_code"), q ? text_name_key(rq->arena, q) : NULL),
			  NULL);
}

struct problem *get_organisation(struct request *rq)
{
	return organisation_show(rq, request_path_id(rq));
}

/* AP-11. Only an officer may register a code whose check digit alone is wrong: the licence says so, and a
 * waiver will follow. */
static struct problem *code_judge(struct request *rq, const char *code)
{
	const char *fault = credit_code_check(code);
	struct findings findings;
	if (!fault)
		return NULL;
	if (!strcmp(fault, "check_digit") && body_bool(rq, "credit_code_exception") &&
	    (rq->caller->roles & ROLE_officer))
		return NULL;
	findings_start(&findings, rq->arena);
	finding_add(&findings, RULE_AP_11, "#/credit_code", NULL, NULL);
	return findings_problem(&findings);
}

/* Who is not the bureau gets the unit of the map; zones and other exceptions are set by an officer. */
static struct problem *unit_choose(struct request *rq, const char *named, const char *division_code,
				   const char **ret)
{
	struct rows rows;
	if (named && !(rq->caller->roles & ROLE_officer)) {
		struct problem *problem =
			problem_new(rq->arena, PROBLEM_forbidden, "主管单位由市科技局登记。",
				    "The administering unit is set by the bureau.");
		problem_error(rq->arena, problem, "#/administering_unit_id", "forbidden", NULL,
			      problem->detail_zh, problem->detail_en);
		return problem;
	}
	if (named) {
		TRY(db_run(rq->db, rq->arena, SQL_RECOMMENDER_KNOWN, P(named), &rows));
		if (rows.count && !strcmp(row_text(&rows, 0, "kind"), "county")) {
			*ret = named;
			return NULL;
		}
		struct problem *problem = problem_new(rq->arena, PROBLEM_invalid_request, NULL, NULL);
		problem_error(rq->arena, problem, "#/administering_unit_id", "unknown", NULL,
			      "没有这个县市区（园区）单位。", "There is no such county unit.");
		return problem;
	}
	TRY(db_run(rq->db, rq->arena, SQL_RECOMMENDER_OF_DIVISION, P(division_code, rq->today_text), &rows));
	*ret = rows.count ? row_text(&rows, 0, "id") : NULL;
	return NULL;
}

static const char *integer_text(struct request *rq, int64_t value)
{
	return arena_printf(rq->arena, "%lld", (long long)value);
}

static const char *capital_text(struct request *rq, const char *name)
{
	return json_is_object(json_object_get(rq->body, name)) ? integer_text(rq, body_money(rq, name))
							       : NULL;
}

struct problem *create_organisation(struct request *rq)
{
	const char *id = request_new_id(rq), *unit = NULL,
		   *code = credit_code_fold(rq->arena, body_text(rq, "credit_code"));
	const char *name = body_text(rq, "name");
	OPEN_NEW(rq, "organisation");
	rq->subject_id = id;
	TRY(code_judge(rq, code));
	TRY(unit_choose(rq, body_text(rq, "administering_unit_id"), body_text(rq, "division_code"), &unit));
	TRY(db_run(rq->db, rq->arena, SQL_ORGANISATION_INSERT,
		   P(id, code, body_text(rq, "legacy_code"), name, text_name_key(rq->arena, name),
		     body_text(rq, "type"), body_text(rq, "division_code"), unit,
		     body_bool(rq, "independent_legal_person") ? "true" : "false",
		     body_text(rq, "legal_representative"), body_text(rq, "address"),
		     capital_text(rq, "registered_capital"), body_text(rq, "founded_on"),
		     body_bool(rq, "is_fictitious") ? "true" : "false", rq->caller->account_id, rq->now_text),
		   NULL));
	TRY(organisation_show(rq, id));
	reply_created(rq, "/v1/organisations/%s", id);
	return NULL;
}

/* The member of the patch, or the column when the patch does not name it; null clears it. */
static const char *patched(struct request *rq, const struct rows *rows, const char *name)
{
	const json_t *member = json_object_get(rq->body, name);
	if (!member)
		return row_text(rows, 0, name);
	return json_is_null(member) ? NULL : json_string_value(member);
}

/* ---- what of an organisation changes by whose hand ---- */

static bool is_changed(struct request *rq, const struct rows *rows, const char *name)
{
	const json_t *member = json_object_get(rq->body, name);
	const char *before = row_text(rows, 0, name), *after = patched(rq, rows, name);
	if (!member)
		return false;
	if (json_is_boolean(member))
		return json_is_true(member) != row_bool(rows, 0, name);
	return strcmp(before ? before : "", after ? after : "") != 0;
}

/* Domicile and legal personality decide jurisdiction and admission: given once, changed by the bureau. */
static struct problem *domicile_judge(struct request *rq, const struct rows *rows)
{
	static const char *const names[] = {"division_code", "independent_legal_person", NULL};
	struct problem *problem = problem_new(
		rq->arena, PROBLEM_forbidden, "登记后住所地和独立法人资格由市科技局变更。",
		"After registration the domicile and the legal personality are changed by the bureau.");
	for (int i = 0; names[i]; i++)
		if (is_changed(rq, rows, names[i]))
			problem_error(rq->arena, problem, arena_printf(rq->arena, "#/%s", names[i]),
				      "forbidden", NULL, problem->detail_zh, problem->detail_en);
	return problem->errors ? problem : NULL;
}

/* TR-35: what is on file keeps the identity under which it was filed. */
static struct problem *identity_judge(struct request *rq, const struct rows *rows)
{
	static const char *const names[] = {"name", "type", "legal_representative", NULL};
	struct findings findings;
	findings_start(&findings, rq->arena);
	for (int i = 0; names[i] && row_bool(rows, 0, "_filed"); i++)
		if (is_changed(rq, rows, names[i]))
			finding_add(&findings, RULE_TR_35, arena_printf(rq->arena, "#/%s", names[i]), NULL,
				    NULL);
	return findings_problem(&findings);
}

static struct problem *change_judge(struct request *rq, const struct rows *rows)
{
	if (rq->caller->roles & ROLE_officer)
		return NULL;
	if (!role_set_parse_list(row_text(rows, 0, "_write_reach")))
		return problem_new(rq->arena, PROBLEM_forbidden, "该单位的信息由其本单位账户或市科技局变更。",
				   "This organisation is changed by its own accounts or by the bureau.");
	TRY(domicile_judge(rq, rows));
	return identity_judge(rq, rows);
}

static json_t *column_json(const char *name, const char *text)
{
	if (!text)
		return json_null();
	return strcmp(name, "independent_legal_person") ? json_string(text) : json_boolean(*text == 't');
}

/* change_write - the history line of the change: each member that differs, before and after. */
static struct problem *change_write(struct request *rq, const struct rows *before, const struct rows *after)
{
	static const char *const names[] = {"name",
					    "type",
					    "division_code",
					    "administering_unit.id",
					    "independent_legal_person",
					    "legal_representative",
					    "address",
					    "registered_capital",
					    "founded_on",
					    NULL};
	json_t *changes = json_keep(rq->arena, json_object());
	for (int i = 0; names[i]; i++) {
		const char *old = row_text(before, 0, names[i]), *new = row_text(after, 0, names[i]);
		if (strcmp(old ? old : "", new ? new : "") != 0)
			json_object_set_new(changes, names[i],
					    json_pack("{s:o, s:o}", "old", column_json(names[i], old), "new",
						      column_json(names[i], new)));
	}
	struct history_line line = {
		.kind = "organisation",
		.id = rq->subject_id,
		.action = rq->op->name,
		.role = rq->acting_role,
		.detail = arena_printf(rq->arena, "{\"changes\":%s}", json_canonical(rq->arena, changes))};
	return history_write(rq, &line);
}

static struct problem *unit_patched(struct request *rq, const struct rows *rows, const char **ret)
{
	const json_t *unit = json_object_get(rq->body, "administering_unit_id");
	*ret = row_text(rows, 0, "administering_unit.id");
	if (json_is_string(unit) || is_changed(rq, rows, "division_code"))
		return unit_choose(rq, json_string_value(unit), patched(rq, rows, "division_code"), ret);
	if (json_is_null(unit) && (rq->caller->roles & ROLE_officer))
		*ret = NULL;
	return NULL;
}

struct problem *update_organisation(struct request *rq)
{
	struct rows rows, after;
	const char *id = request_path_id(rq), *unit = NULL;
	TRY(db_run(rq->db, rq->arena, SQL_ORGANISATION_LOCK, P(id, rq->caller->account_id), &rows));
	role_set reach = rows.count ? role_set_parse_list(row_text(&rows, 0, "_reach")) & rq->op->roles : 0;
	OPEN(rq, "organisation", id, reach, rows.count ? row_integer(&rows, 0, "version") : -1);
	TRY(change_judge(rq, &rows));
	TRY(unit_patched(rq, &rows, &unit));
	const json_t *person = json_object_get(rq->body, "independent_legal_person"),
		     *capital = json_object_get(rq->body, "registered_capital");
	const char *name = patched(rq, &rows, "name");
	TRY(db_run(
		rq->db, rq->arena, SQL_ORGANISATION_UPDATE,
		P(id, name, text_name_key(rq->arena, name), patched(rq, &rows, "type"),
		  patched(rq, &rows, "division_code"), unit,
		  (person ? json_is_true(person) : row_bool(&rows, 0, "independent_legal_person")) ? "true"
												   : "false",
		  patched(rq, &rows, "legal_representative"), patched(rq, &rows, "address"),
		  capital ? capital_text(rq, "registered_capital") : row_text(&rows, 0, "registered_capital"),
		  patched(rq, &rows, "founded_on"), rq->now_text),
		NULL));
	TRY(db_run(rq->db, rq->arena, SQL_ORGANISATION_GET, P(id, rq->caller->account_id), &after));
	TRY(change_write(rq, &rows, &after));
	return organisation_show(rq, id);
}

/* ---- the waiver of a credit code: the officer makes it, the leader confirms it ---- */

static struct problem *waiver_show(struct request *rq, const char *organisation_id, const char *id)
{
	TRY(reply_statement(rq, SQL_CREDIT_CODE_WAIVER_GET, P(id, organisation_id), NULL));
	reply_created(rq, "/v1/organisations/%s", organisation_id);
	return NULL;
}

struct problem *create_credit_code_waiver(struct request *rq)
{
	struct rows rows, scan;
	const char *id = request_new_id(rq), *organisation_id = request_path_id(rq),
		   *attachment_id = body_text(rq, "attachment_id");
	TRY(db_run(rq->db, rq->arena, SQL_ORGANISATION_LOCK, P(organisation_id, rq->caller->account_id),
		   &rows));
	role_set reach = rows.count ? role_set_parse_list(row_text(&rows, 0, "_reach")) & rq->op->roles : 0;
	OPEN(rq, "organisation", organisation_id, reach, -1);
	rq->reason = body_text(rq, "reason");
	if (row_bool(&rows, 0, "credit_code_waived") || !credit_code_check(row_text(&rows, 0, "credit_code")))
		return problem_new(rq->arena, PROBLEM_conflict, "该单位的信用代码无需豁免。",
				   "The credit code of this organisation needs no waiver.");
	TRY(db_run(rq->db, rq->arena, SQL_CREDIT_CODE_WAIVER_SCAN, P(attachment_id, organisation_id), &scan));
	if (!scan.count) {
		struct findings findings;
		findings_start(&findings, rq->arena);
		finding_add(&findings, RULE_AP_11, "#/attachment_id",
			    "须先上传该单位的营业执照扫描件（business_licence）。",
			    "The licence scan of this organisation (business_licence) is uploaded first.");
		return findings_problem(&findings);
	}
	TRY(db_run(rq->db, rq->arena, SQL_CREDIT_CODE_WAIVER_INSERT,
		   P(id, organisation_id, body_text(rq, "reason"), attachment_id, rq->caller->account_id,
		     rq->now_text),
		   NULL));
	TRY(request_notify(rq, "role", "leader", "credit_code_waiver.proposed", "organisation",
			   organisation_id, NULL, arena_printf(rq->arena, "credit_code_waiver.%s", id)));
	return waiver_show(rq, organisation_id, id);
}

struct problem *confirm_credit_code_waiver(struct request *rq)
{
	struct rows rows, waiver;
	const char *organisation_id = request_path_id(rq), *id = request_value(rq, "waiver_id");
	TRY(db_run(rq->db, rq->arena, SQL_ORGANISATION_LOCK, P(organisation_id, rq->caller->account_id),
		   &rows));
	role_set reach = rows.count ? role_set_parse_list(row_text(&rows, 0, "_reach")) & rq->op->roles : 0;
	TRY(db_run(rq->db, rq->arena, SQL_CREDIT_CODE_WAIVER_GET, P(id, organisation_id), &waiver));
	OPEN(rq, "organisation", organisation_id, waiver.count ? reach : 0, -1);
	if (row_bool(&waiver, 0, "confirmed"))
		return problem_new(rq->arena, PROBLEM_illegal_transition, "该豁免已确认。",
				   "The waiver is confirmed already.");
	if (!strcmp(row_text(&waiver, 0, "_maker_id"), rq->caller->account_id)) {
		struct findings findings;
		findings_start(&findings, rq->arena);
		finding_add(&findings, RULE_AP_11, NULL, "提出豁免的人不得自行确认。",
			    "Whoever proposed the waiver may not confirm it.");
		return findings_problem(&findings);
	}
	TRY(db_run(rq->db, rq->arena, SQL_CREDIT_CODE_WAIVER_CONFIRM,
		   P(id, rq->caller->account_id, rq->now_text), NULL));
	TRY(db_run(rq->db, rq->arena, SQL_ORGANISATION_WAIVED, P(organisation_id, rq->now_text), NULL));
	return waiver_show(rq, organisation_id, id);
}
