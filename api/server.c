/* The HTTP library's callbacks, what is put between it and ulfius, and start and stop. All connections but
   the administrator's are served by the event loop's thread. */
#include "server.h"

#include "admission.h"
#include "call.h"
#include "connection.h"
#include "log.h"
#include "loop.h"
#include "metrics.h"
#include "pages.h"
#include "pipeline.h"
#include "task.h"

#include <dlfcn.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <ulfius.h>
#include <unistd.h>

#define CONNECTION_MEMORY 16384
#define ADMIN_STACK_SIZE  (256 * 1024)
#define WORKERS_MORE      8 /* than the places at work: for streams */
#define WORKERS_MAX       1024
#define DESCRIPTORS_KEPT  128 /* for the database, files and the log */
#define URL               "/" /* what the library is told of each request: we route, and its way takes longer */
#define BACKLOG           4096 /* connections that wait to be accepted; the kernel has a bound of its own */

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
	struct calls calls;
};

/* The call whose request the library is being given, on the loop's thread. */
static struct call *current;

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
			loop_watch(listener->server->calls.loop, connection->fd, connection);
		return;
	}
	if (connection && connection->call)
		call_end(connection->call, false);
	if (connection)
		connection_closed(connection);
	if (!listener->is_admin)
		loop_again(listener->server->calls.loop); /* one more may be accepted */
	*socket_context = NULL;
}

static void *on_request_line(void *context, const char *target, struct MHD_Connection *mhd)
{
	struct listener *listener = context;
	struct connection *connection = connection_of(mhd);
	if (connection && !connection->call) {
		connection->call = call_new(connection, &listener->server->calls, target);
		connection_phase(connection, PHASE_RECEIVING);
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

/* ---- requests and answers ---- */

static int answer(const struct _u_request *request, struct _u_response *response, void *context)
{
	(void)request, (void)context;
	if (!current)
		return U_CALLBACK_ERROR;
	call_hand_over(current, response);
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

/* request_head - what the head says, for the body or for the whole, whichever comes first. */
static void request_head(struct call *call, const char *method)
{
	struct exchange *x = &call->exchange;
	x->method = arena_strdup(x->arena, method);
	x->rq.network = call->connection->network;
	read_headers(x, call->connection->mhd);
}

static void request_piece(struct call *call, const char *method, const char *bytes, size_t count)
{
	loop_again(call->calls->loop);
	if (!call->exchange.byte_count) {
		request_head(call, method);
		call->body_room = pipeline_body_room(&call->exchange);
	}
	call_body_add(call, bytes, count);
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
	if (!call || (!call->has_begun && loop_is_ending(call->calls->loop)))
		return MHD_NO;
	if (!call->has_head) {
		call->has_head = true;
		connection_head(connection);
		return library_handler(context, mhd, URL, method, version, bytes, byte_count, request);
	}
	if (*byte_count) {
		request_piece(call, method, bytes, *byte_count);
		*byte_count = 0;
		return MHD_YES;
	}
	if (!call->has_begun) {
		call->has_begun = true;
		if (!call->exchange.byte_count)
			request_head(call, method);
		call->is_ready = call_begin(call);
	}
	if (!call->is_ready) {
		call->has_waited = true;
		return MHD_YES;
	}
	if (call->has_waited) /* what was not answered at once is written by another run of the library */
		loop_again(call->calls->loop);
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
	if (call && call->is_answered && !call->exchange.close && atomic_load(&call->calls->is_draining))
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
	int yes = 1, no = 0, send_buffer = CONNECTION_SEND_BUFFER;
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
	/* the default one alone: each that is listed is cut up, compared and copied at every request */
	if (ulfius_set_default_endpoint(&listener->instance, listener->is_admin ? answer_admin : answer,
					listener) != U_OK ||
	    ulfius_start_framework_with_mhd_options(&listener->instance, flags, items) != U_OK) {
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
	struct loop *loop = loop_new(server->options.pool,
				     &(struct loop_hooks){connection_hung_up, connections_check, is_busy});
	calls_start(&server->calls, &server->options, loop);
	TRY(listener_start(arena, main, server->options.bind));
	if (!library_handler)
		return start_failed(
			arena, "the HTTP library was not started through MHD_start_daemon of this program");
	loop_start(loop, main->instance.mhd_daemon);
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
	if (server->calls.loop)
		loop_free(server->calls.loop);
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
	struct problem *problem = listen_and_serve(arena, server);
	if (problem) {
		if (server->calls.loop)
			loop_stop(server->calls.loop, 0);
		server_free(server);
		return problem;
	}
	*ret = server;
	return NULL;
}

void server_drain(struct server *server)
{
	atomic_store(&server->calls.is_draining, true);
	pages_drain();
}

/* Requests are waited for, connections are not: an idle one would never go away. */
void server_stop(struct server *server)
{
	server_drain(server);
	if (!loop_stop(server->calls.loop, (int64_t)server->options.drain_seconds * 1000))
		log_event(LOG_LEVEL_WARNING, "drain_incomplete", (char *)NULL);
	server_free(server);
}
