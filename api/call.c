/* What happens to a request between the library's callbacks: on the loop's thread, but for request_work,
   block_read and stream_end, which may be a worker's. The administrator's calls, which are begun and ended
   and nothing more, live on the thread of their connection; what is open at the stop ends on the thread that
   stops, when the loop's is gone. */
#include "call.h"

#include "log.h"
#include "loop.h"
#include "metrics.h"
#include "pipeline.h"
#include "task.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <ulfius.h>
#include <unistd.h>

#define STREAM_BLOCK 16384 /* of the library, for each stream */
#define AHEAD_BLOCK  65536 /* of ours, for one that waits */
#define BODIES_MAX   64    /* of the largest size, held at a time; some more than find a place at work */
#define SMALL_BODY   8192  /* is held in any case: what is written by hand goes on while files wait */
#define COMPANY_US   50000 /* a request that came so lately is company for an export */
#define REST_MAX_US  5000  /* of such a stream, after each reading */

static int64_t monotonic_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* quarter_ms - of the time that a stream may take: so long it spares others, and waits for what feeds it. */
static int quarter_ms(const struct calls *calls)
{
	return calls->options->write_timeout_ms / 4;
}

/* How many bytes of bodies are held at a time. */
static int64_t bodies_most(const struct server_options *options)
{
	return (int64_t)options->body_limit * BODIES_MAX;
}

void calls_start(struct calls *calls, const struct server_options *options, struct loop *loop)
{
	bool by_network = options->max_connections_per_ip > 0;
	*calls = (struct calls){.options = options, .loop = loop};
	shares_start(&calls->bodies, by_network ? bodies_most(options) / 2 : 0);
}

/* ---- the body ---- */

/* How many bytes of one of that length count as its network's: what is small always fits. */
static int64_t body_share(size_t length)
{
	return length > SMALL_BODY ? (int64_t)length : 0;
}

/* body_drop - nobody reads it any more. */
static void body_drop(struct call *call)
{
	if (!call->body.length)
		return;
	metrics_body_bytes(-(int64_t)call->body.length);
	shares_give(&call->calls->bodies, call->exchange.rq.network, body_share(call->body.length));
	buffer_free(&call->body);
}

/* body_fits - whether there is room for so many bytes more. What is small always fits; of what is large one
   network gets half, so that it cannot keep all from everybody else. */
static bool body_fits(struct call *call, size_t count)
{
	struct calls *calls = call->calls;
	size_t length = call->body.length + count;
	if (length > call->body_room)
		return false;
	if (length <= SMALL_BODY)
		return true;
	return metrics_body_bytes(0) + (int64_t)count <= bodies_most(calls->options) &&
	       shares_take(&calls->bodies, call->exchange.rq.network,
			   body_share(length) - body_share(call->body.length));
}

/* Whole or not at all: a stranger, who may be slow, shall not make us hold what nobody reads. */
void call_body_add(struct call *call, const char *bytes, size_t count)
{
	struct exchange *x = &call->exchange;
	x->byte_count += count;
	if (!body_fits(call, count)) {
		call->body_room = 0;
		body_drop(call);
		return;
	}
	buffer_add(&call->body, bytes, count);
	metrics_body_bytes((int64_t)count);
}

/* ---- its life ---- */

struct call *call_new(struct connection *connection, struct calls *calls, const char *target)
{
	struct arena *arena = arena_new();
	struct call *call = arena_alloc(arena, sizeof *call);
	call->calls = calls;
	call->connection = connection;
	call->started = monotonic_us();
	if (!connection->is_admin) {
		call->in_company = call->started - atomic_exchange(&calls->asked, call->started) < COMPANY_US;
		metrics_in_flight(1);
	}
	call->references = 1;
	call->exchange.arena = arena;
	call->exchange.options = calls->options;
	call->exchange.raw_target = arena_strdup(arena, target);
	call->exchange.method = "";
	return call;
}

static void stream_close(void *context);

