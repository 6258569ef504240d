/* Article 15: what follows from a recognition in time. Pure arithmetic that the guards, the terms and the
 * readers share. */
#ifndef ARTICLE_15_H
#define ARTICLE_15_H

#include "date.h"

#include <stdbool.h>

/* term_due_on - AL-01: the last day of term n of an alliance recognised on that day: add_years(anchor, n *
   years), clamped to the month's end; the anchor is the recognition, for older ones the day of the measures.
 */
struct date term_due_on(struct date recognised_on, int n, int years);

/* term_submit_deadline_on - AL-08: the due date, or the next working day when it is none (and rolling is in
 * force). */
struct date term_submit_deadline_on(const struct calendar *calendar, struct date due_on, bool roll);

/* calendar_is_assumed - whether no official working-day calendar covers the year of the date: Monday to
 * Friday is assumed. */
bool calendar_is_assumed(const struct calendar *calendar, struct date date);

/* alliance_is_qualified - AL-02: whether the qualification holds on a day. */
bool alliance_is_qualified(const char *status, struct date due_on, struct date submit_deadline_on,
			   struct date as_of);

#endif
