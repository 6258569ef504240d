/* Log: lines of different threads never mix, for one thread writes at a time. Lines of requests are collected
   and written together: under load a call for each would cost as much as reading the request. Whoever reads
   the log may be slow or stand still, and nobody here waits for him: what he does not take is kept, and
   beyond a bound lines are lost and counted. */
#include "log.h"

#include "buffer.h"
#include "clock.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOGETHER    65536      /* bytes of requests' lines that are collected */
#define WAITING_MAX (4L << 20) /* bytes of lines that are kept for a slow reader */
#define PIECE       4096       /* what a pipe or a socket that has room at all takes without a wait */
#define END_MS      1000       /* how long the last lines are waited for */

static struct {
	enum log_level level;
	bool text, colour;
	size_t piece; /* bytes that are written at a time: a file takes them all */
} state = {LOG_LEVEL_INFO, false, false, PIECE};

/* What waits to be written; the mutex is held while it is. */
static struct {
	pthread_mutex_t mutex;
	struct buffer lines;
	size_t written; /* bytes of them that are out already */
	int64_t lost;   /* lines since the last that was told */
} waiting = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static const char *const level_names[] = {"error", "warning", "info", "debug"};

static bool is_file(int fd)
{
	struct stat status;
	return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

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
	state.piece = is_file(STDERR_FILENO) ? TOGETHER : PIECE;
	return atexit(log_end) == 0;
}

/* has_room - whether a piece goes out at once, or does within so many milliseconds. */
static bool has_room(int milliseconds)
{
	struct pollfd output = {.fd = STDERR_FILENO, .events = POLLOUT};
	return poll(&output, 1, milliseconds) > 0;
}

static size_t left(void)
{
	return waiting.lines.length - waiting.written;
}

/* write_piece - false when there is nobody who will ever read it. */
static bool write_piece(void)
{
	ssize_t written = write(STDERR_FILENO, waiting.lines.text + waiting.written,
				left() < state.piece ? left() : state.piece);
	if (written > 0)
		waiting.written += (size_t)written;
	return written > 0 || errno == EINTR || errno == EAGAIN;
}

/* drop_written - each byte is moved once at most, however slowly they go. */
static void drop_written(void)
{
	if (!waiting.written || waiting.written * 2 < waiting.lines.length)
		return;
	size_t rest = left();
	memmove(waiting.lines.text, waiting.lines.text + waiting.written, rest);
	waiting.lines.length = rest;
	waiting.written = 0;
}

/* left_ms - from now until then; 0 when it is over, or was none. */
static int left_ms(int64_t until_ms)
{
	int64_t wait = until_ms ? until_ms - clock_monotonic_ms() : 0;
	return wait > 0 ? (int)wait : 0;
}

/* write_waiting - what is kept, as far as its reader takes it at once or until then (monotonic, 0 = none). */
static void write_waiting(int64_t until_ms)
{
	while (left() && has_room(left_ms(until_ms)))
		if (!write_piece())
			waiting.written = waiting.lines.length;
	drop_written();
}

void log_flush(void)
{
	pthread_mutex_lock(&waiting.mutex);
	write_waiting(0);
	pthread_mutex_unlock(&waiting.mutex);
}

void log_end(void)
{
	pthread_mutex_lock(&waiting.mutex);
	write_waiting(clock_monotonic_ms() + END_MS);
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

/* word_field - the same for a value that is the program's own and has nothing to escape. */
static void word_field(struct buffer *line, const char *start, const char *value)
{
	if (!value)
		return;
	buffer_text(line, start);
	buffer_char(line, '"');
	buffer_text(line, value);
	buffer_char(line, '"');
}

static void json_start(struct buffer *line, enum log_level level, const char *event)
{
	char at[INSTANT_TEXT];
	word_field(line, "{\"at\":", instant_format(clock_wall(), at));
	word_field(line, ",\"level\":", level_names[level]);
	word_field(line, ",\"event\":", event);
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

static void event_start(struct buffer *line, enum log_level level, const char *event)
{
	if (!state.text) {
		json_start(line, level, event);
		return;
	}
	text_start(line);
	buffer_printf(line, "%s%s%s", colour(level == LOG_LEVEL_ERROR ? "\033[31m" : "\033[36m"), event,
		      colour("\033[0m"));
}

static void event_pair(struct buffer *line, const char *key, const char *value)
{
	if (!state.text) {
		json_member(line, key, value);
	} else if (value) {
		buffer_printf(line, " %s=", key);
		text_value(line, value);
	}
}

static void event_end(struct buffer *line)
{
	buffer_text(line, state.text ? "\n" : "}\n");
}

/* tell_lost - where they would have stood. */
static void tell_lost(void)
{
	char count[24];
	snprintf(count, sizeof count, "%lld", (long long)waiting.lost);
	event_start(&waiting.lines, LOG_LEVEL_WARNING, "log_lines_lost");
	event_pair(&waiting.lines, "count", count);
	event_end(&waiting.lines);
	waiting.lost = 0;
}

/* is_kept - whether there is place for another line; who holds the mutex asks before he adds it. */
static bool is_kept(void)
{
	if (left() > WAITING_MAX) {
		waiting.lost++;
		return false;
	}
	if (waiting.lost)
		tell_lost();
	return true;
}

void log_event(enum log_level level, const char *event, ...)
{
	if (level > state.level)
		return;
	va_list pairs;
	va_start(pairs, event);
	pthread_mutex_lock(&waiting.mutex);
	if (is_kept()) {
		event_start(&waiting.lines, level, event);
		for (const char *key = va_arg(pairs, const char *); key; key = va_arg(pairs, const char *))
			event_pair(&waiting.lines, key, va_arg(pairs, const char *));
		event_end(&waiting.lines);
	}
	write_waiting(0);
	pthread_mutex_unlock(&waiting.mutex);
	va_end(pairs);
}

static void request_json(struct buffer *line, const struct log_request *r, enum log_level level)
{
	json_start(line, level, "request");
	text_field(line, ",\"request_id\":", r->request_id);
	text_field(line, ",\"method\":", r->method);
	word_field(line, ",\"path\":", r->path);
	word_field(line, ",\"operation\":", r->operation);
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

static void request_write(const struct log_request *r, enum log_level level)
{
	if (!is_kept())
		return;
	if (state.text)
		request_text(&waiting.lines, r);
	else
		request_json(&waiting.lines, r, level);
	buffer_char(&waiting.lines, '\n');
}

void log_request(const struct log_request *r)
{
	enum log_level level = r->status >= 500 ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO;
	if (level > state.level)
		return;
	pthread_mutex_lock(&waiting.mutex);
	request_write(r, level);
	if (left() > TOGETHER)
		write_waiting(0);
	pthread_mutex_unlock(&waiting.mutex);
}
