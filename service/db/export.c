/* Exports: one :copy statement streamed to the caller as CSV or as one JSON object a line, on a connection of
   its own in REPEATABLE READ, so that a slow reader holds up nobody; at most two at once. Who has the service
   to himself is given what COPY gives. COPY may sort everything before its first row, and then writes until
   the socket's buffer is full, which keeps a processor for two milliseconds at a time, longer over a network:
   for one that begins while others ask, the same statement is read by a cursor in small pages instead. A
   session's first statements cost more than half an export, so one that was read to its end leaves its
   connection to the next for a while: nothing that is done here outlives the transaction. A backend whose
   connection was closed ends within a second. */
#include "export_write.h"
#include "pool.h"
#include "sqlstate.h"
#include "statement.h"

#include "clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT_TIMEOUT_MS 600000 /* of one statement */
#define CHUNK             65536
#define PAGE_ROWS         25 /* some 0.3 ms of the database; of 8 rows readings beside them saw no difference */
#define LATE_ROWS         1000 /* when it has been gentle for long enough */

struct export
{
	struct pool *pool;
	struct connection *connection;
	struct export_options options;
	struct columns columns; /* of NDJSON */
	bool has_head;          /* of pages: the first one tells names and types */
	int64_t late_ms;        /* when pages become large */
	struct buffer pending;
	size_t sent; /* of pending */
	bool done, failed;
	bool ended; /* read wholly, and the transaction with it: nothing is left on the connection */
};

/* is_paged - read by a cursor in place of COPY. */
static bool is_paged(const struct export *export)
{
	return export->options.gentle_ms > 0;
}

