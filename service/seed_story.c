/* A story as it is played: each moment is the calls that the operations would be, their history lines and the
   notices that the lifecycle's effects leave. Rows are written where something begins, in the state that they
   have reached by today: the moments in between are played silently. Nothing is judged here. */
#include "seed_world.h"

#include "application.h"
#include "article_15.h"
#include "evaluation.h"
#include "seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Kinds of identifiers. */
enum {
	ID_ORGANISATION = 1,
	ID_LEAD,
	ID_HOST,
	ID_APPLICATION,
	ID_ALLIANCE,
	ID_ATTACHMENT,
	ID_ENDORSEMENT,
	ID_PANEL,
	ID_SHEET,
	ID_SUBJECT,
	ID_POINT,
	ID_TERM,
	ID_AWARD,
	ID_BANK,
	ID_PAYMENT,
	ID_ENTRY,
	ID_REVERSAL,
};

/* STEP(name, machine, from, action): the rows of the lifecycle that a story goes through. */
#define STEPS(STEP)                                                                                          \
	STEP(APP_CREATE, APP, "new", "create")                                                               \
	STEP(APP_SUBMIT, APP, "draft", "submit")                                                             \
	STEP(APP_RETURN, APP, "submitted", "return")                                                         \
	STEP(APP_RESUBMIT, APP, "returned", "resubmit")                                                      \
	STEP(APP_ENDORSE, APP, "submitted", "endorse")                                                       \
	STEP(APP_DECLINE, APP, "submitted", "decline")                                                       \
	STEP(APP_ACCEPT, APP, "endorsed", "accept")                                                          \
	STEP(APP_CORRECTION, APP, "endorsed", "request_correction")                                          \
	STEP(APP_CORRECT, APP, "correction", "correct")                                                      \
	STEP(APP_CORRECTION_EXPIRE, APP, "correction", "expire")                                             \
	STEP(APP_RETURNED_EXPIRE, APP, "returned", "expire")                                                 \
	STEP(APP_REJECT, APP, "endorsed", "reject_formal")                                                   \
	STEP(APP_START, APP, "accepted", "start_evaluation")                                                 \
	STEP(APP_CONCLUDED, APP, "evaluating", "panel_concluded")                                            \
	STEP(APP_RECTIFY, APP, "evaluated", "require_rectification")                                         \
	STEP(APP_RECTIFIED, APP, "rectifying", "submit_rectification")                                       \
	STEP(APP_PROPOSE, APP, "evaluated", "propose")                                                       \
	STEP(APP_APPROVE, APP, "decision_pending", "approve")                                                \
	STEP(APP_REFUSE, APP, "decision_pending", "refuse")                                                  \
	STEP(APP_ISSUE, APP, "approved", "issue")                                                            \
	STEP(APP_WITHDRAW_DRAFT, APP, "draft", "withdraw")                                                   \
	STEP(APP_WITHDRAW, APP, "submitted", "withdraw")                                                     \
	STEP(END_REQUEST, END, "new", "request")                                                             \
	STEP(END_SIGN, END, "requested", "sign")                                                             \
	STEP(END_RETURN, END, "requested", "return")                                                         \
	STEP(END_DECLINE, END, "requested", "decline")                                                       \
	STEP(END_CANCEL, END, "requested", "cancel")                                                         \
	STEP(END_OVERDUE, END, "requested", "overdue")                                                       \
	STEP(PANEL_DRAFT, PANEL, "new", "draft")                                                             \
	STEP(PANEL_CONSTITUTE, PANEL, "draft", "constitute")                                                 \
	STEP(PANEL_OPEN, PANEL, "constituted", "open_scoring")                                               \
	STEP(PANEL_CLOSE, PANEL, "scoring", "close")                                                         \
	STEP(PANEL_CONCLUDE, PANEL, "closed", "conclude")                                                    \
	STEP(SHEET_INVITE, SHEET, "new", "invite")                                                           \
	STEP(SHEET_ACCEPT, SHEET, "invited", "accept")                                                       \
	STEP(SHEET_DECLINE, SHEET, "invited", "decline")                                                     \
	STEP(SHEET_SCORE, SHEET, "accepted", "score")                                                        \
	STEP(SHEET_SUBMIT, SHEET, "scoring", "submit")                                                       \
	STEP(ALL_FORM, ALL, "new", "form")                                                                   \
	STEP(ALL_RECOGNISE, ALL, "forming", "recognise")                                                     \
	STEP(ALL_DISCARD, ALL, "forming", "discard")                                                         \
	STEP(AWD_PROPOSE, AWD, "new", "propose")                                                             \
	STEP(AWD_APPROVE, AWD, "proposed", "approve")                                                        \
	STEP(AWD_CANCEL, AWD, "proposed", "cancel")                                                          \
	STEP(AWD_PAY_FIRST, AWD, "committed", "pay")                                                         \
	STEP(AWD_PAY, AWD, "disbursing", "pay")                                                              \
	STEP(AWD_PAY_FULL_FIRST, AWD, "committed", "pay_full")                                               \
	STEP(AWD_PAY_FULL, AWD, "disbursing", "pay_full")                                                    \
	STEP(AWD_REVERSED, AWD, "disbursing", "payment_reversed")                                            \
	STEP(AWD_REVERSED_LAST, AWD, "disbursed", "payment_reversed")                                        \
	STEP(AWD_REVERSED_ALL, AWD, "disbursing", "payment_reversed_all")                                    \
	STEP(AWD_REVERSED_ALL_LAST, AWD, "disbursed", "payment_reversed_all")                                \
	STEP(PAY_PREPARE, PAY, "new", "prepare")                                                             \
	STEP(PAY_CONFIRM, PAY, "prepared", "confirm")                                                        \
	STEP(PAY_BOOK, PAY, "confirmed", "book")                                                             \
	STEP(PAY_REVERSE, PAY, "paid", "reverse")

enum story_step {
#define STEP(name, machine, from, action) STEP_##name,
	STEPS(STEP)
#undef STEP
		STEP_COUNT
};

static const struct lifecycle_row *step_rows[STEP_COUNT];

struct problem *seed_story_prepare(struct arena *arena)
{
	static const struct {
		enum machine machine;
		const char *from, *action;
	} names[] = {
#define STEP(name, machine, from, action) {MACHINE_##machine, from, action},
		STEPS(STEP)
#undef STEP
	};
	for (int i = 0; i < STEP_COUNT; i++) {
		step_rows[i] = lifecycle_find(names[i].machine, names[i].from, names[i].action);
		if (step_rows[i])
			continue;
		struct problem *problem = problem_new(arena, PROBLEM_internal, NULL, NULL);
		problem->cause = arena_printf(arena, "seed: the lifecycle has no %s %s %s",
					      machine_name(names[i].machine), names[i].from, names[i].action);
		return problem;
	}
	return NULL;
}

/* ---- what a story is made of ---- */

enum {
	ENDORSEMENTS_MAX = 2,
	PANELS_MAX = 2,
	SEATS_MAX = 9,
	REVISIONS_MAX = 4,
	PAYMENTS_MAX = 12,
	FILED = 11
};

struct object {
	seed_id id;
	const char *status;
	int64_t version;
	struct seed_moment made, moved;
};

struct seat {
	struct object object;
	seed_id expert, account;
	int64_t autosave_version;
	struct seed_moment accepted, submitted;
	int scores[CRITERIA];
};

struct sitting {
	struct object object;
	struct seat seats[SEATS_MAX];
	int count, chair;
	int revision, due_on, constituted_on, concluded_on;
	struct seed_moment constituted, closed;
	struct evaluation_result result;
};

struct request_of_opinion {
	struct object object;
	int revision, due_on;
	bool overdue;
	seed_id scan;
};

struct paid {
	struct object object;
	int64_t amount;
	int replaces, paid_on, reversed_by; /* replaces -1: none */
	bool booked, confirmed;
};

struct points {
	const char *kind;
	int revision;
	struct seed_moment asked, answered;
};

