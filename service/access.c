/* From a token to a caller, and the note of when a credential was used. */
#include "access.h"

#include "clock.h"
#include "json.h"
#include "key.h"
#include "keyring.h"
#include "log.h"
#include "operations.h"
#include "task.h"
#include "text.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>

#define TOUCH_US  60000000 /* microseconds that a note of use is good for */
#define TOUCH_MAX 64       /* credentials waiting for their note; more are noted at their next use */

/* What tokens are made and verified with: whole, and never changed once others can see it. */
struct key_state {
	struct keyring ring;
	struct jwt_issuer issuers[2]; /* ours, then the external one */
	size_t issuer_count;
};

/* Written by access_start and access_stop alone, before and after all requests. */
static struct {
	struct arena *arena;
	const char *issuer, *signing_key_file;
	bool test;
} state = {.issuer = ""};

/* Another instance may renew the keys in the file that both use. Who reads an older state goes on with it:
   none is freed before access_stop, and there is one more per change of the file, a few in a year. */
static _Atomic(const struct key_state *) keys_now;
static struct {
	pthread_mutex_t lock;
	struct stat file; /* as it was before it was read last */
} renewal = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	bool running, stopping;
	struct pool *pool;
	char ids[TOUCH_MAX][UUID_TEXT];
	size_t count;
} touch = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

static bool is_given(const char *text)
{
	return text && *text;
}

/* ---- start and stop ---- */

static struct problem *external_start(struct arena *arena, const struct access_options *options,
				      struct key_state *keys)
{
	if (!is_given(options->external_issuer) && !is_given(options->external_jwks_file))
		return NULL;
	if (!is_given(options->external_issuer) || !is_given(options->external_jwks_file) ||
	    !is_given(options->external_audience)) {
		struct problem *problem = problem_new(
			arena, PROBLEM_internal, "外部签发者需要同时设置签发者、受众和公钥文件",
			"an external issuer needs its name, its audience and its file of public keys");
		problem->is_setup = true;
		return problem;
	}
	const struct jwks *external;
	TRY(keyring_read(state.arena, options->external_jwks_file, &external));
	keys->issuers[keys->issuer_count++] =
		(struct jwt_issuer){arena_strdup(state.arena, options->external_issuer),
				    arena_strdup(state.arena, options->external_audience), external};
	return NULL;
}

static struct problem *signing_start(struct arena *arena, struct key_state *keys)
{
	if (stat(state.signing_key_file, &renewal.file) != 0)
		renewal.file = (struct stat){0};
	TRY(keyring_open(arena, state.signing_key_file, clock_wall().microseconds / 1000000, &keys->ring));
	keys->issuers[0] = (struct jwt_issuer){state.issuer, state.issuer, keys->ring.keys};
	return NULL;
}

struct problem *access_start(struct arena *arena, const struct access_options *options)
{
	access_stop();
	state.arena = arena_new();
	state.test = options->test;
	state.issuer = arena_strdup(state.arena, options->issuer);
	state.signing_key_file = arena_strdup(state.arena, options->signing_key_file);
	struct key_state *keys = arena_alloc(state.arena, sizeof *keys);
	keys->issuer_count = 1;
	TRY(signing_start(state.arena, keys));
	TRY(external_start(arena, options, keys));
	atomic_store(&keys_now, keys);
	return NULL;
}

void access_stop(void)
{
	pthread_mutex_lock(&touch.lock);
	bool running = touch.running;
	touch.stopping = true;
	pthread_cond_signal(&touch.wake);
	pthread_mutex_unlock(&touch.lock);
	if (running)
		pthread_join(touch.thread, NULL);
	touch.running = touch.stopping = false;
	touch.count = 0;
	atomic_store(&keys_now, NULL);
	arena_free(state.arena);
	memset(&state, 0, sizeof state);
	state.issuer = "";
}

bool access_is_test(void)
{
	return state.test || clock_is_test();
}

const char *access_issuer(void)
{
	return state.issuer;
}

/* ---- keys that another instance has made ---- */

