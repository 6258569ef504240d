/* Reply: rows become JSON text in the request's buffer, by the operation's reply schema. A column "lead.name"
   becomes a member of the object "lead"; a bigint whose schema is Money becomes
   {"amount":"200000.00","currency":"CNY"}; json and jsonb columns are copied; timestamptz gets the one wire
   form; a null member is left out; "status_label" and the like are added where the schema has them
   (policy/labels.def); columns that begin with "_" are not written. */
#ifndef REPLY_H
#define REPLY_H

#include "request.h"

/* An additional member of the reply, as JSON text. */
struct reply_extra {
	const char *name, *json;
};

/* reply_row - the resource in that row. extras ends with a NULL name and may be NULL itself. The column
 * "version" becomes the ETag's. */
void reply_row(struct request *rq, const struct rows *rows, int row, const struct reply_extra *extras);

/* reply_statement - run a :one or :optional statement and write its row; no row is the 404. */
MUST_CHECK struct problem *reply_statement(struct request *rq, enum statement statement,
					   const char *const *parameters, size_t count,
					   const struct reply_extra *extras);

/* reply_page - a keyset page {"items":[…],"page":{"next":…,"limit":…}}. The operation has the parameters
   limit and cursor. The statement's first four parameters are: $1 account id (null = anonymous), $2 and $3
   the sort key and id of the last row of the page before (both null on the first page, $2 as text), $4 how
   many rows; its own filters follow from $5. It returns the columns _key (text form of the sort key) and _id
   besides those of the item. totals may add a member to the page object. */
MUST_CHECK struct problem *reply_page(struct request *rq, enum statement statement,
				      const char *const *filters, size_t count,
				      const struct reply_extra *extras);

/* reply_page_with_totals - the same by a statement that answers a common query with fewer parameters than
   that has filters, and brings the member "totals" as _totals of its first row. Cursors are those of the
   query: a page may be had from either statement. Nothing is written where there is no row. */
struct page_query {
	enum statement statement;
	const char *const *parameters; /* from $5 */
	size_t count;
	const char *const *filters;
	size_t filter_count;
};
MUST_CHECK struct problem *reply_page_with_totals(struct request *rq, const struct page_query *query,
						  bool *ret_written);

/* reply_tag - the strong entity tag of the body as it stands: "<version>.<hash>", with quotes. */
const char *reply_tag(struct request *rq);

/* reply_json - a small irregular reply; takes over the reference. */
void reply_json(struct request *rq, json_t *value);

/* reply_created - 201 and Location: path (printf'd), on top of a body written before or after. */
void reply_created(struct request *rq, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* reply_cursor_key - the key that signs and encrypts the cursors, once at start (a file of the state
   directory, so that pages survive a restart and all instances understand each other's). Without it a random
   one serves as long as the process lives. */
void reply_cursor_key(const void *bytes, size_t length);

/* rows_json - the rows as a JSON array text by a schema (NULL = by column types alone), for extras. */
const char *rows_json(struct request *rq, const struct rows *rows, const struct schema *item);

#endif
