/* From rows of text to numbers: a key that is missing or unreadable stops the start, never a decision. */
#include "parameters.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum kind { INTEGER, BOOLEAN, SHARE, LIST8 };

static const struct field {
	const char *key;
	enum kind kind;
	size_t offset;
} fields[] = {
#define FIELD(key, kind, member)                                                                             \
	{                                                                                                    \
		key, kind, offsetof(struct parameters, member)                                               \
	}
	FIELD("core.min", INTEGER, core_min),
	FIELD("core.count_financial", BOOLEAN, core_count_financial),
	FIELD("council.min_units", INTEGER, council_min_units),
	FIELD("advisory.min", INTEGER, advisory_min),
	FIELD("standing.min_full_time", INTEGER, standing_min_full_time),
	FIELD("roadmap.months", INTEGER, roadmap_months),
	FIELD("endorse.wd", INTEGER, endorse_wd),
	FIELD("accept.wd", INTEGER, accept_wd),
	FIELD("correct.wd", INTEGER, correct_wd),
	FIELD("invite.wd", INTEGER, invite_wd),
	FIELD("resubmit.days", INTEGER, resubmit_days),
	FIELD("panel.min", INTEGER, panel_min),
	FIELD("panel.field_share", INTEGER, panel_field_share_percent),
	FIELD("panel.finance_min", INTEGER, panel_finance_min),
	FIELD("panel.trim_from", INTEGER, panel_trim_from),
	FIELD("panel.days", INTEGER, panel_days),
	FIELD("coi.months", INTEGER, coi_months),
	FIELD("weights.recognition", LIST8, weights_recognition),
	FIELD("pass.mean", INTEGER, pass_mean),
	FIELD("pass.criterion", INTEGER, pass_criterion),
	FIELD("reject.mean", INTEGER, reject_mean),
	FIELD("vote.share", SHARE, vote_share_numerator),
	FIELD("dispersion", INTEGER, dispersion),
	FIELD("rectify.days", INTEGER, rectify_days),
	FIELD("rectify.rounds", INTEGER, rectify_rounds),
	FIELD("decide.days", INTEGER, decide_days),
	FIELD("rereview.years", INTEGER, rereview_years),
	FIELD("rereview.window_days", INTEGER, rereview_window_days),
	FIELD("rereview.grace_days", INTEGER, rereview_grace_days),
	FIELD("deadline.roll_to_workday", BOOLEAN, roll_to_workday),
	FIELD("expert.years", INTEGER, expert_years),
	FIELD("reapply.cooling_months", INTEGER, reapply_cooling_months),
	FIELD("attachment.max_mib", INTEGER, attachment_max_mib),
#undef FIELD
};

static bool integer_parse(const char *text, char separator, int *ret, const char **ret_rest)
{
	char *end;
	long value = strtol(text, &end, 10);
	if (end == text || *end != separator || value < 0 || value > 1000000)
		return false;
	*ret = (int)value;
	if (ret_rest)
		*ret_rest = end + 1;
	return true;
}

static bool list_parse(const char *text, int values[8])
{
	for (int i = 0; i < 7; i++)
		if (!integer_parse(text, ',', &values[i], &text))
			return false;
	return integer_parse(text, '\0', &values[7], NULL);
}

static bool field_set(const struct field *field, const char *value, struct parameters *ret)
{
	char *place = (char *)ret + field->offset;
	int pair[2];
	bool is_true = !strcmp(value, "true");
	switch (field->kind) {
	case INTEGER:
		if (!integer_parse(value, '\0', &pair[0], NULL))
			return false;
		memcpy(place, pair, sizeof(int));
		return true;
	case BOOLEAN:
		memcpy(place, &is_true, sizeof is_true);
		return is_true || !strcmp(value, "false");
	case SHARE:
		if (!integer_parse(value, '/', &pair[0], &value) ||
		    !integer_parse(value, '\0', &pair[1], NULL) || !pair[1])
			return false;
		memcpy(place, pair, sizeof pair);
		return true;
	case LIST8:
		return list_parse(value, (int *)(void *)place);
	}
	return false;
}

static const char *value_on(const struct parameter_row *rows, int count, const char *key, struct date date)
{
	for (int i = 0; i < count; i++)
		if (!strcmp(rows[i].key, key) && date_compare(rows[i].valid_from, date) <= 0 &&
		    (!date_is_set(rows[i].valid_to) || date_compare(date, rows[i].valid_to) <= 0))
			return rows[i].value;
	return NULL;
}

const char *parameters_resolve(const struct parameter_row *rows, int count, struct date date,
			       struct parameters *ret)
{
	*ret = (struct parameters){0};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		const char *value = value_on(rows, count, fields[i].key, date);
		if (!value || !field_set(&fields[i], value, ret))
			return fields[i].key;
	}
	return NULL;
}
