/* Facts of an evaluation (articles 12, 13, 17): the panel of an application, its seats, one sheet, one expert
   record. Filled by service/evaluation.c. Nothing here carries a score of a sealed sheet to anybody but its
   author: when the asker may not learn about the seats, is_sealed is set, none is loaded, and the guards that
   would judge them say nothing. */
#ifndef FACTS_EVALUATION_H
#define FACTS_EVALUATION_H

#include "date.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* One employment; to_on unset = present. Keys are text_name_key() of the names. */
struct employment {
	const char *credit_code, *name, *name_key;
	struct date from_on, to_on;
};

/* An expert in a panel, or one who is to be invited (sheet_id NULL). */
struct panel_seat {
	const char *sheet_id, *expert_id, *name, *name_key;
	const char *status; /* of the sheet */
	const char *kind;   /* technical, finance, management */
	const char *employer_credit_code, *employer_name, *employer_key;
	const char *expert_status;
	struct date valid_until;
	bool carries_field;  /* the application's industry field is among the expert's */
	bool is_declared;    /* the declaration of conflicts is signed */
	bool nominated_here; /* this alliance recommended the expert to the database */
	bool sat_before;     /* in the alliance's panel before this application */
	const struct employment *employments;
	size_t employment_count;
};

/* A member, lead, host or recommender of the application. */
struct institution {
	const char *credit_code, *name, *name_key, *relation;
};

/* A person of the council, the advisory committee or the staff. */
struct governance_person {
	const char *name, *name_key, *credit_code, *organisation_key;
};

/* An expert whom the applicant asks to avoid (COI-7). */
struct avoided_person {
	const char *name_key, *employer_key;
};

/* One sheet. The contents are NULL unless the actor is its author or its panel is closed. */
struct sheet_facts {
	const char *id, *status;
	struct date answer_due_on;
	const json_t *scores, *comments, *answers;
	const char *vote;
	bool has_policy_compliant;
};

/* One record of the expert database. */
struct expert_facts {
	const char *id, *status, *name, *employer_credit_code, *employer_name, *title_rank, *kind;
	const char *const *fields;
	size_t field_count;
	const char *const *unknown_fields; /* those that are no code of the field table */
	size_t unknown_field_count;
	bool has_consent, has_integrity_record;
	bool is_duplicate; /* another live record of the same person */
};

struct evaluation_facts {
	bool is_sealed;

	/* the application */
	const char *application_id, *application_status, *application_kind;
	int application_round;
	const char *snapshot_sha256;
	bool has_other_panel; /* a live panel of this round besides the panel itself */

	/* its panel; panel_id NULL = none */
	const char *panel_id, *panel_status;
	int panel_round;
	const char *rubric_version, *material_sha256, *chair_expert_id;
	int weights[8];
	struct date due_on;
	bool is_closed;     /* result, mean and alert are set only then */
	const char *result; /* recognise, revise, reject */
	int mean_hundredths;
	bool has_dispersion_alert;
	bool actor_is_chair;

	const struct panel_seat *seats;
	size_t seat_count;
	const struct institution *institutions;
	size_t institution_count;
	const struct governance_person *persons;
	size_t person_count;
	const struct avoided_person *avoided;
	size_t avoided_count;

	const struct panel_seat *candidate; /* who is to be invited */
	const struct sheet_facts *sheet;
	const struct expert_facts *expert;
};

#endif
