/* The stages of a call, in the order of refusals: 400 for what is no HTTP, 404 and 405 for no route, 503
   for no place, 401, 413, 400 with every fault, 403; what comes after is the request wrapper's. */
#include "pipeline.h"

#include "access.h"
#include "admission.h"
#include "authenticate.h"
#include "json.h"
#include "pages.h"
#include "public_card.h"
#include "respond.h"
#include "task.h"
#include "text.h"
#include "validate.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const method_names[METHOD_COUNT] = {"GET", "POST", "PUT", "PATCH", "DELETE"};

static struct problem *refuse(struct exchange *x, enum problem_code code, const char *zh, const char *en)
{
	return problem_new(x->arena, code, zh, en);
}

/* ---- header fields ---- */

/* is_named - most names differ in their first letter, of which this bit is the case. */
static bool is_named(const struct header *header, const char *name)
{
	return (*header->name | 0x20) == (*name | 0x20) && strcasecmp(header->name, name) == 0;
}

static size_t header_count(const struct exchange *x, const char *name)
{
	size_t count = 0;
	for (size_t i = 0; i < x->header_count; i++)
		count += is_named(&x->headers[i], name);
	return count;
}

const char *exchange_header(const struct exchange *x, const char *name)
{
	const char *value = NULL;
	for (size_t i = 0; i < x->header_count; i++)
		if (is_named(&x->headers[i], name))
			value = value ? arena_printf(x->arena, "%s, %s", value, x->headers[i].value)
				      : x->headers[i].value;
	return value;
}

static void read_trace(struct exchange *x)
{
	const char *parent = exchange_header(x, "traceparent");
	if (parent && trace_parse(parent, x->trace_id))
		return;
	random_hex(x->trace_id, 16);
}

/* ---- parse: what a proxy before us might read differently is refused, and the connection closed ---- */

static struct problem *parse_frame(struct exchange *x)
{
	static const char *const single[] = {"Host",           "Content-Length", "Transfer-Encoding",
					     "Authorization",  "Content-Type",   "If-Match",
					     "Idempotency-Key"};
	for (size_t i = 0; i < x->header_count; i++)
		if (!header_is_token(x->headers[i].name))
			return refuse(x, PROBLEM_malformed_http, "请求头名称含有非法字符",
				      "a header name has characters that it may not have");
	for (size_t i = 0; i < sizeof single / sizeof single[0]; i++)
		if (header_count(x, single[i]) > 1)
			return refuse(
				x, PROBLEM_malformed_http,
				arena_printf(x->arena, "请求头 %s 重复", single[i]),
				arena_printf(x->arena, "the header %s stands more than once", single[i]));
	const char *length = exchange_header(x, "Content-Length");
	const char *coding = exchange_header(x, "Transfer-Encoding");
	if (length && (!*length || length[strspn(length, "0123456789")]))
		return refuse(x, PROBLEM_malformed_http, "Content-Length 无效",
			      "Content-Length is not a number");
	if (length && coding)
		return refuse(x, PROBLEM_malformed_http, "Content-Length 与 Transfer-Encoding 不得并用",
			      "Content-Length and Transfer-Encoding exclude each other");
	if (coding && strcasecmp(coding, "chunked") != 0)
		return refuse(x, PROBLEM_malformed_http, "仅支持 Transfer-Encoding: chunked",
			      "the only Transfer-Encoding known here is chunked");
	x->authorization = exchange_header(x, "Authorization");
	if (x->authorization && strchr(x->authorization, ','))
		return refuse(x, PROBLEM_malformed_http, "Authorization 只能有一个值",
			      "Authorization must have one value");
	return NULL;
}

static struct problem *parse_target(struct exchange *x)
{
	if (strlen(x->raw_target) > TARGET_LENGTH_MAX)
		return refuse(x, PROBLEM_target_too_long, NULL, NULL);
	if (!target_parse(x->arena, x->raw_target, &x->target))
		return refuse(x, PROBLEM_malformed_http, "请求地址的转义或编码无效，或参数过多",
			      "the request target is not validly escaped UTF-8, or has too many parameters");
	x->rq.target = x->target.origin;
	return NULL;
}

