/* The plan of a story: which moments it has, on which days. Pure: the same story has the same plan whenever
   it is asked, and the time limits of the parameters are kept as the service keeps them. */
#include "seed_world.h"

#include <stdlib.h>
#include <string.h>

enum {
	SPAN_MIN = 110,   /* a recognised story is recognised within so many days */
	ENDED_SPAN = 260, /* any other story has ended within so many */
	OPEN_SPAN = 95,
	REVISED_FROM = 420, /* a story with a rectification begins so long ago */
	MORNING = 9 * 3600,
	WORKING = 25000, /* seconds of a day on which something happens */
	DOCUMENT_HOUR = 10 * 3600,
	NIGHT = 30, /* when the sweep comes */
	LAST_RECOGNITION = 8,
};

enum ending {
	ENDING_RECOGNISED,
	ENDING_WITHDRAWN_DRAFT,
	ENDING_WITHDRAWN,
	ENDING_DECLINED,
	ENDING_RETURNED,
	ENDING_CORRECTION,
	ENDING_REJECTED,
	ENDING_REFUSED,
	ENDING_DRAFT,
	ENDING_WAITING,
};

int seed_start(const struct seed_world *world, int64_t story)
{
	int64_t from = world->first_day + 1, n = story, of = world->alliances,
		span = world->today - SPAN_MIN - from;
	if (story >= world->alliances + world->others) {
		n = story - world->alliances - world->others;
		of = world->stories - world->alliances - world->others;
		from = world->today - OPEN_SPAN;
		span = OPEN_SPAN - 1;
	} else if (story >= world->alliances) {
		n = story - world->alliances;
		of = world->others;
		span = world->today - ENDED_SPAN - from;
	}
	return seed_workday((int)(from + n * span / of));
}

static enum ending ending_of(const struct seed_world *world, int64_t story, uint64_t draw)
{
	static const struct {
		unsigned below;
		enum ending ending;
	} shares[] = {{15, ENDING_WITHDRAWN_DRAFT}, {30, ENDING_WITHDRAWN},  {45, ENDING_DECLINED},
		      {57, ENDING_RETURNED},        {67, ENDING_CORRECTION}, {75, ENDING_REJECTED},
		      {93, ENDING_REFUSED},         {97, ENDING_DRAFT},      {100, ENDING_WAITING}};
	size_t i = 0;
	if (story < world->alliances || story >= world->alliances + world->others)
		return ENDING_RECOGNISED;
	while (draw % 100 >= shares[i].below)
		i++;
	return shares[i].ending;
}

/* What is drawn while a plan is made. */
struct drawing {
	const struct seed_world *world;
	struct seed_plan *plan;
	uint64_t next;
	int day; /* of the last moment */
};

static int draw_below(struct drawing *d, int n)
{
	return (int)(seed_draw(d->world, (uint64_t)d->plan->story ^ 0x706c616e0000000u, d->next++) %
		     (uint64_t)n);
}

static void moment_at(struct drawing *d, enum seed_act act, int argument, int day, int second)
{
	struct seed_plan *plan = d->plan;
	if (plan->count == MOMENTS_MAX)
		abort();
	plan->moments[plan->count].moment = (struct seed_moment){day, second};
	plan->moments[plan->count].act = act;
	plan->moments[plan->count++].argument = argument;
	d->day = day;
}

/* moment - on a working day, at least `least` and up to `more` days later. */
static void moment(struct drawing *d, enum seed_act act, int least, int more)
{
	int day = seed_workday(d->day + least + draw_below(d, more + 1));
	moment_at(d, act, 0, day, MORNING + draw_below(d, WORKING));
}

static int workdays_later(const struct drawing *d, int n)
{
	return date_days(calendar_add_workdays(d->world->calendar, date_from_days(d->day), n));
}

