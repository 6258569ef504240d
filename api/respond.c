/* Status, header fields and bytes of every answer. */
#include "respond.h"

#include "compress.h"
#include "log.h"
#include "operations.h"
#include "pages.h"
#include "pipeline.h"
#include "reply.h"
#include "text.h"

#include <string.h>

#define CSP_DATA "default-src 'none'; frame-ancestors 'none'"
#define CSP_PAGE                                                                                             \
	"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "    \
	"font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors "   \
	"'none'"

/* A value that is empty or could add a line of its own is a defect of the program; it is left out and said in
 * the log. */
static void add_if(bool is_fit, struct exchange *x, const char *name, const char *value)
{
	if (!is_fit || x->answer_count == EXCHANGE_HEADERS_MAX) {
		log_event(LOG_LEVEL_ERROR, "header_refused", "name", name, "request_id", x->trace_id,
			  (char *)NULL);
		return;
	}
	x->answer[x->answer_count++] = (struct header){name, value};
}

static void add(struct exchange *x, const char *name, const char *value)
{
	add_if(*value && header_is_safe(value), x, name, value);
}

/* add_own - a value that is ours, or that was looked at character by character (trace_parse). */
static void add_own(struct exchange *x, const char *name, const char *value)
{
	add_if(true, x, name, value);
}

/* trace_parent - W3C Trace Context; a span of its own for each answer. */
static const char *trace_parent(const struct exchange *x)
{
	static const char form[] = "00-00000000000000000000000000000000-0000000000000000-01";
	enum { TRACE_AT = 3, SPAN_AT = 36, SPAN_BYTES = 8, REST_AT = SPAN_AT + 2 * SPAN_BYTES };
	char *text = arena_strdup(x->arena, form);
	memcpy(text + TRACE_AT, x->trace_id, TRACE_ID_TEXT - 1);
	random_hex(text + SPAN_AT, SPAN_BYTES);
	text[REST_AT - 1] = '1'; /* all zeros would be no span */
	memcpy(text + REST_AT, form + REST_AT, sizeof form - REST_AT);
	return text;
}

/* What stands on every answer. */
static void add_common(struct exchange *x, const char *media_type)
{
	bool is_page = media_type && strncmp(media_type, "text/html", 9) == 0;
	add_own(x, "Request-Id", x->trace_id);
	add_own(x, "traceparent", trace_parent(x));
	add_own(x, "API-Version", api_version);
	add_own(x, "X-Content-Type-Options", "nosniff");
	add_own(x, "Referrer-Policy", "no-referrer");
	add_own(x, "X-Frame-Options", "DENY");
	add_own(x, "Content-Security-Policy", is_page ? CSP_PAGE : CSP_DATA);
	add_own(x, "Vary", "Accept, Accept-Encoding, Accept-Language, Authorization");
	if (media_type)
		add(x, "Content-Type", media_type);
	if (media_type && (strstr(media_type, "json") || is_page))
		add_own(x, "Content-Language", x->rq.english ? "en" : "zh-CN");
	if (x->close)
		add_own(x, "Connection", "close");
}

/* ---- replies ---- */

static const char *cache_control(const struct exchange *x)
{
	const struct operation *op = x->rq.op;
	if (op->no_store)
		return "no-store";
	if (op->method == METHOD_GET && (op->roles & ROLE_public) && !x->authorization)
		return "public, no-cache";
	return "private, no-cache";
}

static const char *entity_tag(struct exchange *x)
{
	const struct reply *reply = &x->rq.reply;
	if (reply->no_etag || (!reply->tag && (reply->stream.read || !reply->body.length)))
		return NULL;
	if (reply->version < 0 && x->rq.op->method != METHOD_GET)
		return NULL;
	if (x->rq.dry_run)
		return NULL;
	return reply_tag(&x->rq);
}

/* Only what is a text, whole and large; never beside a secret of ours, whose length a compressor would tell.
 */
static bool is_packable(const struct exchange *x)
{
	const struct reply *reply = &x->rq.reply;
	if (x->rq.op->no_store || !coding_takes_gzip(exchange_header(x, "Accept-Encoding")))
		return false;
	if (reply->stream.read)
		return pages_can_pack(reply);
	const char *type = reply->media_type ? reply->media_type : "application/json";
	bool is_text = strstr(type, "json") || strncmp(type, "text/", 5) == 0;
	return is_text && reply->body.length >= COMPRESS_MIN;
}

static bool pack(struct reply *reply)
{
	return reply->stream.read ? pages_pack(reply) : compress_gzip(&reply->body);
}

/* The tag of the packed bytes is another one than that of the plain ones. */
static const char *packed_tag(struct exchange *x, const char *tag)
{
	return arena_printf(x->arena, "%.*s-gzip\"", (int)strlen(tag) - 1, tag);
}