/* ---- route ---- */

static struct problem *find_operation(struct exchange *x)
{
	x->is_options = strcmp(x->method, "OPTIONS") == 0;
	x->is_head = strcmp(x->method, "HEAD") == 0;
	if (x->is_options && x->target.is_asterisk)
		return NULL;
	x->route = route_find(&x->target);
	if (!x->route)
		return refuse(x, PROBLEM_not_found, NULL, NULL);
	if (x->is_options)
		return NULL;
	const char *method = x->is_head ? "GET" : x->method;
	for (int i = 0; i < METHOD_COUNT; i++)
		if (strcmp(method_names[i], method) == 0)
			x->rq.op = x->route->by_method[i];
	if (x->rq.op)
		return NULL;
	struct problem *problem = refuse(x, PROBLEM_method_not_allowed, NULL, NULL);
	problem->allow = route_allow(x->arena, x->route);
	return problem;
}

/* ---- admit ---- */

/* Before anybody is looked up. What memory may answer asks for a place when it finds that it cannot. */
static struct problem *admit(struct exchange *x)
{
	if (pages_own(x->rq.op) || (!x->authorization && public_card_serves(x->rq.op)))
		return NULL;
	return admission_enter(&x->rq);
}

/* ---- authenticate ---- */

static bool has_form_body(const struct operation *op)
{
	return op->body_media_type && strcmp(op->body_media_type, "application/x-www-form-urlencoded") == 0;
}

static struct problem *find_caller(struct exchange *x)
{
	const struct operation *op = x->rq.op;
	/* A bad token is told at once, also where none is needed; but pages answer without the database, and
	   the token endpoint reads its client itself. */
	bool is_open = pages_own(op) || has_form_body(op);
	if (has_form_body(op))
		x->rq.authorization = x->authorization;
	TRY(authenticate(x->arena, x->rq.pool, is_open ? NULL : x->authorization, &x->rq.caller));
	if (!x->rq.caller->account_id && !(op->roles & ROLE_public)) {
		struct problem *problem = refuse(x, PROBLEM_unauthenticated, NULL, NULL);
		problem->cause = "no token";
		return problem;
	}
	return NULL;
}

/* ---- leave: a write waits for locks, for its commit and for what it proves; the loop must not ---- */

static struct problem *leave(struct exchange *x)
{
	if (x->rq.op->method != METHOD_GET)
		task_leave();
	return NULL;
}

/* ---- limit ---- */

#define FORM_LENGTH_MAX ((size_t)8192) /* bytes; anybody may send a form, before he has shown who he is */

static size_t body_limit(const struct exchange *x)
{
	const struct operation *op = x->rq.op;
	size_t limit = (size_t)x->options->body_limit;
	if (has_form_body(op) && limit > FORM_LENGTH_MAX)
		limit = FORM_LENGTH_MAX;
	bool is_raw = op->body_media_type && strcmp(op->body_media_type, "application/octet-stream") == 0;
	if (is_raw && op->body->max_length >= 0 && (size_t)op->body->max_length < limit)
		limit = (size_t)op->body->max_length;
	return limit;
}

static struct problem *limit_body(struct exchange *x)
{
	size_t limit = body_limit(x);
	if (x->byte_count > limit)
		return refuse(x, PROBLEM_body_too_large, arena_printf(x->arena, "请求体最多 %zu 字节", limit),
			      arena_printf(x->arena, "a body may have at most %zu bytes", limit));
	if (x->has_bytes || !x->rq.op->body)
		return NULL;
	struct problem *problem = refuse(x, PROBLEM_overloaded, NULL, NULL);
	problem->cause = "no room for the body";
	return problem;
}

/* ---- validate ---- */

static void fault(struct exchange *x, const char *pointer, const char *code, const char *zh, const char *en)
{
	if (x->fault_count++ >= VALIDATE_FAULTS_MAX)
		return;
	if (!x->faults)
		x->faults = refuse(x, PROBLEM_invalid_request, NULL, NULL);
	problem_error(x->arena, x->faults, pointer, code, NULL, zh, en);
}

