/* rate PORT CONNECTIONS REQUESTS RATE:SECONDS…: requests at a fixed rate, whatever the answers do, over a set
   of kept connections; RATE 0 is as fast as the answers come (a closed loop). The latency of a request counts
   from the moment it was due, so a service that stalls cannot hide it. REQUESTS is a file of requests as
   bytes: a line "WEIGHT LENGTH" before each; thirty-six @ in one are filled with what makes it unique; where
   all weights are 0 they are sent in their order, each once. It sleeps until a request is due. Prints one
   JSON object: totals, and what was sent and answered second by second, for as long as the run is; "late" is
   what was never sent, "behind" what was sent so late that the rate was not kept. It judges nothing, and of
   chunks it knows only how the last one ends. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BUFFER      65536
#define EVENTS      512
#define UNIQUE      36
#define LAST_US     5000000 /* how long answers are waited for at the end */
#define BEHIND_US   20000
#define CHUNKS_END  "\r\n0\r\n\r\n"
#define CHUNKS_TAIL (sizeof CHUNKS_END - 1)

enum outcome { GOOD, SHED, OTHER, FAILED, OUTCOMES };

struct kind {
	int until; /* the weights up to this one */
	size_t length;
	char *bytes, *unique;
};

struct client {
	int fd;
	bool busy;
	int64_t due; /* microseconds */
	size_t have, body_left;
	bool in_body, is_chunked, has_retry_after, is_problem, closes, is_second;
	char tail[CHUNKS_TAIL]; /* the last bytes of a body in chunks */
	struct kind *kind;
	char unique[UNIQUE + 1];
	int status;
	char buffer[BUFFER];
};

struct sample {
	uint32_t second, latency;
};

static struct {
	int port, client_count, poller, kind_count, next, weights;
	struct kind *kinds;
	struct client *clients;
	int *idle, idle_count;
	struct sample *samples; /* of good answers */
	size_t sample_count, sample_room;
	long counts[OUTCOMES], statuses[600], bare_refusals, serial, late, behind, again;
	long (*second_counts)[OUTCOMES], *second_sent;
	size_t seconds; /* of the whole run */
	int64_t start;
} rate;

