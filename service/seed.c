/* The run of the seed: the bureau and its years, then day after day what each story does on it, in the order
   of the clock, streamed to the database in batches. Only what lies ahead of each story is kept: its number
   and its next moment. */
#include "seed_world.h"

#include "access.h"
#include "clock.h"
#include "evaluation.h"
#include "json.h"
#include "operations.h"
#include "transition.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	BATCH_BYTES = 24 << 20,
	PROGRESS_STORIES = 200,
	DAYS_MIN = 500,
	OFFICE_HOUR = 9 * 3600,
	DOCUMENT_HOUR = 10 * 3600,
	MEASURES_SERIAL = 62, /* 渭科发〔2015〕62号 is the measures themselves */
	DEPARTMENTS = 8,
};

static const struct {
	const char *word;
	int64_t alliances;
} sizes[] = {{"S", 50}, {"M", 5000}, {"L", 50000}};

int64_t seed_size(const char *word)
{
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		if (!strcmp(word, sizes[i].word))
			return sizes[i].alliances;
	return 0;
}

/* ---- what everybody writes ---- */

const char *seed_number(struct seed_world *world, enum seed_series series, int year, char ret[40])
{
	static const char *const names[SERIES_COUNT] = {"SQ", "WNLM-", "ZZ", "ZF"};
	int64_t number = ++world->numbers[series][year - FIRST_YEAR];
	snprintf(ret, 40, "%s%04d-%04lld", names[series], year, (long long)number);
	return ret;
}

void seed_call_begin(struct seed_call *call, struct seed_world *world, struct seed_moment moment,
		     const char *operation, const char *account, const char *role, uint64_t a, uint64_t b)
{
	call->world = world;
	call->moment = moment;
	call->operation = operation;
	call->account = account;
	call->role = role;
	seed_request_id(world, call->request_id, a, b);
	seed_stamp(moment, call->stamp);
}

void seed_line(struct seed_call *call, const char *kind, const char *id, const char *action,
	       const char *reason)
{
	buffer_printf(&call->world->out[TABLE_history],
		      "%s\t%s\t%s\t%s\t%s\t\\N\t\\N\t%s\t\\N\t%s\t\\N\t\\N\t%s\t%s\n", call->stamp,
		      seed_or_null(call->account), call->role, kind, id, action, seed_or_null(reason),
		      call->request_id, call->operation);
	call->world->counts.history++;
}

void seed_step(struct seed_call *call, const struct lifecycle_row *row, const char *id, const char *role,
	       const char *reason, const char *detail)
{
	buffer_printf(&call->world->out[TABLE_history],
		      "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", call->stamp,
		      seed_or_null(call->account), role, machine_noun(row->machine), id,
		      machine_name(row->machine), row->from, row->action, row->to, seed_or_null(reason),
		      row->articles, seed_or_null(detail), call->request_id, call->operation);
	call->world->counts.history++;
}

void seed_notice(struct seed_call *call, const char *recipient_kind, const char *recipient, const char *noun,
		 const char *action, const char *subject_id, int64_t version, const char *due_on)
{
	struct seed_world *world = call->world;
	seed_id id;
	seed_id_make(world, id, call->moment.day, 'n', (uint64_t)world->counts.notices++, 0);
	buffer_printf(&world->out[TABLE_notice], "%s\t%s\t%s\t%s.%s\t%s\t%s\t%s\t%s.%s.%s.%lld\t%s\n", id,
		      recipient_kind, recipient, noun, action, noun, subject_id, seed_or_null(due_on), noun,
		      action, subject_id, (long long)version, call->stamp);
}

static void notice_of_grant(struct seed_call *call, const char *recipient_kind, const char *recipient,
			    const char *account, const char *grant)
{
	struct seed_world *world = call->world;
	seed_id id;
	seed_id_make(world, id, call->moment.day, 'n', (uint64_t)world->counts.notices++, 0);
	buffer_printf(&world->out[TABLE_notice],
		      "%s\t%s\t%s\taccount.create_grant\taccount\t%s\t\\N\t%s\t%s\n", id, recipient_kind,
		      recipient, account, grant, call->stamp);
}

