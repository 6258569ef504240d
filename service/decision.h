/* Decision: what the files of the other nouns need to know of documents and alliances. */
#ifndef DECISION_H
#define DECISION_H

#include "facts.h"
#include "request.h"

/* decision_facts_load - facts->decision for judging an application: the panel's result of this round, the
   proposal on record, the document it is in, the one that the act names, and whether the act's document
   number is taken. */
MUST_CHECK struct problem *decision_facts_load(struct request *rq, const char *application_id,
					       struct facts *facts);

/* decision_limit - by when a decision is due after the panel has concluded; NULL when it has not. */
const char *decision_limit(struct request *rq, struct date concluded_on);

/* predecessor_facts_load - adds to facts->decision the earlier recognition that a new application names
 * (AL-07). */
MUST_CHECK struct problem *predecessor_facts_load(struct request *rq, const char *alliance_id,
						  struct facts *facts);

#endif
