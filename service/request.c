/* The wrapper of every operation: lane or transaction, replay, preconditions, history, dry run, commit,
 * retry. */
#include "request.h"

#include "history.h"
#include "log.h"
#include "policy_now.h"
#include "public_card.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ATTEMPTS 4

static bool is_read(const struct request *rq)
{
	return rq->op->method == METHOD_GET;
}

/* request_reset - as if the operation had not run: a retry starts from nothing. */
static void request_reset(struct request *rq)
{
	struct buffer body = rq->reply.body;
	if (rq->reply.stream.close)
		rq->reply.stream.close(rq->reply.stream.context);
	buffer_clear(&body);
	rq->reply = (struct reply){.body = body, .version = -1};
	rq->opened = rq->history_written = false;
	rq->subject_id = rq->subject_kind = rq->reason = rq->acting_role = NULL;
	rq->parameters = NULL;
	rq->calendar = NULL;
	rq->claim = rq->stamp = NULL;
	rq->stamp_rows = (struct rows){0};
	rq->failure = NULL;
}

static struct problem *request_defect(struct request *rq, const char *cause)
{
	struct problem *problem = problem_new(rq->arena, PROBLEM_internal, NULL, NULL);
	problem->cause = arena_printf(rq->arena, "%s: %s", rq->op->name, cause);
	return problem;
}

static struct problem *operation_run(struct request *rq)
{
	struct problem *problem = rq->op->run(rq);
	return rq->failure ? rq->failure : problem;
}

static struct problem *run_read(struct request *rq)
{
	request_reset(rq);
	rq->db = db_lane(rq->pool);
	return operation_run(rq);
}

/* key_path - the path of the target without its query. */
static const char *key_path(const struct request *rq)
{
	const char *target = rq->target ? rq->target : rq->op->path;
	return arena_strndup(rq->arena, target, strcspn(target, "?"));
}

static const char *key_method(const struct request *rq)
{
	static const char *const names[METHOD_COUNT] = {[METHOD_GET] = "GET",
							[METHOD_POST] = "POST",
							[METHOD_PUT] = "PUT",
							[METHOD_PATCH] = "PATCH",
							[METHOD_DELETE] = "DELETE"};
	return names[rq->op->method];
}

/* key_applies - a dry run neither needs nor uses a key; an anonymous caller has none. */
static bool key_applies(const struct request *rq)
{
	return rq->idempotency_key && !rq->dry_run && rq->caller->account_id &&
	       rq->op->idempotency != IDEMPOTENCY_NONE;
}

static struct problem *replay(struct request *rq, const struct rows *stored, bool *ret_replayed)
{
	const char *sha256 = row_text(stored, 0, "body_sha256");
	if (strcmp(sha256, rq->body_sha256 ? rq->body_sha256 : "") != 0)
		return problem_new(rq->arena, PROBLEM_idempotency_key_reused, NULL, NULL);
	const char *body = row_text(stored, 0, "body");
	rq->reply.status = (int)row_integer(stored, 0, "status");
	rq->reply.media_type = row_text(stored, 0, "media_type");
	rq->reply.location = row_text(stored, 0, "location");
	rq->reply.version = row_is_null(stored, 0, "version") ? -1 : row_integer(stored, 0, "version");
	rq->reply.replayed = true;
	buffer_text(&rq->reply.body, body ? body : "");
	public_card_replayed();
	*ret_replayed = true;
	return NULL;
}

/* key_ask, key_claim - take the key in this transaction, or find what it once gave. A twin that is still at
   work makes the insert wait; the lock time-out turns that into the 409 with Retry-After. The insert travels
   with the operation's first look at its subject, behind it: first the subject is locked, then the key. */
static void key_ask(struct request *rq)
{
	rq->claim = db_ahead(rq->db, rq->arena, SQL_IDEMPOTENCY_KEY_CLAIM,
			     P(rq->caller->account_id, key_method(rq), key_path(rq), rq->idempotency_key,
			       rq->body_sha256 ? rq->body_sha256 : ""));
}