struct story {
	struct seed_world *world;
	const struct seed_plan *plan;
	bool tell; /* write lines and notices */
	struct seed_call call;
	int64_t lead_story; /* whose organisation leads */
	int field, division;
	const struct seed_unit *unit, *county; /* who recommends, and who administers the lead */
	seed_id organisation, lead, host;
	bool host_is_lead;
	struct object application, alliance, award;
	int revision, round, due_on, first_submitted_on, submitted_on, accepted_on, endorsed_on;
	struct seed_moment revisions[REVISIONS_MAX], proposed;
	struct request_of_opinion endorsements[ENDORSEMENTS_MAX];
	int endorsement_count;
	struct sitting panels[PANELS_MAX];
	int panel_count;
	struct points points[2];
	int point_count;
	struct paid payments[PAYMENTS_MAX];
	int payment_count, parts_paid;
	int64_t paid_amount;
	int approved_on;
	struct seed_moment approved, subject_added, subject_removed;
	bool is_bank_known;
};

static const char WARN_FILE[] =
	"{\"warnings\":[{\"rule\":\"AP-27\",\"pointer\":\"#/attachments/feasibility_report\"}]}";
static const char WARN_SHEET[] = "{\"warnings\":[{\"rule\":\"EV-07\",\"pointer\":\"#/answers\"}]}";
static const char OPINION[] = "该联盟符合区域经济转型升级方向，同意推荐。";

static uint64_t draw(const struct story *s, uint64_t what)
{
	return seed_draw(s->world, (uint64_t)s->plan->story, what ^ 0x73746f7279000000u);
}

static void id_make(const struct story *s, seed_id ret, int kind, int day, int64_t number)
{
	seed_id_make(s->world, ret, day, (uint64_t)kind, (uint64_t)s->plan->story, (uint64_t)number);
}

static const char *officer_of(const struct story *s)
{
	return s->world->officer[(uint64_t)s->plan->story % OFFICERS];
}

static const char *leader_of(const struct story *s)
{
	return s->world->leader[(uint64_t)s->plan->story % LEADERS];
}

/* The bureau's document of that day is one officer's and one leader's. */
static const char *document_officer(const struct story *s)
{
	return s->world->officer[s->plan->issue_day % OFFICERS];
}

/* ---- calls and steps ---- */

static void call(struct story *s, int moment, const char *operation, const char *account, const char *role)
{
	if (s->tell)
		seed_call_begin(&s->call, s->world, s->plan->moments[moment].moment, operation, account, role,
				(uint64_t)s->plan->story,
				(uint64_t)moment << 16 ^ (uint64_t)s->world->counts.history);
	s->call.moment = s->plan->moments[moment].moment;
	s->call.role = role;
}

static void tell_experts(struct story *s, const struct lifecycle_row *row, const struct object *object)
{
	char due[DATE_TEXT];
	const struct sitting *p = &s->panels[s->panel_count - 1];
	for (int i = 0; i < p->count; i++)
		if (!strcmp(p->seats[i].object.status, "accepted"))
			seed_notice(&s->call, "expert", p->seats[i].expert, machine_noun(row->machine),
				    row->action, object->id, object->version, seed_day(p->due_on, due));
}

static void tell_expert(struct story *s, const struct lifecycle_row *row, const struct object *object)
{
	char due[DATE_TEXT];
	const struct sitting *p = &s->panels[s->panel_count - 1];
	int last = date_days(calendar_add_workdays(s->world->calendar, date_from_days(object->made.day),
						   s->world->parameters.invite_wd));
	for (int i = 0; i < p->count; i++)
		if (&p->seats[i].object == object)
			seed_notice(&s->call, "expert", p->seats[i].expert, machine_noun(row->machine),
				    row->action, object->id, object->version, seed_day(last, due));
}

/* tell - the notices that the row's effects leave. */
static void tell(struct story *s, const struct lifecycle_row *row, const struct object *object)
{
	char due[DATE_TEXT];
	const char *noun = machine_noun(row->machine), *id = object->id;
	const struct sitting *p = s->panel_count ? &s->panels[s->panel_count - 1] : NULL;
	for (size_t i = 0; i < row->effect_count; i++)
		switch (row->effects[i]) {
		case EFFECT_NOTIFY_OFFICER:
			seed_notice(&s->call, "role", "officer", noun, row->action, id, object->version,
				    NULL);
			break;
		case EFFECT_NOTIFY_LEADER:
			seed_notice(&s->call, "role", "leader", noun, row->action, id, object->version, NULL);
			break;
		case EFFECT_NOTIFY_FINANCE:
			seed_notice(&s->call, "role", "finance", noun, row->action, id, object->version,
				    NULL);
			break;
		case EFFECT_NOTIFY_LEAD:
			seed_notice(&s->call, "organisation", s->organisation, noun, row->action, id,
				    object->version, s->due_on ? seed_day(s->due_on, due) : NULL);
			break;
		case EFFECT_NOTIFY_HOST:
			seed_notice(&s->call, "organisation", s->host, noun, row->action, id, object->version,
				    NULL);
			break;
		case EFFECT_NOTIFY_RECOMMENDER:
			seed_notice(&s->call, "recommender", s->unit->id, noun, row->action, id,
				    object->version,
				    seed_day(s->endorsements[s->endorsement_count - 1].due_on, due));
			break;
		case EFFECT_NOTIFY_EXPERT:
			tell_expert(s, row, object);
			break;
		case EFFECT_NOTIFY_EXPERTS:
			tell_experts(s, row, object);
			break;
		case EFFECT_NOTIFY_CHAIR:
			if (p)
				seed_notice(&s->call, "expert", p->seats[p->chair].expert, noun, row->action,
					    id, object->version, seed_day(p->due_on, due));
			break;
		default:
			break;
		}
}

/* step_as - one step of the lifecycle in a role; a step that does not begin where the object stands is a
 * defect. */
static void step_as(struct story *s, enum story_step step, struct object *object, const char *role,
		    const char *reason, const char *detail)
{
	const struct lifecycle_row *row = step_rows[step];
	bool is_new = !strcmp(row->from, "new");
	if (is_new ? object->status != NULL : !object->status || strcmp(row->from, object->status) != 0)
		abort();
	object->status = row->to;
	object->version = is_new ? 1 : object->version + 1;
	object->moved = s->call.moment;
	if (is_new)
		object->made = s->call.moment;
	if (!s->tell)
		return;
	seed_step(&s->call, row, object->id, role, reason, detail);
	tell(s, row, object);
}

static void step(struct story *s, enum story_step step, struct object *object, const char *reason,
		 const char *detail)
{
	step_as(s, step, object, s->call.role, reason, detail);
}

static void line(struct story *s, const char *kind, const char *id, const char *action, const char *reason)
{
	if (s->tell)
		seed_line(&s->call, kind, id, action, reason);
}

/* ---- files ---- */

static const char *const filed_kinds[FILED + 1] = {"application_form",
						   "agreement",
						   "charter",
						   "council_resolution",
						   "legal_person_proof",
						   "lead_backbone_evidence",
						   "construction_plan",
						   "annual_plan",
						   "technology_roadmap",
						   "fund_measures",
						   "compliance_declaration",
						   "recommender_opinion"};

static void attach(struct story *s, int moment, const char *id, const char *kind, const char *account,
		   const char *role)
{
	call(s, moment, "create_attachment", account, role);
	line(s, "attachment", id, "create_attachment", kind);
	call(s, moment, "put_attachment_part", account, role);
	line(s, "attachment", id, "put_attachment_part", "part 1");
	call(s, moment, "complete_attachment", account, role);
	line(s, "attachment", id, "complete_attachment", kind);
}

static void file_id(const struct story *s, int number, seed_id ret)
{
	id_make(s, ret, ID_ATTACHMENT, s->application.made.day, number);
}

/* ---- the moments ---- */

static void freeze(struct story *s)
{
	s->due_on = 0;
	s->revisions[s->revision++] = s->call.moment;
}

static void ask_opinion(struct story *s)
{
	struct request_of_opinion *e = &s->endorsements[s->endorsement_count++];
	int day = s->call.moment.day;
	id_make(s, e->object.id, ID_ENDORSEMENT, day, s->endorsement_count);
	id_make(s, e->scan, ID_ATTACHMENT, day, FILED + s->endorsement_count);
	e->revision = s->revision;
	e->due_on = date_days(calendar_add_workdays(s->world->calendar, date_from_days(day),
						    s->world->parameters.endorse_wd));
	step(s, STEP_END_REQUEST, &e->object, NULL, NULL);
}

