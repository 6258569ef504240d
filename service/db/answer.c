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

/* rows_until - where the rows of one of several end, which begin at first. */
static int rows_until(const PGresult *result, int first, int asked)
{
	int row = first, column = PQnfields(result) - 1;
	while (row < PQntuples(result) && strtol(PQgetvalue(result, row, column), NULL, 10) == asked)
		row++;
	return row;
}

bool part_divide(struct answer *answer, int asked, struct part parts[])
{
	int first = 0;
	for (int i = 0; i < asked; i++) {
		int end = rows_until(answer->result, first, i + 1);
		parts[i] = part_of(answer, first, end - first);
		first = end;
	}
	return first == PQntuples(answer->result);
}

void answer_release(struct answer *answer)
{
	if (!answer || atomic_fetch_sub(&answer->holders, 1) > 1)
		return;
	PQclear(answer->result);
	free(answer);
}
