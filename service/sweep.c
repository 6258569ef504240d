/* The time limits of articles 11 to 15 as far as their machines exist: endorsements, corrections and
   rectifications, panels and invitations, decisions; and the keys and the uploads that have had their
   day. */
#include "sweep.h"

#include "clock.h"
#include "log.h"
#include "transition.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define PERIOD_MS 30000

static const struct caller system_caller = {.name = "system", .roles = ROLE_system};

/* One object of a sweep. The request comes first: the operation finds its row behind it. */
struct sweep_call {
	struct request rq;
	const struct rows *rows;
	int row;
};

static const char *call_text(const struct request *rq, const char *column)
{
	const struct sweep_call *call = (const struct sweep_call *)(const void *)rq;
	return row_text(call->rows, call->row, column);
}

static enum machine machine_of(const char *name)
{
	enum machine machine = 0;
	while (machine < MACHINE_COUNT && strcmp(machine_name(machine), name) != 0)
		machine++;
	return machine;
}

static struct problem *run_step(struct request *rq)
{
	enum machine machine = machine_of(call_text(rq, "machine"));
	OPEN_NEW(rq, machine_noun(machine));
	rq->subject_id = call_text(rq, "id");
	return transition_cascade(rq, machine, rq->subject_id, call_text(rq, "action"), NULL);
}

static struct problem *run_notice(struct request *rq)
{
	OPEN_NEW(rq, call_text(rq, "subject_kind"));
	rq->subject_id = call_text(rq, "subject_id");
	return request_notify(rq, call_text(rq, "recipient_kind"), call_text(rq, "recipient"),
			      call_text(rq, "kind"), call_text(rq, "subject_kind"), rq->subject_id,
			      call_text(rq, "due_on"), call_text(rq, "key"));
}

/* An upload that nobody ended within a day, or ended while this was on its way. */
static struct problem *run_discard(struct request *rq)
{
	struct rows rows;
	const char *id = call_text(rq, "id");
	OPEN_NEW(rq, "attachment");
	rq->subject_id = id;
	TRY(db_run(rq->db, rq->arena, SQL_SWEEP_ATTACHMENT_DISCARD, P(id, rq->now_text), &rows));
	if (!rows.count)
		return request_not_found(rq);
	rq->reason = row_text(&rows, 0, "kind");
	return NULL;
}

static const struct operation operation_step = {.id = -1,
						.name = "sweep_step",
						.method = METHOD_POST,
						.path = "sweep",
						.roles = ROLE_system,
						.success = 200,
						.run = run_step};
static const struct operation operation_notice = {.id = -1,
						  .name = "sweep_notice",
						  .method = METHOD_POST,
						  .path = "sweep",
						  .roles = ROLE_system,
						  .success = 200,
						  .run = run_notice};
static const struct operation operation_discard = {.id = -1,
						   .name = "sweep_attachment",
						   .method = METHOD_POST,
						   .path = "sweep",
						   .roles = ROLE_system,
						   .success = 200,
						   .run = run_discard};

/* What a sweep carries along. */
struct sweep {
	struct arena *arena;
	struct pool *pool;
	const char *date; /* NULL = the clock's */
	struct db *lock;  /* a transaction that holds the advisory lock */
	int done, refused;
};

static void set_date(struct request *rq, const char *date)
{
	if (!date)
		return;
	rq->now_text = arena_printf(rq->arena, "%sT00:00:00.000+08:00", date);
	if (instant_parse(rq->now_text, &rq->now))
		rq->today = instant_date(rq->now);
	rq->today_text = date;
}

/* Of the service's thread: there may be thousands of objects to go, and who stops the service waits for the
   one at hand alone. The next sweep finds the others. */
static atomic_bool sweeper_stops;

static bool lock_is_mine(struct sweep *sweep)
{
	struct rows rows;
	return !db_run(sweep->lock, sweep->arena, SQL_SWEEP_LOCK, P0, &rows) && row_bool(&rows, 0, "mine");
}

/* call_one - one object, in an arena of its own. A refusal leaves the object as it is. */
static void call_one(struct sweep *sweep, const struct operation *operation, const struct rows *rows, int row)
{
	struct arena *arena = arena_new();
	struct sweep_call call = {.rows = rows, .row = row};
	request_prepare(&call.rq, arena, sweep->pool, operation, &system_caller);
	set_date(&call.rq, sweep->date);
	struct problem *problem = request_run(&call.rq);
	const char *id = row_text(rows, row, operation == &operation_notice ? "subject_id" : "id");
	if (problem) {
		sweep->refused++;
		log_event(problem_status(problem) < 500 ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "sweep_refused",
			  "operation", operation->name, "id", id, "problem",
			  problem_kinds[problem->code].code, "rule",
			  problem->errors ? problem->errors->code : NULL, "cause", problem->cause,
			  (char *)NULL);
	} else {
		sweep->done++;
	}
	buffer_free(&call.rq.reply.body);
	arena_free(arena);
}

/* sweep_list - run a list statement on the lane and call each row, until the sweeper is to stop. The lock is
   touched before each: whoever lost it stops, too. */
