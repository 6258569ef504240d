/* The thread of the listener: connect, listen, ask again and again; after a loss, begin anew. */
#include "listener.h"

#include "clock.h"
#include "connection.h"
#include "log.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define ASK_MIN_MS   5 /* between two questions */
#define RETRY_MIN_MS 100
#define RETRY_MAX_MS 1000

struct listener {
	struct listener_options options;
	pthread_t thread;
	int stop_fd; /* readable once it is to stop */
	struct connection *connection;
};

/* idle - wait for that long, until there is something to read or to stop; true when it is to stop. */
static bool idle(struct listener *listener, int64_t milliseconds)
{
	struct pollfd pollers[2] = {{listener->stop_fd, POLLIN, 0}, {-1, POLLIN, 0}};
	if (listener->connection)
		pollers[1].fd = PQsocket(listener->connection->pg);
	poll(pollers, 2, milliseconds > 0 ? (int)milliseconds : 0);
	return pollers[0].revents != 0;
}

/* deliver - what has arrived; false when the connection is lost. */
static bool deliver(struct listener *listener)
{
	PGconn *pg = listener->connection->pg;
	if (!PQconsumeInput(pg) || PQstatus(pg) != CONNECTION_OK)
		return false;
	for (PGnotify *notify; (notify = PQnotifies(pg));) {
		listener->options.heard(listener->options.context, notify->extra);
		PQfreemem(notify);
	}
	return true;
}

/* ask - send it and wait for "ready"; whether the answer was one row with "t", or a command's. */
static bool ask(struct listener *listener, const char *command)
{
	PGresult *result = connection_command(listener->connection, command);
	ExecStatusType status = PQresultStatus(result);
	bool well = status == PGRES_COMMAND_OK ||
		    (status == PGRES_TUPLES_OK && PQntuples(result) == 1 && *PQgetvalue(result, 0, 0) == 't');
	PQclear(result);
	return well && !listener->connection->broken && deliver(listener);
}

/* attend - prove, hear, prove again, until it is lost (false) or to stop (true). */
static bool attend(struct listener *listener)
{
	const struct listener_options *options = &listener->options;
	char command[160];
	snprintf(command, sizeof command, "select '%s' in (select pg_listening_channels())",
		 options->channel);
	for (;;) {
		int64_t sent = clock_monotonic_ms(), now;
		int64_t next =
			sent + (options->bound_ms / 4 > ASK_MIN_MS ? options->bound_ms / 4 : ASK_MIN_MS);
		if (!ask(listener, command))
			return false;
		options->proven(options->context, sent);
		while ((now = clock_monotonic_ms()) < next) {
			if (idle(listener, next - now))
				return true;
			if (!deliver(listener))
				return false;
		}
	}
}

static bool begin(struct listener *listener)
{
	const struct listener_options *options = &listener->options;
	const struct connection_options how = {
		.conninfo = options->conninfo, .statement_timeout_ms = options->bound_ms, .read_only = true};
	struct arena *arena = arena_new();
	char command[160];
	snprintf(command, sizeof command, "set application_name = 'allianced listener'; listen %s",
		 options->channel);
	struct problem *problem = connection_open(arena, &how, &listener->connection);
	if (problem)
		log_event(LOG_LEVEL_DEBUG, "listener_not_connected", "cause", problem->cause, (char *)NULL);
	arena_free(arena);
	if (problem)
		return false;
	listener->connection->wait_ms = options->bound_ms;
	return ask(listener, command);
}

static void end(struct listener *listener)
{
	connection_close(listener->connection);
	listener->connection = NULL;
}

static void *listen_on(void *context)
{
	struct listener *listener = context;
	const struct listener_options *options = &listener->options;
	int64_t retry = RETRY_MIN_MS;
	bool was_lost = false; /* that it listens again is news, that it listens is not */
	for (bool stops = false; !stops;) {
		bool began = begin(listener);
		if (began) {
			log_event(was_lost ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG, "listening", "channel",
				  options->channel, (char *)NULL);
			stops = attend(listener);
		}
		options->lost(options->context);
		end(listener);
		was_lost = was_lost || began;
		retry = began ? RETRY_MIN_MS : retry * 2 > RETRY_MAX_MS ? RETRY_MAX_MS : retry * 2;
		if (began && !stops)
			log_event(LOG_LEVEL_WARNING, "listener_lost", "channel", options->channel,
				  (char *)NULL);
		stops = stops || idle(listener, retry);
	}
	return NULL;
}

struct problem *listener_start(struct arena *arena, const struct listener_options *options,
			       struct listener **ret)
{
	struct listener *listener = calloc(1, sizeof *listener);
	if (!listener)
		abort();
	listener->options = *options;
	listener->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (listener->stop_fd >= 0 && pthread_create(&listener->thread, NULL, listen_on, listener) == 0) {
		*ret = listener;
		return NULL;
	}
	if (listener->stop_fd >= 0)
		close(listener->stop_fd);
	free(listener);
	struct problem *problem = problem_new(arena, PROBLEM_internal, NULL, NULL);
	problem->cause = "the listener does not start";
	return problem;
}

void listener_stop(struct listener *listener)
{
	if (!listener)
		return;
	eventfd_write(listener->stop_fd, 1);
	pthread_join(listener->thread, NULL);
	close(listener->stop_fd);
	free(listener);
}
