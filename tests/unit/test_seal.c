/* Seal: what is closed opens again with the same key and the same owner, and with nothing else. */
#include "seal.h"

#include "arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define NUMBER "6100000000000001234"

static char directory[] = "/tmp/test-seal-XXXXXX";

static void test_without_a_key(void **state)
{
	struct arena *arena = *state;
	assert_null(seal_close(arena, NUMBER, "a"));
}

static void test_round_trip(void **state)
{
	struct arena *arena = *state;
	const char *file = arena_printf(arena, "%s/key", directory);
	struct stat about;
	assert_null(seal_start(arena, file, NULL, NULL));
	assert_int_equal(stat(file, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0600);
	assert_int_equal(about.st_size, 32);
	char *sealed = seal_close(arena, NUMBER, "a");
	assert_int_equal(strlen(sealed), 2 * (12 + strlen(NUMBER) + 16));
	assert_null(strstr(sealed, "31323334")); /* "1234" */
	assert_string_not_equal(sealed, seal_close(arena, NUMBER, "a"));
	assert_string_equal(seal_open(arena, sealed, "a"), NUMBER);
	assert_null(seal_open(arena, sealed, "b"));
	assert_null(seal_start(arena, file, NULL, NULL));
	assert_string_equal(seal_open(arena, sealed, "a"), NUMBER);
}

static void test_every_changed_digit_is_seen(void **state)
{
	struct arena *arena = *state;
	char *sealed = seal_close(arena, NUMBER, "a");
	for (size_t i = 0; sealed[i]; i++) {
		char kept = sealed[i];
		sealed[i] = kept == '0' ? '1' : '0';
		assert_null(seal_open(arena, sealed, "a"));
		sealed[i] = kept;
	}
	assert_null(seal_open(arena, "", "a"));
	assert_null(seal_open(arena, "zz", "a"));
	assert_null(seal_open(arena, arena_printf(arena, "%s0", sealed), "a"));
}

static void test_a_key_must_open_what_is_stored(void **state)
{
	struct arena *arena = *state;
	const char *file = arena_printf(arena, "%s/key", directory);
	const char *other = arena_printf(arena, "%s/other", directory);
	const char *sealed = seal_close(arena, NUMBER, "a");
	assert_null(seal_start(arena, file, sealed, "a"));
	assert_null(seal_start(arena, other, NULL, NULL));
	const struct problem *problem = seal_start(arena, other, sealed, "a");
	assert_true(problem && problem->is_setup);
	assert_non_null(strstr(problem->cause, other));
	assert_null(seal_close(arena, NUMBER, "a"));
	unlink(other);
	problem = seal_start(arena, other, sealed, "a");
	assert_true(problem && problem->is_setup);
	assert_int_equal(access(other, F_OK), -1);
	assert_null(seal_start(arena, file, sealed, "a"));
}

static void test_a_key_that_others_may_read(void **state)
{
	struct arena *arena = *state;
	const char *file = arena_printf(arena, "%s/key", directory);
	assert_int_equal(chmod(file, 0640), 0);
	assert_non_null(seal_start(arena, file, NULL, NULL));
	assert_int_equal(chmod(file, 0600), 0);
	assert_int_equal(truncate(file, 31), 0);
	assert_non_null(seal_start(arena, file, NULL, NULL));
	unlink(file);
	rmdir(directory);
}

static int start(void **state)
{
	*state = arena_new();
	return mkdtemp(directory) ? 0 : -1;
}

static int stop(void **state)
{
	arena_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_a_key),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_every_changed_digit_is_seen),
		cmocka_unit_test(test_a_key_must_open_what_is_stored),
		cmocka_unit_test(test_a_key_that_others_may_read),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