static const struct parameter *query_parameter(const struct operation *op, const char *name,
					       size_t *ret_index)
{
	for (size_t i = 0; i < op->parameter_count; i++) {
		if (op->parameters[i].place != IN_QUERY || strcmp(op->parameters[i].name, name) != 0)
			continue;
		*ret_index = i;
		return &op->parameters[i];
	}
	return NULL;
}

static const char *query_names(struct exchange *x)
{
	const char *out = "";
	for (size_t i = 0; i < x->rq.op->parameter_count; i++)
		if (x->rq.op->parameters[i].place == IN_QUERY)
			out = arena_printf(x->arena, "%s%s%s", out, *out ? ", " : "",
					   x->rq.op->parameters[i].name);
	return *out ? out : "-";
}

static void check_list(struct exchange *x, const struct parameter *parameter, const char *value)
{
	int64_t count = 0;
	for (const char *at = value; parameter->max_items < 0 || count < parameter->max_items; count++) {
		size_t length = strcspn(at, ",");
		validate_text(x->arena, parameter->schema, parameter->name,
			      arena_strndup(x->arena, at, length), &x->faults);
		if (!at[length])
			return;
		at += length + 1;
	}
	fault(x, NULL, "max_items", arena_printf(x->arena, "参数 %s 的值过多", parameter->name),
	      arena_printf(x->arena, "parameter %s: too many values", parameter->name));
}

static void check_parameters(struct exchange *x)
{
	const struct operation *op = x->rq.op;
	const char **values = arena_alloc(x->arena, (op->parameter_count + 1) * sizeof *values);
	x->rq.values = values;
	route_values(op, &x->target, values);
	for (size_t i = 0; i < x->target.pair_count; i++) {
		const struct query_pair *pair = &x->target.pairs[i];
		size_t index = 0;
		const char *name = arena_strndup(x->arena, pair->name, strnlen(pair->name, 60));
		if (!query_parameter(op, pair->name, &index))
			fault(x, NULL, "unknown_parameter",
			      arena_printf(x->arena, "不认识的参数 %s；可用：%s", name, query_names(x)),
			      arena_printf(x->arena, "parameter %s is not known; allowed: %s", name,
					   query_names(x)));
		else if (values[index])
			fault(x, NULL, "duplicate_parameter", arena_printf(x->arena, "参数 %s 重复", name),
			      arena_printf(x->arena, "parameter %s stands more than once", name));
		else
			values[index] = pair->value;
	}
	for (size_t i = 0; i < op->parameter_count; i++) {
		const struct parameter *parameter = &op->parameters[i];
		if (!values[i] && parameter->required)
			fault(x, NULL, "required", arena_printf(x->arena, "缺少参数 %s", parameter->name),
			      arena_printf(x->arena, "parameter %s is required", parameter->name));
		else if (values[i] && parameter->list)
			check_list(x, parameter, values[i]);
		else if (values[i])
			validate_text(x->arena, parameter->schema, parameter->name, values[i], &x->faults);
		if (values[i] && op->dry_run && strcmp(parameter->name, "dry_run") == 0)
			x->rq.dry_run = strcmp(values[i], "true") == 0;
	}
}

static void check_preconditions(struct exchange *x)
{
	const char *match = x->rq.op->if_match ? exchange_header(x, "If-Match") : NULL;
	x->rq.if_match = -1;
	if (match && !entity_tag_version(match, &x->rq.if_match))
		fault(x, NULL, "if_match", "If-Match 必须是读取时得到的一个 ETag（不接受 * 与列表）",
		      "If-Match must be the one ETag that was read (neither * nor a list)");
	const char *key = x->rq.op->idempotency != IDEMPOTENCY_NONE && !x->rq.dry_run
				  ? exchange_header(x, "Idempotency-Key")
				  : NULL;
	x->rq.idempotency_key = key ? idempotency_key_parse(x->arena, key) : NULL;
	if (key && !x->rq.idempotency_key)
		fault(x, NULL, "idempotency_key", "Idempotency-Key 应为 8 至 128 个可见字符，可加双引号",
		      "Idempotency-Key must be 8 to 128 visible characters, with or without quotes");
	x->preferences = preferences_parse(x->arena, exchange_header(x, "Prefer"));
	if (x->preferences.strict && x->preferences.unknown)
		fault(x, NULL, "unknown_preference",
		      arena_printf(x->arena, "不支持的 Prefer：%s", x->preferences.unknown),
		      arena_printf(x->arena, "the preference %s is not known", x->preferences.unknown));
}

