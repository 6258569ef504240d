/* What a read gives its caller: a result that others who asked the same may hold as well. Private to
   service/db. */
#ifndef ANSWER_H
#define ANSWER_H

#include <libpq-fe.h>
#include <stdatomic.h>

struct answer {
	PGresult *result;
	atomic_int holders; /* they may end on any thread */
};

/* answer_new - takes the result over; NULL gives NULL. */
struct answer *answer_new(PGresult *result);

/* answer_hold - one holder more of it. */
struct answer *answer_hold(struct answer *answer);

/* answer_release - let go; the last holder clears the result. NULL is allowed. */
void answer_release(struct answer *answer);

/* result_rows - some rows of a result as a result of their own, so that nobody keeps those of others. */
PGresult *result_rows(const PGresult *result, int first, int count);

#endif
