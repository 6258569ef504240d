/* Lifecycle: the one table of lawful steps (lifecycle.def) and the catalogue of rules (rules.def). Pure:
   facts in, findings out. The call that tells a person "why not yet" is the call that enforces. Knows neither
   HTTP nor SQL. */
#ifndef LIFECYCLE_H
#define LIFECYCLE_H

#include "arena.h"
#include "problem.h"
#include "role.h"

#include <stdbool.h>
#include <stddef.h>

/* MACHINE(name, noun in the database and on the wire, Chinese) */
#define MACHINES(MACHINE)                                                                                    \
	MACHINE(APP, application, "认定申请")                                                                \
	MACHINE(END, endorsement, "推荐意见")                                                                \
	MACHINE(PANEL, panel, "专家组")                                                                      \
	MACHINE(SHEET, sheet, "评分表")                                                                      \
	MACHINE(DOC, document, "公文")                                                                       \
	MACHINE(ALL, alliance, "联盟资质")                                                                   \
	MACHINE(EXP, expert, "专家")                                                                         \
	MACHINE(BUD, budget_line, "预算")                                                                    \
	MACHINE(AWD, award, "资助")                                                                          \
	MACHINE(PAY, payment, "支付")

enum machine {
#define MACHINE_ENUM(name, noun, zh) MACHINE_##name,
	MACHINES(MACHINE_ENUM)
#undef MACHINE_ENUM
		MACHINE_COUNT
};

enum rule {
	RULE_NONE,
#define RULE(symbol, code, level, articles, zh, en, guard) RULE_##symbol,
#include "rules.def"
#undef RULE
	RULE_COUNT
};

enum rule_level { LEVEL_error, LEVEL_warn, LEVEL_info, LEVEL_flag, LEVEL_calc };

struct facts;
struct findings;

/* A guard adds one finding per fault and nothing when the rule is met. With facts->input NULL (nobody has
   filled in the act yet) a guard that judges only the input says nothing. */
typedef void rule_fn(const struct facts *facts, struct findings *findings);

struct rule_text {
	const char *code;
	enum rule_level level;
	const char *articles, *zh, *en;
	rule_fn *guard; /* NULL: computed elsewhere */
};
extern const struct rule_text rules[RULE_COUNT];

/* rule_find - by code ("AP-09"), RULE_NONE when unknown. */
enum rule rule_find(const char *code);

enum effect {
	EFFECT_NONE,
#define EFFECT(name) EFFECT_##name,
#include "effects.def"
#undef EFFECT
	EFFECT_COUNT
};

enum door { DOOR_CALL, DOOR_EFFECT, DOOR_SYSTEM };

struct lifecycle_row {
	enum machine machine;
	const char *from, *action, *to; /* from "new" creates */
	role_set roles;
	enum door door;
	const char *articles;
	const int *rules; /* rule_count of enum rule */
	size_t rule_count;
	const enum effect *effects; /* effect_count of them */
	size_t effect_count;
};
extern const struct lifecycle_row lifecycle[];
extern const size_t lifecycle_count;

const char *machine_name(enum machine machine); /* "APP" */
const char *machine_noun(enum machine machine); /* "application" */

/* lifecycle_find - the row for an action in a status, NULL when there is none (409). */
const struct lifecycle_row *lifecycle_find(enum machine machine, const char *from, const char *action);

/* lifecycle_has_action - whether the machine knows the action in any status. */
bool lifecycle_has_action(enum machine machine, const char *action);

/* One finding: a rule that is not met, where and why. Strings live in the arena of the findings. */
struct finding {
	enum rule rule;
	enum rule_level level; /* the rule's, or warn when a guard only warns */
	const char *pointer;   /* "#/form/members/3/uscc", may be NULL */
	const char *detail_zh, *detail_en;
	struct finding *next;
};
struct findings {
	struct arena *arena;
	struct finding *first, **last;
	size_t errors, warnings;
};
void findings_start(struct findings *findings, struct arena *arena);

/* finding_add - one fault of a rule. The details are made with arena_printf by the caller or are literals;
 * NULL = the rule's own text. */
void finding_add(struct findings *findings, enum rule rule, const char *pointer, const char *detail_zh,
		 const char *detail_en);
void finding_warn(struct findings *findings, enum rule rule, const char *pointer, const char *detail_zh,
		  const char *detail_en);

/* lifecycle_judge - run every guard of the row over the facts. */
void lifecycle_judge(const struct lifecycle_row *row, const struct facts *facts, struct findings *findings);

/* findings_problem - 422 with every error (warnings are left out), NULL when there is none. */
struct problem *findings_problem(const struct findings *findings);

/* label_text - the words for a code of a list ("status", "draft"); NULL when the list has no such code
 * (labels.def). */
const char *label_text(const char *list, const char *code, bool english);
struct label {
	const char *list, *code, *zh, *en;
};
extern const struct label labels[];
extern const size_t label_count;

#endif
