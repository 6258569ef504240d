/* Running statements: transactions on a pooled connection, single reads on the lane. A transaction is a
   pipeline: what nobody waits for travels with the next statement that somebody waits for, the last of it
   with the COMMIT. A commit is acknowledged only when the server said COMMIT and nothing else; whatever
   remains in doubt is PROBLEM_outcome_unknown. */
#include "pool.h"
#include "sqlstate.h"
#include "statement.h"

#include "log.h"
#include "task.h"

#include <stdlib.h>
#include <string.h>

static void result_release(void *result)
{
	PQclear(result);
}

static void release_answer(void *answer)
{
	answer_release(answer);
}

static struct problem *defect(struct arena *arena, enum statement statement, const char *what)
{
	struct problem *problem = problem_new(arena, PROBLEM_internal, NULL, NULL);
	problem->cause = arena_printf(arena, "statement %s: %s", statements[statement].name, what);
	return problem;
}

/* check_count - the cardinality that the statement's first line promises. */
static struct problem *check_count(struct arena *arena, const struct rows *rows)
{
	enum statement statement = rows->statement;
	bool tuples = PQresultStatus(rows->result) == PGRES_TUPLES_OK;
	switch (statements[statement].cardinality) {
	case CARDINALITY_ONE:
		return tuples && rows->count == 1 ? NULL : defect(arena, statement, "not exactly one row");
	case CARDINALITY_OPTIONAL:
		return tuples && rows->count <= 1 ? NULL : defect(arena, statement, "more than one row");
	case CARDINALITY_EXEC:
		return tuples ? defect(arena, statement, "rows where none are expected") : NULL;
	case CARDINALITY_MANY:
	case CARDINALITY_COPY:
		break;
	}
	return tuples ? NULL : defect(arena, statement, "no rows");
}

static struct rows rows_of(enum statement statement, const PGresult *result)
{
	return (struct rows){result, 0, PQntuples(result), statement};
}

/* give - rows that are the arena's already; ret NULL = nobody wants them. */
static struct problem *give(struct arena *arena, struct rows rows, struct rows *ret)
{
	TRY(check_count(arena, &rows));
	if (ret)
		*ret = rows;
	return NULL;
}

/* take_command - the result of a command, which gives no rows. */
static struct problem *take_command(struct arena *arena, PGresult *result)
{
	struct problem *problem = NULL;
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		problem = sqlstate_problem(arena, result, STATEMENT_COUNT);
	PQclear(result);
	return problem;
}

/* judge - a result that is the arena's already. */
static struct problem *judge(struct arena *arena, struct rows rows, struct rows *ret)
{
	ExecStatusType status = PQresultStatus(rows.result);
	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
		return sqlstate_problem(arena, rows.result, rows.statement);
	return give(arena, rows, ret);
}

/* take_result - tie the result to the arena and judge it. */
static struct problem *take_result(struct arena *arena, enum statement statement, PGresult *result,
				   struct rows *ret)
{
	if (!result)
		return sqlstate_problem(arena, NULL, statement);
	arena_defer(arena, result_release, result);
	return judge(arena, rows_of(statement, result), ret);
}

/* take_answer - the same for what a lane gave. */
static struct problem *take_answer(struct arena *arena, enum statement statement, struct part part,
				   struct rows *ret)
{
	if (!part.answer)
		return sqlstate_problem(arena, NULL, statement);
	arena_defer(arena, release_answer, part.answer);
	return judge(arena, (struct rows){part.answer->result, part.first, part.count, statement}, ret);
}

/* ---- in flight ---- */

/* cure - 0A000: the plan is older than the schema; 26000: the statement is gone. A new connection prepares
 * afresh. */
static void cure(struct db *db, const struct problem *problem)
{
	if (problem->cause && (strncmp(problem->cause, "SQLSTATE 0A000", 14) == 0 ||
			       strncmp(problem->cause, "SQLSTATE 26000", 14) == 0))
		db->connection->broken = true;
}

/* fly - put a statement on its way. keep NULL: nobody wants the rows, only that all went well. */
static struct problem *fly(struct db *db, struct arena *arena, enum statement statement,
			   const char *const *parameters, size_t count, PGresult **keep)
{
	if (!connection_send(db->connection, statement, parameters, count))
		return db->failed = sqlstate_problem(arena, NULL, statement);
	db->flights[db->flight_count++] = (struct flight){statement, keep};
	return NULL;
}

/* fly_command - the same for a command. A connection that is lost already says so at the next statement. */
static void fly_command(struct db *db, struct arena *arena, const char *name)
{
	if (connection_send_command(db->connection, name))
		db->flights[db->flight_count++] = (struct flight){STATEMENT_COUNT, NULL};
	else
		db->failed = sqlstate_problem(arena, NULL, STATEMENT_COUNT);
}

/* land_one - NULL when all went well. The first failure is the one to tell of: the server passes over what
 * comes after it. */
