/* The file of a key: made once, whoever else is making it and whatever an earlier start left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "secret.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STARTS 8

static char folder[64], path[80], left_behind[112];

static int set_up(void **state)
{
	snprintf(folder, sizeof folder, "/tmp/secret-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/cursor.key", folder);
	snprintf(left_behind, sizeof left_behind, "%s.%ld", path, (long)getpid());
	*state = arena_new();
	return 0;
}

static int tear_down(void **state)
{
	unlink(path);
	unlink(left_behind);
	rmdir(folder);
	arena_free(*state);
	return 0;
}

static size_t files_count(void)
{
	size_t count = 0;
	DIR *directory = opendir(folder);
	assert_non_null(directory);
	for (const struct dirent *entry; (entry = readdir(directory));)
		count += entry->d_name[0] != '.';
	closedir(directory);
	return count;
}

static void test_made_once(void **state)
{
	unsigned char first[SECRET_BYTES], second[SECRET_BYTES];
	struct stat about;
	assert_null(secret_open(*state, path, first));
	assert_null(secret_open(*state, path, second));
	assert_memory_equal(first, second, SECRET_BYTES);
	assert_int_equal(stat(path, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0600);
	assert_int_equal(files_count(), 1);
}

/* In a container the process that was killed had the number that this one has. */
static void test_what_a_killed_start_left_is_not_in_the_way(void **state)
{
	unsigned char key[SECRET_BYTES];
	FILE *file = fopen(left_behind, "w");
	assert_non_null(file);
	fclose(file);
	assert_null(secret_open(*state, path, key));
}

struct start {
	pthread_t thread;
	struct arena *arena;
	struct problem *problem;
	unsigned char key[SECRET_BYTES];
};

static void *start(void *context)
{
	struct start *one = context;
	one->problem = secret_open(one->arena, path, one->key);
	return NULL;
}

/* Threads of one process have one number, as the first processes of containers have. */
static void test_starts_at_once_agree(void **state)
{
	struct start starts[STARTS];
	(void)state;
	for (size_t i = 0; i < STARTS; i++) {
		starts[i].arena = arena_new();
		assert_int_equal(pthread_create(&starts[i].thread, NULL, start, &starts[i]), 0);
	}
	for (size_t i = 0; i < STARTS; i++)
		pthread_join(starts[i].thread, NULL);
	for (size_t i = 0; i < STARTS; i++) {
		assert_null(starts[i].problem);
		assert_memory_equal(starts[i].key, starts[0].key, SECRET_BYTES);
		arena_free(starts[i].arena);
	}
	assert_int_equal(files_count(), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {TEST(test_made_once),
					   TEST(test_what_a_killed_start_left_is_not_in_the_way),
					   TEST(test_starts_at_once_agree)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
