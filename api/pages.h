/* Pages: the operations that are about the service itself and need no database: health, the description, the
   page that shows it, the pages of the problems. They are operations of openapi.yaml like all others. */
#ifndef PAGES_H
#define PAGES_H

#include "exchange.h"

/* pages_start - read the API page's script, if there is one. */
void pages_start(const struct server_options *options);
void pages_stop(void);

/* pages_drain - from now on the service says that it is not ready. */
void pages_drain(void);

/* pages_own - whether the operation is one of these: it is run without request_run, so that it answers while
 * the database is away. */
bool pages_own(const struct operation *op);

/* pages_can_pack - whether the reply is a text that never changes, of which a packed form is kept. */
bool pages_can_pack(const struct reply *reply);

/* pages_pack - let that form take its place; false leaves it as it was. */
bool pages_pack(struct reply *reply);

#endif
