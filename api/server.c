/* The HTTP library's callbacks, and start and stop.
   Everything of one connection happens on one thread (a thread per connection), so a call needs no lock of
   its own. */
#include "server.h"

#include "admission.h"
#include "clock.h"
#include "connection.h"
#include "log.h"
#include "metrics.h"
#include "pages.h"
#include "pipeline.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <ulfius.h>
#include <unistd.h>

#define STREAM_BLOCK      16384
#define CONNECTION_MEMORY 16384
#define STACK_SIZE        (1024 * 1024)
#define SEND_BUFFER       16384 /* of a connection: slow readers must not fill the kernel's memory for all */
#define DESCRIPTORS_KEPT  128   /* for the database, files and the log */
#define BACKLOG           4096  /* connections that wait to be accepted; the kernel has a bound of its own */

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
	atomic_bool draining;
};

/* One request on a connection. It lives until the library has ended with it and its stream is closed. */
struct call {
	struct exchange exchange;
	struct server *server;
	struct connection *connection;
	void *library; /* the library's own part, until it is told that the request has ended */
	struct stream stream;
	int64_t started; /* microseconds, monotonic */
	uint64_t bytes;
	int references;
	bool is_answered, has_failed;
};

static _Thread_local struct call *current;

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

/* ---- a call ---- */

static struct call *call_new(struct connection *connection, struct server *server, const char *target)
{
	struct arena *arena = arena_new();
	struct call *call = arena_alloc(arena, sizeof *call);
	call->server = server;
	call->connection = connection;
	call->started = monotonic_us();
	call->references = 1;
	call->exchange.arena = arena;
	call->exchange.options = &server->options;
	call->exchange.raw_target = arena_strdup(arena, target);
	call->exchange.method = "";
	return call;
}

static void call_release(struct call *call)
{
	if (--call->references == 0)
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
	call->connection->call = NULL;
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
		*socket_context = connection_accepted(mhd, listener->is_admin);
		return;
	}
	if (connection && connection->call)
		call_end(connection->call, false);
	if (connection)
		connection_closed(connection);
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
	current = connection ? connection->call : NULL;
	void *library = ulfius_uri_logger(context, target);
	if (current)
		current->library = library;
	return library;
}

