/* The lifecycle and the rules as constant tables, and the one way to judge them. */
#include "lifecycle.h"

#include "facts.h"
#include "rules_decl.h"

#include <string.h>

const struct rule_text rules[RULE_COUNT] = {
#define RULE(symbol, code, level, articles, zh, en, guard)                                                   \
	[RULE_##symbol] = {code, LEVEL_##level, articles, zh, en, guard},
#include "rules.def"
#undef RULE
};

#define RULES(...)   __VA_ARGS__
#define EFFECTS(...) __VA_ARGS__

/* The expansion of a RULE symbol list needs the prefix; the lists in lifecycle.def name rules without it. */
enum {
#define RULE(symbol, code, level, articles, zh, en, guard) symbol = RULE_##symbol,
#include "rules.def"
#undef RULE
};

#define COUNT(type, ...) (sizeof((const type[]){__VA_ARGS__}) / sizeof(type))
#define ROW(machine, from, action, roles, to, door, articles, rule_list, effect_list)                        \
	{MACHINE_##machine,                                                                                  \
	 #from,                                                                                              \
	 #action,                                                                                            \
	 #to,                                                                                                \
	 roles,                                                                                              \
	 DOOR_##door,                                                                                        \
	 articles,                                                                                           \
	 (const int[]){rule_list},                                                                           \
	 COUNT(int, rule_list),                                                                              \
	 (const enum effect[]){effect_list},                                                                 \
	 COUNT(enum effect, effect_list)},

const struct lifecycle_row lifecycle[] = {
#include "lifecycle.def"
};
#undef ROW

const size_t lifecycle_count = sizeof lifecycle / sizeof *lifecycle;

static const struct {
	const char *name, *noun;
} machines[MACHINE_COUNT] = {
#define MACHINE_NAME(name, noun, zh) {#name, #noun},
	MACHINES(MACHINE_NAME)
#undef MACHINE_NAME
};

const char *machine_name(enum machine machine)
{
	return machines[machine].name;
}

const char *machine_noun(enum machine machine)
{
	return machines[machine].noun;
}

const struct lifecycle_row *lifecycle_find(enum machine machine, const char *from, const char *action)
{
	for (size_t i = 0; i < lifecycle_count; i++) {
		const struct lifecycle_row *row = &lifecycle[i];
		if (row->machine == machine && !strcmp(row->from, from) && !strcmp(row->action, action))
			return row;
	}
	return NULL;
}

bool lifecycle_has_action(enum machine machine, const char *action)
{
	for (size_t i = 0; i < lifecycle_count; i++)
		if (lifecycle[i].machine == machine && !strcmp(lifecycle[i].action, action))
			return true;
	return false;
}

enum rule rule_find(const char *code)
{
	for (int i = 1; i < RULE_COUNT; i++)
		if (!strcmp(rules[i].code, code))
			return (enum rule)i;
	return RULE_NONE;
}

void findings_start(struct findings *findings, struct arena *arena)
{
	*findings = (struct findings){.arena = arena};
	findings->last = &findings->first;
}

static void add(struct findings *findings, enum rule rule, enum rule_level level, const char *pointer,
		const char *zh, const char *en)
{
	struct finding *finding = arena_alloc(findings->arena, sizeof *finding);
	*finding = (struct finding){rule, level, pointer, zh ? zh : rules[rule].zh, en ? en : rules[rule].en,
				    NULL};
	*findings->last = finding;
	findings->last = &finding->next;
	if (level == LEVEL_error)
		findings->errors++;
	else
		findings->warnings++;
}

void finding_add(struct findings *findings, enum rule rule, const char *pointer, const char *detail_zh,
		 const char *detail_en)
{
	add(findings, rule, rules[rule].level, pointer, detail_zh, detail_en);
}

void finding_warn(struct findings *findings, enum rule rule, const char *pointer, const char *detail_zh,
		  const char *detail_en)
{
	add(findings, rule, LEVEL_warn, pointer, detail_zh, detail_en);
}

void lifecycle_judge(const struct lifecycle_row *row, const struct facts *facts, struct findings *findings)
{
	for (size_t i = 0; i < row->rule_count; i++)
		if (rules[row->rules[i]].guard)
			rules[row->rules[i]].guard(facts, findings);
}

struct problem *findings_problem(const struct findings *findings)
{
	if (!findings->errors)
		return NULL;
	struct problem *problem = problem_new(findings->arena, PROBLEM_rule_not_met, NULL, NULL);
	for (const struct finding *f = findings->first; f; f = f->next)
		if (f->level == LEVEL_error)
			problem_error(findings->arena, problem, f->pointer, rules[f->rule].code,
				      rules[f->rule].articles, f->detail_zh, f->detail_en);
	return problem;
}

const struct label labels[] = {
#define LABEL(list, code, zh, en) {list, code, zh, en},
#include "labels.def"
#undef LABEL
};
const size_t label_count = sizeof labels / sizeof *labels;

const char *label_text(const char *list, const char *code, bool english)
{
	for (size_t i = 0; i < label_count; i++)
		if (labels[i].code[0] == code[0] && !strcmp(labels[i].code, code) &&
		    !strcmp(labels[i].list, list))
			return english ? labels[i].en : labels[i].zh;
	return NULL;
}

const char *input_text(const struct facts *facts, const char *name)
{
	return json_string_value(json_object_get(facts->input, name));
}
