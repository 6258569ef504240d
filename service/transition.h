/* Transition: the one door through which a status changes, and the history it leaves. Every machine registers
   a loader and a move statement (machine_table in transition.c); the rest is common: reach, replay, version,
   row, role, guards, move, history, effects, in the order of refusals 404, replay, 428/412, 409, 403, 422. */
#ifndef TRANSITION_H
#define TRANSITION_H

#include "facts.h"
#include "lifecycle.h"
#include "request.h"

/* What a loader finds: the row locked (when rq is a writing call), its facts, and which of the caller's roles
 * reach it. */
struct subject {
	enum machine machine;
	const char *id;
	const char *status;
	int64_t version;
	role_set reach;      /* 0 = out of reach or no such row: the 404 */
	const char *due_on;  /* by when the next step is due, for the actions; NULL = no date */
	struct facts *facts; /* actor, actor_roles, status, today, parameters, calendar and input are filled
				by transition.c */
	void *own;           /* the loader's own, for its effects */
};

/* A loader fills id, status, version, reach, facts' own part. lock false reads without a lock (GET). Where
   the lock is a statement of its own nobody waits for it alone: the load behind it runs when it is held, and
   sees what is true then; where the load itself locks, of what it joins it may see what was true before its
   wait. No such row: reach 0 and status NULL. A row out of the caller's reach still gets its status and
   facts: a cascade asks for no reach. */
typedef struct problem *subject_load_fn(struct request *rq, const char *id, bool lock, struct subject *ret);

/* One per machine, in service/<noun>.c. */
subject_load_fn application_load, endorsement_load, panel_load, sheet_load, document_load, alliance_load,
	expert_load, budget_line_load, award_load, payment_load;

/* transition_post - POST …/{id}/transitions: {action, comment?, …}. Fires a row whose door is CALL. Replies
 * 201 with the transition. */
MUST_CHECK struct problem *transition_post(struct request *rq, enum machine machine);

/* transition_fire - the same for an act at another door (an endorsement, a payment): the subject is loaded
   and opened already; input is the body (may be NULL). Judges, moves, writes history, runs effects, but
   writes no reply. */
MUST_CHECK struct problem *transition_fire(struct request *rq, struct subject *subject, const char *action,
					   const json_t *input);

/* transition_cascade - an effect on another object in the same transaction (doors EFFECT and SYSTEM): loads,
   locks and fires without asking for reach; the role is that of the act that caused it. A finding there
   refuses the whole act. */
MUST_CHECK struct problem *transition_cascade(struct request *rq, enum machine machine, const char *id,
					      const char *action, const json_t *input);

/* transition_create - the history line of a row that starts from "new"; judges its guards over the facts
   before. Call it after the insert of the row in its first status. subject->id, machine, facts, reach are the
   caller's. */
MUST_CHECK struct problem *transition_create(struct request *rq, struct subject *subject, const char *action,
					     const json_t *input);

/* transition_actions - JSON array for the member "actions": every CALL and EFFECT row of the present status,
   for this caller: {action, allowed, articles, roles:[…], door, blockers:[{code, articles, pointer,
   message_zh, message_en}], warnings:[…], due_on?}. */
const char *transition_actions(struct request *rq, struct subject *subject);

/* transition_history - GET …/{id}/transitions. The subject has been loaded without a lock; a caller who has
   only the role public there sees status and date; names of experts are for the bureau and for themselves. */
MUST_CHECK struct problem *transition_history(struct request *rq, enum machine machine);

/* effect_run - the exhaustive switch (effect.c). subject is after the move; input as given to the act. */
MUST_CHECK struct problem *effect_run(struct request *rq, enum effect effect, struct subject *subject,
				      const struct lifecycle_row *row, const json_t *input);

/* transition_illegal - the 409: the action is not in the table for the status. */
struct problem *transition_illegal(struct request *rq, const char *status, const char *action);

/* transition_reply - the body of a step that was taken, from the row, the caller and rq->body. */
void transition_reply(struct request *rq, const struct subject *subject, const struct lifecycle_row *row,
		      role_set roles);

/* input_member - a text member of an act's body, NULL when absent. */
const char *input_member(const json_t *input, const char *name);

/* policy_now - the parameters and the working-day calendar in force on the request's business date. */
const struct parameters *policy_parameters(struct request *rq);
const struct calendar *policy_calendar(struct request *rq);

#endif
