/* The lane of threads beside a server that ends or loses its place: whatever happens to its connection, it is
   seen to be gone, and the lane asks for another. The test plays the server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WAIT_MS 10000

static struct {
	struct sockaddr_un address;
	char directory[32];
	int listener, peer; /* peer: the server's end */
	struct arena *arena;
	struct connection *connection; /* NULL once it is the lane's */
	struct lane *lane;
	int woken;
} rig;

/* In place of the pool's own. */
void pool_wake(struct pool *pool)
{
	assert_null(pool);
	rig.woken++;
}

/* "You are who you say" and "ready", whatever the client begins with. */
static void *greet(void *unused)
{
	static const char greeting[] = "R\0\0\0\10\0\0\0\0Z\0\0\0\5I";
	(void)unused;
	rig.peer = accept(rig.listener, NULL, NULL);
	if (write(rig.peer, greeting, sizeof greeting - 1) != sizeof greeting - 1)
		abort();
	return NULL;
}

static void connect_one(void)
{
	char conninfo[64];
	pthread_t server;
	snprintf(conninfo, sizeof conninfo, "host=%s user=u dbname=d", rig.directory);
	const struct connection_options options = {.conninfo = conninfo, .statement_timeout_ms = WAIT_MS};
	assert_int_equal(pthread_create(&server, NULL, greet, NULL), 0);
	assert_null(connection_open(rig.arena, &options, &rig.connection));
	pthread_join(server, NULL);
}

static int set_up(void **state)
{
	(void)state;
	memset(&rig, 0, sizeof rig);
	strcpy(rig.directory, "/tmp/test-lane-XXXXXX");
	assert_non_null(mkdtemp(rig.directory));
	rig.address.sun_family = AF_UNIX;
	snprintf(rig.address.sun_path, sizeof rig.address.sun_path, "%s/.s.PGSQL.5432", rig.directory);
	rig.listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(rig.listener, (struct sockaddr *)&rig.address, sizeof rig.address), 0);
	assert_int_equal(listen(rig.listener, 1), 0);
	rig.arena = arena_new();
	rig.lane = lane_new(NULL);
	connect_one();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	lane_free(rig.lane);
	connection_close(rig.connection);
	arena_free(rig.arena);
	close(rig.peer);
	close(rig.listener);
	unlink(rig.address.sun_path);
	rmdir(rig.directory);
	return 0;
}

static void give(void)
{
	lane_give(rig.lane, rig.connection);
	rig.connection = NULL;
	assert_false(lane_is_empty(rig.lane));
}

static void assert_ask_fails(void)
{
	struct part part;
	assert_false(lane_submit(rig.lane, 0, NULL, 0, &part));
}

/* The server ends, and libpq finds it out by itself. */
static void end_server(void)
{
	shutdown(rig.peer, SHUT_RDWR);
	while (PQstatus(rig.connection->pg) == CONNECTION_OK)
		PQconsumeInput(rig.connection->pg);
	assert_int_equal(PQsocket(rig.connection->pg), -1);
}

static void test_a_connection_without_its_socket_is_broken(void **state)
{
	(void)state;
	assert_true(connection_is_alive(rig.connection));
	end_server();
	assert_false(rig.connection->broken);
	assert_false(connection_is_alive(rig.connection));
	assert_true(rig.connection->broken);
}

static void test_the_lane_wants_another_for_one_that_was_lost_unseen(void **state)
{
	(void)state;
	end_server();
	give();
	assert_ask_fails();
	assert_true(lane_is_empty(rig.lane));
	assert_int_equal(rig.woken, 1);
}

/* From then on every answer would be that of the question before it. */
static void test_the_lane_wants_another_for_one_that_skipped_an_answer(void **state)
{
	(void)state;
	static const char ready[] = "Z\0\0\0\5I";
	give();
	assert_int_equal(write(rig.peer, ready, sizeof ready - 1), sizeof ready - 1);
	assert_ask_fails();
	assert_true(lane_is_empty(rig.lane));
	assert_int_equal(rig.woken, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_a_connection_without_its_socket_is_broken),
		TEST(test_the_lane_wants_another_for_one_that_was_lost_unseen),
		TEST(test_the_lane_wants_another_for_one_that_skipped_an_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
