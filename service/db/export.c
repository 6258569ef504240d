/* Exports: one :copy statement streamed to the caller as CSV (PostgreSQL's own, passed through) or as one
   JSON object a line. A connection of its own in REPEATABLE READ, so that a slow reader holds up nobody; at
   most two at once. */
#include "pool.h"
#include "rows.h"
#include "sqlstate.h"
#include "statement.h"

#include "buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT_TIMEOUT_MS 600000
#define CHUNK             65536

struct export
{
	struct pool *pool;
	struct connection *connection;
	enum export_format format;
	struct buffer pending;
	size_t sent; /* of pending */
	bool done, failed;
};

void export_close(struct export *export)
{
	if (!export)
		return;
	connection_close(export->connection);
	pool_export_end(export->pool);
	buffer_free(&export->pending);
	free(export);
}

static struct problem *check(struct arena *arena, enum statement statement, PGresult *result,
			     ExecStatusType expected)
{
	struct problem *problem = NULL;
	if (!result || PQresultStatus(result) != expected)
		problem = sqlstate_problem(arena, result, statement);
	PQclear(result);
	return problem;
}

/* set - COPY takes no parameters, so they travel as settings of the transaction; null and empty are the same
 * there. */
static struct problem *set(struct arena *arena, PGconn *pg, enum statement statement, const char *name,
			   const char *value)
{
	const char *parameters[] = {name, value ? value : ""};
	PGresult *result =
		PQexecParams(pg, "select set_config($1, $2, true)", 2, NULL, parameters, NULL, NULL, 0);
	return check(arena, statement, result, PGRES_TUPLES_OK);
}

static struct problem *start_csv(struct arena *arena, PGconn *pg, enum statement statement,
				 const char *const *parameters, size_t count)
{
	TRY(set(arena, pg, statement, "export.format", "csv"));
	for (size_t i = 0; i < count; i++)
		TRY(set(arena, pg, statement, arena_printf(arena, "export.p%zu", i + 1), parameters[i]));
	return check(arena, statement, PQexec(pg, statements[statement].copy), PGRES_COPY_OUT);
}

static struct problem *start_rows(struct arena *arena, PGconn *pg, enum statement statement,
				  const char *const *parameters, size_t count)
{
	if (!PQsendQueryParams(pg, statements[statement].text, (int)count, NULL, parameters, NULL, NULL, 0) ||
	    !PQsetSingleRowMode(pg))
		return sqlstate_problem(arena, NULL, statement);
	return NULL;
}

static struct problem *start(struct export *export, struct arena *arena, enum statement statement,
			     const char *const *parameters, size_t count)
{
	struct connection_options options = {pool_conninfo(export->pool), EXPORT_TIMEOUT_MS, 1000, true,
					     false};
	TRY(connection_open(arena, &options, &export->connection));
	PGconn *pg = export->connection->pg;
	PQsetnonblocking(pg, 0);
	TRY(check(arena, statement, PQexec(pg, "begin isolation level repeatable read read only"),
		  PGRES_COMMAND_OK));
	if (export->format == EXPORT_NDJSON)
		return start_rows(arena, pg, statement, parameters, count);
	buffer_text(&export->pending, "\xEF\xBB\xBF");
	return start_csv(arena, pg, statement, parameters, count);
}

struct problem *export_open(struct pool *pool, struct arena *arena, enum statement statement,
			    const char *const *parameters, size_t count, enum export_format format,
			    struct export **ret)
{
	if (statements[statement].cardinality != CARDINALITY_COPY ||
	    count != (size_t)statements[statement].parameters) {
		struct problem *problem = problem_new(arena, PROBLEM_internal, NULL, NULL);
		problem->cause =
			arena_printf(arena, "statement %s: not for this export", statements[statement].name);
		return problem;
	}
	if (!pool_export_start(pool)) {
		struct problem *problem = problem_new(arena, PROBLEM_overloaded, "已有两个导出在进行。",
						      "Two exports are running already.");
		problem->retry_after = 5;
		return problem;
	}
	struct export *export = calloc(1, sizeof *export);
	if (!export)
		abort();
	export->pool = pool;
	export->format = format;
	struct problem *problem = start(export, arena, statement, parameters, count);
	if (problem) {
		export_close(export);
		return problem;
	}
	*ret = export;
	return NULL;
}

/* fill_csv - the next line of the copy. */
static void fill_csv(struct export *export)
{
	char *line = NULL;
	int length = PQgetCopyData(export->connection->pg, &line, 0);
	if (length > 0) {
		buffer_add(&export->pending, line, (size_t)length);
		PQfreemem(line);
		return;
	}
	PGresult *result = length == -1 ? PQgetResult(export->connection->pg) : NULL;
	export->done = true;
	export->failed = !result || PQresultStatus(result) != PGRES_COMMAND_OK;
	PQclear(result);
}

static void write_object(struct buffer *buffer, const PGresult *result)
{
	char separator = '{';
	for (int column = 0; column < PQnfields(result); column++) {
		if (PQgetisnull(result, 0, column))
			continue;
		const char *name = PQfname(result, column);
		buffer_char(buffer, separator);
		buffer_json_string(buffer, name, strlen(name));
		buffer_char(buffer, ':');
		value_write(buffer, result, 0, column, column_kind(result, column));
		separator = ',';
	}
	buffer_text(buffer, separator == '{' ? "{}\n" : "}\n");
}

/* fill_row - the next row; the last result has no rows and says whether all went well. */
static void fill_row(struct export *export)
{
	PGresult *result = PQgetResult(export->connection->pg);
	if (result && PQresultStatus(result) == PGRES_SINGLE_TUPLE) {
		write_object(&export->pending, result);
	} else {
		export->done = true;
		export->failed = !result || PQresultStatus(result) != PGRES_TUPLES_OK;
	}
	PQclear(result);
}

long export_read(struct export *export, char *bytes, size_t capacity)
{
	while (!export->done && export->pending.length - export->sent < capacity &&
	       export->pending.length < CHUNK) {
		if (export->format == EXPORT_CSV)
			fill_csv(export);
		else
			fill_row(export);
	}
	size_t left = export->pending.length - export->sent;
	if (left == 0)
		return export->failed ? -1 : 0;
	size_t length = left < capacity ? left : capacity;
	memcpy(bytes, export->pending.text + export->sent, length);
	export->sent += length;
	if (export->sent == export->pending.length) {
		buffer_clear(&export->pending);
		export->sent = 0;
	}
	return (long)length;
}
