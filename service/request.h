/* Request: one call of one operation, from whoever asks (HTTP, the sweep, the seed, the command line).
   request_run wraps it: a read gets the lane; everything else one transaction with replay of the
   Idempotency-Key, history and commit, retried on 40001 and 40P01. No operation can forget any of these. No
   HTTP here. */
#ifndef REQUEST_H
#define REQUEST_H

#include "arena.h"
#include "buffer.h"
#include "date.h"
#include "db.h"
#include "problem.h"
#include "role.h"
#include "schema.h"

#include <jansson.h>

/* What a role was granted to: exactly one of the ids is set for the roles that have a reach, none for the
 * others. */
struct grant {
	enum role role;
	const char *organisation_id; /* lead, council, host, member: own */
	const char *recommender_id;  /* county, dept, assoc: jurisdiction, field */
	const char *expert_id;       /* expert: assigned */
};

/* Who calls. The anonymous caller has no account and the role public alone; the scheduler has the role
 * system. */
struct caller {
	const char *account_id; /* UUID, NULL for anonymous */
	const char *name;
	role_set roles; /* union of the grants; ROLE_public always */
	const struct grant *grants;
	size_t grant_count;
	const char *scopes; /* space separated when an OAuth token narrows, NULL = all */
	const char *credential_id;
};

/* A stream in place of a body. read gives > 0 bytes, 0 at the end, -1 on failure; close is called in every
 * case. */
struct stream {
	long (*read)(void *context, char *bytes, size_t capacity);
	void (*close)(void *context);
	void *context;
	size_t length; /* 0 = not known before its end */
	bool waits;    /* read and close may block */
	bool rests;    /* it keeps the database at work as long as it lasts, so it rests while others ask */
};

struct reply {
	int status; /* 0 = the operation's success status */
	struct buffer body;
	const char *media_type;  /* NULL = application/json */
	const char *location;    /* path of what was made */
	const char *disposition; /* file name of a download */
	const char *next_cursor; /* of a page */
	const char *next_url;    /* the same as path and query, as in the body */
	int64_t version;         /* of the resource, for the ETag; -1 = none */
	const char *tag;         /* the entity tag of the body where it is known already; see reply_tag */
	bool no_etag;
	bool replayed;
	struct stream stream; /* stream.read NULL = body */
};

struct request {
	uint64_t network; /* that the call comes from, 0 = not known */
	int gentle_ms;    /* how long a stream shall spare others; 0 = no other call came moments before */
	int silence_ms;   /* how long what feeds a stream may be silent; then the stream ends, unfinished */
	struct place *place; /* among those at work on the database, or NULL; see admission.h */
	struct arena *arena;
	const struct operation *op;
	const struct caller *caller;
	struct pool *pool;
	struct db *db;        /* set by request_run */
	const char *id;       /* trace id, 32 hex digits */
	bool english;         /* language of titles and labels */
	struct instant now;   /* business time, read once */
	struct date today;    /* its legal day in Asia/Shanghai */
	const char *now_text; /* for statements */
	const char *today_text;
	const char *const *values; /* of op->parameters, same order; NULL = absent */
	json_t *body;              /* validated, NULL = none */
	const char *bytes;         /* of an octet-stream body */
	size_t byte_count;
	const char
		*authorization; /* the header, on the operation with a form body (the token endpoint) alone */
	const char *target;     /* path and query as sent, for the page links */
	const char *accept;     /* media type chosen among those of the operation, NULL = JSON */
	int64_t if_match;       /* the version of If-Match; -1 = none sent */
	const char *idempotency_key; /* NULL = none */
	const char *body_sha256;     /* of the bytes received */
	bool dry_run;
	struct reply reply;
	/* kept by request.c and transition.c */
	bool opened; /* request_open or request_open_new was called */
	bool history_written;
	const char *subject_id; /* object of the history line that the wrapper writes for acts that are no
				   transition */
	const char *subject_kind;
	const char *reason; /* of that line */
	const char *acting_role;
	struct ahead *claim; /* of the Idempotency-Key */
	struct ahead *stamp; /* of the policy in force; stamp_rows: when it was taken */
	struct rows stamp_rows;
	const struct parameters *parameters; /* of policy_parameters, loaded once a run */
	const struct calendar *calendar;
	struct problem *failure; /* of a helper that has no way to return one; request_run answers it instead
				    of a reply */
};

