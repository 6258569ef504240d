/* The world of the seed: what its files share. Only seed*.c includes it. A story (one application with the
   alliance, panels and award that come of it) is a pure function of the seed number and its index: whoever
   needs it again computes it again, so nothing of it is kept between two of its days. */
#ifndef SEED_WORLD_H
#define SEED_WORLD_H

#include "arena.h"
#include "buffer.h"
#include "date.h"
#include "facts.h"
#include "lifecycle.h"
#include "load.h"
#include "problem.h"
#include "rubric.h"
#include "seed.h"
#include "text.h"

/* TABLE(name, columns): in the order in which they are loaded. */
/* clang-format off */
#define SEED_TABLES(TABLE) \
	TABLE(account, "id, name, kind, is_demo, version, created_at, updated_at") \
	TABLE(account_grant, "id, account_id, role, organisation_id, recommender_id, expert_id, granted_at") \
	TABLE(recommender, "id, code, kind, name, credit_code, valid_from, is_fictitious") \
	TABLE(recommender_field, "recommender_id, field_code") \
	TABLE(organisation, "id, credit_code, name, name_key, type, division_code, administering_unit_id, independent_legal_person, legal_representative, is_fictitious, created_by, created_at, updated_at") \
	TABLE(expert, "id, name, name_key, employer_credit_code, employer_name, title_rank, title, fields, kind, consent_on, valid_until, status, version, created_by, created_at, updated_at") \
	TABLE(expert_employment, "expert_id, credit_code, employer_name, from_on") \
	TABLE(document, "id, type, title, legal_basis, drafted_by, approved_by, approved_on, document_no, issued_by, issued_on, status, version, created_at, updated_at") \
	TABLE(document_subject, "id, document_id, type, application_id, round, added_by, added_at, removed_at") \
	TABLE(alliance, "id, number, name, name_key, industry_field, industry_class, division_code, lead_organisation_id, host_organisation_id, recommender_id, recognised_on, recognition_document_id, application_id, status, version, created_at, updated_at") \
	TABLE(application, "id, number, kind, alliance_id, round, revision, origin, recommender_id, lead_organisation_id, host_credit_code, name, name_key, industry_field, industry_class, form, snapshot_sha256, first_submitted_on, submitted_on, accepted_on, accepted_late, acceptance_checklist, due_on, proposer_account_id, proposal, proposed_at, status, version, created_by, created_at, updated_at") \
	TABLE(application_revision, "application_id, revision, form, head, attachments, snapshot_sha256, at") \
	TABLE(application_point, "id, application_id, kind, revision, position, text, answer, asked_at, answered_at") \
	TABLE(attachment, "id, subject_kind, subject_id, kind, title, media_type, bytes, sha256, uploaded_by, uploaded_as, complete_at, version, created_at, updated_at") \
	TABLE(attachment_part, "attachment_id, n, content") \
	TABLE(endorsement, "id, application_id, revision, recommender_id, requested_on, due_on, overdue, opinion, opinion_text, basis, signer, post, signed_on, checklist, attachment_id, signed_by, status, version, created_at, updated_at") \
	TABLE(alliance_member, "alliance_id, position, credit_code, name, type, division_code, legal_representative, independent_legal_person, advantage, financing_service, is_lead, is_core, is_host, joined_on") \
	TABLE(alliance_agreement, "alliance_id, version, application_id, revision, snapshot_sha256, content, in_force_from") \
	TABLE(alliance_signature, "alliance_id, version, credit_code, signer, capacity, signed_on, sealed") \
	TABLE(alliance_task, "alliance_id, version, credit_code, position, text, task, work") \
	TABLE(alliance_body, "alliance_id, kind, position, name") \
	TABLE(body_person, "alliance_id, kind, position, seat, name, credit_code, organisation_name, post, full_time, from_on") \
	TABLE(recognition_term, "id, alliance_id, seq, start_on, due_on, submit_deadline_on, calendar_assumed, document_id, created_at") \
	TABLE(panel, "id, application_id, round, revision, industry_field, rubric_version, weights, material_sha256, parameters, chair_expert_id, constituted_on, due_on, closed_at, concluded_on, result, mean_hundredths, criterion_means, sheets_counted, sheets_kept, votes_recognise, votes_revise, votes_reject, policy_objections, dispersion_alert, opinion, status, version, created_by, created_at, updated_at") \
	TABLE(panel_chair, "panel_id, seq, expert_id, named_by, named_at") \
	TABLE(sheet, "id, panel_id, expert_id, invited_on, answer_due_on, declaration, declared_at, scores, vote, policy_compliant, autosave_version, autosaved_at, total_hundredths, submitted_at, sha256, status, version, created_at, updated_at") \
	TABLE(award_scheme, "id, kind, fiscal_year, amount, document_no, proposed_by, confirmed_by, confirmed_at, status, version, created_at, updated_at") \
	TABLE(budget_line, "id, fiscal_year, kind, cap, carry_over, document_no, drafted_by, approved_by, status, version, created_at, updated_at") \
	TABLE(budget_adjustment, "id, budget_line_id, cap, document_no, reason, proposed_by, decided_by, decided_at, status, created_at") \
	TABLE(bank_account, "id, organisation_id, bank, account_cipher, account_last4, proposed_by, confirmed_by, confirmed_at, status, version, created_at, updated_at") \
	TABLE(award, "id, number, kind, alliance_id, application_id, document_id, budget_line_id, scheme_id, payee_organisation_id, payee_name, payee_credit_code, fiscal_year, amount, reserved, fund_document_no, proposed_by, approved_by, approved_on, status, version, created_at, updated_at") \
	TABLE(payment, "id, number, award_id, amount, maker_id, confirmer_id, booker_id, reverser_id, replaces_id, bank_account_id, bank_reference, paid_on, status, version, created_at, updated_at") \
	TABLE(seed_entry, "entry_no, id, type, booked_on, at, maker_id, checker_id, award_id, budget_line_id, payment_id, payee_name, payee_credit_code, document_no, reason, reverses_id, amount") \
	TABLE(notice, "id, recipient_kind, recipient, kind, subject_kind, subject_id, due_on, key, created_at") \
	TABLE(history, "at, account_id, role, object_kind, object_id, machine, from_status, action, to_status, reason, articles, detail, request_id, operation") \
	TABLE(number_series, "series, year, last")
