#include "answer.h"

#include <stdlib.h>

struct part part_whole(PGresult *result)
{
	if (!result)
		return (struct part){NULL, 0, 0};
	struct answer *answer = malloc(sizeof *answer);
	if (!answer)
		abort();
	answer->result = result;
	atomic_init(&answer->holders, 1);
	return (struct part){answer, 0, PQntuples(result)};
}

struct part part_of(struct answer *answer, int first, int count)
{
	atomic_fetch_add(&answer->holders, 1);
	return (struct part){answer, first, count};
}

void answer_release(struct answer *answer)
{
	if (!answer || atomic_fetch_sub(&answer->holders, 1) > 1)
		return;
	PQclear(answer->result);
	free(answer);
}
