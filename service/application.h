/* Application: what the other nouns need of an application's file (articles 4 to 11). */
#ifndef APPLICATION_H
#define APPLICATION_H

#include "json.h"
#include "request.h"
#include "transition.h"

/* What application_load keeps in subject->own for the effects. */
struct application {
	const char *id, *number, *kind, *name;
	const char *recommender_id, *lead_organisation_id;
	int64_t round, revision;
	const char *head_json;        /* canonical JSON of the head fields */
	const char *attachments_json; /* the complete attachments, canonical */
	json_t *form;                 /* owned by the arena */
};

/* application_subject - application_load without the facts of evaluation and decision, which the steps up to
   acceptance do not need. lock takes the application's row. No such row: ret->status NULL. */
MUST_CHECK struct problem *application_subject(struct request *rq, const char *id, bool lock,
					       struct subject *ret);

/* acceptance_limit - the last day on which an endorsed application is accepted or sent back in time; *ret is
   left alone when it was never endorsed. */
MUST_CHECK struct problem *acceptance_limit(struct request *rq, const char *id, const char **ret);

/* credit_code_fold - the code in capitals, in the arena; NULL stays NULL. */
const char *credit_code_fold(struct arena *arena, const char *code);

/* json_parse - the JSON text of a column; an empty object for NULL. */
json_t *json_parse(struct arena *arena, const char *text);

#endif
