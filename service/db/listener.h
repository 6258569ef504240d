/* Listener: one thread with a connection of its own that hears NOTIFY on one channel, and can prove up to
   which moment it has heard everything. PostgreSQL hands a notification to those who listen before it tells
   the writer that the commit is done, and to a client before it says that it is ready; so the answer to a
   question that was sent at S proves that nothing acknowledged before S is still under way. A connection that
   does not answer in time is given up, also when nobody says that it is gone. */
#ifndef LISTENER_H
#define LISTENER_H

#include "problem.h"

#include <stdbool.h>
#include <stdint.h>

struct listener_options {
	const char *conninfo; /* a session of PostgreSQL's own, not of a pooler of transactions */
	const char *channel;  /* a plain name */
	int bound_ms;         /* longest wait for an answer; it asks four times as often */
	void *context;        /* of the calls, which all come from the thread of the listener */
	void (*heard)(void *context, const char *payload);
	void (*proven)(void *context, int64_t as_of_ms); /* monotonic: all that was told before is heard */
	void (*lost)(void *context);                     /* from now on nothing is heard */
};

struct listener;

/* listener_start - the strings and the context must outlive the listener. */
MUST_CHECK struct problem *listener_start(struct arena *arena, const struct listener_options *options,
					  struct listener **ret);

/* listener_stop - NULL is allowed. */
void listener_stop(struct listener *listener);

#endif
