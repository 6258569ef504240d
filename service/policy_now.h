/* The policy in force: the adjustable numbers (article 20) and the calendar as the database has them now.
   They are kept in memory, but never believed: each transaction asks by one row (policy_stamp) whether they
   still stand, so that whoever changes a parameter is obeyed by the next act on every instance. */
#ifndef POLICY_NOW_H
#define POLICY_NOW_H

#include "request.h"

/* policy_ask - let the question travel with the first statement of a transaction. */
void policy_ask(struct request *rq);

/* policy_load_parameters, policy_load_calendar - fill rq->parameters, rq->calendar for rq->today; they live
 * as long as rq->arena. */
MUST_CHECK struct problem *policy_load_parameters(struct request *rq);
MUST_CHECK struct problem *policy_load_calendar(struct request *rq);

#endif
