/* Facts: all that the rules may know. Filled by service/<noun>.c from one or two statements under the row
   lock; judged by policy/article_NN.c. A guard uses only the parts that its machine's loader fills (the part
   is not NULL). */
#ifndef FACTS_H
#define FACTS_H

#include "arena.h"
#include "date.h"
#include "parameters.h"
#include "role.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct application_facts; /* facts_application.h: articles 1-11 */
struct evaluation_facts;  /* facts_evaluation.h: articles 12, 13, 17: panel, sheets, experts */
struct decision_facts;    /* facts_decision.h: article 13, 15: documents, alliances */
struct money_facts;       /* facts_money.h: articles 6(5), 16: schemes, budget lines, awards, payments */

struct facts {
	struct date today;
	const struct parameters *parameters;
	const struct calendar *calendar;
	const char *actor;    /* account id of who acts; NULL for the system */
	role_set actor_roles; /* those of the actor's roles that reach the subject */
	const char *status;   /* of the subject */
	struct date due_on;   /* the last day that the subject is waiting for; unset = none (TR-20) */
	const json_t *input;  /* the body of the act; NULL when only asked "why not yet" */
	const struct application_facts *application;
	const struct evaluation_facts *evaluation;
	const struct decision_facts *decision;
	const struct money_facts *money;
};

/* input_text - a member of the input, NULL when absent or no string. */
const char *input_text(const struct facts *facts, const char *name);

#endif
