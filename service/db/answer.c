#include "answer.h"

#include <stdbool.h>
#include <stdlib.h>

struct answer *answer_new(PGresult *result)
{
	if (!result)
		return NULL;
	struct answer *answer = malloc(sizeof *answer);
	if (!answer)
		abort();
	answer->result = result;
	atomic_init(&answer->holders, 1);
	return answer;
}

struct answer *answer_hold(struct answer *answer)
{
	atomic_fetch_add(&answer->holders, 1);
	return answer;
}

void answer_release(struct answer *answer)
{
	if (!answer || atomic_fetch_sub(&answer->holders, 1) > 1)
		return;
	PQclear(answer->result);
	free(answer);
}

/* row_add - libpq takes the value as not const, and only reads it. */
static bool row_add(PGresult *copy, const PGresult *result, int row, int to)
{
	for (int column = 0; column < PQnfields(result); column++) {
		bool is_null = PQgetisnull(result, row, column);
		char *value = is_null ? NULL : PQgetvalue(result, row, column);
		if (!PQsetvalue(copy, to, column, value, is_null ? -1 : PQgetlength(result, row, column)))
			return false;
	}
	return true;
}

PGresult *result_rows(const PGresult *result, int first, int count)
{
	PGresult *copy = PQcopyResult(result, PG_COPYRES_ATTRS);
	if (!copy)
		abort();
	for (int i = 0; i < count; i++)
		if (!row_add(copy, result, first + i, i))
			abort(); /* out of memory */
	return copy;
}
