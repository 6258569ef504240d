/* Article 12 as data and arithmetic: eight criteria, 41 check questions, and what follows from the sheets.
 * Pure. */
#ifndef RUBRIC_H
#define RUBRIC_H

#include "parameters.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define CRITERIA       8
#define QUESTION_COUNT 41
#define RUBRIC_VERSION "recognition-2015"

/* A check question: answered yes, partly or no, and not scored by itself. code "C1.1". */
struct question {
	const char *code, *zh, *en;
};

struct criterion {
	const char *code, *article, *zh, *en; /* "C1", "12(1)" */
	const struct question *questions;
	size_t question_count;
};

extern const struct criterion criteria[CRITERIA];

enum vote { VOTE_NONE, VOTE_RECOGNISE, VOTE_REVISE, VOTE_REJECT };
enum vote vote_parse(const char *name); /* VOTE_NONE for anything else */
const char *vote_name(enum vote vote);

/* One submitted sheet. */
struct sheet_score {
	const char *sheet_id; /* lower-case UUID: its order decides ties */
	int scores[CRITERIA]; /* 0..100 */
	enum vote vote;
	bool policy_compliant;
};

struct evaluation_result {
	enum vote result;
	size_t counted, kept;
	size_t dropped_high, dropped_low; /* indices of the sheets left out; both SIZE_MAX when none is */
	int mean;                         /* hundredths, as all below */
	int criterion_means[CRITERIA];
	size_t recognise_votes, revise_votes, reject_votes, policy_objections;
	bool dispersion_alert;
};

/* weights_sum - of the eight weights in basis points; EV-06 asks for 10000. */
int weights_sum(const int weights[CRITERIA]);

/* sheet_total - EV-08, hundredths of a point. */
int sheet_total(const int scores[CRITERIA], const int weights[CRITERIA]);

/* evaluation_compute - EV-09 to EV-12 over n >= 1 sheets, with the weights and limits of the parameters. */
struct evaluation_result evaluation_compute(const struct sheet_score *sheets, size_t n,
					    const struct parameters *p);

#endif
