/* SQLSTATE to problem, in one place. Private to service/db. */
#ifndef SQLSTATE_H
#define SQLSTATE_H

#include "problem.h"
#include "statements.h"

#include <libpq-fe.h>

/* sqlstate_problem - what an error result means. result NULL = the connection was lost. statement says how to
   read a violated reference (a deletion conflicts, anything else names something that does not exist);
   STATEMENT_COUNT = none. */
struct problem *sqlstate_problem(struct arena *arena, const PGresult *result, enum statement statement)
	__attribute__((returns_nonnull));

/* sqlstate_is_lost - whether the error means that the connection is gone (no SQLSTATE, class 08, 57P0x). */
bool sqlstate_is_lost(const PGresult *result);

/* sqlstate_is_locked - whether it has waited for a lock as long as it may. */
bool sqlstate_is_locked(const PGresult *result);

/* sqlstate_is_silent - whether the problem was made of an answer that never came. */
bool sqlstate_is_silent(const struct problem *problem);

#endif
