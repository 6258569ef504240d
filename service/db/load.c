/* One transaction around a bulk load. The scripts are the owner's: another role could not put constraints
 * aside. */
#include "load.h"

#include "connection.h"
#include "statement.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { PARCELS_MAX = 64 };

/* Rows on their way into one table. */
struct parcel {
	const char *table, *columns;
	bool frozen;
	struct buffer rows;
};

/* While the server takes in one batch the next one is made: a thread sends it. The connection belongs to that
 * thread while it is sending, else to the caller. */
struct load {
	struct connection *connection;
	struct arena *arena; /* of the sender; it ends with the arena of load_open */
	pthread_t sender;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool sending, ending;
	struct parcel parcels[PARCELS_MAX];
	size_t count;
	struct problem *problem; /* the first; nothing is sent after it */
};

static struct problem *failure(struct arena *arena, PGconn *pg, const char *what, PGresult *result)
{
	struct problem *problem = problem_new(arena, PROBLEM_internal, NULL, NULL);
	problem->cause = arena_printf(arena, "%s: %s", what,
				      result ? PQresultErrorMessage(result) : PQerrorMessage(pg));
	PQclear(result);
	return problem;
}

static struct problem *execute(struct load *load, struct arena *arena, const char *what, const char *sql)
{
	PGconn *pg = load->connection->pg;
	PGresult *result = PQexec(pg, sql);
	ExecStatusType status = result ? PQresultStatus(result) : PGRES_FATAL_ERROR;
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		return failure(arena, pg, what, result);
	PQclear(result);
	return NULL;
}

static struct problem *begin(struct load *load, struct arena *arena)
{
	PQsetnonblocking(load->connection->pg, 0);
	TRY(execute(load, arena, "begin",
		    "begin; set local maintenance_work_mem = '256MB'; set local work_mem = '128MB'; "
		    "set local idle_in_transaction_session_timeout = 0"));
	return execute(load, arena, "putting constraints aside", seed_before_sql);
}

static struct problem *parcel_send(struct load *load, const struct parcel *parcel)
{
	PGconn *pg = load->connection->pg;
	struct arena *arena = load->arena;
	PGresult *result = PQexec(pg, arena_printf(arena, "copy %s (%s) from stdin%s", parcel->table,
						   parcel->columns, parcel->frozen ? " with (freeze)" : ""));
	if (!result || PQresultStatus(result) != PGRES_COPY_IN)
		return failure(arena, pg, parcel->table, result);
	PQclear(result);
	bool sent = PQputCopyData(pg, parcel->rows.text, (int)parcel->rows.length) == 1 &&
		    PQputCopyEnd(pg, NULL) == 1;
	result = sent ? PQgetResult(pg) : NULL;
	if (!result || PQresultStatus(result) != PGRES_COMMAND_OK)
		return failure(arena, pg, parcel->table, result);
	PQclear(result);
	for (; (result = PQgetResult(pg)); PQclear(result))
		;
	return NULL;
}

static void *sender_run(void *context)
{
	struct load *load = context;
	pthread_mutex_lock(&load->mutex);
	while (!load->ending || load->sending) {
		if (!load->sending) {
			pthread_cond_wait(&load->changed, &load->mutex);
			continue;
		}
		pthread_mutex_unlock(&load->mutex);
		for (size_t i = 0; i < load->count; i++) {
			if (!load->problem)
				load->problem = parcel_send(load, &load->parcels[i]);
			buffer_free(&load->parcels[i].rows);
		}
		pthread_mutex_lock(&load->mutex);
		load->count = 0;
		load->sending = false;
		pthread_cond_signal(&load->changed);
	}
	pthread_mutex_unlock(&load->mutex);
	return NULL;
}

/* wait_sent - until the sender has nothing to do; its problem, if it had one. */
static struct problem *wait_sent(struct load *load)
{
	pthread_mutex_lock(&load->mutex);
	while (load->sending)
		pthread_cond_wait(&load->changed, &load->mutex);
	pthread_mutex_unlock(&load->mutex);
	return load->problem;
}

static void arena_release(void *arena)
{
	arena_free(arena);
}

static bool sender_start(struct load *load)
{
	pthread_mutex_init(&load->mutex, NULL);
	pthread_cond_init(&load->changed, NULL);
	return pthread_create(&load->sender, NULL, sender_run, load) == 0;
}

struct problem *load_open(struct arena *arena, const char *owner_conninfo, struct load **ret)
{
	const struct connection_options options = {.conninfo = owner_conninfo, .lock_timeout_ms = 5000};
	struct connection *connection;
	TRY(connection_open(arena, &options, &connection));
	struct load *load = calloc(1, sizeof *load);
	if (!load || !sender_start(load))
		abort();
	load->arena = arena_new();
	arena_defer(arena, arena_release, load->arena);
	load->connection = connection;
	struct problem *problem = begin(load, arena);
	if (problem) {
		load_close(load);
		return problem;
	}
	*ret = load;
	return NULL;
}

struct problem *load_rows(struct load *load, const char *table, const char *columns, bool frozen,
			  struct buffer *rows)
{
	TRY(wait_sent(load));
	if (!rows->length)
		return NULL;
	if (load->count == PARCELS_MAX)
		abort();
	load->parcels[load->count++] = (struct parcel){table, columns, frozen, *rows};
	*rows = (struct buffer){NULL, 0, 0};
	return NULL;
}

void load_send(struct load *load)
{
	pthread_mutex_lock(&load->mutex);
	load->sending = load->count > 0;
	pthread_cond_signal(&load->changed);
	pthread_mutex_unlock(&load->mutex);
}

/* verify - every row of the script is a fault; all of them are told. */
static struct problem *verify(struct load *load, struct arena *arena)
{
	PGconn *pg = load->connection->pg;
	PGresult *result = PQexec(pg, seed_verify_sql);
	if (!result || PQresultStatus(result) != PGRES_TUPLES_OK)
		return failure(arena, pg, "verifying", result);
	const char *faults = NULL;
	for (int i = 0; i < PQntuples(result); i++)
		faults = arena_printf(arena, "%s%s%s %s times", faults ? faults : "", faults ? "; " : "",
				      PQgetvalue(result, i, 0), PQgetvalue(result, i, 1));
	PQclear(result);
	if (!faults)
		return NULL;
	struct problem *problem = problem_new(arena, PROBLEM_internal, NULL, NULL);
	problem->cause = arena_printf(arena, "the load is refused: %s", faults);
	return problem;
}

struct problem *load_finish(struct load *load, struct arena *arena)
{
	TRY(wait_sent(load));
	TRY(execute(load, arena, "rebuilding", seed_after_sql));
	TRY(verify(load, arena));
	PGresult *result = PQexec(load->connection->pg, "commit");
	if (!result || strcmp(PQcmdStatus(result), "COMMIT") != 0)
		return failure(arena, load->connection->pg, "commit", result);
	PQclear(result);
	return NULL;
}

void load_close(struct load *load)
{
	pthread_mutex_lock(&load->mutex);
	load->ending = true;
	pthread_cond_signal(&load->changed);
	pthread_mutex_unlock(&load->mutex);
	pthread_join(load->sender, NULL);
	connection_close(load->connection);
	for (size_t i = 0; i < load->count; i++)
		buffer_free(&load->parcels[i].rows);
	free(load);
}