/* clang-format on */

enum seed_table {
#define TABLE(name, columns) TABLE_##name,
	SEED_TABLES(TABLE)
#undef TABLE
		TABLE_COUNT
};

/* Identifiers of the seed: UUIDv7 of the business instant, the rest drawn. */
typedef char seed_id[UUID_TEXT];
#define STAMP_TEXT 26 /* "2015-05-19 09:00:00+08" */

enum {
	FIRST_YEAR = 2015,
	YEARS = 64,
	DIVISIONS = 12,
	FIELDS = 16,
	OFFICERS = 6,
	LEADERS = 2,
	FINANCES = 4,
	AUDITORS = 2,
	COHORTS = 24,
	UNITS_MAX = 48,
	DAYS = 366 * YEARS,
};

/* A recommending unit and the account that signs for it. */
struct seed_unit {
	seed_id id, account;
	char kind[8], division[7];
	bool fields[FIELDS]; /* that it stands for; none for a county */
};

/* A moment of a story: what is done on that day. */
struct seed_moment {
	int day, second; /* since 1970, of the day (Shanghai) */
};

/* What the day's documents and the money of a year have come to. */
struct seed_document {
	int32_t added, removed;
	int32_t serial;
	bool planned;
};

struct seed_world {
	struct arena *arena; /* of the run */
	struct arena *batch; /* of what is not loaded yet */
	struct load *load;
	const struct seed_options *options;
	uint64_t seed;
	int64_t alliances, stories; /* recognised, and with all the others */
	int64_t others;             /* stories that ended before, from `alliances` on */
	int first_day,
		today; /* the day of the measures and the business day: what is before it has happened */
	struct parameters parameters;
	const struct calendar *calendar;
	const char *parameters_json;
	struct buffer out[TABLE_COUNT];
	struct seed_counts counts;
	struct seed_unit units[UNITS_MAX];
	int unit_count;
	char field_class[FIELDS][24];
	char field_name[FIELDS][64];
	const char *division_code[DIVISIONS];
	int division_since[DIVISIONS]; /* 0: always */
	seed_id officer[OFFICERS], leader[LEADERS], finance[FINANCES], auditor[AUDITORS], sysadmin;
	struct seed_document documents[DAYS]; /* by issue day since the first */
	int32_t serial[YEARS];                /* last number of the bureau's documents */
	int32_t allocation[YEARS];            /* the number that allocates the year's money */
	int64_t numbers[4][YEARS];
	int64_t entry_no;
	struct seed_form *form;
};