static bool file_is_as_read(const struct stat *now)
{
	const struct stat *read = &renewal.file;
	return now->st_ino == read->st_ino && now->st_size == read->st_size &&
	       now->st_ctim.tv_sec == read->st_ctim.tv_sec && now->st_ctim.tv_nsec == read->st_ctim.tv_nsec;
}

static void release_arena(void *arena)
{
	arena_free(arena);
}

/* A file that cannot be read now leaves the keys as they are, until it changes again. */
static void keys_read(void)
{
	struct arena *arena = arena_new();
	struct key_state *keys = arena_alloc(arena, sizeof *keys);
	*keys = *atomic_load(&keys_now);
	struct problem *problem = signing_start(arena, keys);
	if (problem) {
		log_event(LOG_LEVEL_WARNING, "signing_keys_not_read", "cause", problem->detail_en,
			  (char *)NULL);
		arena_free(arena);
		return;
	}
	arena_defer(state.arena, release_arena, arena);
	atomic_store(&keys_now, keys);
}

/* keys_fresh - as the file is now. It is asked on every token of an unknown key, so anybody can ask for it:
   it costs a look at the directory, less than the token's signature, and a reading when the file has changed.
 */
static const struct key_state *keys_fresh(void)
{
	struct stat now;
	if (!atomic_load(&keys_now) || stat(state.signing_key_file, &now) != 0)
		return atomic_load(&keys_now);
	pthread_mutex_lock(&renewal.lock);
	if (!file_is_as_read(&now))
		keys_read();
	pthread_mutex_unlock(&renewal.lock);
	return atomic_load(&keys_now);
}

/* ---- the note of use ---- */

static void touch_write(const char *id)
{
	struct arena *arena = arena_new();
	struct db *db = NULL;
	const struct instant wall = clock_wall();
	const struct instant due = {wall.microseconds - TOUCH_US};
	char now[INSTANT_TEXT], before[INSTANT_TEXT];
	/* a note that cannot be made now is made at a later use: no problem of anybody's request */
	struct problem *problem = db_begin(touch.pool, arena, false, &db);
	if (!problem)
		problem = db_run(db, arena, SQL_CREDENTIAL_TOUCH,
				 P(id, instant_format(wall, now), instant_format(due, before)), NULL);
	if (problem)
		db_rollback(db);
	else
		problem = db_commit(db, arena);
	(void)problem;
	arena_free(arena);
}

static void *touch_run(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&touch.lock);
	while (!touch.stopping) {
		if (touch.count == 0) {
			pthread_cond_wait(&touch.wake, &touch.lock);
			continue;
		}
		char id[UUID_TEXT];
		memcpy(id, touch.ids[touch.count - 1], sizeof id);
		pthread_mutex_unlock(&touch.lock);
		touch_write(id);
		pthread_mutex_lock(&touch.lock);
		/* found again by name: others may have been added, none is taken away but here */
		for (size_t i = 0; i < touch.count; i++)
			if (!strcmp(touch.ids[i], id)) {
				memcpy(touch.ids[i], touch.ids[--touch.count], sizeof id);
				break;
			}
	}
	pthread_mutex_unlock(&touch.lock);
	return NULL;
}

void access_serve(struct pool *pool)
{
	pthread_mutex_lock(&touch.lock);
	if (!touch.running) {
		touch.pool = pool;
		touch.running = pthread_create(&touch.thread, NULL, touch_run, NULL) == 0;
	}
	pthread_mutex_unlock(&touch.lock);
}

static void touch_ask(const char *id)
{
	pthread_mutex_lock(&touch.lock);
	bool known = !touch.running || touch.count == TOUCH_MAX || strlen(id) >= UUID_TEXT;
	for (size_t i = 0; !known && i < touch.count; i++)
		known = !strcmp(touch.ids[i], id);
	if (!known) {
		memcpy(touch.ids[touch.count++], id, strlen(id) + 1);
		pthread_cond_signal(&touch.wake);
	}
	pthread_mutex_unlock(&touch.lock);
}

/* ---- from a token to a caller ---- */

