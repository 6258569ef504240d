/* Health, the description and its page, the problems' pages. */
#include "pages.h"

#include "compress.h"
#include "db.h"
#include "operations.h"
#include "text.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_HEAD                                                                                            \
	"<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">"                                 \
	"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>"
#define PAGE_STYLE                                                                                           \
	"</title><style>body{font:16px/1.6 system-ui,sans-serif;max-width:62rem;margin:2rem auto;"           \
	"padding:0 1rem;color:#1b1f24;background:#fff}h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:"   \
	"2rem;border-bottom:1px solid #d7dce1}table{border-collapse:collapse;width:100%}td{padding:.2rem "   \
	".6rem .2rem 0;vertical-align:top}code{font:14px ui-monospace,monospace}a{color:#0b5cad}"            \
	"td:first-child{width:4.5rem;color:#5a6672}@media(prefers-color-scheme:dark){body{color:#e6e9ec;"    \
	"background:#14181c}h2{border-color:#3a434c}a{color:#7db7f0}}</style></head><body>"
#define PAGE_TAIL "</body></html>\n"

static const char init_script[] =
	"Scalar.createApiReference('#app',{url:'/v1/openapi.json',withDefaultFonts:false,telemetry:false,"
	"agent:{disabled:true},mcp:{disabled:true},showDeveloperTools:'never',hideClientButton:true,"
	"persistAuth:false,"
	"authentication:{preferredSecurityScheme:'bearer'}})\n";

static const char scalar_page[] = PAGE_HEAD
	"渭南市产业技术创新战略联盟服务 API</title></head><body><div id=\"app\"></div>"
	"<script src=\"/docs/scalar.js\"></script><script src=\"/docs/init.js\"></script>" PAGE_TAIL;

/* Made at start, read by all threads, freed at the end. */
static struct buffer script, list_page, index_reply;

/* Long texts that never change are sent from where they stand: a copy for each of many slow readers would be
   the largest thing here. Packed once, at start: the packed form is never more than a part of the text. */
struct fixed {
	const char *text;
	size_t length;
	char tag[20];
	struct buffer packed; /* empty: too small a text */
};
static struct fixed description, script_text;

static atomic_bool is_draining;

bool pages_own(const struct operation *op)
{
	switch (op->id) {
	case OPERATION_GET_HOME:
	case OPERATION_GET_INDEX:
	case OPERATION_GET_HEALTH_LIVE:
	case OPERATION_GET_HEALTH_READY:
	case OPERATION_GET_DOCS:
	case OPERATION_GET_DOCS_SCRIPT:
	case OPERATION_GET_DOCS_INIT:
	case OPERATION_GET_OPENAPI:
	case OPERATION_GET_PROBLEM:
	case OPERATION_GET_FAVICON:
		return true;
	default:
		return false;
	}
}

/* ---- made at start ---- */

static void html_text(struct buffer *out, const char *text)
{
	for (; text && *text; text++) {
		if (*text == '&' || *text == '<' || *text == '>' || *text == '"')
			buffer_printf(out, "&#%d;", *text);
		else
			buffer_char(out, *text);
	}
}

static bool has_tag(const json_t *operation, const char *tag)
{
	const char *first = json_string_value(json_array_get(json_object_get(operation, "tags"), 0));
	return first && strcmp(first, tag) == 0;
}

static void write_tag(struct buffer *out, const json_t *root, const json_t *tag)
{
	static const char *const methods[] = {"get", "post", "put", "patch", "delete"};
	const char *name = json_string_value(json_object_get(tag, "name")), *path;
	json_t *item;
	buffer_text(out, "<h2>");
	html_text(out, json_string_value(json_object_get(tag, "description")));
	buffer_text(out, "</h2><table>");
	json_object_foreach(json_object_get(root, "paths"), path, item)
	{
		for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
			const json_t *operation = json_object_get(item, methods[i]);
			if (!operation || !name || !has_tag(operation, name))
				continue;
			buffer_printf(out, "<tr><td><code>%s</code></td><td><code>", methods[i]);
			html_text(out, path);
			buffer_text(out, "</code></td><td>");
			html_text(out, json_string_value(json_object_get(operation, "summary")));
			buffer_text(out, "</td></tr>");
		}
	}
	buffer_text(out, "</table>");
}

