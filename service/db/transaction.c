/* Running statements: transactions on a pooled connection, single reads on the lane. A commit is acknowledged
   only when the server said COMMIT and nothing else; whatever remains in doubt is PROBLEM_outcome_unknown. */
#include "pool.h"
#include "sqlstate.h"
#include "statement.h"

#include "log.h"

#include <stdlib.h>
#include <string.h>

static void result_release(void *result)
{
	PQclear(result);
}

static struct problem *defect(struct arena *arena, enum statement statement, const char *what)
{
	struct problem *problem = problem_new(arena, PROBLEM_internal, NULL, NULL);
	problem->cause = arena_printf(arena, "statement %s: %s", statements[statement].name, what);
	return problem;
}

/* check_count - the cardinality that the statement's first line promises. */
static struct problem *check_count(struct arena *arena, enum statement statement, const PGresult *result)
{
	bool tuples = PQresultStatus(result) == PGRES_TUPLES_OK;
	int count = PQntuples(result);
	switch (statements[statement].cardinality) {
	case CARDINALITY_ONE:
		return tuples && count == 1 ? NULL : defect(arena, statement, "not exactly one row");
	case CARDINALITY_OPTIONAL:
		return tuples && count <= 1 ? NULL : defect(arena, statement, "more than one row");
	case CARDINALITY_EXEC:
		return tuples ? defect(arena, statement, "rows where none are expected") : NULL;
	case CARDINALITY_MANY:
	case CARDINALITY_COPY:
		break;
	}
	return tuples ? NULL : defect(arena, statement, "no rows");
}

/* take_result - tie the result to the arena and judge it. */
static struct problem *take_result(struct arena *arena, enum statement statement, PGresult *result,
				   struct rows *ret)
{
	if (!result)
		return sqlstate_problem(arena, NULL, statement);
	arena_defer(arena, result_release, result);
	ExecStatusType status = PQresultStatus(result);
	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
		return sqlstate_problem(arena, result, statement);
	TRY(check_count(arena, statement, result));
	if (ret)
		*ret = (struct rows){result, PQntuples(result), statement};
	return NULL;
}

static struct problem *run_open(struct db *db, struct arena *arena, enum statement statement,
				const char *const *parameters, size_t count, struct rows *ret)
{
	PGresult *result = connection_run(db->connection, statement, parameters, count);
	struct problem *problem = take_result(arena, statement, result, ret);
	/* 0A000: the plan is older than the schema; 26000: the statement is gone. A new connection prepares
	 * afresh. */
	if (problem && problem->cause &&
	    (strncmp(problem->cause, "SQLSTATE 0A000", 14) == 0 ||
	     strncmp(problem->cause, "SQLSTATE 26000", 14) == 0))
		db->connection->broken = true;
	return problem;
}

/* run_alone - one read on a pooled connection: a slow one, or one that the lane lost. */
static struct problem *run_alone(struct pool *pool, struct arena *arena, enum statement statement,
				 const char *const *parameters, size_t count, struct rows *ret)
{
	struct problem *problem = NULL;
	for (int attempt = 0; attempt < 2; attempt++) {
		struct db *db = NULL;
		TRY(db_begin(pool, arena, true, &db));
		problem = run_open(db, arena, statement, parameters, count, ret);
		db_rollback(db);
		if (!problem || !db_is_retryable(problem))
			break;
	}
	return problem;
}

struct problem *db_run(struct db *db, struct arena *arena, enum statement statement,
		       const char *const *parameters, size_t count, struct rows *ret)
{
	if (count != (size_t)statements[statement].parameters)
		return defect(arena, statement, "wrong number of parameters");
	if (!db->lane)
		return run_open(db, arena, statement, parameters, count, ret);
	PGresult *result = NULL;
	if (statements[statement].slow ||
	    !lane_submit(pool_lane(db->pool), statement, parameters, count, &result))
		return run_alone(db->pool, arena, statement, parameters, count, ret);
	struct problem *problem = take_result(arena, statement, result, ret);
	if (problem && db_is_retryable(problem))
		return run_alone(db->pool, arena, statement, parameters, count, ret);
	return problem;
}

struct problem *db_begin(struct pool *pool, struct arena *arena, bool read_only, struct db **ret)
{
	const char *command = read_only ? "begin isolation level repeatable read read only" : "begin";
	struct problem *problem = NULL;
	for (int attempt = 0; attempt < 3; attempt++) {
		struct db *db = NULL;
		TRY(pool_checkout(pool, arena, &db));
		PGresult *result = connection_command(db->connection, command);
		if (result && PQresultStatus(result) == PGRES_COMMAND_OK) {
			PQclear(result);
			*ret = db;
			return NULL;
		}
		problem = sqlstate_problem(arena, result, STATEMENT_COUNT);
		PQclear(result);
		db->connection->broken = true;
		pool_checkin(db);
	}
	return problem;
}

static struct problem *unknown(struct arena *arena, const char *why)
{
	struct problem *problem = problem_new(arena, PROBLEM_outcome_unknown, NULL, NULL);
	problem->retry_after = 1;
	problem->cause = why;
	return problem;
}

/* judge_commit - NULL only for a COMMIT that the server confirmed without a doubt. */
static struct problem *judge_commit(struct arena *arena, const PGresult *result, bool warning)
{
	if (sqlstate_is_lost(result) && (!result || PQresultStatus(result) != PGRES_COMMAND_OK))
		return unknown(arena, "connection lost during COMMIT");
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		return sqlstate_problem(arena, result, STATEMENT_COUNT);
	if (warning)
		return unknown(arena, "warning 01000 during COMMIT: not known to be on the standby");
	/* PQcmdStatus takes a pointer that is not const but only reads */
	union {
		const PGresult *read;
		PGresult *plain;
	} status = {result};
	if (strcmp(PQcmdStatus(status.plain), "COMMIT") != 0)
		return unknown(arena, "COMMIT was answered by ROLLBACK");
	return NULL;
}

struct problem *db_commit(struct db *db, struct arena *arena)
{
	struct connection *connection = db->connection;
	connection->commit_warning = false;
	connection->committing = true;
	PGresult *result = connection_command(connection, "commit");
	connection->committing = false;
	struct problem *problem = judge_commit(arena, result, connection->commit_warning);
	PQclear(result);
	if (problem && problem->code == PROBLEM_outcome_unknown)
		connection->broken = connection->changed_all = true;
	pool_checkin(db);
	return problem;
}

void db_rollback(struct db *db)
{
	if (!db)
		return;
	PGresult *result = connection_command(db->connection, "rollback");
	if (result && PQresultStatus(result) == PGRES_COMMAND_OK)
		buffer_clear(&db->connection->changed);
	PQclear(result);
	pool_checkin(db);
}

static struct problem *command(struct db *db, struct arena *arena, const char *text)
{
	PGresult *result = connection_command(db->connection, text);
	struct problem *problem = NULL;
	if (!result || PQresultStatus(result) != PGRES_COMMAND_OK)
		problem = sqlstate_problem(arena, result, STATEMENT_COUNT);
	PQclear(result);
	return problem;
}

struct problem *db_check_now(struct db *db, struct arena *arena)
{
	return command(db, arena, "set constraints all immediate");
}
