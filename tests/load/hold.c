/* hold MODE PORT CONNECTIONS HELD PER_SECOND SECONDS TARGET: as many slow clients as are asked for, each from
   one of many loopback addresses, at most PER_SECOND new ones a second, and each begun anew when the server
   has had enough of it; so that HELD, which is fewer, are there at each moment. MODE is what they do: headers
   (a header line now and then, never the last), body (a byte of it now and then), read (a whole request,
   whose answer is read a few bytes at a time through a small window). SECONDS count from when half of those
   beyond HELD were there, too; then all hang up at once. Prints one JSON object, its times in milliseconds of
   CLOCK_MONOTONIC. It judges nothing: probes of the service's health are the caller's. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PER_ADDRESS 100  /* connections of one source address */
#define PAUSE_MS    2000 /* between two signs of life */
#define EVENTS      512

enum mode { HEADERS, BODY, READ };

struct client {
	int fd; /* -1 while there is none */
	bool connected;
	int64_t next; /* milliseconds: the next sign of life */
};

static struct {
	enum mode mode;
	int port, count, held, per_second, poller;
	const char *target;
	struct client *clients;
	int open, peak, least; /* least: since it was full */
	int64_t full;
	long begun, refused, cut, signs; /* signs of life: what was sent, or read of an answer, since then */
} hold;

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void fail(const char *what)
{
	fprintf(stderr, "hold: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void client_close(struct client *client)
{
	hold.open -= client->connected;
	if (hold.full && hold.open < hold.least)
		hold.least = hold.open;
	close(client->fd);
	client->fd = -1;
	client->connected = false;
}

/* The server had enough of it: another one comes as soon as one may. */
static void client_cut(struct client *client, int64_t now)
{
	hold.cut++;
	client_close(client);
	client->next = now;
}

static void client_begin(int number, int64_t now)
{
	struct client *client = &hold.clients[number];
	int yes = 1, window = 1024, host = number / PER_ADDRESS;
	struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET};
	from.sin_addr.s_addr = htonl(0x7f010001u + (uint32_t)host);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to.sin_port = htons((uint16_t)hold.port);
	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (client->fd < 0)
		fail("socket");
	setsockopt(client->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
	if (hold.mode == READ)
		setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &window, sizeof window);
	if (bind(client->fd, (struct sockaddr *)&from, sizeof from) != 0)
		fail("bind");
	hold.begun++;
	client->next = now + PAUSE_MS;
	struct epoll_event event = {.events = EPOLLOUT | EPOLLRDHUP, .data.u32 = (uint32_t)number};
	if (connect(client->fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS) {
		hold.refused++;
		client_close(client);
		return;
	}
	if (epoll_ctl(hold.poller, EPOLL_CTL_ADD, client->fd, &event) != 0)
		fail("epoll_ctl");
}

static bool client_say(struct client *client, const char *text)
{
	return send(client->fd, text, strlen(text), MSG_NOSIGNAL) > 0 || errno == EAGAIN;
}

static void client_connected(int number, int64_t now)
{
	struct client *client = &hold.clients[number];
	char head[512];
	const char *format = hold.mode == BODY
				     ? "POST %s HTTP/1.1\r\nHost: slow\r\nContent-Type: application/json\r\n"
				       "Content-Length: 100000\r\n\r\n{"
			     : hold.mode == READ ? "GET %s HTTP/1.1\r\nHost: slow\r\n\r\n"
						 : "GET %s HTTP/1.1\r\nHost: slow\r\n";
	snprintf(head, sizeof head, format, hold.target);
	client->connected = true;
	hold.open++;
	if (hold.open > hold.peak)
		hold.peak = hold.open;
	if (hold.open == (hold.held + hold.count) / 2 && !hold.full) {
		hold.full = now;
		hold.least = hold.open;
	}
	client->next = now + PAUSE_MS / 2 + rand() % PAUSE_MS;
	/* what comes is read when its time comes, so that the window stays small */
	struct epoll_event event = {.events = EPOLLRDHUP, .data.u32 = (uint32_t)number};
	epoll_ctl(hold.poller, EPOLL_CTL_MOD, client->fd, &event);
	if (!client_say(client, head))
		client_cut(client, now);
}

static void client_event(int number, uint32_t events, int64_t now)
{
	struct client *client = &hold.clients[number];
	if (client->fd < 0)
		return;
	if (events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) {
		if (client->connected) {
			client_cut(client, now);
		} else {
			hold.refused++;
			client_close(client);
		}
		return;
	}
	if (!client->connected && (events & EPOLLOUT))
		client_connected(number, now);
}

static void client_sign(struct client *client, int64_t now)
{
	char bytes[64];
	bool well, is_sign;
	client->next = now + PAUSE_MS;
	if (hold.mode == READ) {
		ssize_t count = recv(client->fd, bytes, sizeof bytes, 0);
		is_sign = count > 0;
		well = is_sign || (count < 0 && errno == EAGAIN);
	} else {
		is_sign = well = client_say(client, hold.mode == BODY ? " " : "X-More: 1\r\n");
	}
	hold.signs += hold.full && is_sign;
	if (!well)
		client_cut(client, now);
}

static void tick(int64_t now, int allowed)
{
	for (int i = 0; i < hold.count; i++) {
		struct client *client = &hold.clients[i];
		if (client->connected && now >= client->next)
			client_sign(client, now);
		else if (client->fd < 0 && allowed > 0 && now >= client->next) {
			allowed--;
			client_begin(i, now);
		}
	}
}

static void run(int64_t seconds)
{
	int64_t start = now_ms(), last = start;
	int64_t patience = start + (int64_t)hold.count * 3000 / hold.per_second + 10000;
	struct epoll_event events[EVENTS];
	for (int64_t now = start; now < (hold.full ? hold.full + seconds * 1000 : patience); now = now_ms()) {
		int count = epoll_wait(hold.poller, events, EVENTS, 10);
		for (int i = 0; i < count; i++)
			client_event((int)events[i].data.u32, events[i].events, now);
		if (now - last >= 20) {
			tick(now, (int)(hold.per_second * (now - last) / 1000) + 1);
			last = now;
		}
	}
	int least = hold.least;
	int64_t end = now_ms();
	for (int i = 0; i < hold.count; i++)
		if (hold.clients[i].fd >= 0)
			client_close(&hold.clients[i]);
	printf("{\"least\": %d, \"peak\": %d, \"start\": %lld, \"full\": %lld, \"end\": %lld, "
	       "\"gone\": %lld, \"begun\": %ld, \"refused\": %ld, \"cut\": %ld, \"signs\": %ld}\n",
	       least, hold.peak, (long long)start, (long long)hold.full, (long long)end, (long long)now_ms(),
	       hold.begun, hold.refused, hold.cut, hold.signs);
}

static void allow_descriptors(int count)
{
	struct rlimit limit;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < (rlim_t)count + 20) {
		fprintf(stderr, "hold: %d connections need more descriptors than %llu\n", count,
			(unsigned long long)limit.rlim_cur);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	static const char *const modes[] = {"headers", "body", "read"};
	int mode = 0;
	while (argc == 8 && mode < 3 && strcmp(modes[mode], argv[1]) != 0)
		mode++;
	if (argc != 8 || mode == 3) {
		fprintf(stderr,
			"usage: hold headers|body|read PORT CONNECTIONS HELD PER_SECOND SECONDS TARGET\n");
		return 2;
	}
	hold.mode = (enum mode)mode;
	hold.port = atoi(argv[2]);
	hold.count = atoi(argv[3]);
	hold.held = atoi(argv[4]);
	hold.per_second = atoi(argv[5]);
	hold.target = argv[7];
	allow_descriptors(hold.count);
	hold.clients = calloc((size_t)hold.count + 1, sizeof *hold.clients);
	hold.poller = epoll_create1(EPOLL_CLOEXEC);
	if (!hold.clients || hold.poller < 0)
		fail("start");
	for (int i = 0; i < hold.count; i++)
		hold.clients[i].fd = -1;
	run(atoi(argv[6]));
	return 0;
}
