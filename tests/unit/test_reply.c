/* The row writer: columns to members by schema and type. Results are made by hand, no database is needed. */
#include "reply.h"

#include <postgresql/libpq-fe.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
	T_BOOL = 16,
	T_INT8 = 20,
	T_TEXT = 25,
	T_INT4S = 1007,
	T_TEXTS = 1009,
	T_DATE = 1082,
	T_INSTANT = 1184,
	T_JSON = 114
};

struct cell {
	const char *name;
	Oid type;
	const char *value;
};

/* result_of - one row. */
static PGresult *result_of(const struct cell *cells, int count)
{
	PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	PGresAttDesc columns[32];
	memset(columns, 0, sizeof columns);
	for (int i = 0; i < count; i++) {
		columns[i].name = strdup(cells[i].name);
		columns[i].typid = cells[i].type;
	}
	assert_true(PQsetResultAttrs(result, count, columns));
	for (int i = 0; i < count; i++) {
		char *value = cells[i].value ? strdup(cells[i].value) : NULL;
		assert_true(PQsetvalue(result, 0, i, value, value ? (int)strlen(value) : -1));
		free(value);
		free(columns[i].name);
	}
	return result;
}

static const struct schema text = {.types = SCHEMA_STRING};
static const struct schema money = {.types = SCHEMA_OBJECT, .is_money = true};
static const struct schema null = {.types = SCHEMA_NULL};
static const struct schema *const money_or_null[] = {&money, &null, NULL};
static const struct schema nullable_money = {.one_of = money_or_null};
static const struct property lead_properties[] = {
	{"name", &text, true}, {"status", &text, false}, {"status_label", &text, false}};
static const struct schema lead = {
	.types = SCHEMA_OBJECT, .properties = lead_properties, .property_count = 3};
static const struct property properties[] = {
	{"amount", &money, true}, {"cap", &nullable_money, false}, {"lead", &lead, false},
	{"status", &text, false}, {"status_label", &text, false},
};
static const struct schema schema = {.types = SCHEMA_OBJECT, .properties = properties, .property_count = 5};

static const struct operation operation = {.name = "test", .reply = &schema, .success = 200};

/* written - the row as text; statement numbers tell the plans apart. */
static const char *written(struct request *rq, const struct cell *cells, int count,
			   const struct reply_extra *extras)
{
	static int statement;
	PGresult *result = result_of(cells, count);
	struct rows rows = {result, 0, 1, (enum statement)statement++};
	*rq = (struct request){.op = &operation, .reply.version = -1, .english = true};
	reply_row(rq, &rows, 0, extras);
	PQclear(result);
	return rq->reply.body.text;
}

#define WRITTEN(rq, extras, ...)                                                                             \
	written((rq), (const struct cell[]){__VA_ARGS__},                                                    \
		(int)(sizeof((const struct cell[]){__VA_ARGS__}) / sizeof(struct cell)), (extras))

static void test_types(void **state)
{
	(void)state;
	struct request rq;
	const char *body = WRITTEN(&rq, NULL, {"name", T_TEXT, "a \"b\"\n渭"}, {"on", T_DATE, "2026-11-15"},
				   {"yes", T_BOOL, "t"}, {"no", T_BOOL, "f"}, {"n", T_INT8, "-7"},
				   {"form", T_JSON, "{\"a\": [1]}"}, {"version", T_INT8, "12"});
	assert_string_equal(
		body,
		"{\"name\":\"a \\\"b\\\"\\n渭\",\"on\":\"2026-11-15\",\"yes\":true,\"no\":false,\"n\":-7,"
		"\"form\":{\"a\": [1]},\"version\":12}");
	assert_int_equal(rq.reply.version, 12);
	buffer_free(&rq.reply.body);
}

static void test_money_is_an_object_where_the_schema_says_so(void **state)
{
	(void)state;
	struct request rq;
	const char *body = WRITTEN(&rq, NULL, {"amount", T_INT8, "20000005"}, {"cap", T_INT8, "-1"},
				   {"bytes", T_INT8, "5"});
	assert_string_equal(body, "{\"amount\":{\"amount\":\"200000.05\",\"currency\":\"CNY\"},"
				  "\"cap\":{\"amount\":\"-0.01\",\"currency\":\"CNY\"},\"bytes\":5}");
	buffer_free(&rq.reply.body);
}

