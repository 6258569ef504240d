/* The pool from inside: slots, checkout, the lane. Private to service/db; everybody else sees db.h. */
#ifndef POOL_H
#define POOL_H

#include "answer.h"
#include "connection.h"
#include "db.h"

#include <pthread.h>

/* A statement that was sent and whose result has not been received. */
struct flight {
	enum statement statement; /* STATEMENT_COUNT = a command */
	PGresult **keep;          /* NULL = nobody wants the rows */
};

/* A statement that was asked for before its rows are needed. */
struct ahead {
	enum statement statement;
	const char *const *parameters;
	size_t count;
	bool is_sent;
	PGresult *result;
	struct ahead *next;
};

#define AHEAD_MAX   4
#define FLIGHTS_MAX 64

struct db {
	struct pool *pool;
	bool lane;                     /* no connection of its own */
	struct connection *connection; /* NULL while nobody holds it and none is connected */
	bool busy;
	/* of the open transaction */
	struct flight flights[FLIGHTS_MAX];
	int flight_count, ahead_count;
	struct ahead *ahead;    /* not sent yet */
	struct problem *failed; /* the first failure: nothing more can be done in it */
};

struct lane;

/* pool_checkout - a healthy connection, or the 503. pool_checkin gives it back (or replaces it when it is
 * broken). */
MUST_CHECK struct problem *pool_checkout(struct pool *pool, struct arena *arena, struct db **ret);
void pool_checkin(struct db *db);

/* pool_wake - tell the keeper that a connection is missing. */
void pool_wake(struct pool *pool);

struct lane *pool_lane(struct pool *pool);
const char *pool_conninfo(struct pool *pool);

/* pool_export_start - a place among the exports, at most two at once; false when there are two. *ret: what an
 * earlier one left of connections, NULL = nothing. pool_export_end gives the place back, and the connection
 * to the next one (NULL = there is none to give). */
bool pool_export_start(struct pool *pool, struct connection **ret);
void pool_export_end(struct pool *pool, struct connection *connection);

struct lane *lane_new(struct pool *pool);
void lane_free(struct lane *lane);

/* lane_give - a new connection for an empty lane (taken over). lane_is_empty - whether it wants one. */
void lane_give(struct lane *lane, struct connection *connection);
bool lane_is_empty(struct lane *lane);

/* lane_submit - run a statement with whatever else waits. True: *ret is its answer (the caller releases it).
   False: the lane has no connection or lost it; reads may be repeated elsewhere. */
bool lane_submit(struct lane *lane, enum statement statement, const char *const *parameters, size_t count,
		 struct part *ret);

/* loop_lane_new - patience_ms: whoever waits longer for his turn on it takes another way. */
struct loop_lane *loop_lane_new(struct pool *pool, int patience_ms);
void loop_lane_free(struct loop_lane *lane);
void loop_lane_give(struct loop_lane *lane, struct connection *connection);
bool loop_lane_is_empty(struct loop_lane *lane);

/* loop_lane_submit - the same for a task on the loop's thread, which waits without holding it. Who asks the
   same while it waits shares its execution, so the statement must give the same to all who ask at that moment
   (no random numbers, no sequences, no locks). A statement marked :merge is executed once for all who wait,
   whatever they ask it about. */
bool loop_lane_submit(struct loop_lane *lane, enum statement statement, const char *const *parameters,
		      size_t count, struct part *ret);

#endif
