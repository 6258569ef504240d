/* The HTTP library's callbacks, and start and stop.

   All connections are served by the event loop's thread. A request whose head and body have come is a task:
   while it waits for the database or works elsewhere its connection is suspended, and the library builds the
   answer when it has ended. So a call needs no lock of its own: it belongs to the loop, and its exchange to
   the task until that has ended, which may be after the client is gone. */
#include "server.h"

#include "admission.h"
#include "clock.h"
#include "connection.h"
#include "log.h"
#include "loop.h"
#include "metrics.h"
#include "pages.h"
#include "pipeline.h"
#include "shares.h"
#include "task.h"

#include <dlfcn.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <ulfius.h>
#include <unistd.h>

#define STREAM_BLOCK      16384 /* of the library, for each stream */
#define AHEAD_BLOCK       65536 /* of ours, for one that waits */
#define CONNECTION_MEMORY 16384
#define ADMIN_STACK_SIZE  (256 * 1024)
#define WORKERS_MORE      8 /* than the places at work: for streams */
#define WORKERS_MAX       1024
#define SEND_BUFFER       16384 /* of a connection: slow readers must not fill the kernel's memory for all */
#define DESCRIPTORS_KEPT  128   /* for the database, files and the log */
#define BODIES_MAX        64    /* of the largest size, held at a time; some more than find a place at work */
#define SMALL_BODY        8192  /* is held in any case: what is written by hand goes on while files wait */
#define URL               "/" /* what the library is told of each request: we route, and its way takes longer */
#define BACKLOG           4096  /* connections that wait to be accepted; the kernel has a bound of its own */
#define COMPANY_US        50000 /* a request that came so lately is company for an export */
#define REST_MAX_US       5000  /* of such a stream, after each reading */

struct listener {
	struct server *server;
	bool is_admin, is_started;
	int fd, port;
	struct _u_instance instance;
};

struct server {
	struct server_options options;
	char *public_url;
	struct listener main, admin;
	struct loop *loop;
	atomic_bool draining;
	atomic_int_fast64_t asked; /* when the last request began, microseconds, monotonic */
	struct shares bodies;      /* bytes that each network has of those of large bodies */
};

/* One request on a connection. It lives until the library has ended with it and its stream is closed. */
struct call {
	struct exchange exchange;
	struct server *server;
	struct connection *connection;
	struct buffer body;
	size_t body_room; /* for how long a body; 0: none of it is kept */
	bool has_head, has_begun, has_waited, is_suspended, in_company,
		is_ready; /* is_ready: the exchange holds the answer */
	struct stream stream;
	char *block; /* of a stream that waits: what a worker read ahead */
	long block_length, block_sent;
	bool has_block;
	int64_t started; /* microseconds, monotonic */
	uint64_t bytes;
	int references;
	bool is_answered, has_failed;
};

/* The call whose request the library is being given, on the loop's thread. */
static struct call *current;

static int64_t monotonic_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- the log of the libraries ---- */

/* The library's own logger would use the client's path as a format; here the line is formatted once and is
 * data ever after. */
static void log_library(void *unused, const char *format, va_list arguments)
{
	char line[1024];
	(void)unused;
	vsnprintf(line, sizeof line, format, arguments);
	line[strcspn(line, "\r\n")] = 0;
	log_event(LOG_LEVEL_DEBUG, "http_library", "line", line, (char *)NULL);
}

static void log_yder(void *unused, const char *application, const time_t date, const unsigned long level,
		     const char *message)
{
	(void)unused, (void)application, (void)date;
	log_event(level & Y_LOG_LEVEL_ERROR ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG, "ulfius", "line", message,
		  (char *)NULL);
}

/* quarter_ms - of the time that a stream may take: so long it spares others, and waits for what feeds it. */
static int quarter_ms(const struct server *server)
{
	return server->options.write_timeout_ms / 4;
}

/* ---- a call ---- */

static struct call *call_new(struct connection *connection, struct server *server, const char *target)
{
	struct arena *arena = arena_new();
	struct call *call = arena_alloc(arena, sizeof *call);
	call->server = server;
	call->connection = connection;
	call->started = monotonic_us();
	if (!connection->is_admin)
		call->in_company =
			call->started - atomic_exchange(&server->asked, call->started) < COMPANY_US;
	call->references = 1;
	call->exchange.arena = arena;
	call->exchange.options = &server->options;
	call->exchange.raw_target = arena_strdup(arena, target);
	call->exchange.method = "";
	return call;
}

