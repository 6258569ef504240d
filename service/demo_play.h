/* The player of the demo: one call of one operation as one of its people. Only demo.c and demo_story.c use
 * it. */
#ifndef DEMO_PLAY_H
#define DEMO_PLAY_H

#include "arena.h"
#include "db.h"
#include "problem.h"

#include <jansson.h>

struct player {
	struct arena *arena;
	struct pool *pool;
	json_t *tokens;   /* who -> API key */
	const char *date; /* the business day of the story */
};

/* play_date - the story goes on at 09:00 of that day. */
void play_date(struct player *p, const char *date);

/* play_own - tie a value to the player's arena. */
json_t *play_own(struct player *p, json_t *json);

/* play_person - an account with one grant and a key, known by that key word from now on. */
MUST_CHECK struct problem *play_person(struct player *p, const char *key, const char *name, const char *role,
				       const char *reach);

/* play - call an operation (snake_case name) with the one path parameter id (or NULL); takes over the body.
 */
MUST_CHECK struct problem *play(struct player *p, const char *who, const char *operation, const char *id,
				json_t *body, const json_t **ret);
/* play_inner - the same for a path with two ids. */
MUST_CHECK struct problem *play_inner(struct player *p, const char *who, const char *operation,
				      const char *id, const char *inner, json_t *body, const json_t **ret);
MUST_CHECK struct problem *play_create(struct player *p, const char *who, const char *operation,
				       const char *id, json_t *body, const char **ret_id);

/* play_change - an operation that needs the version of the noun as read just before. */
MUST_CHECK struct problem *play_change(struct player *p, const char *who, const char *operation,
				       const char *noun, const char *id, json_t *body);

/* play_act - POST …/transitions; takes over the input, which may be NULL. */
MUST_CHECK struct problem *play_act(struct player *p, const char *who, const char *noun, const char *id,
				    const char *action, json_t *input);

/* play_attach - upload a small marked document in one part. */
MUST_CHECK struct problem *play_attach(struct player *p, const char *who, const char *subject_kind,
				       const char *subject, const char *kind);

#endif