void seed_account(struct seed_world *world, struct seed_moment moment, const char *id, const char *name,
		  const char *role, const char *reach, const char *reach_id)
{
	struct seed_call call;
	seed_id grant;
	uint64_t n = (uint64_t)world->counts.history;
	bool organisation = reach && *reach == 'o', recommender = reach && *reach == 'r',
	     expert = reach && *reach == 'e';
	seed_call_begin(&call, world, moment, "create_account", NULL, "sysadmin", 'a', n);
	seed_line(&call, "account", id, "create_account", NULL);
	seed_call_begin(&call, world, moment, "create_grant", NULL, "sysadmin", 'g', n);
	seed_line(&call, "account", id, "create_grant", role);
	seed_id_make(world, grant, moment.day, 'g', n, 0);
	notice_of_grant(&call, "account", id, id, grant);
	notice_of_grant(&call, "role", "auditor", id, grant);
	buffer_printf(&world->out[TABLE_account], "%s\t%s\t%s\tt\t2\t%s\t%s\n", id, name,
		      strcmp(role, "province") ? "person" : "machine", call.stamp, call.stamp);
	buffer_printf(&world->out[TABLE_account_grant], "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", grant, id, role,
		      organisation ? reach_id : "\\N", recommender ? reach_id : "\\N",
		      expert ? reach_id : "\\N", call.stamp);
}

/* ---- the bureau ---- */

static void person(struct seed_world *world, seed_id id, const char *role, int number)
{
	char name[NAME_TEXT];
	struct seed_moment moment = {world->first_day, OFFICE_HOUR};
	seed_person_name(seed_draw(world, 'p', (uint64_t)number), name);
	snprintf(name + strlen(name), 20, "（虚构）");
	seed_id_make(world, id, world->first_day, 'p', (uint64_t)number, 0);
	seed_account(world, moment, id, name, role, NULL, NULL);
}

static void bureau(struct seed_world *world)
{
	seed_id province;
	int number = 0;
	person(world, world->sysadmin, "sysadmin", number++);
	for (int i = 0; i < OFFICERS; i++)
		person(world, world->officer[i], "officer", number++);
	for (int i = 0; i < LEADERS; i++)
		person(world, world->leader[i], "leader", number++);
	for (int i = 0; i < FINANCES; i++)
		person(world, world->finance[i], "finance", number++);
	for (int i = 0; i < AUDITORS; i++)
		person(world, world->auditor[i], "auditor", number++);
	person(world, province, "province", number);
}

/* A department and an association for every other field: each field has one of both. */
static void unit_make(struct seed_world *world, const char *kind, int number)
{
	struct seed_unit *unit = &world->units[world->unit_count++];
	struct seed_moment moment = {world->first_day, OFFICE_HOUR};
	struct seed_call call;
	bool is_dept = !strcmp(kind, "dept");
	char code[CODE_TEXT], day[DATE_TEXT];
	snprintf(unit->kind, sizeof unit->kind, "%s", kind);
	seed_id_make(world, unit->id, world->first_day, 'u', (uint64_t)is_dept, (uint64_t)number);
	seed_code(is_dept ? "11" : "51", "610500", 900 + number, code);
	seed_call_begin(&call, world, moment, "create_recommender", world->sysadmin, "sysadmin",
			'u' + (uint64_t)is_dept, (uint64_t)number);
	seed_line(&call, "recommender", unit->id, "create_recommender", NULL);
	buffer_printf(&world->out[TABLE_recommender], "%s\t%s-%02d\t%s\t渭南市%s%s(虚构)\t%s\t%s\tt\n",
		      unit->id, is_dept ? "D" : "A", number + 1, kind, world->field_name[number],
		      is_dept ? "主管部门" : "行业协会", code, seed_day(world->first_day, day));
	for (int f = number; f < FIELDS; f += DEPARTMENTS) {
		unit->fields[f] = true;
		buffer_printf(&world->out[TABLE_recommender_field], "%s\tF%02d\n", unit->id, f + 1);
	}
}

static void units_make(struct seed_world *world)
{
	struct seed_moment moment = {world->first_day, OFFICE_HOUR};
	for (int i = 0; i < DEPARTMENTS; i++) {
		unit_make(world, "dept", i);
		unit_make(world, "assoc", i);
	}
	for (int i = 0; i < world->unit_count; i++) {
		struct seed_unit *unit = &world->units[i];
		char name[NAME_TEXT];
		seed_person_name(seed_draw(world, 'w', (uint64_t)i), name);
		seed_id_make(world, unit->account, world->first_day, 'w', (uint64_t)i, 0);
		seed_account(world, moment, unit->account, name, unit->kind, "recommender_id", unit->id);
	}
}

/* ---- the years: schemes, budgets, the document that allocates ---- */

int64_t seed_award_amount(int year)
{
	return 10000000 + year * 7 % 11 * 1000000;
}

static int64_t cap_of(const struct seed_world *world)
{
	int64_t years = (world->today - world->first_day) / 365 + 1;
	return 20000000 * (world->alliances * 2 / years + 60);
}

