#include "export_write.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

void columns_read(struct columns *columns, const void *result)
{
	columns->count = PQnfields(result);
	columns->list = calloc((size_t)columns->count + 1, sizeof *columns->list);
	if (!columns->list)
		abort();
	for (int i = 0; i < columns->count; i++) {
		const char *name = PQfname(result, i);
		size_t start = columns->keys.length;
		buffer_char(&columns->keys, ',');
		buffer_json_string(&columns->keys, name, strlen(name));
		buffer_char(&columns->keys, ':');
		columns->list[i] =
			(struct column){start, columns->keys.length - start, column_kind(result, i)};
	}
}

void columns_free(struct columns *columns)
{
	free(columns->list);
	buffer_free(&columns->keys);
}

/* unescaped - the character that a backslash of COPY's text format stands before. */
static char unescaped(char c)
{
	static const char letters[] = "bfnrtv", characters[] = "\b\f\n\r\t\v";
	const char *place = strchr(letters, c);
	return place && c ? characters[place - letters] : c;
}

/* field_take - the next field of a line of COPY's text format, unescaped in place; NULL for null. */
static const char *field_take(char **at, size_t *ret_length)
{
	char *from = *at, *start = from, *to;
	bool null = from[0] == '\\' && from[1] == 'N';
	while (*from && *from != '\t' && *from != '\n' && *from != '\\') /* nearly always all of it */
		from++;
	for (to = from; *from && *from != '\t' && *from != '\n'; from++)
		*to++ = *from == '\\' && from[1] ? unescaped(*++from) : *from;
	*at = *from ? from + 1 : from;
	*ret_length = (size_t)(to - start);
	*to = '\0';
	return null ? NULL : start;
}

/* member_add - each begins with a separator; of the first one the brace takes its place in the end. */
static void member_add(struct buffer *buffer, const struct columns *columns, int i, const char *text,
		       size_t length)
{
	const struct column *column = &columns->list[i];
	buffer_add(buffer, columns->keys.text + column->key, column->length);
	value_write(buffer, text, length, column->kind);
}

static void object_end(struct buffer *buffer, size_t start)
{
	if (buffer->length == start)
		buffer_char(buffer, ',');
	buffer->text[start] = '{';
	buffer_text(buffer, "}\n");
}

void json_line_write(struct buffer *buffer, const struct columns *columns, char *line)
{
	size_t start = buffer->length;
	for (int i = 0; i < columns->count; i++) {
		size_t length;
		const char *text = field_take(&line, &length);
		if (text)
			member_add(buffer, columns, i, text, length);
	}
	object_end(buffer, start);
}

void json_row_write(struct buffer *buffer, const struct columns *columns, const void *result, int row)
{
	size_t start = buffer->length;
	for (int i = 0; i < columns->count; i++)
		if (!PQgetisnull(result, row, i))
			member_add(buffer, columns, i, PQgetvalue(result, row, i),
				   (size_t)PQgetlength(result, row, i));
	object_end(buffer, start);
}

/* csv_field - an empty text has quotes, for without them it is null. */
static void csv_field(struct buffer *buffer, const char *text)
{
	if (*text && !strpbrk(text, ",\"\r\n")) {
		buffer_text(buffer, text);
		return;
	}
	buffer_char(buffer, '"');
	for (; *text; text++) {
		if (*text == '"')
			buffer_char(buffer, '"');
		buffer_char(buffer, *text);
	}
	buffer_char(buffer, '"');
}

void csv_names_write(struct buffer *buffer, const void *result)
{
	for (int i = 0; i < PQnfields(result); i++) {
		if (i > 0)
			buffer_char(buffer, ',');
		csv_field(buffer, PQfname(result, i));
	}
	buffer_char(buffer, '\n');
}

void csv_row_write(struct buffer *buffer, const void *result, int row)
{
	for (int i = 0; i < PQnfields(result); i++) {
		if (i > 0)
			buffer_char(buffer, ',');
		if (!PQgetisnull(result, row, i))
			csv_field(buffer, PQgetvalue(result, row, i));
	}
	buffer_char(buffer, '\n');
}
