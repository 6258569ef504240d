/* Every guard of rules.def, declared: a guard without a rule or a rule without its guard does not link. */
#ifndef RULES_DECL_H
#define RULES_DECL_H

#include "facts.h"
#include "lifecycle.h"

/* NULL in rules.def stands for "computed elsewhere"; it is declared as a name that nobody uses. */
#define RULE(symbol, code, level, articles, zh, en, guard) RULE_GUARD(guard)
#define RULE_GUARD(guard)                                  extern rule_fn guard;
#pragma push_macro("NULL")
#undef NULL
#define NULL rule_without_guard
#include "rules.def"
#pragma pop_macro("NULL")
#undef RULE_GUARD
#undef RULE

#endif
