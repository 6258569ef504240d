/* The catalogue of problems and how one is put together. */
#include "problem.h"

#include <errno.h>

const struct problem_kind problem_kinds[PROBLEM_COUNT] = {
#define PROBLEM(code, status, title_zh, title_en, remedy_zh, remedy_en)                                      \
	[PROBLEM_##code] = {#code, status, title_zh, title_en, remedy_zh, remedy_en},
#include "problem.def"
#undef PROBLEM
};

/* Busy and unknown outcomes invite a repeat; a second is long enough for a lock, short enough for a person.
 */
static int default_retry(enum problem_code code)
{
	switch (code) {
	case PROBLEM_locked:
	case PROBLEM_overloaded:
	case PROBLEM_outcome_unknown:
		return 1;
	case PROBLEM_database_unavailable:
		return 2;
	default:
		return 0;
	}
}

void problem_of_file(struct problem *problem, int error)
{
	problem->is_setup = error == ENOENT || error == EACCES || error == EPERM || error == EROFS ||
			    error == ENOTDIR || error == EISDIR || error == ELOOP;
}

struct problem *problem_new(struct arena *arena, enum problem_code code, const char *detail_zh,
			    const char *detail_en)
{
	struct problem *problem = arena_alloc(arena, sizeof *problem);
	problem->code = code;
	problem->detail_zh = detail_zh;
	problem->detail_en = detail_en;
	problem->last = &problem->errors;
	problem->retry_after = default_retry(code);
	return problem;
}

void problem_error(struct arena *arena, struct problem *problem, const char *pointer, const char *code,
		   const char *article, const char *detail_zh, const char *detail_en)
{
	struct problem_error *error = arena_alloc(arena, sizeof *error);
	*error = (struct problem_error){pointer, code, article, detail_zh, detail_en, NULL};
	*problem->last = error;
	problem->last = &error->next;
	if (!problem->article)
		problem->article = article;
}

int problem_status(const struct problem *problem)
{
	return problem_kinds[problem->code].status;
}
