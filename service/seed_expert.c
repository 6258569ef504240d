/* The expert database of the seed: cohorts of experts, each valid for the years of the parameter; a panel
   sits with those of the cohort that was admitted last. The employers are of the province, so they are no
   members of any alliance. */
#include "seed_world.h"

#include <stdio.h>
#include <string.h>

enum { KIND = 'x', KIND_ACCOUNT = 'X', OFFICE_HOUR = 9 * 3600, GAP_DAYS = 80 };

static int cohort_days(const struct seed_world *world)
{
	return world->parameters.expert_years * 365 - GAP_DAYS;
}

int seed_cohort_day(const struct seed_world *world, int cohort)
{
	return world->first_day + cohort * cohort_days(world);
}

int seed_cohort(const struct seed_world *world, int day)
{
	return (day - 1 - world->first_day) / cohort_days(world);
}

static int clamp(int64_t value, int low, int high)
{
	return value < low ? low : value > high ? high : (int)value;
}

/* So many of each field; and of those who know money. */
static int technical_of(const struct seed_world *world)
{
	return clamp(world->alliances / 2000, 12, 400);
}

static int finance_of(const struct seed_world *world)
{
	return clamp(world->alliances / 200, 24, 4000);
}

static void ids_make(const struct seed_world *world, int cohort, int number, seed_id ret_expert,
		     seed_id ret_account)
{
	int day = seed_cohort_day(world, cohort);
	seed_id_make(world, ret_expert, day, KIND, (uint64_t)cohort, (uint64_t)number);
	seed_id_make(world, ret_account, day, KIND_ACCOUNT, (uint64_t)cohort, (uint64_t)number);
}

void seed_expert_of(const struct seed_world *world, int day, int field, uint64_t draw, int seat, bool finance,
		    seed_id ret_expert, seed_id ret_account)
{
	int each = technical_of(world);
	int number = field * each + (int)((draw + (uint64_t)seat) % (uint64_t)each);
	if (finance)
		number = FIELDS * each + (int)(draw % (uint64_t)finance_of(world));
	ids_make(world, seed_cohort(world, day), number, ret_expert, ret_account);
}

static void expert_write(struct seed_world *world, int cohort, int number, int field)
{
	static const struct lifecycle_row *enrol, *admit;
	struct seed_moment when = {seed_cohort_day(world, cohort), OFFICE_HOUR + number % 20000};
	struct seed_call call;
	seed_id id, account;
	char name[NAME_TEXT], code[CODE_TEXT], day[DATE_TEXT], until[DATE_TEXT], fields[80] = "";
	const char *key;
	if (!enrol) {
		enrol = lifecycle_find(MACHINE_EXP, "new", "register");
		admit = lifecycle_find(MACHINE_EXP, "review", "admit");
	}
	ids_make(world, cohort, number, id, account);
	seed_person_name(seed_draw(world, KIND ^ (uint64_t)cohort << 32, (uint64_t)number), name);
	snprintf(name + strlen(name), 32, "%d专家(虚构)", cohort * 100000 + number);
	seed_code("12", "610000", 1 + number, code);
	key = text_name_key(world->batch, name);
	seed_day(when.day, day);
	date_format(date_add_years(date_from_days(when.day), world->parameters.expert_years), until);
	for (int f = 0, all = field < 0; f < FIELDS; f++)
		if (all || f == field || f == (field + 5) % FIELDS)
			snprintf(fields + strlen(fields), 8, "%sF%02d", *fields ? "," : "", f + 1);
	seed_call_begin(&call, world, when, "create_expert", world->officer[0], "officer",
			KIND + ((uint64_t)cohort << 32), (uint64_t)number);
	seed_step(&call, enrol, id, "officer", NULL, NULL);
	seed_call_begin(&call, world, when, "create_expert_transition", world->leader[0], "leader",
			KIND_ACCOUNT + ((uint64_t)cohort << 32), (uint64_t)number);
	seed_step(&call, admit, id, "leader", NULL, NULL);
	buffer_printf(
		&world->out[TABLE_expert],
		"%s\t%s\t%s\t%s\t秦东%d研究院(虚构)\tsenior\t教授\t{%s}\t%s\t%s\t%s\tactive\t2\t%s\t%s\t%s\n",
		id, name, key, code, number + 1, fields, field < 0 ? "finance" : "technical", day, until,
		world->officer[0], call.stamp, call.stamp);
	buffer_printf(&world->out[TABLE_expert_employment], "%s\t%s\t秦东%d研究院(虚构)\t%s\n", id, code,
		      number + 1, day);
	seed_account(world, when, account, name, "expert", "expert_id", id);
}

void seed_experts(struct seed_world *world, int cohort)
{
	int each = technical_of(world), number = 0;
	for (; number < FIELDS * each; number++)
		expert_write(world, cohort, number, number / each);
	for (; number < FIELDS * each + finance_of(world); number++)
		expert_write(world, cohort, number, -1);
}