static void call_release(struct call *call)
{
	if (--call->references > 0)
		return;
	if (call->exchange.stream.read) { /* its client was gone before the answer was handed over */
		call->stream = call->exchange.stream;
		call->exchange.stream = (struct stream){0};
		call->references = 1;
		stream_close(call);
		return;
	}
	body_drop(call);
	free(call->block);
	arena_free(call->exchange.arena);
}

static void log_call(const struct call *call, int status, int64_t microseconds)
{
	const struct exchange *x = &call->exchange;
	const struct operation *op = x->rq.op;
	const struct problem *problem = x->problem;
	struct log_request line = {
		.request_id = *x->trace_id ? x->trace_id : NULL,
		.method = *x->method ? x->method : NULL,
		.operation = op ? op->name : NULL,
		.path = op ? op->path : NULL,
		.account = x->rq.caller ? x->rq.caller->account_id : NULL,
		.peer = call->connection->peer,
		.problem = problem ? problem_kinds[problem->code].code : NULL,
		.rule = problem && problem->errors ? problem->errors->code : NULL,
		.cause = problem            ? problem->cause
			 : call->has_failed ? "the stream or the connection failed"
					    : NULL,
		.status = status,
		.microseconds = microseconds,
		.bytes = call->bytes,
	};
	log_request(&line);
}

/* set_send_buffer - of a connection while an export, of which there are two at most, goes out on it: the
   loop, which serves everybody else, need not wait for its reader with each piece of a block. */