/* How many bytes of bodies are held at a time. */
static int64_t bodies_most(const struct server_options *options)
{
	return (int64_t)options->body_limit * BODIES_MAX;
}

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
	shares_give(&call->server->bodies, call->exchange.rq.network, body_share(call->body.length));
	buffer_free(&call->body);
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

static void call_end(struct call *call, bool is_complete)
{
	int64_t microseconds = monotonic_us() - call->started;
	int status = call->is_answered ? call->exchange.status : 0;
	call->has_failed = call->has_failed || !is_complete;
	if (!call->connection->is_admin) {
		metrics_count(call->exchange.rq.op, call->exchange.method, status, microseconds);
		log_call(call, status, microseconds);
		metrics_in_flight(-1);
	}
	set_send_buffer(call, SEND_BUFFER);
	call->connection->call = NULL;
	call->connection = NULL;
	call_release(call);
}

/* ---- callbacks of the library ---- */

static struct connection *connection_of(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	return info ? info->socket_context : NULL;
}

static void on_connection(void *context, struct MHD_Connection *mhd, void **socket_context,
			  enum MHD_ConnectionNotificationCode code)
{
	const struct listener *listener = context;
	struct connection *connection = *socket_context;
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		*socket_context = connection = connection_accepted(mhd, listener->is_admin);
		if (!listener->is_admin)
			loop_watch(listener->server->loop, connection->fd, connection);
		return;
	}
	if (connection && connection->call)
		call_end(connection->call, false);
	if (connection)
		connection_closed(connection);
	if (!listener->is_admin)
		loop_again(listener->server->loop); /* one more may be accepted */
	*socket_context = NULL;
}

static void *on_request_line(void *context, const char *target, struct MHD_Connection *mhd)
{
	struct listener *listener = context;
	struct connection *connection = connection_of(mhd);
	if (connection && !connection->call) {
		connection->call = call_new(connection, listener->server, target);
		connection_phase(connection, PHASE_RECEIVING);
		if (!connection->is_admin)
			metrics_in_flight(1);
	}
	return ulfius_uri_logger(context, connection && !connection->is_admin ? URL : target);
}

