/* The one place that writes history. */
#include "history.h"

struct problem *history_write(struct request *rq, const struct history_line *line)
{
	TRY(db_run(rq->db, rq->arena, SQL_HISTORY_INSERT,
		   P(rq->now_text, rq->caller->account_id, line->role, line->kind, line->id, line->machine,
		     line->from, line->action, line->to, line->reason, line->articles, line->detail, rq->id,
		     rq->op->name, rq->caller->credential_id),
		   NULL));
	rq->history_written = true;
	return NULL;
}
