/* Pipeline: the stages of a call as one table: parse, route, authenticate, limit, validate, authorise, run,
   answer. A stage returns NULL and the next one runs, or the problem that is the answer. It does not grow
   when an endpoint is added. */
#ifndef PIPELINE_H
#define PIPELINE_H

#include "exchange.h"

/* pipeline_body_room - when the head has come: the longest body that the answer depends on; of one that is
   longer, or that comes where this is 0, the length alone is of interest. */
size_t pipeline_body_room(struct exchange *x);

/* pipeline_run - the answer is in the exchange; always one. */
void pipeline_run(struct exchange *x);

/* exchange_header - the value of a header field, several joined by ", "; NULL when there is none. */
const char *exchange_header(const struct exchange *x, const char *name);

#endif
