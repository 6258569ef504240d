/* The text of an export: the rules of CSV and of COPY's text format, and that a page gives the bytes of a
   copy. Expected lines are written by hand from PostgreSQL's description of COPY. */
#include "export_write.h"

#include <postgresql/libpq-fe.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { T_BOOL = 16, T_INT8 = 20, T_TEXT = 25, COLUMNS = 3 };

/* page_of - one row of number, yes and text. */
static PGresult *page_of(const char *number, const char *yes, const char *text)
{
	static const Oid types[COLUMNS] = {T_INT8, T_BOOL, T_TEXT};
	static char names[COLUMNS][8] = {"number", "yes", "a,text"};
	const char *values[COLUMNS] = {number, yes, text};
	PGresult *page = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	PGresAttDesc attributes[COLUMNS] = {{.name = NULL}};
	for (int i = 0; i < COLUMNS; i++) {
		attributes[i].name = names[i];
		attributes[i].typid = types[i];
	}
	assert_true(PQsetResultAttrs(page, COLUMNS, attributes));
	for (int i = 0; i < COLUMNS; i++) {
		char *value = values[i] ? strdup(values[i]) : NULL;
		assert_true(PQsetvalue(page, 0, i, value, value ? (int)strlen(value) : -1));
		free(value);
	}
	return page;
}

static void assert_csv(const char *text, const char *expected)
{
	PGresult *page = page_of("7", "t", text);
	struct buffer line = {NULL, 0, 0};
	csv_row_write(&line, page, 0);
	assert_string_equal(line.text, expected);
	buffer_free(&line);
	PQclear(page);
}

static void test_csv_has_quotes_where_they_are_needed_alone(void **state)
{
	(void)state;
	assert_csv("plain 渭南", "7,t,plain 渭南\n");
	assert_csv(NULL, "7,t,\n");
	assert_csv("", "7,t,\"\"\n");
	assert_csv("a,b", "7,t,\"a,b\"\n");
	assert_csv("say \"no\"", "7,t,\"say \"\"no\"\"\"\n");
	assert_csv("two\nlines", "7,t,\"two\nlines\"\n");
	assert_csv("two\rlines", "7,t,\"two\rlines\"\n");
	assert_csv("\\.", "7,t,\\.\n");
	assert_csv(" \t;'", "7,t, \t;'\n");
}

static void test_csv_has_the_names_first(void **state)
{
	(void)state;
	PGresult *page = page_of("1", "f", "x");
	struct buffer line = {NULL, 0, 0};
	csv_names_write(&line, page);
	assert_string_equal(line.text, "number,yes,\"a,text\"\n");
	buffer_free(&line);
	PQclear(page);
}

/* assert_json - the object of a row, and of the line that COPY writes for it. */
static void assert_json(const char *number, const char *yes, const char *text, const char *copied,
			const char *expected)
{
	PGresult *page = page_of(number, yes, text);
	struct columns columns = {NULL, 0, {NULL, 0, 0}};
	struct buffer row = {NULL, 0, 0}, line = {NULL, 0, 0};
	char *copy = strdup(copied);
	columns_read(&columns, page);
	json_row_write(&row, &columns, page, 0);
	json_line_write(&line, &columns, copy);
	assert_string_equal(row.text, expected);
	assert_string_equal(line.text, expected);
	free(copy);
	buffer_free(&row);
	buffer_free(&line);
	columns_free(&columns);
	PQclear(page);
}

static void test_a_row_and_a_copied_line_are_the_same_object(void **state)
{
	(void)state;
	assert_json("7", "t", "渭", "7\tt\t渭\n", "{\"number\":7,\"yes\":true,\"a,text\":\"渭\"}\n");
	assert_json("-1", "f", "", "-1\tf\t\n", "{\"number\":-1,\"yes\":false,\"a,text\":\"\"}\n");
	assert_json(NULL, "t", NULL, "\\N\tt\t\\N\n", "{\"yes\":true}\n");
	assert_json(NULL, NULL, NULL, "\\N\t\\N\t\\N\n", "{}\n");
	assert_json("7", NULL, "a\t\n\\N\"", "7\t\\N\ta\\t\\n\\\\N\"\n",
		    "{\"number\":7,\"a,text\":\"a\\t\\n\\\\N\\\"\"}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csv_has_quotes_where_they_are_needed_alone),
		cmocka_unit_test(test_csv_has_the_names_first),
		cmocka_unit_test(test_a_row_and_a_copied_line_are_the_same_object),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
