/* Authenticate: the Authorization header becomes the caller. Nothing else of HTTP decides who somebody is. */
#ifndef AUTHENTICATE_H
#define AUTHENTICATE_H

#include "request.h"

/* authenticate - NULL (no header) is the anonymous caller; anything but one good Bearer token is
   PROBLEM_unauthenticated, on public operations too. The caller lives in the arena. An operation with a form
   body (the token endpoint) is not authenticated here: its client's header goes to the operation as
   rq->authorization. */
MUST_CHECK struct problem *authenticate(struct arena *arena, struct pool *pool, const char *authorization,
					const struct caller **ret);

#endif
