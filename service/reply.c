/* The row writer: how a column becomes a member is decided once per schema and statement (a plan), then rows
   are written straight into the request's buffer. Here too: pages with their cursors, signed and encrypted.
 */
#include "reply.h"

#include "lifecycle.h"
#include "rows.h"
#include "text.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- plans ---- */

#define DEPTH     4
#define PLAN_LOTS 256

struct plan_column {
	int column;
	enum column_kind kind;
	bool is_money;
	const char *name;   /* the last segment, of the column's name */
	const char *member; /* the same as it is written: ,"name": */
	size_t member_length;
	const char *label; /* name of the label's member, NULL = none */
	int depth;         /* segments before the last */
	const char *groups[DEPTH];
};

struct plan {
	const struct schema *schema;
	enum statement statement;
	int count, version; /* version: the column, -1 = none */
	struct plan_column *columns;
	struct plan *next;
};

static struct plan *plan_lots[PLAN_LOTS];
static struct arena *plan_arena; /* of the plans; touched under the lock alone */
static pthread_rwlock_t plan_lock = PTHREAD_RWLOCK_INITIALIZER;

/* member_schema - also through the alternatives of a nullable object. */
static const struct schema *member_schema(const struct schema *schema, const char *name)
{
	if (!schema)
		return NULL;
	const struct schema *member = schema_property(schema, name);
	for (size_t i = 0; !member && schema->one_of && schema->one_of[i]; i++)
		member = schema_property(schema->one_of[i], name);
	return member;
}

static bool schema_is_money(const struct schema *schema)
{
	if (!schema)
		return false;
	bool money = schema->is_money;
	for (size_t i = 0; !money && schema->one_of && schema->one_of[i]; i++)
		money = schema->one_of[i]->is_money;
	return money;
}

static bool has_label(const void *result, const char *column)
{
	size_t length = strlen(column);
	for (int i = 0; i < rows_columns(result); i++) {
		const char *name = rows_column_name(result, i);
		if (strncmp(name, column, length) == 0 && strcmp(name + length, "_label") == 0)
			return true;
	}
	return false;
}

/* plan_label - "status_label" when the schema has it and the statement does not give it. */
static const char *plan_label(const struct schema *parent, const void *result, const char *column,
			      const char *name)
{
	char label[80]; /* PostgreSQL cuts names at 63 bytes */
	snprintf(label, sizeof label, "%s_label", name);
	if (!member_schema(parent, label) || has_label(result, column))
		return NULL;
	return arena_strdup(plan_arena, label);
}

/* plan_member - names are those of columns: nothing in them has to be escaped. */
static void plan_member(struct plan_column *column)
{
	column->member = arena_printf(plan_arena, ",\"%s\":", column->name);
	column->member_length = strlen(column->member);
}

static void plan_column_make(struct plan_column *ret, const struct schema *schema, const void *result,
			     int column)
{
	const char *name = rows_column_name(result, column);
	char *rest = arena_strdup(plan_arena, name);
	*ret = (struct plan_column){.column = column, .kind = column_kind(result, column)};
	for (char *dot; (dot = strchr(rest, '.')) && ret->depth < DEPTH; rest = dot + 1) {
		*dot = '\0';
		ret->groups[ret->depth++] = rest;
		schema = member_schema(schema, rest);
	}
	ret->name = rest;
	plan_member(ret);
	ret->is_money = ret->kind == COLUMN_INTEGER && schema_is_money(member_schema(schema, rest));
	if (ret->kind == COLUMN_TEXT)
		ret->label = plan_label(schema, result, name, rest);
}

static bool in_group(const struct plan_column *column, const struct plan_column *model, int depth)
{
	if (column->depth < depth)
		return false;
	for (int i = 0; i < depth; i++)
		if (strcmp(column->groups[i], model->groups[i]) != 0)
			return false;
	return true;
}

/* gather - move the columns of the group of all[first] into the plan so that every nested object is in one
 * piece. */
static void gather(struct plan *plan, struct plan_column *all, bool *used, int total, int first, int depth)
{
	for (int i = first; i < total; i++) {
		if (used[i] || !in_group(&all[i], &all[first], depth))
			continue;
		if (all[i].depth > depth) {
			gather(plan, all, used, total, i, depth + 1);
			continue;
		}
		used[i] = true;
		plan->columns[plan->count++] = all[i];
	}
}

