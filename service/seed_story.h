/* A story while it is played, for the files that play it: seed_story.c (beginning and course), seed_step.c
   (calls, steps, notices), seed_application.c, seed_panel.c and seed_money.c (its moments) and seed_rows.c
   (its rows). Nobody else includes it: to the rest of the seed a story is seed_story_play (seed_world.h). */
#ifndef SEED_STORY_H
#define SEED_STORY_H

#include "seed_world.h"

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

enum lifecycle_step {
#define STEP(name, machine, from, action) STEP_##name,
	STEPS(STEP)
#undef STEP
		STEP_COUNT
};

enum { ENDORSEMENTS_MAX = 2, PANELS_MAX = 2, SEATS_MAX = 9, REVISIONS_MAX = 4, PAYMENTS_MAX = 12 };

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
	int replaces, paid_on; /* replaces -1: none */
	bool booked, confirmed;
};

/* What was sent in: the hash is known when the rows are written. */
struct revision {
	struct seed_moment at;
	char sha256[SHA256_HEX];
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
	struct revision revisions[REVISIONS_MAX];
	struct seed_moment proposed;
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

/* ---- seed_story.c ---- */

uint64_t story_draw(const struct story *s, uint64_t what);
/* story_id - of an object of the story; story_file_id - of a file of the application. */
void story_id(const struct story *s, seed_id ret, int kind, int day, int64_t number);
void story_file_id(const struct story *s, int number, seed_id ret);
const char *story_officer(const struct story *s);
const char *story_leader(const struct story *s);
const char *story_document_officer(const struct story *s);

/* ---- seed_step.c ---- */

/* story_call - the call of an operation at that moment: the lines and notices that follow are of it. */
void story_call(struct story *s, int moment, const char *operation, const char *account, const char *role);
/* story_step - a step of the lifecycle, in the role that calls or in another one. */
void story_step(struct story *s, enum lifecycle_step step, struct object *object, const char *reason,
		const char *detail);
void story_step_as(struct story *s, enum lifecycle_step step, struct object *object, const char *role,
		   const char *reason, const char *detail);
void story_line(struct story *s, const char *kind, const char *id, const char *action, const char *reason);
/* story_attach - the three calls that file an attachment. */
void story_attach(struct story *s, int moment, const char *id, const char *kind, const char *account,
		  const char *role);

/* ---- seed_application.c, seed_panel.c, seed_money.c: the moments ---- */

typedef void story_act(struct story *s, int moment);
#define ACT(symbol, function) extern story_act act_##function;
SEED_ACTS(ACT)
#undef ACT

/* ---- rows: seed_rows.c, seed_panel.c, seed_money.c ---- */

void story_application_write(struct story *s);
void story_recognition_write(struct story *s);
void story_panels_write(struct story *s);
void story_award_write(struct story *s);
void story_bank_write(struct story *s);
void story_payment_write(struct story *s, int number);

#endif
