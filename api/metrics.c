/* Counters without locks, and their text. */
#include "metrics.h"

#include "admission.h"
#include "operations.h"
#include "public_card.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define STATUS_MAX 600

/* Upper bounds in microseconds. */
static const int64_t bounds[] = {1000,   2500,   5000,    10000,   25000,   50000,   100000,
				 250000, 500000, 1000000, 2500000, 5000000, 10000000};
#define BUCKETS (sizeof bounds / sizeof bounds[0])

enum verb {
	VERB_GET,
	VERB_HEAD,
	VERB_POST,
	VERB_PUT,
	VERB_PATCH,
	VERB_DELETE,
	VERB_OPTIONS,
	VERB_OTHER,
	VERB_COUNT
};
static const char *const verb_names[VERB_COUNT] = {"GET",   "HEAD",   "POST",    "PUT",
						   "PATCH", "DELETE", "OPTIONS", "other"};

static const char *const methods[METHOD_COUNT] = {"GET", "POST", "PUT", "PATCH", "DELETE"};

struct series {
	atomic_uint_fast64_t statuses[STATUS_MAX]; /* 0 = ended before an answer */
};
struct duration {
	atomic_uint_fast64_t buckets[BUCKETS]; /* each without those below */
	atomic_uint_fast64_t count, microseconds;
};

/* One row per operation for its own method, one for HEAD of it; the last rows, per verb, for what found no
 * operation. */
static struct series *series;
static struct duration *durations;
static atomic_uint_fast64_t refused_missing, refused_token, replayed, rested;
static atomic_int in_flight;
static atomic_int_fast64_t body_bytes;

void metrics_start(void)
{
	series = calloc(2 * operation_count + VERB_COUNT, sizeof *series);
	durations = calloc(operation_count + 1, sizeof *durations);
	if (!series || !durations)
		abort();
}

void metrics_stop(void)
{
	free(series);
	free(durations);
	series = NULL;
	durations = NULL;
}

static enum verb verb_of(const char *method)
{
	enum verb verb = VERB_GET;
	while (verb < VERB_OTHER && strcmp(verb_names[verb], method) != 0)
		verb++;
	return verb;
}

void metrics_count(const struct operation *op, const char *method, int status, int64_t microseconds)
{
	enum verb verb = verb_of(method);
	size_t row = op ? 2 * (size_t)(op - operations) + (verb == VERB_HEAD) : 2 * operation_count + verb;
	struct duration *duration = &durations[op ? (size_t)(op - operations) : operation_count];
	series[row].statuses[status >= 0 && status < STATUS_MAX ? status : 0]++;
	size_t bucket = 0;
	while (bucket < BUCKETS && microseconds > bounds[bucket])
		bucket++;
	if (bucket < BUCKETS)
		duration->buckets[bucket]++;
	duration->count++;
	duration->microseconds += (uint64_t)microseconds;
}

void metrics_refused(bool had_token)
{
	if (had_token)
		refused_token++;
	else
		refused_missing++;
}

void metrics_replayed(void)
{
	replayed++;
}

void metrics_rested(void)
{
	rested++;
}

int metrics_in_flight(int change)
{
	return atomic_fetch_add(&in_flight, change) + change;
}

int64_t metrics_body_bytes(int64_t change)
{
	return atomic_fetch_add(&body_bytes, change) + change;
}

static void write_series(struct buffer *out, const struct series *one, const char *method, const char *route)
{
	for (int status = 0; status < STATUS_MAX; status++) {
		uint64_t count = one->statuses[status];
		if (count)
			buffer_printf(out,
				      "http_requests_total{method=\"%s\",route=\"%s\",status=\"%d\"} %" PRIu64
				      "\n",
				      method, route, status, count);
	}
}

static void write_requests(struct buffer *out)
{
	buffer_text(
		out,
		"# HELP http_requests_total Requests answered; status 0 is a connection that ended before.\n"
		"# TYPE http_requests_total counter\n");
	for (size_t i = 0; i < operation_count; i++) {
		write_series(out, &series[2 * i], methods[operations[i].method], operations[i].path);
		write_series(out, &series[2 * i + 1], "HEAD", operations[i].path);
	}
	for (size_t verb = 0; verb < VERB_COUNT; verb++)
		write_series(out, &series[2 * operation_count + verb], verb_names[verb], "none");
}

#define DURATION_LABELS "http_request_duration_seconds_%s{method=\"%s\",route=\"%s\""

static void write_duration(struct buffer *out, const struct duration *one, const char *method,
			   const char *route)
{
	uint64_t count = one->count, below = 0;
	if (!count)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		below += one->buckets[i];
		buffer_printf(out, DURATION_LABELS, "bucket", method, route);
		buffer_printf(out, ",le=\"%g\"} %" PRIu64 "\n", (double)bounds[i] / 1e6, below);
	}
	buffer_printf(out, DURATION_LABELS, "bucket", method, route);
	buffer_printf(out, ",le=\"+Inf\"} %" PRIu64 "\n", count);
	buffer_printf(out, DURATION_LABELS, "sum", method, route);
	buffer_printf(out, "} %.6f\n", (double)one->microseconds / 1e6);
	buffer_printf(out, DURATION_LABELS, "count", method, route);
	buffer_printf(out, "} %" PRIu64 "\n", count);
}

