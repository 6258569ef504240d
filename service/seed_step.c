/* What a story leaves behind while it is played: the calls that the operations would be, the steps of the
   lifecycle with their history lines, and the notices of the steps' effects. A step that does not begin where
   the object stands ends the load: whether it would have been allowed is not asked here. */
#include "seed_story.h"

#include <stdlib.h>
#include <string.h>

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

void story_call(struct story *s, int moment, const char *operation, const char *account, const char *role)
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

void story_step_as(struct story *s, enum lifecycle_step step, struct object *object, const char *role,
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

void story_step(struct story *s, enum lifecycle_step step, struct object *object, const char *reason,
		const char *detail)
{
	story_step_as(s, step, object, s->call.role, reason, detail);
}

void story_line(struct story *s, const char *kind, const char *id, const char *action, const char *reason)
{
	if (s->tell)
		seed_line(&s->call, kind, id, action, reason);
}

void story_attach(struct story *s, int moment, const char *id, const char *kind, const char *account,
		  const char *role)
{
	story_call(s, moment, "create_attachment", account, role);
	story_line(s, "attachment", id, "create_attachment", kind);
	story_call(s, moment, "put_attachment_part", account, role);
	story_line(s, "attachment", id, "put_attachment_part", "part 1");
	story_call(s, moment, "complete_attachment", account, role);
	story_line(s, "attachment", id, "complete_attachment", kind);
}
