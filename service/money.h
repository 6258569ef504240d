/* Money: what the nouns of article 16 (budget lines, awards, payments) share: the facts of an award, the
   judgement of something new before it is written, and the one way into the journal. Private to them. */
#ifndef MONEY_H
#define MONEY_H

#include "facts_money.h"
#include "lifecycle.h"
#include "request.h"
#include "transition.h"

/* What an award's loader keeps for the effects. */
struct award_own {
	const char *number, *proposed_by, *line_id, *fund_document_no, *status;
	role_set reach;
	int64_t version;
};

/* award_read - the facts of an award into money and own; line_id is the budget line to judge by when the
   award has none yet, and document_no the number that the act names (both may be NULL). No such award:
   own->status is NULL. */
MUST_CHECK struct problem *award_read(struct request *rq, const char *id, const char *line_id,
				      const char *document_no, struct money_facts *money,
				      struct award_own *ret);

/* award_lock - the row locks in the one order that there is: budget line (may be NULL), award. They are held
 * when the next statement runs. */
MUST_CHECK struct problem *award_lock(struct request *rq, const char *line_id, const char *award_id);

/* creation_judge - judge the row "new" + action over the facts, before anything is written; fills in what
 * transition.c fills. */
MUST_CHECK struct problem *creation_judge(struct request *rq, enum machine machine, const char *action,
					  struct facts *facts);

/* creation_subject - the subject of a row that was just inserted. */
struct subject creation_subject(struct request *rq, enum machine machine, const char *id, const char *status,
				struct facts *facts);

/* rules_judge - the same where there is no lifecycle row: guards ends with NULL. */
MUST_CHECK struct problem *rules_judge(struct request *rq, rule_fn *const *guards, struct money_facts *money);

/* document_is_issued - whether the number is that of an issued document of ours. */
MUST_CHECK struct problem *document_is_issued(struct request *rq, const char *document_no, bool *ret);

/* One journal entry. The accounts follow from the type; amount is fen, ignored for a REVERSAL. */
struct journal_act {
	const char *type, *booked_on; /* booked_on NULL = today */
	const char *maker, *checker;  /* checker NULL: an act of one person (BUDGET adjust, DECOMMIT) */
	const char *award_id, *budget_line_id, *payment_id;
	const char *document_no, *reason, *reverses_id;
	int64_t amount;
};
MUST_CHECK struct problem *journal_book(struct request *rq, const struct journal_act *act);

/* fen_text - for a statement's parameter. */
const char *fen_text(struct request *rq, int64_t fen);

#endif
