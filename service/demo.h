/* Demo: fictitious alliances of Weinan for a first look, made by playing the operations of openapi.yaml
   through request_run as their roles would, at the business dates of the story. Nothing is inserted as a
   final state. Everything is marked 虚构; the credit codes have right check digits and body codes (PDYnnnnn)
   that no real holder can have. */
#ifndef DEMO_H
#define DEMO_H

#include "db.h"
#include "problem.h"

#include <jansson.h>

/* demo_load - into a migrated database without accounts; refused when there are any. Moves this process's
   business clock. ret_tokens: {role: token} for one account per role, tied to the arena. say gets one line
   per alliance. */
MUST_CHECK struct problem *demo_load(struct arena *arena, struct pool *pool, void (*say)(const char *line),
				     const json_t **ret_tokens);

#endif
