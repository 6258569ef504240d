/* Attachments (article 11, 报送资料): announced with size and SHA-256, uploaded in parts of at most 1 MiB,
   complete once both are verified over all parts, and unchangeable from then on. Kept in PostgreSQL; a
   download reads slice by slice and holds no transaction. */
#include "operations.h"
#include "reply.h"
#include "transition.h"

#include "article_11.h"
#include "clock.h"
#include "lifecycle.h"
#include "log.h"
#include "shares.h"
#include "text.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* ---- who may add what to which file ---- */

#define UNITS (ROLE_county | ROLE_dept | ROLE_assoc)

/* The lead while its form is open; the unit its sealed opinion, while it is asked. */
static role_set application_uploaders(const char *status, const char *kind)
{
	static const char *const OPEN_FORM[] = {"draft", "returned", "correction", "rectifying", NULL};
	bool is_opinion = !strcmp(kind, FILE_OPINION);
	if (is_opinion)
		return strcmp(status, "submitted") ? 0 : UNITS;
	return text_is_one_of(status, OPEN_FORM) ? ROLE_lead : 0;
}

/* Nothing is added to a document once it is approved. */
static role_set uploaders(const char *subject_kind, const char *status, const char *kind)
{
	static const char *const OPEN_DOCUMENT[] = {"draft", "in_review", NULL};
	if (!strcmp(subject_kind, "application"))
		return application_uploaders(status, kind);
	if (!strcmp(subject_kind, "document"))
		return text_is_one_of(status, OPEN_DOCUMENT) ? ROLE_officer : 0;
	return ROLE_officer | ROLE_lead | ROLE_host | ROLE_member;
}

/* All who ever add to a file of this sort; who is not among them gets 403, who comes at the wrong time 409.
 */
static role_set uploaders_ever(const char *subject_kind, const char *kind)
{
	if (strcmp(subject_kind, "application"))
		return uploaders(subject_kind, "draft", kind);
	return strcmp(kind, FILE_OPINION) ? ROLE_lead : UNITS;
}

/* What of the reach may add to the file: of an organisation only who may change it. */
static role_set writing_reach(const struct rows *rows, const char *subject_kind)
{
	return role_set_parse_list(
		row_text(rows, 0, strcmp(subject_kind, "organisation") ? "reach" : "write_reach"));
}

static struct problem *subject_reach(struct request *rq, const char *subject_kind, const char *subject_id,
				     role_set *ret_reach, role_set *ret_writing, const char **ret_status)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_ATTACHMENT_SUBJECT_REACH,
		   P(subject_kind, subject_id, rq->caller->account_id), &rows));
	*ret_reach = role_set_parse_list(row_text(&rows, 0, "reach"));
	*ret_writing = writing_reach(&rows, subject_kind);
	*ret_status = row_text(&rows, 0, "status");
	return NULL;
}

static struct problem *upload_judge(struct request *rq, const char *subject_kind, const char *kind,
				    role_set reach, const char *status)
{
	if (!(reach & uploaders_ever(subject_kind, kind)))
		return problem_new(rq->arena, PROBLEM_forbidden, "您的角色不能上传这一类附件。",
				   "Your role does not upload attachments of this kind.");
	if (!(reach & uploaders(subject_kind, status, kind)))
		return problem_new(rq->arena, PROBLEM_illegal_transition, "当前状态不能上传这一类附件。",
				   "Attachments of this kind are not taken in this status.");
	return NULL;
}

static struct problem *size_judge(struct request *rq)
{
	int64_t most = (int64_t)policy_parameters(rq)->attachment_max_mib << 20;
	struct findings findings;
	if (rq->failure)
		return rq->failure;
	if (body_integer(rq, "bytes") <= most)
		return NULL;
	findings_start(&findings, rq->arena);
	finding_add(
		&findings, RULE_AP_27, "#/bytes",
		arena_printf(rq->arena, "附件不得超过%d MiB。", policy_parameters(rq)->attachment_max_mib),
		arena_printf(rq->arena, "An attachment has at most %d MiB.",
			     policy_parameters(rq)->attachment_max_mib));
	return findings_problem(&findings);
}

