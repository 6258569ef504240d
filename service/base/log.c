/* Log: lines of different threads never mix, for one thread writes at a time: a pipe that is full takes a
   part of a line, and the rest later. Lines of requests are collected and written together: under load a call
   for each would cost as much as reading the request. */
#include "log.h"

#include "buffer.h"
#include "clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
	enum log_level level;
	bool text, colour;
} state = {LOG_LEVEL_INFO, false, false};

#define REQUESTS_MAX 65536 /* bytes of lines that may wait */

/* What waits to be written; the mutex is held while it is. */
static struct {
	pthread_mutex_t mutex;
	struct buffer lines;
} waiting = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static const char *const level_names[] = {"error", "warning", "info", "debug"};

bool log_start(const char *level, const char *format)
{
	int found = -1;
	for (int i = 0; i < 4; i++)
		if (!strcmp(level, level_names[i]))
			found = i;
	bool is_auto = !strcmp(format, "auto"), is_text = !strcmp(format, "text");
	if (found < 0 || (!is_auto && !is_text && strcmp(format, "json")))
		return false;
	bool terminal = isatty(STDERR_FILENO);
	const char *term = getenv("TERM");
	state.level = (enum log_level)found;
	state.text = is_text || (is_auto && terminal);
	state.colour = state.text && terminal && !getenv("NO_COLOR") && !(term && !strcmp(term, "dumb"));
	return true;
}

static void write_all(const char *text, size_t length)
{
	for (size_t done = 0; done < length;) {
		ssize_t written = write(STDERR_FILENO, text + done, length - done);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return;
		done += (size_t)written;
	}
}

static void waiting_write(void)
{
	if (waiting.lines.length)
		write_all(waiting.lines.text, waiting.lines.length);
	buffer_clear(&waiting.lines);
}

/* line_write - behind the requests that ended before it. */
static void line_write(struct buffer *line)
{
	buffer_char(line, '\n');
	pthread_mutex_lock(&waiting.mutex);
	buffer_add(&waiting.lines, line->text, line->length);
	waiting_write();
	pthread_mutex_unlock(&waiting.mutex);
	buffer_free(line);
}

void log_flush(void)
{
	pthread_mutex_lock(&waiting.mutex);
	waiting_write();
	pthread_mutex_unlock(&waiting.mutex);
}

/* text_field, number_field - of every request: start is the comma, the name in quotes and the colon. */
static void text_field(struct buffer *line, const char *start, const char *value)
{
	if (!value)
		return;
	buffer_text(line, start);
	buffer_json_string(line, value, strlen(value));
}

static void json_member(struct buffer *line, const char *key, const char *value)
{
	if (!value)
		return;
	buffer_char(line, ',');
	buffer_json_string(line, key, strlen(key));
	text_field(line, ":", value);
}

static void number_field(struct buffer *line, const char *start, int64_t value)
{
	buffer_text(line, start);
	buffer_integer(line, value);
}

static void json_start(struct buffer *line, enum log_level level, const char *event)
{
	char at[INSTANT_TEXT];
	buffer_text(line, "{\"at\":\"");
	buffer_text(line, instant_format(clock_wall(), at));
	buffer_char(line, '"');
	text_field(line, ",\"level\":", level_names[level]);
	text_field(line, ",\"event\":", event);
}

/* A value on a terminal: control characters would let a client paint it. */
static void text_value(struct buffer *line, const char *value)
{
	for (const char *c = value; *c; c++)
		buffer_char(line, (unsigned char)*c < 0x20 || *c == 0x7f ? '?' : *c);
}

static const char *colour(const char *code)
{
	return state.colour ? code : "";
}

static void text_start(struct buffer *line)
{
	char at[INSTANT_TEXT];
	instant_format(clock_wall(), at);
	buffer_printf(line, "%s%.12s%s ", colour("\033[2m"), at + 11, colour("\033[0m"));
}

void log_event(enum log_level level, const char *event, ...)
{
	if (level > state.level)
		return;
	struct buffer line = {0};
	va_list pairs;
	va_start(pairs, event);
	if (state.text) {
		text_start(&line);
		buffer_printf(&line, "%s%s%s", colour(level == LOG_LEVEL_ERROR ? "\033[31m" : "\033[36m"),
			      event, colour("\033[0m"));
	} else {
		json_start(&line, level, event);
	}
	for (const char *key = va_arg(pairs, const char *); key; key = va_arg(pairs, const char *)) {
		const char *value = va_arg(pairs, const char *);
		if (!state.text) {
			json_member(&line, key, value);
		} else if (value) {
			buffer_printf(&line, " %s=", key);
			text_value(&line, value);
		}
	}
	va_end(pairs);
	if (!state.text)
		buffer_char(&line, '}');
	line_write(&line);
}

static void request_json(struct buffer *line, const struct log_request *r, enum log_level level)
{
	json_start(line, level, "request");
	text_field(line, ",\"request_id\":", r->request_id);
	text_field(line, ",\"method\":", r->method);
	text_field(line, ",\"path\":", r->path);
	text_field(line, ",\"operation\":", r->operation);
	number_field(line, ",\"status\":", r->status);
	number_field(line, ",\"microseconds\":", r->microseconds);
	number_field(line, ",\"bytes\":", (int64_t)r->bytes);
	text_field(line, ",\"account\":", r->account);
	text_field(line, ",\"peer\":", r->peer);
	text_field(line, ",\"problem\":", r->problem);
	text_field(line, ",\"rule\":", r->rule);
	text_field(line, ",\"cause\":", r->cause);
	buffer_char(line, '}');
}

static const char *status_colour(int status)
{
	return status >= 500 || !status ? "\033[31m" : status >= 400 ? "\033[33m" : "\033[32m";
}

static void request_text(struct buffer *line, const struct log_request *r)
{
	text_start(line);
	buffer_printf(line, "%s%3d%s ", colour(status_colour(r->status)), r->status, colour("\033[0m"));
	text_value(line, r->method ? r->method : "-");
	buffer_char(line, ' ');
	text_value(line, r->path ? r->path : "-");
	buffer_printf(line, " %.1f ms", (double)r->microseconds / 1000.0);
	const char *const pairs[][2] = {
		{"problem", r->problem}, {"rule", r->rule}, {"cause", r->cause}, {"id", r->request_id}};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		if (!pairs[i][1])
			continue;
		buffer_printf(line, " %s=", pairs[i][0]);
		text_value(line, pairs[i][1]);
	}
}

void log_request(const struct log_request *r)
{
	enum log_level level = r->status >= 500 ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO;
	if (level > state.level)
		return;
	pthread_mutex_lock(&waiting.mutex);
	if (state.text)
		request_text(&waiting.lines, r);
	else
		request_json(&waiting.lines, r, level);
	buffer_char(&waiting.lines, '\n');
	if (waiting.lines.length > REQUESTS_MAX)
		waiting_write();
	pthread_mutex_unlock(&waiting.mutex);
}