static void endorse(struct drawing *d, bool may_be_late)
{
	if (!may_be_late || draw_below(d, 25) > 0) {
		moment(d, ACT_ENDORSE, 2, 6);
		return;
	}
	moment_at(d, ACT_OVERDUE, 0, workdays_later(d, d->world->parameters.endorse_wd) + 1, NIGHT);
	moment(d, ACT_ENDORSE, 1, 3);
}

/* From the draft to the endorsement. */
static void file(struct drawing *d, bool with_return)
{
	moment(d, ACT_SUBMIT, 1, 4);
	if (with_return && draw_below(d, 10) == 0) {
		moment(d, ACT_RETURN, 2, 4);
		moment(d, ACT_RESUBMIT, 3, 8);
	}
	endorse(d, with_return);
}

static void evaluate(struct drawing *d, int round)
{
	int seats =
		5 + (int)(seed_draw(d->world, (uint64_t)d->plan->story, 0x73656174u + (uint64_t)round) % 3);
	int opened;
	moment(d, ACT_PANEL, 2, 4);
	moment(d, ACT_ANSWER, 1, 0);
	moment(d, ACT_OPEN, 1, 1);
	opened = d->day;
	for (int seat = 0; seat < seats; seat++)
		moment_at(d, ACT_SCORE, seat, opened + 1 + seat * 8 / seats,
			  MORNING + seat * 3600 + draw_below(d, 3000));
	moment(d, ACT_CONCLUDE, 1, 2);
}

/* The bureau's documents go out on Thursdays and Fridays, and not in the first days of a year. */
static int issue_day_after(int day)
{
	while ((day + 3) % 7 != 3 && (day + 3) % 7 != 4)
		day++;
	struct date date = date_from_days(day);
	return date.month == 1 && date.day < 8 ? day + 7 : day;
}

static int not_first_days(int day)
{
	struct date date = date_from_days(day);
	return seed_workday(date.month == 1 && date.day < 8 ? day + 8 : day);
}

/* The bank has not said yet what became of it: of some awards of the last two years. */
static bool is_awaited(const struct drawing *d)
{
	return d->plan->story % 40 == 7 && d->day > d->world->today - 700;
}

static void pay(struct drawing *d)
{
	int payment = 0, reversals = 0;
	d->plan->instalments = 1 + draw_below(d, INSTALMENTS_MAX);
	for (int part = 0; part < d->plan->instalments; part++) {
		int wait = 5 + draw_below(d, 40);
		moment_at(d, ACT_PREPARE, payment, seed_workday(d->day + wait),
			  MORNING + draw_below(d, WORKING));
		moment(d, ACT_CONFIRM, 1, 1);
		d->plan->moments[d->plan->count - 1].argument = payment;
		if (is_awaited(d))
			return;
		moment(d, ACT_BOOK, 1, 2);
		d->plan->moments[d->plan->count - 1].argument = payment;
		if (reversals < 2 && draw_below(d, 80) == 0) {
			reversals++;
			moment(d, ACT_REVERSE, 2, 4);
			d->plan->moments[d->plan->count - 1].argument = payment;
			part--; /* what was reversed is paid again */
		}
		payment++;
	}
}

static void decide(struct drawing *d, enum ending ending)
{
	int issue = issue_day_after(d->day + LAST_RECOGNITION);
	d->plan->issue_day = issue;
	moment_at(d, ACT_PROPOSE, 0, issue - 7, DOCUMENT_HOUR + 300 + draw_below(d, 600));
	if (ending == ENDING_REFUSED) {
		moment_at(d, ACT_REFUSE, 0, issue - 3, MORNING + draw_below(d, 3000));
		return;
	}
	moment_at(d, ACT_APPROVE, 0, issue - 1, DOCUMENT_HOUR);
	moment_at(d, ACT_ISSUE, 0, issue, DOCUMENT_HOUR);
	d->plan->is_recognised = true;
	int award = not_first_days(issue + 10 + draw_below(d, 16));
	if (draw_below(d, 100) == 0) {
		moment_at(d, ACT_AWARD_CANCEL, 0, award, MORNING + draw_below(d, WORKING));
		return;
	}
	moment_at(d, ACT_AWARD, 0, award, MORNING + draw_below(d, WORKING));
	pay(d);
}

