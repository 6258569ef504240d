/* Values of a row by column name, and as JSON by column type. An unknown column is a defect of the program:
 * it aborts. */
#include "rows.h"

#include "db.h"
#include "log.h"
#include "statement.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

static int column_of(const struct rows *rows, const char *column)
{
	int number = PQfnumber(rows->result, column);
	if (number < 0) {
		log_event(LOG_LEVEL_ERROR, "unknown_column", "statement", statements[rows->statement].name,
			  "column", column, (char *)NULL);
		abort();
	}
	return number;
}

const char *row_text(const struct rows *rows, int row, const char *column)
{
	return rows_value(rows, row, column_of(rows, column));
}

bool row_is_null(const struct rows *rows, int row, const char *column)
{
	return row_text(rows, row, column) == NULL;
}

int64_t row_integer(const struct rows *rows, int row, const char *column)
{
	const char *text = row_text(rows, row, column);
	return text ? strtoll(text, NULL, 10) : 0;
}

bool row_bool(const struct rows *rows, int row, const char *column)
{
	const char *text = row_text(rows, row, column);
	return text && text[0] == 't';
}

struct date row_date(const struct rows *rows, int row, const char *column)
{
	struct date date = {0, 0, 0};
	const char *text = row_text(rows, row, column);
	if (text && !date_parse(text, &date))
		date = (struct date){0, 0, 0};
	return date;
}

/* The type numbers of PostgreSQL's catalogue that our columns have. */
enum {
	T_BOOL = 16,
	T_INT8 = 20,
	T_INT2 = 21,
	T_INT4 = 23,
	T_JSON = 114,
	T_TIMESTAMPTZ = 1184,
	T_JSONB = 3802,
	T_BOOLS = 1000,
	T_INT2S = 1005,
	T_INT4S = 1007,
	T_TEXTS = 1009,
	T_VARCHARS = 1015,
	T_INT8S = 1016,
	T_BPCHARS = 1014,
	T_DATES = 1182,
	T_UUIDS = 2951
};

enum column_kind column_kind(const void *result, int column)
{
	switch ((int)PQftype(result, column)) {
	case T_BOOL:
		return COLUMN_BOOL;
	case T_INT2:
	case T_INT4:
	case T_INT8:
		return COLUMN_INTEGER;
	case T_JSON:
	case T_JSONB:
		return COLUMN_JSON;
	case T_TIMESTAMPTZ:
		return COLUMN_INSTANT;
	case T_BOOLS:
		return COLUMN_BOOLS;
	case T_INT2S:
	case T_INT4S:
	case T_INT8S:
		return COLUMN_INTEGERS;
	case T_TEXTS:
	case T_VARCHARS:
	case T_BPCHARS:
	case T_DATES:
	case T_UUIDS:
		return COLUMN_TEXTS;
	default:
		return COLUMN_TEXT;
	}
}

/* instant_write - "2026-11-15 09:00:00.12+08" to the one form of the wire; sessions are in Asia/Shanghai. */
static void instant_write(struct buffer *buffer, const char *text)
{
	char out[] = "0000-00-00T00:00:00.000+08:00";
	size_t length = strlen(text);
	if (length < 22 || text[10] != ' ') {
		buffer_json_string(buffer, text, length);
		return;
	}
	memcpy(out, text, 10);
	memcpy(out + 11, text + 11, 8);
	const char *rest = text + 19;
	if (*rest == '.') {
		rest++;
		for (int i = 20; i < 23 && *rest >= '0' && *rest <= '9'; i++)
			out[i] = *rest++;
		rest += strspn(rest, "0123456789");
	}
	if (strlen(rest) >= 3)
		memcpy(out + 23, rest, 3);
	buffer_json_string(buffer, out, sizeof out - 1);
}

/* array_element - one element of an array literal after the opening brace or a comma; returns what follows
 * it. */
static const char *array_element(struct buffer *buffer, struct buffer *scratch, const char *text,
				 enum column_kind kind)
{
	bool quoted = *text == '"';
	buffer_clear(scratch);
	if (quoted) {
		for (text++; *text && *text != '"'; text++) {
			if (*text == '\\' && text[1])
				text++;
			buffer_char(scratch, *text);
		}
		text += *text == '"';
	} else {
		size_t length = strcspn(text, ",}");
		buffer_add(scratch, text, length);
		text += length;
	}
	if (!quoted && strcmp(scratch->text, "NULL") == 0)
		buffer_text(buffer, "null");
	else if (kind == COLUMN_INTEGERS)
		buffer_add(buffer, scratch->text, scratch->length);
	else if (kind == COLUMN_BOOLS)
		buffer_text(buffer, scratch->text[0] == 't' ? "true" : "false");
	else
		buffer_json_string(buffer, scratch->text ? scratch->text : "", scratch->length);
	return text;
}

static void array_write(struct buffer *buffer, const char *text, enum column_kind kind)
{
	struct buffer scratch = {NULL, 0, 0};
	buffer_char(buffer, '[');
	for (text++; *text && *text != '}';) {
		text = array_element(buffer, &scratch, text, kind);
		if (*text == ',') {
			buffer_char(buffer, ',');
			text++;
		}
	}
	buffer_char(buffer, ']');
	buffer_free(&scratch);
}

void value_write(struct buffer *buffer, const char *text, size_t length, enum column_kind kind)
{
	switch (kind) {
	case COLUMN_BOOL:
		buffer_text(buffer, text[0] == 't' ? "true" : "false");
		return;
	case COLUMN_INTEGER:
	case COLUMN_JSON:
		buffer_add(buffer, text, length);
		return;
	case COLUMN_INSTANT:
		instant_write(buffer, text);
		return;
	case COLUMN_BOOLS:
	case COLUMN_INTEGERS:
	case COLUMN_TEXTS:
		array_write(buffer, text, kind);
		return;
	case COLUMN_TEXT:
		break;
	}
	buffer_json_string(buffer, text, length);
}

int rows_columns(const void *result)
{
	return PQnfields(result);
}

const char *rows_column_name(const void *result, int column)
{
	return PQfname(result, column);
}

const char *rows_value(const struct rows *rows, int row, int column)
{
	int at = rows->first + row;
	if (row < 0 || row >= rows->count) /* what comes behind them may be another caller's */
		return NULL;
	return PQgetisnull(rows->result, at, column) ? NULL : PQgetvalue(rows->result, at, column);
}
