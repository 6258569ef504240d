/* A lane of the event loop: what the lane of threads is for workers, without anybody who waits for it on a
   thread. Tasks queue their reads; all that wait leave as one pipeline when the one before it is back. A
   batch has one Sync, because the server wakes us at each: when a member fails the server passes over those
   behind it, and they go again with the next batch. So each stands alone all the same. What several ask alike
   before it is sent, it is asked once. Everything but the giving of a connection happens on the loop's
   thread. */
#include "pool.h"

#include "clock.h"
#include "task.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define BATCH     32
#define MEMBER_MS 250 /* how much later a batch may be for each member beyond the first */

struct members {
	struct member *first, **last;
};

struct member {
	enum statement statement;
	const char *const *parameters;
	size_t count;
	PGresult *result;
	bool is_lost;
	struct task *task;
	struct member *next;
	struct members same; /* who asks the same and came later */
};

struct loop_lane {
	struct pool *pool;
	int epoll;
	void *token; /* by which the loop knows the connection's events */
	pthread_mutex_t mutex;
	struct connection *given; /* by the keeper, not taken yet */
	bool is_wanting;
	struct connection *connection;
	bool is_watching_writes;
	struct members waiting, sent; /* sent: the batch that is on its way */
	struct member *expected;      /* whose result comes next; NULL = the Sync */
	int64_t due_ms;
};

static void members_add(struct members *members, struct member *member)
{
	member->next = NULL;
	*members->last = member;
	members->last = &member->next;
}

static struct member *members_take(struct members *members)
{
	struct member *member = members->first;
	members->first = member->next;
	if (!members->first)
		members->last = &members->first;
	return member;
}

struct loop_lane *loop_lane_new(struct pool *pool)
{
	struct loop_lane *lane = calloc(1, sizeof *lane);
	if (!lane)
		abort();
	lane->pool = pool;
	lane->epoll = -1;
	lane->waiting.last = &lane->waiting.first;
	lane->sent.last = &lane->sent.first;
	pthread_mutex_init(&lane->mutex, NULL);
	return lane;
}

void loop_lane_free(struct loop_lane *lane)
{
	connection_close(lane->connection);
	connection_close(lane->given);
	pthread_mutex_destroy(&lane->mutex);
	free(lane);
}

/* want - whether the keeper shall bring a connection. */
static void want(struct loop_lane *lane, bool wanting)
{
	pthread_mutex_lock(&lane->mutex);
	lane->is_wanting = wanting;
	pthread_mutex_unlock(&lane->mutex);
	if (wanting)
		pool_wake(lane->pool);
}

void loop_lane_open(struct loop_lane *lane, int epoll, void *token)
{
	lane->epoll = epoll;
	lane->token = token;
	want(lane, true);
}

bool loop_lane_is_empty(struct loop_lane *lane)
{
	pthread_mutex_lock(&lane->mutex);
	bool empty = lane->is_wanting && !lane->given;
	pthread_mutex_unlock(&lane->mutex);
	return empty;
}

void loop_lane_give(struct loop_lane *lane, struct connection *connection)
{
	if (PQenterPipelineMode(connection->pg) != 1) {
		connection_close(connection);
		return;
	}
	pthread_mutex_lock(&lane->mutex);
	struct connection *old = lane->given;
	lane->given = connection;
	lane->is_wanting = false;
	pthread_mutex_unlock(&lane->mutex);
	connection_close(old);
	tasks_wake();
}

static void watch(struct loop_lane *lane, int how, bool writes)
{
	struct epoll_event event = {.events = EPOLLIN | (writes ? EPOLLOUT : 0U), .data.ptr = lane->token};
	if (epoll_ctl(lane->epoll, how, PQsocket(lane->connection->pg), &event) != 0)
		lane->connection->broken = true;
	lane->is_watching_writes = writes;
}

static void take_given(struct loop_lane *lane)
{
	if (lane->connection)
		return;
	pthread_mutex_lock(&lane->mutex);
	lane->connection = lane->given;
	lane->given = NULL;
	pthread_mutex_unlock(&lane->mutex);
	if (lane->connection)
		watch(lane, EPOLL_CTL_ADD, false);
}

void loop_lane_shut(struct loop_lane *lane)
{
	want(lane, false);
}

static bool is_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* find_same - who waits to ask just this. It has not been sent, so its answer is as fresh as one of our own.
 */
static struct member *find_same(const struct loop_lane *lane, const struct member *wanted)
{
	for (struct member *member = lane->waiting.first; member; member = member->next) {
		bool same = member->statement == wanted->statement;
		for (size_t i = 0; same && i < wanted->count; i++)
			same = is_equal(member->parameters[i], wanted->parameters[i]);
		if (same)
			return member;
	}
	return NULL;
}