enum seed_series { SERIES_SQ, SERIES_WNLM, SERIES_ZZ, SERIES_ZF, SERIES_COUNT };

/* ---- seed_draw.c: numbers, identifiers, times, texts ---- */

uint64_t seed_draw(const struct seed_world *world, uint64_t a, uint64_t b);
/* seed_id_make - the identifier of object (kind, a, b) made on that day. */
const char *seed_id_make(const struct seed_world *world, seed_id ret, int day, uint64_t kind, uint64_t a,
			 uint64_t b);
const char *seed_request_id(const struct seed_world *world, char ret[33], uint64_t a, uint64_t b);
const char *seed_stamp(struct seed_moment moment, char ret[STAMP_TEXT]);
const char *seed_day(int day, char ret[DATE_TEXT]);
/* seed_stamp_or_null, seed_day_or_null - \N for what has not come. */
const char *seed_stamp_or_null(struct seed_moment moment, char ret[STAMP_TEXT]);
const char *seed_day_or_null(int day, char ret[DATE_TEXT]);
int seed_year(int day);
int seed_workday(int day); /* the day, or the Monday after it */
const char *seed_or_null(const char *text);

/* seed_code - the credit code of a class (91, 12, 93, 52), a division and a number from 1 to 99999. */
#define CODE_TEXT 19
const char *seed_code(const char *registry, const char *division, int number, char ret[CODE_TEXT]);

#define NAME_TEXT 200
const char *seed_place(int division); /* 大荔 */
void seed_organisation_name(const char *type, int division, int number, char ret[NAME_TEXT]);
void seed_person_name(uint64_t draw, char ret[NAME_TEXT]);
void seed_alliance_name(int64_t story, int *ret_field, char ret[NAME_TEXT]);

/* ---- seed.c ---- */

/* seed_number - the next number of a series, as request_next_number gives it. */
const char *seed_number(struct seed_world *world, enum seed_series series, int year, char ret[40]);

/* A call of an operation: whose lines and notices follow. */
struct seed_call {
	struct seed_world *world;
	struct seed_moment moment;
	const char *operation, *account, *role; /* account NULL: the service itself */
	char request_id[33], stamp[STAMP_TEXT];
};
void seed_call_begin(struct seed_call *call, struct seed_world *world, struct seed_moment moment,
		     const char *operation, const char *account, const char *role, uint64_t a, uint64_t b);
/* seed_line - a history line that is no transition; seed_step - one that is. */
void seed_line(struct seed_call *call, const char *kind, const char *id, const char *action,
	       const char *reason);
void seed_step(struct seed_call *call, const struct lifecycle_row *row, const char *id, const char *role,
	       const char *reason, const char *detail);
void seed_notice(struct seed_call *call, const char *recipient_kind, const char *recipient, const char *noun,
		 const char *action, const char *subject_id, int64_t version, const char *due_on);
/* seed_account - an account with one grant, as sysadmin makes it. reach: which id column, NULL none. */
void seed_account(struct seed_world *world, struct seed_moment moment, const char *id, const char *name,
		  const char *role, const char *reach, const char *reach_id);
const char *seed_scheme_id(const struct seed_world *world, int year, seed_id ret);
const char *seed_budget_id(const struct seed_world *world, int year, seed_id ret);
const char *seed_document_id(const struct seed_world *world, int issue_day, seed_id ret);
int64_t seed_award_amount(int year);
/* seed_entry - one booking; award and payment may be NULL. */
struct seed_booking {
	const char *type, *maker, *checker, *award, *line, *payment, *payee_name, *payee_code, *document_no,
		*reason, *reverses;
	int booked_on;
	int64_t amount;
};
void seed_book(struct seed_call *call, const struct seed_booking *booking, const char *id);

/* ---- seed_expert.c: the expert database ---- */
int seed_cohort(const struct seed_world *world, int day);
void seed_expert_of(const struct seed_world *world, int day, int field, uint64_t draw, int seat, bool finance,
		    seed_id ret_expert, seed_id ret_account);
