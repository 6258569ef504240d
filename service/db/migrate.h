/* Migrations: the numbered files of sql/migrations, embedded in the program, forward only, each recorded with
   its checksum; a changed file or a database of a newer schema is refused. Knows no policy: the lifecycle is
   handed in as text (service/install.c does it; that is what `allianced migrate` calls). */
#ifndef MIGRATE_H
#define MIGRATE_H

#include "problem.h"

/* One row of the lifecycle as the database keeps it. roles is an array literal: {officer,leader}. */
struct migrate_step {
	const char *machine, *from, *action, *to, *roles, *door, *articles;
};

/* migrate_apply - bring the database to this program's schema as its owner, then load the lifecycle into its
   tables and grant the service's role its rights. Says one line per migration through say (may be NULL).
   service_role is the role that `serve` connects as; NULL = the owner itself. It happens whole or not at all,
   in one transaction; migrations at once come one after the other. No lock is waited for longer than some
   seconds, a few times: then PROBLEM_locked, and the same may work later. */
MUST_CHECK struct problem *migrate_apply(struct arena *arena, const char *owner_conninfo,
					 const char *service_role, const struct migrate_step *steps,
					 size_t step_count, void (*say)(const char *line));

/* migrate_check - a problem when the database's schema is not exactly this program's (older or newer). */
MUST_CHECK struct problem *migrate_check(struct arena *arena, const char *conninfo);

#endif
