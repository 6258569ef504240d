/* The text of an export, from what COPY gives and from the rows of a page: the same bytes from both. Private
   to service/db. */
#ifndef EXPORT_WRITE_H
#define EXPORT_WRITE_H

#include "rows.h"

#include <stddef.h>

/* A column of NDJSON: what stands before its value, and how the value is written. */
struct column {
	size_t key, length; /* of the text in keys: a separator and the name */
	enum column_kind kind;
};

struct columns {
	struct column *list;
	int count;
	struct buffer keys;
};

/* columns_read - names and types of a PGresult. columns_free - their memory. */
void columns_read(struct columns *columns, const void *result);
void columns_free(struct columns *columns);

/* json_line_write - a line of COPY's text format as an object, without the nulls. The line is destroyed.
   json_row_write - a row of a PGresult likewise. */
void json_line_write(struct buffer *buffer, const struct columns *columns, char *line);
void json_row_write(struct buffer *buffer, const struct columns *columns, const void *result, int row);

/* csv_names_write, csv_row_write - a line of CSV as COPY writes it when there is more than one column. */
void csv_names_write(struct buffer *buffer, const void *result);
void csv_row_write(struct buffer *buffer, const void *result, int row);

#endif