static void act_create(struct story *s, int m)
{
	struct seed_world *w = s->world;
	char name[NAME_TEXT];
	if (s->tell && seed_story_registers(w, s->plan->story)) {
		call(s, m, "create_organisation", officer_of(s), "officer");
		line(s, "organisation", s->organisation, "create_organisation", NULL);
		seed_person_name(seed_draw(w, (uint64_t)s->lead_story, 7), name);
		seed_account(w, s->plan->moments[m].moment, s->lead, name, "lead", "organisation_id",
			     s->organisation);
	}
	call(s, m, "create_application", s->lead, "lead");
	step(s, STEP_APP_CREATE, &s->application, NULL, NULL);
	step_as(s, STEP_ALL_FORM, &s->alliance, "system", NULL, NULL);
	for (int i = 0; i < FILED; i++) {
		seed_id id;
		if (s->tell)
			file_id(s, i, id);
		if (s->tell)
			attach(s, m, id, filed_kinds[i], s->lead, "lead");
	}
}

static void submit(struct story *s, int m, enum story_step which, const char *reason)
{
	call(s, m, "create_application_transition", s->lead, "lead");
	step(s, which, &s->application, reason, WARN_FILE);
	if (!s->first_submitted_on)
		s->first_submitted_on = s->call.moment.day;
	s->submitted_on = s->call.moment.day;
	freeze(s);
	ask_opinion(s);
}

static struct request_of_opinion *asked(struct story *s)
{
	return &s->endorsements[s->endorsement_count - 1];
}

static void discard(struct story *s)
{
	step(s, STEP_ALL_DISCARD, &s->alliance, NULL, NULL);
}

static void act_opinion(struct story *s, int m, enum seed_act act)
{
	struct request_of_opinion *e = asked(s);
	if (act == ACT_ENDORSE)
		attach(s, m, e->scan, filed_kinds[FILED], s->unit->account, s->unit->kind);
	call(s, m, "endorse_application", s->unit->account, s->unit->kind);
	if (act == ACT_ENDORSE) {
		step(s, STEP_END_SIGN, &e->object, NULL, NULL);
		step(s, STEP_APP_ENDORSE, &s->application, NULL, NULL);
		s->endorsed_on = s->call.moment.day;
	} else if (act == ACT_RETURN) {
		static const char reason[] = "请补充成员单位任务分工后重新报送。";
		step(s, STEP_END_RETURN, &e->object, reason, NULL);
		s->due_on = s->call.moment.day + s->world->parameters.resubmit_days;
		step(s, STEP_APP_RETURN, &s->application, reason, NULL);
	} else {
		static const char reason[] = "该联盟与区域主导产业关联不足，不予推荐。";
		step(s, STEP_END_DECLINE, &e->object, reason, NULL);
		step(s, STEP_APP_DECLINE, &s->application, reason, NULL);
		discard(s);
	}
}

static void send_back(struct story *s, const char *kind, int due_on)
{
	s->points[s->point_count].kind = kind;
	s->points[s->point_count].revision = s->revision;
	s->points[s->point_count++].asked = s->call.moment;
	s->due_on = due_on;
}

static void act_correction(struct story *s, int m)
{
	call(s, m, "create_application_transition", officer_of(s), "officer");
	send_back(s, "correction",
		  date_days(calendar_add_workdays(s->world->calendar, date_from_days(s->call.moment.day),
						  s->world->parameters.correct_wd)));
	step(s, STEP_APP_CORRECTION, &s->application, NULL, NULL);
}

static void act_mend(struct story *s, int m, enum story_step which)
{
	call(s, m, "create_application_transition", s->lead, "lead");
	s->points[s->point_count - 1].answered = s->call.moment;
	step(s, which, &s->application, NULL, WARN_FILE);
	if (which == STEP_APP_RECTIFIED)
		s->round++;
	freeze(s);
}

static void act_accept(struct story *s, int m)
{
	call(s, m, "create_application_transition", officer_of(s), "officer");
	s->accepted_on = s->call.moment.day;
	s->due_on = 0;
	step(s, STEP_APP_ACCEPT, &s->application, NULL, WARN_FILE);
}

static void act_end(struct story *s, int m, enum seed_act act)
{
	if (act == ACT_EXPIRE) {
		call(s, m, "sweep_step", NULL, "system");
		step(s,
		     strcmp(s->application.status, "returned") ? STEP_APP_CORRECTION_EXPIRE
							       : STEP_APP_RETURNED_EXPIRE,
		     &s->application, NULL, NULL);
	} else if (act == ACT_REJECT) {
		call(s, m, "create_application_transition", leader_of(s), "leader");
		step(s, STEP_APP_REJECT, &s->application, "材料经核不符合申报条件。", NULL);
	} else {
		call(s, m, "create_application_transition", s->lead, "lead");
		bool is_draft = !strcmp(s->application.status, "draft");
		step(s, is_draft ? STEP_APP_WITHDRAW_DRAFT : STEP_APP_WITHDRAW, &s->application, NULL, NULL);
		if (!is_draft)
			step(s, STEP_END_CANCEL, &asked(s)->object, NULL, NULL);
	}
	discard(s);
}

static void act_overdue(struct story *s, int m)
{
	call(s, m, "sweep_step", NULL, "system");
	asked(s)->overdue = true;
	step(s, STEP_END_OVERDUE, &asked(s)->object, NULL, NULL);
}

/* ---- evaluation ---- */

static int seats_planned(const struct story *s)
{
	return 5 + (int)(seed_draw(s->world, (uint64_t)s->plan->story, 0x73656174u + (uint64_t)s->round) % 3);
}

static void invite(struct story *s, int m, bool finance)
{
	struct sitting *p = &s->panels[s->panel_count - 1];
	struct seat *seat = &p->seats[p->count];
	seed_expert_of(s->world, p->object.made.day, s->field, draw(s, 900u + (uint64_t)s->round), p->count,
		       finance, seat->expert, seat->account);
	id_make(s, seat->object.id, ID_SHEET, s->plan->moments[m].moment.day, s->round * 100 + p->count);
	p->count++;
	call(s, m, "create_sheet", officer_of(s), "officer");
	step(s, STEP_SHEET_INVITE, &seat->object, NULL, NULL);
	seat->autosave_version = 1;
}

static void act_panel(struct story *s, int m)
{
	struct sitting *p = &s->panels[s->panel_count++];
	int seats = seats_planned(s);
	id_make(s, p->object.id, ID_PANEL, s->plan->moments[m].moment.day, s->round);
	call(s, m, "create_panel", officer_of(s), "officer");
	step(s, STEP_PANEL_DRAFT, &p->object, NULL, NULL);
	for (int i = 0; i < seats; i++)
		invite(s, m, i == seats - 1);
}

static void seat_accept(struct story *s, int m, struct seat *seat)
{
	call(s, m, "create_sheet_transition", seat->account, "expert");
	step(s, STEP_SHEET_ACCEPT, &seat->object, NULL, NULL);
	seat->autosave_version++;
	seat->accepted = s->call.moment;
}

/* All of them answer; of some panels the second declines and another is invited in the same field. */
static void act_answer(struct story *s, int m)
{
	struct sitting *p = &s->panels[s->panel_count - 1];
	int count = p->count;
	for (int i = 0; i < count; i++) {
		if (i != 1 || draw(s, 800u + (uint64_t)s->round) % 8) {
			seat_accept(s, m, &p->seats[i]);
			continue;
		}
		call(s, m, "create_sheet_transition", p->seats[i].account, "expert");
		step(s, STEP_SHEET_DECLINE, &p->seats[i].object, NULL, NULL);
		p->seats[i].autosave_version++;
		invite(s, m, false);
	}
	if (p->count > count)
		seat_accept(s, m, &p->seats[count]);
}