/* The plain list of operations, from the description itself. */
static void make_list(void)
{
	json_t *root = json_loadb(openapi_json, openapi_json_length, 0, NULL);
	const json_t *info = json_object_get(root, "info");
	size_t index;
	json_t *tag;
	buffer_text(&list_page, PAGE_HEAD);
	html_text(&list_page, json_string_value(json_object_get(info, "title")));
	buffer_text(&list_page, PAGE_STYLE "<h1>");
	html_text(&list_page, json_string_value(json_object_get(info, "title")));
	buffer_text(&list_page, "</h1><p>");
	html_text(&list_page, json_string_value(json_object_get(info, "description")));
	buffer_text(&list_page, "</p><p><a href=\"/v1/openapi.json\">/v1/openapi.json</a></p>");
	json_array_foreach(json_object_get(root, "tags"), index, tag) write_tag(&list_page, root, tag);
	buffer_text(&list_page, PAGE_TAIL);
	json_decref(root);
}

static bool is_collection(const struct operation *op)
{
	return op->method == METHOD_GET && strncmp(op->path, "/v1/", 4) == 0 && !strchr(op->path, '{');
}

static void make_index(void)
{
	const char *joint = "";
	buffer_printf(&index_reply, "{\"name\":\"alliance\",\"version\":\"%s\",\"links\":{", api_version);
	for (size_t i = 0; i < operation_count; i++) {
		if (!is_collection(&operations[i]))
			continue;
		buffer_printf(&index_reply, "%s\"", joint);
		for (const char *c = operations[i].path + 4; *c; c++)
			buffer_char(&index_reply, strchr("-/.", *c) ? '_' : *c);
		buffer_printf(&index_reply, "\":\"%s\"", operations[i].path);
		joint = ",";
	}
	buffer_printf(&index_reply, "%s\"docs\":\"/docs\"}}", joint);
}

static void read_script(const char *directory)
{
	char path[4096];
	if (!directory || !*directory)
		return;
	snprintf(path, sizeof path, "%s/scalar.js", directory);
	FILE *file = fopen(path, "rb");
	if (!file)
		return;
	size_t count;
	char block[65536];
	while ((count = fread(block, 1, sizeof block, file)) > 0)
		buffer_add(&script, block, count);
	fclose(file);
}

static struct fixed make_fixed(const char *text, size_t length)
{
	struct fixed fixed = {.text = text, .length = length};
	char hex[SHA256_HEX];
	snprintf(fixed.tag, sizeof fixed.tag, "\"0.%.8s\"", sha256_hex(text, length, hex));
	if (length < COMPRESS_MIN)
		return fixed;
	struct buffer work = {0};
	buffer_add(&work, text, length);
	if (compress_gzip(&work)) /* into a buffer of its own, without the room that packing needed */
		buffer_add(&fixed.packed, work.text, work.length);
	buffer_free(&work);
	return fixed;
}

void pages_start(const struct server_options *options)
{
	read_script(options->docs_dir);
	description = make_fixed(openapi_json, openapi_json_length);
	script_text = make_fixed(script.text ? script.text : "", script.length);
	make_list();
	make_index();
}

void pages_drain(void)
{
	atomic_store(&is_draining, true);
}

void pages_stop(void)
{
	buffer_free(&script);
	buffer_free(&script_text.packed);
	buffer_free(&description.packed);
	buffer_free(&list_page);
	buffer_free(&index_reply);
}

/* ---- operations ---- */

struct reading {
	const struct fixed *fixed;
	const char *bytes; /* what is left of its text, or of its packed form */
	size_t left;
};

static long fixed_read(void *context, char *bytes, size_t capacity)
{
	struct reading *reading = context;
	size_t length = reading->left < capacity ? reading->left : capacity;
	memcpy(bytes, reading->bytes, length);
	reading->bytes += length;
	reading->left -= length;
	return (long)length;
}

static void fixed_give(struct request *rq, const struct fixed *fixed)
{
	struct reading *reading = arena_alloc(rq->arena, sizeof *reading);
	*reading = (struct reading){fixed, fixed->text, fixed->length};
	rq->reply.tag = fixed->tag;
	rq->reply.stream = (struct stream){.read = fixed_read, .context = reading, .length = fixed->length};
}

bool pages_can_pack(const struct reply *reply)
{
	const struct reading *reading = reply->stream.context;
	return reply->stream.read == fixed_read && reading->fixed->packed.length;
}

bool pages_pack(struct reply *reply)
{
	if (!pages_can_pack(reply))
		return false;
	struct reading *reading = reply->stream.context;
	const struct buffer *packed = &reading->fixed->packed;
	*reading = (struct reading){reading->fixed, packed->text, packed->length};
	reply->stream.length = packed->length;
	return true;
}

