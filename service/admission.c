/* Places for the requests that need the database, counted and no more.

   What is beyond capacity must cost next to nothing and must not wait: a request that waits until its client
   has given up is work for nobody, and the more of them wait the longer all do. So there is no queue here. By
   Little's law the bound on requests at work is a bound on how long they take (128 reads at 5,000 a second
   leave in 26 ms), which a queue with a time-out, or a controller that watches the delay, would only reach by
   a detour. Reads and writes have places of their own: reads share one connection and leave within
   milliseconds, writes hold one of a few and may wait for a row's lock for seconds; whichever is in trouble
   leaves the other alone.

   Without a queue, whoever comes back at once and often gets the place that falls free. So that one network
   cannot keep all from everybody else, it gets half of them. */
#include "admission.h"

#include "shares.h"

#include <stdatomic.h>

static struct place {
	int limit; /* 0 = none */
	atomic_int at_work;
	struct shares networks;
	atomic_uint_fast64_t shed;
} places[ADMIT_KINDS];

void admission_start(int reads, int writes, bool by_network)
{
	const int limits[ADMIT_KINDS] = {reads, writes};
	for (int i = 0; i < ADMIT_KINDS; i++) {
		places[i].limit = limits[i];
		places[i].at_work = 0;
		places[i].shed = 0;
		shares_start(&places[i].networks, by_network ? (limits[i] + 1) / 2 : 0);
	}
}

static bool take(atomic_int *count, int limit)
{
	if (atomic_fetch_add(count, 1) < limit)
		return true;
	atomic_fetch_sub(count, 1);
	return false;
}

/* NULL when there was one, else why not. */
static const char *place_take(struct place *place, uint64_t network)
{
	if (!shares_take(&place->networks, network, 1))
		return "all places of the caller's network are taken";
	if (take(&place->at_work, place->limit))
		return NULL;
	shares_give(&place->networks, network, 1);
	return "all places are taken";
}

struct problem *admission_enter(struct request *rq)
{
	struct place *place = &places[rq->op->method == METHOD_GET ? ADMIT_READ : ADMIT_WRITE];
	if (rq->place || !place->limit)
		return NULL;
	const char *why = place_take(place, rq->network);
	if (!why) {
		rq->place = place;
		return NULL;
	}
	place->shed++;
	struct problem *problem = problem_new(rq->arena, PROBLEM_overloaded, NULL, NULL);
	problem->cause = why;
	return problem;
}

void admission_leave(struct request *rq)
{
	if (!rq->place)
		return;
	shares_give(&rq->place->networks, rq->network, 1);
	atomic_fetch_sub(&rq->place->at_work, 1);
	rq->place = NULL;
}

struct admission_counts admission_count(void)
{
	struct admission_counts counts;
	for (int i = 0; i < ADMIT_KINDS; i++) {
		counts.at_work[i] = places[i].at_work;
		counts.limit[i] = places[i].limit;
		counts.shed[i] = places[i].shed;
	}
	return counts;
}
