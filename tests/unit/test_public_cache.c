/* The table of public answers: what was dropped is never given again, whoever fills late; nothing without a
   lease; never more bytes than allowed; safe with many threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "public_cache.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW   INT64_C(1000000)
#define LEASE (NOW + 1000)
#define LIFE  INT64_C(60000)

static struct public_key key_of(const char *name)
{
	struct public_key key = {.day = 20261115, .kind = 1};
	snprintf(key.name, sizeof key.name, "%s", name);
	return key;
}

static int set_up(void **state)
{
	struct public_cache *cache = public_cache_new(1 << 20, LIFE);
	public_cache_lease(cache, LEASE);
	*state = cache;
	return 0;
}

static int tear_down(void **state)
{
	public_cache_free(*state);
	return 0;
}

static void put(struct public_cache *cache, const struct public_key *key, struct public_ticket ticket,
		const char *body)
{
	const struct public_answer answer = {body, strlen(body), 7, "\"7.x\""};
	public_cache_put(cache, key, ticket, NOW, &answer);
}

/* What a reader does: a ticket, the reading, the filing. */
static void fill(struct public_cache *cache, const struct public_key *key, const char *body)
{
	struct public_ticket ticket;
	const struct public_answer *found = public_cache_find(cache, key, NOW, &ticket);
	assert_null(found);
	put(cache, key, ticket, body);
}

static bool holds(struct public_cache *cache, const struct public_key *key, int64_t now)
{
	struct public_ticket ticket;
	const struct public_answer *found = public_cache_find(cache, key, now, &ticket);
	if (found)
		public_cache_release(found);
	return found != NULL;
}

static void test_gives_what_was_kept(void **state)
{
	struct public_key key = key_of("a");
	struct public_ticket ticket;
	fill(*state, &key, "one");
	const struct public_answer *found = public_cache_find(*state, &key, NOW, &ticket);
	assert_non_null(found);
	assert_int_equal(found->length, 3);
	assert_memory_equal(found->body, "one", 3);
	assert_int_equal(found->version, 7);
	assert_string_equal(found->tag, "\"7.x\"");
	/* a reader keeps its answer also when it is dropped meanwhile */
	public_cache_drop(*state, "a");
	assert_memory_equal(found->body, "one", 3);
	public_cache_release(found);
	assert_false(holds(*state, &key, NOW));
}

static void test_every_part_of_the_key_counts(void **state)
{
	struct public_key key = key_of("a"), other = key;
	fill(*state, &key, "one");
	other.day++;
	assert_false(holds(*state, &other, NOW));
	other = key;
	other.kind = 0;
	assert_false(holds(*state, &other, NOW));
	other = key;
	other.english = true;
	assert_false(holds(*state, &other, NOW));
	other = key_of("b");
	assert_false(holds(*state, &other, NOW));
	assert_true(holds(*state, &key, NOW));
}

static void test_a_drop_takes_every_answer_of_the_name_and_no_other(void **state)
{
	struct public_key zh = key_of("a"), en = zh, yesterday = zh, number = key_of("WNLM-2026-0001"),
			  other = key_of("b");
	en.english = true;
	yesterday.day--;
	fill(*state, &zh, "zh");
	fill(*state, &en, "en");
	fill(*state, &yesterday, "yesterday");
	fill(*state, &number, "number");
	fill(*state, &other, "other");
	public_cache_drop(*state, " a WNLM-2026-0001");
	assert_false(holds(*state, &zh, NOW));
	assert_false(holds(*state, &en, NOW));
	assert_false(holds(*state, &yesterday, NOW));
	assert_false(holds(*state, &number, NOW));
	assert_true(holds(*state, &other, NOW));
	public_cache_drop(*state, "*");
	assert_false(holds(*state, &other, NOW));
	assert_int_equal(public_cache_count(*state, NOW).bytes, 0);
}

static void test_who_began_before_a_drop_cannot_fill_after_it(void **state)
{
	struct public_key key = key_of("a");
	struct public_ticket before, after;
	assert_null(public_cache_find(*state, &key, NOW, &before));
	public_cache_drop(*state, "a");
	put(*state, &key, before, "old");
	assert_null(public_cache_find(*state, &key, NOW, &after));
	put(*state, &key, after, "new");
	assert_true(holds(*state, &key, NOW));
	assert_int_equal(public_cache_count(*state, NOW).refusals, 1);
	/* nor can it replace what a later reader has kept */
	put(*state, &key, before, "old");
	const struct public_answer *found = public_cache_find(*state, &key, NOW, &after);
	assert_memory_equal(found->body, "new", 3);
	public_cache_release(found);
}

static void test_nothing_without_a_lease(void **state)
{
	struct public_key key = key_of("a");
	struct public_ticket ticket;
	fill(*state, &key, "one");
	assert_true(holds(*state, &key, LEASE - 1));
	assert_false(holds(*state, &key, LEASE));
	/* who began without one cannot keep what he read, not even under the next lease */
	assert_null(public_cache_find(*state, &key, LEASE, &ticket));
	assert_false(ticket.is_open);
	public_cache_lease(*state, LEASE + 1000);
	assert_true(holds(*state, &key, LEASE));
	public_cache_drop(*state, NULL);
	put(*state, &key, ticket, "two");
	assert_false(holds(*state, &key, LEASE));
}

