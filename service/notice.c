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

static const char *notice_kind(struct request *rq, const struct subject *subject,
			       const struct lifecycle_row *row)
{
	return arena_printf(rq->arena, "%s.%s", machine_noun(subject->machine), row->action);
}

static const char *notice_key(struct request *rq, const struct subject *subject, const char *kind)
{
	return arena_printf(rq->arena, "%s.%s.%lld", kind, subject->id, (long long)subject->version);
}

static struct problem *tell_role(struct request *rq, const struct subject *subject,
				 const struct lifecycle_row *row, const char *role)
{
	const char *kind = notice_kind(rq, subject, row);
	return request_notify(rq, "role", role, kind, machine_noun(subject->machine), subject->id, NULL,
			      notice_key(rq, subject, kind));
}

/* Those whom only the database knows: the lead, the host, the unit asked, the experts. The ids of their
   notices follow from one, so that nothing has to be read first. */
static struct problem *tell_found(struct request *rq, const struct subject *subject,
				  const struct lifecycle_row *row, const char *who)
{
	const char *kind = notice_kind(rq, subject, row);
	return db_run(rq->db, rq->arena, SQL_NOTICE_TELL,
		      P(who, machine_noun(subject->machine), subject->id, request_new_id(rq), kind,
			notice_key(rq, subject, kind), rq->now_text),
		      NULL);
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
		return tell_role(rq, subject, row, #name);                                                   \
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