static void act_open(struct story *s, int m)
{
	struct sitting *p = &s->panels[s->panel_count - 1];
	call(s, m, "create_panel_transition", officer_of(s), "officer");
	p->revision = s->revision;
	p->constituted = s->call.moment;
	p->constituted_on = s->call.moment.day;
	p->chair = 0;
	step(s, STEP_PANEL_CONSTITUTE, &p->object, NULL, NULL);
	call(s, m, "create_panel_transition", officer_of(s), "officer");
	p->due_on = s->call.moment.day + s->world->parameters.panel_days;
	step(s, STEP_PANEL_OPEN, &p->object, NULL, NULL);
	step(s, STEP_APP_START, &s->application, NULL, NULL);
}

/* Scores that end as the plan says: good ones; a weak seventh criterion; or none that would pass. */
static void seat_score(const struct story *s, struct seat *seat, int number)
{
	bool is_good = s->plan->is_recognised && !(s->plan->is_revised && s->round == 1);
	for (int c = 0; c < CRITERIA; c++) {
		int score =
			76 +
			(int)(draw(s, (uint64_t)s->round * 1000 + (uint64_t)number * 10 + (uint64_t)c) % 16);
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
	call(s, m, "sweep_step", NULL, "system");
	p->result = evaluation_compute(scores, count, &s->world->parameters);
	p->closed = s->call.moment;
	step(s, STEP_PANEL_CLOSE, &p->object, NULL, NULL);
}

/* The sweep closes a panel as soon as its last sheet is in. */
static void act_score(struct story *s, int m, int turn)
{
	struct sitting *p = &s->panels[s->panel_count - 1];
	int live = -1, number = -1;
	while (number + 1 < p->count && live < turn)
		live += is_live(&p->seats[++number]);
	struct seat *seat = &p->seats[number];
	struct seed_moment before = seat->object.moved;
	int64_t version = seat->object.version;
	call(s, m, "put_sheet_scores", seat->account, "expert");
	step(s, STEP_SHEET_SCORE, &seat->object, NULL, NULL);
	call(s, m, "create_sheet_transition", seat->account, "expert");
	step(s, STEP_SHEET_SUBMIT, &seat->object, NULL, WARN_SHEET);
	seat_score(s, seat, number);
	/* what the author does alone moves the author's version only */
	seat->object.version = version;
	seat->object.moved = before;
	seat->autosave_version += 2;
	seat->submitted = s->call.moment;
	if (turn + 1 == seats_planned(s))
		panel_close(s, m, p);
}

static void act_conclude(struct story *s, int m)
{
	struct sitting *p = &s->panels[s->panel_count - 1];
	call(s, m, "create_panel_transition", p->seats[p->chair].account, "expert");
	p->concluded_on = s->call.moment.day;
	step(s, STEP_PANEL_CONCLUDE, &p->object, NULL, NULL);
	step(s, STEP_APP_CONCLUDED, &s->application, NULL, NULL);
}

static void act_rectify(struct story *s, int m)
{
	call(s, m, "create_application_transition", leader_of(s), "leader");
	send_back(s, "rectification", s->call.moment.day + s->world->parameters.rectify_days);
	step(s, STEP_APP_RECTIFY, &s->application, NULL, NULL);
}

/* ---- decision ---- */

static void act_propose(struct story *s, int m)
{
	call(s, m, "create_application_transition", document_officer(s), "officer");
	s->proposed = s->subject_added = s->call.moment;
	step(s, STEP_APP_PROPOSE, &s->application, NULL, NULL);
	if (s->tell)
		s->world->documents[s->plan->issue_day - s->world->first_day].added++;
}

static void act_refuse(struct story *s, int m)
{
	call(s, m, "create_application_transition", leader_of(s), "leader");
	s->subject_removed = s->call.moment;
	step(s, STEP_APP_REFUSE, &s->application, "同意专家组意见，不予认定。", NULL);
	discard(s);
	if (s->tell)
		s->world->documents[s->plan->issue_day - s->world->first_day].removed++;
}

static void act_approve(struct story *s, int m)
{
	call(s, m, "create_document_transition", s->world->leader[s->plan->issue_day % LEADERS], "leader");
	step(s, STEP_APP_APPROVE, &s->application, NULL, NULL);
}

static void act_issue(struct story *s, int m)
{
	int day = s->plan->issue_day;
	call(s, m, "create_document_transition", document_officer(s), "officer");
	step(s, STEP_APP_ISSUE, &s->application, NULL, NULL);
	step(s, STEP_ALL_RECOGNISE, &s->alliance, NULL, NULL);
	id_make(s, s->award.id, ID_AWARD, day, 0);
	step(s, STEP_AWD_PROPOSE, &s->award, NULL, NULL);
}

/* ---- money ---- */

static struct seed_booking booking_of(const struct story *s, const char *type, seed_id line,
				      char code[CODE_TEXT], char name[NAME_TEXT], char number[40])
{
	struct seed_world *w = s->world;
	int year = seed_year(s->approved_on);
	int lead_number = 1 + (int)(s->lead_story / DIVISIONS * 60013 % 99999);
	const char *division = w->division_code[s->plan->story % DIVISIONS];
	bool own = s->host_is_lead;
	seed_code(own ? "91" : "12", division, lead_number, code);
	seed_organisation_name(own ? "enterprise" : "research_institute", (int)(s->plan->story % DIVISIONS),
			       lead_number, name);
	snprintf(number, 40, "渭科发〔%d〕%d号", year, w->allocation[year - FIRST_YEAR]);
	return (struct seed_booking){.type = type,
				     .award = s->award.id,
				     .line = seed_budget_id(w, year, line),
				     .payee_name = name,
				     .payee_code = code,
				     .document_no = number,
				     .booked_on = s->call.moment.day};
}

static void book(struct story *s, const char *type, const char *maker, const char *checker,
		 const struct paid *paid, int64_t amount, int kind, const char *reason)
{
	seed_id line, id, disbursed;
	char code[CODE_TEXT], name[NAME_TEXT], number[40];
	if (!s->tell)
		return;
	struct seed_booking booking = booking_of(s, type, line, code, name, number);
	int64_t which = paid ? paid - s->payments : -1;
	booking.maker = maker;
	booking.checker = checker;
	booking.amount = amount;
	booking.reason = reason;
	if (paid)
		booking.payment = paid->object.id;
	if (kind == ID_REVERSAL) {
		id_make(s, disbursed, ID_ENTRY, paid->paid_on, which);
		booking.reverses = disbursed;
	}
	id_make(s, id, kind, s->call.moment.day, which);
	seed_book(&s->call, &booking, id);
}

static void bank_id(const struct story *s, seed_id ret)
{
	id_make(s, ret, ID_BANK, s->approved_on, 0);
}

static void act_award(struct story *s, int m)
{
	seed_id bank;
	s->approved = s->plan->moments[m].moment;
	s->approved_on = s->approved.day;
	bank_id(s, bank);
	call(s, m, "create_bank_account", officer_of(s), "officer");
	line(s, "organisation", s->host, "create_bank_account", NULL);
	call(s, m, "confirm_bank_account", s->world->finance[2], "finance");
	line(s, "bank_account", bank, "confirm_bank_account", NULL);
	s->is_bank_known = true;
	call(s, m, "create_award_transition", leader_of(s), "leader");
	step(s, STEP_AWD_APPROVE, &s->award, NULL, NULL);
	book(s, "COMMIT", document_officer(s), leader_of(s), NULL,
	     seed_award_amount(seed_year(s->plan->issue_day)), ID_ENTRY, NULL);
}

static void act_award_cancel(struct story *s, int m)
{
	call(s, m, "create_award_transition", leader_of(s), "leader");
	step(s, STEP_AWD_CANCEL, &s->award, "依托单位书面放弃本次资助。", NULL);
}

static int64_t part_of(const struct story *s, int part)
{
	int64_t amount = seed_award_amount(seed_year(s->plan->issue_day)),
		each = amount / s->plan->instalments;
	return part + 1 == s->plan->instalments ? amount - each * part : each;
}

static const char *maker_of(const struct story *s)
{
	return s->world->finance[s->plan->story % 2];
}

static void act_prepare(struct story *s, int m)
{
	struct paid *p = &s->payments[s->payment_count];
	bool replaces =
		s->payment_count > 0 && !strcmp(s->payments[s->payment_count - 1].object.status, "reversed");
	p->replaces = replaces ? s->payment_count - 1 : -1;
	p->amount = part_of(s, s->parts_paid);
	id_make(s, p->object.id, ID_PAYMENT, s->plan->moments[m].moment.day, s->payment_count);
	s->payment_count++;
	call(s, m, "create_payment", maker_of(s), "finance");
	step(s, STEP_PAY_PREPARE, &p->object, NULL, NULL);
}

static void act_confirm(struct story *s, int m, struct paid *p)
{
	call(s, m, "create_payment_transition", leader_of(s), "leader");
	p->confirmed = true;
	step(s, STEP_PAY_CONFIRM, &p->object, NULL, NULL);
}

static void act_book(struct story *s, int m, struct paid *p)
{
	bool first = !strcmp(s->award.status, "committed");
	call(s, m, "create_payment_transition", maker_of(s), "finance");
	p->booked = true;
	p->paid_on = s->call.moment.day;
	s->paid_amount += p->amount;
	s->parts_paid++;
	step(s, STEP_PAY_BOOK, &p->object, NULL, NULL);
	book(s, "DISBURSE", maker_of(s), leader_of(s), p, p->amount, ID_ENTRY, NULL);
	if (s->parts_paid == s->plan->instalments)
		step(s, first ? STEP_AWD_PAY_FULL_FIRST : STEP_AWD_PAY_FULL, &s->award, NULL, NULL);
	else
		step(s, first ? STEP_AWD_PAY_FIRST : STEP_AWD_PAY, &s->award, NULL, NULL);
}

static void act_reverse(struct story *s, int m, struct paid *p)
{
	static const char reason[] = "收款账户信息有误，银行退回。";
	bool was_full = !strcmp(s->award.status, "disbursed");
	call(s, m, "create_payment_transition", s->world->finance[3], "finance");
	s->paid_amount -= p->amount;
	s->parts_paid--;
	step(s, STEP_PAY_REVERSE, &p->object, reason, NULL);
	book(s, "REVERSAL", maker_of(s), s->world->finance[3], p, p->amount, ID_REVERSAL, reason);
	if (s->paid_amount)
		step(s, was_full ? STEP_AWD_REVERSED_LAST : STEP_AWD_REVERSED, &s->award, NULL, NULL);
	else
		step(s, was_full ? STEP_AWD_REVERSED_ALL_LAST : STEP_AWD_REVERSED_ALL, &s->award, NULL, NULL);
}

static void act(struct story *s, int m)
{
	int argument = s->plan->moments[m].argument;
	switch (s->plan->moments[m].act) {
	case ACT_CREATE:
		act_create(s, m);
		break;
	case ACT_SUBMIT:
		submit(s, m, STEP_APP_SUBMIT, NULL);
		break;
	case ACT_RESUBMIT:
		submit(s, m, STEP_APP_RESUBMIT, "已按要求补充任务分工。");
		break;
	case ACT_OVERDUE:
		act_overdue(s, m);
		break;
	case ACT_ENDORSE:
	case ACT_RETURN:
	case ACT_DECLINE:
		act_opinion(s, m, s->plan->moments[m].act);
		break;
	case ACT_CORRECTION:
		act_correction(s, m);
		break;
	case ACT_CORRECT:
		act_mend(s, m, STEP_APP_CORRECT);
		break;
	case ACT_ACCEPT:
		act_accept(s, m);
		break;
	case ACT_REJECT:
	case ACT_EXPIRE:
	case ACT_WITHDRAW:
		act_end(s, m, s->plan->moments[m].act);
		break;
	case ACT_PANEL:
		act_panel(s, m);
		break;
	case ACT_ANSWER:
		act_answer(s, m);
		break;
	case ACT_OPEN:
		act_open(s, m);
		break;
	case ACT_SCORE:
		act_score(s, m, argument);
		break;
	case ACT_CONCLUDE:
		act_conclude(s, m);
		break;
	case ACT_RECTIFY:
		act_rectify(s, m);
		break;
	case ACT_RECTIFIED:
		act_mend(s, m, STEP_APP_RECTIFIED);
		break;
	case ACT_PROPOSE:
		act_propose(s, m);
		break;
	case ACT_REFUSE:
		act_refuse(s, m);
		break;
	case ACT_APPROVE:
		act_approve(s, m);
		break;
	case ACT_ISSUE:
		act_issue(s, m);
		break;
	case ACT_AWARD:
		act_award(s, m);
		break;
	case ACT_AWARD_CANCEL:
		act_award_cancel(s, m);
		break;
	case ACT_PREPARE:
		act_prepare(s, m);
		break;
	case ACT_CONFIRM:
		act_confirm(s, m, &s->payments[argument]);
		break;
	case ACT_BOOK:
		act_book(s, m, &s->payments[argument]);
		break;
	case ACT_REVERSE:
		act_reverse(s, m, &s->payments[argument]);
		break;
	}
}

/* ---- rows ---- */

static const char *stamp(struct seed_moment moment, char text[STAMP_TEXT])
{
	return moment.day ? seed_stamp(moment, text) : "\\N";
}

static const char *day(int number, char text[DATE_TEXT])
{
	return number ? seed_day(number, text) : "\\N";
}

static const char *member_type(uint64_t draw_value)
{
	unsigned share = (unsigned)(draw_value % 100);
	if (share < 70)
		return "enterprise";
	if (share < 82)
		return share % 2 ? "university" : "research_institute";
	if (share < 92)
		return "cooperative";
	return share < 97 ? "financial" : "other";
}

static const char *registry_of(const char *type)
{
	if (!strcmp(type, "cooperative"))
		return "93";
	if (!strcmp(type, "other"))
		return "52";
	return !strcmp(type, "university") || !strcmp(type, "research_institute") ? "12" : "91";
}

static void member_fill(const struct story *s, struct seed_member *m, const char *type, int division,
			int number, uint64_t who)
{
	const char *code = s->world->division_code[division];
	m->type = type;
	seed_code(registry_of(type), code, number, m->code);
	seed_organisation_name(type, division, number, m->name);
	seed_person_name(seed_draw(s->world, who, (uint64_t)number), m->representative);
	snprintf(m->division, sizeof m->division, "%s", code);
}

/* The lead, a unit of science that is the host of every other alliance, and so many others: 60 of 100 are
 * core, never fewer than the measures ask for. */
static size_t members_make(const struct story *s, struct seed_member members[MEMBERS_MAX])
{
	uint64_t d = draw(s, 1);
	size_t count = 12 + d % 10 + d / 16 % 8 + (d / 1024 % 8 == 0 ? 1 : 0), core = (count * 6 + 5) / 10;
	int number = 1 + (int)(s->lead_story / DIVISIONS * 60013 % 99999),
	    division = (int)(s->plan->story % DIVISIONS);
	if (core < (size_t)s->world->parameters.core_min)
		core = (size_t)s->world->parameters.core_min;
	memset(members, 0, count * sizeof *members);
	member_fill(s, &members[0], "enterprise", division, number, 0);
	member_fill(s, &members[1], "research_institute", division, number, 1);
	members[0].is_lead = true;
	members[s->host_is_lead ? 0 : 1].is_host = true;
	snprintf(members[0].division, sizeof members[0].division, "%s", s->world->division_code[s->division]);
	for (size_t i = 2; i < count; i++)
		member_fill(s, &members[i], member_type(draw(s, 100 + i)),
			    (division + (int)i * 5) % DIVISIONS,
			    1 + (number + (int)i * 7001 + (int)(d % 5000)) % 99999, i);
	for (size_t i = 0; i < count; i++)
		members[i].is_core = i < core;
	return count;
}

static void organisation_write(const struct story *s, const char *id, const struct seed_member *m,
			       const char *officer, const struct seed_unit *unit, struct seed_moment made,
			       bool registered)
{
	char at[STAMP_TEXT];
	seed_stamp(made, at);
	buffer_printf(&s->world->out[TABLE_organisation],
		      "%s\t%s\t%s\t%s\t%s\t%s\t%s\tt\t%s\t%s\t%s\t%s\t%s\n", id, m->code, m->name,
		      text_name_key(s->world->batch, m->name), m->type, m->division, unit ? unit->id : "\\N",
		      m->representative, registered ? "t" : "f", officer, at, at);
}

struct file {
	seed_id id;
	const char *kind;
	struct seed_moment at;
};

static int file_compare(const void *a, const void *b)
{
	const struct file *x = a, *y = b;
	if (x->at.day != y->at.day)
		return x->at.day < y->at.day ? 1 : -1;
	if (x->at.second != y->at.second)
		return x->at.second < y->at.second ? 1 : -1;
	return -strcmp(x->id, y->id);
}

/* The content of every attachment of one kind is the same few marked bytes. */
static size_t content_of(const char *kind, char text[128], char sha256[SHA256_HEX])
{
	size_t length = (size_t)snprintf(text, 128, "%%PDF-1.4\n%% 附件（虚构） %s\n%%%%EOF\n", kind);
	sha256_hex(text, length, sha256);
	return length;
}

static void file_write(const struct story *s, const struct file *file, const char *account, const char *role)
{
	char text[128], sha256[SHA256_HEX], at[STAMP_TEXT];
	size_t length = content_of(file->kind, text, sha256);
	struct buffer *part = &s->world->out[TABLE_attachment_part];
	seed_stamp(file->at, at);
	buffer_printf(
		&s->world->out[TABLE_attachment],
		"%s\tapplication\t%s\t%s\t%s（虚构）.pdf\tapplication/pdf\t%zu\t%s\t%s\t%s\t%s\t2\t%s\t%s\n",
		file->id, s->application.id, file->kind, file->kind, length, sha256, account, role, at, at,
		at);
	buffer_printf(part, "%s\t1\t\\\\x", file->id);
	for (size_t i = 0; i < length; i++)
		buffer_printf(part, "%02x", (unsigned)(unsigned char)text[i]);
	buffer_char(part, '\n');
}

static size_t files_write(const struct story *s, struct file files[FILED + ENDORSEMENTS_MAX])
{
	size_t count = 0;
	for (int i = 0; i < FILED; i++) {
		struct file *f = &files[count++];
		file_id(s, i, f->id);
		f->kind = filed_kinds[i];
		f->at = s->application.made;
		file_write(s, f, s->lead, "lead");
	}
	for (int i = 0; i < s->endorsement_count; i++) {
		const struct request_of_opinion *e = &s->endorsements[i];
		if (strcmp(e->object.status, "signed") != 0)
			continue;
		struct file *f = &files[count++];
		memcpy(f->id, e->scan, sizeof f->id);
		f->kind = filed_kinds[FILED];
		f->at = e->object.moved;
		file_write(s, f, s->unit->account, s->unit->kind);
	}
	qsort(files, count, sizeof *files, file_compare);
	return count;
}

/* Those that were complete at that moment, newest first, as application_facts gives them. */
static void files_json(struct buffer *out, const struct file *files, size_t count, struct seed_moment until)
{
	bool first = true;
	buffer_char(out, '[');
	for (size_t i = 0; i < count; i++) {
		char text[128], sha256[SHA256_HEX];
		if (files[i].at.day > until.day)
			continue;
		size_t length = content_of(files[i].kind, text, sha256);
		buffer_printf(out,
			      "%s{\"bytes\":%zu,\"id\":\"%s\",\"kind\":\"%s\",\"media_type\":\"application/"
			      "pdf\",\"sha256\":\"%s\","
			      "\"title\":\"%s（虚构）.pdf\"}",
			      first ? "" : ",", length, files[i].id, files[i].kind, sha256, files[i].kind);
		first = false;
	}
	buffer_char(out, ']');
}

/* What of an application is written at once: its texts. */
struct texts {
	char name[NAME_TEXT], number[40];
	const char *name_key, *form, *head;
	char sha256[REVISIONS_MAX][SHA256_HEX];
	struct seed_member members[MEMBERS_MAX];
	size_t member_count;
};

static void texts_make(struct story *s, struct texts *t)
{
	int field;
	struct buffer form = {0};
	struct arena *arena = s->world->batch;
	seed_alliance_name(s->plan->story, &field, t->name);
	t->name_key = text_name_key(arena, t->name);
	t->member_count = members_make(s, t->members);
	seed_form_write(s->world->form, &form, t->members, t->member_count, s->application.made.day, false);
	t->form = arena_strndup(arena, form.text, form.length);
	buffer_free(&form);
	t->head = arena_printf(
		arena,
		"{\"industry_class\":\"%s\",\"industry_field\":\"F%02d\",\"kind\":\"recognition\","
		"\"lead_organisation_id\":\"%s\",\"name\":\"%s\",\"number\":\"%s\",\"recommender_id\":\"%"
		"s\"}",
		s->world->field_class[s->field], s->field + 1, s->organisation, t->name, t->number,
		s->unit->id);
}

static void revisions_write(struct story *s, struct texts *t)
{
	struct file files[FILED + ENDORSEMENTS_MAX] = {0};
	size_t count = files_write(s, files);
	char at[STAMP_TEXT];
	for (int r = 0; r < s->revision; r++) {
		struct buffer list = {0};
		files_json(&list, files, count, s->revisions[r]);
		const char *attachments = arena_strndup(s->world->batch, list.text, list.length);
		buffer_free(&list);
		application_snapshot(s->world->batch, attachments, t->form, t->head, t->sha256[r]);
		buffer_printf(&s->world->out[TABLE_application_revision], "%s\t%d\t", s->application.id,
			      r + 1);
		buffer_text(&s->world->out[TABLE_application_revision], t->form);
		buffer_printf(&s->world->out[TABLE_application_revision], "\t%s\t%s\t%s\t%s\n", t->head,
			      attachments, t->sha256[r], seed_stamp(s->revisions[r], at));
	}
}

static void application_write(struct story *s, struct texts *t)
{
	struct buffer *out = &s->world->out[TABLE_application];
	char a[DATE_TEXT], b[DATE_TEXT], c[DATE_TEXT], d[DATE_TEXT], made[STAMP_TEXT], moved[STAMP_TEXT],
		proposed[STAMP_TEXT];
	const struct seed_member *host = &t->members[s->host_is_lead ? 0 : 1];
	int limit =
		s->endorsed_on
			? date_days(calendar_add_workdays(s->world->calendar, date_from_days(s->endorsed_on),
							  s->world->parameters.accept_wd))
			: 0;
	bool decided = s->proposed.day > 0;
	buffer_printf(out, "%s\t%s\trecognition\t%s\t%d\t%d\tself\t%s\t%s\t%s\t%s\t%s\tF%02d\t%s\t",
		      s->application.id, t->number, s->alliance.id, s->round, s->revision, s->unit->id,
		      s->organisation, host->code, t->name, t->name_key, s->field + 1,
		      s->world->field_class[s->field]);
	buffer_text(out, t->form);
	buffer_printf(out, "\t%s\t%s\t%s\t%s\t%s\t%s\t%s", s->revision ? t->sha256[s->revision - 1] : "\\N",
		      day(s->first_submitted_on, a), day(s->submitted_on, b), day(s->accepted_on, c),
		      s->accepted_on ? (s->accepted_on > limit ? "t" : "f") : "\\N",
		      s->accepted_on ? "{\"agreement_verified\":true,\"attachments_complete\":true,"
				       "\"endorsement_verified\":true,"
				       "\"form_complete\":true,\"members_verified\":true}"
				     : "\\N",
		      day(s->due_on, d));
	buffer_printf(out, "\t%s\t%s\t%s\t%s\t%lld\t%s\t%s\t%s\n", decided ? document_officer(s) : "\\N",
		      decided ? s->plan->is_recognised ? "recognise" : "reject" : "\\N",
		      decided ? stamp(s->proposed, proposed) : "\\N", s->application.status,
		      (long long)s->application.version, s->lead, stamp(s->application.made, made),
		      stamp(s->application.moved, moved));
}

static void endorsements_write(struct story *s)
{
	for (int i = 0; i < s->endorsement_count; i++) {
		struct request_of_opinion *e = &s->endorsements[i];
		char a[DATE_TEXT], b[DATE_TEXT], c[DATE_TEXT], made[STAMP_TEXT], moved[STAMP_TEXT];
		bool is_signed = !strcmp(e->object.status, "signed");
		bool acted = is_signed || !strcmp(e->object.status, "returned") ||
			     !strcmp(e->object.status, "declined");
		const char *opinion = is_signed                               ? "sign"
				      : !strcmp(e->object.status, "returned") ? "return"
									      : "decline";
		bool is_county = !strcmp(s->unit->kind, "county");
		buffer_printf(
			&s->world->out[TABLE_endorsement],
			"%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%lld\t%s\t%s\n",
			e->object.id, s->application.id, e->revision, s->unit->id, day(e->object.made.day, a),
			day(e->due_on, b), e->overdue ? "t" : "f", acted ? opinion : "\\N",
			is_signed ? OPINION : "\\N",
			!acted      ? "\\N"
			: is_county ? "regional_upgrading"
				    : "industry_innovation",
			is_signed ? "韩示例" : "\\N", is_signed ? "局长" : "\\N",
			is_signed ? day(e->object.moved.day, c) : "\\N",
			is_signed ? "{\"backbone_confirmed\":true,\"government_guidance\":true,"
				    "\"industry_demand\":true,\"market_law\":true}"
				  : "\\N",
			is_signed ? e->scan : "\\N", acted ? s->unit->account : "\\N", e->object.status,
			(long long)e->object.version, stamp(e->object.made, made),
			stamp(e->object.moved, moved));
	}
}

static void points_write(struct story *s)
{
	for (int i = 0; i < s->point_count; i++) {
		const struct points *p = &s->points[i];
		char asked_at[STAMP_TEXT], answered[STAMP_TEXT];
		seed_id id;
		id_make(s, id, ID_POINT, p->asked.day, i);
		buffer_printf(&s->world->out[TABLE_application_point], "%s\t%s\t%s\t%d\t1\t%s\t%s\t%s\t%s\n",
			      id, s->application.id, p->kind, p->revision,
			      *p->kind == 'c' ? "请更正成员单位通讯地址。"
					      : "请完善项目经费管理制度并补充实施细则。",
			      p->answered.day ? "已按要求完成。" : "\\N", stamp(p->asked, asked_at),
			      stamp(p->answered, answered));
	}
}

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
		      seat->object.id, p->object.id, seat->expert, day(seat->object.made.day, a),
		      day(answer_due, b), seat->accepted.day ? declaration : "\\N",
		      stamp(seat->accepted, accepted), scores, is_in ? vote : "\\N", is_in ? "t" : "\\N",
		      (long long)seat->autosave_version, stamp(seat->submitted, submitted),
		      is_in ? total : "\\N", stamp(seat->submitted, submitted), is_in ? sha256 : "\\N",
		      seat->object.status, (long long)seat->object.version, stamp(seat->object.made, made),
		      stamp(seat->object.moved, moved));
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
		      stamp(p->closed, closed), day(p->concluded_on, concluded), vote_name(r->result),
		      r->mean, numbers_list(s->world->batch, r->criterion_means), r->counted, r->kept,
		      r->recognise_votes, r->revise_votes, r->reject_votes, r->policy_objections,
		      r->dispersion_alert ? "t" : "f",
		      p->concluded_on ? "专家组听取汇报并审阅材料，形成一致论证意见，详见各项评分。" : "\\N");
}