void seed_experts(struct seed_world *world, int cohort);
int seed_cohort_day(const struct seed_world *world, int cohort);

/* ---- seed_form.c: the form of an application ---- */
struct seed_member {
	char code[CODE_TEXT], name[NAME_TEXT], representative[NAME_TEXT], division[7];
	const char *type;
	bool is_lead, is_core, is_host;
};
enum { MEMBERS_MAX = 32 };
struct seed_form *seed_form_open(struct arena *arena);
/* seed_form_write - the canonical JSON of a form started on that day. */
void seed_form_write(const struct seed_form *form, struct buffer *out, const struct seed_member *members,
		     size_t count, int day, bool only_agreement);
/* seed_bodies_write - the rows of alliance_body and body_person. */
void seed_bodies_write(struct seed_world *world, const char *alliance_id, const struct seed_member *members,
		       size_t count, int day);

/* ---- seed_plan.c, seed_story.c and the files of seed_story.h ---- */
/* ACT(SYMBOL, function): what is done at a moment, act_function of the story's files. */
#define SEED_ACTS(ACT)                                                                                       \
	ACT(CREATE, create)                                                                                  \
	ACT(SUBMIT, submit)                                                                                  \
	ACT(OVERDUE, overdue)                                                                                \
	ACT(RETURN, return )                                                                                 \
	ACT(RESUBMIT, resubmit)                                                                              \
	ACT(ENDORSE, endorse)                                                                                \
	ACT(DECLINE, decline)                                                                                \
	ACT(CORRECTION, correction)                                                                          \
	ACT(CORRECT, correct)                                                                                \
	ACT(ACCEPT, accept)                                                                                  \
	ACT(REJECT, reject)                                                                                  \
	ACT(EXPIRE, expire)                                                                                  \
	ACT(WITHDRAW, withdraw)                                                                              \
	ACT(PANEL, panel)                                                                                    \
	ACT(ANSWER, answer)                                                                                  \
	ACT(OPEN, open)                                                                                      \
	ACT(SCORE, score)                                                                                    \
	ACT(CONCLUDE, conclude)                                                                              \
	ACT(RECTIFY, rectify)                                                                                \
	ACT(RECTIFIED, rectified)                                                                            \
	ACT(PROPOSE, propose)                                                                                \
	ACT(REFUSE, refuse)                                                                                  \
	ACT(APPROVE, approve)                                                                                \
	ACT(ISSUE, issue)                                                                                    \
	ACT(AWARD, award)                                                                                    \
	ACT(AWARD_CANCEL, award_cancel)                                                                      \
	ACT(PREPARE, prepare)                                                                                \
	ACT(CONFIRM, confirm)                                                                                \
	ACT(BOOK, book)                                                                                      \
	ACT(REVERSE, reverse)

enum seed_act {
#define ACT(symbol, function) ACT_##symbol,
	SEED_ACTS(ACT)
#undef ACT
};
enum { MOMENTS_MAX = 96, INSTALMENTS_MAX = 9 };
struct seed_plan {
	int64_t story;
	bool is_recognised; /* it becomes one of the alliances */
	int count, done;    /* moments, and those that have happened */
	int issue_day;      /* of its document; 0 = none */
	int instalments;
	bool is_revised; /* the first panel asked for a revision */
	struct {
		struct seed_moment moment;
		enum seed_act act;
		int argument;
	} moments[MOMENTS_MAX];
};
/* seed_start - the first day of a story; ascending within recognised, ended and open stories. */
int seed_start(const struct seed_world *world, int64_t story);
void seed_plan_make(const struct seed_world *world, int64_t story, struct seed_plan *ret);

/* seed_story_play - the lines and notices of one moment of a story, and the rows that begin there. */
void seed_story_play(struct seed_world *world, const struct seed_plan *plan, int moment);
/* seed_story_registers - whether this story registers its lead: a lead of two is registered by the one that
 * begins first. */
bool seed_story_registers(const struct seed_world *world, int64_t story);
/* seed_story_prepare (seed_step.c) - find the steps in the lifecycle; the problem names one that is not
 * there. */
MUST_CHECK struct problem *seed_story_prepare(struct arena *arena);

#endif