static int day_of(int year, int month, int day)
{
	return date_days((struct date){(int16_t)year, (int8_t)month, (int8_t)day});
}

/* The first days of a year; the year of the measures begins with them. */
static int year_day(const struct seed_world *world, int year, int n)
{
	return year == FIRST_YEAR ? world->first_day + n : day_of(year, 1, 2 + n);
}

static const char *year_id(const struct seed_world *world, int kind, int year, seed_id ret)
{
	return seed_id_make(world, ret, year_day(world, year, 1), (uint64_t)kind, (uint64_t)year, 0);
}

const char *seed_scheme_id(const struct seed_world *world, int year, seed_id ret)
{
	return year_id(world, 's', year, ret);
}

const char *seed_budget_id(const struct seed_world *world, int year, seed_id ret)
{
	return year_id(world, 'b', year, ret);
}

const char *seed_document_id(const struct seed_world *world, int issue_day, seed_id ret)
{
	return seed_id_make(world, ret, issue_day - 7, 'd', (uint64_t)issue_day, 0);
}

void seed_book(struct seed_call *call, const struct seed_booking *b, const char *id)
{
	char day[DATE_TEXT];
	struct seed_world *world = call->world;
	buffer_printf(&world->out[TABLE_seed_entry],
		      "%lld\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%lld\n",
		      (long long)++world->entry_no, id, b->type, seed_day(b->booked_on, day), call->stamp,
		      b->maker, seed_or_null(b->checker), seed_or_null(b->award), b->line,
		      seed_or_null(b->payment), seed_or_null(b->payee_name), seed_or_null(b->payee_code),
		      seed_or_null(b->document_no), seed_or_null(b->reason), seed_or_null(b->reverses),
		      (long long)b->amount);
	world->counts.entries++;
}

static void year_call(struct seed_call *call, struct seed_world *world, int day, const char *operation,
		      const char *account, const char *role)
{
	seed_call_begin(call, world, (struct seed_moment){day, OFFICE_HOUR - 1}, operation, account, role,
			'y', (uint64_t)world->counts.history);
}

static void scheme_open(struct seed_world *world, int year, int day)
{
	struct seed_call call;
	seed_id id;
	seed_scheme_id(world, year, id);
	year_call(&call, world, day, "create_award_scheme", world->finance[0], "finance");
	seed_line(&call, "award_scheme", id, "create_award_scheme", NULL);
	year_call(&call, world, day, "confirm_award_scheme", world->leader[0], "leader");
	seed_line(&call, "award_scheme", id, "confirm_award_scheme", NULL);
	buffer_printf(&world->out[TABLE_award_scheme],
		      "%s\trecognition\t%d\t%lld\t渭财发〔%d〕5号\t%s\t%s\t%s\tconfirmed\t2\t%s\t%s\n", id,
		      year, (long long)seed_award_amount(year), year, world->finance[0], world->leader[0],
		      call.stamp, call.stamp, call.stamp);
}

/* Lines of odd years are raised in July; a line is closed three years after its year. */
static bool is_adjusted(const struct seed_world *world, int year)
{
	return year % 2 && day_of(year, 7, 3) < world->today;
}

static int64_t cap_adjusted(const struct seed_world *world)
{
	return cap_of(world) / 5 * 6;
}

static void budget_step(struct seed_call *call, const char *from, const char *action, const char *id)
{
	seed_step(call, lifecycle_find(MACHINE_BUD, from, action), id, call->role, NULL, NULL);
}

static void budget_book(struct seed_call *call, int year, const char *line, int64_t amount,
			const char *document_no, uint64_t kind)
{
	struct seed_world *world = call->world;
	seed_id id;
	seed_id_make(world, id, call->moment.day, kind, (uint64_t)year, 1);
	const struct seed_booking booking = {.type = "BUDGET",
					     .maker = world->finance[0],
					     .checker = world->leader[0],
					     .line = line,
					     .document_no = document_no,
					     .booked_on = call->moment.day,
					     .amount = amount};
	seed_book(call, &booking, id);
}

