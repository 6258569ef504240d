/* The log: lines stay whole, whoever writes them and however slowly they are taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "buffer.h"
#include "clock.h"
#include "log.h"

#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
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

/* The log goes to that descriptor from here on; what was stderr before. */
static int log_to(int fd)
{
	int before = dup(STDERR_FILENO);
	dup2(fd, STDERR_FILENO);
	assert_true(log_start("info", "json"));
	return before;
}

static void log_back(int before)
{
	dup2(before, STDERR_FILENO);
	close(before);
}

/* A pipe of a page in place of stderr; what was there before. */
static int replace_stderr(int ret_ends[2])
{
	assert_int_equal(pipe(ret_ends), 0);
	assert_true(fcntl(ret_ends[1], F_SETPIPE_SZ, 4096) > 0);
	int before = log_to(ret_ends[1]);
	close(ret_ends[1]);
	return before;
}

/* What all of them write at once into a pipe that takes a page. */
static struct buffer *write_together(void)
{
	pthread_t writers[WRITERS], reader;
	void *text;
	int ends[2], before = replace_stderr(ends);
	pthread_create(&reader, NULL, read_all, &ends[0]);
	for (int i = 0; i < WRITERS; i++)
		pthread_create(&writers[i], NULL, i ? write_events : write_requests, NULL);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(writers[i], NULL);
	log_end();
	log_back(before);
	pthread_join(reader, &text);
	close(ends[0]);
	return text;
}

static void test_lines_of_many_threads_are_whole(void **unused)
{
	int count = 0;
	(void)unused;
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

/* With 900 bytes of value a line has more than 900 bytes and less than 1024. */
#define LINE_VALUE 900
#define KEPT_LEAST ((4 << 20) / 1024)
#define KEPT_MOST  ((4 << 20) / 900 + 6) /* with those that the pipe took */

static void test_a_reader_that_stands_still_holds_nobody_up(void **unused)
{
	int ends[2], told = 0, lost = 0, lines = 2 * KEPT_MOST;
	char value[LINE_VALUE + 1], number[16];
	pthread_t reader;
	void *taken;
	(void)unused;
	memset(value, 'x', LINE_VALUE);
	value[LINE_VALUE] = 0;
	int before = replace_stderr(ends);
	for (int i = 0; i < lines; i++) {
		snprintf(number, sizeof number, "%d", i);
		log_event(LOG_LEVEL_INFO, "event", "number", number, "value", value, (char *)NULL);
	}
	pthread_create(&reader, NULL, read_all, &ends[0]);
	log_end();
	log_event(LOG_LEVEL_INFO, "after", (char *)NULL);
	log_end();
	log_back(before);
	pthread_join(reader, &taken);
	close(ends[0]);
	char *rest = ((struct buffer *)taken)->text, *line;
	bool after = false;
	while ((line = strsep(&rest, "\n")) && *line) {
		json_t *object = json_loads(line, 0, NULL);
		assert_non_null(object);
		const char *event = json_string_value(json_object_get(object, "event"));
		if (strcmp(event, "event") == 0) /* in order, from the first */
			assert_int_equal(atoi(json_string_value(json_object_get(object, "number"))), told++);
		else if (strcmp(event, "log_lines_lost") == 0)
			lost = atoi(json_string_value(json_object_get(object, "count")));
		else
			after = strcmp(event, "after") == 0 && lost;
		json_decref(object);
	}
	assert_true(after);
	assert_int_equal(told + lost, lines);
	assert_in_range(told, KEPT_LEAST, KEPT_MOST);
	buffer_free(taken);
}

#define PAGE    4096
#define KEPT    (200 * PAGE)
#define TAKEN   20     /* times that the reader takes a page: beyond that nobody waits for him */
#define BETWEEN 100000 /* microseconds */

/* A page each tenth of a second, as long as somebody waits for that. */
static void *read_slowly(void *context)
{
	int *end = context;
	char page[PAGE];
	for (int i = 0; i < TAKEN; i++) {
		usleep(BETWEEN);
		if (read(*end, page, sizeof page) <= 0)
			break;
	}
	return NULL;
}

/* More than are collected: they are written in large pieces, and none is cut or lost. */
static void test_a_file_takes_the_lines_of_many_requests(void **unused)
{
	enum { LINES = 3000 };
	char line[512];
	int count = 0;
	(void)unused;
	FILE *file = tmpfile();
	assert_non_null(file);
	int before = log_to(fileno(file));
	for (; count < LINES; count++)
		log_request(&(struct log_request){.operation = "getAlliance", .bytes = (uint64_t)count});
	log_flush();
	log_back(before);
	rewind(file);
	for (count = 0; fgets(line, sizeof line, file); count++) {
		json_t *object = json_loads(line, 0, NULL);
		assert_non_null(object);
		assert_int_equal(json_integer_value(json_object_get(object, "bytes")), count);
		json_decref(object);
	}
	assert_int_equal(count, LINES);
	fclose(file);
}

static void test_the_end_waits_for_a_slow_reader_no_longer_than_a_second(void **unused)
{
	int ends[2];
	char value[LINE_VALUE + 1];
	pthread_t reader;
	(void)unused;
	memset(value, 'x', LINE_VALUE);
	value[LINE_VALUE] = 0;
	signal(SIGPIPE, SIG_IGN);
	int before = replace_stderr(ends);
	fcntl(ends[0], F_SETFL, O_NONBLOCK); /* the reader leaves when nobody writes any more */
	for (int i = 0; i < KEPT / LINE_VALUE; i++)
		log_event(LOG_LEVEL_INFO, "event", "value", value, (char *)NULL);
	pthread_create(&reader, NULL, read_slowly, &ends[0]);
	int64_t began = clock_monotonic_ms();
	log_end();
	int64_t took = clock_monotonic_ms() - began;
	pthread_join(reader, NULL);
	close(ends[0]);
	log_end(); /* to nobody: nothing is kept for the next */
	log_back(before);
	assert_in_range(took, 900, 1900); /* who waits as long as he takes some waits for three seconds */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_of_many_threads_are_whole),
		cmocka_unit_test(test_a_reader_that_stands_still_holds_nobody_up),
		cmocka_unit_test(test_a_file_takes_the_lines_of_many_requests),
		cmocka_unit_test(test_the_end_waits_for_a_slow_reader_no_longer_than_a_second),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
