/* Connections: who is connected, in which phase since when, and the thread that cuts those past their
 * deadline. */
#ifndef CONNECTION_H
#define CONNECTION_H

#include "exchange.h"

#include <microhttpd.h>

#define CONNECTION_SEND_BUFFER 16384 /* bytes: slow readers must not fill the kernel's memory for all */

enum phase {
	PHASE_IDLE,      /* nothing of a request has come */
	PHASE_RECEIVING, /* the request line is here; head or body are still coming */
	PHASE_ANSWERING, /* the operation runs or the answer is being sent */
};

struct call;

struct connection {
	struct MHD_Connection *mhd;
	int fd;
	char peer[64];
	uint64_t network; /* of the peer: an IPv4 address, or what one household has of IPv6; 0 = not known */
	enum phase phase;
	int64_t since; /* clock_monotonic_ms */
	bool has_head; /* of the request that is coming */
	bool served;   /* a request has been answered on it */
	bool is_admin;
	bool cut;
	bool hung_up;   /* the client sends no more */
	int hung_turns; /* in which nothing more came of what it had sent */
	struct connection *hung_next, **hung_link;
	struct call *call;
	struct connection *next, **link;
};

/* connections_start - start the thread; connections_stop ends it. */
void connections_start(const struct server_options *options);
void connections_stop(void);

struct connection *connection_accepted(struct MHD_Connection *mhd, bool is_admin);
void connection_closed(struct connection *connection);
void connection_phase(struct connection *connection, enum phase phase);

/* connection_hung_up - the client (a struct connection) has closed its half. connections_check - after a
   turn: end those of them from which nothing more can come, for the HTTP library does not notice by itself
   when the end came together with the last bytes. It has some turns to work off what it has read; true while
   it must have another. Both on the loop's thread. */
void connection_hung_up(void *connection);
bool connections_check(void);

/* connection_head - the head of the request has come whole. */
void connection_head(struct connection *connection);

#endif
