/* What a read gives its caller: some rows of a result that other callers may hold as well. Private to
   service/db. */
#ifndef ANSWER_H
#define ANSWER_H

#include <libpq-fe.h>
#include <stdatomic.h>

struct shared_result {
	PGresult *result;
	atomic_int holders; /* they may end on any thread */
};

struct answer {
	struct shared_result *shared; /* NULL = none */
	int first, count;             /* its rows */
};

/* answer_whole - all rows of a result, which it takes over. NULL gives the empty answer. */
struct answer answer_whole(PGresult *result);

/* answer_part - some rows of what another holds. */
struct answer answer_part(const struct answer *of, int first, int count);

/* answer_result - the result, NULL when there is none. */
PGresult *answer_result(const struct answer *answer);

/* answer_release - let go; the last holder clears the result. */
void answer_release(struct answer *answer);

#endif
