/* 第十五条
   复审制度。认定联盟每3年须进行复审，对未复审的联盟将撤销其资质。

   What is here of it: the length of a term, its last day, the day until which a re-review can be handed in,
   and whether a qualification holds on a given day. Nothing here ends a qualification: only a document does.
 */
#include "article_15.h"

#include "facts.h"
#include "facts_application.h"
#include "facts_decision.h"
#include "facts_money.h"
#include "rules_decl.h"
#include "text.h"

#include <string.h>

/* 本办法自发布之日起实施（第二十条）: nothing counts from an earlier day. */
static const struct date MEASURES_IN_FORCE = {2015, 5, 19};

struct date term_due_on(struct date recognised_on, int n, int years)
{
	struct date anchor =
		date_compare(recognised_on, MEASURES_IN_FORCE) < 0 ? MEASURES_IN_FORCE : recognised_on;
	return date_add_years(anchor, n * years);
}

struct date term_submit_deadline_on(const struct calendar *calendar, struct date due_on, bool roll)
{
	return roll ? calendar_roll(calendar, due_on) : due_on;
}

bool calendar_is_assumed(const struct calendar *calendar, struct date date)
{
	for (int i = 0; i < calendar->count; i++)
		if (calendar->days[i].date.year == date.year)
			return false;
	return true;
}

/* In re-review and under rectification the re-review was handed in time, which stops the clock; a failed one
   leaves the qualification to its due date. */
bool alliance_is_qualified(const char *status, struct date due_on, struct date submit_deadline_on,
			   struct date as_of)
{
	static const char *const RUNNING[] = {"recognised", "rereview_due", NULL};
	static const char *const STOPPED[] = {"in_rereview", "rectifying", NULL};
	if (text_is_one_of(status, STOPPED))
		return true;
	if (text_is_one_of(status, RUNNING))
		return date_compare(as_of, submit_deadline_on) <= 0;
	return !strcmp(status, "failed") && date_compare(as_of, due_on) <= 0;
}

/* AL-05: without a qualification there is no new award (FU-03), and what is approved is not paid out either.
 */
void rule_al_05(const struct facts *facts, struct findings *findings)
{
	const struct money_facts *money = facts->money;
	if (!money || !money->alliance_status)
		return;
	if (!alliance_is_qualified(money->alliance_status, money->alliance_due_on,
				   money->alliance_submit_deadline_on, facts->today))
		finding_add(findings, RULE_AL_05, NULL, "联盟资质当前无效，已批准的支付暂缓。",
			    "The alliance's qualification does not hold today: payments are held.");
}

/* AL-07: a recognition follows another one only when that has ended for good, and not before the waiting
 * time, if any. */
void rule_al_07(const struct facts *facts, struct findings *findings)
{
	static const char *const ENDED[] = {"revoked", "dissolved", "annulled", NULL};
	const struct decision_facts *decision = facts->decision;
	if (!decision || !decision->predecessor_status)
		return;
	if (!text_is_one_of(decision->predecessor_status, ENDED)) {
		finding_add(findings, RULE_AL_07, "#/predecessor_id", "所指的联盟不存在或其资质尚未终止。",
			    "There is no such alliance, or its recognition has not ended.");
		return;
	}
	struct date free_on =
		date_add_months(decision->predecessor_ended_on, facts->parameters->reapply_cooling_months);
	if (date_compare(facts->today, free_on) < 0)
		finding_add(findings, RULE_AL_07, "#/predecessor_id", "距原资质终止未满规定的间隔期。",
			    "The waiting time since the earlier recognition ended is not over.");
}

/* TR-34: a re-review is not offered yet. */
void rule_tr_34(const struct facts *facts, struct findings *findings)
{
	const struct application_facts *application = facts->application;
	if (application && application->kind && !strcmp(application->kind, "rereview"))
		finding_add(findings, RULE_TR_34, "#/kind", NULL, NULL);
}