static void on_completed(void *context, struct MHD_Connection *mhd, void **request,
			 enum MHD_RequestTerminationCode code)
{
	struct connection *connection = connection_of(mhd);
	if (connection && connection->call) {
		call_end(connection->call, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
		connection_phase(connection, PHASE_IDLE);
	}
	current = NULL;
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

/* The fields as the client sent them, repeated ones one by one: the library's map would join or drop them. */
static void read_headers(struct exchange *x, struct MHD_Connection *mhd)
{
	int count = MHD_get_connection_values(mhd, MHD_HEADER_KIND, NULL, NULL);
	struct header_list list = {.arena = x->arena, .capacity = count > 0 ? (size_t)count : 0};
	list.headers = arena_alloc(x->arena, (list.capacity + 1) * sizeof *list.headers);
	MHD_get_connection_values(mhd, MHD_HEADER_KIND, collect_header, &list);
	x->headers = list.headers;
	x->header_count = list.count;
}

static ssize_t stream_read(void *context, uint64_t offset, char *out, size_t capacity)
{
	struct call *call = context;
	(void)offset;
	long count = call->stream.read(call->stream.context, out, capacity);
	if (count > 0) {
		call->bytes += (uint64_t)count;
		return count;
	}
	call->has_failed = call->has_failed || count < 0;
	return count == 0 ? U_STREAM_END : U_STREAM_ERROR;
}

static void stream_close(void *context)
{
	struct call *call = context;
	if (call->stream.close)
		call->stream.close(call->stream.context);
	call->stream = (struct stream){0};
	call_release(call);
}

/* The fields into the library's map, which is empty: u_map_put would look for each name among those before it
   and make three lists anew for each. */
static void fill_map(struct _u_map *map, const struct header *fields, size_t count)
{
	o_free(map->keys);
	o_free(map->values);
	o_free(map->lengths);
	map->keys = o_malloc((count + 1) * sizeof *map->keys);
	map->values = o_malloc((count + 1) * sizeof *map->values);
	map->lengths = o_malloc((count + 1) * sizeof *map->lengths);
	if (!map->keys || !map->values || !map->lengths)
		abort();
	for (size_t i = 0; i < count; i++) {
		map->keys[i] = o_strdup(fields[i].name);
		map->values[i] = o_strdup(fields[i].value);
		map->lengths[i] = strlen(fields[i].value) + 1; /* the library counts the end */
		if (!map->keys[i] || !map->values[i])
			abort();
	}
	map->keys[count] = map->values[count] = NULL;
	map->lengths[count] = 0;
	map->nb_values = (int)count;
}

static void hand_over(struct call *call, struct _u_response *response)
{
	struct exchange *x = &call->exchange;
	response->status = x->status;
	fill_map(response->map_header, x->answer, x->answer_count);
	call->is_answered = true;
	if (x->stream.read) {
		call->stream = x->stream;
		call->references++;
		ulfius_set_stream_response(response, (unsigned int)x->status, stream_read, stream_close,
					   x->stream.length ? x->stream.length : U_STREAM_SIZE_UNKNOWN,
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
	struct listener *listener = context;
	struct call *call = current;
	if (!call)
		return U_CALLBACK_ERROR;
	struct exchange *x = &call->exchange;
	connection_phase(call->connection, PHASE_ANSWERING);
	x->method = arena_strdup(x->arena, request->http_verb);
	x->bytes = request->binary_body ? request->binary_body : "";
	x->byte_count = request->binary_body_length;
	x->close = atomic_load(&listener->server->draining);
	x->rq.network = call->connection->network;
	read_headers(x, call->connection->mhd);
	pipeline_run(x);
	count_answer(x);
	hand_over(call, response);
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
	if (getaddrinfo(address, service, &hints, &found) != 0)
		return start_failed(arena, arena_printf(arena, "%s is no address to listen on", address));
	int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
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
		{MHD_OPTION_THREAD_STACK_SIZE, STACK_SIZE, NULL},
		{MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
		{MHD_OPTION_END, 0, NULL},
	};
	unsigned int flags = MHD_USE_ERROR_LOG | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL |
			     MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ITC;
	if (strchr(address, ':'))
		flags |= MHD_USE_DUAL_STACK;
	if (ulfius_init_instance(&listener->instance, (unsigned int)listener->port, NULL, NULL) != U_OK)
		return start_failed(arena, "the HTTP library cannot be set up");
	listener->instance.allowed_post_processor = U_POST_PROCESS_NONE;
	/* one byte more than allowed: the library would cut a longer body in silence, this way the cut can be
	 * seen */
	listener->instance.max_post_body_size = (size_t)options->body_limit + 1;
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

static struct problem *listen_and_serve(struct arena *arena, struct server *server)
{
	struct listener *main = &server->main, *admin = &server->admin;
	TRY(open_socket(arena, server->options.bind, server->options.port, &main->fd, &main->port));
	TRY(open_socket(arena, "127.0.0.1", server->options.admin_port, &admin->fd, &admin->port));
	set_public_url(server);
	pages_start(&server->options);
	TRY(listener_start(arena, main, server->options.bind));
	return listener_start(arena, admin, "127.0.0.1");
}

static void server_free(struct server *server)
{
	listener_stop(&server->main);
	listener_stop(&server->admin);
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
	route_start();
	metrics_start();
	connections_start(&server->options);
	admission_start(server->options.max_reads, server->options.max_writes,
			server->options.max_connections_per_ip > 0);
	struct problem *problem = listen_and_serve(arena, server);
	if (problem) {
		server_free(server);
		return problem;
	}
	*ret = server;
	return NULL;
}

/* Requests are waited for, connections are not: an idle one would never go away. */
void server_stop(struct server *server)
{
	int64_t until = clock_monotonic_ms() + (int64_t)server->options.drain_seconds * 1000;
	atomic_store(&server->draining, true);
	MHD_socket fd = MHD_quiesce_daemon(server->main.instance.mhd_daemon);
	if (fd != MHD_INVALID_SOCKET) {
		close(fd);
		server->main.fd = -1;
	}
	while (metrics_in_flight(0) > 0 && clock_monotonic_ms() < until)
		usleep(10000);
	if (metrics_in_flight(0) > 0)
		log_event(LOG_LEVEL_WARNING, "drain_incomplete", (char *)NULL);
	server_free(server);
}