static struct problem *malformed_json(struct exchange *x, const json_error_t *error)
{
	bool repeated = json_error_code(error) == json_error_duplicate_key;
	return refuse(x, PROBLEM_malformed_json,
		      arena_printf(x->arena, "第 %d 字节处%s", error->position,
				   repeated ? "有重复的成员" : "无法解析"),
		      arena_printf(x->arena, "at byte %d: %s", error->position,
				   repeated ? "a member stands twice" : "cannot be parsed as JSON in UTF-8"));
}

/* Of a body: as many as a form with all that openapi.yaml allows. Of objects and arrays, which may take two
   bytes, each takes two hundred in memory. */
#define VALUES_MAX     75000
#define CONTAINERS_MAX 20000

struct value_counts {
	size_t values, containers;
};

/* values_count - at least as many as a JSON text has: each value but the first stands after one of these
 * marks. */
static struct value_counts values_count(const char *text, size_t length)
{
	struct value_counts count = {.values = 1};
	bool in_string = false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '"')
			in_string = !in_string;
		else if (in_string)
			i += text[i] == '\\';
		else if (text[i] == '{' || text[i] == '[')
			count.containers++;
		else
			count.values += text[i] == ',';
	}
	count.values += count.containers;
	return count;
}

/* limit_values - before any is made. */
static struct problem *limit_values(struct exchange *x)
{
	struct value_counts count = values_count(x->bytes, x->byte_count);
	if (count.values <= VALUES_MAX && count.containers <= CONTAINERS_MAX)
		return NULL;
	return refuse(x, PROBLEM_body_too_large,
		      arena_printf(x->arena, "请求体最多 %d 个值，其中对象和数组最多 %d 个", VALUES_MAX,
				   CONTAINERS_MAX),
		      arena_printf(x->arena,
				   "a body may have at most %d values, %d of them objects and arrays",
				   VALUES_MAX, CONTAINERS_MAX));
}

static struct problem *read_json(struct exchange *x)
{
	json_error_t error;
	TRY(limit_values(x));
	x->rq.body = json_loadb(x->bytes, x->byte_count, JSON_REJECT_DUPLICATES, &error);
	if (!x->rq.body)
		return malformed_json(x, &error);
	json_own(x->arena, x->rq.body);
	return NULL;
}

static struct problem *read_form(struct exchange *x)
{
	const struct query_pair *pairs;
	size_t count;
	if (!form_parse(x->arena, x->bytes, x->byte_count, &pairs, &count))
		return refuse(x, PROBLEM_invalid_request, "表单的转义或编码无效，或字段过多",
			      "the form is not validly escaped UTF-8, or has too many members");
	x->rq.body = json_object();
	json_own(x->arena, x->rq.body);
	for (size_t i = 0; i < count; i++) {
		if (json_object_get(x->rq.body, pairs[i].name))
			fault(x, "#", "duplicate_parameter", "表单字段重复",
			      "a member of the form stands more than once");
		json_object_set_new(x->rq.body, pairs[i].name, json_string(pairs[i].value));
	}
	return NULL;
}

