/* Notices: how people learn that it is their turn. An effect of a transition finds who is meant and leaves
   one line for each; a repeat of the same transition at the same version leaves nothing more. */
#include "effects.h"
#include "operations.h"
#include "reply.h"
#include "transition.h"

struct problem *list_notices(struct request *rq)
{
	return reply_page(rq, SQL_NOTICE_LIST, P0, NULL);
}

static struct problem *tell(struct request *rq, const struct subject *subject,
			    const struct lifecycle_row *row, const char *recipient_kind,
			    const char *recipient, const char *due_on)
{
	const char *noun = machine_noun(subject->machine);
	const char *kind = arena_printf(rq->arena, "%s.%s", noun, row->action);
	const char *key =
		arena_printf(rq->arena, "%s.%s.%lld", kind, subject->id, (long long)subject->version);
	return request_notify(rq, recipient_kind, recipient, kind, noun, subject->id, due_on, key);
}

/* Those whom only the database knows: the lead, the host, the unit asked, the experts. */
static struct problem *tell_found(struct request *rq, const struct subject *subject,
				  const struct lifecycle_row *row, const char *who)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_NOTICE_RECIPIENTS,
		   P(who, machine_noun(subject->machine), subject->id), &rows));
	for (int i = 0; i < rows.count; i++)
		TRY(tell(rq, subject, row, row_text(&rows, i, "recipient_kind"),
			 row_text(&rows, i, "recipient"), row_text(&rows, i, "due_on")));
	return NULL;
}

#define NOTIFY_FOUND(name, who)                                                                              \
	struct problem *effect_notify_##name(struct request *rq, struct subject *subject,                    \
					     const struct lifecycle_row *row, const json_t *input)           \
	{                                                                                                    \
		(void)input;                                                                                 \
		return tell_found(rq, subject, row, who);                                                    \
	}
#define NOTIFY_ROLE(name)                                                                                    \
	struct problem *effect_notify_##name(struct request *rq, struct subject *subject,                    \
					     const struct lifecycle_row *row, const json_t *input)           \
	{                                                                                                    \
		(void)input;                                                                                 \
		return tell(rq, subject, row, "role", #name, NULL);                                          \
	}

NOTIFY_ROLE(officer)
NOTIFY_ROLE(leader)
NOTIFY_ROLE(finance)
NOTIFY_FOUND(lead, "lead")
NOTIFY_FOUND(host, "host")
NOTIFY_FOUND(recommender, "recommender")
NOTIFY_FOUND(expert, "expert")
NOTIFY_FOUND(experts, "experts")
NOTIFY_FOUND(chair, "chair")
