/* History: one append-only line for every act, a transition or not. The same table is the audit log. */
#ifndef HISTORY_H
#define HISTORY_H

#include "request.h"

struct history_line {
	const char *kind, *id;           /* the object; id NULL = none */
	const char *machine, *from, *to; /* of a transition, else NULL */
	const char *action;
	const char *role; /* in which the caller acted */
	const char *reason, *articles;
	const char *detail; /* JSON, NULL = none */
};

/* history_write - add the line in the request's transaction. Its place in the table is told to nobody: the
   gaps would say how much is written about sealed sheets. */
MUST_CHECK struct problem *history_write(struct request *rq, const struct history_line *line);

#endif
