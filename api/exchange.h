/* Exchange: one HTTP request and its answer, free of the HTTP library. The server fills the first part, the
 * pipeline the others. */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include "headers.h"
#include "request.h"
#include "route.h"
#include "target.h"

/* What the composition root tells the HTTP side. Strings live as long as the server. */
struct server_options {
	const char *bind;       /* numeric address */
	int port;               /* 0 = any free one */
	int admin_port;         /* of the metrics, on loopback; 0 = any free one */
	const char *public_url; /* base of problem types; NULL or empty = http://127.0.0.1:PORT */
	const char *docs_dir;   /* of the API page's script; NULL or empty = the built-in list */
	const char *commit;     /* of the program, for the metrics */
	int max_connections, max_connections_per_ip; /* 0 = no limit of the latter */
	int max_reads, max_writes;                   /* at work on the database at a time */
	int header_timeout_ms, body_timeout_ms, write_timeout_ms, idle_timeout_ms;
	int body_limit; /* bytes */
	int drain_seconds;
	struct pool *pool;
};

#define EXCHANGE_HEADERS_MAX 32

struct exchange {
	/* of the server */
	struct arena *arena;
	const struct server_options *options;
	const char *method, *raw_target;
	const struct header *headers;
	size_t header_count;
	size_t byte_count; /* of the body */
	const char *bytes; /* they, where the answer depends on them and there was room; see has_bytes */
	bool has_bytes;

	/* of the pipeline's stages */
	bool is_head_read;
	struct problem *refused; /* by its head alone */
	struct target target;
	const struct route *route;
	bool is_head, is_options;
	const char *authorization;
	struct preferences preferences;
	char trace_id[TRACE_ID_TEXT];
	struct problem *faults; /* what validation has found so far */
	int fault_count;        /* of the parameters and headers; those beyond the bound are not told */
	struct request rq;

	/* the answer */
	int status;
	struct header answer[EXCHANGE_HEADERS_MAX];
	size_t answer_count;
	struct buffer body;
	struct stream stream;
	bool close;
	const struct problem *problem;
};

#endif
