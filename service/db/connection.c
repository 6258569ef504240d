/* One connection: connecting, preparing every statement, sending and waiting with a deadline. */
#include "connection.h"

#include "clock.h"
#include "log.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How much longer than the server's own time-out we wait for its answer. */
#define GRACE_MS 2000

/* The notice by which a transaction tells what it changed, and how much of that is kept. */
#define CHANGED_STATE "ALC00"
#define CHANGED_MAX   65536

static void changed_add(struct connection *connection, const char *names)
{
	if (!names || connection->changed.length > CHANGED_MAX) {
		connection->changed_all = true;
		return;
	}
	buffer_char(&connection->changed, ' ');
	buffer_text(&connection->changed, names);
}

static void notice_receive(void *context, const PGresult *result)
{
	struct connection *connection = context;
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	if (state && strcmp(state, CHANGED_STATE) == 0) {
		changed_add(connection, PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
		return;
	}
	if (connection->committing && state && strcmp(state, "01000") == 0)
		connection->commit_warning = true;
	log_event(LOG_LEVEL_DEBUG, "database_notice", "sqlstate", state, (char *)NULL);
}

enum news {
	NEWS_NONE, /* in time; the connection is broken then */
	NEWS_CAME, /* something to read, or room for what waits to be sent */
	NEWS_LOST, /* the connection: libpq has the error now */
};

static enum news wait_news(struct connection *connection, int64_t deadline, bool is_sending)
{
	int64_t left = deadline - clock_monotonic_ms();
	struct pollfd poller = {PQsocket(connection->pg), (short)(POLLIN | (is_sending ? POLLOUT : 0)), 0};
	int ready = left > 0 ? poll(&poller, 1, (int)left) : -1;
	if (left <= 0 || (ready < 0 && errno != EINTR)) {
		connection->broken = true;
		return NEWS_NONE;
	}
	if (ready > 0 && (poller.revents & ~POLLOUT) && !PQconsumeInput(connection->pg)) {
		connection->broken = true;
		return NEWS_LOST;
	}
	return NEWS_CAME;
}

/* wait_ready - until PQgetResult would not block. */
static bool wait_ready(struct connection *connection)
{
	int64_t deadline = clock_monotonic_ms() + connection->wait_ms;
	for (;;) {
		int flush = PQflush(connection->pg);
		if (flush < 0)
			connection->broken = true;
		if (flush < 0 || !PQisBusy(connection->pg))
			return true;
		enum news news = wait_news(connection, deadline, flush > 0);
		if (news != NEWS_CAME)
			return news == NEWS_LOST;
	}
}

bool connection_next(struct connection *connection, PGresult **ret)
{
	*ret = NULL;
	if (!wait_ready(connection))
		return false;
	*ret = PQgetResult(connection->pg);
	if (PQstatus(connection->pg) != CONNECTION_OK)
		connection->broken = true;
	return true;
}

bool connection_is_alive(struct connection *connection)
{
	struct pollfd poller = {PQsocket(connection->pg), POLLIN, 0};
	/* One call misses a backend that was terminated: first comes its last word, then the end. */
	while (!connection->broken && poll(&poller, 1, 0) > 0) {
		if (!PQconsumeInput(connection->pg) || PQstatus(connection->pg) != CONNECTION_OK)
			connection->broken = true;
	}
	/* one that was found lost earlier has no socket to say so */
	if (PQstatus(connection->pg) != CONNECTION_OK)
		connection->broken = true;
	return !connection->broken;
}

/* Commands that every connection prepares beside the statements: they travel in the same pipeline. */
static const struct {
	const char *name, *text;
} commands[] = {{"begin", "begin"},
		{"begin_read", "begin isolation level repeatable read read only"},
		{"commit", "commit"},
		{"rollback", "rollback"},
		{"check_now", "set constraints all immediate"},
		{"plan_generic", "set local plan_cache_mode = force_generic_plan"},
		{"ping", "select 1"}};
#define COMMANDS          (int)(sizeof commands / sizeof *commands)
#define PREPARED_MAX      (2 * STATEMENT_COUNT + COMMANDS)
#define PREPARED_TOGETHER 8

static bool send_prepared(struct connection *connection, const char *name, const char *const *parameters,
			  size_t count)
{
	if (connection->broken ||
	    !PQsendQueryPrepared(connection->pg, name, (int)count, parameters, NULL, NULL, 0)) {
		connection->broken = true;
		return false;
	}
	return true;
}

bool connection_send(struct connection *connection, enum statement statement, const char *const *parameters,
		     size_t count)
{
	return send_prepared(connection, statements[statement].name, parameters, count);
}

bool connection_send_merged(struct connection *connection, enum statement statement,
			    const char *const *parameters, size_t count)
{
	return send_prepared(connection, statements[statement].merged_name, parameters, count);
}

bool connection_send_command(struct connection *connection, const char *name)
{
	return send_prepared(connection, name, NULL, 0);
}

bool connection_sync(struct connection *connection)
{
	if (connection->broken || PQpipelineSync(connection->pg) != 1) {
		connection->broken = true;
		return false;
	}
	return true;
}

bool connection_is_answer(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);
	return result && status != PGRES_PIPELINE_ABORTED &&
	       (status != PGRES_FATAL_ERROR || PQresultErrorField(result, PG_DIAG_SQLSTATE));
}