/* A file name in any script (RFC 8187), with an ASCII one for old clients. */
static const char *disposition(struct arena *arena, const char *name)
{
	struct buffer encoded = {0};
	for (const char *c = name; *c; c++) {
		if ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
		    strchr("-._", *c))
			buffer_char(&encoded, *c);
		else
			buffer_printf(&encoded, "%%%02X", (unsigned)(unsigned char)*c);
	}
	const char *dot = strrchr(name, '.');
	bool plain =
		dot && dot[1] && strspn(dot + 1, "abcdefghijklmnopqrstuvwxyz0123456789") == strlen(dot + 1);
	const char *out = arena_printf(arena, "attachment; filename=\"download%s\"; filename*=UTF-8''%s",
				       plain ? dot : "", encoded.length ? encoded.text : "download");
	buffer_free(&encoded);
	return out;
}

static bool is_minimal(const struct exchange *x)
{
	const struct operation *op = x->rq.op;
	return x->preferences.minimal && op->method != METHOD_GET && !op->no_store && !x->rq.dry_run &&
	       !x->rq.reply.stream.read && x->rq.reply.body.length;
}

static int reply_status(const struct exchange *x)
{
	if (x->rq.dry_run)
		return 200;
	if (x->rq.reply.status)
		return x->rq.reply.status;
	return x->rq.op->success;
}

static void add_reply_headers(struct exchange *x)
{
	const struct reply *reply = &x->rq.reply;
	add_own(x, "Cache-Control", cache_control(x));
	if (reply->location && !x->rq.dry_run)
		add(x, "Location", reply->location);
	if (reply->next_url)
		add(x, "Link", arena_printf(x->arena, "<%s>; rel=\"next\"", reply->next_url));
	if (reply->replayed)
		add(x, "Idempotency-Replayed", "true");
	if (reply->disposition)
		add(x, "Content-Disposition", disposition(x->arena, reply->disposition));
	if (x->rq.op->id == OPERATION_GET_OPENAPI)
		add(x, "Access-Control-Allow-Origin", "*");
}

void respond_reply(struct exchange *x)
{
	struct reply *reply = &x->rq.reply;
	bool packed = is_packable(x);
	const char *plain = entity_tag(x);
	const char *tag = plain && packed ? packed_tag(x, plain) : plain;
	const char *known = x->rq.op->method == METHOD_GET ? exchange_header(x, "If-None-Match") : NULL;
	bool minimal = is_minimal(x);
	x->status = reply_status(x);
	if (minimal && x->status == 200)
		x->status = 204;
	bool unchanged = tag && known && x->status == 200 && entity_tag_listed(known, tag);
	if (unchanged)
		x->status = 304;
	bool has_body = !unchanged && !minimal && (reply->stream.read || reply->body.length);
	/* who has the packed bytes already costs no packing; who gets the plain ones after all gets their tag
	 */
	if (has_body && packed && !pack(reply)) {
		packed = false;
		tag = plain;
	}
	add_common(x, !has_body ? NULL : reply->media_type ? reply->media_type : "application/json");
	add_reply_headers(x);
	if (tag)
		add(x, "ETag", tag);
	if (minimal)
		add(x, "Preference-Applied", "return=minimal");
	else if (x->preferences.representation && x->rq.op->method != METHOD_GET && has_body)
		add(x, "Preference-Applied", "return=representation");
	if (!has_body) {
		buffer_free(&reply->body);
		return;
	}
	if (packed)
		add(x, "Content-Encoding", "gzip");
	x->body = reply->body;
	x->stream = reply->stream;
	reply->body = (struct buffer){0};
	reply->stream = (struct stream){0};
}

void respond_options(struct exchange *x, const char *allow)
{
	x->status = 204;
	add_common(x, NULL);
	add(x, "Allow", allow);
	if (x->route && x->route->by_method[METHOD_PATCH])
		add(x, "Accept-Patch", "application/merge-patch+json");
	if (x->route && x->route->by_method[METHOD_GET] &&
	    x->route->by_method[METHOD_GET]->id == OPERATION_GET_OPENAPI)
		add(x, "Access-Control-Allow-Origin", "*");
}

/* ---- problems ---- */

const char *problem_public_url(const struct exchange *x)
{
	return x->options->public_url;
}

static void member(struct buffer *out, const char *name, const char *value)
{
	if (!value)
		return;
	buffer_printf(out, ",\"%s\":", name);
	buffer_json_string(out, value, strlen(value));
}

