/* Shards of chained buckets with a list in the order of reading. Entries are counted references: one that is
   dropped while it is being copied ends with its last reader. */
#include "public_cache.h"

#include "text.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define SHARDS        16
#define MALLOC_MARGIN 32   /* bytes that an allocation costs beyond its size */
#define ENTRY_USUAL   1024 /* bytes; what the number of buckets is chosen for */
#define BUCKETS_MIN   16
#define TAG_MAX       48

struct entry {
	struct public_answer answer; /* first: a reader holds the entry by it */
	atomic_int references;
	struct public_key key;
	uint64_t hash;
	int64_t ends_ms;
	size_t bytes;
	struct entry *next;          /* of the bucket */
	struct entry *older, *newer; /* by reading */
	char tag[TAG_MAX];
	char body[];
};

struct shard {
	pthread_mutex_t mutex;
	struct entry **buckets;
	struct entry *newest, *oldest;
	uint64_t generation;
	struct public_counts counts;
} __attribute__((aligned(64)));

struct public_cache {
	struct shard shards[SHARDS];
	size_t bucket_count, shard_bytes;
	int64_t life_ms;
	atomic_int_least64_t lease_ms;
};

static void *allocate(size_t size)
{
	void *memory = calloc(1, size);
	if (!memory)
		abort();
	return memory;
}

static void destroy(void *memory)
{
	free(memory);
}

/* Who asks cannot choose the names: those of alliances that exist alone are kept. */
static uint64_t hash_of(const char *name)
{
	return text_fingerprint(name, strlen(name));
}

static struct shard *shard_of(struct public_cache *cache, uint64_t hash)
{
	return &cache->shards[hash % SHARDS];
}

static struct entry **bucket_of(const struct public_cache *cache, const struct shard *shard, uint64_t hash)
{
	return &shard->buckets[hash / SHARDS % cache->bucket_count];
}

static bool key_is(const struct public_key *a, const struct public_key *b)
{
	return a->kind == b->kind && a->english == b->english && a->day == b->day &&
	       strcmp(a->name, b->name) == 0;
}

struct public_cache *public_cache_new(size_t bytes, int64_t life_ms)
{
	struct public_cache *cache = aligned_alloc(64, sizeof *cache);
	if (!cache)
		abort();
	memset(cache, 0, sizeof *cache);
	cache->life_ms = life_ms;
	cache->bucket_count = BUCKETS_MIN;
	while (cache->bucket_count * SHARDS * ENTRY_USUAL < bytes)
		cache->bucket_count *= 2;
	size_t fixed = cache->bucket_count * sizeof(struct entry *);
	cache->shard_bytes = bytes / SHARDS > fixed ? bytes / SHARDS - fixed : 0;
	for (size_t i = 0; i < SHARDS; i++) {
		pthread_mutex_init(&cache->shards[i].mutex, NULL);
		cache->shards[i].buckets = allocate(fixed);
	}
	return cache;
}

void public_cache_release(const struct public_answer *answer)
{
	/* the answer is the first member of an entry of ours, which is not constant */
	union {
		const struct public_answer *answer;
		struct entry *entry;
	} held = {answer};
	if (atomic_fetch_sub(&held.entry->references, 1) == 1)
		destroy(held.entry);
}

/* ---- within a shard, under its mutex ---- */

static void unlink_read(struct shard *shard, struct entry *entry)
{
	*(entry->newer ? &entry->newer->older : &shard->newest) = entry->older;
	*(entry->older ? &entry->older->newer : &shard->oldest) = entry->newer;
	entry->newer = entry->older = NULL;
}

static void link_newest(struct shard *shard, struct entry *entry)
{
	entry->older = shard->newest;
	*(shard->newest ? &shard->newest->newer : &shard->oldest) = entry;
	shard->newest = entry;
}

/* entry_remove - out of the table; place is what points at it in its bucket. */
static void entry_remove(struct shard *shard, struct entry **place)
{
	struct entry *entry = *place;
	*place = entry->next;
	unlink_read(shard, entry);
	shard->counts.entries--;
	shard->counts.bytes -= entry->bytes;
	public_cache_release(&entry->answer);
}

static struct entry **place_of(const struct public_cache *cache, const struct shard *shard,
			       const struct entry *entry)
{
	struct entry **place = bucket_of(cache, shard, entry->hash);
	while (*place != entry)
		place = &(*place)->next;
	return place;
}

static struct entry **place_find(const struct public_cache *cache, const struct shard *shard, uint64_t hash,
				 const struct public_key *key)
{
	struct entry **place = bucket_of(cache, shard, hash);
	while (*place && ((*place)->hash != hash || !key_is(&(*place)->key, key)))
		place = &(*place)->next;
	return place;
}

static void make_room(const struct public_cache *cache, struct shard *shard, size_t bytes)
{
	while (shard->oldest && shard->counts.bytes + bytes > cache->shard_bytes) {
		entry_remove(shard, place_of(cache, shard, shard->oldest));
		shard->counts.evictions++;
	}
}

static void shard_empty(const struct public_cache *cache, struct shard *shard)
{
	shard->generation++;
	while (shard->oldest)
		entry_remove(shard, place_of(cache, shard, shard->oldest));
}

/* ---- from outside ---- */

void public_cache_free(struct public_cache *cache)
{
	if (!cache)
		return;
	for (size_t i = 0; i < SHARDS; i++) {
		shard_empty(cache, &cache->shards[i]);
		destroy(cache->shards[i].buckets);
		pthread_mutex_destroy(&cache->shards[i].mutex);
	}
	destroy(cache);
}