static void test_the_end_of_the_lease_empties_and_refuses(void **state)
{
	struct public_key key = key_of("a"), other = key_of("b");
	struct public_ticket ticket;
	fill(*state, &key, "one");
	assert_null(public_cache_find(*state, &other, NOW, &ticket));
	assert_true(ticket.is_open);
	public_cache_lease(*state, 0);
	assert_int_equal(public_cache_count(*state, NOW).entries, 0);
	assert_false(public_cache_count(*state, NOW).is_leased);
	public_cache_lease(*state, LEASE);
	put(*state, &other, ticket, "read before the loss");
	assert_false(holds(*state, &key, NOW));
	assert_false(holds(*state, &other, NOW));
}

static void test_an_entry_ends_with_its_life(void **state)
{
	struct public_key key = key_of("a");
	fill(*state, &key, "one");
	public_cache_lease(*state, NOW + 2 * LIFE);
	assert_true(holds(*state, &key, NOW + LIFE - 1));
	assert_false(holds(*state, &key, NOW + LIFE));
	assert_int_equal(public_cache_count(*state, NOW).entries, 0);
}

/* A scan of very many names: the bytes stay within the bound, and what is read again and again stays. */
static void test_bounded_under_a_scan(void **state)
{
	struct public_key key, loved = key_of("loved");
	char name[PUBLIC_NAME_MAX], body[512];
	memset(body, 'x', sizeof body - 1);
	body[sizeof body - 1] = 0;
	fill(*state, &loved, body);
	for (int i = 0; i < 100000; i++) {
		snprintf(name, sizeof name, "WNLM-2026-%06d", i);
		key = key_of(name);
		fill(*state, &key, body);
		if (i % 50 == 0)
			assert_true(holds(*state, &loved, NOW));
	}
	struct public_counts counts = public_cache_count(*state, NOW);
	assert_true(counts.bytes <= 1 << 20);
	assert_true(counts.entries > 500 && counts.entries < 2000);
	assert_int_equal(counts.entries + counts.evictions, 100001);
	assert_true(holds(*state, &loved, NOW));
	assert_true(holds(*state, &key, NOW));
	char *large = calloc(1, 1 << 18);
	memset(large, 'x', (1 << 18) - 1);
	key = key_of("larger than a shard");
	fill(*state, &key, large);
	assert_false(holds(*state, &key, NOW));
	free(large);
}

/* ---- many threads: a writer moves a number on, then drops; a reader never gets less than what was the
 * number when it began ---- */

#define NAMES 8
#define TURNS 20000

static atomic_int truth[NAMES]; /* what the database says */
static atomic_int told[NAMES];  /* what has been acknowledged */
static atomic_bool is_over;
static atomic_int stale;

static void *write_on(void *context)
{
	struct public_cache *cache = context;
	char name[PUBLIC_NAME_MAX];
	/* on a busy machine the readers may come late: it goes on until one of them was given something */
	for (int i = 0; i < TURNS || public_cache_count(cache, NOW).hits == 0; i++) {
		int n = i % NAMES, value = atomic_fetch_add(&truth[n], 1) + 1;
		snprintf(name, sizeof name, "n%d", n);
		public_cache_drop(cache, i % 1000 == 999 ? NULL : name);
		atomic_store(&told[n], value);
		if (i % 5000 == 4999) {
			public_cache_lease(cache, 0);
			public_cache_lease(cache, LEASE);
		}
	}
	atomic_store(&is_over, true);
	return NULL;
}

static void *read_on(void *context)
{
	struct public_cache *cache = context;
	for (unsigned i = 0; !atomic_load(&is_over); i++) {
		char name[PUBLIC_NAME_MAX], body[16];
		int n = (int)(i % NAMES), expected = atomic_load(&told[n]);
		struct public_ticket ticket;
		snprintf(name, sizeof name, "n%d", n);
		struct public_key key = key_of(name);
		const struct public_answer *found = public_cache_find(cache, &key, NOW, &ticket);
		if (found) {
			if (atoi(found->body) < expected)
				atomic_fetch_add(&stale, 1);
			public_cache_release(found);
			continue;
		}
		snprintf(body, sizeof body, "%d", atomic_load(&truth[n]));
		put(cache, &key, ticket, body);
	}
	return NULL;
}

static void test_many_threads(void **state)
{
	pthread_t threads[4];
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_on, *state), 0);
	assert_int_equal(pthread_create(&threads[3], NULL, write_on, *state), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(stale, 0);
	struct public_counts counts = public_cache_count(*state, NOW);
	assert_true(counts.hits > 0 && counts.drops >= TURNS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_gives_what_was_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_every_part_of_the_key_counts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_drop_takes_every_answer_of_the_name_and_no_other,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_who_began_before_a_drop_cannot_fill_after_it, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_nothing_without_a_lease, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_the_end_of_the_lease_empties_and_refuses, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_an_entry_ends_with_its_life, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bounded_under_a_scan, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_many_threads, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
