/* Copies of parameter and calendar_day, each under the stamp that the database gave with its rows. A copy is
   never changed; it ends with its last reader. */
#include "policy_now.h"

#include "parameters.h"

#include <pthread.h>
#include <string.h>

enum part { PARAMETERS, CALENDAR, PARTS };

struct copy {
	struct arena *arena; /* of all that it holds, itself too */
	int references;
	const char *stamp;
	struct parameter_row *periods;
	int period_count;
	struct calendar calendar;
	struct date resolved_on; /* of resolved; unset = not yet */
	struct parameters resolved;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct copy *present[PARTS]; /* holds one reference each */

static void copy_drop(struct copy *copy)
{
	if (copy && --copy->references == 0)
		arena_free(copy->arena);
}

static void release(void *copy)
{
	pthread_mutex_lock(&mutex);
	copy_drop(copy);
	pthread_mutex_unlock(&mutex);
}

/* copy_hold - the present copy if it is of that stamp, for as long as the request lives. */
static struct copy *copy_hold(struct request *rq, enum part part, const char *stamp)
{
	pthread_mutex_lock(&mutex);
	struct copy *copy = present[part];
	if (copy && strcmp(copy->stamp, stamp) != 0)
		copy = NULL;
	if (copy)
		copy->references++;
	pthread_mutex_unlock(&mutex);
	if (copy)
		arena_defer(rq->arena, release, copy);
	return copy;
}

/* copy_present - from now on this is what everybody finds, and the request has it. */
static void copy_present(struct request *rq, enum part part, struct copy *copy)
{
	copy->references = 2;
	arena_defer(rq->arena, release, copy);
	pthread_mutex_lock(&mutex);
	copy_drop(present[part]);
	present[part] = copy;
	pthread_mutex_unlock(&mutex);
}

static struct copy *copy_new(const struct rows *rows)
{
	struct arena *arena = arena_new();
	struct copy *copy = arena_alloc(arena, sizeof *copy);
	copy->arena = arena;
	copy->stamp = arena_strdup(arena, rows->count ? row_text(rows, 0, "stamp") : "");
	return copy;
}

/* ---- the question ---- */

void policy_ask(struct request *rq)
{
	rq->stamp = db_ahead(rq->db, rq->arena, SQL_POLICY_STAMP_GET, P0);
}

static struct problem *stamp_find(struct request *rq, const char *part, const char **ret)
{
	if (!rq->stamp_rows.count) {
		if (!rq->stamp)
			policy_ask(rq);
		TRY(db_take(rq->db, rq->arena, rq->stamp, &rq->stamp_rows));
	}
	*ret = row_text(&rq->stamp_rows, 0, part);
	return NULL;
}

/* ---- parameters ---- */

static struct problem *parameters_read(struct request *rq, struct copy **ret)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_PARAMETER_ALL, P0, &rows));
	struct copy *copy = copy_new(&rows);
	copy->periods = arena_alloc(copy->arena, ((size_t)rows.count + 1) * sizeof *copy->periods);
	copy->period_count = rows.count;
	for (int i = 0; i < rows.count; i++)
		copy->periods[i] = (struct parameter_row){
			arena_strdup(copy->arena, row_text(&rows, i, "key")),
			arena_strdup(copy->arena, row_text(&rows, i, "value")),
			row_date(&rows, i, "valid_from"), row_date(&rows, i, "valid_to")};
	copy_present(rq, PARAMETERS, copy);
	*ret = copy;
	return NULL;
}

/* resolve - what is in force on the day; the last day asked for is remembered. NULL, or the key without a
 * value. */
static const char *resolve(struct copy *copy, struct date day, struct parameters *ret)
{
	pthread_mutex_lock(&mutex);
	bool known = date_is_set(copy->resolved_on) && date_compare(copy->resolved_on, day) == 0;
	if (known)
		*ret = copy->resolved;
	pthread_mutex_unlock(&mutex);
	if (known)
		return NULL;
	const char *missing = parameters_resolve(copy->periods, copy->period_count, day, ret);
	if (missing)
		return missing;
	pthread_mutex_lock(&mutex);
	copy->resolved = *ret;
	copy->resolved_on = day;
	pthread_mutex_unlock(&mutex);
	return NULL;
}

struct problem *policy_load_parameters(struct request *rq)
{
	const char *stamp;
	TRY(stamp_find(rq, "parameters", &stamp));
	struct copy *copy = copy_hold(rq, PARAMETERS, stamp);
	if (!copy)
		TRY(parameters_read(rq, &copy));
	struct parameters *parameters = arena_alloc(rq->arena, sizeof *parameters);
	rq->parameters = parameters;
	const char *missing = resolve(copy, rq->today, parameters);
	if (!missing)
		return NULL;
	struct problem *problem = problem_new(rq->arena, PROBLEM_internal, NULL, NULL);
	problem->cause =
		arena_printf(rq->arena, "parameter %s has no readable value on %s", missing, rq->today_text);
	return problem;
}

/* ---- calendar ---- */

static struct problem *calendar_read(struct request *rq, struct copy **ret)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_CALENDAR_DAY_ALL, P0, &rows));
	struct copy *copy = copy_new(&rows);
	struct calendar_day *days = arena_alloc(copy->arena, ((size_t)rows.count + 1) * sizeof *days);
	int count = 0;
	for (int i = 0; i < rows.count; i++)
		if (!row_is_null(&rows, i, "date"))
			days[count++] = (struct calendar_day){row_date(&rows, i, "date"),
							      row_bool(&rows, i, "is_workday")};
	copy->calendar = (struct calendar){days, count};
	copy_present(rq, CALENDAR, copy);
	*ret = copy;
	return NULL;
}

struct problem *policy_load_calendar(struct request *rq)
{
	const char *stamp;
	TRY(stamp_find(rq, "calendar", &stamp));
	struct copy *copy = copy_hold(rq, CALENDAR, stamp);
	if (!copy)
		TRY(calendar_read(rq, &copy));
	rq->calendar = &copy->calendar;
	return NULL;
}
