/* The exhaustive switch from an effect in the lifecycle to the function that brings it about. Nothing else is
 * here. */
#include "effects.h"

struct problem *effect_run(struct request *rq, enum effect effect, struct subject *subject,
			   const struct lifecycle_row *row, const json_t *input)
{
	switch (effect) {
#define EFFECT_CASE(name, function)                                                                          \
	case EFFECT_##name:                                                                                  \
		return function(rq, subject, row, input);
		EFFECT_FUNCTIONS(EFFECT_CASE)
#undef EFFECT_CASE
	case EFFECT_NONE:
	case EFFECT_COUNT:
		break;
	}
	return NULL;
}
