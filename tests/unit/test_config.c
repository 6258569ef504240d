/* The settings: which source wins, what is refused, what is masked. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct loaded {
	struct arena *arena;
	struct config config;
	const struct config_origin *origins;
	const char *error;
	int code;
};

static struct loaded load(const struct config_flag *flags, size_t count)
{
	struct loaded loaded = {.arena = arena_new()};

	loaded.code = config_load(loaded.arena, flags, count, &loaded.config, &loaded.origins, &loaded.error);
	return loaded;
}

static const char *file_with(const char *text)
{
	static char path[64];
	FILE *file;

	snprintf(path, sizeof path, "/tmp/test-config-%d", (int)getpid());
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	return path;
}

static int clear(void **state)
{
	(void)state;
	unsetenv("ALLIANCE_PORT");
	unsetenv("ALLIANCE_PROT");
	unsetenv("DATABASE_URL");
	unsetenv("DATABASE_URL_FILE");
	return 0;
}

static void test_defaults_are_complete(void **state)
{
	struct loaded loaded = load(NULL, 0);

	(void)state;
	assert_int_equal(loaded.code, 0);
	assert_int_equal(loaded.config.port, 8080);
	assert_int_equal(loaded.config.admin_port, 8081);
	assert_string_equal(loaded.config.public_url, "http://127.0.0.1:8080");
	assert_string_equal(loaded.config.issuer, loaded.config.public_url);
	assert_string_equal(loaded.config.cursor_key_file, "/var/lib/alliance/keys/cursor.key");
	arena_free(loaded.arena);
}

static void test_flags_win_over_environment_over_file(void **state)
{
	const char *path = file_with("# comment\nport = 1111\nlog_level=debug\n\n pool_wait_ms =  77 \n");
	struct config_flag flags[] = {{"config", path}, {"port", "3333"}};
	struct loaded loaded;

	(void)state;
	setenv("ALLIANCE_PORT", "2222", 1);
	loaded = load(flags, 2);
	assert_int_equal(loaded.code, 0);
	assert_int_equal(loaded.config.port, 3333);
	assert_string_equal(loaded.config.log_level, "debug");
	assert_int_equal(loaded.config.pool_wait_ms, 77);
	arena_free(loaded.arena);
	loaded = load(flags, 1);
	assert_int_equal(loaded.config.port, 2222);
	arena_free(loaded.arena);
	unsetenv("ALLIANCE_PORT");
	loaded = load(flags, 1);
	assert_int_equal(loaded.config.port, 1111);
	arena_free(loaded.arena);
	unlink(path);
}

static void test_unknown_names_are_refused_with_a_suggestion(void **state)
{
	struct config_flag flags[] = {{"prot", "1"}};
	struct loaded loaded = load(flags, 1);
	const char *path;

	(void)state;
	assert_int_equal(loaded.code, CONFIG_EXIT_USAGE);
	assert_string_equal(loaded.error, "unknown flag --prot; did you mean --port?");
	arena_free(loaded.arena);
	setenv("ALLIANCE_PROT", "1", 1);
	loaded = load(NULL, 0);
	assert_int_equal(loaded.code, CONFIG_EXIT_USAGE);
	assert_string_equal(loaded.error,
			    "unknown environment variable ALLIANCE_PROT; did you mean ALLIANCE_PORT?");
	arena_free(loaded.arena);
	unsetenv("ALLIANCE_PROT");
	path = file_with("pool_conections = 3\n");
	flags[0] = (struct config_flag){"config", path};
	loaded = load(flags, 1);
	assert_int_equal(loaded.code, CONFIG_EXIT_USAGE);
	assert_non_null(strstr(loaded.error, "line 1: pool_conections; did you mean pool-connections?"));
	arena_free(loaded.arena);
	unlink(path);
}

static void test_values_out_of_range_are_refused(void **state)
{
	static const struct config_flag bad[] = {{"port", "0"},
						 {"port", "65536"},
						 {"port", "80a"},
						 {"port", ""},
						 {"demo", "perhaps"},
						 {"body-limit", "1"},
						 {"port", "99999999999999999999"}};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct loaded loaded = load(&bad[i], 1);

		assert_int_equal(loaded.code, CONFIG_EXIT_VALUE);
		assert_non_null(loaded.error);
		arena_free(loaded.arena);
	}
}

static void describe(struct buffer *buffer, const char *secret)
{
	buffer_text(buffer, *secret ? "<a secret>" : "");
}

static void test_secrets_come_from_files_and_are_masked(void **state)
{
	const char *path = file_with("postgresql://bureau:s3cret@db/alliance?sslmode=require\n");
	struct buffer buffer = {0};
	struct loaded loaded;

	(void)state;
	setenv("DATABASE_URL_FILE", path, 1);
	loaded = load(NULL, 0);
	assert_int_equal(loaded.code, 0);
	assert_string_equal(loaded.config.database_url,
			    "postgresql://bureau:s3cret@db/alliance?sslmode=require");
	config_print(&buffer, loaded.origins, describe);
	assert_null(strstr(buffer.text, "s3cret"));
	assert_non_null(strstr(buffer.text, "database_url           = <a secret>   # environment"));
	assert_non_null(strstr(buffer.text, "environment DATABASE_URL_FILE"));
	arena_free(loaded.arena);
	buffer_free(&buffer);
	unsetenv("DATABASE_URL_FILE");
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_defaults_are_complete, clear),
		cmocka_unit_test_setup(test_flags_win_over_environment_over_file, clear),
		cmocka_unit_test_setup(test_unknown_names_are_refused_with_a_suggestion, clear),
		cmocka_unit_test_setup(test_values_out_of_range_are_refused, clear),
		cmocka_unit_test_setup(test_secrets_come_from_files_and_are_masked, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
