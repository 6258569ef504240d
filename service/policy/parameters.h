/* The adjustable numbers of the measures (article 20), as in force on a business date. */
#ifndef PARAMETERS_H
#define PARAMETERS_H

#include "date.h"

#include <stdbool.h>

/* One value of one key in one period, as loaded from the table parameter. */
struct parameter_row {
	const char *key, *value;
	struct date valid_from, valid_to; /* valid_to unset = open */
};

struct parameters {
	int core_min;
	bool core_count_financial;
	int council_min_units, advisory_min, standing_min_full_time;
	int roadmap_months;
	int endorse_wd, accept_wd, correct_wd, invite_wd, resubmit_days;
	int panel_min, panel_field_share_percent, panel_finance_min, panel_trim_from, panel_days;
	int coi_months;
	int weights_recognition[8];
	int pass_mean, pass_criterion, reject_mean; /* hundredths */
	int vote_share_numerator, vote_share_denominator;
	int dispersion; /* hundredths */
	int rectify_days, rectify_rounds;
	int decide_days;
	int rereview_years, rereview_window_days, rereview_grace_days;
	bool roll_to_workday;
	int expert_years;
	int reapply_cooling_months;
	int attachment_max_mib;
};

/* parameters_resolve - fill ret from the rows in force on the date. Returns NULL, or the key that is missing
 * or not readable. */
const char *parameters_resolve(const struct parameter_row *rows, int count, struct date date,
			       struct parameters *ret);

#endif
