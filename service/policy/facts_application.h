/* Facts of an application (articles 1 to 11, 20): the form as it stands now, its attachments, the units, what
   was filed before, and what other files say. Filled by service/application.c under the row's lock. */
#ifndef FACTS_APPLICATION_H
#define FACTS_APPLICATION_H

#include "date.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The upload is complete: size and SHA-256 are verified. Of several of one kind the newest comes first. */
struct attachment_fact {
	const char *id, *kind, *media_type, *sha256;
	int64_t bytes;
	bool since_request; /* completed since the endorsement was requested */
};

/* A recommending unit as seen from this application (article 10). */
struct unit_facts {
	const char *id, *kind, *name; /* county, dept, assoc */
	bool is_active;
	bool administers_lead;   /* county: the lead's administering unit */
	bool has_field;          /* dept, assoc: the industry field is in its scope */
	const char *credit_code; /* NULL = unknown */
};

/* The organisation record of the lead, kept apart from what the form says. */
struct lead_facts {
	const char *credit_code, *type, *division_code;
	bool is_legal_person;
	bool is_in_city; /* its domicile is a division of Weinan today, or a zone administers it */
};

struct endorsement_facts {
	const char *status; /* NULL = none was requested yet */
	const char *recommender_id;
	struct date requested_on, due_on;
	bool is_overdue;
};

struct application_facts {
	const char *kind; /* recognition, rereview */
	const char *name;
	const char *industry_field, *industry_class; /* NULL = not filled in */
	const json_t *form;                          /* an object, never NULL */
	int round;

	bool policy_in_force; /* the measures are in force today (article 20) */
	bool name_is_taken;   /* by a filed application or a live alliance */
	bool field_is_known;
	bool lead_leads_other; /* another live alliance has this lead */
	bool field_is_served;  /* a live alliance has this field and county */
	bool other_is_open;    /* another application for the alliance, or of this name and lead, is open */

	struct lead_facts lead;
	const json_t *divisions;    /* codes of Weinan's divisions today */
	const json_t *waived_codes; /* credit codes with a confirmed waiver */

	const struct attachment_fact *attachments;
	size_t attachment_count;
	int64_t attachment_max_bytes;

	const struct unit_facts *recommender; /* NULL = not chosen */
	const struct unit_facts
		*candidate; /* the new unit that a reassignment names; NULL = none or unknown */
	struct endorsement_facts endorsement;
	bool actor_is_applicant; /* the acting account holds a grant of the lead or host organisation */

	const json_t *filed_form; /* of the present revision; NULL = never filed */
	const char *filed_agreement_sha256;
	size_t point_count; /* of the open correction or rectification */
	bool panel_is_scoring;
};

#endif
