/* Public cache: rendered answers that are the same for everybody, by what they are about. A table in shards,
   each with its own lock and its own share of the bytes; the least recently read goes first. It knows neither
   requests nor the database.

   What it promises: an answer that was dropped is never given again, not even by a reader that began before
   the drop and finishes after it (the shard's generation has moved on, its ticket is refused). Without a
   lease nothing is given and nothing kept: whoever hears of the writes of others (service/db/listener.h)
   renews the lease as long as it can prove that it has heard of all of them. What nobody tells of ends with
   the entry's life. */
#ifndef PUBLIC_CACHE_H
#define PUBLIC_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct public_cache;

#define PUBLIC_NAME_MAX 40

/* What an answer is about, under which name it was asked for, and what else it depends on. */
struct public_key {
	char name[PUBLIC_NAME_MAX]; /* canonical id or number */
	int32_t day;                /* legal day, 20261115 */
	uint8_t kind;
	bool english;
};

/* An answer; immutable. */
struct public_answer {
	const char *body; /* a zero byte follows it */
	size_t length;
	int64_t version;
	const char *tag; /* its entity tag, with quotes */
};

/* Permission to keep what is read from now on. */
struct public_ticket {
	uint64_t generation;
	bool is_open;
};

struct public_counts {
	uint64_t hits, misses, entries, bytes, drops, refusals, evictions;
	bool is_leased;
};

/* public_cache_new - bytes bounds everything that it holds, life_ms how long an entry is given. */
struct public_cache *public_cache_new(size_t bytes, int64_t life_ms);
void public_cache_free(struct public_cache *cache);

/* public_cache_find - the answer, NULL when there is none; to be released. Without one the ticket is for what
   the caller now reads: take it before reading. */
const struct public_answer *public_cache_find(struct public_cache *cache, const struct public_key *key,
					      int64_t now_ms, struct public_ticket *ret_ticket);
void public_cache_release(const struct public_answer *answer);

/* public_cache_put - keep a copy, unless something was dropped since the ticket was taken. */
void public_cache_put(struct public_cache *cache, const struct public_key *key, struct public_ticket ticket,
		      int64_t now_ms, const struct public_answer *answer);

/* public_cache_drop - forget every answer under these names (separated by spaces; "*" or NULL is all). */
void public_cache_drop(struct public_cache *cache, const char *names);

/* public_cache_lease - answers may be given until then (monotonic milliseconds); 0 ends it and empties. */
void public_cache_lease(struct public_cache *cache, int64_t until_ms);

struct public_counts public_cache_count(struct public_cache *cache, int64_t now_ms);

#endif
