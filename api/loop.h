/* The event loop: one thread that serves all connections of the HTTP library, takes tasks further and sends
   their reads to the database. Nothing on it may block. */
#ifndef LOOP_H
#define LOOP_H

#include "db.h"

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

struct loop;

/* What the loop tells, on its thread: that the client at a watched descriptor sends no more, and that a turn
   is over; and what it asks. */
struct loop_hooks {
	void (*hung_up)(void *context);
	bool (*turned)(void);  /* whether another turn must follow at once */
	bool (*is_busy)(void); /* whether a request is in flight */
};

/* loop_new - with the lanes of this pool. loop_start - serve the daemon, which must have been started with
   epoll and without threads of its own, on a new thread. */
struct loop *loop_new(struct pool *pool, const struct loop_hooks *hooks);
void loop_start(struct loop *loop, struct MHD_Daemon *daemon);

/* loop_watch - tell of this descriptor's client; until it is closed. loop_again - something has moved, so
   that the library may go on at once; it does not say so while tasks wait. Both on the loop's thread. */
void loop_watch(struct loop *loop, int fd, void *context);
void loop_again(struct loop *loop);

/* loop_stop - end the thread, if it was started: the connections that the kernel has accepted are the last,
   and what is in flight is answered for so long; the thread ends once no task is left. False when somebody
   got no answer. loop_is_ending - no request may begin any more; from any thread. loop_free - after the
   daemon has ended, whose connections still tell of their end. */
bool loop_stop(struct loop *loop, int64_t milliseconds);
bool loop_is_ending(const struct loop *loop);
void loop_free(struct loop *loop);

#endif
