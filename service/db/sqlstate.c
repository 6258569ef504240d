/* SQLSTATE to problem. A row value (the DETAIL of an error) goes nowhere: not to the caller, not to the log.
 */
#include "sqlstate.h"

#include "db.h"
#include "statement.h"

#include <ctype.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* Constraints whose names do not say their member as <table>_<member>_key or …_fkey do; matched by prefix. */
static const struct known_constraint {
	const char *prefix, *pointer, *code, *detail_zh, *detail_en;
} known_constraints[] = {
	{"account_external_key", "#/subject", "taken", "该外部身份已对应其他账户。",
	 "This external identity belongs to another account."},
	{"account_grant_live_key", "#/role", "taken", "该账户已有同一授权。",
	 "The account already has this grant."},
	{"organisation_credit_code_key", "#/credit_code", "taken", "该统一社会信用代码已登记。",
	 "This credit code is registered already."},
	{"recommender_code_key", "#/code", "taken", "该代码已被使用。", "This code is taken."},
	{"credential_client_id_key", "#/client_id", "taken", "该 client_id 已被使用。",
	 "This client_id is taken."},
	{"award_once_key", "#/alliance_id", "taken", "该次认定已有资助。",
	 "This recognition has its award already."},
	{"award_scheme_year_key", "#/fiscal_year", "taken", "该年度已有确认的资助标准。",
	 "The year has a confirmed scheme already."},
	{"budget_line_year_key", "#/fiscal_year", "taken", "该年度该类已有预算。",
	 "There is a budget line of that year and kind."},
	{"payment_replaces_key", "#/replaces_id", "taken", "该笔支付已被替换。",
	 "The payment is replaced already."},
	{"document_document_no_key", "#/document_no", "taken", "该文号已被使用。",
	 "This document number is taken."},
	{"document_no_", "#/document_no", "taken", "该文号已被使用。", "This document number is taken."},
	{"parameter_key_daterange_excl", "#/valid_from", "overlap", "与已有期间重叠。",
	 "It overlaps an existing period."},
	{"policy_version_daterange_excl", "#/valid_from", "overlap", "同一日期只能有一个有效版本。",
	 "One version only is in force on a date."},
};

/* A defect of the program, whatever the class says: these constraints guard the lifecycle and the history. */
static const char *const defect_prefixes[] = {"history_", "lifecycle_", "idempotency_key_"};

static struct problem *make(struct arena *arena, enum problem_code code, int retry_after)
{
	struct problem *problem = problem_new(arena, code, NULL, NULL);
	problem->retry_after = retry_after;
	return problem;
}

static bool starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static const struct known_constraint *known(const char *constraint)
{
	for (size_t i = 0; i < LENGTH(known_constraints); i++)
		if (starts(constraint, known_constraints[i].prefix))
			return &known_constraints[i];
	return NULL;
}

static bool is_defect(const char *constraint)
{
	for (size_t i = 0; i < LENGTH(defect_prefixes); i++)
		if (starts(constraint, defect_prefixes[i]))
			return true;
	/* the lifecycle's own foreign key on every table with a status */
	return strstr(constraint, "_machine_status_fkey") != NULL;
}

/* constraint_pointer - organisation_credit_code_key of table organisation -> "#/credit_code". */
static const char *constraint_pointer(struct arena *arena, const char *table, const char *constraint)
{
	size_t skip = table && starts(constraint, table) ? strlen(table) + 1 : 0;
	if (skip == 0 || strlen(constraint) <= skip)
		return NULL;
	const char *member = constraint + skip;
	const char *last = strrchr(member, '_');
	if (!last || last == member)
		return NULL;
	return arena_printf(arena, "#/%.*s", (int)(last - member), member);
}

static struct problem *violation(struct arena *arena, const PGresult *result, enum problem_code code,
				 const char *word, const char *detail_zh, const char *detail_en)
{
	const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
	const char *table = PQresultErrorField(result, PG_DIAG_TABLE_NAME);
	const char *column = PQresultErrorField(result, PG_DIAG_COLUMN_NAME);
	if (constraint && is_defect(constraint))
		return make(arena, PROBLEM_internal, 0);
	struct problem *problem = make(arena, code, 0);
	const struct known_constraint *entry = constraint ? known(constraint) : NULL;
	if (entry) {
		problem_error(arena, problem, entry->pointer, entry->code, NULL, entry->detail_zh,
			      entry->detail_en);
		return problem;
	}
	const char *pointer = NULL;
	if (constraint)
		pointer = constraint_pointer(arena, table, constraint);
	else if (column)
		pointer = arena_printf(arena, "#/%s", column);
	problem_error(arena, problem, pointer, word, NULL, detail_zh, detail_en);
	return problem;
}