static struct problem *land_one(struct db *db, struct arena *arena, const struct flight *flight)
{
	PGresult *result = connection_take(db->connection);
	if (db->failed) {
		PQclear(result);
		return NULL;
	}
	struct rows rows;
	if (!flight->keep)
		return flight->statement == STATEMENT_COUNT
			       ? take_command(arena, result)
			       : take_result(arena, flight->statement, result, &rows);
	if (result && PQresultStatus(result) != PGRES_FATAL_ERROR) {
		arena_defer(arena, result_release, result);
		*flight->keep = result;
		return NULL;
	}
	return take_result(arena, flight->statement, result, &rows);
}

/* land_flights - receive everything that is in flight; the first failure. */
static struct problem *land_flights(struct db *db, struct arena *arena)
{
	for (int i = 0; i < db->flight_count; i++) {
		struct problem *problem = land_one(db, arena, &db->flights[i]);
		if (problem && !db->failed)
			db->failed = problem;
	}
	db->flight_count = 0;
	if (db->failed)
		cure(db, db->failed);
	return db->failed;
}

/* land - the same, up to the sync behind it. */
static struct problem *land(struct db *db, struct arena *arena)
{
	struct problem *problem = land_flights(db, arena);
	if (!db->connection->broken)
		connection_take_sync(db->connection);
	return problem;
}

/* fly_ahead - what was asked for ahead goes right behind the statement that somebody waits for. */
static struct problem *fly_ahead(struct db *db, struct arena *arena)
{
	for (struct ahead *ahead = db->ahead; ahead; ahead = ahead->next) {
		ahead->is_sent = true;
		TRY(fly(db, arena, ahead->statement, ahead->parameters, ahead->count, &ahead->result));
	}
	db->ahead = NULL;
	db->ahead_count = 0;
	return NULL;
}

static struct problem *round_trip(struct db *db, struct arena *arena)
{
	TRY(fly_ahead(db, arena));
	if (!connection_sync(db->connection))
		return db->failed = sqlstate_problem(arena, NULL, STATEMENT_COUNT);
	return land(db, arena);
}

/* run_open - in a transaction. Without ret there is nothing to wait for: the statement leaves with the next
   one that is waited for, at the latest with the commit, and its failure comes there. */
static struct problem *run_open(struct db *db, struct arena *arena, enum statement statement,
				const char *const *parameters, size_t count, struct rows *ret)
{
	PGresult *result = NULL;
	if (db->failed)
		return db->failed;
	TRY(fly(db, arena, statement, parameters, count, ret ? &result : NULL));
	if (!ret && db->flight_count < FLIGHTS_MAX - AHEAD_MAX - 1)
		return NULL;
	TRY(round_trip(db, arena));
	return ret ? give(arena, rows_of(statement, result), ret) : NULL;
}

struct ahead *db_ahead(struct db *db, struct arena *arena, enum statement statement,
		       const char *const *parameters, size_t count)
{
	struct ahead *ahead = arena_alloc(arena, sizeof *ahead);
	const char **copy = arena_alloc(arena, (count + 1) * sizeof *copy);
	if (count)
		memcpy(copy, parameters, count * sizeof *copy);
	*ahead = (struct ahead){.statement = statement, .parameters = copy, .count = count};
	if (db->lane || db->ahead_count == AHEAD_MAX || count != (size_t)statements[statement].parameters)
		return ahead; /* run when it is taken */
	ahead->next = db->ahead;
	db->ahead = ahead;
	db->ahead_count++;
	return ahead;
}

struct problem *db_take(struct db *db, struct arena *arena, struct ahead *ahead, struct rows *ret)
{
	if (!ahead->is_sent && !db->lane) {
		for (struct ahead **place = &db->ahead; *place; place = &(*place)->next)
			if (*place == ahead) {
				*place = ahead->next;
				db->ahead_count--;
				break;
			}
		return db_run(db, arena, ahead->statement, ahead->parameters, ahead->count, ret);
	}
	if (db->lane)
		return db_run(db, arena, ahead->statement, ahead->parameters, ahead->count, ret);
	if (!ahead->result)
		return db->failed ? db->failed : defect(arena, ahead->statement, "taken after its failure");
	return give(arena, rows_of(ahead->statement, ahead->result), ret);
}

/* ---- alone and on the lane ---- */

/* run_whole - a transaction of one read, in one round trip. */
static struct problem *run_whole(struct db *db, struct arena *arena, enum statement statement,
				 const char *const *parameters, size_t count, struct rows *ret)
{
	PGresult *result = NULL;
	if (statements[statement].generic)
		fly_command(db, arena, "plan_generic");
	if (db->failed)
		return db->failed;
	TRY(fly(db, arena, statement, parameters, count, &result));
	fly_command(db, arena, "rollback");
	if (db->failed)
		return db->failed;
	TRY(round_trip(db, arena));
	return ret ? give(arena, rows_of(statement, result), ret) : NULL;
}