PGresult *connection_take(struct connection *connection)
{
	PGresult *first = NULL, *next = NULL;
	for (int nothing = 0; nothing < NOTHING_MAX && !connection->broken;) {
		if (!connection_next(connection, &next))
			break;
		if (first && !next)
			return first;
		nothing += !next;
		if (first)
			PQclear(next);
		else
			first = next;
	}
	/* the server's last words are worth more than the fact that it left */
	connection->broken = true;
	return first;
}

bool connection_take_sync(struct connection *connection)
{
	for (int nothing = 0; nothing < NOTHING_MAX && !connection->broken;) {
		PGresult *next = NULL;
		if (!connection_next(connection, &next))
			break;
		bool is_sync = PQresultStatus(next) == PGRES_PIPELINE_SYNC;
		nothing = next ? 0 : nothing + 1;
		PQclear(next);
		if (is_sync)
			return true;
	}
	connection->broken = true;
	return false;
}

PGresult *connection_call(struct connection *connection, const char *name)
{
	if (!connection_send_command(connection, name) || !connection_sync(connection))
		return NULL;
	PGresult *result = connection_take(connection);
	connection_take_sync(connection);
	return result;
}

/* collect - the one result of what was sent, everything after it thrown away; NULL when lost. Behind the
   beginning of a copy come its lines, which are for connection_copy_line. */
static PGresult *collect(struct connection *connection)
{
	PGresult *first = NULL, *next = NULL;
	do {
		if (!connection_next(connection, &next)) {
			PQclear(first);
			return NULL;
		}
		if (!first)
			first = next;
		else
			PQclear(next);
	} while (next && PQresultStatus(first) != PGRES_COPY_OUT &&
		 PQstatus(connection->pg) == CONNECTION_OK);
	return first;
}

PGresult *connection_command(struct connection *connection, const char *command)
{
	if (connection->broken || !PQsendQuery(connection->pg, command)) {
		connection->broken = true;
		return NULL;
	}
	return collect(connection);
}

PGresult *connection_describe(struct connection *connection, const char *text)
{
	if (connection->broken || !PQsendPrepare(connection->pg, "", text, 0, NULL)) {
		connection->broken = true;
		return NULL;
	}
	PGresult *prepared = collect(connection);
	if (PQresultStatus(prepared) != PGRES_COMMAND_OK)
		return prepared;
	PQclear(prepared);
	if (!PQsendDescribePrepared(connection->pg, "")) {
		connection->broken = true;
		return NULL;
	}
	return collect(connection);
}

int connection_copy_line(struct connection *connection, char **ret)
{
	int length = PQgetCopyData(connection->pg, ret, 1);
	if (length != 0)
		return length;
	int64_t deadline = clock_monotonic_ms() + connection->wait_ms;
	while (length == 0) {
		if (wait_news(connection, deadline, false) != NEWS_CAME)
			return -2;
		length = PQgetCopyData(connection->pg, ret, 1);
	}
	return length;
}

struct prepared {
	const char *name, *text;
};

/* prepared_list - all that a connection prepares, in order; returns how many. */
static int prepared_list(struct prepared list[PREPARED_MAX])
{
	int count = 0;
	for (int i = 0; i < STATEMENT_COUNT; i++) {
		list[count++] = (struct prepared){statements[i].name, statements[i].text};
		if (statements[i].merged_text)
			list[count++] =
				(struct prepared){statements[i].merged_name, statements[i].merged_text};
	}
	for (int i = 0; i < COMMANDS; i++)
		list[count++] = (struct prepared){commands[i].name, commands[i].text};
	return count;
}

/* The server's statement timeout runs from one Sync to the next: a slow database may take longer for all
   statements together than for any of them, so each handful has a Sync of its own. */