static void write_errors(struct exchange *x, const struct problem *problem)
{
	struct buffer *out = &x->body;
	if (!problem->errors)
		return;
	buffer_text(out, ",\"errors\":[");
	for (const struct problem_error *error = problem->errors; error; error = error->next) {
		const char *detail = x->rq.english ? error->detail_en : error->detail_zh;
		buffer_text(out, error == problem->errors ? "{\"code\":" : ",{\"code\":");
		buffer_json_string(out, error->code, strlen(error->code));
		member(out, "pointer", error->pointer);
		member(out, "article", error->article);
		member(out, "detail", detail ? detail : "");
		buffer_char(out, '}');
	}
	buffer_char(out, ']');
}

static void write_problem(struct exchange *x, const struct problem *problem)
{
	const struct problem_kind *kind = &problem_kinds[problem->code];
	bool english = x->rq.english;
	const char *detail = english ? problem->detail_en : problem->detail_zh;
	const char *type = arena_printf(x->arena, "%s/problems/%s", problem_public_url(x), kind->code);
	const char *path = x->target.path;
	buffer_text(&x->body, "{\"type\":");
	buffer_json_string(&x->body, type, strlen(type));
	member(&x->body, "title", english ? kind->title_en : kind->title_zh);
	buffer_printf(&x->body, ",\"status\":%d", kind->status);
	member(&x->body, "detail", detail ? detail : english ? kind->remedy_en : kind->remedy_zh);
	member(&x->body, "code", kind->code);
	member(&x->body, "article", problem->article);
	member(&x->body, "instance", path);
	member(&x->body, "trace_id", x->trace_id);
	write_errors(x, problem);
	buffer_char(&x->body, '}');
}

/* The token endpoint speaks RFC 6749 5.2. */
static bool is_token_endpoint(const struct exchange *x)
{
	return x->rq.op && x->rq.op->body_media_type &&
	       strcmp(x->rq.op->body_media_type, "application/x-www-form-urlencoded") == 0;
}

static const char *oauth_error(const struct problem *problem)
{
	static const char *const words[] = {"invalid_request",     "invalid_client",         "invalid_grant",
					    "unauthorized_client", "unsupported_grant_type", "invalid_scope"};
	const struct problem_error *error = problem->errors;
	for (size_t i = 0; error && i < sizeof words / sizeof words[0]; i++)
		if (strcmp(error->code, words[i]) == 0)
			return words[i];
	if (error && error->pointer && strcmp(error->pointer, "#/grant_type") == 0 &&
	    strcmp(error->code, "enum") == 0)
		return "unsupported_grant_type";
	if (problem->code == PROBLEM_unauthenticated)
		return "invalid_client";
	return problem->code == PROBLEM_insufficient_scope ? "invalid_scope" : "invalid_request";
}

static void write_oauth_error(struct exchange *x, const struct problem *problem)
{
	const char *detail = problem->detail_en ? problem->detail_en : problem_kinds[problem->code].title_en;
	const char *word = oauth_error(problem);
	x->status = strcmp(word, "invalid_client") == 0 ? 401 : 400;
	buffer_printf(&x->body, "{\"error\":\"%s\"", word);
	member(&x->body, "error_description", detail);
	buffer_char(&x->body, '}');
}

static const char *challenge(struct exchange *x, const struct problem *problem)
{
	if (is_token_endpoint(x))
		return "Basic realm=\"alliance\"";
	if (problem->code == PROBLEM_insufficient_scope)
		return arena_printf(x->arena,
				    "Bearer realm=\"alliance\", error=\"insufficient_scope\", scope=\"%s\"",
				    x->rq.op->scope ? x->rq.op->scope : "");
	return x->authorization ? "Bearer realm=\"alliance\", error=\"invalid_token\""
				: "Bearer realm=\"alliance\"";
}

void respond_problem(struct exchange *x, const struct problem *problem)
{
	const struct operation *op = x->rq.op;
	buffer_free(&x->rq.reply.body);
	if (x->rq.reply.stream.close)
		x->rq.reply.stream.close(x->rq.reply.stream.context);
	x->rq.reply = (struct reply){.version = -1};
	x->problem = problem;
	x->status = problem_status(problem);
	if (problem->code == PROBLEM_malformed_http)
		x->close = true;
	bool oauth = is_token_endpoint(x) && x->status < 500;
	if (oauth)
		write_oauth_error(x, problem);
	else
		write_problem(x, problem);
	add_common(x, oauth ? "application/json" : "application/problem+json");
	add(x, "Cache-Control", "no-store");
	if (x->status == 401 || problem->code == PROBLEM_insufficient_scope)
		add(x, "WWW-Authenticate", challenge(x, problem));
	if (problem->retry_after)
		add(x, "Retry-After", arena_printf(x->arena, "%d", problem->retry_after));
	if (problem->allow)
		add(x, "Allow", problem->allow);
	if (problem->code == PROBLEM_unsupported_media_type && op && op->method == METHOD_PATCH)
		add(x, "Accept-Patch", "application/merge-patch+json");
}