/* 415 comes alone: nothing can be said about a body that is not read. */
static struct problem *check_media_type(struct exchange *x)
{
	const char *wanted = x->rq.op->body_media_type, *given = NULL;
	const char *coding = exchange_header(x, "Content-Encoding");
	const char *type = exchange_header(x, "Content-Type");
	if (coding && strcasecmp(coding, "identity") != 0)
		return refuse(x, PROBLEM_unsupported_media_type, "不支持压缩的请求体（Content-Encoding）",
			      "a compressed body (Content-Encoding) is not read here");
	if (type && media_type_parse(x->arena, type, &given) && strcmp(given, wanted) == 0)
		return NULL;
	return refuse(x, PROBLEM_unsupported_media_type,
		      arena_printf(x->arena, "应为 Content-Type: %s（UTF-8）", wanted),
		      arena_printf(x->arena, "send Content-Type: %s (UTF-8)", wanted));
}

static struct problem *check_body(struct exchange *x)
{
	const struct operation *op = x->rq.op;
	if (!op->body) {
		if (x->byte_count)
			fault(x, "#", "unexpected_body", "该操作不接受请求体",
			      "this operation takes no body");
		return NULL;
	}
	char *digest = arena_alloc(x->arena, SHA256_HEX);
	x->rq.body_sha256 = sha256_hex(x->byte_count ? x->bytes : "", x->byte_count, digest);
	if (!x->byte_count) {
		if (op->body_required)
			fault(x, "#", "required", "缺少请求体", "a body is required");
		return NULL;
	}
	TRY(check_media_type(x));
	if (strcmp(op->body_media_type, "application/octet-stream") == 0) {
		x->rq.bytes = x->bytes;
		x->rq.byte_count = x->byte_count;
		return NULL;
	}
	if (has_form_body(op))
		TRY(read_form(x));
	else
		TRY(read_json(x));
	validate_json(x->arena, op->body, x->rq.body,
		      op->method == METHOD_PATCH ? VALIDATE_PATCH : VALIDATE_REQUEST, &x->faults);
	return NULL;
}

static struct problem *validate(struct exchange *x)
{
	const struct operation *op = x->rq.op;
	check_parameters(x);
	check_preconditions(x);
	TRY(check_body(x));
	if (!x->rq.body_sha256 && op->method != METHOD_GET)
		x->rq.body_sha256 = sha256_hex("", 0, arena_alloc(x->arena, SHA256_HEX));
	if (x->faults)
		return x->faults;
	if (op->idempotency == IDEMPOTENCY_REQUIRED && !x->rq.idempotency_key && !x->rq.dry_run)
		return refuse(x, PROBLEM_idempotency_key_missing, NULL, NULL);
	if (op->media_types && op->media_types[0] && op->media_types[1]) {
		const char *chosen = media_type_choose(exchange_header(x, "Accept"), op->media_types);
		x->rq.accept = strcmp(chosen, "application/json") == 0 ? NULL : chosen;
	}
	return NULL;
}

/* ---- authorise ---- */

/* bearer: [] in the description: any account, whatever its grants. */
#define ROLES_ANY_ACCOUNT (((role_set)1 << ROLE_COUNT) - 1 - (role_set)ROLE_public)

static bool scope_covers(const char *scopes, const char *scope)
{
	size_t length = strlen(scope);
	for (const char *at = scopes; *at; at += strspn(at, " ")) {
		size_t word = strcspn(at, " ");
		if (word == length && memcmp(at, scope, length) == 0)
			return true;
		at += word;
	}
	return false;
}

static struct problem *authorise(struct exchange *x)
{
	const struct operation *op = x->rq.op;
	const struct caller *caller = x->rq.caller;
	bool any = caller->account_id && (op->roles & ROLES_ANY_ACCOUNT) == ROLES_ANY_ACCOUNT;
	if (!any && !(caller->roles & op->roles))
		return refuse(x, PROBLEM_forbidden, NULL, NULL);
	if (!op->scope || !caller->scopes || scope_covers(caller->scopes, op->scope))
		return NULL;
	if (!(op->roles & ROLE_public))
		return refuse(x, PROBLEM_insufficient_scope, arena_printf(x->arena, "需要范围 %s", op->scope),
			      arena_printf(x->arena, "the scope %s is needed", op->scope));
	/* what the token does not cover is answered as to anybody: the public data and nothing beyond */
	x->rq.caller = access_anonymous();
	return NULL;
}

/* ---- run ---- */

