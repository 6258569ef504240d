/* A request from scratch, for callers that do not come over HTTP and for the pipeline as its first step. */
#include "request.h"

#include "clock.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

const struct operation *operation_find(const char *name)
{
	for (size_t i = 0; i < operation_count; i++)
		if (!strcmp(operations[i].name, name))
			return &operations[i];
	return NULL;
}

void request_clock(struct request *rq)
{
	if (rq->now_text)
		return;
	char *now = arena_alloc(rq->arena, INSTANT_TEXT), *today = arena_alloc(rq->arena, DATE_TEXT);
	rq->now = clock_now();
	rq->today = instant_date(rq->now);
	rq->now_text = instant_format(rq->now, now);
	rq->today_text = date_format(rq->today, today);
}

void request_prepare(struct request *rq, struct arena *arena, struct pool *pool, const struct operation *op,
		     const struct caller *caller)
{
	*rq = (struct request){.arena = arena, .pool = pool, .op = op, .caller = caller, .if_match = -1};
	rq->reply.version = -1;
	rq->id = random_hex(arena_alloc(arena, 33), 16);
	request_clock(rq);
	const char **values = arena_alloc(arena, (op->parameter_count + 1) * sizeof *values);
	for (size_t i = 0; i < op->parameter_count; i++)
		values[i] = op->parameters[i].fallback;
	rq->values = values;
}

void request_set_value(struct request *rq, const char *name, const char *value)
{
	const char **values = arena_alloc(rq->arena, (rq->op->parameter_count + 1) * sizeof *values);
	memcpy(values, rq->values, rq->op->parameter_count * sizeof *values);
	for (size_t i = 0; i < rq->op->parameter_count; i++)
		if (!strcmp(rq->op->parameters[i].name, name)) {
			values[i] = value;
			rq->values = values;
			return;
		}
	abort(); /* a name that the operation does not have is a defect of the program */
}