static struct plan *plan_make(const struct schema *schema, const struct rows *rows)
{
	size_t room = (size_t)rows_columns(rows->result) + 1;
	int kept = 0;
	struct arena *scratch = arena_new();
	struct plan *plan = arena_alloc(plan_arena, sizeof *plan);
	struct plan_column *all = arena_alloc(scratch, room * sizeof *all);
	bool *used = arena_alloc(scratch, room * sizeof *used);
	*plan = (struct plan){.schema = schema, .statement = rows->statement, .version = -1};
	plan->columns = arena_alloc(plan_arena, room * sizeof *plan->columns);
	for (int i = 0; i < rows_columns(rows->result); i++) {
		const char *name = rows_column_name(rows->result, i);
		if (strcmp(name, "version") == 0)
			plan->version = i;
		if (name[0] != '_')
			plan_column_make(&all[kept++], schema, rows->result, i);
	}
	gather(plan, all, used, kept, 0, 0);
	arena_free(scratch);
	return plan;
}

static struct plan *plan_search(size_t lot, const struct schema *schema, enum statement statement)
{
	struct plan *plan = plan_lots[lot];
	while (plan && (plan->schema != schema || plan->statement != statement))
		plan = plan->next;
	return plan;
}

/* plan_find - plans are made once and live as long as the process. */
static const struct plan *plan_find(const struct schema *schema, const struct rows *rows)
{
	size_t lot = ((uintptr_t)schema / sizeof *schema + rows->statement) % PLAN_LOTS;
	pthread_rwlock_rdlock(&plan_lock);
	struct plan *plan = plan_search(lot, schema, rows->statement);
	pthread_rwlock_unlock(&plan_lock);
	if (plan)
		return plan;
	pthread_rwlock_wrlock(&plan_lock);
	plan = plan_search(lot, schema, rows->statement);
	if (!plan) {
		if (!plan_arena)
			plan_arena = arena_new();
		plan = plan_make(schema, rows);
		plan->next = plan_lots[lot];
		plan_lots[lot] = plan;
	}
	pthread_rwlock_unlock(&plan_lock);
	return plan;
}

/* ---- writing ---- */

static void write_name(struct buffer *buffer, const char *name)
{
	if (buffer->text[buffer->length - 1] != '{')
		buffer_char(buffer, ',');
	buffer_char(buffer, '"');
	buffer_text(buffer, name);
	buffer_add(buffer, "\":", 2);
}

/* write_path - close the objects that the column is not in, open those that it is in. */
static void write_path(struct buffer *buffer, const struct plan_column *now, const struct plan_column *before)
{
	int common = 0, depth = before ? before->depth : 0;
	while (common < depth && common < now->depth &&
	       strcmp(now->groups[common], before->groups[common]) == 0)
		common++;
	for (int i = depth; i > common; i--)
		buffer_char(buffer, '}');
	for (int i = common; i < now->depth; i++) {
		write_name(buffer, now->groups[i]);
		buffer_char(buffer, '{');
	}
}

static void write_money(struct buffer *buffer, const char *fen)
{
	char text[MONEY_TEXT];
	buffer_printf(buffer, "{\"amount\":\"%s\",\"currency\":\"CNY\"}",
		      money_format(strtoll(fen, NULL, 10), text));
}

static void write_column(struct buffer *buffer, const struct plan_column *column, const char *value,
			 bool english)
{
	size_t comma = buffer->text[buffer->length - 1] != '{';
	buffer_add(buffer, column->member + 1 - comma, column->member_length - 1 + comma);
	if (column->is_money)
		write_money(buffer, value);
	else
		value_write(buffer, value, strlen(value), column->kind);
	const char *label = column->label ? label_text(column->name, value, english) : NULL;
	if (label) {
		write_name(buffer, column->label);
		buffer_json_string(buffer, label, strlen(label));
	}
}

static void write_extras(struct buffer *buffer, const struct reply_extra *extras)
{
	for (; extras && extras->name; extras++) {
		if (!extras->json)
			continue;
		write_name(buffer, extras->name);
		buffer_text(buffer, extras->json);
	}
}

