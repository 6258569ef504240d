/* Install: what `allianced migrate` does. The migrations know no policy; here the lifecycle is handed to
 * them. */
#ifndef INSTALL_H
#define INSTALL_H

#include "problem.h"

/* migrate_run - bring the database to this program's schema as its owner, load the lifecycle of policy/ into
   the table that statuses and history point to, grant the service's role its rights. Says one line per
   migration (say may be NULL). service_role is the role that `serve` connects as; NULL = the owner itself. */
MUST_CHECK struct problem *migrate_run(struct arena *arena, const char *owner_conninfo,
				       const char *service_role, void (*say)(const char *line));

#endif