static void panels_write(struct story *s, struct texts *t)
{
	struct seed_world *w = s->world;
	for (int i = 0; i < s->panel_count; i++) {
		struct sitting *p = &s->panels[i];
		struct buffer *out = &w->out[TABLE_panel];
		char a[DATE_TEXT], b[DATE_TEXT], made[STAMP_TEXT], moved[STAMP_TEXT];
		bool frozen = p->constituted_on > 0;
		const char *material = frozen ? t->sha256[p->revision - 1] : "\\N";
		buffer_printf(out, "%s\t%s\t%d\t%s\tF%02d\t%s\t%s\t%s\t%s\t%s\t%s\t%s", p->object.id,
			      s->application.id, i + 1,
			      frozen ? arena_printf(w->batch, "%d", p->revision) : "\\N", s->field + 1,
			      RUBRIC_VERSION, numbers_list(w->batch, w->parameters.weights_recognition),
			      material, frozen ? w->parameters_json : "\\N",
			      frozen ? p->seats[p->chair].expert : "\\N", day(p->constituted_on, a),
			      day(p->due_on, b));
		panel_result_write(s, p, out);
		buffer_printf(out, "\t%s\t%lld\t%s\t%s\t%s\n", p->object.status, (long long)p->object.version,
			      officer_of(s), stamp(p->object.made, made), stamp(p->object.moved, moved));
		if (frozen)
			buffer_printf(&w->out[TABLE_panel_chair], "%s\t1\t%s\t%s\t%s\n", p->object.id,
				      p->seats[p->chair].expert, officer_of(s), stamp(p->constituted, made));
		for (int seat = 0; seat < p->count; seat++)
			sheet_write(s, p, &p->seats[seat], material);
		w->counts.sheets += p->count;
	}
}