static void budget_draft(struct seed_world *world, int year, int day)
{
	struct seed_call call;
	seed_id id;
	bool approved = day + 1 < world->today, adjusted = is_adjusted(world, year),
	     closed = day_of(year + 3, 1, 15) < world->today;
	char at[STAMP_TEXT];
	seed_budget_id(world, year, id);
	year_call(&call, world, day, "create_budget_line", world->finance[0], "finance");
	budget_step(&call, "new", "draft", id);
	seed_stamp((struct seed_moment){closed     ? day_of(year + 3, 1, 15)
					: adjusted ? day_of(year, 7, 3)
					: approved ? day + 1
						   : day,
					OFFICE_HOUR - 1},
		   at);
	buffer_printf(&world->out[TABLE_budget_line],
		      "%s\t%d\trecognition_award\t%lld\tt\t渭财发〔%d〕%d号\t%s\t%s\t%s\t%d\t%s\t%s\n", id,
		      year, (long long)(adjusted ? cap_adjusted(world) : cap_of(world)), year,
		      adjusted ? 31 : 12, world->finance[0], approved ? world->leader[0] : "\\N",
		      closed     ? "closed"
		      : approved ? "approved"
				 : "draft",
		      1 + approved + adjusted + closed, call.stamp, at);
}

static void budget_approve(struct seed_world *world, int year, int day)
{
	struct seed_call call;
	seed_id id;
	char number[40];
	snprintf(number, sizeof number, "渭财发〔%d〕12号", year);
	seed_budget_id(world, year, id);
	year_call(&call, world, day, "create_budget_line_transition", world->leader[0], "leader");
	budget_step(&call, "draft", "approve", id);
	budget_book(&call, year, id, cap_of(world), number, 'B');
}

static void budget_adjust(struct seed_world *world, int year, int day)
{
	struct seed_call call;
	seed_id id, adjustment;
	char number[40];
	snprintf(number, sizeof number, "渭财发〔%d〕31号", year);
	seed_budget_id(world, year, id);
	seed_id_make(world, adjustment, day, 'j', (uint64_t)year, 0);
	year_call(&call, world, day, "create_budget_line_adjustment", world->finance[0], "finance");
	seed_line(&call, "budget_line", id, "create_budget_line_adjustment", NULL);
	char proposed[STAMP_TEXT];
	memcpy(proposed, call.stamp, sizeof proposed);
	year_call(&call, world, day, "create_budget_line_transition", world->leader[0], "leader");
	budget_step(&call, "approved", "adjust", id);
	budget_book(&call, year, id, cap_adjusted(world) - cap_of(world), number, 'J');
	buffer_printf(&world->out[TABLE_budget_adjustment],
		      "%s\t%s\t%lld\t%s\t年中追加\t%s\t%s\t%s\tbooked\t%s\n", adjustment, id,
		      (long long)cap_adjusted(world), number, world->finance[0], world->leader[0], call.stamp,
		      proposed);
}

static void budget_close(struct seed_world *world, int year, int day)
{
	struct seed_call call;
	seed_id id;
	seed_budget_id(world, year, id);
	year_call(&call, world, day, "create_budget_line_transition", world->finance[0], "finance");
	budget_step(&call, "approved", "close", id);
}

/* ---- documents ---- */

/* One of the bureau's documents as it goes its way; subjects: how many joined it. */
struct paper {
	const char *id, *type, *title, *officer, *leader;
	int drafted, submitted, approved, issued;
	bool discarded;
	int second;
	int64_t additions, removals;
	int32_t serial;
};

static int done_before(const struct seed_world *world, int day)
{
	return day && day < world->today;
}

static void paper_write(struct seed_world *world, const struct paper *p)
{
	char made[STAMP_TEXT], moved[STAMP_TEXT], approved_on[DATE_TEXT], issued_on[DATE_TEXT],
		number[40] = "\\N";
	bool submitted = done_before(world, p->submitted),
	     approved = submitted && !p->discarded && done_before(world, p->approved),
	     issued = approved && done_before(world, p->issued);
	int last = issued ? p->issued : approved ? p->approved : submitted ? p->submitted : p->drafted;
	const char *status = issued                       ? "issued"
			     : approved                   ? "approved"
			     : submitted && !p->discarded ? "in_review"
			     : submitted                  ? "discarded"
							  : "draft";
	if (issued)
		snprintf(number, sizeof number, "渭科发〔%d〕%d号", seed_year(p->issued), p->serial);
	buffer_printf(&world->out[TABLE_document],
		      "%s\t%s\t%s\t《渭南市产业技术创新战略联盟管理办法》（渭科发〔2015〕62号）\t%s\t%s\t%"
		      "s\t%s\t%s\t%s\t%s\t%lld\t%s\t%s\n",
		      p->id, p->type, p->title, p->officer, approved ? p->leader : "\\N",
		      approved ? seed_day(p->approved, approved_on) : "\\N", number,
		      issued ? p->officer : "\\N", issued ? seed_day(p->issued, issued_on) : "\\N", status,
		      (long long)1 + (submitted + approved + issued + p->additions + p->removals),
		      seed_stamp((struct seed_moment){p->drafted, p->second}, made),
		      seed_stamp((struct seed_moment){last, p->second}, moved));
}

