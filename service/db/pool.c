/* The pool: a bounded number of connections, a bounded wait for one, and a keeper thread that brings lost
   connections back and knows whether the database answers. A caller never connects and never waits for a
   connect. */
#include "pool.h"

#include "clock.h"
#include "log.h"
#include "task.h"

#include <stdlib.h>
#include <string.h>

#define EXPORTS        2
#define EXPORT_KEPT_MS 300000 /* how long an export's connection waits for the next one */
#define CHECK_MS       2000   /* between two looks at the database */
#define RETRY_MIN_MS   100
#define RETRY_MAX_MS   500
#define PATIENCE_MS    1000 /* how much longer than for a lock a read waits for its turn on a lane */

/* A connection that an export has left. */
struct kept {
	struct connection *connection;
	int64_t since;
};

struct pool {
	char *conninfo;
	struct connection_options options, lane_options;
	void (*changed)(const char *names);
	int count, wait_ms;
	pthread_mutex_t mutex;
	pthread_cond_t available; /* a connection came back, or hope went */
	pthread_cond_t work;      /* for the keeper */
	struct db *slots;
	int waiting, exports;
	struct kept kept[EXPORTS]; /* kept and running ones together are never more */
	bool reachable;            /* what was last proven of the database */
	bool answered;             /* a connection came back well since the keeper last looked */
	bool lacking;              /* the last attempt to connect failed */
	bool stopping;
	pthread_t keeper;
	struct lane *lane;
	struct loop_lane *loop_lanes[LOOP_LANES];
	struct db lane_db;
};

static struct db *slot_idle(struct pool *pool)
{
	for (int i = 0; i < pool->count; i++)
		if (!pool->slots[i].busy && pool->slots[i].connection)
			return &pool->slots[i];
	return NULL;
}

static bool slot_any(const struct pool *pool)
{
	for (int i = 0; i < pool->count; i++)
		if (pool->slots[i].busy || pool->slots[i].connection)
			return true;
	return false;
}

static struct problem *problem_wait(struct arena *arena, enum problem_code code, const char *cause)
{
	struct problem *problem = problem_new(arena, code, NULL, NULL);
	problem->retry_after = 1;
	problem->cause = cause;
	return problem;
}

struct problem *pool_checkout(struct pool *pool, struct arena *arena, struct db **ret)
{
	task_leave(); /* for this waits, and so does what is done with the connection */
	int64_t deadline = clock_monotonic_ms() + pool->wait_ms;
	struct problem *problem = NULL;
	struct db *slot = NULL;
	pthread_mutex_lock(&pool->mutex);
	pool->waiting++;
	while (!problem) {
		slot = slot_idle(pool);
		if (slot && connection_is_alive(slot->connection))
			break;
		if (slot) {
			connection_close(slot->connection);
			slot->connection = NULL;
			pthread_cond_signal(&pool->work);
			continue;
		}
		int64_t left = deadline - clock_monotonic_ms();
		if (!pool->reachable && !slot_any(pool))
			problem = problem_wait(arena, PROBLEM_database_unavailable, "no connection");
		else if (left <= 0) {
			problem = problem_wait(arena, PROBLEM_overloaded, "all connections are busy");
			problem->is_unsent = true;
		} else
			clock_wait(&pool->available, &pool->mutex, left);
	}
	pool->waiting--;
	if (!problem) {
		slot->busy = true;
		*ret = slot;
	}
	pthread_mutex_unlock(&pool->mutex);
	return problem;
}

/* tell_changed - on every way out of a transaction, before its outcome is told to anybody. */
static void tell_changed(const struct pool *pool, struct connection *connection)
{
	if (pool->changed && (connection->changed.length || connection->changed_all))
		pool->changed(connection->changed_all ? NULL : connection->changed.text);
	buffer_clear(&connection->changed);
	connection->changed_all = false;
}

