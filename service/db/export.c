/* Exports: one :copy statement streamed to the caller by COPY, as CSV (PostgreSQL's own, passed through) or
   as one JSON object a line, written from COPY's text format. A connection of its own in REPEATABLE READ, so
   that a slow reader holds up nobody; at most two at once. A session's first statements cost more than half
   an export, so one that was read to its end leaves its connection to the next for a while: nothing that is
   done here outlives the transaction. */
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

/* A column of NDJSON: what stands before its value, and how the value is written. */
struct column {
	size_t key, length; /* of the text in keys: a separator and the name */
	enum column_kind kind;
};

struct export
{
	struct pool *pool;
	struct connection *connection;
	enum export_format format;
	struct column *columns; /* of NDJSON: COPY tells neither names nor types */
	int column_count;
	struct buffer keys;
	struct buffer pending;
	size_t sent; /* of pending */
	bool done, failed;
	bool ended; /* read wholly, and the transaction with it: nothing is left on the connection */
};

void export_close(struct export *export)
{
	if (!export)
		return;
	free(export->columns);
	buffer_free(&export->keys);
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

/* literal - a parameter as libpq quotes it; null and empty are the same. False when it is no text of the
 * connection's encoding. */
static bool literal(struct buffer *out, PGconn *pg, const char *value)
{
	if (!value || !*value) {
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

/* command_write - COPY takes no parameters, and what travelled as settings the planner could not see: it
   would plan for every value at once, at twice the cost. */
static bool command_write(struct buffer *out, PGconn *pg, enum statement statement,
			  const char *const *parameters, bool csv)
{
	buffer_text(out, "copy (");
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
	buffer_text(out, csv ? ") to stdout (format csv, header true)" : ") to stdout");
	return true;
}

static void columns_read(struct export *export, const PGresult *shape)
{
	export->column_count = PQnfields(shape);
	export->columns = calloc((size_t) export->column_count + 1, sizeof *export->columns);
	if (!export->columns)
		abort();
	for (int i = 0; i < export->column_count; i++) {
		const char *name = PQfname(shape, i);
		size_t start = export->keys.length;
		buffer_char(&export->keys, ',');
		buffer_json_string(&export->keys, name, strlen(name));
		buffer_char(&export->keys, ':');
		export->columns[i] =
			(struct column){start, export->keys.length - start, column_kind(shape, i)};
	}
}

/* describe - the columns of the statement, without running it. */
static struct problem *describe(struct export *export, struct arena *arena, enum statement statement)
{
	PGconn *pg = export->connection->pg;
	TRY(check(arena, statement, PQprepare(pg, "", statements[statement].text, 0, NULL),
		  PGRES_COMMAND_OK));
	PGresult *shape = PQdescribePrepared(pg, "");
	if (shape && PQresultStatus(shape) == PGRES_COMMAND_OK) {
		columns_read(export, shape);
		PQclear(shape);
		return NULL;
	}
	struct problem *problem = sqlstate_problem(arena, shape, statement);
	PQclear(shape);
	return problem;
}

static struct problem *copy(struct export *export, struct arena *arena, enum statement statement,
			    const char *const *parameters)
{
	bool csv = export->format == EXPORT_CSV;
	PGconn *pg = export->connection->pg;
	const char *format = csv ? "set local export.format = 'csv'" : "set local export.format = 'ndjson'";
	TRY(check(arena, statement, PQexec(pg, format), PGRES_COMMAND_OK));
	struct buffer command = {0};
	PGresult *result =
		command_write(&command, pg, statement, parameters, csv) ? PQexec(pg, command.text) : NULL;
	buffer_free(&command);
	return check(arena, statement, result, PGRES_COPY_OUT);
}

/* command_is_done - a command of which nothing but its success is of interest. */
static bool command_is_done(PGconn *pg, const char *command)
{
	PGresult *result = PQexec(pg, command);
	bool done = result && PQresultStatus(result) == PGRES_COMMAND_OK;
	PQclear(result);
	return done;
}

/* begin - on the connection that was left, or where it does not answer on a new one. */
static struct problem *begin(struct export *export, struct arena *arena, enum statement statement)
{
	static const char command[] = "begin isolation level repeatable read read only";
	if (export->connection && connection_is_alive(export->connection) &&
	    command_is_done(export->connection->pg, command))
		return NULL;
	connection_close(export->connection);
	export->connection = NULL;
	struct connection_options options = {pool_conninfo(export->pool), EXPORT_TIMEOUT_MS, 1000, true,
					     false};
	TRY(connection_open(arena, &options, &export->connection));
	PGconn *pg = export->connection->pg;
	PQsetnonblocking(pg, 0);
	TRY(check(arena, statement, PQexec(pg, "set application_name = 'allianced export'"),
		  PGRES_COMMAND_OK));
	return check(arena, statement, PQexec(pg, command), PGRES_COMMAND_OK);
}

static struct problem *start(struct export *export, struct arena *arena, enum statement statement,
			     const char *const *parameters)
{
	TRY(begin(export, arena, statement));
	if (export->format == EXPORT_CSV)
		buffer_text(&export->pending, "\xEF\xBB\xBF");
	else
		TRY(describe(export, arena, statement));
	return copy(export, arena, statement, parameters);
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
	export->format = format;
	struct problem *problem = start(export, arena, statement, parameters);
	if (problem) {
		export_close(export);
		return problem;
	}
	*ret = export;
	return NULL;
}

/* unescaped - the character that a backslash of COPY's text format stands before. */
static char unescaped(char c)
{
	static const char letters[] = "bfnrtv", characters[] = "\b\f\n\r\t\v";
	const char *place = strchr(letters, c);
	return place && c ? characters[place - letters] : c;
}

/* field_take - the next field of a line of COPY's text format, unescaped in place; NULL for null. */
static const char *field_take(char **at, size_t *ret_length)
{
	char *from = *at, *start = from, *to;
	bool null = from[0] == '\\' && from[1] == 'N';
	while (*from && *from != '\t' && *from != '\n' && *from != '\\') /* nearly always all of it */
		from++;
	for (to = from; *from && *from != '\t' && *from != '\n'; from++)
		*to++ = *from == '\\' && from[1] ? unescaped(*++from) : *from;
	*at = *from ? from + 1 : from;
	*ret_length = (size_t)(to - start);
	*to = '\0';
	return null ? NULL : start;
}

static void write_object(struct export *export, char *line)
{
	struct buffer *buffer = &export->pending;
	size_t start = buffer->length;
	for (int i = 0; i < export->column_count; i++) {
		const struct column *column = &export->columns[i];
		size_t length;
		const char *text = field_take(&line, &length);
		if (!text)
			continue;
		buffer_add(buffer, export->keys.text + column->key, column->length);
		value_write_text(buffer, text, length, column->kind);
	}
	if (buffer->length == start)
		buffer_char(buffer, ',');
	buffer->text[start] = '{';
	buffer_text(buffer, "}\n");
}

/* fill - the next line of the copy; what comes after the last says whether all went well. */
static void fill(struct export *export)
{
	char *line = NULL;
	int length = PQgetCopyData(export->connection->pg, &line, 0);
	if (length > 0) {
		if (export->format == EXPORT_CSV)
			buffer_add(&export->pending, line, (size_t)length);
		else
			write_object(export, line);
		PQfreemem(line);
		return;
	}
	PGresult *result = length == -1 ? PQgetResult(export->connection->pg) : NULL;
	export->done = true;
	export->failed = !result || PQresultStatus(result) != PGRES_COMMAND_OK;
	PQclear(result);
	export->ended = !export->failed && command_is_done(export->connection->pg, "commit");
}

long export_read(struct export *export, char *bytes, size_t capacity)
{
	while (!export->done && export->pending.length - export->sent < capacity &&
	       export->pending.length < CHUNK)
		fill(export);
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
