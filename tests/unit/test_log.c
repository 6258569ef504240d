/* The log: lines stay whole, whoever writes them and however slowly they are taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "buffer.h"
#include "log.h"

#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#define WRITERS  4
#define ROUNDS   15
#define REQUESTS 200 /* more bytes than the pipe takes at once */
#define LONG     3000

static void *write_requests(void *unused)
{
	const struct log_request line = {
		.method = "GET", .path = "/v1/alliances", .operation = "list_alliances", .status = 200};
	(void)unused;
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < REQUESTS; i++)
			log_request(&line);
		log_flush();
	}
	return NULL;
}

static void *write_events(void *unused)
{
	char value[LONG + 1];
	(void)unused;
	memset(value, 'x', LONG);
	value[LONG] = 0;
	for (int i = 0; i < ROUNDS; i++)
		log_event(LOG_LEVEL_INFO, "event", "value", value, (char *)NULL);
	return NULL;
}

static void *read_all(void *context)
{
	int *end = context;
	static struct buffer text;
	char block[512];
	ssize_t count;
	while ((count = read(*end, block, sizeof block)) > 0)
		buffer_add(&text, block, (size_t)count);
	return &text;
}

/* What all of them write at once into a pipe that takes a page. */
static struct buffer *write_together(void)
{
	pthread_t writers[WRITERS], reader;
	void *text;
	int ends[2], before = dup(STDERR_FILENO);
	assert_int_equal(pipe(ends), 0);
	assert_true(fcntl(ends[1], F_SETPIPE_SZ, 4096) > 0);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	pthread_create(&reader, NULL, read_all, &ends[0]);
	for (int i = 0; i < WRITERS; i++)
		pthread_create(&writers[i], NULL, i ? write_events : write_requests, NULL);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(writers[i], NULL);
	dup2(before, STDERR_FILENO);
	close(before);
	pthread_join(reader, &text);
	close(ends[0]);
	return text;
}

static void test_lines_of_many_threads_are_whole(void **unused)
{
	int count = 0;
	(void)unused;
	assert_true(log_start("info", "json"));
	struct buffer *text = write_together();
	char *rest = text->text, *line;
	while ((line = strsep(&rest, "\n")) && *line) {
		json_t *object = json_loads(line, 0, NULL);
		assert_non_null(object);
		json_decref(object);
		count++;
	}
	assert_int_equal(count, ROUNDS * (REQUESTS + WRITERS - 1));
	buffer_free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_of_many_threads_are_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