static void write_row(struct buffer *buffer, const struct plan *plan, const struct rows *rows, int row,
		      bool english, const struct reply_extra *extras)
{
	const struct plan_column *before = NULL;
	buffer_char(buffer, '{');
	for (int i = 0; i < plan->count; i++) {
		const struct plan_column *column = &plan->columns[i];
		const char *value = rows_value(rows, row, column->column);
		if (!value)
			continue;
		if (column->depth || (before && before->depth))
			write_path(buffer, column, before);
		write_column(buffer, column, value, english);
		before = column;
	}
	for (int i = before ? before->depth : 0; i > 0; i--)
		buffer_char(buffer, '}');
	write_extras(buffer, extras);
	buffer_char(buffer, '}');
}

const char *reply_tag(struct request *rq)
{
	if (rq->reply.tag)
		return rq->reply.tag;
	uint64_t state = text_fingerprint(rq->reply.body.text, rq->reply.body.length);
	return rq->reply.tag = arena_printf(rq->arena, "\"%" PRId64 ".%016" PRIx64 "\"",
					    rq->reply.version < 0 ? INT64_C(0) : rq->reply.version, state);
}

void reply_row(struct request *rq, const struct rows *rows, int row, const struct reply_extra *extras)
{
	const struct plan *plan = plan_find(rq->op->reply, rows);
	write_row(&rq->reply.body, plan, rows, row, rq->english, extras);
	const char *version = plan->version < 0 ? NULL : rows_value(rows, row, plan->version);
	if (version)
		rq->reply.version = strtoll(version, NULL, 10);
}

struct problem *reply_statement(struct request *rq, enum statement statement, const char *const *parameters,
				size_t count, const struct reply_extra *extras)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, statement, parameters, count, &rows));
	if (rows.count == 0)
		return request_not_found(rq);
	reply_row(rq, &rows, 0, extras);
	return NULL;
}

const char *rows_json(struct request *rq, const struct rows *rows, const struct schema *item)
{
	struct buffer buffer = {NULL, 0, 0};
	buffer_char(&buffer, '[');
	for (int i = 0; i < rows->count; i++) {
		if (i)
			buffer_char(&buffer, ',');
		write_row(&buffer, plan_find(item, rows), rows, i, rq->english, NULL);
	}
	buffer_char(&buffer, ']');
	const char *text = arena_strndup(rq->arena, buffer.text, buffer.length);
	buffer_free(&buffer);
	return text;
}

static int write_piece(const char *bytes, size_t length, void *buffer)
{
	buffer_add(buffer, bytes, length);
	return 0;
}

void reply_json(struct request *rq, json_t *value)
{
	if (json_dump_callback(value, write_piece, &rq->reply.body, JSON_COMPACT | JSON_ENCODE_ANY))
		abort(); /* the value was made by us: text that is no UTF-8 is a defect */
	json_decref(value);
}

void reply_created(struct request *rq, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	rq->reply.location = arena_vprintf(rq->arena, format, arguments);
	va_end(arguments);
	rq->reply.status = 201;
}

/* ---- pages ---- */

#define LIMIT_MAX      200
#define CURSOR_VERSION 2
#define HASH_BYTES     8
#define MAC_BYTES      16
#define HEAD_BYTES     (1 + HASH_BYTES + 2) /* version, filter hash, length of the key */

static unsigned char cursor_key[32];
static bool cursor_key_set;
static pthread_once_t cursor_key_once = PTHREAD_ONCE_INIT;

static void cursor_key_default(void)
{
	if (!cursor_key_set)
		random_bytes(cursor_key, sizeof cursor_key);
}

void reply_cursor_key(const void *bytes, size_t length)
{
	sha256_bytes(bytes, length, cursor_key);
	cursor_key_set = true;
}

/* One key for the MAC, another, derived from it, for the text. */
static void cursor_mask_key(unsigned char key[32])
{
	unsigned char text[sizeof cursor_key + 4] = "mask";
	memcpy(text + 4, cursor_key, sizeof cursor_key);
	sha256_bytes(text, sizeof text, key);
	OPENSSL_cleanse(text, sizeof text);
}

static void cursor_mac(const unsigned char *bytes, size_t length, unsigned char mac[MAC_BYTES])
{
	unsigned char full[EVP_MAX_MD_SIZE];
	unsigned int size = 0;
	pthread_once(&cursor_key_once, cursor_key_default);
	if (!HMAC(EVP_sha256(), cursor_key, sizeof cursor_key, bytes, length, full, &size))
		abort();
	memcpy(mac, full, MAC_BYTES);
}

