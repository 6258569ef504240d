/* Migrations: the numbered files of sql/migrations, embedded in the program, forward only, each in one transaction with
   its checksum recorded; a changed file or a database of a newer schema is refused. */
#ifndef MIGRATE_H
#define MIGRATE_H

#include "problem.h"

/* migrate_run - bring the database to this program's schema as its owner, then load the lifecycle table and the
   catalogues of policy/ into their tables and grant the service's role its rights. Prints one line per migration
   through say (may be NULL). service_role is the role that `serve` connects as. */
MUST_CHECK struct problem *migrate_run(struct arena *arena, const char *owner_conninfo, const char *service_role,
                                       void (*say)(const char *line));

/* migrate_check - a problem when the database's schema is not exactly this program's (older or newer). */
MUST_CHECK struct problem *migrate_check(struct arena *arena, const char *conninfo);

#endif
