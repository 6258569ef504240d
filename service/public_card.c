/* The one cache of public answers of the process, what feeds it and what empties it. */
#include "public_card.h"

#include "clock.h"
#include "listener.h"
#include "operations.h"
#include "reply.h"
#include "text.h"

#include <stdatomic.h>
#include <string.h>

#define CHANNEL "alliance_public"

static struct {
	struct public_cache *cache; /* NULL = off */
	struct listener *listener;
	int bound_ms;
	int64_t commit_ms;
	/* monotonic milliseconds, 0 = none */
	atomic_int_fast64_t in_doubt_until_ms; /* a commit of unknown fate may come until then */
	atomic_int_fast64_t unheard_ms;        /* what was told before may not be heard yet */
} state;

/* ---- the writes of others ---- */

static void heard(void *context, const char *payload)
{
	(void)context;
	public_cache_drop(state.cache, payload);
}

/* What was told in the millisecond of the question may have been told after it. */
static void proven(void *context, int64_t as_of_ms)
{
	int_fast64_t unheard = atomic_load(&state.unheard_ms);
	(void)context;
	if (unheard < as_of_ms)
		atomic_compare_exchange_strong(&state.unheard_ms, &unheard, 0);
	public_cache_lease(state.cache, as_of_ms + state.bound_ms);
}

static void lost(void *context)
{
	(void)context;
	public_cache_lease(state.cache, 0);
}

struct problem *public_card_start(struct arena *arena, const struct public_card_options *options)
{
	const struct listener_options how = {
		.conninfo = options->conninfo,
		.channel = CHANNEL,
		.bound_ms = options->bound_ms,
		.heard = heard,
		.proven = proven,
		.lost = lost,
	};
	if (!options->mebibytes)
		return NULL;
	state.bound_ms = options->bound_ms;
	state.commit_ms = options->commit_ms;
	state.in_doubt_until_ms = state.unheard_ms = 0;
	state.cache =
		public_cache_new((size_t)options->mebibytes << 20, (int64_t)options->life_seconds * 1000);
	return listener_start(arena, &how, &state.listener);
}

void public_card_stop(void)
{
	listener_stop(state.listener);
	public_cache_free(state.cache);
	state.listener = NULL;
	state.cache = NULL;
}

/* ---- the writes of this instance ---- */

static void raise_to(atomic_int_fast64_t *value, int64_t least)
{
	int_fast64_t known = atomic_load(value);
	while (known < least && !atomic_compare_exchange_weak(value, &known, least)) {
	}
}

void public_card_changed(const char *names)
{
	if (!state.cache)
		return;
	if (!names)
		raise_to(&state.in_doubt_until_ms, clock_monotonic_ms() + state.commit_ms);
	public_cache_drop(state.cache, names);
}

void public_card_replayed(void)
{
	int64_t now = clock_monotonic_ms();
	if (!state.cache)
		return;
	raise_to(&state.unheard_ms, now);
	if (now < atomic_load(&state.in_doubt_until_ms))
		public_cache_drop(state.cache, NULL);
}

/* ---- answers ---- */

/* An id in capitals is the same id; a number has no small letters. */
static bool key_make(struct request *rq, enum public_kind kind, const char *name, struct public_key *ret)
{
	size_t length = strlen(name);
	if (length >= sizeof ret->name)
		return false;
	*ret = (struct public_key){
		.day = rq->today.year * 10000 + rq->today.month * 100 + rq->today.day,
		.kind = (uint8_t)kind,
		.english = rq->english,
	};
	bool is_id = length == UUID_TEXT - 1;
	for (size_t i = 0; i < length; i++)
		ret->name[i] = is_id && name[i] >= 'A' && name[i] <= 'F' ? (char)(name[i] + 32) : name[i];
	return true;
}

bool public_card_serves(const struct operation *op)
{
	return op->id == OPERATION_GET_ALLIANCE || op->id == OPERATION_GET_ALLIANCE_BY_NUMBER ||
	       op->id == OPERATION_GET_ALLIANCE_STATUS || op->id == OPERATION_GET_ALLIANCE_STATUS_BY_NUMBER;
}

bool public_card_give(struct request *rq, enum public_kind kind, const char *name, struct public_reading *ret)
{
	*ret = (struct public_reading){0};
	if (!state.cache || atomic_load_explicit(&state.unheard_ms, memory_order_relaxed) ||
	    (kind == PUBLIC_CARD && rq->caller->account_id) || !key_make(rq, kind, name, &ret->key))
		return false;
	const struct public_answer *answer =
		public_cache_find(state.cache, &ret->key, clock_monotonic_ms(), &ret->ticket);
	if (!answer)
		return false;
	buffer_add(&rq->reply.body, answer->body, answer->length);
	rq->reply.version = answer->version;
	rq->reply.tag = arena_strdup(rq->arena, answer->tag);
	public_cache_release(answer);
	return true;
}

void public_card_keep(struct request *rq, const struct public_reading *reading)
{
	if (!reading->ticket.is_open || rq->failure)
		return;
	const struct public_answer answer = {rq->reply.body.text, rq->reply.body.length, rq->reply.version,
					     reply_tag(rq)};
	public_cache_put(state.cache, &reading->key, reading->ticket, clock_monotonic_ms(), &answer);
}

struct public_counts public_card_count(void)
{
	if (!state.cache)
		return (struct public_counts){0};
	return public_cache_count(state.cache, clock_monotonic_ms());
}
