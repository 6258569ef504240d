#include "answer.h"

#include <stdlib.h>

struct answer answer_whole(PGresult *result)
{
	if (!result)
		return (struct answer){NULL, 0, 0};
	struct shared_result *shared = malloc(sizeof *shared);
	if (!shared)
		abort();
	shared->result = result;
	atomic_init(&shared->holders, 1);
	return (struct answer){shared, 0, PQntuples(result)};
}

struct answer answer_part(const struct answer *of, int first, int count)
{
	atomic_fetch_add(&of->shared->holders, 1);
	return (struct answer){of->shared, first, count};
}

PGresult *answer_result(const struct answer *answer)
{
	return answer->shared ? answer->shared->result : NULL;
}

void answer_release(struct answer *answer)
{
	struct shared_result *shared = answer->shared;
	answer->shared = NULL;
	if (!shared || atomic_fetch_sub(&shared->holders, 1) > 1)
		return;
	PQclear(shared->result);
	free(shared);
}
