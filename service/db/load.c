/* One transaction around a bulk load. The scripts are the owner's: another role could not put constraints
 * aside. */
#include "load.h"

#include "connection.h"
#include "statement.h"

#include <stdlib.h>
#include <string.h>

struct load {
	struct connection *connection;
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
		    "begin; set local maintenance_work_mem = '256MB'; set local work_mem = '128MB'"));
	return execute(load, arena, "putting constraints aside", seed_before_sql);
}

struct problem *load_open(struct arena *arena, const char *owner_conninfo, struct load **ret)
{
	const struct connection_options options = {.conninfo = owner_conninfo, .lock_timeout_ms = 5000};
	struct connection *connection;
	TRY(connection_open(arena, &options, &connection));
	struct load *load = calloc(1, sizeof *load);
	if (!load)
		abort();
	load->connection = connection;
	struct problem *problem = begin(load, arena);
	if (problem) {
		load_close(load);
		return problem;
	}
	*ret = load;
	return NULL;
}

struct problem *load_rows(struct load *load, struct arena *arena, const char *table, const char *columns,
			  bool frozen, struct buffer *rows)
{
	PGconn *pg = load->connection->pg;
	if (!rows->length)
		return NULL;
	PGresult *result = PQexec(pg, arena_printf(arena, "copy %s (%s) from stdin%s", table, columns,
						   frozen ? " with (freeze)" : ""));
	if (!result || PQresultStatus(result) != PGRES_COPY_IN)
		return failure(arena, pg, table, result);
	PQclear(result);
	bool sent = PQputCopyData(pg, rows->text, (int)rows->length) == 1 && PQputCopyEnd(pg, NULL) == 1;
	buffer_clear(rows);
	result = sent ? PQgetResult(pg) : NULL;
	if (!result || PQresultStatus(result) != PGRES_COMMAND_OK)
		return failure(arena, pg, table, result);
	PQclear(result);
	for (; (result = PQgetResult(pg)); PQclear(result))
		;
	return NULL;
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
	connection_close(load->connection);
	free(load);
}