/* run_alone - one read on a pooled connection: a slow one, or one that the lane lost. */
static struct problem *run_alone(struct pool *pool, struct arena *arena, enum statement statement,
				 const char *const *parameters, size_t count, struct rows *ret)
{
	struct problem *problem = NULL;
	for (int attempt = 0; attempt < 2; attempt++) {
		struct db *db = NULL;
		TRY(db_begin(pool, arena, true, &db));
		problem = run_whole(db, arena, statement, parameters, count, ret);
		if (!problem) {
			pool_checkin(db);
			return NULL;
		}
		db_rollback(db);
		if (!db_is_retryable(problem))
			break;
	}
	return problem;
}

/* submit - on the lane of the thread we are on. */
static bool submit(struct pool *pool, enum statement statement, const char *const *parameters, size_t count,
		   struct part *ret)
{
	if (!task_on_loop())
		return lane_submit(pool_lane(pool), statement, parameters, count, ret);
	bool is_list = statements[statement].cardinality == CARDINALITY_MANY;
	return loop_lane_submit(db_loop_lane(pool, is_list ? LANE_OF_LISTS : LANE_OF_ROWS), statement,
				parameters, count, ret);
}

struct problem *db_run(struct db *db, struct arena *arena, enum statement statement,
		       const char *const *parameters, size_t count, struct rows *ret)
{
	if (count != (size_t)statements[statement].parameters)
		return defect(arena, statement, "wrong number of parameters");
	if (!db->lane)
		return run_open(db, arena, statement, parameters, count, ret);
	struct part part;
	if (statements[statement].slow || !submit(db->pool, statement, parameters, count, &part))
		return run_alone(db->pool, arena, statement, parameters, count, ret);
	struct problem *problem = take_answer(arena, statement, part, ret);
	if (problem && db_is_retryable(problem))
		return run_alone(db->pool, arena, statement, parameters, count, ret);
	return problem;
}

/* db_begin - without a round trip: BEGIN leaves with the first statement. */
struct problem *db_begin(struct pool *pool, struct arena *arena, bool read_only, struct db **ret)
{
	struct db *db = NULL;
	TRY(pool_checkout(pool, arena, &db));
	db->flight_count = db->ahead_count = 0;
	db->failed = NULL;
	db->ahead = NULL;
	fly_command(db, arena, read_only ? "begin_read" : "begin");
	*ret = db;
	return NULL;
}

/* ---- the end ---- */

static struct problem *unknown(struct arena *arena, const char *why)
{
	struct problem *problem = problem_new(arena, PROBLEM_outcome_unknown, NULL, NULL);
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

/* land_before_commit - what is in flight before the COMMIT. A statement that the server refused means that
   the COMMIT behind it was passed over; one without an answer leaves both in doubt. */
static struct problem *land_before_commit(struct db *db, struct arena *arena)
{
	struct problem *problem = land_flights(db, arena);
	bool in_doubt = problem && sqlstate_is_silent(problem);
	return in_doubt ? unknown(arena, "connection lost before the answer to COMMIT") : problem;
}

static struct problem *commit_run(struct db *db, struct arena *arena)
{
	struct connection *connection = db->connection;
	/* from here on it may be on its way; what was asked for ahead and never taken is not worth a place */
	if (!connection_send_command(connection, "commit") || !connection_sync(connection))
		return unknown(arena, "connection lost at COMMIT");
	struct problem *problem = land_before_commit(db, arena);
	connection->commit_warning = false;
	connection->committing = true;
	PGresult *result = connection_take(connection);
	connection->committing = false;
	/* the server passes over the COMMIT behind what it refused; a fault that only we see does not stop it
	 */
	if (problem && PQresultStatus(result) == PGRES_COMMAND_OK)
		problem = unknown(arena, arena_printf(arena, "committed in spite of: %s", problem->cause));
	if (!problem)
		problem = judge_commit(arena, result, connection->commit_warning);
	PQclear(result);
	connection_take_sync(connection);
	return problem;
}

/* undo - ROLLBACK behind whatever is still in flight; its own sync, for the server may be passing over. */
static void undo(struct db *db)
{
	struct connection *connection = db->connection;
	bool in_flight = db->flight_count > 0;
	db->flight_count = 0;
	if ((in_flight && !connection_sync(connection)) || !connection_send_command(connection, "rollback") ||
	    !connection_sync(connection))
		return;
	if (in_flight && !connection_take_sync(connection))
		return;
	PGresult *result = connection_take(connection);
	if (PQresultStatus(result) == PGRES_COMMAND_OK)
		buffer_clear(&connection->changed);
	PQclear(result);
	connection_take_sync(connection);
}

struct problem *db_commit(struct db *db, struct arena *arena)
{
	struct problem *problem = db->failed ? db->failed : commit_run(db, arena);
	if (problem && problem->code == PROBLEM_outcome_unknown)
		db->connection->broken = db->connection->changed_all = true;
	else if (problem)
		undo(db);
	pool_checkin(db);
	return problem;
}

void db_rollback(struct db *db)
{
	if (!db)
		return;
	undo(db);
	pool_checkin(db);
}

struct problem *db_check_now(struct db *db, struct arena *arena)
{
	if (db->failed)
		return db->failed;
	fly_command(db, arena, "check_now");
	return db->failed ? db->failed : round_trip(db, arena);
}
