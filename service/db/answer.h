/* What a read gives its caller: rows of a result that others may hold as well. All of it, the rows of at most
   a batch, stays until the last of them has sent his answer. Private to service/db. */
#ifndef ANSWER_H
#define ANSWER_H

#include <libpq-fe.h>
#include <stdatomic.h>
#include <stdbool.h>

struct answer {
	PGresult *result;
	atomic_int holders; /* they may end on any thread */
};

/* Which rows of it are the caller's: all, or in an execution for several those of his question. */
struct part {
	struct answer *answer; /* NULL = there is none */
	int first, count;
};

/* part_whole - takes the result over: all its rows. NULL gives no answer. */
struct part part_whole(PGresult *result);

/* part_of - one holder more, of these rows. */
struct part part_of(struct answer *answer, int first, int count);

/* part_divide - the rows of an execution for several, whose last column tells which of those who asked, from
   1 on, a row is for. False when they do not stand in that order, which leaves some to nobody; the parts are
   held all the same. */
bool part_divide(struct answer *answer, int asked, struct part parts[]);

/* answer_release - let go; the last holder clears the result. NULL is allowed. */
void answer_release(struct answer *answer);

#endif
