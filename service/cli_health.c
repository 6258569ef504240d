/* The command health: asks the running service on this machine whether it is ready, for health checks of
   containers and units that have no HTTP client. It reads the status line and nothing more. */
#include "cli.h"
#include "clock.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MS 3000
#define LINE_MAX  256

/* A service that listens everywhere is asked on loopback. */
static const char *address_to_ask(const char *bind)
{
	if (strcmp(bind, "0.0.0.0") == 0)
		return "127.0.0.1";
	return strcmp(bind, "::") == 0 ? "::1" : bind;
}

static bool wait_for(int fd, short events, int64_t until)
{
	struct pollfd one = {.fd = fd, .events = events};
	int64_t left = until - clock_monotonic_ms();

	errno = ETIMEDOUT;
	return left > 0 && poll(&one, 1, (int)left) == 1;
}

static bool is_connected(int fd)
{
	int error = 0;
	socklen_t length = sizeof error;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
		return false;
	errno = error;
	return error == 0;
}

static bool connect_until(int fd, const struct addrinfo *to, int64_t until)
{
	if (connect(fd, to->ai_addr, to->ai_addrlen) == 0)
		return true;
	return errno == EINPROGRESS && wait_for(fd, POLLOUT, until) && is_connected(fd);
}

/* The first line of the answer, as far as it fits; the service closes when it has said everything. */
static bool ask(int fd, const char *request, int64_t until, char line[LINE_MAX])
{
	size_t length = 0;
	ssize_t count;

	if (send(fd, request, strlen(request), MSG_NOSIGNAL) != (ssize_t)strlen(request))
		return false;
	while (length < LINE_MAX - 1) {
		if (!wait_for(fd, POLLIN, until))
			return false;
		count = recv(fd, line + length, LINE_MAX - 1 - length, 0);
		if (count < 0)
			return false;
		if (count == 0)
			break;
		length += (size_t)count;
		if (memchr(line, '\n', length))
			break;
	}
	line[length] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	return true;
}

static int judge(const char *path, const char *line)
{
	if (strncmp(line, "HTTP/1.1 200 ", 13) == 0)
		return 0;
	return cli_fail(1, "%s answers %s", path, *line ? line : "nothing");
}

int cli_health(struct cli *cli)
{
	const char *path = cli_value(cli, "live") ? "/health/live" : "/health/ready";
	const char *address = address_to_ask(cli->config.bind);
	const char *port = arena_printf(cli->arena, "%d", cli->config.port);
	const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
	int64_t until = clock_monotonic_ms() + ANSWER_MS;
	struct addrinfo *to = NULL;
	char line[LINE_MAX];
	bool answered;

	if (getaddrinfo(address, port, &hints, &to) != 0)
		return cli_fail(CONFIG_EXIT_VALUE, "%s is no address", address);
	int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	answered = fd >= 0 && connect_until(fd, to, until) &&
		   ask(fd,
		       arena_printf(cli->arena,
				    "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path),
		       until, line);
	int error = errno;
	freeaddrinfo(to);
	if (fd >= 0)
		close(fd);
	return answered ? judge(path, line)
			: cli_fail(1, "%s port %s does not answer: %s", address, port, strerror(error));
}