static struct problem *key_claim(struct request *rq, bool *ret_replayed)
{
	struct rows rows;
	const char *path = key_path(rq), *method = key_method(rq);
	TRY(db_take(rq->db, rq->arena, rq->claim, &rows));
	if (rows.count == 1)
		return NULL;
	TRY(db_run(rq->db, rq->arena, SQL_IDEMPOTENCY_KEY_GET,
		   P(rq->caller->account_id, method, path, rq->idempotency_key), &rows));
	if (rows.count == 1 && !row_is_null(&rows, 0, "status"))
		return replay(rq, &rows, ret_replayed);
	return problem_new(rq->arena, PROBLEM_locked, NULL, NULL);
}

static struct problem *key_store(struct request *rq)
{
	int status = rq->reply.status ? rq->reply.status : rq->op->success;
	if (!key_applies(rq) || status < 200 || status > 299)
		return NULL;
	const char *version =
		rq->reply.version < 0 ? NULL : arena_printf(rq->arena, "%lld", (long long)rq->reply.version);
	return db_run(rq->db, rq->arena, SQL_IDEMPOTENCY_KEY_STORE,
		      P(rq->caller->account_id, key_method(rq), key_path(rq), rq->idempotency_key,
			arena_printf(rq->arena, "%d", status), rq->reply.media_type, rq->reply.location,
			version, rq->reply.body.text ? rq->reply.body.text : ""),
		      NULL);
}

struct problem *request_not_found(struct request *rq)
{
	return problem_new(rq->arena, PROBLEM_not_found, NULL, NULL);
}

static const char *acting_role(const struct request *rq, role_set reach)
{
	const char *name = role_name(reach & rq->op->roles);
	return name ? name : role_name(reach);
}

static struct problem *check_version(struct request *rq, int64_t version)
{
	if (rq->op->if_match && rq->if_match < 0)
		return problem_new(rq->arena, PROBLEM_precondition_required, NULL, NULL);
	if (rq->if_match >= 0 && version >= 0 && rq->if_match != version)
		return problem_new(rq->arena, PROBLEM_version_conflict, NULL, NULL);
	return NULL;
}

struct problem *request_open(struct request *rq, const char *kind, const char *id, role_set reach,
			     int64_t version, bool *ret_replayed)
{
	if (reach == 0)
		return request_not_found(rq);
	rq->opened = true;
	rq->subject_kind = kind;
	rq->subject_id = id;
	rq->acting_role = acting_role(rq, reach);
	if (key_applies(rq))
		TRY(key_claim(rq, ret_replayed));
	return rq->reply.replayed ? NULL : check_version(rq, version);
}

struct problem *request_open_new(struct request *rq, const char *kind, bool *ret_replayed)
{
	return request_open(rq, kind, NULL, rq->caller->roles, -1, ret_replayed);
}

/* act_history - the line for an act that was no transition. */
static struct problem *act_history(struct request *rq)
{
	if (rq->history_written)
		return NULL;
	struct history_line line = {.kind = rq->subject_kind,
				    .id = rq->subject_id,
				    .action = rq->op->name,
				    .role = rq->acting_role ? rq->acting_role : "public",
				    .reason = rq->reason};
	return history_write(rq, &line);
}

/* finish_dry - everything that a commit would check, then nothing kept. */
static struct problem *finish_dry(struct request *rq)
{
	struct problem *problem = db_check_now(rq->db, rq->arena);
	db_rollback(rq->db);
	rq->reply.status = 200;
	rq->reply.location = NULL;
	rq->reply.no_etag = true;
	return problem;
}

static struct problem *finish(struct request *rq)
{
	if (!rq->opened) {
		db_rollback(rq->db);
		return request_defect(rq, "a writing operation did not open its request");
	}
	if (rq->reply.replayed) {
		db_rollback(rq->db);
		return NULL;
	}
	struct problem *problem = act_history(rq);
	if (!problem && rq->dry_run)
		return finish_dry(rq);
	if (!problem)
		problem = key_store(rq);
	if (problem) {
		db_rollback(rq->db);
		return problem;
	}
	return db_commit(rq->db, rq->arena);
}

