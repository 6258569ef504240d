/* Seed: any number of fictitious alliances for load tests and measurements, as the operations and the sweep
   would have left them on the business clock's day: generated from a seed number and streamed through COPY,
   in memory that does not grow with the number. Everything is marked 虚构. The demo (demo.h) plays few of
   them through the operations themselves; here nothing is judged, and what was loaded is proven at the end
   (sql/seed/verify.sql). */
#ifndef SEED_H
#define SEED_H

#include "db.h"
#include "problem.h"

#include <jansson.h>

enum { SEED_ALLIANCES_MAX = 1000000, SEED_DEFAULT = 20150519 };

struct seed_options {
	const char *owner_conninfo;
	int64_t alliances;
	uint64_t seed;
	void (*progress)(int64_t done, int64_t all); /* now and then; may be NULL */
};

/* What was loaded. */
struct seed_counts {
	int64_t alliances, applications, members, sheets, payments, entries, notices, history, rows;
};

/* seed_size - the number of alliances of S, M or L; 0 for another word. */
int64_t seed_size(const char *word);

/* seed_open - read what the load goes by from a migrated database; refused when it has accounts or alliances.
 */
struct seed_world;
MUST_CHECK struct problem *seed_open(struct arena *arena, struct pool *pool,
				     const struct seed_options *options, struct seed_world **ret);

/* seed_load - all of it, in one transaction that locks every table: no pool may be open meanwhile. */
MUST_CHECK struct problem *seed_load(struct seed_world *world, struct seed_counts *ret);

/* seed_keys - an API key for one account per role of a loaded database, {role: key}, tied to the arena. */
MUST_CHECK struct problem *seed_keys(struct arena *arena, struct pool *pool, const json_t **ret);

#endif