void export_close(struct export *export)
{
	if (!export)
		return;
	columns_free(&export->columns);
	if (!export->ended)
		connection_close(export->connection);
	pool_export_end(export->pool, export->ended ? export->connection : NULL);
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

/* literal - a parameter as libpq quotes it. False when it is no text of the connection's encoding. */
static bool literal(struct buffer *out, PGconn *pg, const char *value)
{
	if (!value) {
		buffer_text(out, "null");
		return true;
	}
	char *quoted = PQescapeLiteral(pg, value, strlen(value));
	if (!quoted)
		return false;
	buffer_text(out, quoted);
	PQfreemem(quoted);
	return true;
}

/* statement_write - neither COPY nor a cursor's declaration takes parameters, and what travelled as settings
   the planner could not see: it would plan for every value at once, at twice the cost. */
static bool statement_write(struct buffer *out, PGconn *pg, enum statement statement,
			    const char *const *parameters)
{
	for (const char *at = statements[statement].text; *at;) {
		size_t plain = strcspn(at, "$");
		buffer_add(out, at, plain);
		at += plain;
		if (!*at)
			break;
		char *end;
		unsigned long number = strtoul(at + 1, &end, 10);
		if (!literal(out, pg, parameters[number - 1]))
			return false;
		at = end;
	}
	return true;
}

/* describe - the columns of the statement, without running it: COPY tells neither names nor types. */
static struct problem *describe(struct export *export, struct arena *arena, enum statement statement)
{
	PGresult *shape = connection_describe(export->connection, statements[statement].text);
	if (PQresultStatus(shape) == PGRES_COMMAND_OK)
		columns_read(&export->columns, shape);
	return check(arena, statement, shape, PGRES_COMMAND_OK);
}

/* run - the copy or the cursor. */
static struct problem *run(struct export *export, struct arena *arena, enum statement statement,
			   const char *const *parameters)
{
	bool csv = export->options.format == EXPORT_CSV, paged = is_paged(export);
	struct connection *connection = export->connection;
	const char *format = csv ? "set local export.format = 'csv'" : "set local export.format = 'ndjson'";
	TRY(check(arena, statement, connection_command(connection, format), PGRES_COMMAND_OK));
	struct buffer command = {0};
	buffer_text(&command, paged ? "declare export no scroll cursor for " : "copy (");
	bool written = statement_write(&command, connection->pg, statement, parameters);
	if (!paged)
		buffer_text(&command, csv ? ") to stdout (format csv, header true)" : ") to stdout");
	PGresult *result = written ? connection_command(connection, command.text) : NULL;
	buffer_free(&command);
	return check(arena, statement, result, paged ? PGRES_COMMAND_OK : PGRES_COPY_OUT);
}

/* command_is_done - a command of which nothing but its success is of interest. */
static bool command_is_done(struct connection *connection, const char *command)
{
	PGresult *result = connection_command(connection, command);
	bool done = result && PQresultStatus(result) == PGRES_COMMAND_OK;
	PQclear(result);
	return done;
}

/* begin - on the connection that was left, or where it does not answer on a new one. */
static struct problem *begin(struct export *export, struct arena *arena, enum statement statement)
{
	static const char command[] = "begin isolation level repeatable read read only";
	if (export->connection && connection_is_alive(export->connection) &&
	    command_is_done(export->connection, command))
		return NULL;
	connection_close(export->connection);
	export->connection = NULL;
	struct connection_options options = {pool_conninfo(export->pool), EXPORT_TIMEOUT_MS, 1000, true,
					     false};
	TRY(connection_open(arena, &options, &export->connection));
	export->connection->wait_ms = export->options.silence_ms;
	static const char settings[] = "select set_config('application_name', 'allianced export', false), "
				       "set_config('client_connection_check_interval', '1s', false)";
	TRY(check(arena, statement, connection_command(export->connection, settings), PGRES_TUPLES_OK));
	return check(arena, statement, connection_command(export->connection, command), PGRES_COMMAND_OK);
}

static struct problem *start(struct export *export, struct arena *arena, enum statement statement,
			     const char *const *parameters)
{
	TRY(begin(export, arena, statement));
	if (export->options.format == EXPORT_CSV)
		buffer_text(&export->pending, "\xEF\xBB\xBF");
	else if (!is_paged(export))
		TRY(describe(export, arena, statement));
	return run(export, arena, statement, parameters);
}

struct problem *export_open(struct pool *pool, struct arena *arena, enum statement statement,
			    const char *const *parameters, size_t count, const struct export_options *options,
			    struct export **ret)
{
	if (statements[statement].cardinality != CARDINALITY_COPY ||
	    count != (size_t)statements[statement].parameters) {
		struct problem *problem = problem_new(arena, PROBLEM_internal, NULL, NULL);
		problem->cause =
			arena_printf(arena, "statement %s: not for this export", statements[statement].name);
		return problem;
	}
	struct connection *left;
	if (!pool_export_start(pool, &left)) {
		struct problem *problem = problem_new(arena, PROBLEM_overloaded, "已有两个导出在进行。",
						      "Two exports are running already.");
		problem->retry_after = 5;
		return problem;
	}
	struct export *export = calloc(1, sizeof *export);
	if (!export)
		abort();
	export->pool = pool;
	export->connection = left;
	export->options = *options;
	export->late_ms = clock_monotonic_ms() + options->gentle_ms;
	struct problem *problem = start(export, arena, statement, parameters);
	if (problem) {
		export_close(export);
		return problem;
	}
	*ret = export;
	return NULL;
}

/* end - the last row has come, or something failed. */
static void end(struct export *export, bool well)
{
	export->done = true;
	export->failed = !well;
	export->ended = well && command_is_done(export->connection, "commit");
}

/* line_take - the next line of the copy; what comes after the last says whether all went well. */
static void line_take(struct export *export)
{
	char *line = NULL;
	int length = connection_copy_line(export->connection, &line);
	if (length > 0) {
		if (export->options.format == EXPORT_CSV)
			buffer_add(&export->pending, line, (size_t)length);
		else
			json_line_write(&export->pending, &export->columns, line);
		PQfreemem(line);
		return;
	}
	PGresult *result = length == -1 ? connection_take(export->connection) : NULL;
	end(export, result && PQresultStatus(result) == PGRES_COMMAND_OK);
	PQclear(result);
}

static void page_write(struct export *export, const PGresult *page)
{
	bool csv = export->options.format == EXPORT_CSV;
	if (!export->has_head && csv)
		csv_names_write(&export->pending, page);
	else if (!export->has_head)
		columns_read(&export->columns, page);
	export->has_head = true;
	for (int row = 0; row < PQntuples(page); row++) {
		if (csv)
			csv_row_write(&export->pending, page, row);
		else
			json_row_write(&export->pending, &export->columns, page, row);
	}
}

/* page_take - the next page of the cursor; one that is not full is the last. */
static void page_take(struct export *export)
{
	int rows = clock_monotonic_ms() < export->late_ms ? PAGE_ROWS : LATE_ROWS;
	char command[64];
	snprintf(command, sizeof command, "fetch %d from export", rows);
	PGresult *page = connection_command(export->connection, command);
	bool well = page && PQresultStatus(page) == PGRES_TUPLES_OK;
	if (well)
		page_write(export, page);
	if (!well || PQntuples(page) < rows)
		end(export, well);
	PQclear(page);
}

long export_read(struct export *export, char *bytes, size_t capacity)
{
	bool paged = is_paged(export);
	size_t wanted = paged ? 1 : capacity; /* who rests between pages takes one at a time */
	while (!export->done && export->pending.length - export->sent < wanted &&
	       export->pending.length < CHUNK) {
		if (paged)
			page_take(export);
		else
			line_take(export);
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