static struct problem *run_write_once(struct request *rq)
{
	request_reset(rq);
	TRY(db_begin(rq->pool, rq->arena, false, &rq->db));
	policy_ask(rq);
	if (key_applies(rq))
		key_ask(rq);
	struct problem *problem = operation_run(rq);
	if (problem)
		db_rollback(rq->db);
	else
		problem = finish(rq);
	rq->db = NULL;
	return problem;
}

/* pause_before_retry - some milliseconds, more at each attempt, never the same for two rivals. */
static void pause_before_retry(int attempt)
{
	unsigned char random = 0;
	random_bytes(&random, 1);
	struct timespec pause = {0, (5 + random % 20) * 1000000L * attempt};
	nanosleep(&pause, NULL);
}

static struct problem *run_write(struct request *rq)
{
	if (rq->op->idempotency == IDEMPOTENCY_REQUIRED && !rq->idempotency_key && !rq->dry_run)
		return problem_new(rq->arena, PROBLEM_idempotency_key_missing, NULL, NULL);
	struct problem *problem = NULL;
	for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
		problem = run_write_once(rq);
		if (!problem || !db_is_retryable(problem))
			return problem;
		if (attempt < ATTEMPTS)
			pause_before_retry(attempt);
	}
	return problem;
}

struct problem *request_run(struct request *rq)
{
	request_clock(rq);
	struct problem *problem = is_read(rq) ? run_read(rq) : run_write(rq);
	if (problem)
		request_reset(rq);
	return problem;
}

const char *request_value(const struct request *rq, const char *name)
{
	for (size_t i = 0; i < rq->op->parameter_count; i++)
		if (strcmp(rq->op->parameters[i].name, name) == 0)
			return rq->values && rq->values[i] ? rq->values[i] : rq->op->parameters[i].fallback;
	log_event(LOG_LEVEL_ERROR, "unknown_parameter", "operation", rq->op->name, "parameter", name,
		  (char *)NULL);
	abort();
}

const char *request_path_id(const struct request *rq)
{
	return request_value(rq, "id");
}

const char *body_text(const struct request *rq, const char *name)
{
	return json_string_value(json_object_get(rq->body, name));
}

bool body_bool(const struct request *rq, const char *name)
{
	return json_is_true(json_object_get(rq->body, name));
}

int64_t body_integer(const struct request *rq, const char *name)
{
	return json_integer_value(json_object_get(rq->body, name));
}

int64_t body_money(const struct request *rq, const char *name)
{
	int64_t fen = 0;
	const char *amount = json_string_value(json_object_get(json_object_get(rq->body, name), "amount"));
	return amount && money_parse(amount, &fen) ? fen : 0;
}

const char *body_json(const struct request *rq, const char *name)
{
	const json_t *value = json_object_get(rq->body, name);
	char *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	if (text)
		arena_defer(rq->arena, free, text);
	return text;
}

const char *request_new_id(struct request *rq)
{
	char text[UUID_TEXT];
	return arena_strdup(rq->arena, uuid_make(text));
}

struct problem *request_next_number(struct request *rq, const char *series, int year, const char **ret)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_NUMBER_SERIES_NEXT, P(series, arena_printf(rq->arena, "%d", year)),
		   &rows));
	*ret = arena_printf(rq->arena, "%s%s%04d-%04lld", series, strlen(series) >= 4 ? "-" : "", year,
			    (long long)row_integer(&rows, 0, "last"));
	return NULL;
}

struct problem *request_notify(struct request *rq, const char *recipient_kind, const char *recipient,
			       const char *kind, const char *subject_kind, const char *subject_id,
			       const char *due_on, const char *key)
{
	return db_run(rq->db, rq->arena, SQL_NOTICE_INSERT,
		      P(request_new_id(rq), recipient_kind, recipient, kind, subject_kind, subject_id, due_on,
			key, rq->now_text),
		      NULL);
}