struct problem *get_index(struct request *rq)
{
	buffer_add(&rq->reply.body, index_reply.text, index_reply.length);
	return NULL;
}

/* The process runs and can answer: no more is said here, so that a database that is away does not get the
 * service killed. */
struct problem *get_health_live(struct request *rq)
{
	rq->reply.media_type = "application/health+json";
	rq->reply.no_etag = true;
	buffer_text(&rq->reply.body, "{\"status\":\"pass\"}");
	return NULL;
}

/* Whether it makes sense to send requests here: what the pool's background check knows, without asking the
 * network, and whether there will be anybody to answer in a moment. */
struct problem *get_health_ready(struct request *rq)
{
	bool database = rq->pool && pool_is_ready(rq->pool);
	bool ready = database && !atomic_load(&is_draining);
	rq->reply.media_type = "application/health+json";
	rq->reply.no_etag = true;
	rq->reply.status = ready ? 200 : 503;
	buffer_printf(&rq->reply.body,
		      "{\"status\":\"%s\",\"version\":\"%s\",\"checks\":{\"postgresql:connection\":[{"
		      "\"component_type\":"
		      "\"datastore\",\"status\":\"%s\",\"time\":\"%s\"}]}}",
		      ready ? "pass" : "fail", api_version, database ? "pass" : "fail", rq->now_text);
	return NULL;
}

struct problem *get_docs(struct request *rq)
{
	rq->reply.media_type = "text/html; charset=utf-8";
	if (script.length)
		buffer_text(&rq->reply.body, scalar_page);
	else
		buffer_add(&rq->reply.body, list_page.text, list_page.length);
	return NULL;
}

struct problem *get_home(struct request *rq)
{
	return get_docs(rq);
}

struct problem *get_docs_script(struct request *rq)
{
	if (!script.length)
		return problem_new(rq->arena, PROBLEM_not_found, "本实例未安装 Scalar，/docs 为内置列表",
				   "Scalar is not installed with this instance; /docs is the built-in list");
	rq->reply.media_type = "text/javascript; charset=utf-8";
	fixed_give(rq, &script_text);
	return NULL;
}

struct problem *get_docs_init(struct request *rq)
{
	rq->reply.media_type = "text/javascript; charset=utf-8";
	buffer_text(&rq->reply.body, init_script);
	return NULL;
}

struct problem *get_openapi(struct request *rq)
{
	fixed_give(rq, &description);
	return NULL;
}

struct problem *get_favicon(struct request *rq)
{
	rq->reply.no_etag = true;
	return NULL;
}

static void problem_json(struct buffer *out, const struct problem_kind *kind)
{
	const struct {
		const char *name, *value;
	} members[] = {{"title_zh", kind->title_zh},
		       {"title_en", kind->title_en},
		       {"remedy_zh", kind->remedy_zh},
		       {"remedy_en", kind->remedy_en}};
	buffer_printf(out, "{\"code\":\"%s\",\"status\":%d", kind->code, kind->status);
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
		buffer_printf(out, ",\"%s\":", members[i].name);
		buffer_json_string(out, members[i].value, strlen(members[i].value));
	}
	buffer_char(out, '}');
}

static void problem_html(struct buffer *out, const struct problem_kind *kind)
{
	buffer_text(out, PAGE_HEAD);
	buffer_text(out, kind->code);
	buffer_text(out, PAGE_STYLE);
	buffer_printf(out, "<h1>%d %s</h1><p>%s<br>%s</p><h2>处理办法 Remedy</h2><p>%s<br>%s</p>",
		      kind->status, kind->code, kind->title_zh, kind->title_en, kind->remedy_zh,
		      kind->remedy_en);
	buffer_text(out, PAGE_TAIL);
}

struct problem *get_problem(struct request *rq)
{
	const char *code = request_value(rq, "code");
	bool html = rq->accept && strncmp(rq->accept, "text/html", 9) == 0;
	for (size_t i = 0; i < PROBLEM_COUNT; i++) {
		if (!code || strcmp(problem_kinds[i].code, code) != 0)
			continue;
		if (html)
			problem_html(&rq->reply.body, &problem_kinds[i]);
		else
			problem_json(&rq->reply.body, &problem_kinds[i]);
		rq->reply.media_type = html ? "text/html; charset=utf-8" : NULL;
		return NULL;
	}
	return problem_new(rq->arena, PROBLEM_not_found, NULL, NULL);
}