static void test_instants_have_one_form(void **state)
{
	(void)state;
	struct request rq;
	const char *body = WRITTEN(&rq, NULL, {"a", T_INSTANT, "2026-11-15 09:00:00+08"},
				   {"b", T_INSTANT, "2026-11-15 09:00:00.12+08"},
				   {"c", T_INSTANT, "2026-11-15 09:00:00.123456+08"});
	assert_string_equal(
		body, "{\"a\":\"2026-11-15T09:00:00.000+08:00\",\"b\":\"2026-11-15T09:00:00.120+08:00\","
		      "\"c\":\"2026-11-15T09:00:00.123+08:00\"}");
	buffer_free(&rq.reply.body);
}

static void test_arrays(void **state)
{
	(void)state;
	struct request rq;
	const char *body = WRITTEN(&rq, NULL, {"a", T_TEXTS, "{F01,\"a,b\",\"q\\\"}\",NULL,\"NULL\",\"\"}"},
				   {"b", T_INT4S, "{1,-2,NULL}"}, {"c", T_TEXTS, "{}"});
	assert_string_equal(
		body, "{\"a\":[\"F01\",\"a,b\",\"q\\\"}\",null,\"NULL\",\"\"],\"b\":[1,-2,null],\"c\":[]}");
	buffer_free(&rq.reply.body);
}

static void test_nulls_and_hidden_columns_are_left_out(void **state)
{
	(void)state;
	struct request rq;
	const char *body = WRITTEN(&rq, NULL, {"_key", T_TEXT, "k"}, {"a", T_TEXT, NULL},
				   {"lead.name", T_TEXT, NULL}, {"b", T_TEXT, "b"});
	assert_string_equal(body, "{\"b\":\"b\"}");
	assert_int_equal(rq.reply.version, -1);
	buffer_free(&rq.reply.body);
}

static void test_groups_are_in_one_piece(void **state)
{
	(void)state;
	struct request rq;
	const char *body =
		WRITTEN(&rq, NULL, {"lead.id", T_TEXT, "1"}, {"a", T_TEXT, "a"}, {"lead.unit.x", T_TEXT, "x"},
			{"lead.name", T_TEXT, "n"}, {"lead.unit.y", T_TEXT, "y"}, {"host.id", T_TEXT, "2"});
	assert_string_equal(body, "{\"lead\":{\"id\":\"1\",\"unit\":{\"x\":\"x\",\"y\":\"y\"},\"name\":\"n\"}"
				  ",\"a\":\"a\",\"host\":{\"id\":\"2\"}}");
	buffer_free(&rq.reply.body);
}

static void test_labels_follow_their_code(void **state)
{
	(void)state;
	struct request rq;
	const char *body = WRITTEN(&rq, NULL, {"status", T_TEXT, "draft"},
				   {"lead.status", T_TEXT, "submitted"}, {"kind", T_TEXT, "draft"});
	assert_string_equal(
		body, "{\"status\":\"draft\",\"status_label\":\"draft\",\"lead\":{\"status\":\"submitted\","
		      "\"status_label\":\"submitted\"},\"kind\":\"draft\"}");
	buffer_free(&rq.reply.body);
	body = WRITTEN(&rq, NULL, {"status", T_TEXT, "no such code"});
	assert_string_equal(body, "{\"status\":\"no such code\"}");
	buffer_free(&rq.reply.body);
}

static void test_extras_come_last(void **state)
{
	(void)state;
	struct request rq;
	const struct reply_extra extras[] = {{"actions", "[]"}, {"absent", NULL}, {NULL, NULL}};
	const char *body = WRITTEN(&rq, extras, {"lead.id", T_TEXT, "1"});
	assert_string_equal(body, "{\"lead\":{\"id\":\"1\"},\"actions\":[]}");
	buffer_free(&rq.reply.body);
	body = WRITTEN(&rq, extras, {"a", T_TEXT, NULL});
	assert_string_equal(body, "{\"actions\":[]}");
	buffer_free(&rq.reply.body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_money_is_an_object_where_the_schema_says_so),
		cmocka_unit_test(test_instants_have_one_form),
		cmocka_unit_test(test_arrays),
		cmocka_unit_test(test_nulls_and_hidden_columns_are_left_out),
		cmocka_unit_test(test_groups_are_in_one_piece),
		cmocka_unit_test(test_labels_follow_their_code),
		cmocka_unit_test(test_extras_come_last),
	};
	return cmocka_run_group_tests_name("reply", tests, NULL, NULL);
}
