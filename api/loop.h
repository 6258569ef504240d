/* The event loop: one thread that serves all connections of the HTTP library, takes tasks further and sends
   their reads to the database. Nothing on it may block. */
#ifndef LOOP_H
#define LOOP_H

#include "db.h"

#include <microhttpd.h>

struct loop;

/* loop_start - serve the daemon, which must have been started with epoll and without threads of its own, on a
   new thread. */
struct loop *loop_start(struct MHD_Daemon *daemon, struct pool *pool);

/* loop_quiesce - take no new connection from now on. Returns when that is so. */
void loop_quiesce(struct loop *loop);

/* loop_stop - end the thread once no task is left, and free the loop. New requests must be refused by then.
 */
void loop_stop(struct loop *loop);

#endif