static void subject_write(struct story *s)
{
	seed_id id, document;
	char added[STAMP_TEXT], removed[STAMP_TEXT];
	if (!s->subject_added.day)
		return;
	id_make(s, id, ID_SUBJECT, s->subject_added.day, s->round);
	buffer_printf(&s->world->out[TABLE_document_subject], "%s\t%s\trecognition\t%s\t%d\t%s\t%s\t%s\n", id,
		      seed_document_id(s->world, s->plan->issue_day, document), s->application.id, s->round,
		      document_officer(s), stamp(s->subject_added, added),
		      stamp(s->subject_removed, removed));
}

/* An alliance that nobody recognised, or not yet. */
static void forming_write(struct story *s)
{
	char made[STAMP_TEXT], moved[STAMP_TEXT];
	buffer_printf(&s->world->out[TABLE_alliance],
		      "%s\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t%s\t\\N\t%s\t\\N\t\\N\t\\N\t%s\t%lld\t%s\t%s\n",
		      s->alliance.id, s->organisation, s->unit->id, s->alliance.status,
		      (long long)s->alliance.version, stamp(s->alliance.made, made),
		      stamp(s->alliance.moved, moved));
}

/* The agreement in force since the recognition is the last revision, whose hash is known here alone. */
static void agreement_write(struct story *s, const struct texts *t)
{
	struct buffer *out = &s->world->out[TABLE_alliance_agreement];
	char on[DATE_TEXT];
	buffer_printf(out, "%s\t1\t%s\t%d\t%s\t", s->alliance.id, s->application.id, s->revision,
		      t->sha256[s->revision - 1]);
	seed_form_write(s->world->form, out, t->members, t->member_count, s->application.made.day, true);
	buffer_printf(out, "\t%s\n", seed_day(s->plan->issue_day, on));
}

