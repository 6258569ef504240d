/* The money of a story: the award's approval, its payments and reversals with their bookings, and the rows of
   award, account and payment. The journal itself is linked and hashed in the database when the load ends. */
#include "seed_story.h"

#include "seal.h"

#include <stdio.h>
#include <string.h>

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
		story_id(s, disbursed, ID_ENTRY, paid->paid_on, which);
		booking.reverses = disbursed;
	}
	story_id(s, id, kind, s->call.moment.day, which);
	seed_book(&s->call, &booking, id);
}

static void bank_id(const struct story *s, seed_id ret)
{
	story_id(s, ret, ID_BANK, s->approved_on, 0);
}

static const char *maker_of(const struct story *s)
{
	return s->world->finance[s->plan->story % 2];
}

static int64_t part_of(const struct story *s, int part)
{
	int64_t amount = seed_award_amount(seed_year(s->plan->issue_day)),
		each = amount / s->plan->instalments;
	return part + 1 == s->plan->instalments ? amount - each * part : each;
}

/* ---- moments ---- */

void act_award(struct story *s, int m)
{
	seed_id bank;
	s->approved = s->plan->moments[m].moment;
	s->approved_on = s->approved.day;
	bank_id(s, bank);
	story_call(s, m, "create_bank_account", story_officer(s), "officer");
	story_line(s, "organisation", s->host, "create_bank_account", NULL);
	story_call(s, m, "confirm_bank_account", s->world->finance[2], "finance");
	story_line(s, "bank_account", bank, "confirm_bank_account", NULL);
	s->is_bank_known = true;
	story_call(s, m, "create_award_transition", story_leader(s), "leader");
	story_step(s, STEP_AWD_APPROVE, &s->award, NULL, NULL);
	book(s, "COMMIT", story_document_officer(s), story_leader(s), NULL,
	     seed_award_amount(seed_year(s->plan->issue_day)), ID_ENTRY, NULL);
}

void act_award_cancel(struct story *s, int m)
{
	story_call(s, m, "create_award_transition", story_leader(s), "leader");
	story_step(s, STEP_AWD_CANCEL, &s->award, "依托单位书面放弃本次资助。", NULL);
}

void act_prepare(struct story *s, int m)
{
	struct paid *p = &s->payments[s->payment_count];
	bool replaces =
		s->payment_count > 0 && !strcmp(s->payments[s->payment_count - 1].object.status, "reversed");
	p->replaces = replaces ? s->payment_count - 1 : -1;
	p->amount = part_of(s, s->parts_paid);
	story_id(s, p->object.id, ID_PAYMENT, s->plan->moments[m].moment.day, s->payment_count);
	s->payment_count++;
	story_call(s, m, "create_payment", maker_of(s), "finance");
	story_step(s, STEP_PAY_PREPARE, &p->object, NULL, NULL);
}

static struct paid *payment_at(struct story *s, int m)
{
	return &s->payments[s->plan->moments[m].argument];
}

void act_confirm(struct story *s, int m)
{
	struct paid *p = payment_at(s, m);
	story_call(s, m, "create_payment_transition", story_leader(s), "leader");
	p->confirmed = true;
	story_step(s, STEP_PAY_CONFIRM, &p->object, NULL, NULL);
}

void act_book(struct story *s, int m)
{
	struct paid *p = payment_at(s, m);
	bool first = !strcmp(s->award.status, "committed");
	story_call(s, m, "create_payment_transition", maker_of(s), "finance");
	p->booked = true;
	p->paid_on = s->call.moment.day;
	s->paid_amount += p->amount;
	s->parts_paid++;
	story_step(s, STEP_PAY_BOOK, &p->object, NULL, NULL);
	book(s, "DISBURSE", maker_of(s), story_leader(s), p, p->amount, ID_ENTRY, NULL);
	if (s->parts_paid == s->plan->instalments)
		story_step(s, first ? STEP_AWD_PAY_FULL_FIRST : STEP_AWD_PAY_FULL, &s->award, NULL, NULL);
	else
		story_step(s, first ? STEP_AWD_PAY_FIRST : STEP_AWD_PAY, &s->award, NULL, NULL);
}

void act_reverse(struct story *s, int m)
{
	struct paid *p = payment_at(s, m);
	static const char reason[] = "收款账户信息有误，银行退回。";
	bool was_full = !strcmp(s->award.status, "disbursed");
	story_call(s, m, "create_payment_transition", s->world->finance[3], "finance");
	s->paid_amount -= p->amount;
	s->parts_paid--;
	story_step(s, STEP_PAY_REVERSE, &p->object, reason, NULL);
	book(s, "REVERSAL", maker_of(s), s->world->finance[3], p, p->amount, ID_REVERSAL, reason);
	if (s->paid_amount)
		story_step(s, was_full ? STEP_AWD_REVERSED_LAST : STEP_AWD_REVERSED, &s->award, NULL, NULL);
	else
		story_step(s, was_full ? STEP_AWD_REVERSED_ALL_LAST : STEP_AWD_REVERSED_ALL, &s->award, NULL,
			   NULL);
}

/* ---- rows ---- */

static int64_t reserved_of(const struct story *s)
{
	int64_t sum = 0;
	for (int i = 0; i < s->payment_count; i++)
		if (strcmp(s->payments[i].object.status, "reversed") != 0)
			sum += s->payments[i].amount;
	return sum;
}

void story_award_write(struct story *s)
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
		      story_document_officer(s), approved ? story_leader(s) : "\\N",
		      seed_day_or_null(s->approved_on, on), s->award.status, (long long)s->award.version,
		      seed_stamp_or_null(s->award.made, made), seed_stamp_or_null(s->award.moved, moved));
}

void story_bank_write(struct story *s)
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
		      s->host, seal_close(arena, account, id), account + 15, story_officer(s),
		      s->world->finance[2], at, at, at);
}

void story_payment_write(struct story *s, int number)
{
	struct paid *p = &s->payments[number];
	struct seed_world *w = s->world;
	seed_id bank;
	char text[40], on[DATE_TEXT], made[STAMP_TEXT], moved[STAMP_TEXT], reference[40];
	bank_id(s, bank);
	snprintf(reference, sizeof reference, "SEED-%08lld-%02d", (long long)s->plan->story, number);
	buffer_printf(&w->out[TABLE_payment],
		      "%s\t%s\t%s\t%lld\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%lld\t%s\t%s\n", p->object.id,
		      seed_number(w, SERIES_ZF, seed_year(p->object.made.day), text), s->award.id,
		      (long long)p->amount, maker_of(s), p->confirmed ? story_leader(s) : "\\N",
		      p->booked ? maker_of(s) : "\\N",
		      strcmp(p->object.status, "reversed") ? "\\N" : w->finance[3],
		      p->replaces < 0 ? "\\N" : s->payments[p->replaces].object.id, bank,
		      p->booked ? reference : "\\N", seed_day_or_null(p->paid_on, on), p->object.status,
		      (long long)p->object.version, seed_stamp_or_null(p->object.made, made),
		      seed_stamp_or_null(p->object.moved, moved));
	w->counts.payments++;
}
