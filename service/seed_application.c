/* The moments of an application and of the opinions on it, from its first day to the document that decides on
   it. The days and outcomes are the plan's (seed_plan.c); the panels are in seed_panel.c. */
#include "seed_story.h"

#include "article_11.h"

#include <string.h>

static const char WARN_FILE[] =
	"{\"warnings\":[{\"rule\":\"AP-27\",\"pointer\":\"#/attachments/feasibility_report\"}]}";

static void freeze(struct story *s)
{
	s->due_on = 0;
	s->revisions[s->revision++].at = s->call.moment;
}

static void ask_opinion(struct story *s)
{
	struct request_of_opinion *e = &s->endorsements[s->endorsement_count++];
	int day = s->call.moment.day;
	story_id(s, e->object.id, ID_ENDORSEMENT, day, s->endorsement_count);
	story_id(s, e->scan, ID_ATTACHMENT, day, FILE_KINDS + s->endorsement_count);
	e->revision = s->revision;
	e->due_on = date_days(calendar_add_workdays(s->world->calendar, date_from_days(day),
						    s->world->parameters.endorse_wd));
	story_step(s, STEP_END_REQUEST, &e->object, NULL, NULL);
}

void act_create(struct story *s, int m)
{
	struct seed_world *w = s->world;
	char name[NAME_TEXT];
	if (s->tell && seed_story_registers(w, s->plan->story)) {
		story_call(s, m, "create_organisation", story_officer(s), "officer");
		story_line(s, "organisation", s->organisation, "create_organisation", NULL);
		seed_person_name(seed_draw(w, (uint64_t)s->lead_story, 7), name);
		seed_account(w, s->plan->moments[m].moment, s->lead, name, "lead", "organisation_id",
			     s->organisation);
	}
	story_call(s, m, "create_application", s->lead, "lead");
	story_step(s, STEP_APP_CREATE, &s->application, NULL, NULL);
	story_step_as(s, STEP_ALL_FORM, &s->alliance, "system", NULL, NULL);
	for (int i = 0; s->tell && i < FILE_KINDS; i++) {
		seed_id id;
		story_file_id(s, i, id);
		story_attach(s, m, id, file_kind(i), s->lead, "lead");
	}
}

static void submit(struct story *s, int m, enum lifecycle_step which, const char *reason)
{
	story_call(s, m, "create_application_transition", s->lead, "lead");
	story_step(s, which, &s->application, reason, WARN_FILE);
	if (!s->first_submitted_on)
		s->first_submitted_on = s->call.moment.day;
	s->submitted_on = s->call.moment.day;
	freeze(s);
	ask_opinion(s);
}

void act_submit(struct story *s, int m)
{
	submit(s, m, STEP_APP_SUBMIT, NULL);
}

void act_resubmit(struct story *s, int m)
{
	submit(s, m, STEP_APP_RESUBMIT, "已按要求补充任务分工。");
}

static struct request_of_opinion *asked(struct story *s)
{
	return &s->endorsements[s->endorsement_count - 1];
}

static void discard(struct story *s)
{
	story_step(s, STEP_ALL_DISCARD, &s->alliance, NULL, NULL);
}

static void opine(struct story *s, int m, enum lifecycle_step opinion, enum lifecycle_step application,
		  const char *reason)
{
	story_call(s, m, "endorse_application", s->unit->account, s->unit->kind);
	story_step(s, opinion, &asked(s)->object, reason, NULL);
	if (application == STEP_APP_RETURN)
		s->due_on = s->call.moment.day + s->world->parameters.resubmit_days;
	story_step(s, application, &s->application, reason, NULL);
}

void act_endorse(struct story *s, int m)
{
	story_attach(s, m, asked(s)->scan, FILE_OPINION, s->unit->account, s->unit->kind);
	opine(s, m, STEP_END_SIGN, STEP_APP_ENDORSE, NULL);
	s->endorsed_on = s->call.moment.day;
}

void act_return(struct story *s, int m)
{
	opine(s, m, STEP_END_RETURN, STEP_APP_RETURN, "请补充成员单位任务分工后重新报送。");
}

void act_decline(struct story *s, int m)
{
	opine(s, m, STEP_END_DECLINE, STEP_APP_DECLINE, "该联盟与区域主导产业关联不足，不予推荐。");
	discard(s);
}

static void send_back(struct story *s, const char *kind, int due_on)
{
	s->points[s->point_count].kind = kind;
	s->points[s->point_count].revision = s->revision;
	s->points[s->point_count++].asked = s->call.moment;
	s->due_on = due_on;
}

