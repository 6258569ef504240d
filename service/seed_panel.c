/* The panels of a story: who is invited and answers, the scores, the result as article 12 computes it, and
   the rows of all that. The scores are drawn so that a panel ends as the plan says; they judge nobody. */
#include "seed_story.h"

#include "evaluation.h"

#include <stdio.h>
#include <string.h>

static const char WARN_SHEET[] = "{\"warnings\":[{\"rule\":\"EV-07\",\"pointer\":\"#/answers\"}]}";

/* ---- moments ---- */

static int seats_planned(const struct story *s)
{
	return 5 + (int)(seed_draw(s->world, (uint64_t)s->plan->story, 0x73656174u + (uint64_t)s->round) % 3);
}

static void invite(struct story *s, int m, bool finance)
{
	struct sitting *p = &s->panels[s->panel_count - 1];
	struct seat *seat = &p->seats[p->count];
	seed_expert_of(s->world, p->object.made.day, s->field, story_draw(s, 900u + (uint64_t)s->round),
		       p->count, finance, seat->expert, seat->account);
	story_id(s, seat->object.id, ID_SHEET, s->plan->moments[m].moment.day, s->round * 100 + p->count);
	p->count++;
	story_call(s, m, "create_sheet", story_officer(s), "officer");
	story_step(s, STEP_SHEET_INVITE, &seat->object, NULL, NULL);
	seat->autosave_version = 1;
}

void act_panel(struct story *s, int m)
{
	struct sitting *p = &s->panels[s->panel_count++];
	int seats = seats_planned(s);
	story_id(s, p->object.id, ID_PANEL, s->plan->moments[m].moment.day, s->round);
	story_call(s, m, "create_panel", story_officer(s), "officer");
	story_step(s, STEP_PANEL_DRAFT, &p->object, NULL, NULL);
	for (int i = 0; i < seats; i++)
		invite(s, m, i == seats - 1);
}

static void seat_accept(struct story *s, int m, struct seat *seat)
{
	story_call(s, m, "create_sheet_transition", seat->account, "expert");
	story_step(s, STEP_SHEET_ACCEPT, &seat->object, NULL, NULL);
	seat->autosave_version++;
	seat->accepted = s->call.moment;
}

/* All of them answer; of some panels the second declines and another is invited in the same field. */
void act_answer(struct story *s, int m)
{
	struct sitting *p = &s->panels[s->panel_count - 1];
	int count = p->count;
	for (int i = 0; i < count; i++) {
		if (i != 1 || story_draw(s, 800u + (uint64_t)s->round) % 8) {
			seat_accept(s, m, &p->seats[i]);
			continue;
		}
		story_call(s, m, "create_sheet_transition", p->seats[i].account, "expert");
		story_step(s, STEP_SHEET_DECLINE, &p->seats[i].object, NULL, NULL);
		p->seats[i].autosave_version++;
		invite(s, m, false);
	}
	if (p->count > count)
		seat_accept(s, m, &p->seats[count]);
}

void act_open(struct story *s, int m)
{
	struct sitting *p = &s->panels[s->panel_count - 1];
	story_call(s, m, "create_panel_transition", story_officer(s), "officer");
	p->revision = s->revision;
	p->constituted = s->call.moment;
	p->constituted_on = s->call.moment.day;
	p->chair = 0;
	story_step(s, STEP_PANEL_CONSTITUTE, &p->object, NULL, NULL);
	story_call(s, m, "create_panel_transition", story_officer(s), "officer");
	p->due_on = s->call.moment.day + s->world->parameters.panel_days;
	story_step(s, STEP_PANEL_OPEN, &p->object, NULL, NULL);
	story_step(s, STEP_APP_START, &s->application, NULL, NULL);
}

/* Scores that end as the plan says: good ones; a weak seventh criterion; or none that would pass. */
static void seat_score(const struct story *s, struct seat *seat, int number)
{
	bool is_good = s->plan->is_recognised && !(s->plan->is_revised && s->round == 1);
	for (int c = 0; c < CRITERIA; c++) {
		int score =
			76 +
			(int)(story_draw(s, (uint64_t)s->round * 1000 + (uint64_t)number * 10 + (uint64_t)c) %
			      16);
		if (!s->plan->is_recognised)
			score -= 32;
		else if (!is_good && c == 6)
			score = 50 + score % 8;
		seat->scores[c] = score;
	}
}

