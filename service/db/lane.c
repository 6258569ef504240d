/* The lane: single-statement reads of many threads share one connection. A thread queues its statement;
   whoever finds the lane free sends everything that waits as one pipeline, with one Sync a member so that
   each stands alone, and wakes the others. It never holds a write, never a slow statement (first in, first
   out: one slow member would stall all). */
#include "pool.h"
#include "sqlstate.h"

#include <stdlib.h>

#define BATCH 64

enum member_state { MEMBER_WAITS, MEMBER_LEADS, MEMBER_DONE, MEMBER_LOST };

struct member {
	enum statement statement;
	const char *const *parameters;
	size_t count;
	PGresult *result;
	struct part part;
	enum member_state state;
	pthread_cond_t wake;
	struct member *next;
};

struct lane {
	struct pool *pool;
	pthread_mutex_t mutex;
	struct member *first, **last;
	bool busy;
	struct connection *connection; /* used by the leader alone; replaced only when NULL */
};

struct lane *lane_new(struct pool *pool)
{
	struct lane *lane = calloc(1, sizeof *lane);
	if (!lane)
		abort();
	lane->pool = pool;
	lane->last = &lane->first;
	pthread_mutex_init(&lane->mutex, NULL);
	return lane;
}

void lane_free(struct lane *lane)
{
	connection_close(lane->connection);
	pthread_mutex_destroy(&lane->mutex);
	free(lane);
}

void lane_give(struct lane *lane, struct connection *connection)
{
	if (PQenterPipelineMode(connection->pg) != 1) {
		connection_close(connection);
		return;
	}
	pthread_mutex_lock(&lane->mutex);
	struct connection *old = lane->connection;
	lane->connection = connection;
	pthread_mutex_unlock(&lane->mutex);
	connection_close(old);
}

bool lane_is_empty(struct lane *lane)
{
	pthread_mutex_lock(&lane->mutex);
	bool empty = !lane->busy && !lane->connection;
	pthread_mutex_unlock(&lane->mutex);
	return empty;
}

/* member_receive - everything up to the member's Sync; false when the connection is lost. */
static bool member_receive(struct connection *connection, struct member *member)
{
	for (int empty = 0; empty < NOTHING_MAX;) {
		PGresult *result = NULL;
		if (!connection_next(connection, &result) || connection->broken) {
			PQclear(result);
			return false;
		}
		if (result && PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
			PQclear(result);
			/* without a result before it, those behind would be given one another's */
			connection->broken = !member->result;
			return !connection->broken;
		}
		if (result && !member->result)
			member->result = result;
		else
			PQclear(result);
		empty = result ? 0 : empty + 1;
	}
	connection->broken = true;
	return false;
}

static bool member_send(struct connection *connection, const struct member *member)
{
	return connection_send(connection, member->statement, member->parameters, member->count) &&
	       connection_sync(connection);
}

/* lock_out - the member has waited in vain for a lock, and each of those behind may wait as long. Who asks
   the same statement is told the same, for a reader waits for a table's lock alone; the others find another
   way.
 */
static void lock_out(struct connection *connection, struct member *member)
{
	member->part = part_whole(member->result);
	for (struct member *other = member->next; other; other = other->next)
		if (other->statement == member->statement)
			other->part = part_of(member->part.answer, 0, 0);
	connection->broken = true; /* what was sent cannot be called back */
}

/* batch_run - send the members in one go, then read their results in the same order. */
static void batch_run(struct connection *connection, struct member *first)
{
	bool well = connection && connection_is_alive(connection);
	for (struct member *member = first; well && member; member = member->next)
		well = member_send(connection, member);
	for (struct member *member = first; well && member; member = member->next) {
		well = member_receive(connection, member);
		if (well && member->next && sqlstate_is_locked(member->result)) {
			lock_out(connection, member);
			well = false;
		}
	}
}

/* take_batch - cut up to BATCH members off the queue. */
static struct member *take_batch(struct lane *lane)
{
	struct member *first = lane->first, *member = first;
	for (int n = 1; n < BATCH && member->next; n++)
		member = member->next;
	lane->first = member->next;
	if (!lane->first)
		lane->last = &lane->first;
	member->next = NULL;
	return first;
}

/* settle - tell each member its fate. A result that came before the loss counts, unless it is only the news
 * of the loss. */
static void settle(struct member *first)
{
	for (struct member *member = first, *next; member; member = next) {
		next = member->next; /* the member is gone once it wakes */
		if (!member->part.answer && connection_is_answer(member->result))
			member->part = part_whole(member->result);
		member->state = member->part.answer ? MEMBER_DONE : MEMBER_LOST;
		pthread_cond_signal(&member->wake);
	}
}

/* lead - run one batch (the leader is its first member) and hand the lane on. Called and left with the mutex
 * held. */
static void lead(struct lane *lane)
{
	struct member *batch = take_batch(lane);
	struct connection *connection = lane->connection;
	pthread_mutex_unlock(&lane->mutex);
	batch_run(connection, batch);
	pthread_mutex_lock(&lane->mutex);
	if (connection && connection->broken) {
		connection_close(connection);
		lane->connection = NULL;
	}
	settle(batch);
	lane->busy = lane->first != NULL;
	if (lane->busy) {
		lane->first->state = MEMBER_LEADS;
		pthread_cond_signal(&lane->first->wake);
	}
}

bool lane_submit(struct lane *lane, enum statement statement, const char *const *parameters, size_t count,
		 struct part *ret)
{
	struct member me = {
		.statement = statement, .parameters = parameters, .count = count, .state = MEMBER_WAITS};
	pthread_cond_init(&me.wake, NULL);
	pthread_mutex_lock(&lane->mutex);
	*lane->last = &me;
	lane->last = &me.next;
	if (!lane->busy) {
		lane->busy = true;
		me.state = MEMBER_LEADS;
	}
	while (me.state == MEMBER_WAITS)
		pthread_cond_wait(&me.wake, &lane->mutex);
	if (me.state == MEMBER_LEADS)
		lead(lane);
	bool empty = !lane->connection;
	pthread_mutex_unlock(&lane->mutex);
	pthread_cond_destroy(&me.wake);
	if (empty)
		pool_wake(lane->pool);
	if (me.state == MEMBER_LOST) {
		PQclear(me.result);
		return false;
	}
	*ret = me.part;
	return true;
}