void pool_checkin(struct db *db)
{
	struct pool *pool = db->pool;
	tell_changed(pool, db->connection);
	if (db->connection->broken || PQtransactionStatus(db->connection->pg) != PQTRANS_IDLE) {
		connection_close(db->connection);
		db->connection = NULL;
	}
	pthread_mutex_lock(&pool->mutex);
	db->busy = false;
	pool->answered = pool->answered || db->connection;
	pthread_cond_signal(db->connection ? &pool->available : &pool->work);
	pthread_mutex_unlock(&pool->mutex);
}

/* Whoever gives a commit up closes its connection. What was sent reaches the server within the time-out of
   TCP or never. It then works off what stands before the COMMIT, and the COMMIT, each for no longer than the
   time-out of a statement; at worst as many as can be in flight. As much again for a machine that stands
   still meanwhile. */
int64_t pool_commit_ms(int statement_timeout_ms)
{
	return 2 * (TCP_USER_TIMEOUT_MS + (FLIGHTS_MAX + 1) * (int64_t)statement_timeout_ms);
}

void pool_wake(struct pool *pool)
{
	pthread_mutex_lock(&pool->mutex);
	pthread_cond_signal(&pool->work);
	pthread_mutex_unlock(&pool->mutex);
}

/* take_missing - a slot without a connection, which nobody but the keeper touches. */
static struct db *take_missing(struct pool *pool)
{
	for (int i = 0; i < pool->count; i++)
		if (!pool->slots[i].busy && !pool->slots[i].connection)
			return &pool->slots[i];
	return NULL;
}

static void note_reachable(struct pool *pool, bool reachable, const char *cause)
{
	if (pool->reachable != reachable)
		log_event(reachable ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR,
			  reachable ? "database_reachable" : "database_unreachable", "cause", cause,
			  (char *)NULL);
	pool->reachable = reachable;
	pthread_cond_broadcast(&pool->available);
}

/* ping - ask the database on an idle connection, outside the mutex. One that does not answer is closed. */
static bool ping(struct pool *pool, struct db *slot)
{
	slot->busy = true;
	pthread_mutex_unlock(&pool->mutex);
	PGresult *result = connection_call(slot->connection, "ping");
	bool well = result && PQresultStatus(result) == PGRES_TUPLES_OK;
	PQclear(result);
	pthread_mutex_lock(&pool->mutex);
	slot->busy = false;
	if (well) {
		pthread_cond_signal(&pool->available);
		return true;
	}
	connection_close(slot->connection);
	slot->connection = NULL;
	return false;
}

static void close_dead(struct pool *pool)
{
	for (int i = 0; i < pool->count; i++) {
		struct db *slot = &pool->slots[i];
		if (slot->busy || !slot->connection || connection_is_alive(slot->connection))
			continue;
		connection_close(slot->connection);
		slot->connection = NULL;
	}
}

/* is_served - whether the database answers us: an idle connection is asked. While all are at work those tell
   that have come back since the last look; when none has, what was known stays. */
static bool is_served(struct pool *pool)
{
	bool answered = pool->answered;
	pool->answered = false;
	close_dead(pool);
	struct db *slot = slot_idle(pool);
	if (slot)
		return ping(pool, slot);
	return slot_any(pool) && (answered || pool->reachable);
}

/* note_attempt - a database that takes no more connections may serve those that there are. */
static void note_attempt(struct pool *pool, const struct problem *failure)
{
	bool served = !failure || is_served(pool);
	if (failure && served && !pool->lacking)
		log_event(LOG_LEVEL_WARNING, "connection_missing", "cause", failure->cause, (char *)NULL);
	pool->lacking = failure != NULL;
	note_reachable(pool, served, served ? NULL : failure->cause);
}

/* connect_with - one attempt, outside the mutex. */
static struct connection *connect_with(struct pool *pool, const struct connection_options *options)
{
	struct arena *arena = arena_new();
	struct connection *connection = NULL;
	pthread_mutex_unlock(&pool->mutex);
	struct problem *problem = connection_open(arena, options, &connection);
	pthread_mutex_lock(&pool->mutex);
	note_attempt(pool, problem);
	arena_free(arena);
	return connection;
}

static bool repair_slot(struct pool *pool, struct db *slot)
{
	slot->connection = connect_with(pool, &pool->options);
	if (slot->connection)
		pthread_cond_broadcast(&pool->available);
	return slot->connection;
}