static void rows_of_application(struct story *s)
{
	struct texts t;
	seed_number(s->world, SERIES_SQ, seed_year(s->application.made.day), t.number);
	texts_make(s, &t);
	if (seed_story_registers(s->world, s->plan->story))
		organisation_write(s, s->organisation, &t.members[0], officer_of(s), s->county,
				   s->application.made, true);
	revisions_write(s, &t);
	application_write(s, &t);
	endorsements_write(s);
	points_write(s);
	panels_write(s, &t);
	subject_write(s);
	if (strcmp(s->alliance.status, "recognised") != 0)
		forming_write(s);
	else
		agreement_write(s, &t);
	s->world->counts.applications++;
}

/* ---- rows of a recognition ---- */

static void members_write(struct story *s, const struct seed_member *members, size_t count)
{
	struct seed_world *w = s->world;
	char on[DATE_TEXT], signed_on[DATE_TEXT];
	const char *id = s->alliance.id;
	seed_day(s->plan->issue_day, on);
	seed_day(s->application.made.day, signed_on);
	for (size_t i = 0; i < count; i++) {
		const struct seed_member *m = &members[i];
		bool science = !strcmp(m->type, "university") || !strcmp(m->type, "research_institute");
		buffer_printf(&w->out[TABLE_alliance_member],
			      "%s\t%zu\t%s\t%s\t%s\t%s\t%s\tt\t%s\t%s\t%s\t%s\t%s\t%s\n", id, i + 1, m->code,
			      m->name, m->type, m->division, m->representative,
			      science ? "在本领域具有明显的技术优势，建有专门实验室。" : "\\N",
			      !strcmp(m->type, "financial") ? "向联盟企业提供融资支持和金融服务" : "\\N",
			      m->is_lead ? "t" : "f", m->is_core ? "t" : "f", m->is_host ? "t" : "f", on);
		buffer_printf(&w->out[TABLE_alliance_signature], "%s\t1\t%s\t%s\tlegal_rep\t%s\tt\n", id,
			      m->code, m->representative, signed_on);
		buffer_printf(&w->out[TABLE_alliance_task],
			      "%s\t1\t%s\t1\t承担技术创新任务第%zu项\tT%zu\tW%zu\n", id, m->code, i + 1,
			      i % 4 + 1, i % 8 + 1);
	}
	w->counts.members += (int64_t)count;
}