static void ask_again(struct loop_lane *lane, struct members *same)
{
	struct member *leader = members_take(same);
	while (same->first)
		members_add(&leader->same, members_take(same));
	members_add(&lane->waiting, leader);
}

/* answer - the member and all who asked the same, each with a copy of its own. A failure belongs to the one
   whose it was: the others go again. The member is the last, because its result goes with it. */
static void answer(struct loop_lane *lane, struct member *member, bool is_lost)
{
	bool has_rows = PQresultStatus(member->result) == PGRES_TUPLES_OK;
	if (!is_lost && !has_rows && member->same.first)
		ask_again(lane, &member->same);
	while (member->same.first) {
		struct member *other = members_take(&member->same);
		other->result = is_lost ? NULL : PQcopyResult(member->result, PG_COPYRES_TUPLES);
		other->is_lost = !other->result;
		task_resume(other->task);
	}
	member->is_lost = is_lost;
	task_resume(member->task);
}

/* lose - the connection is gone: those who wait find another way. */
static void lose(struct loop_lane *lane)
{
	struct members lost = lane->sent;
	connection_close(lane->connection); /* which also ends its watch */
	lane->connection = NULL;
	want(lane, true);
	lane->sent = (struct members){NULL, &lane->sent.first};
	for (struct member *member = lost.first, *next; member; member = next) {
		next = member->next;
		answer(lane, member, !connection_is_answer(member->result));
	}
}

/* settle - the batch is back. The server passed over what came behind a failure. */
static void settle(struct loop_lane *lane)
{
	struct members batch = lane->sent;
	lane->sent = (struct members){NULL, &lane->sent.first};
	for (struct member *member = batch.first, *next; member; member = next) {
		next = member->next;
		if (PQresultStatus(member->result) != PGRES_PIPELINE_ABORTED) {
			answer(lane, member, false);
			continue;
		}
		PQclear(member->result);
		member->result = NULL;
		members_add(&lane->waiting, member);
	}
}

/* receive - what is here of the batch. */
static void receive(struct loop_lane *lane)
{
	struct connection *connection = lane->connection;
	if (!PQconsumeInput(connection->pg))
		connection->broken = true;
	for (int nothing = 0; lane->sent.first && !connection->broken && !PQisBusy(connection->pg);) {
		PGresult *result = PQgetResult(connection->pg);
		nothing = result ? 0 : nothing + 1;
		if (PQstatus(connection->pg) != CONNECTION_OK || nothing > NOTHING_MAX)
			connection->broken = true;
		if (PQresultStatus(result) == PGRES_PIPELINE_SYNC && !lane->expected) {
			PQclear(result);
			settle(lane);
		} else if (result && lane->expected) {
			lane->expected->result = result;
			lane->expected = lane->expected->next;
		} else {
			PQclear(result);
		}
	}
}

static void send_waiting(struct loop_lane *lane)
{
	struct connection *connection = lane->connection;
	if (lane->waiting.first && !lane->sent.first) {
		int n = 0;
		for (; n < BATCH && lane->waiting.first; n++)
			members_add(&lane->sent, members_take(&lane->waiting));
		lane->expected = lane->sent.first;
		lane->due_ms = clock_monotonic_ms() + connection->wait_ms + (int64_t)(n - 1) * MEMBER_MS;
		for (struct member *member = lane->sent.first; member; member = member->next)
			connection_send(connection, member->statement, member->parameters, member->count);
		connection_sync(connection);
	}
	int left = connection->broken ? -1 : PQflush(connection->pg);
	if (left < 0)
		connection->broken = true;
	else if ((left > 0) != lane->is_watching_writes)
		watch(lane, EPOLL_CTL_MOD, left > 0);
}

static bool is_late(const struct loop_lane *lane)
{
	return lane->sent.first && clock_monotonic_ms() > lane->due_ms;
}

/* refuse_waiting - without a connection nobody waits here. */
static void refuse_waiting(struct loop_lane *lane)
{
	while (lane->waiting.first)
		answer(lane, members_take(&lane->waiting), true);
}

void loop_lane_turn(struct loop_lane *lane, bool has_news)
{
	take_given(lane);
	if (lane->connection && has_news)
		receive(lane);
	if (lane->connection && !lane->connection->broken)
		send_waiting(lane);
	if (lane->connection && (lane->connection->broken || is_late(lane)))
		lose(lane);
	if (!lane->connection)
		refuse_waiting(lane);
}

bool loop_lane_submit(struct loop_lane *lane, enum statement statement, const char *const *parameters,
		      size_t count, PGresult **ret)
{
	struct member me = {
		.statement = statement, .parameters = parameters, .count = count, .task = task_on_loop()};
	me.same.last = &me.same.first;
	struct member *same = find_same(lane, &me);
	members_add(same ? &same->same : &lane->waiting, &me);
	task_wait();
	*ret = me.result;
	if (me.is_lost)
		PQclear(me.result);
	return !me.is_lost;
}
