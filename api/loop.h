/* The event loop: one thread that serves all connections of the HTTP library, takes tasks further and sends
   their reads to the database. Nothing on it may block. */
#ifndef LOOP_H
#define LOOP_H

#include "db.h"

#include <microhttpd.h>

struct loop;

/* What the loop tells, on its thread: that the client at a watched descriptor sends no more, and that a turn
   is over. */
struct loop_hooks {
	void (*hung_up)(void *context);
	bool (*turned)(void); /* whether another turn must follow at once */
};

/* loop_new - with the lanes of this pool. loop_start - serve the daemon, which must have been started with
   epoll and without threads of its own, on a new thread. */
struct loop *loop_new(struct pool *pool, const struct loop_hooks *hooks);
void loop_start(struct loop *loop, struct MHD_Daemon *daemon);

/* loop_watch - tell of this descriptor's client; until it is closed. loop_again - something has moved, so
   that the library may go on at once; it does not say so while tasks wait. Both on the loop's thread. */
void loop_watch(struct loop *loop, int fd, void *context);
void loop_again(struct loop *loop);

/* loop_quiesce - take no new connection from now on. Returns when that is so. */
void loop_quiesce(struct loop *loop);

/* loop_stop - end the thread, if it was started, once no task is left. New requests must be refused by then.
   loop_free - after the daemon has ended, whose connections still tell of their end. */
void loop_stop(struct loop *loop);
void loop_free(struct loop *loop);

#endif
