/* Phases and deadlines. The library's own time-out sees only inactivity: a client that sends a byte a second
 * outlives it. */
#include "connection.h"

#include "clock.h"
#include "log.h"
#include "memory.h"

#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define TICK_MS      100
#define HUNG_TURNS   4    /* the library may have to say 100 Continue before it takes a body that is there */
#define GIVE_BACK_MS 5000 /* what requests that ended have freed */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static struct connection *all;
static struct connection *hung; /* the loop's thread alone */
static struct server_options limits;
static pthread_t thread;
static bool stopping, answered; /* answered: a request since memory was last given back */

static uint64_t network_of(const struct sockaddr_storage *address)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
	const uint8_t *bytes = v6->sin6_addr.s6_addr;
	uint64_t prefix;
	if (address->ss_family == AF_INET)
		return v4->sin_addr.s_addr;
	if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr) || IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr)) {
		uint32_t host;
		memcpy(&host, bytes + 12, sizeof host);
		return host;
	}
	memcpy(&prefix, bytes, sizeof prefix); /* /64 */
	return prefix;
}

/* The address as the kernel gave it, with room for IPv6: the HTTP library's own copy is cut at sixteen bytes.
 */
static void read_peer(struct connection *connection)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof address;
	strcpy(connection->peer, "unknown");
	if (getpeername(connection->fd, (struct sockaddr *)&address, &length) != 0)
		return;
	if (address.ss_family != AF_INET && address.ss_family != AF_INET6)
		return;
	connection->network = network_of(&address);
	getnameinfo((struct sockaddr *)&address, length, connection->peer, sizeof connection->peer, NULL, 0,
		    NI_NUMERICHOST);
	if (strncmp(connection->peer, "::ffff:", 7) == 0 && strchr(connection->peer, '.'))
		memmove(connection->peer, connection->peer + 7, strlen(connection->peer + 7) + 1);
}

struct connection *connection_accepted(struct MHD_Connection *mhd, bool is_admin)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct connection *connection = calloc(1, sizeof *connection);
	if (!connection || !info)
		abort();
	connection->mhd = mhd;
	connection->fd = info->connect_fd;
	connection->is_admin = is_admin;
	connection->since = clock_monotonic_ms();
	read_peer(connection);
	pthread_mutex_lock(&mutex);
	connection->next = all;
	connection->link = &all;
	if (all)
		all->link = &connection->next;
	all = connection;
	pthread_mutex_unlock(&mutex);
	return connection;
}

static void hung_remove(struct connection *connection)
{
	*connection->hung_link = connection->hung_next;
	if (connection->hung_next)
		connection->hung_next->hung_link = connection->hung_link;
	connection->hung_up = false;
}

void connection_closed(struct connection *connection)
{
	if (connection->hung_up)
		hung_remove(connection);
	pthread_mutex_lock(&mutex);
	*connection->link = connection->next;
	if (connection->next)
		connection->next->link = connection->link;
	pthread_mutex_unlock(&mutex);
	free(connection);
}

void connection_phase(struct connection *connection, enum phase phase)
{
	pthread_mutex_lock(&mutex);
	connection->phase = phase;
	connection->has_head = false;
	connection->since = clock_monotonic_ms();
	connection->served = connection->served || phase == PHASE_IDLE;
	answered = answered || phase == PHASE_IDLE;
	pthread_mutex_unlock(&mutex);
}

void connection_hung_up(void *context)
{
	struct connection *connection = context;
	connection->hung_up = true;
	connection->hung_next = hung;
	connection->hung_link = &hung;
	if (hung)
		hung->hung_link = &connection->hung_next;
	hung = connection;
}

bool connections_check(void)
{
	char byte;
	bool again = false;
	for (struct connection *connection = hung, *next; connection; connection = next) {
		next = connection->hung_next;
		if (connection->phase == PHASE_ANSWERING) {
			connection->hung_turns = 0;
			continue;
		}
		if (recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0)
			continue;
		if (++connection->hung_turns < HUNG_TURNS) {
			again = true;
			continue;
		}
		hung_remove(connection);
		shutdown(connection->fd, SHUT_RDWR); /* which the library does notice */
	}
	return again;
}

void connection_head(struct connection *connection)
{
	pthread_mutex_lock(&mutex);
	connection->has_head = true;
	pthread_mutex_unlock(&mutex);
}

static int64_t deadline(const struct connection *connection)
{
	switch (connection->phase) {
	case PHASE_IDLE:
		return connection->since +
		       (connection->served ? limits.idle_timeout_ms : limits.header_timeout_ms);
	case PHASE_RECEIVING:
		return connection->since +
		       (connection->has_head ? limits.body_timeout_ms : limits.header_timeout_ms);
	case PHASE_ANSWERING:
	default:
		return connection->since + limits.write_timeout_ms;
	}
}

/* What is told of a cut when nobody waits for the mutex any more: a log may be slow. */
struct cut {
	enum phase phase;
	char peer[64];
};

static size_t cut_the_late(int64_t now, struct cut **ret)
{
	size_t count = 0, capacity = 0;
	struct cut *cuts = NULL;
	for (struct connection *connection = all; connection; connection = connection->next) {
		if (connection->cut || now < deadline(connection))
			continue;
		connection->cut = true;
		shutdown(connection->fd, SHUT_RDWR);
		if (connection->phase == PHASE_IDLE)
			continue;
		if (count == capacity) {
			capacity = capacity ? 2 * capacity : 64;
			cuts = realloc(cuts, capacity * sizeof *cuts);
			if (!cuts)
				abort();
		}
		cuts[count].phase = connection->phase;
		memcpy(cuts[count++].peer, connection->peer, sizeof connection->peer);
	}
	*ret = cuts;
	return count;
}

static void tell_of_cuts(struct cut *cuts, size_t count)
{
	static const char *const phases[] = {"idle", "receiving", "answering"};
	for (size_t i = 0; i < count; i++)
		log_event(LOG_LEVEL_INFO, "connection_cut", "phase", phases[cuts[i].phase], "peer",
			  cuts[i].peer, (char *)NULL);
	free(cuts);
}

/* Without the mutex, for it takes a moment: nobody's change of phase waits for it. */
static void give_back(void)
{
	answered = false;
	pthread_mutex_unlock(&mutex);
	memory_give_back();
	pthread_mutex_lock(&mutex);
}

static void *reap(void *unused)
{
	int64_t given_back = clock_monotonic_ms();
	(void)unused;
	pthread_mutex_lock(&mutex);
	while (!stopping) {
		int64_t now = clock_monotonic_ms();
		struct cut *cuts;
		size_t count = cut_the_late(now, &cuts);
		if (count) {
			pthread_mutex_unlock(&mutex);
			tell_of_cuts(cuts, count);
			pthread_mutex_lock(&mutex);
			continue; /* it may be time to stop */
		}
		if (answered && now - given_back >= GIVE_BACK_MS) {
			give_back();
			given_back = now;
			continue; /* it may be time to stop */
		}
		clock_wait(&wake, &mutex, TICK_MS);
	}
	pthread_mutex_unlock(&mutex);
	return NULL;
}

void connections_start(const struct server_options *options)
{
	limits = *options;
	stopping = false;
	if (pthread_create(&thread, NULL, reap, NULL) != 0)
		abort();
}

void connections_stop(void)
{
	pthread_mutex_lock(&mutex);
	stopping = true;
	pthread_cond_signal(&wake);
	pthread_mutex_unlock(&mutex);
	pthread_join(thread, NULL);
}