static void on_completed(void *context, struct MHD_Connection *mhd, void **request,
			 enum MHD_RequestTerminationCode code)
{
	struct connection *connection = connection_of(mhd);
	if (connection && connection->call) {
		call_end(connection->call, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
		connection_phase(connection, PHASE_IDLE);
	}
	mhd_request_completed(context, mhd, request, code);
}

struct header_list {
	struct arena *arena;
	struct header *headers;
	size_t count, capacity;
};

static enum MHD_Result collect_header(void *context, enum MHD_ValueKind kind, const char *name,
				      const char *value)
{
	struct header_list *list = context;
	(void)kind;
	if (list->count < list->capacity)
		list->headers[list->count++] = (struct header){arena_strdup(list->arena, name),
							       arena_strdup(list->arena, value ? value : "")};
	return MHD_YES;
}

/* What the library beneath ulfius has of its own name, behind ours. */
static struct {
	enum MHD_Result (*queue_response)(struct MHD_Connection *, unsigned int, struct MHD_Response *);
	int (*get_connection_values)(struct MHD_Connection *, enum MHD_ValueKind, MHD_KeyValueIterator,
				     void *);
} beneath;

/* The fields as the client sent them, repeated ones one by one: the library's map would join or drop them. */
static void read_headers(struct exchange *x, struct MHD_Connection *mhd)
{
	int count = beneath.get_connection_values(mhd, MHD_HEADER_KIND, NULL, NULL);
	struct header_list list = {.arena = x->arena, .capacity = count > 0 ? (size_t)count : 0};
	list.headers = arena_alloc(x->arena, (list.capacity + 1) * sizeof *list.headers);
	beneath.get_connection_values(mhd, MHD_HEADER_KIND, collect_header, &list);
	x->headers = list.headers;
	x->header_count = list.count;
}

/* ---- streams ---- */

/* rest - such a stream keeps a processor of the database, and half of one here, busy for as long as it lasts.
   While others ask for something it rests as long as it worked, so that who waits for an answer finds a
   processor that is free, or soon will be; but only while it has time. */
static void rest(const struct call *call, int64_t worked)
{
	int64_t now = monotonic_us();
	int64_t asked = atomic_load_explicit(&call->server->asked, memory_order_relaxed);
	bool is_late = now - call->started > quarter_ms(call->server) * INT64_C(1000);
	if (asked <= call->started || now - asked > COMPANY_US || is_late ||
	    loop_is_ending(call->server->loop))
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
	if (!call->has_block && loop_is_ending(call->server->loop))
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
		loop_again(call->server->loop);
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

/* ---- answers ---- */

static void hand_over(struct call *call, struct _u_response *response)
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

static void count_answer(const struct exchange *x)
{
	if (x->problem && x->problem->code == PROBLEM_unauthenticated)
		metrics_refused(x->authorization != NULL);
	if (x->rq.reply.replayed)
		metrics_replayed();
}

static int answer(const struct _u_request *request, struct _u_response *response, void *context)
{
	(void)request, (void)context;
	if (!current)
		return U_CALLBACK_ERROR;
	hand_over(current, response);
	return U_CALLBACK_COMPLETE;
}

/* The admin listener knows one path; it is no part of the API and reachable from this machine alone. */
static int answer_admin(const struct _u_request *request, struct _u_response *response, void *context)
{
	struct listener *listener = context;
	struct buffer text = {0};
	bool is_metrics = strcmp(request->http_url, "/metrics") == 0 &&
			  (strcmp(request->http_verb, "GET") == 0 || strcmp(request->http_verb, "HEAD") == 0);
	response->status = is_metrics ? 200 : 404;
	u_map_put(response->map_header, "Content-Type", "text/plain; version=0.0.4; charset=utf-8");
	u_map_put(response->map_header, "X-Content-Type-Options", "nosniff");
	if (is_metrics)
		metrics_write(&text, &listener->server->options);
	else
		buffer_text(&text, "the only path here is /metrics\n");
	response->binary_body = buffer_take(&text, &response->binary_body_length);
	return U_CALLBACK_COMPLETE;
}

/* ---- requests ---- */

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

/* request_head - what the head says, for the body or for the whole, whichever comes first. */
static void request_head(struct call *call, const char *method)
{
	struct exchange *x = &call->exchange;
	x->method = arena_strdup(x->arena, method);
	x->rq.network = call->connection->network;
	read_headers(x, call->connection->mhd);
}

/* request_begin - head and body have come. True when the answer is there at once. */
static bool request_begin(struct call *call, const char *method)
{
	struct exchange *x = &call->exchange;
	connection_phase(call->connection, PHASE_ANSWERING);
	if (!x->byte_count)
		request_head(call, method);
	x->bytes = call->body.length ? call->body.text : "";
	x->has_bytes = call->body.length == x->byte_count;
	x->rq.gentle_ms = call->in_company ? quarter_ms(call->server) : 0;
	x->rq.silence_ms = quarter_ms(call->server);
	call->references++;
	if (!task_start(request_work, request_left, request_end, call))
		return false;
	body_drop(call);
	call_release(call);
	return true;
}

/* body_fits - whether there is room for so many bytes more. What is small always fits; of what is large one
   network gets half, so that it cannot keep all from everybody else. */
static bool body_fits(struct call *call, size_t count)
{
	struct server *server = call->server;
	size_t length = call->body.length + count;
	if (length > call->body_room)
		return false;
	if (length <= SMALL_BODY)
		return true;
	return metrics_body_bytes(0) + (int64_t)count <= bodies_most(&server->options) &&
	       shares_take(&server->bodies, call->exchange.rq.network,
			   body_share(length) - body_share(call->body.length));
}

/* body_add - whole or not at all: a stranger, who may be slow, shall not make us hold what nobody reads. */
static void body_add(struct call *call, const char *bytes, size_t count)
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

/* The library's own function of each request; it keeps it to itself. */
static MHD_AccessHandlerCallback library_handler;

/* handle - called when the head has come, with each piece of the body, when all has come, and from then on at
   each turn until there is an answer. The library is told of the first and of the last: it builds the answer
   then. */
static enum MHD_Result handle(void *context, struct MHD_Connection *mhd, const char *url, const char *method,
			      const char *version, const char *bytes, size_t *byte_count, void **request)
{
	(void)url;
	struct connection *connection = connection_of(mhd);
	struct call *call = connection ? connection->call : NULL;
	if (!call || (!call->has_begun && loop_is_ending(call->server->loop)))
		return MHD_NO;
	if (!call->has_head) {
		call->has_head = true;
		connection_head(connection);
		return library_handler(context, mhd, URL, method, version, bytes, byte_count, request);
	}
	if (*byte_count) {
		loop_again(call->server->loop);
		if (!call->exchange.byte_count) {
			request_head(call, method);
			call->body_room = pipeline_body_room(&call->exchange);
		}
		body_add(call, bytes, *byte_count);
		*byte_count = 0;
		return MHD_YES;
	}
	if (!call->has_begun) {
		call->has_begun = true;
		call->is_ready = request_begin(call, method);
	}
	if (!call->is_ready) {
		call->has_waited = true;
		return MHD_YES;
	}
	if (call->has_waited) /* what was not answered at once is written by another run of the library */
		loop_again(call->server->loop);
	current = call;
	enum MHD_Result result =
		library_handler(context, mhd, URL, method, version, bytes, byte_count, request);
	current = NULL;
	return result;
}

/* Ulfius starts the daemon with its own handler and cannot let a connection wait. Its call finds this
   function before that of the library beneath, and so the loop's daemon gets our handler, which calls the
   other. */
struct MHD_Daemon *MHD_start_daemon(unsigned int flags, uint16_t port, MHD_AcceptPolicyCallback policy,
				    void *policy_context, MHD_AccessHandlerCallback handler,
				    void *handler_context, ...)
{
	va_list options;
	if (flags & MHD_USE_EPOLL) {
		library_handler = handler;
		handler = handle;
	}
	va_start(options, handler_context);
	struct MHD_Daemon *daemon =
		MHD_start_daemon_va(flags, port, policy, policy_context, handler, handler_context, options);
	va_end(options);
	return daemon;
}

static void add_field(const struct call *call, struct MHD_Response *response, const char *name,
		      const char *value)
{
	if (MHD_add_response_header(response, name, value) != MHD_YES)
		log_event(LOG_LEVEL_ERROR, "header_refused", "name", name, "request_id",
			  call->exchange.trace_id, (char *)NULL);
}

/* The fields of our answers go into the answer of the library beneath as it is handed over: ulfius's map
   would look for each among those before it and copy each twice more. Its call finds this function first,
   too. Whether the connection ends is known no sooner: the service may have been told to stop since the
   request began. */
enum MHD_Result MHD_queue_response(struct MHD_Connection *mhd, unsigned int status,
				   struct MHD_Response *response)
{
	const struct connection *connection = connection_of(mhd);
	const struct call *call = connection ? connection->call : NULL;
	for (size_t i = 0; call && call->is_answered && i < call->exchange.answer_count; i++) {
		const struct header *field = &call->exchange.answer[i];
		add_field(call, response, field->name, field->value);
	}
	if (call && call->is_answered && !call->exchange.close && atomic_load(&call->server->draining))
		add_field(call, response, "Connection", "close");
	return beneath.queue_response(mhd, status, response);
}

/* What the client sent: ulfius would copy each of it into maps that nobody reads, and asks through this. */
int MHD_get_connection_values(struct MHD_Connection *mhd, enum MHD_ValueKind kind,
			      MHD_KeyValueIterator iterator, void *context)
{
	(void)mhd, (void)kind, (void)iterator, (void)context;
	return 0;
}

/* TLS ends at the proxy, and libpq has OpenSSL. What GnuTLS, which the library beneath brings along, makes
   ready at the start of a program would be a megabyte that nobody uses. Who wants GnuTLS in this process
   takes these two away first. */
GNUTLS_SKIP_GLOBAL_INIT

int gnutls_global_init(void)
{
	return GNUTLS_E_SUCCESS;
}

static void find_beneath(const char *name, void *ret)
{
	void *found = dlsym(RTLD_NEXT, name);
	if (!found)
		abort();
	memcpy(ret, &found, sizeof found);
}

/* ---- start ---- */

static struct problem *start_failed(struct arena *arena, const char *cause)
{
	struct problem *problem = problem_new(arena, PROBLEM_internal, NULL, NULL);
	problem->cause = cause;
	return problem;
}

static struct problem *open_socket(struct arena *arena, const char *address, int port, int *ret_fd,
				   int *ret_port)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_PASSIVE, .ai_socktype = SOCK_STREAM},
			*found = NULL;
	char service[16];
	int yes = 1, no = 0, send_buffer = SEND_BUFFER;
	snprintf(service, sizeof service, "%d", port);
	if (getaddrinfo(address, service, &hints, &found) != 0) {
		struct problem *problem =
			start_failed(arena, arena_printf(arena, "%s is no address to listen on", address));
		problem->is_setup = true;
		return problem;
	}
	int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool bound = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0;
	bound = bound && setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer) == 0;
	if (bound && found->ai_family == AF_INET6)
		bound = setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no) == 0;
	bound = bound && bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0;
	int error = errno;
	freeaddrinfo(found);
	if (!bound) {
		if (fd >= 0)
			close(fd);
		return start_failed(
			arena, arena_printf(arena, "cannot listen on %s port %d: %s", address, port,
					    error == EADDRINUSE ? "the port is in use" : strerror(error)));
	}
	struct sockaddr_storage name = {0};
	socklen_t length = sizeof name;
	getsockname(fd, (struct sockaddr *)&name, &length);
	*ret_port = ntohs(name.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&name)->sin6_port
						     : ((struct sockaddr_in *)&name)->sin_port);
	*ret_fd = fd;
	return NULL;
}

