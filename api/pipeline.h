/* Pipeline: the stages of a call as one table: parse, route, authenticate, limit, validate, authorise, run,
   answer. A stage returns NULL and the next one runs, or the problem that is the answer. It does not grow
   when an endpoint is added. */
#ifndef PIPELINE_H
#define PIPELINE_H

#include "exchange.h"

/* pipeline_run - the answer is in the exchange; always one. */
void pipeline_run(struct exchange *x);

/* exchange_header - the value of a header field, several joined by ", "; NULL when there is none. */
const char *exchange_header(const struct exchange *x, const char *name);

#endif