static void paper_step(struct seed_world *world, const struct paper *p, int day, const char *from,
		       const char *action, int64_t version)
{
	struct seed_call call;
	bool by_leader = !strcmp(action, "approve"), is_new = !strcmp(from, "new");
	const struct lifecycle_row *row = lifecycle_find(MACHINE_DOC, from, action);
	seed_call_begin(&call, world, (struct seed_moment){day, p->second},
			is_new ? "draft_document" : "create_document_transition",
			by_leader ? p->leader : p->officer, by_leader ? "leader" : "officer",
			'd' + ((uint64_t)day << 8), (uint64_t)world->counts.history);
	seed_step(&call, row, p->id, call.role, NULL, NULL);
	for (size_t i = 0; i < row->effect_count; i++)
		if (row->effects[i] == EFFECT_NOTIFY_LEADER || row->effects[i] == EFFECT_NOTIFY_OFFICER)
			seed_notice(&call, "role",
				    row->effects[i] == EFFECT_NOTIFY_LEADER ? "leader" : "officer",
				    "document", action, p->id, version, NULL);
}

static int32_t serial_next(struct seed_world *world, int day)
{
	return ++world->serial[seed_year(day) - FIRST_YEAR];
}

/* The year's allocation goes out within its first days. */
static void allocation(struct seed_world *world, int year, int n, int day)
{
	seed_id id;
	struct paper paper = {.id = id,
			      .type = "fund_allocation",
			      .title = "关于下达联盟认定奖励经费的通知（虚构）",
			      .officer = world->officer[0],
			      .leader = world->leader[0],
			      .drafted = year_day(world, year, 3),
			      .submitted = year_day(world, year, 3),
			      .approved = year_day(world, year, 4),
			      .issued = year_day(world, year, 5),
			      .second = OFFICE_HOUR - 1};
	year_id(world, 'f', year, id);
	if (n == 3) {
		paper_step(world, &paper, day, "new", "draft", 1);
		paper_step(world, &paper, day, "draft", "submit", 2);
	} else if (n == 4) {
		paper_step(world, &paper, day, "in_review", "approve", 3);
	} else {
		world->allocation[year - FIRST_YEAR] = serial_next(world, day);
		paper_step(world, &paper, day, "approved", "issue", 4);
	}
	if (n == 5 || day + 1 == world->today) {
		paper.serial = world->allocation[year - FIRST_YEAR];
		paper_write(world, &paper);
	}
}

/* The recognition document of an issue day: drafted a week before, submitted three days before (or discarded
 * when nobody is left in it), approved the day before. */
static void recognition(struct seed_world *world, int issue_day, int day)
{
	seed_id id;
	struct seed_document *d = &world->documents[issue_day - world->first_day];
	bool discarded = day >= issue_day - 3 && d->added == d->removed;
	struct paper paper = {.id = id,
			      .type = "recognition",
			      .title = "关于认定一批市级产业技术创新战略联盟的通知（虚构）",
			      .officer = world->officer[issue_day % OFFICERS],
			      .leader = world->leader[issue_day % LEADERS],
			      .drafted = issue_day - 7,
			      .submitted = issue_day - 3,
			      .approved = issue_day - 1,
			      .issued = issue_day,
			      .discarded = discarded,
			      .second = DOCUMENT_HOUR};
	seed_document_id(world, issue_day, id);
	int64_t version = 1 + d->added + d->removed;
	if (day == issue_day - 7)
		paper_step(world, &paper, day, "new", "draft", 1);
	else if (day == issue_day - 3)
		paper_step(world, &paper, day, "draft", discarded ? "discard" : "submit", version + 1);
	else if (day == issue_day - 1 && !discarded)
		paper_step(world, &paper, day, "in_review", "approve", version + 2);
	else if (day == issue_day && !discarded) {
		d->serial = serial_next(world, day);
		paper_step(world, &paper, day, "approved", "issue", version + 3);
	}
}

static void recognition_write(struct seed_world *world, int issue_day)
{
	seed_id id;
	const struct seed_document *d = &world->documents[issue_day - world->first_day];
	const struct paper paper = {.id = id,
				    .type = "recognition",
				    .title = "关于认定一批市级产业技术创新战略联盟的通知（虚构）",
				    .officer = world->officer[issue_day % OFFICERS],
				    .leader = world->leader[issue_day % LEADERS],
				    .drafted = issue_day - 7,
				    .submitted = issue_day - 3,
				    .approved = issue_day - 1,
				    .issued = issue_day,
				    .discarded = d->added == d->removed,
				    .second = DOCUMENT_HOUR,
				    .additions = d->added,
				    .removals = d->removed,
				    .serial = d->serial};
	seed_document_id(world, issue_day, id);
	paper_write(world, &paper);
}

