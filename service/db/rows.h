/* Rows below their names: columns by number, values as JSON by the column's type. For the row writer and the
 * exports. */
#ifndef ROWS_H
#define ROWS_H

#include "buffer.h"

struct rows;

enum column_kind {
	COLUMN_TEXT, /* and everything else that is text on the wire: uuid, date, numeric */
	COLUMN_BOOL,
	COLUMN_INTEGER,
	COLUMN_JSON,
	COLUMN_INSTANT,
	COLUMN_TEXTS, /* arrays */
	COLUMN_INTEGERS,
	COLUMN_BOOLS,
};

/* column_kind - of a column of a PGresult. */
enum column_kind column_kind(const void *result, int column);

/* value_write - a value that is not null as JSON. */
void value_write(struct buffer *buffer, const char *text, size_t length, enum column_kind kind);

/* Names and values by number; rows_value is NULL for null, and beyond the rows. */
int rows_columns(const void *result);
const char *rows_column_name(const void *result, int column);
const char *rows_value(const struct rows *rows, int row, int column);

#endif