static bool is_open(const struct drawing *d)
{
	return d->plan->story >= d->world->alliances + d->world->others;
}

/* An open story waits after its acceptance until its document can only go out today or later. */
static void to_the_end(struct drawing *d, enum ending ending, bool revised)
{
	int count = d->plan->count;
	struct drawing before = *d;
	evaluate(d, 1);
	if (revised) {
		d->plan->is_revised = true;
		moment(d, ACT_RECTIFY, 3, 5);
		moment(d, ACT_RECTIFIED, 15, 25);
		evaluate(d, 2);
	}
	decide(d, ending);
	if (!is_open(d))
		return;
	/* some of them stand before the leader today, the others have longer to go */
	bool is_near = d->plan->story % 8 == 5;
	int least = d->world->today + (is_near ? 2 : 0);
	for (int wait = is_near ? 1 : least - d->plan->issue_day + 14; d->plan->issue_day < least; wait++) {
		*d = before;
		d->day += wait;
		d->plan->count = count;
		evaluate(d, 1);
		decide(d, ending);
	}
}

static void expire(struct drawing *d, int due)
{
	moment_at(d, ACT_EXPIRE, 0, due + 1, NIGHT);
}

static void story_plan(struct drawing *d, enum ending ending)
{
	const struct parameters *p = &d->world->parameters;
	bool is_old = d->day < d->world->today - REVISED_FROM;
	switch (ending) {
	case ENDING_DRAFT:
		return;
	case ENDING_WITHDRAWN_DRAFT:
		moment(d, ACT_WITHDRAW, 3, 60);
		return;
	case ENDING_WITHDRAWN:
		moment(d, ACT_SUBMIT, 1, 10);
		moment(d, ACT_WITHDRAW, 2, 6);
		return;
	case ENDING_DECLINED:
		moment(d, ACT_SUBMIT, 1, 10);
		moment(d, ACT_DECLINE, 2, 7);
		return;
	case ENDING_RETURNED:
		moment(d, ACT_SUBMIT, 1, 10);
		moment(d, ACT_RETURN, 2, 7);
		expire(d, d->day + p->resubmit_days);
		return;
	case ENDING_WAITING:
		moment(d, ACT_SUBMIT, 1, 10);
		moment_at(d, ACT_OVERDUE, 0, workdays_later(d, p->endorse_wd) + 1, NIGHT);
		return;
	default:
		break;
	}
	file(d, is_old);
	if (is_open(d) && d->plan->story % 8 == 3)
		return; /* endorsed, and nobody has looked at it yet */
	if (ending == ENDING_REJECTED) {
		moment(d, ACT_REJECT, 1, 4);
		return;
	}
	if (ending == ENDING_CORRECTION) {
		moment(d, ACT_CORRECTION, 1, 4);
		expire(d, workdays_later(d, p->correct_wd));
		return;
	}
	if (is_old && draw_below(d, 7) == 0) {
		moment(d, ACT_CORRECTION, 1, 3);
		moment(d, ACT_CORRECT, 2, 6);
	}
	moment(d, ACT_ACCEPT, 1, 3);
	to_the_end(d, ending, ending == ENDING_RECOGNISED && is_old && draw_below(d, 16) == 0);
}

void seed_plan_make(const struct seed_world *world, int64_t story, struct seed_plan *ret)
{
	struct drawing d = {.world = world, .plan = ret, .day = seed_start(world, story)};
	ret->story = story;
	ret->count = ret->done = ret->issue_day = ret->instalments = 0;
	ret->is_recognised = ret->is_revised = false;
	enum ending ending = ending_of(world, story, seed_draw(world, (uint64_t)story, 0x656e64u));
	moment_at(&d, ACT_CREATE, 0, d.day, MORNING + draw_below(&d, WORKING));
	story_plan(&d, ending);
	while (ret->done < ret->count && ret->moments[ret->done].moment.day < world->today)
		ret->done++;
}
