/* Evaluation: what the other nouns may ask about panels (articles 12, 13). */
#ifndef EVALUATION_H
#define EVALUATION_H

#include "facts.h"
#include "facts_evaluation.h"
#include "request.h"

/* evaluation_facts_load - set facts->evaluation to those of the newest panel of the application that was not
   voided (panel_id NULL when there is none). Seats and conflicts are loaded for the bureau and the system
   only; the result only once closed. */
MUST_CHECK struct problem *evaluation_facts_load(struct request *rq, const char *application_id,
						 struct facts *facts);

#endif