static struct problem *listener_start(struct arena *arena, struct listener *listener, const char *address)
{
	const struct server_options *options = &listener->server->options;
	int limit = listener->is_admin ? 16 : options->max_connections;
	int per_ip = listener->is_admin ? 0 : options->max_connections_per_ip;
	int longest = options->body_timeout_ms > options->idle_timeout_ms ? options->body_timeout_ms
									  : options->idle_timeout_ms;
	struct MHD_OptionItem items[] = {
		{MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)log_library,
		 NULL}, /* first: it covers the start itself */
		{MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, NULL},
		{MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)on_request_line, listener},
		{MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, listener},
		{MHD_OPTION_LISTEN_SOCKET, listener->fd, NULL},
		{MHD_OPTION_CONNECTION_TIMEOUT, (longest + 999) / 1000 + 1, NULL},
		{MHD_OPTION_CONNECTION_LIMIT, limit, NULL},
		{MHD_OPTION_PER_IP_CONNECTION_LIMIT, per_ip, NULL},
		{MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL},
		{MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
		{listener->is_admin ? MHD_OPTION_THREAD_STACK_SIZE : MHD_OPTION_END, ADMIN_STACK_SIZE, NULL},
		{MHD_OPTION_END, 0, NULL},
	};
	unsigned int flags = MHD_USE_ERROR_LOG;
	flags |= listener->is_admin ? MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL |
					      MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ITC
				    : MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
	if (strchr(address, ':'))
		flags |= MHD_USE_DUAL_STACK;
	if (ulfius_init_instance(&listener->instance, (unsigned int)listener->port, NULL, NULL) != U_OK)
		return start_failed(arena, "the HTTP library cannot be set up");
	listener->instance.allowed_post_processor = U_POST_PROCESS_NONE;
	ulfius_add_endpoint_by_val(&listener->instance, "*", NULL, "/*", 0,
				   listener->is_admin ? answer_admin : answer, listener);
	ulfius_set_default_endpoint(&listener->instance, listener->is_admin ? answer_admin : answer,
				    listener);
	if (ulfius_start_framework_with_mhd_options(&listener->instance, flags, items) != U_OK) {
		ulfius_clean_instance(&listener->instance);
		return start_failed(arena, arena_printf(arena, "the HTTP library does not start on port %d",
							listener->port));
	}
	listener->is_started = true;
	listener->fd = -1; /* the library's now, which closes it */
	return NULL;
}