/* repair - connect what is missing: one slot, for without any nothing is written, the lanes that most
   requests travel on, the rest. False when an attempt failed. */
static bool repair(struct pool *pool)
{
	struct connection *connection;
	struct db *first = slot_any(pool) ? NULL : take_missing(pool);
	if (!pool->stopping && first && !repair_slot(pool, first))
		return false;
	for (int i = 0; i < LOOP_LANES && !pool->stopping; i++) {
		if (!loop_lane_is_empty(pool->loop_lanes[i]))
			continue;
		if (!(connection = connect_with(pool, &pool->lane_options)))
			return false;
		loop_lane_give(pool->loop_lanes[i], connection);
	}
	for (struct db *slot; !pool->stopping && (slot = take_missing(pool));)
		if (!repair_slot(pool, slot))
			return false;
	if (!pool->stopping && lane_is_empty(pool->lane)) {
		if (!(connection = connect_with(pool, &pool->lane_options)))
			return false;
		lane_give(pool->lane, connection);
	}
	return true;
}

static bool is_whole(struct pool *pool)
{
	for (int i = 0; i < LOOP_LANES; i++)
		if (loop_lane_is_empty(pool->loop_lanes[i]))
			return false;
	return !take_missing(pool) && !lane_is_empty(pool->lane);
}

/* forget - the connections that no export has wanted for some time. */
static void forget(struct pool *pool, int64_t since)
{
	for (int i = 0; i < EXPORTS; i++)
		if (pool->kept[i].connection && pool->kept[i].since <= since) {
			connection_close(pool->kept[i].connection);
			pool->kept[i].connection = NULL;
		}
}

/* rest - while something is missing that could not be had: whoever wakes the keeper brings it no sooner. */
static void rest(struct pool *pool, int64_t milliseconds)
{
	int64_t until = clock_monotonic_ms() + milliseconds;
	for (int64_t left; !pool->stopping && (left = until - clock_monotonic_ms()) > 0;)
		clock_wait(&pool->work, &pool->mutex, left);
}

/* watch - wait until something is missing, at most for a while, and look. */
static void watch(struct pool *pool)
{
	if (!pool->stopping && is_whole(pool))
		clock_wait(&pool->work, &pool->mutex, CHECK_MS);
	if (!pool->stopping && is_served(pool))
		note_reachable(pool, true, NULL);
}

static void *keep(void *context)
{
	struct pool *pool = context;
	int64_t retry = RETRY_MIN_MS;
	pthread_mutex_lock(&pool->mutex);
	while (!pool->stopping) {
		if (repair(pool)) {
			retry = RETRY_MIN_MS;
			watch(pool);
		} else {
			rest(pool, retry);
			retry = retry * 2 > RETRY_MAX_MS ? RETRY_MAX_MS : retry * 2;
		}
		forget(pool, clock_monotonic_ms() - EXPORT_KEPT_MS);
	}
	pthread_mutex_unlock(&pool->mutex);
	return NULL;
}

static char *copy_text(const char *text)
{
	char *copy = strdup(text);
	if (!copy)
		abort();
	return copy;
}

static struct pool *pool_make(const struct pool_options *options)
{
	struct pool *pool = calloc(1, sizeof *pool);
	if (!pool)
		abort();
	pool->count = options->connections > 0 ? options->connections : 1;
	pool->slots = calloc((size_t)pool->count, sizeof *pool->slots);
	if (!pool->slots)
		abort();
	pool->wait_ms = options->wait_ms;
	pool->changed = options->changed;
	pool->conninfo = copy_text(options->conninfo);
	pool->options = (struct connection_options){pool->conninfo, options->statement_timeout_ms,
						    options->lock_timeout_ms, false, true};
	pool->lane_options = pool->options;
	pool->lane_options.read_only = true;
	for (int i = 0; i < pool->count; i++)
		pool->slots[i].pool = pool;
	pool->lane_db = (struct db){.pool = pool, .lane = true};
	pool->lane = lane_new(pool);
	for (int i = 0; i < LOOP_LANES; i++)
		pool->loop_lanes[i] = loop_lane_new(pool, options->lock_timeout_ms + PATIENCE_MS);
	pthread_mutex_init(&pool->mutex, NULL);
	pthread_cond_init(&pool->available, NULL);
	pthread_cond_init(&pool->work, NULL);
	return pool;
}