const struct caller *access_anonymous(void)
{
	static const struct caller anonymous = {.roles = ROLE_public};
	return &anonymous;
}

static struct problem *refuse(struct arena *arena, const char *why)
{
	struct problem *problem = problem_new(arena, PROBLEM_unauthenticated, NULL, NULL);
	problem->cause = arena_printf(arena, "token: %s", why);
	return problem;
}

static const char *text_of(struct arena *arena, const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));
	return text ? arena_strdup(arena, text) : NULL;
}

static void grants_fill(struct arena *arena, const char *text, struct caller *caller)
{
	json_error_t error;
	json_t *list = json_loads(text, 0, &error);
	if (!list)
		return;
	json_own(arena, list);
	struct grant *grants = arena_alloc(arena, (json_array_size(list) + 1) * sizeof *grants);
	size_t index;
	json_t *value;
	json_array_foreach(list, index, value)
	{
		role_set role = role_parse(json_string_value(json_object_get(value, "role")));
		caller->roles |= role;
		grants[caller->grant_count++] = (struct grant){
			.role = (enum role)role,
			.organisation_id = text_of(arena, value, "organisation_id"),
			.recommender_id = text_of(arena, value, "recommender_id"),
			.expert_id = text_of(arena, value, "expert_id"),
		};
	}
	caller->grants = grants;
}

static bool word_is_in(const char *words, const char *word, size_t length)
{
	for (const char *at = words; *at;) {
		size_t n = strcspn(at, " ");
		if (n == length && !memcmp(at, word, n))
			return true;
		at += n + strspn(at + n, " ");
	}
	return false;
}

/* The scopes in both lists; NULL is the list of all. */
static const char *scopes_both(struct arena *arena, const char *a, const char *b)
{
	if (!a || !b)
		return a ? a : b;
	char *both = arena_alloc(arena, strlen(a) + 2), *end = both;
	for (const char *at = a; *at;) {
		size_t n = strcspn(at, " ");
		if (n && word_is_in(b, at, n)) {
			if (end != both)
				*end++ = ' ';
			memcpy(end, at, n);
			end += n;
		}
		at += n + strspn(at + n, " ");
	}
	return both;
}

/* is_past - whether an instant of a row (microseconds) is that long ago; false for null. */
static bool is_past(const struct rows *rows, const char *column, int64_t microseconds)
{
	return !row_is_null(rows, 0, column) &&
	       row_integer(rows, 0, column) <= clock_wall().microseconds - microseconds;
}

/* One row of caller_by_…: an account with its grants as they are now. The statements are not told the time,
   so that requests with the same token that wait together ask the same (service/db/loop_lane.c). */
static struct problem *caller_make(struct arena *arena, const struct rows *rows, const char *scope,
				   const struct caller **ret)
{
	if (rows->count == 0)
		return refuse(arena, "unknown");
	if (row_bool(rows, 0, "revoked"))
		return refuse(arena, "revoked");
	if (is_past(rows, "expires", 0))
		return refuse(arena, "expired");
	if (row_bool(rows, 0, "is_test") && !access_is_test())
		return refuse(arena, "credential of a test");
	if (row_bool(rows, 0, "disabled"))
		return refuse(arena, "the account is disabled");
	struct caller *caller = arena_alloc(arena, sizeof *caller);
	caller->account_id = row_text(rows, 0, "account_id");
	caller->name = row_text(rows, 0, "name");
	caller->credential_id = row_text(rows, 0, "credential_id");
	caller->roles = ROLE_public;
	caller->scopes = scopes_both(arena, row_text(rows, 0, "scopes"), scope);
	grants_fill(arena, row_text(rows, 0, "grants"), caller);
	if (caller->credential_id && (row_is_null(rows, 0, "used") || is_past(rows, "used", TOUCH_US)))
		touch_ask(caller->credential_id);
	*ret = caller;
	return NULL;
}

