/* Metrics: counters and histograms by operation, and their Prometheus text. Labels are bounded: an
   operation's path template, never a path; an unknown route is "none". */
#ifndef METRICS_H
#define METRICS_H

#include "exchange.h"

void metrics_start(void);
void metrics_stop(void);

/* metrics_count - one exchange that has ended; op NULL = no route; status 0 = the connection ended before the
 * answer. */
void metrics_count(const struct operation *op, const char *method, int status, int64_t microseconds);

/* metrics_refused - an authentication that failed. reason is "missing" or "refused". */
void metrics_refused(bool had_token);
void metrics_replayed(void);

/* metrics_rested - a stream rested for the sake of others. */
void metrics_rested(void);

/* metrics_in_flight - one more (+1) or less (-1) exchange under way; returns how many. */
int metrics_in_flight(int change);

/* metrics_body_bytes - so many more bytes of bodies are held, or less; returns how many. */
int64_t metrics_body_bytes(int64_t change);

/* metrics_write - the text form 0.0.4. */
void metrics_write(struct buffer *out, const struct server_options *options);

#endif
