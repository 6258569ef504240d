/* Load: many rows into empty tables in one transaction of their owner, by COPY. What the tables would check
   row by row is put aside, rebuilt over everything and proven at the end (sql/seed); a fault leaves nothing
   behind. It knows no table: who fills them brings the rows as COPY text. */
#ifndef LOAD_H
#define LOAD_H

#include "buffer.h"
#include "problem.h"

struct load;

/* load_open - connect as the owner and begin. */
MUST_CHECK struct problem *load_open(struct arena *arena, const char *owner_conninfo, struct load **ret);

/* load_rows - put rows (COPY text) for table (columns) into the batch; the buffer is empty afterwards. Waits
   while a batch is being sent, and tells its problem. frozen: the table was emptied by load_open, so the rows
   need no vacuum. */
MUST_CHECK struct problem *load_rows(struct load *load, const char *table, const char *columns, bool frozen,
				     struct buffer *rows);

/* load_send - let the batch go; the next one can be made meanwhile. */
void load_send(struct load *load);

/* load_finish - close the books, bring back every constraint and index, prove what the triggers would have,
   commit. The problem names each fault. */
MUST_CHECK struct problem *load_finish(struct load *load, struct arena *arena);

/* load_close - end the connection; without load_finish nothing was loaded. */
void load_close(struct load *load);

#endif
