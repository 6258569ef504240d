/* Waits when the wall clock is set back: what was computed from it lies an hour ahead, and nobody waits for
   that. The clock of this program says an hour more than the kernel's, as one does that is set back right
   after it was read. */
#include "clock.h"
#include "connection.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define HOUR      3600
#define WAIT_MS   20
#define GIVE_UP_S 20

/* In place of the C library's. */
int clock_gettime(clockid_t id, struct timespec *ret)
{
	int failed = (int)syscall(SYS_clock_gettime, id, ret);
	if (id == CLOCK_REALTIME)
		ret->tv_sec += HOUR;
	return failed;
}

/* In place of the HTTP library's: the connection is a socket of the test. */
static union MHD_ConnectionInfo info;
const union MHD_ConnectionInfo *MHD_get_connection_info(struct MHD_Connection *connection,
							enum MHD_ConnectionInfoType type, ...)
{
	(void)connection;
	return type == MHD_CONNECTION_INFO_CONNECTION_FD ? &info : NULL;
}

static int start(void **state)
{
	(void)state;
	alarm(GIVE_UP_S);
	return 0;
}

static void test_the_fake_is_in_place(void **state)
{
	struct timespec ours, kernels;
	(void)state;
	clock_gettime(CLOCK_REALTIME, &ours);
	syscall(SYS_clock_gettime, CLOCK_REALTIME, &kernels);
	assert_in_range(ours.tv_sec - kernels.tv_sec, HOUR - 1, HOUR);
}

static void test_a_wait_ends_in_its_own_time(void **state)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
	(void)state;
	pthread_mutex_lock(&mutex);
	int64_t began = clock_monotonic_ms();
	while (clock_wait(&condition, &mutex, WAIT_MS))
		;
	assert_true(clock_monotonic_ms() - began >= WAIT_MS - 1);
	pthread_mutex_unlock(&mutex);
}

/* The thread that cuts has looked at it and waits before its time is over. */
static void test_a_slow_client_is_cut_all_the_same(void **state)
{
	const struct server_options options = {.header_timeout_ms = 300};
	int pair[2];
	char byte;
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	info.connect_fd = pair[0];
	connections_start(&options);
	struct connection *connection = connection_accepted(NULL, false);
	struct pollfd client = {pair[1], POLLIN, 0};
	assert_int_equal(poll(&client, 1, GIVE_UP_S * 1000), 1);
	assert_int_equal(read(pair[1], &byte, 1), 0);
	connections_stop();
	connection_closed(connection);
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_the_fake_is_in_place, start),
		cmocka_unit_test_setup(test_a_wait_ends_in_its_own_time, start),
		cmocka_unit_test_setup(test_a_slow_client_is_cut_all_the_same, start),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