static struct problem *reference(struct arena *arena, const PGresult *result, enum statement statement)
{
	const char *text = statement < STATEMENT_COUNT ? statements[statement].text : "";
	while (isspace((unsigned char)*text))
		text++;
	if (strncasecmp(text, "delete", 6) == 0)
		return violation(arena, result, PROBLEM_conflict, "in_use", "仍被其他记录引用。",
				 "Other records still refer to it.");
	return violation(arena, result, PROBLEM_rule_not_met, "unknown_reference", "引用的对象不存在。",
			 "It refers to something that does not exist.");
}

/* by_class - the states that are told by their first two characters. */
static struct problem *by_class(struct arena *arena, const PGresult *result, const char *state)
{
	if (starts(state, "08") || starts(state, "53") || starts(state, "57P"))
		return make(arena, PROBLEM_database_unavailable, 1);
	if (starts(state, "40"))
		return make(arena, PROBLEM_overloaded, 1);
	if (starts(state, "22") || strcmp(state, "23514") == 0 || strcmp(state, "23502") == 0)
		return violation(arena, result, PROBLEM_rule_not_met, "value", "数据不符合数据库约束。",
				 "A value breaks a constraint of the database.");
	return make(arena, PROBLEM_internal, 0);
}

static struct problem *by_state(struct arena *arena, const PGresult *result, const char *state,
				enum statement statement)
{
	if (strcmp(state, "23505") == 0)
		return violation(arena, result, PROBLEM_conflict, "taken", "已有相同的记录。",
				 "There is such a record already.");
	if (strcmp(state, "23P01") == 0)
		return violation(arena, result, PROBLEM_conflict, "overlap", "与已有记录重叠。",
				 "It overlaps an existing record.");
	if (strcmp(state, "23503") == 0)
		return reference(arena, result, statement);
	if (strcmp(state, "22021") == 0 || strcmp(state, "22P05") == 0)
		return make(arena, PROBLEM_invalid_request, 0);
	if (strcmp(state, "55P03") == 0)
		return make(arena, PROBLEM_locked, 1);
	if (strcmp(state, "57014") == 0)
		return make(arena, PROBLEM_overloaded, 5);
	if (strcmp(state, "AL002") == 0)
		return make(arena, PROBLEM_illegal_transition, 0);
	return by_class(arena, result, state);
}

/* says_values - whether the message of that class may quote what a caller sent. */
static bool says_values(const char *state)
{
	return starts(state, "22") || starts(state, "23");
}

/* What is written for a result that never came. */
#define SILENT "SQLSTATE 08000 "

struct problem *sqlstate_problem(struct arena *arena, const PGresult *result, enum statement statement)
{
	const char *name = statement < STATEMENT_COUNT ? statements[statement].name : "command";
	const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	if (!state) {
		struct problem *problem = make(arena, PROBLEM_database_unavailable, 1);
		problem->cause = arena_printf(arena, SILENT "%s: connection lost", name);
		return problem;
	}
	struct problem *problem = by_state(arena, result, state, statement);
	const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	problem->cause = arena_printf(arena, "SQLSTATE %s %s: %s", state, name,
				      constraint                       ? constraint
				      : message && !says_values(state) ? message
								       : "value refused");
	return problem;
}

bool sqlstate_is_silent(const struct problem *problem)
{
	return problem->cause && starts(problem->cause, SILENT);
}

bool sqlstate_is_lost(const PGresult *result)
{
	const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	return !state || starts(state, "08") || starts(state, "57P");
}

bool sqlstate_is_locked(const PGresult *result)
{
	const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	return state && strcmp(state, "55P03") == 0;
}

/* A plan made before a change of the schema (0A000, 26000) is cured by a new connection, as a deadlock by a
 * repeat. */
static const char *const retryable[] = {"SQLSTATE 40001 ", "SQLSTATE 40P01 ", SILENT,
					"SQLSTATE 57P01 ", "SQLSTATE 0A000 ", "SQLSTATE 26000 "};

bool db_is_retryable(const struct problem *problem)
{
	if (!problem->cause || problem->code == PROBLEM_outcome_unknown)
		return false;
	for (size_t i = 0; i < LENGTH(retryable); i++)
		if (starts(problem->cause, retryable[i]))
			return true;
	return false;
}
