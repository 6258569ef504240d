/* Call: one request on a connection, from its first line to the end of its answer: the body as it comes, the
   task that works on it, the answer's stream. A request whose head and body have come is a task: while it
   waits for the database or works elsewhere its connection is suspended, and the library builds the answer
   when it has ended. So a call needs no lock of its own: it belongs to the loop, and its exchange to the task
   until that has ended, which may be after the client is gone. */
#ifndef CALL_H
#define CALL_H

#include "connection.h"
#include "shares.h"

#include <stdatomic.h>

struct _u_response;
struct loop;

/* What the calls of a server have in common. */
struct calls {
	const struct server_options *options;
	struct loop *loop;
	atomic_bool is_draining;   /* each answer ends its connection */
	atomic_int_fast64_t asked; /* when the last request began, microseconds, monotonic */
	struct shares bodies;      /* bytes that each network has of those of large bodies */
};

/* It lives until the library has ended with it and its stream is closed. */
struct call {
	struct exchange exchange;
	struct calls *calls;
	struct connection *connection; /* NULL once the library has ended with it */
	struct buffer body;
	size_t body_room;                     /* for how long a body; 0: none of it is kept */
	bool has_head, has_begun, has_waited; /* how far the library has come with it */
	bool is_suspended, in_company;
	bool is_ready;    /* the exchange holds the answer */
	bool is_answered; /* the library has it */
	bool has_failed;
	struct stream stream;
	char *block; /* of a stream that waits: what a worker read ahead */
	long block_length, block_sent;
	bool has_block;
	int64_t started; /* microseconds, monotonic */
	uint64_t bytes;
	int references;
};

/* calls_start - before the first of them; options and loop must outlive them. */
void calls_start(struct calls *calls, const struct server_options *options, struct loop *loop);

/* call_new - for the request that begins on that connection, counted among those in flight unless the
   connection is the administrator's. The library's: call_end gives it back, complete or not, logs and counts
   it. */
struct call *call_new(struct connection *connection, struct calls *calls, const char *target);
void call_end(struct call *call, bool is_complete);

/* call_body_add - a piece of the body: kept whole with the others or not at all. */
void call_body_add(struct call *call, const char *bytes, size_t count);

/* call_begin - head and body have come. True when the answer is there at once; else is_ready tells later. */
bool call_begin(struct call *call);

/* call_hand_over - the answer of a call that is ready. */
void call_hand_over(struct call *call, struct _u_response *response);

#endif