static void pool_unmake(struct pool *pool)
{
	for (int i = 0; i < pool->count; i++)
		connection_close(pool->slots[i].connection);
	lane_free(pool->lane);
	for (int i = 0; i < LOOP_LANES; i++)
		loop_lane_free(pool->loop_lanes[i]);
	forget(pool, INT64_MAX);
	pthread_cond_destroy(&pool->available);
	pthread_cond_destroy(&pool->work);
	pthread_mutex_destroy(&pool->mutex);
	free(pool->slots);
	free(pool->conninfo);
	free(pool);
}

struct problem *pool_open(struct arena *arena, const struct pool_options *options, struct pool **ret)
{
	struct pool *pool = pool_make(options);
	struct problem *problem = connection_open(arena, &pool->options, &pool->slots[0].connection);
	if (!problem) {
		pool->reachable = true;
		if (pthread_create(&pool->keeper, NULL, keep, pool) != 0) {
			problem = problem_new(arena, PROBLEM_internal, NULL, NULL);
			problem->cause = "the keeper thread does not start";
		}
	}
	if (problem) {
		pool_unmake(pool);
		return problem;
	}
	*ret = pool;
	return NULL;
}

void pool_close(struct pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->mutex);
	pool->stopping = true;
	pthread_cond_signal(&pool->work);
	pthread_mutex_unlock(&pool->mutex);
	pthread_join(pool->keeper, NULL);
	pool_unmake(pool);
}

bool pool_is_ready(struct pool *pool)
{
	pthread_mutex_lock(&pool->mutex);
	bool ready = pool->reachable && slot_any(pool);
	pthread_mutex_unlock(&pool->mutex);
	return ready;
}

struct pool_counts pool_count(struct pool *pool)
{
	struct pool_counts counts = {0, 0, 0};
	pthread_mutex_lock(&pool->mutex);
	for (int i = 0; i < pool->count; i++) {
		counts.busy += pool->slots[i].busy;
		counts.idle += !pool->slots[i].busy && pool->slots[i].connection;
	}
	counts.waiting = pool->waiting;
	pthread_mutex_unlock(&pool->mutex);
	return counts;
}

struct db *db_lane(struct pool *pool)
{
	return &pool->lane_db;
}

struct lane *pool_lane(struct pool *pool)
{
	return pool->lane;
}

const char *pool_conninfo(struct pool *pool)
{
	return pool->conninfo;
}

struct loop_lane *db_loop_lane(struct pool *pool, int which)
{
	return pool->loop_lanes[which];
}

/* kept_take - the connection that was used last, so that a second one can grow old; NULL = none. */
static struct connection *kept_take(struct pool *pool)
{
	struct kept *last = &pool->kept[0];
	for (int i = 1; i < EXPORTS; i++)
		if (!last->connection || (pool->kept[i].connection && pool->kept[i].since > last->since))
			last = &pool->kept[i];
	struct connection *connection = last->connection;
	last->connection = NULL;
	return connection;
}

bool pool_export_start(struct pool *pool, struct connection **ret)
{
	task_leave(); /* for an export waits for its connection and its rows */
	pthread_mutex_lock(&pool->mutex);
	bool free_place = pool->exports < EXPORTS;
	pool->exports += free_place;
	*ret = free_place ? kept_take(pool) : NULL;
	pthread_mutex_unlock(&pool->mutex);
	return free_place;
}

void pool_export_end(struct pool *pool, struct connection *connection)
{
	pthread_mutex_lock(&pool->mutex);
	pool->exports--;
	struct kept *place = pool->kept;
	while (place->connection)
		place++;
	*place = (struct kept){connection, clock_monotonic_ms()};
	pthread_mutex_unlock(&pool->mutex);
}
