/* Facts of money (articles 6(5), 16): the budget line, the award and the payment that an act is about, as
   found under their row locks. Amounts are fen. Filled by service/budget.c, award.c and payment.c. */
#ifndef FACTS_MONEY_H
#define FACTS_MONEY_H

#include "date.h"

#include <stdbool.h>
#include <stdint.h>

struct money_facts {
	/* account ids of those who made what the actor is to check; NULL = none (FU-09) */
	const char *hands[3];

	/* the document that the act rests on */
	const char *document_no;    /* already on the draft, NULL = none */
	bool document_is_issued;    /* the number that the act names is that of an issued document of ours */
	bool document_allocates;    /* it is an issued document that allocates funds */
	bool recognition_is_issued; /* the document that recognised the alliance is in force */

	/* the scheme of the year */
	bool scheme_is_confirmed;

	/* the budget line; status NULL = none */
	const char *line_status;
	int line_year;
	bool line_carry_over;
	int64_t cap, available, line_committed;
	int64_t line_pending; /* payments prepared or confirmed, number */
	bool line_exists;     /* another line of that year and kind */

	/* the adjustment of the line that finance proposes; cap 0 = none waits */
	int64_t adjustment_cap;
	const char *adjustment_document_no;

	/* the award */
	bool alliance_is_recognised;     /* there is a recognition to award */
	bool award_exists;               /* another award of this recognition that is not cancelled */
	int64_t amount;                  /* 0 = none yet */
	int64_t committed;               /* by the ledger: COMMIT less DECOMMIT */
	int64_t reserved;                /* payments prepared, confirmed and paid */
	int64_t unpaid;                  /* by the ledger: COMMITTED */
	int64_t advance;                 /* by the ledger: paid and not acquitted */
	bool payee_is_host;              /* the payee was the host on the issue date */
	bool payee_account_is_confirmed; /* of a payment: that which it was prepared for */
	const char *hold;                /* reason of an open hold, NULL = none */
	const char *alliance_status;     /* with the dates of its term, for the qualification */
	struct date alliance_due_on, alliance_submit_deadline_on;

	/* the payment */
	bool is_payment;
	int64_t payment_amount;    /* 0 = not made yet: the input names it */
	bool is_replacement;       /* it stands in the place of a reversed payment */
	bool replaced_is_reversed; /* what the input wants to replace is a reversed payment of this award, not
				      yet replaced */
	bool is_reversed;          /* its entry has a reversal already */
	struct date award_approved_on; /* unset = not yet */
	bool reference_is_taken;       /* the bank reference of the input stands on another payment */
};

#endif
