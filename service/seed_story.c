/* The course of a story: whose it is, and its moments one after the other. Rows are written where something
   begins, in the state that they have reached by today: the moments in between are played silently. Nothing
   is kept of a story from one of its days to the next, and nothing is judged here. */
#include "seed_story.h"

#include <string.h>

/* Organisations that can lead: a credit code for each; the stories after them are their second ones. */
enum { LEADS = DIVISIONS * 99999 };

/* ---- who acts ---- */

uint64_t story_draw(const struct story *s, uint64_t what)
{
	return seed_draw(s->world, (uint64_t)s->plan->story, what ^ 0x73746f7279000000u);
}

void story_id(const struct story *s, seed_id ret, int kind, int day, int64_t number)
{
	seed_id_make(s->world, ret, day, (uint64_t)kind, (uint64_t)s->plan->story, (uint64_t)number);
}

void story_file_id(const struct story *s, int number, seed_id ret)
{
	story_id(s, ret, ID_ATTACHMENT, s->application.made.day, number);
}

const char *story_officer(const struct story *s)
{
	return s->world->officer[(uint64_t)s->plan->story % OFFICERS];
}

const char *story_leader(const struct story *s)
{
	return s->world->leader[(uint64_t)s->plan->story % LEADERS];
}

/* The bureau's document of that day is one officer's and one leader's. */
const char *story_document_officer(const struct story *s)
{
	return s->world->officer[s->plan->issue_day % OFFICERS];
}

/* ---- its beginning ---- */

bool seed_story_registers(const struct seed_world *world, int64_t story)
{
	int64_t rival = story < LEADS ? story + LEADS : story - LEADS;
	if (rival >= world->stories)
		return true;
	int mine = seed_start(world, story), other = seed_start(world, rival);
	return mine != other ? mine < other : story < rival;
}

/* unit_find - one of the county units of the division (a zone where the city itself is the division), or of
 * the field's. */
static const struct seed_unit *unit_find(const struct story *s, bool by_field)
{
	const struct seed_world *w = s->world;
	const char *division = s->division ? w->division_code[s->division] : "";
	const struct seed_unit *chosen = &w->units[0];
	uint64_t found = 0;
	for (int i = 0; i < w->unit_count; i++) {
		const struct seed_unit *u = &w->units[i];
		bool is_county = !strcmp(u->kind, "county");
		bool fits = by_field ? !is_county && u->fields[s->field]
				     : is_county && !strcmp(u->division, division);
		if (fits && seed_draw(w, (uint64_t)s->lead_story, 64) / 64 % ++found == 0)
			chosen = u;
	}
	return chosen;
}

static void story_begin(struct story *s, struct seed_world *world, const struct seed_plan *plan)
{
	char name[NAME_TEXT];
	int first = plan->moments[0].moment.day;
	memset(s, 0, sizeof *s);
	s->world = world;
	s->plan = plan;
	s->round = 1;
	s->lead_story = plan->story % LEADS;
	s->division = (int)(plan->story % DIVISIONS);
	if (!world->division_since[s->division] || first <= world->division_since[s->division])
		s->division = 1;
	seed_alliance_name(plan->story, &s->field, name);
	s->county = unit_find(s, false);
	s->unit = story_draw(s, 2) % 10 ? s->county : unit_find(s, true);
	int lead_day = seed_start(world, s->lead_story);
	seed_id_make(world, s->organisation, lead_day, ID_ORGANISATION, (uint64_t)s->lead_story, 0);
	seed_id_make(world, s->lead, lead_day, ID_LEAD, (uint64_t)s->lead_story, 0);
	s->host_is_lead = story_draw(s, 3) % 100 < 55;
	if (s->host_is_lead)
		memcpy(s->host, s->organisation, sizeof s->host);
	else
		story_id(s, s->host, ID_HOST, plan->issue_day ? plan->issue_day : first, 0);
	story_id(s, s->application.id, ID_APPLICATION, first, 0);
	story_id(s, s->alliance.id, ID_ALLIANCE, first, 0);
}

/* ---- its moments ---- */

static void act(struct story *s, int m)
{
	static story_act *const acts[] = {
#define ACT(symbol, function) [ACT_##symbol] = act_##function,
		SEED_ACTS(ACT)
#undef ACT
	};
	acts[s->plan->moments[m].act](s, m);
}

static void play_silently(struct story *s, int from, int to)
{
	s->tell = false;
	for (int m = from; m < to; m++)
		act(s, m);
}

void seed_story_play(struct seed_world *world, const struct seed_plan *plan, int moment)
{
	struct story s;
	story_begin(&s, world, plan);
	play_silently(&s, 0, moment);
	s.tell = true;
	act(&s, moment);
	int payment = s.payment_count - 1;
	enum seed_act now = plan->moments[moment].act;
	if (now != ACT_CREATE && now != ACT_ISSUE && now != ACT_PREPARE)
		return;
	play_silently(&s, moment + 1, plan->done);
	if (now == ACT_CREATE)
		story_application_write(&s);
	else if (now == ACT_ISSUE)
		story_recognition_write(&s);
	else
		story_payment_write(&s, payment);
}
