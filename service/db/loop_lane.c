/* A lane of the event loop: what the lane of threads is for workers, without anybody who waits for it on a
   thread. Tasks queue their reads; all that wait leave as one pipeline when the one before it is back. A
   batch has one Sync, because the server wakes us at each: when a member fails the server passes over those
   behind it, and they go again with the next batch. So each stands alone all the same. What several ask alike
   before it is sent, it is asked once; what they ask of one statement about several things is asked at once,
   where the statement has a form for that (:merge), since to begin and end an execution is most of the work
   of a small one. What stands before the others for long must not hold them all up: a statement that has
   waited in vain for a lock is refused for a while, and whoever has waited too long leaves. Everything but
   the giving of a connection happens on the loop's thread. */
#include "pool.h"
#include "sqlstate.h"

#include "clock.h"
#include "log.h"
#include "task.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define BATCH     32
#define TOGETHER  8    /* of those that give many rows: one time-out of the server is for all of them */
#define MEMBER_MS 250  /* how much later a batch may be for each member beyond the first */
#define LOCKED_MS 1000 /* how long a statement that waited in vain is refused; Retry-After says as much */
#define SIFT_MS   100  /* between two looks at who has waited too long */

struct members {
	struct member *first, **last;
};

struct member {
	enum statement statement;
	const char *const *parameters;
	size_t count;
	int64_t asked_ms;
	PGresult *result; /* of the execution that it is the first of */
	struct part part;
	bool is_lost;
	bool is_alone; /* an execution for it and others failed: it goes by itself */
	struct task *task;
	struct member *next;
	struct members same;   /* who asks just this and came later */
	struct members merged; /* whose questions go with its own in one execution */
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
	struct buffer arrays;         /* parameters of an execution for several */
	struct member *expected;      /* whose result comes next; NULL = the Sync */
	int64_t due_ms;
	int patience_ms;       /* longest wait for one's turn */
	int64_t sift_ms;       /* when the next look at who waits is due */
	struct answer *locked; /* the last failure for a lock */
	int64_t locked_until_ms[STATEMENT_COUNT];
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

static void members_move(struct members *from, struct members *to)
{
	while (from->first)
		members_add(to, members_take(from));
}

struct loop_lane *loop_lane_new(struct pool *pool, int patience_ms)
{
	struct loop_lane *lane = calloc(1, sizeof *lane);
	if (!lane)
		abort();
	lane->pool = pool;
	lane->patience_ms = patience_ms;
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
	answer_release(lane->locked);
	buffer_free(&lane->arrays);
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

/* is_locked - whether the statement has just waited in vain for a lock. */
static bool is_locked(const struct loop_lane *lane, enum statement statement)
{
	int64_t until = lane->locked_until_ms[statement];
	return until && clock_monotonic_ms() < until;
}

static void ask_again(struct loop_lane *lane, struct members *same)
{
	struct member *leader = members_take(same);
	members_move(same, &leader->same);
	leader->is_alone = true; /* what failed for one shall not fail for those it would be merged with */
	members_add(&lane->waiting, leader);
}

/* tell - the member and all who asked the same. A failure belongs to the one whose it was: the others go
   again, unless it was for a lock. The member is the last, because it ends when it goes on. */
static void tell(struct loop_lane *lane, struct member *member, bool is_lost)
{
	struct answer *answer = member->part.answer;
	bool has_rows = answer && PQresultStatus(answer->result) == PGRES_TUPLES_OK;
	if (!is_lost && !has_rows && member->same.first && !is_locked(lane, member->statement))
		ask_again(lane, &member->same);
	while (member->same.first) {
		struct member *other = members_take(&member->same);
		if (!is_lost)
			other->part = part_of(answer, member->part.first, member->part.count);
		other->is_lost = is_lost;
		task_resume(other->task);
	}
	member->is_lost = is_lost;
	task_resume(member->task);
}

/* tell_all - the member and those that were merged with it. */
static void tell_all(struct loop_lane *lane, struct member *member, bool is_lost)
{
	while (member->merged.first)
		tell(lane, members_take(&member->merged), is_lost);
	tell(lane, member, is_lost);
}

/* go_again - the member and those that were merged with it, with the next batch. */
static void go_again(struct loop_lane *lane, struct member *member, bool is_alone)
{
	PQclear(member->result);
	member->result = NULL;
	member->is_alone = is_alone;
	for (struct member *other = member->merged.first; other; other = other->next)
		other->is_alone = is_alone;
	members_add(&lane->waiting, member);
	members_move(&member->merged, &lane->waiting);
}

/* next_of - of those whom an execution for several is for: the leader, and then who was merged into it. */
static struct member *next_of(const struct member *leader, const struct member *one)
{
	return one == leader ? leader->merged.first : one->next;
}

/* share - the rows of an execution for several to each of them; false when they are not in the order of those
   who asked, which the statement's form promises. */
static bool share(struct member *member)
{
	struct part all = part_whole(member->result), parts[BATCH];
	int asked = 0;
	for (struct member *one = member; one; one = next_of(member, one))
		asked++;
	bool in_order = part_divide(all.answer, asked, parts);
	const struct part *part = parts;
	for (struct member *one = member; one; one = next_of(member, one))
		one->part = *part++;
	member->result = NULL;
	answer_release(all.answer);
	return in_order;
}

/* split_up - an execution for several that says nothing of any of them: a failure, which may be that of one,
   or a defect of the statement. It costs time, and nobody his answer. */
static void split_up(struct loop_lane *lane, struct member *member)
{
	log_event(LOG_LEVEL_WARNING, "merged_statement_split", "statement",
		  statements[member->statement].merged_name, "sqlstate",
		  PQresultErrorField(member->result, PG_DIAG_SQLSTATE), (char *)NULL);
	for (struct member *one = member; one; one = next_of(member, one)) {
		answer_release(one->part.answer);
		one->part = (struct part){NULL, 0, 0};
	}
	go_again(lane, member, true);
}

/* lock_out - the statement has waited in vain for a lock: a table's, for a reader takes no other. So it
   stands in the way of all who ask this statement, whatever about, and of everybody behind them. Until it is
   tried again they are all told what this member is told, which goes back to them. */
static void lock_out(struct loop_lane *lane, struct member *member)
{
	answer_release(lane->locked);
	lane->locked = part_whole(member->result).answer;
	member->result = NULL;
	lane->locked_until_ms[member->statement] = clock_monotonic_ms() + LOCKED_MS;
	lane->sift_ms = 0;
	go_again(lane, member, member->is_alone);
}

/* answer - what came of an execution. */
static void answer(struct loop_lane *lane, struct member *member)
{
	if (sqlstate_is_locked(member->result)) {
		lock_out(lane, member);
		return;
	}
	bool is_merged = member->merged.first;
	if (is_merged && (PQresultStatus(member->result) != PGRES_TUPLES_OK || !share(member))) {
		split_up(lane, member);
		return;
	}
	if (!is_merged)
		member->part = part_whole(member->result);
	member->result = NULL;
	tell_all(lane, member, false);
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
		if (connection_is_answer(member->result)) {
			answer(lane, member);
			continue;
		}
		PQclear(member->result);
		tell_all(lane, member, true);
	}
}

/* settle - the batch is back. The server passed over what came behind a failure. */
static void settle(struct loop_lane *lane)
{
	struct members batch = lane->sent;
	lane->sent = (struct members){NULL, &lane->sent.first};
	for (struct member *member = batch.first, *next; member; member = next) {
		next = member->next;
		if (PQresultStatus(member->result) == PGRES_PIPELINE_ABORTED)
			go_again(lane, member, member->is_alone);
		else
			answer(lane, member);
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

/* merge - take those along whose questions can go with the leader's, at most that many; returns how many. */
static int merge(struct loop_lane *lane, struct member *leader, int most)
{
	struct members rest = {NULL, &rest.first};
	int n = 0;
	if (!statements[leader->statement].merged_text || leader->is_alone)
		return 0;
	if (statements[leader->statement].cardinality == CARDINALITY_MANY && most > TOGETHER - 1)
		most = TOGETHER - 1;
	while (lane->waiting.first && n < most) {
		struct member *member = members_take(&lane->waiting);
		bool fits = member->statement == leader->statement && !member->is_alone;
		members_add(fits ? &leader->merged : &rest, member);
		n += fits;
	}
	members_move(&lane->waiting, &rest); /* those passed over stay first */
	members_move(&rest, &lane->waiting);
	return n;
}

static void write_element(struct buffer *buffer, const char *value)
{
	if (!value) {
		buffer_text(buffer, "NULL");
		return;
	}
	buffer_char(buffer, '"');
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			buffer_char(buffer, '\\');
		buffer_char(buffer, *value);
	}
	buffer_char(buffer, '"');
}

/* write_array - a parameter of all who are asked for at once, as an array literal. */
static void write_array(struct buffer *buffer, const struct member *leader, size_t parameter)
{
	buffer_char(buffer, '{');
	write_element(buffer, leader->parameters[parameter]);
	for (const struct member *member = leader->merged.first; member; member = member->next) {
		buffer_char(buffer, ',');
		write_element(buffer, member->parameters[parameter]);
	}
	buffer_add(buffer, "}", sizeof "}"); /* with its end */
}

static void send_merged(struct loop_lane *lane, const struct member *leader)
{
	size_t at[PARAMETERS_MAX];
	const char *arrays[PARAMETERS_MAX];
	buffer_clear(&lane->arrays);
	for (size_t i = 0; i < leader->count; i++) {
		at[i] = lane->arrays.length;
		write_array(&lane->arrays, leader, i);
	}
	for (size_t i = 0; i < leader->count; i++)
		arrays[i] = lane->arrays.text + at[i];
	connection_send_merged(lane->connection, leader->statement, arrays, leader->count);
}

static void send_batch(struct loop_lane *lane)
{
	struct connection *connection = lane->connection;
	int n = 0;
	while (n < BATCH && lane->waiting.first) {
		struct member *member = members_take(&lane->waiting);
		n += 1 + merge(lane, member, BATCH - n - 1);
		members_add(&lane->sent, member);
		if (member->merged.first)
			send_merged(lane, member);
		else
			connection_send(connection, member->statement, member->parameters, member->count);
	}
	connection_sync(connection);
	lane->expected = lane->sent.first;
	lane->due_ms = clock_monotonic_ms() + connection->wait_ms + (int64_t)(n - 1) * MEMBER_MS;
}

static void send_waiting(struct loop_lane *lane)
{
	struct connection *connection = lane->connection;
	if (lane->waiting.first && !lane->sent.first)
		send_batch(lane);
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

/* sift - who waits and shall not go with the next batch. */
static void sift(struct loop_lane *lane)
{
	int64_t now = clock_monotonic_ms();
	struct members all = {NULL, &all.first};
	if (now < lane->sift_ms)
		return;
	lane->sift_ms = now + SIFT_MS;
	members_move(&lane->waiting, &all);
	while (all.first) {
		struct member *member = members_take(&all);
		if (is_locked(lane, member->statement)) {
			member->part = part_of(lane->locked, 0, 0);
			tell(lane, member, false);
		} else if (now - member->asked_ms > lane->patience_ms) {
			tell(lane, member, true);
		} else {
			members_add(&lane->waiting, member);
		}
	}
}

/* refuse_waiting - without a connection nobody waits here. */
static void refuse_waiting(struct loop_lane *lane)
{
	while (lane->waiting.first)
		tell(lane, members_take(&lane->waiting), true);
}

void loop_lane_turn(struct loop_lane *lane, bool has_news)
{
	take_given(lane);
	if (lane->connection && has_news)
		receive(lane);
	if (lane->waiting.first)
		sift(lane);
	if (lane->connection && !lane->connection->broken)
		send_waiting(lane);
	if (lane->connection && (lane->connection->broken || is_late(lane)))
		lose(lane);
	if (!lane->connection)
		refuse_waiting(lane);
}

bool loop_lane_submit(struct loop_lane *lane, enum statement statement, const char *const *parameters,
		      size_t count, struct part *ret)
{
	if (is_locked(lane, statement)) {
		*ret = part_of(lane->locked, 0, 0);
		return true;
	}
	struct member me = {.statement = statement,
			    .parameters = parameters,
			    .count = count,
			    .asked_ms = clock_monotonic_ms(),
			    .task = task_on_loop()};
	me.same.last = &me.same.first;
	me.merged.last = &me.merged.first;
	struct member *same = find_same(lane, &me);
	members_add(same ? &same->same : &lane->waiting, &me);
	task_wait();
	*ret = me.part;
	return !me.is_lost;
}