/* cursor_mask - encrypt or decrypt in place. The MAC of the text is the counter's start (as in RFC 5297), so
   that one position has one cursor and no two texts share a stream. A cursor says nothing to its reader:
   where a row stands in a table may itself be a secret. */
static void cursor_mask(unsigned char *bytes, size_t length, const unsigned char mac[MAC_BYTES])
{
	unsigned char key[32];
	int count = 0;
	pthread_once(&cursor_key_once, cursor_key_default);
	cursor_mask_key(key);
	EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
	if (!cipher || EVP_EncryptInit_ex(cipher, EVP_aes_256_ctr(), NULL, key, mac) != 1 ||
	    EVP_EncryptUpdate(cipher, bytes, &count, bytes, (int)length) != 1)
		abort();
	EVP_CIPHER_CTX_free(cipher);
	OPENSSL_cleanse(key, sizeof key);
}

/* filter_hash - of the operation and its filters: a cursor belongs to one query. */
static void filter_hash(const struct request *rq, const char *const *filters, size_t count,
			unsigned char hash[HASH_BYTES])
{
	struct buffer buffer = {NULL, 0, 0};
	unsigned char digest[32];
	buffer_text(&buffer, rq->op->name);
	for (size_t i = 0; i < count; i++) {
		buffer_char(&buffer, filters[i] ? '\1' : '\2');
		buffer_text(&buffer, filters[i] ? filters[i] : "");
	}
	sha256_bytes(buffer.text, buffer.length, digest);
	memcpy(hash, digest, HASH_BYTES);
	buffer_free(&buffer);
}

struct position {
	const char *key, *id; /* both NULL on the first page */
};

static const char *cursor_write(const struct request *rq, const unsigned char hash[HASH_BYTES],
				const struct position *at)
{
	size_t key = strlen(at->key), id = strlen(at->id), length = HEAD_BYTES + key + id;
	unsigned char *bytes = arena_alloc(rq->arena, length + MAC_BYTES);
	bytes[0] = CURSOR_VERSION;
	memcpy(bytes + 1, hash, HASH_BYTES);
	bytes[1 + HASH_BYTES] = (unsigned char)(key >> 8);
	bytes[2 + HASH_BYTES] = (unsigned char)(key & 0xff);
	memcpy(bytes + HEAD_BYTES, at->key, key);
	memcpy(bytes + HEAD_BYTES + key, at->id, id);
	cursor_mac(bytes, length, bytes + length);
	cursor_mask(bytes, length, bytes + length);
	return base64url_encode(rq->arena, bytes, length + MAC_BYTES);
}

static bool cursor_read(const struct request *rq, const char *text, const unsigned char hash[HASH_BYTES],
			struct position *ret)
{
	unsigned char *bytes = NULL, mac[MAC_BYTES];
	size_t length = 0;
	if (!base64url_decode(rq->arena, text, strlen(text), &bytes, &length) ||
	    length < HEAD_BYTES + MAC_BYTES)
		return false;
	length -= MAC_BYTES;
	cursor_mask(bytes, length, bytes + length);
	cursor_mac(bytes, length, mac);
	if (CRYPTO_memcmp(mac, bytes + length, MAC_BYTES) != 0 || bytes[0] != CURSOR_VERSION ||
	    memcmp(bytes + 1, hash, HASH_BYTES) != 0)
		return false;
	size_t key = (size_t)bytes[1 + HASH_BYTES] << 8 | bytes[2 + HASH_BYTES];
	if (HEAD_BYTES + key > length)
		return false;
	const char *at = (const char *)bytes + HEAD_BYTES;
	ret->key = arena_strndup(rq->arena, at, key);
	ret->id = arena_strndup(rq->arena, at + key, length - HEAD_BYTES - key);
	return true;
}

/* next_url - the target with this cursor in place of its own. */
static const char *next_url(const struct request *rq, const char *cursor)
{
	struct buffer buffer = {NULL, 0, 0};
	const char *target = rq->target ? rq->target : rq->op->path;
	const char *query = strchr(target, '?');
	size_t path = query ? (size_t)(query - target) : strlen(target);
	buffer_add(&buffer, target, path);
	char separator = '?';
	for (const char *part = query ? query + 1 : ""; *part;) {
		size_t length = strcspn(part, "&");
		if (length && strncmp(part, "cursor=", 7) != 0) {
			buffer_char(&buffer, separator);
			buffer_add(&buffer, part, length);
			separator = '&';
		}
		part += length + (part[length] == '&');
	}
	buffer_char(&buffer, separator);
	buffer_text(&buffer, "cursor=");
	buffer_text(&buffer, cursor);
	const char *url = arena_strndup(rq->arena, buffer.text, buffer.length);
	buffer_free(&buffer);
	return url;
}