/* Bounds of what one file may gather; two who announce at once come one after the other. */
static struct problem *total_judge(struct request *rq, const char *subject_kind, const char *subject_id)
{
	enum { COUNT_MAX = 100 };
	static const int64_t BYTES_MAX = (int64_t)500 << 20;
	struct rows rows;
	struct findings findings;
	findings_start(&findings, rq->arena);
	TRY(db_run(rq->db, rq->arena, SQL_ATTACHMENT_SUBJECT_LOCK, P(subject_kind, subject_id), NULL));
	TRY(db_run(rq->db, rq->arena, SQL_ATTACHMENT_SUBJECT_TOTAL,
		   P(subject_kind, subject_id, body_text(rq, "kind")), &rows));
	if (row_integer(&rows, 0, "attachments") >= COUNT_MAX)
		finding_add(&findings, RULE_TR_36, NULL, NULL, NULL);
	if (row_integer(&rows, 0, "bytes") + body_integer(rq, "bytes") > BYTES_MAX)
		finding_add(&findings, RULE_TR_36, "#/bytes", NULL, NULL);
	return findings_problem(&findings);
}

/* ---- operations ---- */

static struct problem *attachment_find(struct request *rq, bool lock, struct rows *ret, role_set *ret_reach)
{
	TRY(db_run(rq->db, rq->arena, lock ? SQL_ATTACHMENT_LOCK : SQL_ATTACHMENT_GET,
		   P(request_path_id(rq), rq->caller->account_id), ret));
	*ret_reach = ret->count ? role_set_parse_list(row_text(ret, 0, "_reach")) : 0;
	return NULL;
}

static struct problem *attachment_show(struct request *rq, const char *id)
{
	return reply_statement(rq, SQL_ATTACHMENT_GET, P(id, rq->caller->account_id), NULL);
}

struct problem *create_attachment(struct request *rq)
{
	const char *id = request_new_id(rq), *subject_kind = body_text(rq, "subject_kind"),
		   *subject_id = body_text(rq, "subject_id"), *kind = body_text(rq, "kind"), *status;
	role_set reach, writing;
	TRY(subject_reach(rq, subject_kind, subject_id, &reach, &writing, &status));
	OPEN(rq, "attachment", id, reach, -1);
	TRY(upload_judge(rq, subject_kind, kind, writing, status));
	TRY(size_judge(rq));
	TRY(total_judge(rq, subject_kind, subject_id));
	rq->reason = kind;
	TRY(db_run(rq->db, rq->arena, SQL_ATTACHMENT_INSERT,
		   P(id, subject_kind, subject_id, kind, body_text(rq, "title"), body_text(rq, "media_type"),
		     arena_printf(rq->arena, "%lld", (long long)body_integer(rq, "bytes")),
		     body_text(rq, "sha256"), rq->caller->account_id,
		     role_name(writing & uploaders(subject_kind, status, kind)), rq->now_text),
		   NULL));
	TRY(attachment_show(rq, id));
	reply_created(rq, "/v1/attachments/%s", id);
	return NULL;
}

struct problem *get_attachment(struct request *rq)
{
	struct rows rows;
	role_set reach;
	TRY(attachment_find(rq, false, &rows, &reach));
	if (!reach)
		return request_not_found(rq);
	reply_row(rq, &rows, 0, NULL);
	return NULL;
}

struct problem *list_application_attachments(struct request *rq)
{
	struct rows rows;
	const char *id = request_path_id(rq);
	TRY(db_run(rq->db, rq->arena, SQL_ATTACHMENT_SUBJECT_REACH,
		   P("application", id, rq->caller->account_id), &rows));
	if (!(role_set_parse_list(row_text(&rows, 0, "reach")) & ~(role_set)ROLE_member))
		return request_not_found(rq);
	return reply_page(rq, SQL_ATTACHMENT_LIST, P(id), NULL);
}

/* Only who announced it adds to it, and only until it is complete. */
static struct problem *writer_judge(struct request *rq, const struct rows *rows, role_set reach)
{
	const char *uploader = row_text(rows, 0, "_uploaded_by"),
		   *subject_kind = row_text(rows, 0, "subject_kind");
	const char *status;
	role_set still, writing;
	if (!uploader || strcmp(uploader, rq->caller->account_id))
		return problem_new(rq->arena, PROBLEM_forbidden, "只有登记该附件的账户可以上传内容。",
				   "Only the account that announced the attachment uploads it.");
	if (row_bool(rows, 0, "complete"))
		return problem_new(rq->arena, PROBLEM_illegal_transition, "附件已完成上传，不能再修改。",
				   "The attachment is complete and cannot be changed.");
	TRY(subject_reach(rq, subject_kind, row_text(rows, 0, "subject_id"), &still, &writing, &status));
	return upload_judge(rq, subject_kind, row_text(rows, 0, "kind"), reach & writing, status);
}