void act_correction(struct story *s, int m)
{
	story_call(s, m, "create_application_transition", story_officer(s), "officer");
	send_back(s, "correction",
		  date_days(calendar_add_workdays(s->world->calendar, date_from_days(s->call.moment.day),
						  s->world->parameters.correct_wd)));
	story_step(s, STEP_APP_CORRECTION, &s->application, NULL, NULL);
}

static void mend(struct story *s, int m, enum lifecycle_step which)
{
	story_call(s, m, "create_application_transition", s->lead, "lead");
	s->points[s->point_count - 1].answered = s->call.moment;
	story_step(s, which, &s->application, NULL, WARN_FILE);
	freeze(s);
}

void act_correct(struct story *s, int m)
{
	mend(s, m, STEP_APP_CORRECT);
}

void act_rectified(struct story *s, int m)
{
	mend(s, m, STEP_APP_RECTIFIED);
	s->round++;
}

void act_accept(struct story *s, int m)
{
	story_call(s, m, "create_application_transition", story_officer(s), "officer");
	s->accepted_on = s->call.moment.day;
	s->due_on = 0;
	story_step(s, STEP_APP_ACCEPT, &s->application, NULL, WARN_FILE);
}

void act_reject(struct story *s, int m)
{
	story_call(s, m, "create_application_transition", story_leader(s), "leader");
	story_step(s, STEP_APP_REJECT, &s->application, "材料经核不符合申报条件。", NULL);
	discard(s);
}

void act_expire(struct story *s, int m)
{
	bool is_returned = !strcmp(s->application.status, "returned");
	story_call(s, m, "sweep_step", NULL, "system");
	story_step(s, is_returned ? STEP_APP_RETURNED_EXPIRE : STEP_APP_CORRECTION_EXPIRE, &s->application,
		   NULL, NULL);
	discard(s);
}

void act_withdraw(struct story *s, int m)
{
	bool is_draft = !strcmp(s->application.status, "draft");
	story_call(s, m, "create_application_transition", s->lead, "lead");
	story_step(s, is_draft ? STEP_APP_WITHDRAW_DRAFT : STEP_APP_WITHDRAW, &s->application, NULL, NULL);
	if (!is_draft)
		story_step(s, STEP_END_CANCEL, &asked(s)->object, NULL, NULL);
	discard(s);
}

void act_overdue(struct story *s, int m)
{
	story_call(s, m, "sweep_step", NULL, "system");
	asked(s)->overdue = true;
	story_step(s, STEP_END_OVERDUE, &asked(s)->object, NULL, NULL);
}

void act_rectify(struct story *s, int m)
{
	story_call(s, m, "create_application_transition", story_leader(s), "leader");
	send_back(s, "rectification", s->call.moment.day + s->world->parameters.rectify_days);
	story_step(s, STEP_APP_RECTIFY, &s->application, NULL, NULL);
}

void act_propose(struct story *s, int m)
{
	story_call(s, m, "create_application_transition", story_document_officer(s), "officer");
	s->proposed = s->subject_added = s->call.moment;
	story_step(s, STEP_APP_PROPOSE, &s->application, NULL, NULL);
	if (s->tell)
		s->world->documents[s->plan->issue_day - s->world->first_day].added++;
}

void act_refuse(struct story *s, int m)
{
	story_call(s, m, "create_application_transition", story_leader(s), "leader");
	s->subject_removed = s->call.moment;
	story_step(s, STEP_APP_REFUSE, &s->application, "同意专家组意见，不予认定。", NULL);
	discard(s);
	if (s->tell)
		s->world->documents[s->plan->issue_day - s->world->first_day].removed++;
}

void act_approve(struct story *s, int m)
{
	story_call(s, m, "create_document_transition", s->world->leader[s->plan->issue_day % LEADERS],
		   "leader");
	story_step(s, STEP_APP_APPROVE, &s->application, NULL, NULL);
}

void act_issue(struct story *s, int m)
{
	int day = s->plan->issue_day;
	story_call(s, m, "create_document_transition", story_document_officer(s), "officer");
	story_step(s, STEP_APP_ISSUE, &s->application, NULL, NULL);
	story_step(s, STEP_ALL_RECOGNISE, &s->alliance, NULL, NULL);
	story_id(s, s->award.id, ID_AWARD, day, 0);
	story_step(s, STEP_AWD_PROPOSE, &s->award, NULL, NULL);
}
