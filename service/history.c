/* The one place that writes history. */
#include "history.h"

struct problem *history_write(struct request *rq, const struct history_line *line, int64_t *ret_seq)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_HISTORY_INSERT,
		   P(rq->now_text, rq->caller->account_id, line->role, line->kind, line->id, line->machine,
		     line->from, line->action, line->to, line->reason, line->articles, line->detail, rq->id,
		     rq->op->name),
		   &rows));
	rq->history_written = true;
	if (ret_seq)
		*ret_seq = row_integer(&rows, 0, "seq");
	return NULL;
}