static const char *hex_text(struct request *rq)
{
	static const char DIGITS[] = "0123456789abcdef";
	char *hex = arena_alloc(rq->arena, rq->byte_count * 2 + 1);
	for (size_t i = 0; i < rq->byte_count; i++) {
		hex[2 * i] = DIGITS[(unsigned char)rq->bytes[i] >> 4];
		hex[2 * i + 1] = DIGITS[(unsigned char)rq->bytes[i] & 15];
	}
	return hex;
}

struct problem *put_attachment_part(struct request *rq)
{
	enum { PART_MAX = 1 << 20 };
	struct rows rows, stored;
	role_set reach;
	const char *n = request_value(rq, "n"), *id = request_path_id(rq);
	TRY(attachment_find(rq, true, &rows, &reach));
	OPEN(rq, "attachment", id, reach, -1);
	TRY(writer_judge(rq, &rows, reach));
	if (rq->byte_count == 0 || rq->byte_count > PART_MAX)
		return problem_new(rq->arena,
				   rq->byte_count ? PROBLEM_body_too_large : PROBLEM_invalid_request,
				   "每个分片为1字节至1 MiB。", "A part has 1 byte to 1 MiB.");
	rq->reason = arena_printf(rq->arena, "part %s", n);
	TRY(db_run(rq->db, rq->arena, SQL_ATTACHMENT_PART_PUT, P(id, n, hex_text(rq)), NULL));
	TRY(db_run(rq->db, rq->arena, SQL_ATTACHMENT_STORED, P(id), &stored));
	if (row_integer(&stored, 0, "bytes") > row_integer(&rows, 0, "bytes"))
		return problem_new(rq->arena, PROBLEM_conflict, "各分片合计超过登记的大小。",
				   "The parts together exceed the announced size.");
	reply_json(rq, json_pack("{s:s, s:I, s:I}", "attachment_id", id, "n", (json_int_t)atoi(n), "bytes",
				 (json_int_t)rq->byte_count));
	return NULL;
}

/* Everything the sender says must be true of the parts: their sum, their order without gaps, their digest,
 * and what was announced. */
static struct problem *content_judge(struct request *rq, const struct rows *rows)
{
	struct rows stored, digest;
	const char *id = request_path_id(rq), *sha256 = body_text(rq, "sha256");
	int64_t bytes = body_integer(rq, "bytes");
	TRY(db_run(rq->db, rq->arena, SQL_ATTACHMENT_STORED, P(id), &stored));
	TRY(db_run(rq->db, rq->arena, SQL_ATTACHMENT_DIGEST, P(id), &digest));
	struct problem *problem = problem_new(rq->arena, PROBLEM_rule_not_met, NULL, NULL);
	if (row_integer(&stored, 0, "parts") != row_integer(&stored, 0, "last_part"))
		problem_error(rq->arena, problem, NULL, "AP-27", "11", "分片不连续。", "A part is missing.");
	if (row_integer(&stored, 0, "bytes") != bytes || row_integer(rows, 0, "bytes") != bytes)
		problem_error(rq->arena, problem, "#/bytes", "AP-27", "11", "大小与登记或实际内容不符。",
			      "The size is not that of the parts or not the announced one.");
	if (strcmp(row_text(&digest, 0, "sha256"), sha256) || strcmp(row_text(rows, 0, "sha256"), sha256))
		problem_error(rq->arena, problem, "#/sha256", "AP-27", "11", "SHA-256与登记或实际内容不符。",
			      "The SHA-256 is not that of the parts or not the announced one.");
	return problem->errors ? problem : NULL;
}

struct problem *complete_attachment(struct request *rq)
{
	struct rows rows;
	role_set reach;
	const char *id = request_path_id(rq);
	TRY(attachment_find(rq, true, &rows, &reach));
	OPEN(rq, "attachment", id, reach, -1);
	TRY(writer_judge(rq, &rows, reach));
	TRY(content_judge(rq, &rows));
	rq->reason = row_text(&rows, 0, "kind");
	TRY(db_run(rq->db, rq->arena, SQL_ATTACHMENT_COMPLETE, P(id, rq->now_text), NULL));
	return attachment_show(rq, id);
}

/* ---- download ---- */

#define DOWNLOADS 64    /* at a time, for each is there until its reader has taken everything */
#define SLICE     65536 /* bytes; as much as is sent at once, so that nothing more is held for a slow reader */

static atomic_int downloads;

/* One account has half of them at most. */
static struct shares downloaders;
static pthread_once_t downloaders_once = PTHREAD_ONCE_INIT;

