/* Database: the pool, named statements with checked cardinality, rows. There is no general query function:
   every statement is a file of sql/statements, prepared by name on every connection at start (a misspelt
   column stops the start). Nothing here knows HTTP or the measures. SQLSTATEs become problems in one place
   (db/sqlstate.c). */
#ifndef DB_H
#define DB_H

#include "arena.h"
#include "date.h"
#include "problem.h"
#include "statements.h" /* build/gen: enum statement */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A place to run statements: a pooled connection with an open transaction, or the lane, where each statement
   stands alone, read-only, and may travel in one pipeline with those of other requests. Callers cannot tell
   and need not. */
struct db;

/* Rows of one statement; they live as long as the arena. */
struct rows {
	const void *result; /* PGresult */
	int first;          /* of its rows that is row 0 here */
	int count;
	enum statement statement;
};

/* P(a, b) - the parameters of a statement, all as text; NULL is SQL null. P0 for none. */
#define P(...)                                                                                               \
	(const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)
#define P0 NULL, 0

/* db_run - run a statement. :one must give exactly one row (else PROBLEM_internal), :optional at most one,
   :many any, :exec none. Constraint violations become 409/422 problems by constraint name. In a transaction a
   statement without ret is not waited for: its problem comes with a later statement or with the commit. */
MUST_CHECK struct problem *db_run(struct db *db, struct arena *arena, enum statement statement,
				  const char *const *parameters, size_t count, struct rows *ret);

/* db_ahead - ask for a statement whose rows are needed only later: in a transaction it travels right behind
   the next one that is waited for, on the lane it is run when it is taken. db_take - its rows. The strings
   must live until then. */
struct ahead;
struct ahead *db_ahead(struct db *db, struct arena *arena, enum statement statement,
		       const char *const *parameters, size_t count);
MUST_CHECK struct problem *db_take(struct db *db, struct arena *arena, struct ahead *ahead, struct rows *ret);

/* The value of a column by name. row_text is NULL for SQL null and points into the rows. The others give 0,
   false or an unset date for null. An unknown column is a defect of the program and aborts. bigint of fen:
   row_integer. */
const char *row_text(const struct rows *rows, int row, const char *column);
int64_t row_integer(const struct rows *rows, int row, const char *column);
bool row_bool(const struct rows *rows, int row, const char *column);
struct date row_date(const struct rows *rows, int row, const char *column);
bool row_is_null(const struct rows *rows, int row, const char *column);

struct pool;
struct pool_options {
	const char *conninfo; /* keyword/value or URI; libpq's environment is not consulted beyond it */
	int connections;
	int wait_ms; /* for a free connection; then PROBLEM_overloaded with Retry-After */
	int statement_timeout_ms, lock_timeout_ms;
	/* Called when a transaction ends that made public answers obsolete, before anybody is told of its
	   end: their names, or NULL for all (a commit whose fate is not known). NULL = nobody asks. */
	void (*changed)(const char *names);
};

/* pool_open - connect once to prove that every statement prepares; the problem says what is wrong. */
MUST_CHECK struct problem *pool_open(struct arena *arena, const struct pool_options *options,
				     struct pool **ret);
void pool_close(struct pool *pool);

/* pool_commit_ms - how long after a commit was given up as unknown the server may still be making it, in
   milliseconds. */
int64_t pool_commit_ms(int statement_timeout_ms);

/* pool_is_ready - what the background check knows now; never blocks, never touches the network. */
bool pool_is_ready(struct pool *pool);
struct pool_counts {
	int idle, busy, waiting;
};
struct pool_counts pool_count(struct pool *pool);

/* db_lane - the shared read-only lane of the pool. */
struct db *db_lane(struct pool *pool);

/* The lanes of the event loop (base/task.h): a task's reads leave at the loop's next turn. A pipeline is
   first in, first out, so what gives many rows, as the lists do, which take the database twenty times as long
   as one row, has a lane of its own: no look-up of a single row waits behind pages. loop_lane_open - its
   connection's events are told to this epoll under this token. loop_lane_turn - send what waits, hand out
   what has come; has_news when there was such an event. Both on the loop's thread. */
enum { LANE_OF_ROWS, LANE_OF_LISTS, LOOP_LANES };
struct loop_lane;
struct loop_lane *db_loop_lane(struct pool *pool, int which);
void loop_lane_open(struct loop_lane *lane, int epoll, void *token);
void loop_lane_turn(struct loop_lane *lane, bool has_news);
void loop_lane_shut(struct loop_lane *lane); /* it wants no connection any more */

/* db_begin - a connection with a transaction that opens with its first statement. read_only gives REPEATABLE
 * READ READ ONLY. */
MUST_CHECK struct problem *db_begin(struct pool *pool, struct arena *arena, bool read_only, struct db **ret);

/* db_commit - commit and give the connection back. A connection lost meanwhile, a COMMIT answered by
   ROLLBACK, or a cancelled wait for a standby (warning 01000) is PROBLEM_outcome_unknown, never success. */
MUST_CHECK struct problem *db_commit(struct db *db, struct arena *arena);

/* db_rollback - undo and give the connection back; never fails. NULL is allowed. */
void db_rollback(struct db *db);

/* db_check_now - check the constraints that wait for the commit (a dry run has none). */
MUST_CHECK struct problem *db_check_now(struct db *db, struct arena *arena);

/* A copy out: one statement of sql/statements marked ":copy" streamed as CSV or as rows, on a connection of
   its own in REPEATABLE READ, at most two at once (else PROBLEM_overloaded). The bytes are the same in
   company and alone. */
struct export;
enum export_format { EXPORT_CSV, EXPORT_NDJSON };
struct export_options {
	enum export_format format;
	int gentle_ms;  /* so long the database works on it for moments at a time, for others ask meanwhile;
			   0 = it begins alone */
	int silence_ms; /* the database may say nothing for so long while it is waited for; then it failed */
};
MUST_CHECK struct problem *export_open(struct pool *pool, struct arena *arena, enum statement statement,
				       const char *const *parameters, size_t count,
				       const struct export_options *options, struct export **ret);
/* export_read - the next bytes into the buffer: > 0 how many, 0 at the end, -1 when the database failed.
 * Blocks. In company each call asks the database for one page at most. */
long export_read(struct export *export, char *bytes, size_t capacity);
void export_close(struct export *export);

/* db_is_retryable - whether the problem came of a serialization failure or a deadlock (40001, 40P01). */
bool db_is_retryable(const struct problem *problem);

#endif