/* request_prepare - an empty request for an operation: a new trace id, business time read once, parameters
   absent or at their defaults. Callers without HTTP (the sweep, the seed, the command line) set values and
   body on top. */
void request_prepare(struct request *rq, struct arena *arena, struct pool *pool, const struct operation *op,
		     const struct caller *caller);

/* request_clock - read the business time of the call, once; whoever comes later finds it read. */
void request_clock(struct request *rq);

/* request_set_value - give a parameter of the operation; the name must be the operation's. */
void request_set_value(struct request *rq, const char *name, const char *value);

/* operation_find - by snake_case name, NULL when openapi.yaml has none. */
const struct operation *operation_find(const char *name);

/* request_run - do it. The reply is in rq->reply when the result is NULL. */
MUST_CHECK struct problem *request_run(struct request *rq);

/* request_value - a parameter's text by name (default applied), NULL when absent; the name must be the
 * operation's. */
const char *request_value(const struct request *rq, const char *name);

/* request_id - the path parameter "id". */
const char *request_path_id(const struct request *rq);

/* body_text, … - a member of the body; NULL, 0, false when absent. Types are already validated. */
const char *body_text(const struct request *rq, const char *name);
bool body_bool(const struct request *rq, const char *name);
int64_t body_integer(const struct request *rq, const char *name);
int64_t body_money(const struct request *rq, const char *name); /* fen */
const char *body_json(const struct request *rq,
		      const char *name); /* the member as compact JSON text, NULL when absent */

/* request_open - every writing operation calls this once, when it has loaded and locked its subject, and
   before it judges anything: the order of refusals is replay of the key, 428, 412. reach is the set of the
   caller's roles that reach the subject: 0 answers the 404 of something that does not exist. version -1 = the
   subject has no version to match. Returns the problem, or *ret_replayed true when rq->reply now holds the
   stored reply and the operation must return NULL. */
MUST_CHECK struct problem *request_open(struct request *rq, const char *kind, const char *id, role_set reach,
					int64_t version, bool *ret_replayed);

/* request_open_new - the same for a creation without a parent. */
MUST_CHECK struct problem *request_open_new(struct request *rq, const char *kind, bool *ret_replayed);

/* OPEN, OPEN_NEW - the usual use: return at once on a problem or a replay. */
#define OPEN(rq, kind, id, reach, version)                                                                   \
	do {                                                                                                 \
		bool open_replayed = false;                                                                  \
		TRY(request_open((rq), (kind), (id), (reach), (version), &open_replayed));                   \
		if (open_replayed)                                                                           \
			return NULL;                                                                         \
	} while (0)
#define OPEN_NEW(rq, kind)                                                                                   \
	do {                                                                                                 \
		bool open_replayed = false;                                                                  \
		TRY(request_open_new((rq), (kind), &open_replayed));                                         \
		if (open_replayed)                                                                           \
			return NULL;                                                                         \
	} while (0)

/* request_not_found - the one 404. */
struct problem *request_not_found(struct request *rq) __attribute__((returns_nonnull));

/* request_new_id - a new UUIDv7 in the arena. */
const char *request_new_id(struct request *rq);

/* request_next_number - the next number of a gapless yearly series, allocated in this transaction:
   ("SQ", 2026) -> "SQ2026-0001"; ("WNLM", 2026) -> "WNLM-2026-0001" (a dash when the series is in capitals of
   4). */
MUST_CHECK struct problem *request_next_number(struct request *rq, const char *series, int year,
					       const char **ret);

/* request_notify - a line for GET /v1/notices. recipient_kind: role | organisation | recommender | expert |
   account; recipient: the role's name or the id. key makes a repeat harmless (unique per recipient and key).
 */
MUST_CHECK struct problem *request_notify(struct request *rq, const char *recipient_kind,
					  const char *recipient, const char *kind, const char *subject_kind,
					  const char *subject_id, const char *due_on, const char *key);

#endif