static int64_t now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void fail(const char *what)
{
	fprintf(stderr, "rate: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void count(struct client *client, enum outcome outcome)
{
	int64_t now = now_us();
	size_t second = (size_t)((now - rate.start) / 1000000);
	rate.counts[outcome]++;
	if (second < rate.seconds)
		rate.second_counts[second][outcome]++;
	if (outcome != GOOD)
		return;
	if (rate.sample_count == rate.sample_room) {
		rate.sample_room = rate.sample_room ? 2 * rate.sample_room : 65536;
		rate.samples = realloc(rate.samples, rate.sample_room * sizeof *rate.samples);
		if (!rate.samples)
			fail("memory");
	}
	rate.samples[rate.sample_count++] = (struct sample){(uint32_t)second, (uint32_t)(now - client->due)};
}

static void client_connect(struct client *client)
{
	int yes = 1, number = (int)(client - rate.clients);
	struct sockaddr_in to = {.sin_family = AF_INET}, from = {.sin_family = AF_INET};
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to.sin_port = htons((uint16_t)rate.port);
	from.sin_addr.s_addr = htonl(0x7f020001u + (uint32_t)(number / 100));
	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	client->have = client->body_left = 0;
	client->in_body = false;
	if (client->fd < 0)
		fail("socket");
	setsockopt(client->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
	setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	if (bind(client->fd, (struct sockaddr *)&from, sizeof from) != 0 ||
	    connect(client->fd, (struct sockaddr *)&to, sizeof to) != 0)
		fail("connect");
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)number};
	if (epoll_ctl(rate.poller, EPOLL_CTL_ADD, client->fd, &event) != 0)
		fail("epoll_ctl");
}

static void client_again(struct client *client)
{
	close(client->fd);
	client_connect(client);
}

static void client_done(struct client *client, enum outcome outcome)
{
	count(client, outcome);
	client->busy = false;
	if (outcome == FAILED || client->closes)
		client_again(client);
	rate.idle[rate.idle_count++] = (int)(client - rate.clients);
}

static int by_weight(const void *at, const void *kind)
{
	const struct kind *one = kind;
	if (*(const int *)at >= one->until)
		return 1;
	return one > rate.kinds && *(const int *)at < one[-1].until ? -1 : 0;
}

static struct kind *choose(void)
{
	if (!rate.weights)
		return &rate.kinds[rate.next++];
	int at = rand() % rate.weights;
	return bsearch(&at, rate.kinds, (size_t)rate.kind_count, sizeof *rate.kinds, by_weight);
}

static bool has_more(void)
{
	return rate.weights || rate.next < rate.kind_count;
}

/* A server may close an idle connection just when a request is on its way there: then it is sent once more,
   with the same key, as any client would. */
static void client_lost(struct client *client)
{
	const struct kind *kind = client->kind;
	if (client->is_second || client->in_body || client->have) {
		client_done(client, FAILED);
		return;
	}
	client->is_second = true;
	rate.again++;
	client_again(client);
	if (kind->unique)
		memcpy(kind->unique, client->unique, UNIQUE);
	if (send(client->fd, kind->bytes, kind->length, MSG_NOSIGNAL) != (ssize_t)kind->length)
		client_done(client, FAILED);
}

static void client_send(struct client *client, int64_t due)
{
	struct kind *kind = client->kind = choose();
	if (kind->unique) {
		snprintf(client->unique, sizeof client->unique, "load-%08x-%022lx", (unsigned)getpid(),
			 ++rate.serial);
		memcpy(kind->unique, client->unique, UNIQUE);
	}
	int64_t now = now_us();
	size_t second = (size_t)((now - rate.start) / 1000000);
	if (second < rate.seconds)
		rate.second_sent[second]++;
	rate.behind += now - due > BEHIND_US;
	client->due = due;
	client->busy = true;
	client->is_second = false;
	if (send(client->fd, kind->bytes, kind->length, MSG_NOSIGNAL) != (ssize_t)kind->length)
		client_lost(client);
}

static void read_head(struct client *client, char *end)
{
	*end = 0;
	client->status = strlen(client->buffer) > 12 ? atoi(client->buffer + 9) : 0;
	client->has_retry_after = strcasestr(client->buffer, "\r\nretry-after: ") != NULL;
	client->is_problem = strcasestr(client->buffer, "\r\ncontent-type: application/problem+json") != NULL;
	client->closes = strcasestr(client->buffer, "\r\nconnection: close") != NULL;
	const char *length = strcasestr(client->buffer, "\r\ncontent-length:");
	client->body_left = length ? strtoul(length + 17, NULL, 10) : 0;
	client->is_chunked = strcasestr(client->buffer, "\r\ntransfer-encoding: chunked") != NULL;
	memcpy(client->tail, "head:\r\n", CHUNKS_TAIL); /* the head's own end comes before the first chunk */
	if (!length && !client->is_chunked)
		client->status = 0; /* only the end of the connection would end it: a failure */
}

static void client_finish(struct client *client)
{
	int status = client->status;
	client->in_body = false;
	client->have = 0;
	if (status > 0 && status < 600)
		rate.statuses[status]++;
	if (status == 503 && !(client->has_retry_after && client->is_problem))
		rate.bare_refusals++;
	client_done(client, status >= 200 && status < 300 ? GOOD
			    : status == 503               ? SHED
			    : status                      ? OTHER
							  : FAILED);
}

static void keep_tail(struct client *client, const char *bytes, size_t length)
{
	if (length >= CHUNKS_TAIL) {
		memcpy(client->tail, bytes + length - CHUNKS_TAIL, CHUNKS_TAIL);
		return;
	}
	memmove(client->tail, client->tail + length, CHUNKS_TAIL - length);
	memcpy(client->tail + CHUNKS_TAIL - length, bytes, length);
}

/* What has come: the head whole, then the body counted and thrown away. */
static void client_receive(struct client *client)
{
	ssize_t got =
		recv(client->fd, client->buffer + client->have, BUFFER - 1 - client->have, MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		if (client->busy)
			client_lost(client);
		else
			client_again(client);
		return;
	}
	size_t body = (size_t)got, begin = 0;
	if (!client->in_body) {
		client->have += (size_t)got;
		client->buffer[client->have] = 0;
		char *end = strstr(client->buffer, "\r\n\r\n");
		if (!end)
			return;
		begin = (size_t)(end + 4 - client->buffer);
		body = client->have - begin;
		read_head(client, end);
		client->in_body = true;
		client->have = 0;
	}
	if (client->is_chunked) {
		keep_tail(client, client->buffer + begin, body);
		if (!memcmp(client->tail, CHUNKS_END, CHUNKS_TAIL))
			client_finish(client);
		return;
	}
	client->body_left -= body < client->body_left ? body : client->body_left;
	if (client->body_left == 0)
		client_finish(client);
}

static void poll_once(int64_t microseconds)
{
	struct epoll_event events[EVENTS];
	struct timespec wait = {microseconds / 1000000, microseconds % 1000000 * 1000};
	int number = epoll_pwait2(rate.poller, events, EVENTS, &wait, NULL);
	if (number < 0 && errno != EINTR)
		fail("epoll_pwait2");
	for (int i = 0; i < number; i++)
		client_receive(&rate.clients[events[i].data.u32]);
}

static void run_closed(int64_t until)
{
	while (now_us() < until) {
		while (rate.idle_count && has_more())
			client_send(&rate.clients[rate.idle[--rate.idle_count]], now_us());
		poll_once(1000);
	}
}

static int64_t due_at(int64_t from, int64_t sent, double per_second)
{
	return from + (int64_t)((double)sent * 1e6 / per_second);
}

/* send_due - what is due by then, as far as connections are free; how many have been sent since from. */
static int64_t send_due(int64_t from, int64_t by, int64_t sent, double per_second)
{
	for (int64_t due; (due = due_at(from, sent, per_second)) <= by && rate.idle_count && has_more();
	     sent++)
		client_send(&rate.clients[rate.idle[--rate.idle_count]], due);
	return sent;
}

static void run_open(int64_t from, int64_t until, double per_second)
{
	int64_t planned = (int64_t)((double)(until - from) / 1e6 * per_second), sent = 0;
	for (int64_t now = from; now < until; now = now_us()) {
		sent = send_due(from, now, sent, per_second);
		now = now_us();
		int64_t due = due_at(from, sent, per_second), next = has_more() && due < until ? due : until;
		poll_once(next > now ? next - now : 1000); /* a request without a connection waits for one */
	}
	/* who woke up late has still to send; what is left then is due and was never sent, for want of a
	 * connection */
	sent = send_due(from, until - 1, sent, per_second);
	rate.late += planned > sent ? (long)(planned - sent) : 0;
}

static void read_requests(const char *path)
{
	FILE *file = fopen(path, "rb");
	int weight;
	size_t length;
	if (!file)
		fail(path);
	while (fscanf(file, "%d %zu", &weight, &length) == 2) {
		if (rate.kind_count % 1024 == 0)
			rate.kinds =
				realloc(rate.kinds, ((size_t)rate.kind_count + 1024) * sizeof *rate.kinds);
		if (!rate.kinds)
			fail("memory");
		struct kind *kind = &rate.kinds[rate.kind_count++];
		kind->length = length;
		kind->bytes = calloc(1, length + 1);
		if (!kind->bytes || fgetc(file) != '\n' || fread(kind->bytes, 1, length, file) != length)
			fail("the file of requests");
		kind->unique = strstr(kind->bytes, "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@");
		kind->until = rate.weights += weight;
	}
	fclose(file);
	if (!rate.kind_count)
		fail("no requests");
}

static int by_latency(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;
	return x->latency < y->latency ? -1 : x->latency > y->latency;
}

static double percentile(const struct sample *sorted, size_t number, double part)
{
	return number ? (double)sorted[(size_t)((double)(number - 1) * part)].latency / 1000 : 0;
}

/* The samples of one second lie together: they were taken in the order of time. */
static void print_seconds(void)
{
	struct sample *one = rate.samples;
	const struct sample *end = rate.samples + rate.sample_count;
	printf(", \"seconds\": [");
	for (size_t second = 0; second < rate.seconds; second++) {
		size_t number = 0;
		while (one + number < end && one[number].second == second)
			number++;
		qsort(one, number, sizeof *one, by_latency);
		const long *counts = rate.second_counts[second];
		printf("%s{\"sent\": %ld, \"good\": %ld, \"shed\": %ld, \"other\": %ld, \"failed\": %ld, "
		       "\"p50\": %.3f, \"p99\": %.3f}",
		       second ? ", " : "", rate.second_sent[second], counts[GOOD], counts[SHED],
		       counts[OTHER], counts[FAILED], percentile(one, number, 0.5),
		       percentile(one, number, 0.99));
		one += number;
	}
	printf("]");
}

static void print_all(void)
{
	printf("{\"good\": %ld, \"shed\": %ld, \"other\": %ld, \"failed\": %ld, \"late\": %ld, "
	       "\"behind\": %ld, \"again\": %ld, \"bare_refusals\": %ld, \"statuses\": {",
	       rate.counts[GOOD], rate.counts[SHED], rate.counts[OTHER], rate.counts[FAILED], rate.late,
	       rate.behind, rate.again, rate.bare_refusals);
	const char *comma = "";
	for (int status = 0; status < 600; status++)
		if (rate.statuses[status]) {
			printf("%s\"%d\": %ld", comma, status, rate.statuses[status]);
			comma = ", ";
		}
	printf("}");
	print_seconds();
	qsort(rate.samples, rate.sample_count, sizeof *rate.samples, by_latency);
	printf(", \"p50\": %.3f, \"p99\": %.3f}\n", percentile(rate.samples, rate.sample_count, 0.5),
	       percentile(rate.samples, rate.sample_count, 0.99));
}

int main(int argc, char **argv)
{
	if (argc < 5) {
		fprintf(stderr, "usage: rate PORT CONNECTIONS REQUESTS RATE:SECONDS…\n");
		return 2;
	}
	prctl(PR_SET_TIMERSLACK, 1);
	rate.port = atoi(argv[1]);
	rate.client_count = atoi(argv[2]);
	read_requests(argv[3]);
	rate.clients = calloc((size_t)rate.client_count + 1, sizeof *rate.clients);
	rate.idle = calloc((size_t)rate.client_count + 1, sizeof *rate.idle);
	rate.poller = epoll_create1(EPOLL_CLOEXEC);
	if (!rate.clients || !rate.idle || rate.poller < 0)
		fail("start");
	for (int i = 0; i < rate.client_count; i++) {
		client_connect(&rate.clients[i]);
		rate.idle[rate.idle_count++] = i;
	}
	double per_second = 0, seconds = 0, all = 0;
	for (int i = 4; i < argc; i++) {
		if (sscanf(argv[i], "%lf:%lf", &per_second, &seconds) != 2)
			fail("RATE:SECONDS");
		all += seconds;
	}
	rate.seconds = (size_t)all;
	rate.second_counts = calloc(rate.seconds + 1, sizeof *rate.second_counts);
	rate.second_sent = calloc(rate.seconds + 1, sizeof *rate.second_sent);
	if (!rate.second_counts || !rate.second_sent)
		fail("memory");
	int64_t from = rate.start = now_us();
	for (int i = 4; i < argc; i++) {
		sscanf(argv[i], "%lf:%lf", &per_second, &seconds);
		int64_t until = from + (int64_t)(seconds * 1e6);
		if (per_second > 0)
			run_open(from, until, per_second);
		else
			run_closed(until);
		from = until;
	}
	int64_t last = now_us() + LAST_US;
	while (rate.idle_count < rate.client_count && now_us() < last)
		poll_once(10000);
	rate.counts[FAILED] += rate.client_count - rate.idle_count;
	print_all();
	return 0;
}
