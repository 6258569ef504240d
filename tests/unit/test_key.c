/* API keys: made, recognised, and refused after any one typing error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "key.h"

#include <string.h>

static void test_a_key_checks(void **state)
{
	(void)state;
	char key[KEY_TEXT], prefix[KEY_PREFIX];
	key_make(true, key);
	assert_int_equal(strlen(key), 45);
	assert_memory_equal(key, "wna_live_", 9);
	assert_true(key_check(key));
	assert_memory_equal(key_make(false, key), "wna_test_", 9);
	assert_true(key_check(key));
	assert_int_equal(strlen(key_prefix(key, prefix)), 13);
	assert_memory_equal(prefix, key, 13);
}

/* CRC-32 of "wna_test_" and thirty zeros is 0xE0B318C0, counted in base62 with Python's zlib. */
static void test_a_known_key(void **state)
{
	(void)state;
	assert_true(key_check("wna_test_000000000000000000000000000000477pwm"));
}

static void test_any_wrong_character_is_found(void **state)
{
	(void)state;
	char key[KEY_TEXT];
	key_make(true, key);
	for (size_t i = 9; i < strlen(key); i++) {
		char kept = key[i];
		key[i] = kept == 'a' ? 'b' : 'a';
		assert_false(key_check(key));
		key[i] = kept;
	}
	assert_true(key_check(key));
}

static void test_no_key(void **state)
{
	(void)state;
	char key[KEY_TEXT + 1];
	assert_false(key_check(""));
	assert_false(key_check("wna_live_"));
	assert_false(key_check("eyJhbGciOiJub25lIn0.e30."));
	key_make(true, key);
	key[44] = 0;
	assert_false(key_check(key));
	key_make(true, key);
	strcat(key, "0");
	assert_false(key_check(key));
	key_make(true, key);
	key[20] = '-';
	assert_false(key_check(key));
	assert_true(key_is_key("wna_x"));
	assert_false(key_is_key("eyJ"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_key_checks),
		cmocka_unit_test(test_a_known_key),
		cmocka_unit_test(test_any_wrong_character_is_found),
		cmocka_unit_test(test_no_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