static struct problem *sweep_list(struct sweep *sweep, enum statement statement,
				  const char *const *parameters, size_t count,
				  const struct operation *operation)
{
	struct rows rows;
	TRY(db_run(db_lane(sweep->pool), sweep->arena, statement, parameters, count, &rows));
	for (int i = 0; i < rows.count && !sweeper_stops && lock_is_mine(sweep); i++)
		call_one(sweep, operation, &rows, i);
	return NULL;
}

static struct problem *purge(struct sweep *sweep)
{
	struct db *db = NULL;
	TRY(db_begin(sweep->pool, sweep->arena, false, &db));
	struct problem *problem = db_run(db, sweep->arena, SQL_IDEMPOTENCY_KEY_PURGE, P0, NULL);
	if (!problem)
		return db_commit(db, sweep->arena);
	db_rollback(db);
	return problem;
}

/* decide_days - the parameter in force on the date; and the time it is. */
static struct problem *decide_days(struct sweep *sweep, const char **ret_now, const char **ret_today,
				   const char **ret_days)
{
	struct request *rq = arena_alloc(sweep->arena, sizeof *rq);
	request_prepare(rq, sweep->arena, sweep->pool, &operation_notice, &system_caller);
	set_date(rq, sweep->date);
	rq->db = db_lane(sweep->pool);
	int days = policy_parameters(rq)->decide_days;
	*ret_now = rq->now_text;
	*ret_today = rq->today_text;
	*ret_days = arena_printf(sweep->arena, "%d", days);
	return rq->failure;
}

static struct problem *sweep_all(struct sweep *sweep)
{
	const char *now = NULL, *today = NULL, *days = NULL;
	TRY(decide_days(sweep, &now, &today, &days));
	/* A step can be the reason for another (the last open invitation expires, so the panel closes). */
	for (int round = 0, before = -1; round < 3 && before != sweep->done; round++) {
		before = sweep->done;
		TRY(sweep_list(sweep, SQL_SWEEP_STEP_LIST, P(today), &operation_step));
	}
	TRY(sweep_list(sweep, SQL_SWEEP_NOTICE_LIST, P(today, days), &operation_notice));
	TRY(sweep_list(sweep, SQL_SWEEP_ATTACHMENT_LIST, P(now), &operation_discard));
	return purge(sweep);
}

struct problem *sweep_run(struct arena *arena, struct pool *pool, const char *date)
{
	struct sweep sweep = {.arena = arena, .pool = pool, .date = date};
	struct date day;
	if (date && !date_parse(date, &day)) {
		struct problem *problem = problem_new(arena, PROBLEM_invalid_request, NULL, NULL);
		problem->cause = arena_printf(arena, "%s is no date", date);
		return problem;
	}
	TRY(db_begin(pool, arena, false, &sweep.lock));
	struct problem *problem = lock_is_mine(&sweep) ? sweep_all(&sweep) : NULL;
	db_rollback(sweep.lock);
	if (sweep.done || sweep.refused)
		log_event(LOG_LEVEL_INFO, "swept", "done", arena_printf(arena, "%d", sweep.done), "refused",
			  arena_printf(arena, "%d", sweep.refused), (char *)NULL);
	return problem;
}

/* ---- the thread of the service ---- */

static pthread_t sweeper;
static pthread_mutex_t sweeper_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t sweeper_wake = PTHREAD_COND_INITIALIZER;
static bool sweeper_runs;

static void sweep_once(struct pool *pool)
{
	struct arena *arena = arena_new();
	struct problem *problem = sweep_run(arena, pool, NULL);
	if (problem)
		log_event(LOG_LEVEL_WARNING, "sweep_failed", "problem", problem_kinds[problem->code].code,
			  "cause", problem->cause, (char *)NULL);
	arena_free(arena);
}

static void *sweep_keep(void *context)
{
	pthread_mutex_lock(&sweeper_mutex);
	while (!sweeper_stops) {
		pthread_mutex_unlock(&sweeper_mutex);
		sweep_once(context);
		pthread_mutex_lock(&sweeper_mutex);
		if (!sweeper_stops)
			clock_wait(&sweeper_wake, &sweeper_mutex, PERIOD_MS);
	}
	pthread_mutex_unlock(&sweeper_mutex);
	return NULL;
}

void sweep_start(struct pool *pool)
{
	sweeper_stops = false;
	sweeper_runs = pthread_create(&sweeper, NULL, sweep_keep, pool) == 0;
	if (!sweeper_runs)
		log_event(LOG_LEVEL_ERROR, "sweep_failed", "cause", "the thread does not start",
			  (char *)NULL);
}

void sweep_wind_down(void)
{
	pthread_mutex_lock(&sweeper_mutex);
	sweeper_stops = true;
	pthread_cond_signal(&sweeper_wake);
	pthread_mutex_unlock(&sweeper_mutex);
}

void sweep_stop(void)
{
	if (!sweeper_runs)
		return;
	sweep_wind_down();
	pthread_join(sweeper, NULL);
	sweeper_runs = false;
}
