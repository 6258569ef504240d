/* Evaluation: what the files of the other nouns may ask about panels, and what panel.c, sheet.c and expert.c
 * share (articles 12, 13, 17). */
#ifndef EVALUATION_H
#define EVALUATION_H

#include "facts.h"
#include "facts_evaluation.h"
#include "lifecycle.h"
#include "parameters.h"
#include "request.h"
#include "text.h"

/* evaluation_facts_load - set facts->evaluation to those of the newest panel of the application that was not
   voided (panel_id NULL when there is none). Seats and conflicts are loaded for the bureau and the system
   only; the result only once closed. */
MUST_CHECK struct problem *evaluation_facts_load(struct request *rq, const char *application_id,
						 struct facts *facts);

/* evaluation_judge - the guards of a row before anything is written: a creation whose insert would already
   break a constraint, or a step that is judged as others may see it. 422 with every finding. */
MUST_CHECK struct problem *evaluation_judge(struct request *rq, const struct lifecycle_row *row,
					    struct facts *facts, const json_t *input);

/* panel_candidate_load - the facts of a panel with its seats and with the expert who is to be invited as the
 * candidate. */
MUST_CHECK struct problem *panel_candidate_load(struct request *rq, const char *panel_id,
						const char *expert_id, struct facts **ret);

/* panel_parameters - the numbers in force as they are frozen with a panel; a new reference. */
json_t *panel_parameters(const struct parameters *p);

/* What a submitted sheet says: canonical JSON texts and words. */
struct sheet_content {
	const char *sheet_id, *panel_id, *material_sha256, *scores, *comments, *answers, *vote;
	bool policy_compliant;
};
/* sheet_digest - its hash, in hex: over the content, its panel and the material that it judges. */
void sheet_digest(struct arena *arena, const struct sheet_content *content, char hex[SHA256_HEX]);

/* weights_read - eight weights out of the JSON of a row. */
void weights_read(struct request *rq, const char *json, int ret_weights[8]);

/* json_of - the value of a JSON text of a row, tied to the arena; NULL for NULL. */
json_t *json_of(struct request *rq, const char *text);

/* json_line - canonical text (sorted keys, no spaces), tied to the arena; takes over the reference. */
const char *json_line(struct request *rq, json_t *value);

#endif