static void year_day_play(struct seed_world *world, int day)
{
	int year = seed_year(day);
	for (int n = 1; n <= 5; n++) {
		if (day != year_day(world, year, n))
			continue;
		if (n == 1) {
			scheme_open(world, year, day);
			budget_draft(world, year, day);
		} else if (n == 2) {
			budget_approve(world, year, day);
		} else {
			allocation(world, year, n, day);
		}
	}
	if (year % 2 && day == day_of(year, 7, 3))
		budget_adjust(world, year, day);
	if (year - 3 >= FIRST_YEAR && day == day_of(year, 1, 15))
		budget_close(world, year - 3, day);
}

/* ---- the days ---- */

enum event_kind { EVENT_YEAR, EVENT_DOCUMENT, EVENT_STORY };

struct event {
	int second, moment;
	enum event_kind kind;
	int64_t number; /* story, or issue day */
};

struct waiting {
	int64_t story;
	int32_t next; /* 1 + its place; 0 = last */
	int32_t moment;
};

struct agenda {
	struct buffer waiting, events;
	int32_t free, first[DAYS];
	int64_t cursors[3], ends[3]; /* stories that have not begun: recognised, ended, open */
};

static void event_add(struct agenda *agenda, int second, enum event_kind kind, int64_t number, int moment)
{
	const struct event event = {second, moment, kind, number};
	buffer_add(&agenda->events, (const char *)&event, sizeof event);
}

static struct waiting *waiting_at(struct agenda *agenda, int32_t place)
{
	return (struct waiting *)(void *)agenda->waiting.text + (place - 1);
}

static void wait_until(struct agenda *agenda, int day, int64_t story, int moment)
{
	const struct waiting waiting = {story, agenda->first[day], moment};
	int32_t place = agenda->free;
	if (place) {
		agenda->free = waiting_at(agenda, place)->next;
		*waiting_at(agenda, place) = waiting;
	} else {
		buffer_add(&agenda->waiting, (const char *)&waiting, sizeof waiting);
		place = (int32_t)(agenda->waiting.length / sizeof waiting);
	}
	agenda->first[day] = place;
}