static void downloaders_start(void)
{
	shares_start(&downloaders, DOWNLOADS / 2);
}

/* One download: the part in hand and how much of it is sent. Each slice is a statement of its own. */
struct download {
	struct arena *own; /* holds this struct */
	struct pool *pool;
	const char *id, *request_id;
	uint64_t account; /* its name among the downloaders */
	int silence_ms;   /* how long the database may have no connection for a slice */
	int n, last;
	int64_t sent;
};

static int hex_value(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

static long hex_read(const char *hex, char *bytes)
{
	long count = 0;
	for (; hex[2 * count]; count++)
		bytes[count] = (char)(hex_value(hex[2 * count]) << 4 | hex_value(hex[2 * count + 1]));
	return count;
}

/* slice_read - a file on its way is not given up for a moment in which all connections are taken: each try
   waits for one. */
static struct problem *slice_read(const struct download *download, struct arena *arena, size_t most,
				  struct rows *ret)
{
	int64_t until = clock_monotonic_ms() + download->silence_ms;
	struct problem *problem;
	do
		problem = db_run(db_lane(download->pool), arena, SQL_ATTACHMENT_PART_READ,
				 P(download->id, arena_printf(arena, "%d", download->n),
				   arena_printf(arena, "%lld", (long long)download->sent + 1),
				   arena_printf(arena, "%zu", most)),
				 ret);
	while (problem && problem->is_unsent && clock_monotonic_ms() < until);
	return problem;
}

/* download_slice - the next bytes of the part in hand, at most so many; -1 when the database fails. */
static long download_slice(struct download *download, struct arena *arena, char *bytes, size_t most)
{
	struct rows rows = {0};
	struct problem *problem = slice_read(download, arena, most, &rows);
	if (problem || !rows.count) {
		log_event(LOG_LEVEL_WARNING, "download_failed", "request_id", download->request_id, "cause",
			  problem ? problem->cause : "the part is gone", (char *)NULL);
		return -1;
	}
	long count = hex_read(row_text(&rows, 0, "slice"), bytes);
	download->sent += count;
	if (download->sent == row_integer(&rows, 0, "bytes")) {
		download->n++;
		download->sent = 0;
	}
	return count;
}

static long download_read(void *context, char *bytes, size_t capacity)
{
	struct download *download = context;
	if (download->n > download->last)
		return 0;
	struct arena *arena = arena_new(); /* of this slice alone: what the database sent is held no longer */
	long count = download_slice(download, arena, bytes, capacity < SLICE ? capacity : SLICE);
	arena_free(arena);
	return count;
}

static void download_close(void *context)
{
	struct download *download = context;
	shares_give(&downloaders, download->account, 1);
	arena_free(download->own);
	atomic_fetch_sub(&downloads, 1);
}

static bool download_take(uint64_t account)
{
	pthread_once(&downloaders_once, downloaders_start);
	if (!shares_take(&downloaders, account, 1))
		return false;
	if (atomic_fetch_add(&downloads, 1) < DOWNLOADS)
		return true;
	atomic_fetch_sub(&downloads, 1);
	shares_give(&downloaders, account, 1);
	return false;
}

static struct problem *download_enter(struct request *rq, uint64_t account)
{
	if (download_take(account))
		return NULL;
	struct problem *problem = problem_new(rq->arena, PROBLEM_overloaded, "正在进行的下载过多。",
					      "Too many downloads are running already.");
	problem->retry_after = 5;
	return problem;
}

struct problem *get_attachment_content(struct request *rq)
{
	struct rows rows;
	role_set reach;
	TRY(attachment_find(rq, false, &rows, &reach));
	if (!reach || !row_bool(&rows, 0, "complete"))
		return request_not_found(rq);
	uint64_t account = shares_name(rq->caller->account_id);
	TRY(download_enter(rq, account));
	struct arena *own = arena_new();
	struct download *download = arena_alloc(own, sizeof *download);
	*download = (struct download){.own = own,
				      .pool = rq->pool,
				      .id = arena_strdup(own, row_text(&rows, 0, "id")),
				      .request_id = arena_strdup(own, rq->id),
				      .account = account,
				      .silence_ms = rq->silence_ms,
				      .n = 1,
				      .last = (int)row_integer(&rows, 0, "_parts")};
	rq->reply.media_type = row_text(&rows, 0, "media_type");
	rq->reply.disposition = row_text(&rows, 0, "title");
	rq->reply.no_etag = true;
	rq->reply.stream = (struct stream){
		.read = download_read, .close = download_close, .context = download, .waits = true};
	return NULL;
}