static enum vote vote_of(const struct story *s)
{
	if (!s->plan->is_recognised)
		return VOTE_REJECT;
	return s->plan->is_revised && s->round == 1 ? VOTE_REVISE : VOTE_RECOGNISE;
}

static bool is_live(const struct seat *seat)
{
	return strcmp(seat->object.status, "declined") != 0;
}

static void panel_close(struct story *s, int m, struct sitting *p)
{
	struct sheet_score scores[SEATS_MAX];
	size_t count = 0;
	for (int i = 0; i < p->count; i++) {
		if (!is_live(&p->seats[i]))
			continue;
		scores[count].sheet_id = p->seats[i].object.id;
		scores[count].vote = vote_of(s);
		scores[count].policy_compliant = true;
		memcpy(scores[count++].scores, p->seats[i].scores, sizeof p->seats[i].scores);
	}
	story_call(s, m, "sweep_step", NULL, "system");
	p->result = evaluation_compute(scores, count, &s->world->parameters);
	p->closed = s->call.moment;
	story_step(s, STEP_PANEL_CLOSE, &p->object, NULL, NULL);
}

/* The sweep closes a panel as soon as its last sheet is in. */
void act_score(struct story *s, int m)
{
	int turn = s->plan->moments[m].argument;
	struct sitting *p = &s->panels[s->panel_count - 1];
	int live = -1, number = -1;
	while (number + 1 < p->count && live < turn)
		live += is_live(&p->seats[++number]);
	struct seat *seat = &p->seats[number];
	struct seed_moment before = seat->object.moved;
	int64_t version = seat->object.version;
	story_call(s, m, "put_sheet_scores", seat->account, "expert");
	story_step(s, STEP_SHEET_SCORE, &seat->object, NULL, NULL);
	story_call(s, m, "create_sheet_transition", seat->account, "expert");
	story_step(s, STEP_SHEET_SUBMIT, &seat->object, NULL, WARN_SHEET);
	seat_score(s, seat, number);
	/* what the author does alone moves the author's version only */
	seat->object.version = version;
	seat->object.moved = before;
	seat->autosave_version += 2;
	seat->submitted = s->call.moment;
	if (turn + 1 == seats_planned(s))
		panel_close(s, m, p);
}

void act_conclude(struct story *s, int m)
{
	struct sitting *p = &s->panels[s->panel_count - 1];
	story_call(s, m, "create_panel_transition", p->seats[p->chair].account, "expert");
	p->concluded_on = s->call.moment.day;
	story_step(s, STEP_PANEL_CONCLUDE, &p->object, NULL, NULL);
	story_step(s, STEP_APP_CONCLUDED, &s->application, NULL, NULL);
}

/* ---- rows ---- */

static void sheet_write(struct story *s, const struct sitting *p, const struct seat *seat,
			const char *material)
{
	static const char declaration[] = "{\"joint_work\":false,\"relative\":false,\"shares_or_fees\":false,"
					  "\"statement\":\"本人与申请单位无利害关系。\"}";
	char a[DATE_TEXT], b[DATE_TEXT], accepted[STAMP_TEXT], submitted[STAMP_TEXT], made[STAMP_TEXT],
		moved[STAMP_TEXT], scores[128] = "{}", sha256[SHA256_HEX] = "", total[16] = "";
	const char *vote = vote_name(vote_of(s));
	bool is_in = seat->submitted.day > 0;
	if (is_in) {
		snprintf(scores, sizeof scores,
			 "{\"C1\":%d,\"C2\":%d,\"C3\":%d,\"C4\":%d,\"C5\":%d,\"C6\":%d,\"C7\":%d,\"C8\":%d}",
			 seat->scores[0], seat->scores[1], seat->scores[2], seat->scores[3], seat->scores[4],
			 seat->scores[5], seat->scores[6], seat->scores[7]);
		snprintf(total, sizeof total, "%d",
			 sheet_total(seat->scores, s->world->parameters.weights_recognition));
		sheet_digest(s->world->batch,
			     &(struct sheet_content){seat->object.id, p->object.id, material, scores, "{}",
						     "{}", vote, true},
			     sha256);
	}
	int answer_due = date_days(calendar_add_workdays(
		s->world->calendar, date_from_days(seat->object.made.day), s->world->parameters.invite_wd));
	buffer_printf(&s->world->out[TABLE_sheet],
		      "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%lld\t%s\t%s\t%s\t%s\t%s\t%lld\t%s\t%s\n",
		      seat->object.id, p->object.id, seat->expert, seed_day_or_null(seat->object.made.day, a),
		      seed_day_or_null(answer_due, b), seat->accepted.day ? declaration : "\\N",
		      seed_stamp_or_null(seat->accepted, accepted), scores, is_in ? vote : "\\N",
		      is_in ? "t" : "\\N", (long long)seat->autosave_version,
		      seed_stamp_or_null(seat->submitted, submitted), is_in ? total : "\\N",
		      seed_stamp_or_null(seat->submitted, submitted), is_in ? sha256 : "\\N",
		      seat->object.status, (long long)seat->object.version,
		      seed_stamp_or_null(seat->object.made, made),
		      seed_stamp_or_null(seat->object.moved, moved));
}