static int event_compare(const void *a, const void *b)
{
	const struct event *x = a, *y = b;
	if (x->second != y->second)
		return x->second < y->second ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static void stories_gather(struct seed_world *world, struct agenda *agenda, int day)
{
	struct seed_plan plan;
	for (int i = 0; i < 3; i++)
		while (agenda->cursors[i] < agenda->ends[i] && seed_start(world, agenda->cursors[i]) <= day) {
			seed_plan_make(world, agenda->cursors[i], &plan);
			event_add(agenda, plan.moments[0].moment.second, EVENT_STORY, agenda->cursors[i]++,
				  0);
		}
	int32_t place = agenda->first[day - world->first_day];
	agenda->first[day - world->first_day] = 0;
	while (place) {
		struct waiting waiting = *waiting_at(agenda, place);
		seed_plan_make(world, waiting.story, &plan);
		event_add(agenda, plan.moments[waiting.moment].moment.second, EVENT_STORY, waiting.story,
			  waiting.moment);
		if (plan.moments[waiting.moment].act == ACT_PROPOSE &&
		    !world->documents[plan.issue_day - world->first_day].planned) {
			world->documents[plan.issue_day - world->first_day].planned = true;
			event_add(agenda, DOCUMENT_HOUR, EVENT_DOCUMENT, plan.issue_day, 0);
		}
		waiting_at(agenda, place)->next = agenda->free;
		agenda->free = place;
		place = waiting.next;
	}
}

static void day_gather(struct seed_world *world, struct agenda *agenda, int day)
{
	static const int before[] = {3, 1, 0};
	buffer_clear(&agenda->events);
	event_add(agenda, OFFICE_HOUR - 1, EVENT_YEAR, day, 0);
	stories_gather(world, agenda, day);
	for (size_t i = 0; i < sizeof before / sizeof *before; i++)
		if (world->documents[day + before[i] - world->first_day].planned)
			event_add(agenda, DOCUMENT_HOUR, EVENT_DOCUMENT, day + before[i], 0);
	qsort(agenda->events.text, agenda->events.length / sizeof(struct event), sizeof(struct event),
	      event_compare);
}

static void story_event(struct seed_world *world, struct agenda *agenda, const struct event *event)
{
	struct seed_plan plan;
	seed_plan_make(world, event->number, &plan);
	seed_story_play(world, &plan, event->moment);
	if (event->moment + 1 < plan.done)
		wait_until(agenda, plan.moments[event->moment + 1].moment.day - world->first_day,
			   event->number, event->moment + 1);
}

static void day_play(struct seed_world *world, struct agenda *agenda, int day)
{
	day_gather(world, agenda, day);
	size_t count = agenda->events.length / sizeof(struct event);
	for (size_t i = 0; i < count; i++) {
		const struct event event = ((const struct event *)(const void *)agenda->events.text)[i];
		if (event.kind == EVENT_STORY)
			story_event(world, agenda, &event);
		else if (event.kind == EVENT_DOCUMENT)
			recognition(world, (int)event.number, day);
		else
			year_day_play(world, day);
	}
	if (world->documents[day - world->first_day].planned)
		recognition_write(world, day);
}

/* ---- loading ---- */

static struct problem *flush(struct seed_world *world, size_t least)
{
	static const char *const names[TABLE_COUNT] = {
#define TABLE(name, columns) #name,
		SEED_TABLES(TABLE)
#undef TABLE
	};
	static const char *const columns_of[TABLE_COUNT] = {
#define TABLE(name, columns) columns,
		SEED_TABLES(TABLE)
#undef TABLE
	};
	size_t bytes = 0;
	for (int i = 0; i < TABLE_COUNT; i++)
		bytes += world->out[i].length;
	if (bytes < least)
		return NULL;
	for (int i = 0; i < TABLE_COUNT; i++) {
		bool kept = i == TABLE_recommender || i == TABLE_recommender_field || i == TABLE_seed_entry;
		TRY(load_rows(world->load, names[i], columns_of[i], !kept, &world->out[i]));
	}
	load_send(world->load);
	arena_free(world->batch);
	world->batch = arena_new();
	return NULL;
}

static void numbers_write(struct seed_world *world)
{
	static const char *const names[SERIES_COUNT] = {"SQ", "WNLM", "ZZ", "ZF"};
	for (int s = 0; s < SERIES_COUNT; s++)
		for (int y = 0; y < YEARS; y++)
			if (world->numbers[s][y])
				buffer_printf(&world->out[TABLE_number_series], "%s\t%d\t%lld\n", names[s],
					      FIRST_YEAR + y, (long long)world->numbers[s][y]);
}

static struct problem *days_play(struct seed_world *world, struct agenda *agenda,
				 const struct seed_options *options)
{
	for (int day = world->first_day, cohort = 0; day < world->today; day++) {
		if (day == seed_cohort_day(world, cohort))
			seed_experts(world, cohort++);
		day_play(world, agenda, day);
		TRY(flush(world, BATCH_BYTES));
		if (options->progress)
			options->progress(world->counts.applications, world->stories);
	}
	for (int day = world->today; day < world->today + 8; day++)
		if (world->documents[day - world->first_day].planned)
			recognition_write(world, day);
	numbers_write(world);
	return flush(world, 0);
}

/* ---- the world ---- */

static struct problem *seed_caller(struct seed_world *world, struct pool *pool)
{
	static const struct caller caller = {.name = "seed", .roles = ROLE_system};
	static const struct operation operation = {
		.id = -1, .name = "seed", .method = METHOD_POST, .path = "seed"};
	struct request *rq = arena_alloc(world->arena, sizeof *rq);
	request_prepare(rq, world->arena, pool, &operation, &caller);
	request_clock(rq);
	rq->db = db_lane(pool);
	world->parameters = *policy_parameters(rq);
	world->calendar = policy_calendar(rq);
	world->today = date_days(rq->today);
	world->parameters_json =
		json_canonical(world->arena, json_keep(world->arena, panel_parameters(&world->parameters)));
	return rq->failure;
}

static struct problem *reference_read(struct seed_world *world, struct pool *pool)
{
	static const char *const codes[DIVISIONS] = {"610500", "610502", "610503", "610522",
						     "610523", "610524", "610525", "610526",
						     "610527", "610528", "610581", "610582"};
	struct rows rows;
	TRY(db_run(db_lane(pool), world->arena, SQL_INDUSTRY_FIELD_LIST, P0, &rows));
	for (int i = 0; i < rows.count && i < FIELDS; i++) {
		snprintf(world->field_class[i], sizeof world->field_class[i], "%s",
			 row_text(&rows, i, "industry_class"));
		snprintf(world->field_name[i], sizeof world->field_name[i], "%s", row_text(&rows, i, "zh"));
	}
	TRY(db_run(db_lane(pool), world->arena, SQL_DIVISION_LIST, P0, &rows));
	for (int d = 0; d < DIVISIONS; d++) {
		world->division_code[d] = codes[d];
		for (int i = 0; i < rows.count; i++)
			if (!strcmp(codes[d], row_text(&rows, i, "code")))
				world->division_since[d] = date_days(row_date(&rows, i, "valid_from"));
	}
	TRY(db_run(db_lane(pool), world->arena, SQL_SEED_UNIT_LIST, P0, &rows));
	for (int i = 0; i < rows.count && world->unit_count < UNITS_MAX - 2 * DEPARTMENTS; i++) {
		struct seed_unit *unit = &world->units[world->unit_count++];
		snprintf(unit->id, sizeof unit->id, "%s", row_text(&rows, i, "id"));
		snprintf(unit->kind, sizeof unit->kind, "%s", row_text(&rows, i, "kind"));
		snprintf(unit->division, sizeof unit->division, "%s", row_text(&rows, i, "division_code"));
	}
	return NULL;
}

static struct problem *refused(struct arena *arena, enum problem_code code, const char *zh, const char *en)
{
	return problem_new(arena, code, zh, en);
}

static struct problem *world_make(struct seed_world *world, struct pool *pool,
				  const struct seed_options *options)
{
	struct rows rows;
	TRY(db_run(db_lane(pool), world->arena, SQL_SEED_IS_EMPTY, P0, &rows));
	if (!row_bool(&rows, 0, "empty"))
		return refused(world->arena, PROBLEM_conflict, "数据库中已有账户或联盟。",
			       "The database has accounts or alliances already.");
	TRY(seed_caller(world, pool));
	TRY(reference_read(world, pool));
	TRY(seed_story_prepare(world->arena));
	world->first_day = day_of(FIRST_YEAR, 5, 19);
	if (world->today < world->first_day + DAYS_MIN || world->today >= world->first_day + DAYS - 366)
		return refused(world->arena, PROBLEM_invalid_request, "业务时钟不在可用范围内。",
			       "The business clock is too early or too late for a history.");
	world->seed = options->seed;
	world->alliances = options->alliances;
	int64_t open = world->alliances * 15 / 100 + 9;
	world->others = world->alliances * 45 / 100 + 1;
	world->stories = world->alliances + world->others + open;
	world->serial[0] = MEASURES_SERIAL;
	world->form = seed_form_open(world->arena);
	return NULL;
}

static struct problem *world_play(struct seed_world *world, const struct seed_options *options)
{
	struct agenda *agenda = arena_alloc(world->arena, sizeof *agenda);
	agenda->ends[0] = agenda->cursors[1] = world->alliances;
	agenda->ends[1] = agenda->cursors[2] = world->alliances + world->others;
	agenda->ends[2] = world->stories;
	bureau(world);
	units_make(world);
	struct problem *problem = days_play(world, agenda, options);
	buffer_free(&agenda->waiting);
	buffer_free(&agenda->events);
	return problem;
}

struct problem *seed_open(struct arena *arena, struct pool *pool, const struct seed_options *options,
			  struct seed_world **ret)
{
	struct seed_world *world = arena_alloc(arena, sizeof *world);
	world->arena = arena;
	*ret = world;
	world->options = options;
	return world_make(world, pool, options);
}

struct problem *seed_load(struct seed_world *world, struct seed_counts *ret)
{
	const struct seed_options *options = world->options;
	world->batch = arena_new();
	struct problem *problem = load_open(world->arena, options->owner_conninfo, &world->load);
	if (!problem) {
		problem = world_play(world, options);
		if (!problem)
			problem = load_finish(world->load, world->arena);
		load_close(world->load);
	}
	for (int i = 0; i < TABLE_COUNT; i++)
		buffer_free(&world->out[i]);
	arena_free(world->batch);
	*ret = world->counts;
	return problem;
}

struct problem *seed_keys(struct arena *arena, struct pool *pool, const json_t **ret)
{
	struct rows rows;
	json_t *keys = json_keep(arena, json_object());
	TRY(db_run(db_lane(pool), arena, SQL_SEED_ACCOUNT_LIST, P0, &rows));
	for (int i = 0; i < rows.count; i++) {
		const char *key, *credential;
		TRY(access_create_key(arena, pool, row_text(&rows, i, "account_id"), "seed", NULL, NULL, &key,
				      &credential));
		json_object_set_new(keys, row_text(&rows, i, "key"), json_string(key));
	}
	*ret = keys;
	return NULL;
}
