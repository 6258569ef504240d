/* Route: from the decoded segments of a path to an operation, by a tree made once from the table of
   operations. A literal segment wins over a parameter. */
#ifndef ROUTE_H
#define ROUTE_H

#include "schema.h"
#include "target.h"

struct route {
	const struct operation *by_method[METHOD_COUNT];
};

/* route_start - build the tree; route_stop frees it. */
void route_start(void);
void route_stop(void);

/* route_find - NULL when no path of the description has this form. */
const struct route *route_find(const struct target *target);

/* route_values - fill the path parameters of the operation from the target's segments; other places are left
 * alone. */
void route_values(const struct operation *op, const struct target *target, const char **values);

/* route_allow - the methods of the route for the header Allow, HEAD and OPTIONS included. */
const char *route_allow(struct arena *arena, const struct route *route);

#endif