static void term_write(struct story *s)
{
	struct seed_world *w = s->world;
	seed_id id, document;
	char start[DATE_TEXT], due[DATE_TEXT], deadline[DATE_TEXT], at[STAMP_TEXT];
	struct date on = date_from_days(s->plan->issue_day);
	struct date due_on = term_due_on(on, 1, w->parameters.rereview_years);
	id_make(s, id, ID_TERM, s->plan->issue_day, 1);
	date_format(due_on, due);
	date_format(term_submit_deadline_on(w->calendar, due_on, w->parameters.roll_to_workday), deadline);
	buffer_printf(&w->out[TABLE_recognition_term], "%s\t%s\t1\t%s\t%s\t%s\t%s\t%s\t%s\n", id,
		      s->alliance.id, date_format(on, start), due, deadline,
		      calendar_is_assumed(w->calendar, due_on) ? "t" : "f",
		      seed_document_id(w, s->plan->issue_day, document), stamp(s->alliance.moved, at));
}

static int64_t reserved_of(const struct story *s)
{
	int64_t sum = 0;
	for (int i = 0; i < s->payment_count; i++)
		if (strcmp(s->payments[i].object.status, "reversed") != 0)
			sum += s->payments[i].amount;
	return sum;
}

static void award_write(struct story *s)
{
	struct seed_world *w = s->world;
	seed_id document, scheme, line = "\\N";
	char number[40], code[CODE_TEXT] = "\\N", name[NAME_TEXT] = "\\N", fund[40] = "\\N", on[DATE_TEXT],
			 made[STAMP_TEXT], moved[STAMP_TEXT];
	int year = seed_year(s->plan->issue_day);
	bool approved = s->approved_on > 0;
	if (approved)
		booking_of(s, "COMMIT", line, code, name, fund);
	buffer_printf(&w->out[TABLE_award],
		      "%s\t%s\trecognition\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%lld\t%lld\t%s\t%s\t%s\t%s\t%"
		      "s\t%lld\t%s\t%s\n",
		      s->award.id, seed_number(w, SERIES_ZZ, year, number), s->alliance.id, s->application.id,
		      seed_document_id(w, s->plan->issue_day, document), line,
		      seed_scheme_id(w, year, scheme), s->host, name, code, year,
		      (long long)seed_award_amount(year), (long long)reserved_of(s), fund,
		      document_officer(s), approved ? leader_of(s) : "\\N", day(s->approved_on, on),
		      s->award.status, (long long)s->award.version, stamp(s->award.made, made),
		      stamp(s->award.moved, moved));
}

static void bank_write(struct story *s)
{
	seed_id id;
	char at[STAMP_TEXT];
	if (!s->is_bank_known)
		return;
	bank_id(s, id);
	struct arena *arena = s->world->batch;
	const char *account = arena_printf(arena, "61%017lld", (long long)s->plan->story + 1);
	seed_stamp(s->approved, at);
	buffer_printf(&s->world->out[TABLE_bank_account],
		      "%s\t%s\t示例银行渭南分行（虚构）\t\\\\x%s\t%s\t%s\t%s\t%s\tconfirmed\t2\t%s\t%s\n", id,
		      s->host, seal_close(arena, account, id), account + 15, officer_of(s),
		      s->world->finance[2], at, at, at);
}

static void rows_of_recognition(struct story *s)
{
	struct texts t;
	struct seed_world *w = s->world;
	char number[40], made[STAMP_TEXT], moved[STAMP_TEXT], on[DATE_TEXT];
	seed_id document;
	snprintf(t.number, sizeof t.number, "%s", "");
	texts_make(s, &t);
	if (!s->host_is_lead)
		organisation_write(s, s->host, &t.members[1], document_officer(s), NULL, s->alliance.moved,
				   false);
	buffer_printf(&w->out[TABLE_alliance],
		      "%s\t%s\t%s\t%s\tF%02d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%lld\t%s\t%s\n",
		      s->alliance.id, seed_number(w, SERIES_WNLM, seed_year(s->plan->issue_day), number),
		      t.name, t.name_key, s->field + 1, w->field_class[s->field],
		      w->division_code[s->division], s->organisation, s->host, s->unit->id,
		      seed_day(s->plan->issue_day, on), seed_document_id(w, s->plan->issue_day, document),
		      s->application.id, s->alliance.status, (long long)s->alliance.version,
		      stamp(s->alliance.made, made), stamp(s->alliance.moved, moved));
	members_write(s, t.members, t.member_count);
	seed_bodies_write(w, s->alliance.id, t.members, t.member_count, s->plan->issue_day);
	term_write(s);
	award_write(s);
	bank_write(s);
	w->counts.alliances++;
}

static void row_of_payment(struct story *s, int number)
{
	struct paid *p = &s->payments[number];
	struct seed_world *w = s->world;
	seed_id bank;
	char text[40], on[DATE_TEXT], made[STAMP_TEXT], moved[STAMP_TEXT], reference[40];
	bank_id(s, bank);
	snprintf(reference, sizeof reference, "SEED-%08lld-%02d", (long long)s->plan->story, number);
	buffer_printf(
		&w->out[TABLE_payment],
		"%s\t%s\t%s\t%lld\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%lld\t%s\t%s\n", p->object.id,
		seed_number(w, SERIES_ZF, seed_year(p->object.made.day), text), s->award.id,
		(long long)p->amount, maker_of(s), p->confirmed ? leader_of(s) : "\\N",
		p->booked ? maker_of(s) : "\\N", strcmp(p->object.status, "reversed") ? "\\N" : w->finance[3],
		p->replaces < 0 ? "\\N" : s->payments[p->replaces].object.id, bank,
		p->booked ? reference : "\\N", day(p->paid_on, on), p->object.status,
		(long long)p->object.version, stamp(p->object.made, made), stamp(p->object.moved, moved));
	w->counts.payments++;
}

/* ---- the story ---- */

bool seed_story_registers(const struct seed_world *world, int64_t story)
{
	enum { LEADS = DIVISIONS * 99999 };
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
	enum { LEADS = DIVISIONS * 99999 };
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
	s->unit = draw(s, 2) % 10 ? s->county : unit_find(s, true);
	int lead_day = seed_start(world, s->lead_story);
	seed_id_make(world, s->organisation, lead_day, ID_ORGANISATION, (uint64_t)s->lead_story, 0);
	seed_id_make(world, s->lead, lead_day, ID_LEAD, (uint64_t)s->lead_story, 0);
	s->host_is_lead = draw(s, 3) % 100 < 55;
	if (s->host_is_lead)
		memcpy(s->host, s->organisation, sizeof s->host);
	else
		id_make(s, s->host, ID_HOST, plan->issue_day ? plan->issue_day : first, 0);
	id_make(s, s->application.id, ID_APPLICATION, first, 0);
	id_make(s, s->alliance.id, ID_ALLIANCE, first, 0);
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
		rows_of_application(&s);
	else if (now == ACT_ISSUE)
		rows_of_recognition(&s);
	else
		row_of_payment(&s, payment);
}
