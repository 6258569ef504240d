/* One connection to PostgreSQL, never used by two threads at a time. Every wait has a deadline: a server that
   does not answer costs a connection, not a thread. All statements are prepared on it by name. Private to
   service/db. */
#ifndef CONNECTION_H
#define CONNECTION_H

#include "buffer.h"
#include "problem.h"
#include "statement.h"

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

/* What is not acknowledged by the server's machine for so long is not sent again. */
#define TCP_USER_TIMEOUT_MS 10000

struct connection_options {
	const char *conninfo;
	int statement_timeout_ms, lock_timeout_ms;
	bool read_only; /* every transaction on it */
	bool prepare;   /* all statements; the connection is in pipeline mode then */
};

struct connection {
	PGconn *pg;
	int wait_ms;     /* the longest wait for one answer: the statement's own time-out and a little more */
	bool broken;     /* lost, or in an unknown state: only good for closing */
	bool committing; /* a COMMIT is on its way */
	bool commit_warning; /* warning 01000 during it: a wait for the standby was cancelled */
	/* what the open transaction has told of (public_card_tell in sql/migrations): the names of the public
	   answers that it makes obsolete, separated by spaces; too many of them, or a commit whose fate is
	   not known, are all of them */
	struct buffer changed;
	bool changed_all;
};

/* connection_open - the problem's cause says what is wrong (an address, a statement that does not prepare).
 */
MUST_CHECK struct problem *connection_open(struct arena *arena, const struct connection_options *options,
					   struct connection **ret);
void connection_close(struct connection *connection);

/* connection_is_alive - read what has arrived without waiting: a server that went away has said so. */
bool connection_is_alive(struct connection *connection);

/* connection_send - put a statement on its way; false when the connection is lost. */
bool connection_send(struct connection *connection, enum statement statement, const char *const *parameters,
		     size_t count);

/* connection_send_merged - the same for several callers at once; each parameter is an array literal with a
   value of each. */
bool connection_send_merged(struct connection *connection, enum statement statement,
			    const char *const *parameters, size_t count);

/* connection_send_command - the same for one of the commands that are prepared beside the statements: begin,
   begin_read, commit, rollback, check_now, plan_generic, ping. */
bool connection_send_command(struct connection *connection, const char *name);

/* connection_sync - the end of what is sent in one go: after a failure the server passes over everything up
   to here. Nothing leaves before. */
bool connection_sync(struct connection *connection);

/* connection_take - the result of the oldest statement that was sent and not taken yet; NULL when lost. */
PGresult *connection_take(struct connection *connection);

/* connection_take_sync - the answer to the oldest connection_sync, everything before it thrown away; false
   when lost. */
bool connection_take_sync(struct connection *connection);

/* connection_next - the next result (the caller clears it), NULL at the end of a statement's results. False
   when it did not come in time; a lost connection gives an error result without SQLSTATE. Sets broken in both
   cases. */
bool connection_next(struct connection *connection, PGresult **ret);

/* Between two statements libpq says NULL once; more in a row are none that will ever come. */
#define NOTHING_MAX 3

/* connection_is_answer - whether a result that came before the connection was lost counts: it does unless it
   is only the news of the loss, or of a failure before it. */
bool connection_is_answer(const PGresult *result);

/* connection_call - one prepared command from sending to result; NULL when lost. */
PGresult *connection_call(struct connection *connection, const char *name);

/* connection_command - a command as text, on a connection that has nothing prepared; NULL when lost. After a
   copy out (PGRES_COPY_OUT) its lines come with connection_copy_line. connection_describe - the columns of a
   statement, without running it. */
PGresult *connection_command(struct connection *connection, const char *command);
PGresult *connection_describe(struct connection *connection, const char *text);

/* connection_copy_line - as PQgetCopyData: the length of the next line, which the caller frees with
   PQfreemem; -1 at the end, of which connection_take tells more; -2 when the connection is lost or was silent
   for too long. */
int connection_copy_line(struct connection *connection, char **ret);

#endif