static const char *numbers_list(struct arena *arena, const int *numbers)
{
	return arena_printf(arena, "{%d,%d,%d,%d,%d,%d,%d,%d}", numbers[0], numbers[1], numbers[2],
			    numbers[3], numbers[4], numbers[5], numbers[6], numbers[7]);
}

static void panel_result_write(struct story *s, const struct sitting *p, struct buffer *out)
{
	char closed[STAMP_TEXT], concluded[DATE_TEXT];
	const struct evaluation_result *r = &p->result;
	if (!p->closed.day) {
		buffer_text(out, "\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N");
		return;
	}
	buffer_printf(out, "\t%s\t%s\t%s\t%d\t%s\t%zu\t%zu\t%zu\t%zu\t%zu\t%zu\t%s\t%s",
		      seed_stamp_or_null(p->closed, closed), seed_day_or_null(p->concluded_on, concluded),
		      vote_name(r->result), r->mean, numbers_list(s->world->batch, r->criterion_means),
		      r->counted, r->kept, r->recognise_votes, r->revise_votes, r->reject_votes,
		      r->policy_objections, r->dispersion_alert ? "t" : "f",
		      p->concluded_on ? "专家组听取汇报并审阅材料，形成一致论证意见，详见各项评分。" : "\\N");
}

void story_panels_write(struct story *s)
{
	struct seed_world *w = s->world;
	for (int i = 0; i < s->panel_count; i++) {
		struct sitting *p = &s->panels[i];
		struct buffer *out = &w->out[TABLE_panel];
		char a[DATE_TEXT], b[DATE_TEXT], made[STAMP_TEXT], moved[STAMP_TEXT];
		bool frozen = p->constituted_on > 0;
		const char *material = frozen ? s->revisions[p->revision - 1].sha256 : "\\N";
		buffer_printf(out, "%s\t%s\t%d\t%s\tF%02d\t%s\t%s\t%s\t%s\t%s\t%s\t%s", p->object.id,
			      s->application.id, i + 1,
			      frozen ? arena_printf(w->batch, "%d", p->revision) : "\\N", s->field + 1,
			      RUBRIC_VERSION, numbers_list(w->batch, w->parameters.weights_recognition),
			      material, frozen ? w->parameters_json : "\\N",
			      frozen ? p->seats[p->chair].expert : "\\N",
			      seed_day_or_null(p->constituted_on, a), seed_day_or_null(p->due_on, b));
		panel_result_write(s, p, out);
		buffer_printf(out, "\t%s\t%lld\t%s\t%s\t%s\n", p->object.status, (long long)p->object.version,
			      story_officer(s), seed_stamp_or_null(p->object.made, made),
			      seed_stamp_or_null(p->object.moved, moved));
		if (frozen)
			buffer_printf(&w->out[TABLE_panel_chair], "%s\t1\t%s\t%s\t%s\n", p->object.id,
				      p->seats[p->chair].expert, story_officer(s),
				      seed_stamp_or_null(p->constituted, made));
		for (int seat = 0; seat < p->count; seat++)
			sheet_write(s, p, &p->seats[seat], material);
		w->counts.sheets += p->count;
	}
}