static long page_limit(const struct request *rq)
{
	const char *text = request_value(rq, "limit");
	long limit = text ? strtol(text, NULL, 10) : 50;
	return limit < 1 ? 1 : limit > LIMIT_MAX ? LIMIT_MAX : limit;
}

static const struct schema *item_schema(const struct request *rq)
{
	const struct schema *items = member_schema(rq->op->reply, "items");
	return items ? items->items : NULL;
}

static void write_items(struct request *rq, const struct rows *rows, int count)
{
	const struct schema *item = item_schema(rq);
	buffer_text(&rq->reply.body, "{\"items\":[");
	for (int i = 0; i < count; i++) {
		if (i)
			buffer_char(&rq->reply.body, ',');
		write_row(&rq->reply.body, plan_find(item, rows), rows, i, rq->english, NULL);
	}
	buffer_text(&rq->reply.body, "],\"page\":{\"next\":");
}

/* write_page - the rows but the last, which was asked for only to know whether there is more. */
static void write_page(struct request *rq, const struct rows *rows, long limit,
		       const unsigned char hash[HASH_BYTES], const struct reply_extra *extras)
{
	bool more = rows->count > limit;
	int count = more ? (int)limit : rows->count;
	write_items(rq, rows, count);
	struct buffer *body = &rq->reply.body;
	if (more) {
		const char *key = row_text(rows, count - 1, "_key");
		struct position last = {key ? key : "", row_text(rows, count - 1, "_id")};
		rq->reply.next_cursor = cursor_write(rq, hash, &last);
		const char *url = rq->reply.next_url = next_url(rq, rq->reply.next_cursor);
		buffer_json_string(body, url, strlen(url));
	} else {
		buffer_text(body, "null");
	}
	buffer_printf(body, ",\"limit\":%ld}", limit);
	write_extras(body, extras);
	buffer_char(body, '}');
}

struct page {
	struct rows rows;
	long limit;
	unsigned char hash[HASH_BYTES];
};

/* page_read - the cursor belongs to the query's filters; the statement's own parameters may be fewer. */
static struct problem *page_read(struct request *rq, const struct page_query *query, struct page *ret)
{
	struct position from = {NULL, NULL};
	const char *cursor = request_value(rq, "cursor");
	ret->limit = page_limit(rq);
	filter_hash(rq, query->filters, query->filter_count, ret->hash);
	if (cursor && !cursor_read(rq, cursor, ret->hash, &from))
		return problem_new(rq->arena, PROBLEM_cursor_mismatch, NULL, NULL);
	const char **parameters = arena_alloc(rq->arena, (query->count + 4) * sizeof *parameters);
	parameters[0] = rq->caller->account_id;
	parameters[1] = from.key;
	parameters[2] = from.id;
	parameters[3] = arena_printf(rq->arena, "%ld", ret->limit + 1);
	for (size_t i = 0; i < query->count; i++)
		parameters[4 + i] = query->parameters[i];
	return db_run(rq->db, rq->arena, query->statement, parameters, query->count + 4, &ret->rows);
}

struct problem *reply_page(struct request *rq, enum statement statement, const char *const *filters,
			   size_t count, const struct reply_extra *extras)
{
	struct page page;
	const struct page_query query = {statement, filters, count, filters, count};
	TRY(page_read(rq, &query, &page));
	write_page(rq, &page.rows, page.limit, page.hash, extras);
	return NULL;
}

struct problem *reply_page_with_totals(struct request *rq, const struct page_query *query, bool *ret_written)
{
	struct page page;
	TRY(page_read(rq, query, &page));
	*ret_written = page.rows.count > 0;
	if (!*ret_written)
		return NULL;
	const struct reply_extra extras[] = {{"totals", row_text(&page.rows, 0, "_totals")}, {NULL, NULL}};
	write_page(rq, &page.rows, page.limit, page.hash, extras);
	return NULL;
}
