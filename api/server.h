/* Server: the HTTP library started with limits, deadlines and our own log, one handler that gives whatever
   comes to the pipeline, and an orderly end. Nothing here knows an operation. */
#ifndef SERVER_H
#define SERVER_H

#include "exchange.h"

struct server;

/* server_start - listen and serve. The problem's cause says in one line what is wrong (a busy port). One
 * server per process. */
MUST_CHECK struct problem *server_start(struct arena *arena, const struct server_options *options,
					struct server **ret);

/* server_drain - everything is answered as before, but readiness is denied, and each answer ends its
   connection: whoever sends requests here is to go elsewhere.
   server_stop - the same; refuse new connections, wait until the requests in flight are answered or
   drain_seconds have passed, stop. */
void server_drain(struct server *server);
void server_stop(struct server *server);

#endif
