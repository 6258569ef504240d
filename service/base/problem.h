/* Problem: what every fallible function returns. NULL is success; anything else is what the caller is told
   (RFC 9457), allocated in the request's arena. Library code never logs a problem: api/pipeline.c does, once.
   One catalogue, problem.def, gives each code its HTTP status, titles and remedy. */
#ifndef PROBLEM_H
#define PROBLEM_H

#include "arena.h"

#include <stdbool.h>
#include <stddef.h>

enum problem_code {
#define PROBLEM(code, status, title_zh, title_en, remedy_zh, remedy_en) PROBLEM_##code,
#include "problem.def"
#undef PROBLEM
	PROBLEM_COUNT
};

struct problem_kind {
	const char *code;
	int status;
	const char *title_zh, *title_en;
	const char *remedy_zh, *remedy_en; /* cause and remedy, for the page of the problem */
};

extern const struct problem_kind problem_kinds[PROBLEM_COUNT];

/* One fault: where (JSON Pointer as URI fragment, "#/members/3/uscc"; NULL when it is no place in the body),
   which rule
   ("AP-09" or a schema word such as "required"), which article ("6(2)", may be NULL), and what to say. */
struct problem_error {
	const char *pointer, *code, *article;
	const char *detail_zh, *detail_en;
	struct problem_error *next;
};

struct problem {
	enum problem_code code;
	const char *article;               /* the first fault's article, or NULL */
	const char *detail_zh, *detail_en; /* may be NULL: the title says it all */
	struct problem_error *errors, **last;
	int retry_after;   /* seconds; 0 = no Retry-After */
	const char *allow; /* the Allow header of a 405 */
	const char *cause; /* for the log only (SQLSTATE, file): never sent */
	bool is_setup;     /* what the operator set up is to blame: the same command will not work later */
	bool is_unsent;    /* no connection was free in time: the database has heard nothing of it */
};

/* problem_of_file - is_setup, if and only if the error number says that a file or its rights are to blame,
   and not a disk that is full or anything else that passes. */
void problem_of_file(struct problem *problem, int error);

/* problem_new - a problem of the catalogue; the two details may be NULL and must live as long as the arena.
 */
struct problem *problem_new(struct arena *arena, enum problem_code code, const char *detail_zh,
			    const char *detail_en) __attribute__((warn_unused_result, returns_nonnull));

/* problem_error - add one fault; all strings must live as long as the arena. */
void problem_error(struct arena *arena, struct problem *problem, const char *pointer, const char *code,
		   const char *article, const char *detail_zh, const char *detail_en);

/* problem_status - the HTTP status of the problem's code. */
int problem_status(const struct problem *problem);

/* TRY - return the problem of a failed call to the caller. */
#define TRY(call)                                                                                            \
	do {                                                                                                 \
		struct problem *try_problem = (call);                                                        \
		if (try_problem)                                                                             \
			return try_problem;                                                                  \
	} while (0)

#define MUST_CHECK __attribute__((warn_unused_result))

#endif
