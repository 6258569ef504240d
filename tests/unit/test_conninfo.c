/* What is shown of a connection string: where it leads, and nothing of a password, however it was written. */
#include "conninfo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void shows(const char *conninfo, const char *expected)
{
	struct buffer buffer = {0};
	buffer_text(&buffer, "");
	conninfo_describe(&buffer, conninfo);
	assert_string_equal(buffer.text, expected);
	buffer_free(&buffer);
}

static void test_where_it_leads(void **state)
{
	(void)state;
	shows("", "");
	shows("host=/run/postgresql dbname=alliance user=alliance_service",
	      "host=/run/postgresql dbname=alliance user=alliance_service");
	shows("postgresql://bureau@db:5433/alliance?sslmode=require",
	      "host=db port=5433 dbname=alliance user=bureau");
	shows("postgresql://a:5432,b:5433/alliance", "host=a,b port=5432,5433 dbname=alliance");
	shows("postgresql://bureau%40site:x@db/alliance",
	      "host=db dbname=alliance user=bureau@site password=******");
}

static void test_a_password_of_either_form(void **state)
{
	(void)state;
	shows("postgresql://u:s3cret@h/db", "host=h dbname=db user=u password=******");
	shows("postgresql://u:se?cret@h/db", "host=h dbname=db user=u password=******");
	shows("postgresql://h/db?user=u&password=s3cret", "host=h dbname=db user=u password=******");
	shows("postgresql://u@h/db?host=/x&passw%6Frd=leak", "host=/x dbname=db user=u password=******");
	shows("host=h user=u password = s3cret", "host=h user=u password=******");
	shows("host=h password='a\\'b' user=u", "host=h user=u password=******");
	shows("host=h password=ab&cd user=u", "host=h user=u password=******");
	shows("password='a b'", "password=******");
	shows("host=h sslpassword=s3cret passfile=/x", "host=h");
}

static void test_what_libpq_does_not_take_is_not_shown(void **state)
{
	(void)state;
	shows("s3cret", "******");
	shows("host=h password=my s3cret", "******");
	shows("host=h password='s3cret", "******");
	shows("host=h passwort=s3cret", "******");
	shows("postgresql://u:s3cret@[h/db", "******");
}

/* To libpq each of these is a host, a port or a database. */
static void test_a_password_that_was_not_encoded(void **state)
{
	(void)state;
	shows("postgresql://u:s3/cret@h/db", "******");
	shows("postgresql://u:12/cret@h/db", "******");
	shows("postgresql://u:s3@cret@h/db", "******");
	shows("postgresql://u:12/a?options=cret@h/db", "******");
}

static void test_what_libpq_would_tell_of_is_not_given_to_it(void **state)
{
	(void)state;
	assert_true(conninfo_is_usable("postgresql://u:s%40cret@h/db"));
	assert_true(conninfo_is_usable("host=/run/postgresql dbname=alliance user=a@b password=c@d"));
	assert_true(conninfo_is_usable("host=h sslcert=/etc/a@b.pem"));
	assert_true(conninfo_is_usable("host=@abstract dbname=alliance"));
	assert_false(conninfo_is_usable("postgresql://u:s3@cret@h/db"));
	assert_false(conninfo_is_usable("postgresql://u:s3/cret@h/db"));
	assert_false(conninfo_is_usable("postgresql://u:12/cret@h/db"));
	assert_false(conninfo_is_usable("postgresql://u:s3cret@[h/db"));
	assert_false(conninfo_is_usable("host=h password=my s3cret"));
	assert_false(conninfo_is_usable("s3cret"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_where_it_leads),
		cmocka_unit_test(test_a_password_of_either_form),
		cmocka_unit_test(test_what_libpq_does_not_take_is_not_shown),
		cmocka_unit_test(test_a_password_that_was_not_encoded),
		cmocka_unit_test(test_what_libpq_would_tell_of_is_not_given_to_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
