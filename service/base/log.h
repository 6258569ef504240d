/* Log: one JSON object a line on stderr, a readable coloured line when stderr is a terminal.
   Never a secret or personal datum; what others send is escaped. Thread safe, and nobody waits for who reads
   it: some 4 MiB are kept for him, then lines are lost, and log_lines_lost tells how many. */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* log_start - level "error".."debug"; format "auto" (by terminal), "json" or "text". False on an unknown
 * word. log_end - wait a second at most for what is kept to be read; the end of the program does it. */
bool log_start(const char *level, const char *format);
void log_end(void);

/* log_event - event is a constant snake_case word; then pairs of key and text value, ended by NULL. A NULL
 * value is skipped. */
void log_event(enum log_level level, const char *event, ...) __attribute__((sentinel));

/* log_request - the one line of a request, which leaves with log_flush, or together with others when they are
   many: who is killed takes the last ones along. status 0 = the connection ended before a reply; path and
   operation are words of the program, with nothing to escape. */
struct log_request {
	const char *request_id, *method, *operation, *path, *account, *peer, *problem, *rule, *cause;
	int status;
	int64_t microseconds;
	uint64_t bytes;
};
void log_request(const struct log_request *line);
void log_flush(void);

#endif
