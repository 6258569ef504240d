/* Facts of a decision (articles 13, 15): the panel's result, what was proposed and by whom, the document and
   its subjects, the standing of an alliance. Filled by service/document.c and service/alliance.c. */
#ifndef FACTS_DECISION_H
#define FACTS_DECISION_H

#include "date.h"

#include <stdbool.h>
#include <stddef.h>

struct facts;

/* One subject of a document: an application that it decides. */
struct document_subject_fact {
	const char *application_id, *number; /* SQ2026-0001 */
	const char *status;                  /* of the application */
	bool issued_elsewhere;               /* another document of this type decided this round already */
	struct date concluded_on;            /* by the panel of this round */
	const struct facts *facts; /* of the application, to judge its own step by (DE-10); may be NULL */
};

struct decision_facts {
	/* the application that is decided; NULL when the subject is a document */
	const char *application_id;
	const char *panel_result; /* of the concluded panel of this round, NULL = none */
	struct date concluded_on;
	const char *proposal; /* recognise, revise, reject; NULL = not proposed in this round */
	const char *proposer; /* account id */
	const char *override_reason;
	bool issued_this_round; /* a document of its type decided this round already */
	bool in_document;       /* it is a subject of a document that is not issued yet */

	/* the open document that the act names (APP.propose, input document_id) */
	bool named_document_exists;
	const char *named_document_status, *named_document_type;

	/* the document: the subject itself, or the one that the application is in; status NULL = none */
	const char *document_type, *document_status;
	const char *drafted_by, *edited_by; /* account ids */
	struct date approved_on;
	bool number_taken; /* another document bears the number of the input */
	const struct document_subject_fact *subjects;
	size_t subject_count;

	/* an earlier recognition that the act names; status NULL = none, "" = there is no such alliance */
	const char *predecessor_status;
	struct date predecessor_ended_on;
};

#endif
