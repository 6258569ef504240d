/* A commit of unknown fate: for as long as it may still come, a replay of its call makes all be forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clock.h"
#include "db.h"
#include "public_card.h"

#define COMMIT_MS 300

static uint64_t drops(void)
{
	return public_card_count().drops;
}

/* Nobody listens there: what is forgotten is counted all the same. */
static int set_up(void **state)
{
	const struct public_card_options options = {.conninfo = "host=/nowhere",
						    .mebibytes = 1,
						    .bound_ms = 100,
						    .commit_ms = COMMIT_MS,
						    .life_seconds = 1};
	*state = arena_new();
	assert_null(public_card_start(*state, &options));
	return 0;
}

static int tear_down(void **state)
{
	public_card_stop();
	arena_free(*state);
	return 0;
}

static void test_a_replay_without_doubt_forgets_nothing(void **state)
{
	(void)state;
	public_card_changed("a b");
	uint64_t before = drops();
	public_card_replayed();
	assert_int_equal(drops(), before);
}

static void test_doubt_ends(void **state)
{
	(void)state;
	int64_t earliest = clock_monotonic_ms() + COMMIT_MS;
	public_card_changed(NULL);
	int64_t latest = clock_monotonic_ms() + COMMIT_MS;
	uint64_t before, forgotten = 0;
	for (;;) {
		int64_t now = clock_monotonic_ms();
		before = drops();
		public_card_replayed();
		if (drops() == before)
			break;
		forgotten++;
		assert_true(now < latest); /* not for ever */
	}
	assert_true(clock_monotonic_ms() >= earliest);
	assert_true(forgotten > 0);
}

/* A later doubt makes it longer, never shorter. */
static void test_the_last_doubt_counts(void **state)
{
	(void)state;
	public_card_changed(NULL);
	int64_t first = clock_monotonic_ms();
	while (clock_monotonic_ms() < first + COMMIT_MS / 2) {
	}
	int64_t last = clock_monotonic_ms();
	public_card_changed(NULL);
	uint64_t before;
	do {
		before = drops();
		public_card_replayed();
	} while (drops() != before);
	assert_true(clock_monotonic_ms() >= last + COMMIT_MS);
}

/* 64 statements and the COMMIT of five seconds each, behind ten seconds on the way; twice. */
static void test_how_long_a_commit_may_come(void **state)
{
	(void)state;
	assert_int_equal(pool_commit_ms(5000), 2 * (10000 + 65 * 5000));
	assert_true(pool_commit_ms(3600000) > 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {TEST(test_a_replay_without_doubt_forgets_nothing),
					   TEST(test_doubt_ends), TEST(test_the_last_doubt_counts),
					   TEST(test_how_long_a_commit_may_come)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
