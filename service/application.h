/* Application: what the other nouns need of an application's file (articles 4 to 11). */
#ifndef APPLICATION_H
#define APPLICATION_H

#include "json.h"
#include "request.h"
#include "text.h"
#include "transition.h"

/* What application_load keeps in subject->own for the effects. */
struct application {
	const char *id, *number, *kind, *name;
	const char *recommender_id, *lead_organisation_id;
	int64_t round, revision;
	/* owned by the arena: the head fields, the complete attachments, the form */
	json_t *head, *attachments, *form;
	struct date endorsed_on; /* while it is endorsed; else unset */
};

/* application_subject - application_load without the facts of evaluation and decision, which the steps up to
   acceptance do not need. lock takes the application's row. No such row: ret->status NULL. */
MUST_CHECK struct problem *application_subject(struct request *rq, const char *id, bool lock,
					       struct subject *ret);

/* acceptance_limit - the last day on which an endorsed application is accepted or sent back in time; NULL
   when it is not endorsed. */
const char *acceptance_limit(struct request *rq, const struct application *application);

/* application_snapshot - the hash of what is filed, in hex, over the canonical texts of its three parts. */
void application_snapshot(struct arena *arena, const char *attachments, const char *form, const char *head,
			  char hex[SHA256_HEX]);

/* credit_code_fold - the code in capitals, in the arena; NULL stays NULL. */
const char *credit_code_fold(struct arena *arena, const char *code);

/* json_parse - the JSON text of a column; an empty object for NULL. */
json_t *json_parse(struct arena *arena, const char *text);

#endif