const struct public_answer *public_cache_find(struct public_cache *cache, const struct public_key *key,
					      int64_t now_ms, struct public_ticket *ret_ticket)
{
	uint64_t hash = hash_of(key->name);
	struct shard *shard = shard_of(cache, hash);
	pthread_mutex_lock(&shard->mutex);
	/* under the mutex: a ticket of this generation must not outlive the end of the lease, which empties
	 */
	bool is_leased = now_ms < atomic_load(&cache->lease_ms);
	*ret_ticket = (struct public_ticket){shard->generation, is_leased};
	struct entry **place = place_find(cache, shard, hash, key);
	struct entry *entry = is_leased ? *place : NULL;
	if (entry && now_ms >= entry->ends_ms) {
		entry_remove(shard, place);
		entry = NULL;
	}
	if (entry) {
		atomic_fetch_add(&entry->references, 1);
		unlink_read(shard, entry);
		link_newest(shard, entry);
		shard->counts.hits++;
	} else {
		shard->counts.misses++;
	}
	pthread_mutex_unlock(&shard->mutex);
	return entry ? &entry->answer : NULL;
}

static struct entry *entry_new(const struct public_key *key, const struct public_answer *answer,
			       int64_t ends_ms)
{
	struct entry *entry = allocate(sizeof *entry + answer->length + 1);
	entry->key = *key;
	entry->hash = hash_of(key->name);
	entry->ends_ms = ends_ms;
	entry->bytes = sizeof *entry + answer->length + MALLOC_MARGIN;
	entry->references = 1;
	memcpy(entry->body, answer->body, answer->length);
	memcpy(entry->tag, answer->tag, strlen(answer->tag) + 1);
	entry->answer = (struct public_answer){entry->body, answer->length, answer->version, entry->tag};
	return entry;
}

void public_cache_put(struct public_cache *cache, const struct public_key *key, struct public_ticket ticket,
		      int64_t now_ms, const struct public_answer *answer)
{
	if (!ticket.is_open || strlen(answer->tag) >= TAG_MAX ||
	    sizeof(struct entry) + answer->length + MALLOC_MARGIN > cache->shard_bytes / 2)
		return;
	struct entry *entry = entry_new(key, answer, now_ms + cache->life_ms);
	struct shard *shard = shard_of(cache, entry->hash);
	pthread_mutex_lock(&shard->mutex);
	bool is_late = ticket.generation != shard->generation;
	if (is_late) {
		shard->counts.refusals++;
	} else {
		struct entry **place = place_find(cache, shard, entry->hash, key);
		if (*place)
			entry_remove(shard, place);
		make_room(cache, shard, entry->bytes);
		place = bucket_of(cache, shard, entry->hash);
		entry->next = *place;
		*place = entry;
		link_newest(shard, entry);
		shard->counts.entries++;
		shard->counts.bytes += entry->bytes;
	}
	pthread_mutex_unlock(&shard->mutex);
	if (is_late)
		destroy(entry);
}

static void drop_all(struct public_cache *cache)
{
	for (size_t i = 0; i < SHARDS; i++) {
		pthread_mutex_lock(&cache->shards[i].mutex);
		cache->shards[i].counts.drops += i == 0; /* it is one, for all of them */
		shard_empty(cache, &cache->shards[i]);
		pthread_mutex_unlock(&cache->shards[i].mutex);
	}
}

static void drop_name(struct public_cache *cache, const char *name)
{
	uint64_t hash = hash_of(name);
	struct shard *shard = shard_of(cache, hash);
	pthread_mutex_lock(&shard->mutex);
	shard->generation++;
	shard->counts.drops++;
	for (struct entry **place = bucket_of(cache, shard, hash); *place;) {
		if ((*place)->hash == hash && strcmp((*place)->key.name, name) == 0)
			entry_remove(shard, place);
		else
			place = &(*place)->next;
	}
	pthread_mutex_unlock(&shard->mutex);
}

void public_cache_drop(struct public_cache *cache, const char *names)
{
	char name[PUBLIC_NAME_MAX];
	if (!names || strchr(names, '*')) {
		drop_all(cache);
		return;
	}
	for (const char *at = names + strspn(names, " "); *at; at += strspn(at, " ")) {
		size_t length = strcspn(at, " ");
		if (length < sizeof name) {
			memcpy(name, at, length);
			name[length] = 0;
			drop_name(cache, name);
		}
		at += length;
	}
}

void public_cache_lease(struct public_cache *cache, int64_t until_ms)
{
	atomic_store(&cache->lease_ms, until_ms);
	if (!until_ms)
		drop_all(cache);
}

struct public_counts public_cache_count(struct public_cache *cache, int64_t now_ms)
{
	struct public_counts sum = {.is_leased = now_ms < atomic_load(&cache->lease_ms)};
	for (size_t i = 0; i < SHARDS; i++) {
		struct shard *shard = &cache->shards[i];
		pthread_mutex_lock(&shard->mutex);
		sum.hits += shard->counts.hits;
		sum.misses += shard->counts.misses;
		sum.entries += shard->counts.entries;
		sum.bytes += shard->counts.bytes;
		sum.drops += shard->counts.drops;
		sum.refusals += shard->counts.refusals;
		sum.evictions += shard->counts.evictions;
		pthread_mutex_unlock(&shard->mutex);
	}
	return sum;
}