static void write_durations(struct buffer *out)
{
	buffer_text(out,
		    "# HELP http_request_duration_seconds From the request line to the end of the answer.\n"
		    "# TYPE http_request_duration_seconds histogram\n");
	for (size_t i = 0; i < operation_count; i++)
		write_duration(out, &durations[i], methods[operations[i].method], operations[i].path);
	write_duration(out, &durations[operation_count], "any", "none");
}

static void write_public_cache(struct buffer *out)
{
	struct public_counts counts = public_card_count();
	buffer_printf(
		out,
		"# HELP public_cache_listening Whether the writes of other instances are heard; only then "
		"anything is given from memory.\n"
		"# TYPE public_cache_listening gauge\npublic_cache_listening %d\n"
		"# TYPE public_cache_hits_total counter\npublic_cache_hits_total %" PRIu64 "\n"
		"# TYPE public_cache_misses_total counter\npublic_cache_misses_total %" PRIu64 "\n"
		"# TYPE public_cache_invalidations_total counter\npublic_cache_invalidations_total %" PRIu64
		"\n"
		"# TYPE public_cache_late_fills_total counter\npublic_cache_late_fills_total %" PRIu64 "\n"
		"# TYPE public_cache_evictions_total counter\npublic_cache_evictions_total %" PRIu64 "\n"
		"# TYPE public_cache_entries gauge\npublic_cache_entries %" PRIu64 "\n"
		"# TYPE public_cache_bytes gauge\npublic_cache_bytes %" PRIu64 "\n",
		counts.is_leased, counts.hits, counts.misses, counts.drops, counts.refusals, counts.evictions,
		counts.entries, counts.bytes);
}

static void write_admission(struct buffer *out)
{
	static const char *const kinds[ADMIT_KINDS] = {"read", "write"};
	struct admission_counts counts = admission_count();
	buffer_text(
		out,
		"# HELP http_requests_shed_total Requests told 503 at once because all places were taken.\n"
		"# TYPE http_requests_shed_total counter\n");
	for (int i = 0; i < ADMIT_KINDS; i++)
		buffer_printf(out, "http_requests_shed_total{kind=\"%s\"} %" PRIu64 "\n", kinds[i],
			      counts.shed[i]);
	buffer_text(out, "# TYPE http_requests_at_work gauge\n");
	for (int i = 0; i < ADMIT_KINDS; i++)
		buffer_printf(out, "http_requests_at_work{kind=\"%s\"} %d\n", kinds[i], counts.at_work[i]);
	buffer_text(out, "# TYPE http_requests_at_work_limit gauge\n");
	for (int i = 0; i < ADMIT_KINDS; i++)
		buffer_printf(out, "http_requests_at_work_limit{kind=\"%s\"} %d\n", kinds[i],
			      counts.limit[i]);
}

void metrics_write(struct buffer *out, const struct server_options *options)
{
	struct pool_counts pool = {0};
	if (options->pool)
		pool = pool_count(options->pool);
	buffer_printf(
		out,
		"# TYPE alliance_build_info gauge\nalliance_build_info{version=\"%s\",commit=\"%s\"} 1\n",
		api_version, options->commit ? options->commit : "unknown");
	write_requests(out);
	write_durations(out);
	buffer_printf(out, "# TYPE http_requests_in_flight gauge\nhttp_requests_in_flight %d\n",
		      atomic_load(&in_flight));
	buffer_printf(out,
		      "# HELP http_request_body_bytes Of the bodies that are held at the moment.\n"
		      "# TYPE http_request_body_bytes gauge\nhttp_request_body_bytes %" PRId64 "\n",
		      metrics_body_bytes(0));
	write_admission(out);
	buffer_printf(
		out,
		"# TYPE db_pool_connections gauge\ndb_pool_connections{state=\"idle\"} %d\n"
		"db_pool_connections{state=\"busy\"} %d\n# TYPE db_pool_waiting gauge\ndb_pool_waiting %d\n",
		pool.idle, pool.busy, pool.waiting);
	buffer_printf(out,
		      "# TYPE auth_failures_total counter\nauth_failures_total{reason=\"missing\"} %" PRIu64
		      "\n"
		      "auth_failures_total{reason=\"refused\"} %" PRIu64 "\n",
		      (uint64_t)refused_missing, (uint64_t)refused_token);
	buffer_printf(out, "# TYPE idempotent_replays_total counter\nidempotent_replays_total %" PRIu64 "\n",
		      (uint64_t)replayed);
	buffer_printf(out,
		      "# HELP stream_rests_total How often an export rested because others were asking.\n"
		      "# TYPE stream_rests_total counter\nstream_rests_total %" PRIu64 "\n",
		      (uint64_t)rested);
	write_public_cache(out);
}