static void listener_stop(struct listener *listener)
{
	if (listener->is_started) {
		ulfius_stop_framework(&listener->instance);
		ulfius_clean_instance(&listener->instance);
	}
	listener->is_started = false;
	if (listener->fd >= 0)
		close(listener->fd);
	listener->fd = -1;
}

static void set_public_url(struct server *server)
{
	const char *given = server->options.public_url;
	char text[64];
	snprintf(text, sizeof text, "http://127.0.0.1:%d", server->main.port);
	server->public_url = strdup(given && *given ? given : text);
	if (!server->public_url)
		abort();
	size_t length = strlen(server->public_url);
	if (length && server->public_url[length - 1] == '/')
		server->public_url[length - 1] = 0;
	server->options.public_url = server->public_url;
}

/* As many descriptors as the system lets this process have; connections that would find none are not taken:
   they wait to be accepted instead. */
static void fit_descriptors(struct server_options *options)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		getrlimit(RLIMIT_NOFILE, &limit);
	rlim_t room = limit.rlim_cur > 2 * DESCRIPTORS_KEPT ? limit.rlim_cur - DESCRIPTORS_KEPT
							    : limit.rlim_cur / 2;
	if ((rlim_t)options->max_connections <= room)
		return;
	options->max_connections = (int)room;
	char text[16];
	snprintf(text, sizeof text, "%d", options->max_connections);
	log_event(LOG_LEVEL_WARNING, "few_descriptors", "max_connections", text, (char *)NULL);
}