#ifdef TEST_REPLIES
/* Test builds hold every reply against the description: a mismatch is a defect and answers 500. */
static struct problem *check_reply(struct exchange *x)
{
	const struct reply *reply = &x->rq.reply;
	const struct operation *op = x->rq.op;
	bool is_json = !reply->media_type || strstr(reply->media_type, "json");
	if (!op->reply || reply->stream.read || !is_json || x->rq.accept || !reply->body.length)
		return NULL;
	json_error_t error;
	json_t *value = json_loadb(reply->body.text, reply->body.length,
				   JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	struct problem *found = NULL;
	if (value)
		validate_json(x->arena, op->reply, value, VALIDATE_REPLY, &found);
	json_decref(value);
	if (value && !found)
		return NULL;
	struct problem *problem = refuse(x, PROBLEM_internal, NULL, NULL);
	const char *cause = value ? "reply:" : arena_printf(x->arena, "reply is no JSON: %s", error.text);
	for (struct problem_error *fault_found = found ? found->errors : NULL; fault_found;
	     fault_found = fault_found->next)
		cause = arena_printf(x->arena, "%s %s %s (%s);", cause, fault_found->pointer,
				     fault_found->code, fault_found->detail_en);
	problem->cause = cause;
	problem->detail_en = problem->detail_zh = cause;
	return problem;
}
#else
static struct problem *check_reply(struct exchange *x)
{
	(void)x;
	return NULL;
}
#endif

static struct problem *run(struct exchange *x)
{
	request_clock(&x->rq);
	TRY(pages_own(x->rq.op) ? x->rq.op->run(&x->rq) : request_run(&x->rq));
	return check_reply(x);
}

typedef struct problem *stage_fn(struct exchange *x);

struct stage {
	const char *name;
	stage_fn *run;
};

/* Those that need the head alone, and the others. */
static const struct stage head_stages[] = {
	{"parse the frame", parse_frame},
	{"parse the target", parse_target},
	{"find the operation", find_operation},
};
static const struct stage stages[] = {
	{"admit", admit},
	{"find the caller", find_caller},
	{"leave the loop", leave},
	{"limit the body", limit_body},
	{"validate", validate},
	{"authorise", authorise},
	{"run", run},
};

static void release_body(void *buffer)
{
	buffer_free(buffer);
}

static struct problem *run_stages(struct exchange *x, const struct stage *first, size_t count)
{
	struct problem *problem = NULL;
	for (size_t i = 0; i < count && !problem; i++)
		problem = first[i].run(x);
	return problem;
}

/* read_head - once: before the body, or with the whole when there is none. */
static void read_head(struct exchange *x)
{
	if (x->is_head_read)
		return;
	x->is_head_read = true;
	x->rq.arena = x->arena;
	x->rq.pool = x->options->pool;
	x->rq.reply.version = -1;
	x->rq.if_match = -1;
	arena_defer(x->arena, release_body, &x->rq.reply.body);
	arena_defer(x->arena, release_body, &x->body);
	read_trace(x);
	x->rq.id = x->trace_id;
	x->rq.english = language_is_english(exchange_header(x, "Accept-Language"));
	x->refused = run_stages(x, head_stages, sizeof head_stages / sizeof head_stages[0]);
}

/* Whoever must show who he is and does not is told so whatever he sends. */
size_t pipeline_body_room(struct exchange *x)
{
	read_head(x);
	const struct operation *op = x->rq.op;
	bool is_read = !x->refused && op && op->body && (x->authorization || (op->roles & ROLE_public));
	return is_read ? body_limit(x) : 0;
}

void pipeline_run(struct exchange *x)
{
	read_head(x);
	if (!x->refused && x->is_options) {
		respond_options(x, x->route ? route_allow(x->arena, x->route)
					    : "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
		return;
	}
	struct problem *problem = x->refused;
	if (!problem)
		problem = run_stages(x, stages, sizeof stages / sizeof stages[0]);
	admission_leave(&x->rq);
	if (problem)
		respond_problem(x, problem);
	else
		respond_reply(x);
}