static void set_send_buffer(const struct call *call, int size)
{
	if (call->stream.rests)
		setsockopt(call->connection->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

void call_end(struct call *call, bool is_complete)
{
	int64_t microseconds = monotonic_us() - call->started;
	int status = call->is_answered ? call->exchange.status : 0;
	call->has_failed = call->has_failed || !is_complete;
	if (!call->connection->is_admin) {
		metrics_count(call->exchange.rq.op, call->exchange.method, status, microseconds);
		log_call(call, status, microseconds);
		metrics_in_flight(-1);
	}
	set_send_buffer(call, CONNECTION_SEND_BUFFER);
	call->connection->call = NULL;
	call->connection = NULL;
	call_release(call);
}

/* ---- streams ---- */

/* rest - such a stream keeps a processor of the database, and half of one here, busy for as long as it lasts.
   While others ask for something it rests as long as it worked, so that who waits for an answer finds a
   processor that is free, or soon will be; but only while it has time. */
static void rest(const struct call *call, int64_t worked)
{
	int64_t now = monotonic_us();
	int64_t asked = atomic_load_explicit(&call->calls->asked, memory_order_relaxed);
	bool is_late = now - call->started > quarter_ms(call->calls) * INT64_C(1000);
	if (asked <= call->started || now - asked > COMPANY_US || is_late ||
	    loop_is_ending(call->calls->loop))
		return;
	metrics_rested();
	usleep((useconds_t)(worked < REST_MAX_US ? worked : REST_MAX_US));
}

static void block_read(void *context)
{
	struct call *call = context;
	long length = 0, count;
	do {
		int64_t began = monotonic_us();
		count = call->stream.read(call->stream.context, call->block + length,
					  (size_t)(AHEAD_BLOCK - length));
		length += count > 0 ? count : 0;
		if (call->stream.rests && count > 0)
			rest(call, monotonic_us() - began);
	} while (call->stream.rests && count > 0 && length < AHEAD_BLOCK);
	call->block_length = count < 0 ? -1 : length;
}

static void block_end(void *context)
{
	struct call *call = context;
	call->has_block = true;
	call->block_sent = 0;
	MHD_resume_connection(call->connection->mhd);
}

/* block_take - of what a worker read ahead; 0 while it is at work, and the connection is suspended. */
static ssize_t block_take(struct call *call, char *out, size_t capacity)
{
	if (!call->block) {
		call->block = malloc(AHEAD_BLOCK);
		if (!call->block)
			abort();
	}
	if (!call->has_block && loop_is_ending(call->calls->loop))
		return U_STREAM_ERROR;
	if (!call->has_block) {
		MHD_suspend_connection(call->connection->mhd);
		task_run_elsewhere(block_read, block_end, call);
		return 0;
	}
	if (call->block_length <= 0)
		return call->block_length == 0 ? U_STREAM_END : U_STREAM_ERROR;
	size_t count = (size_t)(call->block_length - call->block_sent);
	count = count < capacity ? count : capacity;
	memcpy(out, call->block + call->block_sent, count);
	call->block_sent += (long)count;
	call->has_block = call->block_sent < call->block_length;
	return (ssize_t)count;
}

static ssize_t stream_take(struct call *call, char *out, size_t capacity)
{
	if (call->stream.waits)
		return block_take(call, out, capacity);
	long count = call->stream.read(call->stream.context, out, capacity);
	return count > 0 ? count : count == 0 ? U_STREAM_END : U_STREAM_ERROR;
}

static ssize_t stream_read(void *context, uint64_t offset, char *out, size_t capacity)
{
	struct call *call = context;
	(void)offset;
	ssize_t count = stream_take(call, out, capacity);
	if (count > 0) {
		call->bytes += (uint64_t)count;
		loop_again(call->calls->loop);
	}
	call->has_failed = call->has_failed || count == (ssize_t)U_STREAM_ERROR;
	return count;
}

static void stream_end(void *context)
{
	struct call *call = context;
	if (call->stream.close)
		call->stream.close(call->stream.context);
	call->stream = (struct stream){0};
}

static void stream_release(void *context)
{
	call_release(context);
}

static void stream_close(void *context)
{
	struct call *call = context;
	if (call->stream.waits && tasks_is_loop()) {
		task_run_elsewhere(stream_end, stream_release, call);
		return;
	}
	stream_end(call);
	call_release(call);
}

/* ---- work and answer ---- */

static void count_answer(const struct exchange *x)
{
	if (x->problem && x->problem->code == PROBLEM_unauthenticated)
		metrics_refused(x->authorization != NULL);
	if (x->rq.reply.replayed)
		metrics_replayed();
}

static void request_work(void *context)
{
	struct call *call = context;
	pipeline_run(&call->exchange);
	count_answer(&call->exchange);
}

/* request_left - for as long as the task works elsewhere the library must leave the connection alone. While
   it waits on the loop, which is short, suspending would cost more than asking again. Not from within the
   handler: the library would then read once more when it goes on, and take a client that has closed its half
   for one that is gone. */
static void request_left(void *context)
{
	struct call *call = context;
	if (!call->connection)
		return;
	call->is_suspended = true;
	MHD_suspend_connection(call->connection->mhd);
}

static void request_end(void *context)
{
	struct call *call = context;
	call->is_ready = true;
	body_drop(call);
	if (call->is_suspended)
		MHD_resume_connection(call->connection->mhd);
	call_release(call);
}

bool call_begin(struct call *call)
{
	struct exchange *x = &call->exchange;
	connection_phase(call->connection, PHASE_ANSWERING);
	x->bytes = call->body.length ? call->body.text : "";
	x->has_bytes = call->body.length == x->byte_count;
	x->rq.gentle_ms = call->in_company ? quarter_ms(call->calls) : 0;
	x->rq.silence_ms = quarter_ms(call->calls);
	call->references++;
	if (!task_start(request_work, request_left, request_end, call))
		return false;
	body_drop(call);
	call_release(call);
	return true;
}

void call_hand_over(struct call *call, struct _u_response *response)
{
	struct exchange *x = &call->exchange;
	response->status = x->status;
	call->is_answered = true;
	if (x->stream.read) {
		call->stream = x->stream;
		x->stream = (struct stream){0};
		call->references++;
		set_send_buffer(call, 2 * AHEAD_BLOCK);
		ulfius_set_stream_response(response, (unsigned int)x->status, stream_read, stream_close,
					   call->stream.length ? call->stream.length : U_STREAM_SIZE_UNKNOWN,
					   STREAM_BLOCK, call);
		return;
	}
	call->bytes = x->body.length;
	if (x->body.length)
		response->binary_body = buffer_take(&x->body, &response->binary_body_length);
}