static bool is_busy(void)
{
	return metrics_in_flight(0) > 0;
}

static struct problem *listen_and_serve(struct arena *arena, struct server *server)
{
	struct listener *main = &server->main, *admin = &server->admin;
	TRY(open_socket(arena, server->options.bind, server->options.port, &main->fd, &main->port));
	TRY(open_socket(arena, "127.0.0.1", server->options.admin_port, &admin->fd, &admin->port));
	set_public_url(server);
	pages_start(&server->options);
	server->loop = loop_new(server->options.pool,
				&(struct loop_hooks){connection_hung_up, connections_check, is_busy});
	TRY(listener_start(arena, main, server->options.bind));
	if (!library_handler)
		return start_failed(
			arena, "the HTTP library was not started through MHD_start_daemon of this program");
	loop_start(server->loop, main->instance.mhd_daemon);
	return listener_start(arena, admin, "127.0.0.1");
}

/* As many as there are places at work, so that whoever was admitted finds one. */
static int worker_limit(const struct server_options *options)
{
	bool is_bounded = options->max_reads > 0 && options->max_writes > 0;
	int64_t wanted = (int64_t)options->max_reads + options->max_writes + WORKERS_MORE;
	return is_bounded && wanted < WORKERS_MAX ? (int)wanted : WORKERS_MAX;
}

static void server_free(struct server *server)
{
	listener_stop(&server->main);
	listener_stop(&server->admin);
	if (server->loop)
		loop_free(server->loop);
	tasks_stop();
	log_flush();
	connections_stop();
	pages_stop();
	metrics_stop();
	route_stop();
	free(server->public_url);
	free(server);
}

struct problem *server_start(struct arena *arena, const struct server_options *options, struct server **ret)
{
	struct server *server = calloc(1, sizeof *server);
	if (!server)
		abort();
	server->options = *options;
	fit_descriptors(&server->options);
	server->main = (struct listener){.server = server, .fd = -1};
	server->admin = (struct listener){.server = server, .fd = -1, .is_admin = true};
	y_set_logs_callback(log_yder, NULL, "allianced");
	y_init_logs("allianced", Y_LOG_MODE_CALLBACK, Y_LOG_LEVEL_WARNING, NULL, NULL);
	json_object_seed(0);
	find_beneath("MHD_queue_response", &beneath.queue_response);
	find_beneath("MHD_get_connection_values", &beneath.get_connection_values);
	route_start();
	metrics_start();
	connections_start(&server->options);
	tasks_start(worker_limit(&server->options));
	bool by_network = server->options.max_connections_per_ip > 0;
	admission_start(server->options.max_reads, server->options.max_writes, by_network);
	shares_start(&server->bodies, by_network ? bodies_most(&server->options) / 2 : 0);
	struct problem *problem = listen_and_serve(arena, server);
	if (problem) {
		if (server->loop)
			loop_stop(server->loop, 0);
		server_free(server);
		return problem;
	}
	*ret = server;
	return NULL;
}

void server_drain(struct server *server)
{
	atomic_store(&server->draining, true);
	pages_drain();
}

/* Requests are waited for, connections are not: an idle one would never go away. */
void server_stop(struct server *server)
{
	server_drain(server);
	if (!loop_stop(server->loop, (int64_t)server->options.drain_seconds * 1000))
		log_event(LOG_LEVEL_WARNING, "drain_incomplete", (char *)NULL);
	server_free(server);
}