static struct problem *by_key(struct arena *arena, struct pool *pool, const char *token,
			      const struct caller **ret)
{
	if (!key_check(token))
		return refuse(arena, "key with wrong check characters");
	if (!strncmp(token, "wna_test_", 9) && !access_is_test())
		return refuse(arena, "key of a test");
	char hex[SHA256_HEX];
	struct rows rows;
	TRY(db_run(db_lane(pool), arena, SQL_CALLER_BY_KEY, P(sha256_hex(token, strlen(token), hex)), &rows));
	return caller_make(arena, &rows, NULL, ret);
}

static struct problem *by_own_token(struct arena *arena, struct pool *pool, const struct jwt *token,
				    const struct caller **ret)
{
	struct rows rows;
	if (!token->client_id)
		return refuse(arena, "client_id");
	TRY(db_run(db_lane(pool), arena, SQL_CALLER_BY_CLIENT, P(token->client_id), &rows));
	if (rows.count == 1 && strcmp(row_text(&rows, 0, "account_id"), token->subject) != 0)
		return refuse(arena, "sub");
	return caller_make(arena, &rows, token->scope, ret);
}

/* Once more when it did not fit the keys that are known here, and there are others now. */
static const char *token_verify(struct arena *arena, const char *token, const struct key_state **ret_keys,
				struct jwt *ret)
{
	static const struct key_state none;
	task_leave(); /* a signature takes as long as ten requests, and anybody may send a false one */
	int64_t now = clock_wall().microseconds / 1000000;
	const struct key_state *keys = atomic_load(&keys_now), *fresh;
	if (!keys)
		keys = &none;
	const char *fault = jwt_verify(arena, keys->issuers, keys->issuer_count, token, now, ret);
	if (fault && !strcmp(fault, "signature") && (fresh = keys_fresh()) != keys) {
		keys = fresh;
		fault = jwt_verify(arena, keys->issuers, keys->issuer_count, token, now, ret);
	}
	*ret_keys = keys;
	return fault;
}

struct problem *access_by_token(struct arena *arena, struct pool *pool, const char *token,
				const struct caller **ret)
{
	if (key_is_key(token))
		return by_key(arena, pool, token, ret);
	struct jwt jwt;
	const struct key_state *keys;
	const char *fault = token_verify(arena, token, &keys, &jwt);
	if (fault)
		return refuse(arena, fault);
	if (jwt.issuer == 0)
		return by_own_token(arena, pool, &jwt, ret);
	struct rows rows;
	TRY(db_run(db_lane(pool), arena, SQL_CALLER_BY_IDENTITY,
		   P(keys->issuers[jwt.issuer].issuer, jwt.subject), &rows));
	return caller_make(arena, &rows, jwt.scope, ret);
}

/* ---- our own tokens ---- */

const char *access_sign(struct arena *arena, const char *account_id, const char *client_id, const char *scope)
{
	const struct key_state *keys = keys_fresh();
	if (!keys)
		return NULL;
	char id[UUID_TEXT];
	json_int_t now = clock_wall().microseconds / 1000000;
	json_t *claims = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:s*}", "iss", state.issuer, "aud",
				   state.issuer, "sub", account_id, "client_id", client_id, "iat", now, "exp",
				   now + ACCESS_TOKEN_SECONDS, "jti", uuid_make(id), "scope", scope);
	if (!claims)
		return NULL;
	json_own(arena, claims);
	return jwt_sign(arena, keys->ring.keys, keys->ring.kid, "at+jwt", claims);
}

const json_t *access_public_keys(void)
{
	const struct key_state *keys = keys_fresh();
	return keys ? keys->ring.public_set : NULL;
}

bool access_scope_is_known(const char *scope, size_t length)
{
	for (size_t i = 0; i < operation_count; i++)
		if (operations[i].scope && strlen(operations[i].scope) == length &&
		    !memcmp(operations[i].scope, scope, length))
			return true;
	return false;
}

bool access_scopes_hold(const char *scopes, const char *wanted)
{
	for (const char *at = wanted; *at;) {
		size_t n = strcspn(at, " ");
		if (n && !(scopes ? word_is_in(scopes, at, n) : access_scope_is_known(at, n)))
			return false;
		at += n + strspn(at + n, " ");
	}
	return true;
}
