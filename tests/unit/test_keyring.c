/* The file of signing keys: made once, mode 0600, renewed with age, a retired key kept for its last tokens.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "keyring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW INT64_C(1795000000)
#define DAY INT64_C(86400)

static char folder[64];
static char path[96];

static int set_up(void **state)
{
	snprintf(folder, sizeof folder, "/tmp/keyring-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/signing.jwks", folder);
	*state = arena_new();
	return 0;
}

static int tear_down(void **state)
{
	char lock[112];
	snprintf(lock, sizeof lock, "%s.lock", path);
	unlink(path);
	unlink(lock);
	rmdir(folder);
	arena_free(*state);
	return 0;
}

static size_t public_count(const struct keyring *ring)
{
	return json_array_size(json_object_get(ring->public_set, "keys"));
}

static void test_made_once(void **state)
{
	struct keyring first, second;
	struct stat about;
	assert_null(keyring_open(*state, path, NOW, &first));
	assert_int_equal(stat(path, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0600);
	assert_null(keyring_open(*state, path, NOW + DAY, &second));
	assert_string_equal(first.kid, second.kid);
	assert_int_equal(public_count(&second), 1);
	json_t *key = json_array_get(json_object_get(second.public_set, "keys"), 0);
	assert_null(json_object_get(key, "d"));
}

static void test_renewed_with_age(void **state)
{
	struct keyring first, second, third;
	assert_null(keyring_open(*state, path, NOW, &first));
	assert_null(keyring_open(*state, path, NOW + 181 * DAY, &second));
	assert_string_not_equal(first.kid, second.kid);
	assert_int_equal(public_count(&second), 2);
	assert_null(keyring_open(*state, path, NOW + 181 * DAY + DAY + 1, &third));
	assert_string_equal(second.kid, third.kid);
	assert_int_equal(public_count(&third), 1);
}

static void test_open_to_others_is_refused(void **state)
{
	struct keyring ring;
	assert_null(keyring_open(*state, path, NOW, &ring));
	assert_int_equal(chmod(path, 0640), 0);
	assert_non_null(keyring_open(*state, path, NOW, &ring));
}

static void test_broken_file_is_refused(void **state)
{
	struct keyring ring;
	const struct jwks *keys;
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs("{\"keys\":", file);
	fclose(file);
	assert_int_equal(chmod(path, 0600), 0);
	assert_non_null(keyring_open(*state, path, NOW, &ring));
	assert_non_null(keyring_read(*state, path, &keys));
	assert_non_null(keyring_read(*state, "/nowhere/keys", &keys));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {TEST(test_made_once), TEST(test_renewed_with_age),
					   TEST(test_open_to_others_is_refused),
					   TEST(test_broken_file_is_refused)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