static bool prepare_send(struct connection *connection, const struct prepared *list, int count,
			 int *ret_syncs)
{
	bool sent = PQenterPipelineMode(connection->pg) == 1;
	*ret_syncs = 0;
	for (int i = 0; sent && i < count; i++) {
		sent = PQsendPrepare(connection->pg, list[i].name, list[i].text, 0, NULL) == 1;
		if (sent && (i % PREPARED_TOGETHER == PREPARED_TOGETHER - 1 || i == count - 1)) {
			sent = PQpipelineSync(connection->pg) == 1;
			++*ret_syncs;
		}
	}
	return sent;
}

/* prepare_all - all statements in one pipeline; the cause names the first that does not prepare. */
static struct problem *prepare_all(struct arena *arena, struct connection *connection)
{
	struct prepared list[PREPARED_MAX];
	int count = prepared_list(list), seen = 0, syncs = 0;
	bool sent = prepare_send(connection, list, count, &syncs);
	struct problem *problem = NULL;
	while (sent && syncs && !problem && !connection->broken) {
		PGresult *result = NULL;
		if (!connection_next(connection, &result))
			break;
		ExecStatusType status = result ? PQresultStatus(result) : PGRES_COMMAND_OK;
		if (status == PGRES_FATAL_ERROR && !connection->broken && seen < count) {
			problem = problem_new(arena, PROBLEM_internal, NULL, NULL);
			problem->cause = arena_printf(arena, "statement %s: %s", list[seen].name,
						      PQresultErrorMessage(result));
		}
		if (status == PGRES_PIPELINE_SYNC)
			syncs--;
		else if (result)
			seen++;
		PQclear(result);
	}
	if (!problem && (!sent || connection->broken)) {
		problem = problem_new(arena, PROBLEM_database_unavailable, NULL, NULL);
		problem->cause = arena_printf(arena, "preparing: %s", PQerrorMessage(connection->pg));
	}
	return problem;
}

static PGconn *connect_to(const struct connection_options *options)
{
	char settings[400];
	snprintf(settings, sizeof settings,
		 "-c statement_timeout=%d -c lock_timeout=%d -c idle_in_transaction_session_timeout=%d "
		 "-c TimeZone=Asia/Shanghai -c DateStyle=ISO -c default_transaction_isolation=read\\ "
		 "committed "
		 "-c default_transaction_read_only=%s -c jit=off -c random_page_cost=1.1 "
		 /* a long report takes one core, not those of who waits for an answer */
		 "-c max_parallel_workers_per_gather=0 -c client_min_messages=notice "
		 "-c alliance.tell=on",
		 options->statement_timeout_ms, options->lock_timeout_ms,
		 2 * options->statement_timeout_ms + 10000, options->read_only ? "on" : "off");
	char tcp_user_timeout[16];
	snprintf(tcp_user_timeout, sizeof tcp_user_timeout, "%d", TCP_USER_TIMEOUT_MS);
	const char *keywords[] = {"dbname",
				  "options",
				  "application_name",
				  "client_encoding",
				  "connect_timeout",
				  "keepalives_idle",
				  "keepalives_interval",
				  "tcp_user_timeout",
				  NULL};
	const char *values[] = {options->conninfo, settings, "allianced", "UTF8", "5", "30", "5",
				tcp_user_timeout,  NULL};
	return PQconnectdbParams(keywords, values, 1);
}

struct problem *connection_open(struct arena *arena, const struct connection_options *options,
				struct connection **ret)
{
	PGconn *pg = connect_to(options);
	if (!pg || PQstatus(pg) != CONNECTION_OK || PQsetnonblocking(pg, 1) != 0) {
		struct problem *problem = problem_new(arena, PROBLEM_database_unavailable, NULL, NULL);
		problem->cause = arena_strdup(arena, pg ? PQerrorMessage(pg) : "out of memory");
		problem->retry_after = 1;
		PQfinish(pg);
		return problem;
	}
	struct connection *connection = calloc(1, sizeof *connection);
	if (!connection)
		abort();
	connection->pg = pg;
	connection->wait_ms =
		(options->statement_timeout_ms ? options->statement_timeout_ms : 600000) + GRACE_MS;
	PQsetNoticeReceiver(pg, notice_receive, connection);
	struct problem *problem = options->prepare ? prepare_all(arena, connection) : NULL;
	if (problem) {
		connection_close(connection);
		return problem;
	}
	*ret = connection;
	return NULL;
}

void connection_close(struct connection *connection)
{
	if (!connection)
		return;
	PQfinish(connection->pg);
	buffer_free(&connection->changed);
	free(connection);
}
